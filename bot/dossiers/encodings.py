"""Which encoding a text file is in: UTF-8, UTF-16 Windows-1258; TCVN3 and others are refused with advice.

TCVN3 (ABC) fonts put Vietnamese letters where other encodings have signs such as ® (đ) and ¬ (ơ), so in a
file of theirs those are frequent. The same signs in a spreadsheet mean the same fonts.
"""

from __future__ import annotations

import codecs
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from bot.dossiers.refusals import FileRefused

_CHUNK = 1 << 20
_ASCII = bytes(range(128))
_LETTERS = frozenset(
    unicodedata.normalize("NFC", base + mark)
    for base in "aăâeêioôơuưydđAĂÂEÊIOÔƠUƯYDĐ"
    for mark in ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
)
_SIGNS = frozenset("“”‘’–—…•«»°§№\u00a0€™")
_TCVN3 = frozenset((*range(0xA8, 0xAF), *range(0xB5, 0xBA), *range(0xBB, 0xBF)))
"""ă â ê ô ơ ư đ, then à ả ã á ạ, ằ ẳ ẵ ắ: in Windows-1258 all signs."""
_TCVN3_SIGNS = frozenset("¨©ª«¬\u00ad®µ¶·¸¹»¼½¾")
_MOST_OTHER = 0.03
_ENOUGH_TCVN3 = 0.2

ADVICE_TCVN3 = (
    "tệp dùng phông chữ TCVN3 (ABC), tiếng Việt sẽ đọc sai. Mở tệp, dùng UniKey (Công cụ, Ctrl+Shift+F6) "
    "chuyển từ TCVN3 sang Unicode, rồi lưu lại dạng CSV UTF-8 hoặc XLSX"
)
_ADVICE_OTHER = (
    "không nhận ra bảng mã tiếng Việt của tệp. Mở bằng Excel rồi lưu lại dạng «CSV UTF-8» hoặc XLSX"
)


def encoding_of(path: Path) -> str:
    """The encoding to open ``path`` with; reads it once, in pieces.

    :raises FileRefused: if it is none that can be trusted.
    """
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith(codecs.BOM_UTF8):
        return _strict(path, "utf-8-sig")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _strict(path, "utf-16")
    if _decodes(path, "utf-8"):
        return "utf-8"
    return _legacy(path)


def looks_like_tcvn3(text: str) -> bool:
    """Whether text that came out of a file is written for a TCVN3 font: "Hå s¬" for "Hồ sơ"."""
    high = [character for character in text if ord(character) > 127]
    signs = sum(character in _TCVN3_SIGNS for character in high)
    return len(high) >= 4 and signs / len(high) >= _ENOUGH_TCVN3


def name_of(encoding: str) -> str:
    """As an officer reads it."""
    names = {"utf-8-sig": "UTF-8 (BOM)", "utf-8": "UTF-8", "utf-16": "UTF-16", "cp1258": "Windows-1258"}
    return names[encoding]


def _strict(path: Path, encoding: str) -> str:
    if not _decodes(path, encoding):
        raise FileRefused(f"tệp ghi là {name_of(encoding)} nhưng có chỗ hỏng; hãy xuất lại")
    return encoding


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for chunk in _chunks(path):
            if "\0" in decoder.decode(chunk):
                raise FileRefused(
                    "tệp không phải là văn bản (có ký tự rỗng); hãy xuất lại dạng CSV hoặc XLSX"
                )
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _legacy(path: Path) -> str:
    """Windows-1258 if nearly everything beyond ASCII comes out as a Vietnamese letter.

    :raises FileRefused: else, saying what it probably is.
    """
    if _is_damaged_utf8(path):
        raise FileRefused("tệp ghi là UTF-8 nhưng có chỗ hỏng; hãy xuất lại")
    bytes_seen: Counter[int] = Counter()
    letters = others = 0
    decoder = codecs.getincrementaldecoder("cp1258")(errors="replace")
    for chunk in _chunks(path):
        bytes_seen.update(chunk.translate(None, _ASCII))
        text = unicodedata.normalize("NFC", decoder.decode(chunk))
        high = Counter(character for character in text if ord(character) > 127)
        known = sum(number for character, number in high.items() if character in _LETTERS)
        letters += known
        others += sum(number for c, number in high.items() if c not in _LETTERS and c not in _SIGNS)
    if letters and others / (letters + others) <= _MOST_OTHER:
        return "cp1258"
    tcvn3 = sum(number for byte, number in bytes_seen.items() if byte in _TCVN3)
    if tcvn3 / max(1, bytes_seen.total()) >= _ENOUGH_TCVN3:
        raise FileRefused(ADVICE_TCVN3)
    raise FileRefused(_ADVICE_OTHER)


def _is_damaged_utf8(path: Path) -> bool:
    """Whether far more comes out whole than not: other encodings give next to nothing."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    whole = broken = 0
    for chunk in _chunks(path):
        high = Counter(character for character in decoder.decode(chunk) if ord(character) > 127)
        broken += high["\ufffd"]
        whole += high.total() - high["\ufffd"]
    return whole > 10 * broken


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk
