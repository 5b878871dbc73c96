"""Which encoding a text file is in: BOM → strict UTF-8 → strict CP932; what could be something else is refused.

Never `shift_jis`: it fails on ㈱ ① 髙 﨑. Files are scanned in chunks, so memory stays flat.
"""

import codecs
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from leads.importing.problems import RefusedError
from leads.importing.sources import Source, open_binary
from leads.importing.text import lost_places

CHUNK = 1 << 20

LABELS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 (BOM)",
    "cp932": "Shift_JIS (CP932)",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16LE",
    "utf-16-be": "UTF-16BE",
    "euc_jp": "EUC-JP",
    "iso2022_jp": "ISO-2022-JP",
    "shift_jis_2004": "Shift_JIS-2004",
}
"""Encodings a person may choose by hand. Only the first four are ever chosen by us."""

THREE_BYTES = re.compile("[\u0800-\U0010ffff]")
UTF7_RUN = re.compile(rb"\+[A-Za-z0-9+/]{3,}-?")
JAPANESE = re.compile("[\u3000-\u30ff\u4e00-\u9fff\uff00-\uffee]")
JIS_ESCAPE = re.compile(rb"\x1b(?:\$[@B(]|\([BJI])")
PRIVATE_USE = re.compile("[\ue000-\uf8ff\x80]")
WIDE = re.compile("[^\x00-\x7f\uff61-\uff9f]")
NARROW_KANA = re.compile("[\uff61-\uff9f]")
BROKEN_NARROW_KANA = re.compile("(?<![ｳｶ-ﾄﾊ-ﾎ])ﾞ|(?<![ﾊ-ﾎ])ﾟ|(?<![\uff61-\uff9f])[ｰｧ-ｯ｣]|｡[^\\s]|[､｡｢｣]{2}")
NAME_VARIANTS = frozenset(
    "鍈昱彅侊倢偀勛卲厓咩哿喆埈塚增墲妤孖寬崧嵓﨑嶸弡弴彧德忞悅惕愷敎昀昕昻昮昞晙晴暠暲曺朗杦桒栁楨﨔榘樰橫橳毖"
    "淏淸湜濵瀅瀨炅炫煜燁燾猪珉珣琇琦琪瑢璉甯皞益礼神祥福禔禛竑竫靖精綠緖羽薰誾諟諸譓逸郞都鄕鄧鉀鏆閒隆靍靏靑"
    "顥飯飼館馞髙鮏鮱鵰鶴黑ⅰⅱⅲⅳⅴⅵⅶⅷⅸⅹ￢￤＇＂"
)
"""Variants that names are really written with."""

NEC_ROWS = {
    bytes((lead, trail)).decode("cp932"): bytes((lead, trail))
    for lead in (0xED, 0xEE)
    for trail in (*range(0x40, 0x7F), *range(0x80, 0xFD))
    if (lead, trail) not in ((0xEE, 0xED), (0xEE, 0xEE))
}
"""IBM's characters by the codes NEC gave them. Windows writes others, Python writes these; Shift_JIS-2004 has ordinary
kanji there, so by these codes only variants of names are believed."""

RARE = re.compile(
    "["
    + re.escape("".join(s for s in NEC_ROWS if s not in NAME_VARIANTS and unicodedata.is_normalized("NFKC", s)))
    + "]"
)
"""IBM's other characters: by IBM's codes they are read, but named, as Shift_JIS-2004 has rare kanji there."""
CP932_CHARACTER = re.compile(rb"[\x81-\x9f\xe0-\xfc].|.", re.S)


@dataclass(frozen=True, slots=True)
class Encoding:
    """A codec that decodes the whole file strictly.

    `lost` counts characters that were gone before we got the file, `doubtful` are rare ones to look at in the preview.
    """

    name: str
    bom: bool = False
    lost: int = 0
    lost_line: int | None = None
    chosen: bool = False
    doubtful: str = ""

    @property
    def label(self) -> str:
        return LABELS[self.name]


def detect(source: Source, *, chosen: str = "") -> Encoding:
    """The encoding of a text source; `chosen` is a person's choice and is only verified. Raises RefusedError."""
    with open_binary(source) as stream:
        head = stream.read(4)
    if not head:
        raise RefusedError("empty_file")
    if chosen:
        return _verified(source, _canonical(chosen), chosen=True)
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise RefusedError("encoding_utf32")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _verified(source, "utf-16", bom=True)
    _refuse_binary(source)
    if head.startswith(codecs.BOM_UTF8):
        return _verified(source, "utf-8-sig", bom=True)
    try:
        found = _verified(source, "utf-8")
        _refuse_utf7(source)
        return found
    except RefusedError as refused:
        if refused.problem.code == "encoding_utf7":
            raise
        broken_at = refused.problem.line or 1
        if _is_damaged_utf8(source):
            raise
    return _cp932(source, broken_at)


def _canonical(name: str) -> str:
    try:
        codec = codecs.lookup(name).name.replace("utf8", "utf-8")
    except LookupError:
        codec = ""
    known = {codecs.lookup(label).name: label for label in LABELS}
    if codec not in known:
        raise RefusedError("encoding_unknown", name=name)
    return known[codec]


def _chunks(source: Source) -> Iterator[bytes]:
    with open_binary(source) as stream:
        while chunk := stream.read(CHUNK):
            yield chunk


def _refuse_binary(source: Source) -> None:
    """NUL and JIS escapes never occur in a list in UTF-8 or CP932."""
    tail, line = b"", 1
    for chunk in _chunks(source):
        if b"\x00" in chunk:
            raise RefusedError(_nul_code(chunk), line=line + count_lines(chunk[: chunk.index(0)], tail))
        if b"\x1b" in chunk and JIS_ESCAPE.search(tail + chunk):
            raise RefusedError("encoding_iso2022jp")
        line += count_lines(chunk, tail)
        tail = chunk[-3:]


def _is_damaged_utf8(source: Source) -> bool:
    """Most of the file is Japanese in UTF-8, some byte of it is not: CP932 would make mojibake of the whole.

    CP932 itself hardly ever falls into UTF-8's groups of three.
    """
    for chunk in _chunks(source):
        if not chunk.isascii():
            text = chunk.decode("utf-8", "replace")
            broken = text.count("\ufffd")
            return len(THREE_BYTES.findall(text)) - broken >= max(1, broken)  # U+FFFD counts itself
    return False


def _refuse_utf7(source: Source) -> None:
    """UTF-7 is plain ASCII to any decoder. Its runs are Japanese; those of +81312345678 are not."""
    with open_binary(source) as stream:
        head = stream.read(1 << 16)
    runs = UTF7_RUN.findall(head) if head.isascii() else []
    read = [run for run in runs if _is_japanese_utf7(run)]
    if read and len(read) * 2 >= len(runs):
        raise RefusedError("encoding_utf7")


def _is_japanese_utf7(run: bytes) -> bool:
    try:
        text = run.decode("utf-7")
    except UnicodeDecodeError:
        return False
    return len(JAPANESE.findall(text)) * 2 > len(text)


def _nul_code(chunk: bytes) -> str:
    """Latin letters in UTF-16 leave a NUL at every other place."""
    sample = chunk[:4096]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    lopsided = max(even, odd) > 4 * min(even, odd)
    return "encoding_utf16_without_bom" if lopsided and even + odd > len(sample) * 0.15 else "nul_byte"


class _Scan:
    """Counts what is already lost in decoded text and where it begins."""

    def __init__(self) -> None:
        self.lost = 0
        self.first: int | None = None
        self.line = 1
        self.before = ""

    def feed(self, text: str) -> None:
        if "\ufffd" in text or "?" in text:
            places = lost_places(text, self.before)
            if places and self.first is None:
                self.first = self.line + count_lines(text[: min(places)], self.before)
            self.lost += len(places)
        self.line += count_lines(text, self.before)
        self.before = text[-1:] or self.before


def count_lines(text: str | bytes, before: str | bytes = "") -> int:
    """Line ends in the text: CRLF, LF or CR alone, each counted once, also one whose CR came just before."""
    lf, cr = ("\n", "\r") if isinstance(text, str) else (b"\n", b"\r")
    count = text.count(lf) + text.count(cr) - text.count(cr + lf)
    return count - 1 if before and before.endswith(cr) and text.startswith(lf) else count


def _verified(source: Source, name: str, *, bom: bool = False, chosen: bool = False) -> Encoding:
    decoder = codecs.getincrementaldecoder(name)("strict")
    scan = _Scan()
    for text in _decoded(source, decoder, name, scan):
        scan.feed(text)
    return Encoding(name, bom or _has_bom(source, name), scan.lost, scan.first, chosen)


def _has_bom(source: Source, name: str) -> bool:
    if name not in ("utf-8-sig", "utf-16"):
        return False
    with open_binary(source) as stream:
        return stream.read(3).startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))


def _decoded(source: Source, decoder: codecs.IncrementalDecoder, name: str, scan: _Scan) -> Iterator[str]:
    try:
        for chunk in _chunks(source):
            text = decoder.decode(chunk)
            if "\x00" in text:
                raise RefusedError("nul_byte", line=scan.line + count_lines(text[: text.index("\x00")], scan.before))
            yield text
        yield decoder.decode(b"", True)
    except UnicodeDecodeError as error:
        good = error.object[: error.start].decode(name, "replace")
        raise RefusedError(
            "encoding_broken", line=scan.line + count_lines(good, scan.before), encoding=LABELS[name]
        ) from None


def _cp932(source: Source, broken_at: int) -> Encoding:
    """CP932, unless EUC-JP or Shift_JIS-2004 explain the bytes as well or better. `broken_at`: where UTF-8 ended."""
    scan, doubt = _Scan(), _Doubt()
    decoder = codecs.getincrementaldecoder("cp932")("strict")
    pending = b""
    try:
        for chunk in _chunks(source):
            text = decoder.decode(chunk)
            left = decoder.getstate()[0]
            whole = pending + chunk
            doubt.feed(text, whole[: len(whole) - len(left)], chunk)
            scan.feed(text)
            pending = left
        decoder.decode(b"", True)
    except UnicodeDecodeError as error:
        line = scan.line + count_lines(error.object[: error.start].decode("cp932", "replace"))
        raise RefusedError(_other_code(source), line=max(line, broken_at)) from None
    doubt.finish()
    return Encoding("cp932", False, scan.lost, scan.first, doubtful="".join(sorted(doubt.rare)))


def _other_code(source: Source) -> str:
    """The name of the encoding that does decode a file which is neither UTF-8 nor CP932."""
    for name, code in (("euc_jp", "encoding_eucjp"), ("shift_jis_2004", "encoding_sjis2004")):
        try:
            _verified(source, name)
        except RefusedError:
            continue
        return code
    return "encoding_unreadable"


class _Doubt:
    """Signs that bytes which decode as CP932 were written in something else."""

    def __init__(self) -> None:
        self.euc: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder("euc_jp")("strict")
        self.wide = self.broken = self.private = self.second_rows = False
        self.rare: set[str] = set()

    def feed(self, text: str, whole: bytes, chunk: bytes) -> None:
        self._feed_euc(chunk)
        if self.euc is not None:
            self.wide = self.wide or bool(WIDE.search(text))
            self.broken = self.broken or bool(BROKEN_NARROW_KANA.search(text))
        self.private = self.private or bool(PRIVATE_USE.search(text))
        self.second_rows = self.second_rows or self._has_nec_rows(text, whole)

    def _has_nec_rows(self, text: str, whole: bytes) -> bool:
        """Bytes alone may straddle two characters, so a hit is looked at character by character."""
        met = set(RARE.findall(text))
        self.rare |= met
        codes = {NEC_ROWS[sign] for sign in met}
        if not any(code in whole for code in codes):
            return False
        return not codes.isdisjoint(CP932_CHARACTER.findall(whole))

    def _feed_euc(self, chunk: bytes) -> None:
        if self.euc is not None:
            try:
                self.euc.decode(chunk)
            except UnicodeDecodeError:
                self.euc = None

    def finish(self) -> None:
        """Full-width CP932 of real lists never decodes as EUC-JP; half-width kana alone does, and is well formed."""
        if self._euc_is_whole() and (self.wide or self.broken):
            raise RefusedError("encoding_eucjp")
        if self.private or self.second_rows:
            raise RefusedError("encoding_sjis2004")

    def _euc_is_whole(self) -> bool:
        if self.euc is None:
            return False
        try:
            self.euc.decode(b"", True)
        except UnicodeDecodeError:
            return False
        return True
