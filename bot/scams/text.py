"""A message made readable for the check: un-styled, folded, short forms written out, tricks undone.

``full`` is everything that was said; ``asked`` leaves out the clauses that warn or forbid ("không cung cấp
OTP cho bất kỳ ai"), so that a bank's warning is not taken for a demand.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from bot.understanding.folding import tokens

HEAD, TAIL = 3000, 1000
"""Characters that are read of a long message: its beginning and its end. Channels deliver 2,000."""

_INVISIBLE = frozenset(("Cf", "Cs", "Co", "Cn"))
_LINK_LIKE = re.compile(
    r"https?:\S{1,300}|www\.\S{1,300}|(?:[\w-]{1,63}\.){1,6}[a-z]{2,24}/\S{1,300}", re.IGNORECASE
)
_DOTTED = re.compile(r"(?<!\w)(?:[^\W\d_][.\-_*]){2,40}[^\W\d_](?!\w)")
_CLAUSE = re.compile(r"[.!?;\n,:](?!\d)|[\n]| [-–•*] |\(|\)")
_SPOILED = re.compile(
    r"(?<!\w)(?=\w*[^\W\d_]{2})(?=\w*\d)(?!\d+[^\W\d_]{1,3}(?!\w))[^\W_]{3,16}(?!\w)|(?<!\w)0TP(?!\w)",
    re.IGNORECASE,
)
_LETTERS = str.maketrans("01345", "oleas")
_NOT = r"(?:khong|ko|dung|cho co|nghiem cam|tuyet doi khong|chua bao gio|khong bao gio|han che|tranh)"
_FILLER = (
    r"(?: (?:nen|duoc|bao gio|de nghi|yeu cau|voi|tuy tien|vang|phep|can|hoi|thu|bat ky|he|se|co|chu dong"
    r"|truc tiep|thuc hien|hoac|va|de lo|lam|cho)){0,4}"
)
_GIVING = (
    r"(?: (?:cung cap|chia se|tiet lo|doc|gui|dua|khai bao|nhap|bam|nhan vao|click|truy cap|cai dat|cai|tai"
    r"|chuyen tien|chuyen khoan|lam theo|yeu cau|goi dien|cho muon|quet|mo|ket ban|nghe theo|thu|de lo|lo"
    r"|mat phi))"
)
_WARNING = re.compile(rf"(?<!\w){_NOT}{_FILLER}{_GIVING}(?!\w)")
_UNLESS = re.compile(r"(?<!\w)(?:neu|vi|do|truong hop|ma|ai|luc do|qua han)(?: \w+){0,4}$")


@dataclass(frozen=True, slots=True)
class Text:
    """``plain`` is un-styled and keeps its marks; ``full`` and ``asked`` are folded, joined by spaces."""

    plain: str
    full: str
    asked: str
    warns: bool
    cut: bool


def unstyled(text: str) -> str:
    """NFKC and NFC, invisible characters out; line breaks kept."""
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text))
    return "".join(_shown(c) for c in text)


def _shown(char: str) -> str:
    if char.isascii():
        return char if char.isprintable() or char == "\n" else " "
    category = unicodedata.category(char)
    if category in _INVISIBLE:
        return ""
    return "\n" if category in ("Zl", "Zp") else " " if category in ("Cc", "Zs") else char


def read(text: str) -> Text:
    """The message in the forms that the signs are looked for in."""
    cut = len(text) > HEAD + TAIL
    if cut:
        text = f"{text[:HEAD]}\n{text[-TAIL:]}"
    plain = unstyled(text)
    said = _LINK_LIKE.sub(" ", plain)
    said = _DOTTED.sub(_joined, said)
    said = _SPOILED.sub(_mended, said)
    clauses = [
        " ".join(w for t in tokens(clause) for w in t.words)
        for clause in _CLAUSE.split(said)
        if clause.strip()
    ]
    asked = [_without_warning(clause) for clause in clauses]
    full = " ".join(filter(None, clauses))
    wanted = " ".join(filter(None, asked))
    return Text(plain, full, wanted, len(wanted) < len(full), cut)


def _joined(match: re.Match[str]) -> str:
    """``l.ừ.a đ.ả.o`` is written so to escape filters."""
    return re.sub(r"[.\-_*]", "", match[0])


def _mended(match: re.Match[str]) -> str:
    """``kh0an``, ``0TP``: digits for letters; a code of letters and digits loses nothing by it."""
    return match[0].translate(_LETTERS)


def _without_warning(clause: str) -> str:
    """The clause up to where it forbids something; whole if that is a condition ("nếu không …")."""
    match = _WARNING.search(clause)
    if match is None or _UNLESS.search(clause[: match.start()].rstrip()):
        return clause
    return clause[: match.start()].strip()
