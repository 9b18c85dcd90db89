"""Whether a message asks what became of a unit, or what a unit is made of. Pure, on folded words."""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.knowledge.units import Units
from bot.understanding.gazetteer import COMMUNE, DISTRICT, PROVINCE, Gazetteer, Mention

_PLACE = {COMMUNE: "XA", DISTRICT: "HUYEN", PROVINCE: "TINH", None: "TEN"}
_ANY = r"(?:XA|HUYEN|TINH|TEN)"
_NOW = r"(?:bay gio|hien gio|hien nay|hien tai|bi gio|gio|nay|chu gio|moi day)"
_WHICH = r"(?:xa|phuong|thi tran|huyen|tinh|thanh pho|tp|don vi|noi|cho|dia phuong|xa phuong)"

_MERGED = re.compile(
    r"(?:sap|sat|hop) nhap|sap xep lai|hop nhat|doi ten(?! (?:cho|con|be|chau|tren|trong))"
    r"|len phuong|len thanh pho|len quan"
    rf"|(?<!ho khau )(?:nhap|gop|sat) (?:chung |lai )?(?:thanh|vo|vao|ve|voi|dau|{_WHICH}|{_ANY})"
    r"|(?:bi )?(?:giai the|xoa ten|chia ra|tach ra)"
)
_BECAME = re.compile(
    rf"{_ANY}(?: cu)?(?: thi)? {_NOW} (?:la|thanh|thuoc|ve|ten|goi|doi|gom|ra (?:sao|gi)|o xa|{_WHICH})"
    rf"|{_NOW} (?:la|thanh|ten|goi) (?:{_WHICH}|gi|sao|{_ANY})"
    rf"|{_NOW} {_ANY} (?:la|thanh|thuoc|ten|con)"
    rf"|thuoc (?:ve )?(?:dau|{_WHICH}(?: {_WHICH})? (?:nao|gi|moi|chi)|ben nao|mo)"
    rf"|{_ANY}(?: cu)? la (?:{_WHICH}(?: {_WHICH})? (?:nao|gi|moi|chi|hay)|gi|dau)"
    rf"|la {_WHICH} (?:hay|hay la) {_WHICH}"
    rf"|{_ANY} cu(?: gio)? (?:thuoc|la|ve|ten|gi)"
    rf"|^(?:\w+ ){{0,3}}{_ANY} cu(?: \w+){{0,2}}$|ten moi|ten cu|ten gi|goi la gi"
)
_PARTS = re.compile(
    rf"(?:gom|bao gom|gop|ghep|lap|tu|tren co so)(?: co)?(?: tu)? (?:nhung|cac|may|bao nhieu) {_WHICH}"
    rf"|{_ANY}(?: moi)?(?: {_NOW})? (?:gom|bao gom|co (?:nhung|may|bao nhieu|cac) {_WHICH})"
    rf"|(?:nhung|may|cac) {_WHICH}(?: cu)? nao (?:nhap|gop|hop|sap|thanh)"
)
_STILL = re.compile(
    rf"{_ANY}(?: cu)?(?: {_NOW})? (?:con|bo|het|mat)(?: (?:ton tai|nua|roi|{_WHICH}))*"
    rf" (?:khong|chua|hay|ha|a|phai)"
    rf"|con {_ANY}(?: nua)? (?:khong|chua|ha)|{_ANY} (?:con|da) (?:hay )?(?:bi )?(?:bo|mat|xoa)"
)
# Words of another matter: whoever says them asks for that, and names the place beside it.
_OTHER = re.compile(
    r"(?<!\w)(?:khai (?:sinh|tu)|ket hon|ly hon|can cuoc|ho khau|ho ngheo|ho kinh doanh|ho chieu|tam tru"
    r"|tam vang|thuong tru|dang ky|chung thuc|cong chung|ho so|giay|thu tuc|le phi|phi|nop|so (?:do|hong)"
    r"|trich luc|tach thua|sang ten|chuyen nhuong|chuyen muc dich|xay|sua nha|vneid|cong an|uy ban|tru so"
    r"|mot cua"
    r"|dien thoai|may gio|lam viec|chu tich|bi thu|truong (?:ap|thon|khu)|can bo|nguoi|phu trach|tro cap"
    r"|bao hiem|bang lai|xe|otp|lua dao|link|mua|ban dat|gia dat|ocop|bao tro|khuyet tat|quan su|hoc|truong"
    r"|benh vien|tram y te|kham|don|khieu nai|to cao|tranh chap|hoa giai|di chuc|thua ke|xac nhan"
    r"|cap (?:lai|doi)|lam (?:lai|giay|the|so)|doi (?:lai|the|so|bang)|muon lam|xin|kiem tra|tra cuu)(?!\w)"
)
_MOST_OTHER_WORDS = 14
"""A longer story tells more than where a place belongs now."""


def asks_for_parts(joined: str) -> bool:
    """Whether the question is what a unit consists of ("gồm những xã nào").

    :param joined: the folded words, with or without places put in by :func:`with_places`.
    """
    return bool(_PARTS.search(joined)) or bool(re.search(r"(?<!\w)(?:gom|bao gom)(?!\w)", joined))


def with_places(said: list[str], mentions: tuple[Mention, ...]) -> str:
    """The words with each place put as one capital word, so that patterns can stand around it."""
    text: list[str] = []
    at = 0
    for mention in mentions:
        text += [*said[at : mention.start], _PLACE[mention.rank]]
        at = mention.end
    return " ".join([*text, *said[at:]])


def merger_rule(units: Units | None) -> Callable[[str], bool]:
    """The function that tells whether folded words joined by spaces ask about a merger of ``units``."""
    if units is None:
        return lambda joined: False
    gazetteer = Gazetteer(units)

    def is_merger_question(joined: str) -> bool:
        said = joined.split()
        mentions = gazetteer.exact(said)
        if not mentions:
            return False
        text = with_places(said, mentions)
        if _OTHER.search(text) or len(text.split()) > _MOST_OTHER_WORDS + 2 * len(mentions):
            return False
        return any(pattern.search(text) for pattern in (_MERGED, _BECAME, _PARTS, _STILL))

    return is_merger_question
