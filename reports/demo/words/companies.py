"""Company names: a made-up stem and a word of the trade, with the legal form before or after."""

from typing import NamedTuple

FORMS = (("株式会社", 86), ("有限会社", 8), ("合同会社", 6))


class Word(NamedTuple):
    text: str
    kana: str
    romaji: str


class Industry(NamedTuple):
    """A trade: words its companies are called by, departments, and the topics its people speak of."""

    name: str
    suffixes: tuple[Word, ...]
    departments: tuple[str, ...]
    topics: tuple[str, ...]
    weight: int


def _words(text: str) -> tuple[Word, ...]:
    return tuple(Word(*row.split("/")) for row in text.split())


STEMS = _words(
    """
    朝凪/アサナギ/asanagi 青嶺/アオミネ/aomine 白波/シラナミ/shiranami 月代/ツキシロ/tsukishiro 星合/ホシアイ/hoshiai
    風早/カザハヤ/kazahaya 瑞木/ミズキ/mizuki 若駒/ワカコマ/wakakoma 千早野/チハヤノ/chihayano 雪代/ユキシロ/yukishiro
    夕凪/ユウナギ/yunagi 緑陽/リョクヨウ/ryokuyo 明野/アケノ/akeno 鳴瀬/ナルセ/naruse 三日月/ミカヅキ/mikazuki
    八雲野/ヤクモノ/yakumono 桜坂/サクラザカ/sakurazaka 萩乃/ハギノ/hagino 柊/ヒイラギ/hiiragi
    天野原/アマノハラ/amanohara
    陽向/ヒナタ/hinata 大樹/タイジュ/taiju 双葉野/フタバノ/futabano 清流/セイリュウ/seiryu 銀嶺/ギンレイ/ginrei
    翠川/ミドリカワ/midorikawa 藍川/アイカワ/aikawa 東雲/シノノメ/shinonome 潮見/シオミ/shiomi 海鳴/ウミナリ/uminari
    山吹/ヤマブキ/yamabuki 桔梗/キキョウ/kikyo 蒼天/ソウテン/soten 飛鳥野/アスカノ/asukano 時任/トキトウ/tokito
    凪沢/ナギサワ/nagisawa 葉月/ハヅキ/hazuki 霧島野/キリシマノ/kirishimano 鶴舞/ツルマイ/tsurumai
    虹ヶ丘/ニジガオカ/nijigaoka
    ミナモ/ミナモ/minamo ソラネ/ソラネ/sorane コトハ/コトハ/kotoha リンネ/リンネ/rinne ハルキタ/ハルキタ/harukita
    トモエ/トモエ/tomoe ヒビキ/ヒビキ/hibiki アカツキ/アカツキ/akatsuki カナデ/カナデ/kanade シズク/シズク/shizuku
    """
)
NO_WORD = Word("", "", "")
PREFIXES = _words(
    """
    新/シン/shin 東/ヒガシ/higashi 北/キタ/kita 南/ミナミ/minami 西/ニシ/nishi
    中央/チュウオウ/chuo 大/ダイ/dai 第一/ダイイチ/daiichi
    """
)
INDUSTRIES = (
    Industry(
        "製造業",
        _words(
            "精工/セイコウ/seiko 製作所/セイサクショ/seisakusho 工業/コウギョウ/kogyo "
            "金属/キンゾク/kinzoku 化成/カセイ/kasei"
        ),
        ("製造部", "生産管理課", "総務部", "経理課", "購買課"),
        ("inventory", "costing", "order_fax", "documents", "invoice"),
        20,
    ),
    Industry(
        "卸売業",
        _words("商事/ショウジ/shoji 物産/ブッサン/bussan 商店/ショウテン/shoten 通商/ツウショウ/tsusho"),
        ("営業部", "業務課", "管理部", "経理部", "物流課"),
        ("order_fax", "inventory", "invoice", "crm"),
        13,
    ),
    Industry(
        "建設業",
        _words("建設/ケンセツ/kensetsu 工務店/コウムテン/komuten 設備/セツビ/setsubi 土木/ドボク/doboku"),
        ("工事部", "総務部", "積算課", "経理部"),
        ("costing", "attendance", "documents", "invoice"),
        12,
    ),
    Industry(
        "運送・物流",
        _words("運輸/ウンユ/unyu 物流/ブツリュウ/butsuryu 急送/キュウソウ/kyuso 倉庫/ソウコ/soko"),
        ("運行管理課", "配車センター", "総務部", "業務部"),
        ("dispatch", "attendance", "invoice", "hiring"),
        9,
    ),
    Industry(
        "小売業",
        _words("フーズ/フーズ/foods マート/マート/mart 家具/カグ/kagu 薬局/ヤッキョク/yakkyoku"),
        ("店舗運営部", "商品部", "総務部", "EC推進室"),
        ("inventory", "attendance", "inquiry", "reporting"),
        8,
    ),
    Industry(
        "IT・ソフトウェア",
        _words("システムズ/システムズ/systems データ/データ/data ソフト/ソフト/soft テクノ/テクノ/techno"),
        ("開発部", "管理本部", "カスタマーサポート部", "営業企画部"),
        ("costing", "inquiry", "hiring", "crm", "expenses"),
        9,
    ),
    Industry(
        "不動産業",
        _words("不動産/フドウサン/fudosan 地所/ジショ/jisho ホーム/ホーム/home"),
        ("賃貸管理部", "営業部", "管理部"),
        ("inquiry", "documents", "crm", "invoice"),
        7,
    ),
    Industry(
        "医療・介護",
        _words("ケア/ケア/care メディカル/メディカル/medical 福祉サービス/フクシサービス/fukushi"),
        ("事務部", "施設管理課", "総務部", "訪問事業部"),
        ("records", "attendance", "hiring"),
        7,
    ),
    Industry(
        "宿泊・飲食",
        _words("ホテルズ/ホテルズ/hotels ダイニング/ダイニング/dining 観光/カンコウ/kanko"),
        ("支配人室", "店舗統括部", "総務部", "予約課"),
        ("booking", "attendance", "hiring", "reporting"),
        5,
    ),
    Industry(
        "専門サービス",
        _words(
            "総研/ソウケン/soken 企画/キカク/kikaku "
            "コンサルティング/コンサルティング/consulting デザイン/デザイン/design"
        ),
        ("管理部", "経営企画室", "業務推進部"),
        ("costing", "invoice", "expenses", "crm"),
        6,
    ),
    Industry(
        "人材・教育",
        _words("スタッフ/スタッフ/staff 学園サポート/ガクエンサポート/gakuen キャリア/キャリア/career"),
        ("業務部", "コーディネート課", "総務部"),
        ("invoice", "inquiry", "attendance", "crm"),
        4,
    ),
)
