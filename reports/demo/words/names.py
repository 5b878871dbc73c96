"""Names of people and places. Family and given names are common ones put together by chance; nobody is meant."""

# kanji, kana, romaji
FAMILY = tuple(
    tuple(row.split("/"))
    for row in """
    青木/アオキ/aoki 赤坂/アカサカ/akasaka 秋山/アキヤマ/akiyama 浅野/アサノ/asano 新井/アライ/arai 荒木/アラキ/araki
    飯田/イイダ/iida 五十嵐/イガラシ/igarashi 石川/イシカワ/ishikawa 石原/イシハラ/ishihara 市川/イチカワ/ichikawa
    今井/イマイ/imai 岩崎/イワサキ/iwasaki 上田/ウエダ/ueda 内田/ウチダ/uchida 梅田/ウメダ/umeda 江口/エグチ/eguchi
    遠藤/エンドウ/endo 大塚/オオツカ/otsuka 大西/オオニシ/onishi 岡田/オカダ/okada 小川/オガワ/ogawa 小野/オノ/ono
    尾崎/オザキ/ozaki 笠原/カサハラ/kasahara 片山/カタヤマ/katayama 金子/カネコ/kaneko 川上/カワカミ/kawakami
    菊地/キクチ/kikuchi 木下/キノシタ/kinoshita 久保/クボ/kubo 黒田/クロダ/kuroda 小池/コイケ/koike 河野/コウノ/kono
    後藤/ゴトウ/goto 小松/コマツ/komatsu 斉藤/サイトウ/saito 坂本/サカモト/sakamoto 桜井/サクライ/sakurai
    佐々木/ササキ/sasaki 島田/シマダ/shimada 清水/シミズ/shimizu 菅原/スガワラ/sugawara 杉山/スギヤマ/sugiyama
    関/セキ/seki 高木/タカギ/takagi 高野/タカノ/takano 武田/タケダ/takeda 田村/タムラ/tamura 千葉/チバ/chiba
    土屋/ツチヤ/tsuchiya 中島/ナカジマ/nakajima 中野/ナカノ/nakano 永井/ナガイ/nagai 成田/ナリタ/narita
    西田/ニシダ/nishida 野口/ノグチ/noguchi 野村/ノムラ/nomura 橋本/ハシモト/hashimoto 長谷川/ハセガワ/hasegawa
    服部/ハットリ/hattori 浜田/ハマダ/hamada 原/ハラ/hara 樋口/ヒグチ/higuchi 平田/ヒラタ/hirata 福田/フクダ/fukuda
    藤井/フジイ/fujii 藤原/フジワラ/fujiwara 古川/フルカワ/furukawa 星野/ホシノ/hoshino 堀/ホリ/hori 本田/ホンダ/honda
    前田/マエダ/maeda 増田/マスダ/masuda 松井/マツイ/matsui 松田/マツダ/matsuda 丸山/マルヤマ/maruyama
    三浦/ミウラ/miura 水野/ミズノ/mizuno 宮崎/ミヤザキ/miyazaki 宮本/ミヤモト/miyamoto 村上/ムラカミ/murakami
    森田/モリタ/morita 矢野/ヤノ/yano 山内/ヤマウチ/yamauchi 横山/ヨコヤマ/yokoyama 吉川/ヨシカワ/yoshikawa
    和田/ワダ/wada 渡部/ワタナベ/watanabe
    """.split()
)
GIVEN = tuple(
    tuple(row.split("/"))
    for row in """
    明/アキラ 篤/アツシ 彩香/アヤカ 綾子/アヤコ 和也/カズヤ 和子/カズコ 克也/カツヤ 恵子/ケイコ 健太/ケンタ 浩二/コウジ
    幸子/サチコ 智/サトシ 里美/サトミ 茂/シゲル 修一/シュウイチ 純/ジュン 真一/シンイチ 進/ススム 誠司/セイジ 大介/ダイスケ
    隆/タカシ 孝之/タカユキ 武/タケシ 千尋/チヒロ 哲也/テツヤ 徹/トオル 智子/トモコ 友美/トモミ 直人/ナオト 直美/ナオミ
    奈々/ナナ 信行/ノブユキ 典子/ノリコ 肇/ハジメ 英樹/ヒデキ 仁/ヒトシ 博/ヒロシ 裕子/ヒロコ 史織/シオリ 正樹/マサキ
    昌宏/マサヒロ 真由美/マユミ 麻衣/マイ 美香/ミカ 光男/ミツオ 恵/メグミ 由紀/ユキ 雄一/ユウイチ 裕介/ユウスケ 洋子/ヨウコ
    陽介/ヨウスケ 良太/リョウタ 亮/リョウ 礼子/レイコ 若菜/ワカナ 薫/カオル 剛/ツヨシ 豊/ユタカ 望/ノゾミ 桃子/モモコ
    """.split()
)

# prefecture, area code without its zero, cities. Local numbers begin with 1 (see `reports.demo.base`).
PLACES = (
    ("東京都", "3", ("千代田区", "港区", "江東区", "大田区", "品川区", "墨田区", "板橋区")),
    ("大阪府", "6", ("大阪市中央区", "大阪市淀川区", "東大阪市", "吹田市")),
    ("神奈川県", "45", ("横浜市西区", "横浜市鶴見区", "横浜市港北区")),
    ("愛知県", "52", ("名古屋市中村区", "名古屋市熱田区", "名古屋市緑区")),
    ("埼玉県", "48", ("さいたま市大宮区", "川口市", "越谷市")),
    ("千葉県", "43", ("千葉市美浜区", "千葉市中央区", "佐倉市")),
    ("兵庫県", "78", ("神戸市中央区", "神戸市兵庫区")),
    ("京都府", "75", ("京都市下京区", "京都市伏見区")),
    ("福岡県", "92", ("福岡市博多区", "福岡市東区", "春日市")),
    ("広島県", "82", ("広島市中区", "広島市西区")),
    ("宮城県", "22", ("仙台市青葉区", "仙台市若林区")),
    ("静岡県", "54", ("静岡市葵区", "焼津市")),
    ("新潟県", "25", ("新潟市中央区", "新潟市東区")),
    ("石川県", "76", ("金沢市", "白山市")),
    ("岡山県", "86", ("岡山市北区", "倉敷市")),
    ("栃木県", "28", ("宇都宮市",)),
    ("群馬県", "27", ("前橋市", "高崎市")),
    ("茨城県", "29", ("水戸市", "つくば市")),
    ("岐阜県", "58", ("岐阜市", "各務原市")),
    ("沖縄県", "98", ("那覇市", "浦添市")),
)
TOWNS = ("桜町", "青葉町", "旭町", "緑町", "泉町", "若松町", "栄町", "港町", "幸町", "春日町", "日の出町", "新町")
TITLES = ("部長", "課長", "係長", "主任", "マネージャー", "次長", "室長", "リーダー", "")
EXECUTIVES = ("代表取締役", "取締役", "常務取締役", "専務取締役")
EMPLOYEES = ("10〜29名", "30〜49名", "50〜99名", "100〜299名", "300〜499名", "500〜999名")
