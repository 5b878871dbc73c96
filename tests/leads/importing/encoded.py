"""Lists in this and that encoding, by chance: from one bare cell to two hundred rows of ordinary columns."""

import random

OURS = ("utf-8", "utf-8-sig", "cp932", "utf-16")
OTHERS = ("euc_jp", "iso2022_jp", "utf-16-le", "utf-16-be", "utf-32", "shift_jis_2004", "utf-7")
HEADERS = ("会社名", "電話番号", "氏名", "住所", "備考", "メールアドレス", "業種", "company", "tel")
PLAIN = """
山田商店 佐藤工業 鈴木製作所 高橋建設 田中物産 株式会社東京 有限会社大阪 合同会社名古屋 横浜市西区 札幌市中央区
千代田区丸の内 営業部長 総務課 資料請求 あさひ さくら ひまわり みどり サービス システム コンサルティング カフェ
カブシキガイシヤ アオゾラ 03-1234-5678 ０３－１２３４ abc@example.jp 前回不在 再架電希望 ・ （有） 々 ヶ丘 ー ～
"""
OF_WINDOWS = ("㈱", "①", "髙", "﨑", "Ⅲ", "ｶﾌﾞｼｷｶﾞｲｼｬ", "ﾔﾏﾀﾞ ﾀﾛｳ", "℡", "№", "㈲")
OF_UNICODE = ("𠮷", "😀", "é", "—", "鷗", "👍🏽")
OF_JIS_2004 = ("俠", "𠀋", "祈禱", "剝", "塡", "頰")


def list_text(codec: str, chance: random.Random) -> tuple[str, bytes]:
    """A list's text and its bytes. In Shift_JIS-2004 it holds a character that Shift_JIS has not."""
    words = PLAIN.split()
    if codec in OURS:
        words += OF_WINDOWS
    if codec.startswith("utf"):
        words += OF_UNICODE
    counts = (0, 1, 1, 1, 2, 3, 5, 20, 200) if codec in OURS else (1, 1, 1, 2, 3, 5, 20, 200)
    rows = [_row(words, chance) for _ in range(chance.choice(counts))]
    width = chance.randint(1, 6)
    header = chance.sample(HEADERS, width) if chance.random() < 0.8 or not rows else []
    if not "".join(header).strip("abcdefghijklmnopqrstuvwxyz") and codec not in OURS:
        header = [*header, "会社名"]  # ASCII alone reads the same in most of them
    text = "\r\n".join(",".join(row) for row in ([header, *rows] if header else rows)) or "会社名"
    if codec == "shift_jis_2004":
        text += "," + chance.choice(OF_JIS_2004)
    if codec not in OURS and not codec.startswith("utf"):
        text = text.replace("～", "〜").replace("－", "ー")
    return text, text.encode(codec)


def _row(words: list[str], chance: random.Random) -> list[str]:
    return ["".join(chance.choices(words, k=chance.randint(0, 3))) for _ in range(chance.randint(1, 6))]
