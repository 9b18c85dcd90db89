"""Two questions in one message, taken apart at clear joints. Pure: text in, at most two texts out.

Most messages are one question however long they are, and a second call of the NLU engine costs as much
as the first. So a message is taken apart only where both sides ask something and both name something: a
side that only asks for a part ("bao lâu?") stays with the side before it, one that only tells ("vợ em mới
sinh") with the one behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.understanding.cues import aspects_by_words
from bot.understanding.folding import MAX_CHARS, Token, normalise, tokens

_FILLERS_TEXT = """
a ad admin anh chi em toi minh ban oi cho hoi xin nho giup gium dum dung tu van voi nha nhe nhi vay the
thi la co khong duoc can muon phai lam sao nao gi nhung cac cai nay kia roi ma va hay hoac o di den len
ra vao tai ve de khi neu vi nen cung con chua da dang se bi nhu trong ai dau bao nhieu lau may ngay nua
thu tuc giay to ho so gom thanh phan chuan mang theo nop le phi tien ton het mat thoi han gian bua chung
ket qua online truc tuyen dieu kien mau don khai quy trinh buoc huong dan cach xa uy nhan biet u vang
thua kinh gui luon viec truong hop do day tren buu dien chao tui chu bac cau mo dia gio ky cap tiep y
them ngoai dong thay khac truoc sau som lay hen buoi sang chieu tuan gia mien nhat hom tong cong quay
phuong noi tra loi cam on muc thang ong ba
"""
FILLERS = frozenset(_FILLERS_TEXT.split())
"""Folded words that a question wraps around a name; none of them names a paper alone."""
_NAMES_OF_FILLERS = re.compile(
    r"(?<!\w)(?:so do|bia do|khai tu|bao tu|chung tu|ho chieu|gia han|cong chung|hop dong|nhan con|ban nha)"
    r"(?!\w)"
)

_ENDS = re.compile(r"(?P<asked>[?？]+)|[\r\n]+|(?:^|(?<=\s))(?P<numbered>\(?[1-9][.)](?=\s+\S))")
_WHO = r"(?:em|toi|minh|tui|con|chau|anh|chi|co|chu|bac|ba|ong) "
_JOINT = re.compile(
    r"(?<!\w)(?:voi lai|ngoai ra|dong thoi|(?:nhan|san) tien|tien the|con nua"
    r"|them (?:mot )?(?:cai|viec|cau) nua"
    rf"|(?:va |voi |san |tien |roi |a )*(?:cho |xin )?(?:{_WHO})?(?:cho )?(?:hoi (?:them|luon))"
    rf"|(?:va|voi|roi|san|tien) (?:cho |xin )(?:{_WHO})?hoi)(?: {_WHO.strip()})?(?: la| ve| luon| them)*"
    r"(?!\w)"
)
_WEAK = re.compile(r"(?<!\w)(?:va|voi)(?!\w)")
_ASKS = re.compile(
    r"(?<!\w)(?:phi|gia|thi sao|the nao|lam sao|ra sao|duoc khong|co khong)(?!\w)|(?<!\w)(?:gi|dau|sao)$"
)
_PUNCTUATION = re.compile(r"[,.;:!–-]\s*$|[,.;:!–-]\s")
# "còn" that goes on to something else, not one that means "still", and not "con" (a child).
_STILL_BEFORE = re.compile(r"khong|van|chi|dang|hien|chua|cung|da|neu|vi|ai|cha|me|ong|ba|bo|ma|tu")
_STILL_AFTER = re.compile(
    r"han|hieu|thieu|song|nho|nua|gi|ai|phai|no|lai|de|duoc|can|khong|hay|moi|dang|nguyen"
)
_CHILD_AFTER = re.compile(
    r"toi|em|minh|tui|nho|be|trai|gai|dau|ruot|nuoi|chau|cua|ong|nguoi|ngoai|rieng|thu|lon|chong|vo|moi|cai|ut"
)


@dataclass(frozen=True, slots=True)
class Parts:
    """Two questions, in order; ``more``: there were others behind them."""

    first: str
    second: str
    more: bool = False


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    asks: bool  # it is a question by its mark, its number or its joint, whatever its words are


class Flat:
    """A text as folded words joined by spaces, with the way back to the text."""

    def __init__(self, text: str) -> None:
        self.text = normalise(text)
        self.tokens: tuple[Token, ...] = tokens(self.text)
        self._owners = [place for place, token in enumerate(self.tokens) for _ in token.words]
        self.joined = " ".join(word for token in self.tokens for word in token.words)

    def token_at(self, position: int) -> int:
        """The place of the token that the character ``position`` of ``joined`` belongs to."""
        word = self.joined[:position].count(" ")
        return self._owners[word] if word < len(self._owners) else len(self.tokens)

    def before(self, token: int) -> str:
        """The text before a token."""
        return self.text[: self.tokens[token].start] if token < len(self.tokens) else self.text

    def after(self, token: int) -> str:
        """The text from a token on; "" behind the last one."""
        return self.text[self.tokens[token].start :] if token < len(self.tokens) else ""

    def gap_before(self, token: int) -> str:
        """What stands between a token and the one before it."""
        start = self.tokens[token - 1].end if token else 0
        end = self.tokens[token].start if token < len(self.tokens) else len(self.text)
        return self.text[start:end]


def has_content(joined: str) -> bool:
    """Whether folded words name anything, beyond asking for a part of it."""
    return bool(_NAMES_OF_FILLERS.search(joined)) or any(
        word not in FILLERS and not word.isdigit() for word in joined.split()
    )


def split(text: str) -> Parts | None:
    """The two questions of a message; None for one question, however long.

    :param text: as it was typed: line breaks count.
    """
    if len(text) > MAX_CHARS or "://" in text:
        return None
    pieces = [part for piece in _at_ends(text) for part in _at_joints(piece)]
    parts = _questions(pieces)
    if len(parts) < 2:
        parts = [part for whole in parts for part in _at_weak_joint(whole)]
    return Parts(parts[0], parts[1], more=len(parts) > 2) if len(parts) > 1 else None


def _at_ends(text: str) -> Iterator[_Piece]:
    """Apart at question marks, line breaks and "1. … 2. …"."""
    start, numbered = 0, False
    for end in _ENDS.finditer(text):
        yield _Piece(text[start : end.start()], bool(end["asked"]) or numbered)
        start, numbered = end.end(), bool(end["numbered"])
    yield _Piece(text[start:], numbered)


def _at_joints(piece: _Piece) -> Iterator[_Piece]:
    """Apart at words that begin another question; the word "còn" stays, it says that the part goes on."""
    flat = Flat(piece.text)
    cuts = [(flat.token_at(m.start()), flat.token_at(m.end() + 1)) for m in _JOINT.finditer(flat.joined)]
    cuts += [(place, place) for place in range(1, len(flat.tokens)) if _goes_on(flat, place)]
    begin, joined_on = 0, False
    for left, right in sorted(cuts):
        if left <= begin:
            begin, joined_on = (right, True) if left == begin == 0 and right > left else (begin, joined_on)
            continue
        yield _Piece(_between(flat, begin, left), joined_on)
        begin, joined_on = right, True
    yield _Piece(_between(flat, begin, len(flat.tokens)), piece.asks or joined_on)


def _between(flat: Flat, begin: int, end: int) -> str:
    if begin >= len(flat.tokens) or begin >= end:
        return ""
    return flat.text[flat.tokens[begin].start : flat.tokens[end - 1].end]


def _goes_on(flat: Flat, place: int) -> bool:
    """Whether the token is a "còn" that turns to something else."""
    token = flat.tokens[place]
    if token.words != ("con",) or place + 1 >= len(flat.tokens):
        return False
    before, after = flat.tokens[place - 1].words[-1], flat.tokens[place + 1].words[0]
    typed = flat.text[token.start : token.end].casefold()
    marked = typed != "con"
    paused = bool(_PUNCTUATION.search(flat.gap_before(place)))
    if _STILL_AFTER.fullmatch(after) or (_STILL_BEFORE.fullmatch(before) and not paused):
        return False
    if not marked and (_CHILD_AFTER.fullmatch(after) or not flat.text.isascii()):
        return False
    so_far = " ".join(word for t in flat.tokens[:place] for word in t.words)
    return paused or bool(aspects_by_words(so_far))


def _questions(pieces: Sequence[_Piece]) -> list[str]:
    """Pieces joined into whole questions: each names something and asks something."""
    parts: list[str] = []
    waiting = ""  # told or asked, but not yet both
    for piece in pieces:
        joined = Flat(piece.text).joined
        if not joined:
            continue
        asks = piece.asks or bool(aspects_by_words(joined) or _ASKS.search(joined))
        if not has_content(joined):
            if asks and parts and not waiting:
                parts[-1] = f"{parts[-1]}, {piece.text.strip()}"
            elif asks or waiting:
                waiting = f"{waiting} {piece.text.strip()}".strip()
            continue
        if asks:
            parts.append(f"{waiting} {piece.text.strip()}".strip())
            waiting = ""
        else:
            waiting = f"{waiting} {piece.text.strip()}".strip()
    if waiting:
        parts[-1:] = [f"{parts[-1]} {waiting}"] if parts else [waiting]
    return parts


def _at_weak_joint(text: str) -> list[str]:
    """Apart at a comma, "và" or "với" that stands between two whole questions."""
    flat = Flat(text)
    commas = [place for place in range(1, len(flat.tokens)) if _PUNCTUATION.search(flat.gap_before(place))]
    words = [flat.token_at(match.start()) for match in _WEAK.finditer(flat.joined)]
    for place in sorted({*commas, *words}):
        left, right = _between(flat, 0, place), _between(flat, place, len(flat.tokens))
        if _is_whole(left) and _is_whole(right):
            return [left, right]
    return [text]


def _is_whole(text: str) -> bool:
    """Whether a text names something and asks for a part of it in plain words."""
    joined = Flat(text).joined
    asks = aspects_by_words(joined) or re.search(r"(?<!\w)phi(?!\w)", joined)
    return bool(asks) and has_content(joined)
