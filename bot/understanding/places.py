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

_OPENERS = r"(?:cho|hoi|em|toi|minh|con|the|vay|a|ad|oi|xin|ve|o|muon|biet|nha|que|anh|chi)"


def _words(pattern: str) -> re.Pattern[str]:
    """The pattern between word boundaries."""
    return re.compile(rf"(?<!\w)(?:{pattern})(?!\w)")


_MERGED = _words(
    r"(?:sap|sat|hop) nhap(?! roi \w+ \w+)|sap xep lai|hop nhat|doi ten(?! (?:cho|con|be|chau|tren|trong))"
    r"|len phuong|len thanh pho|len quan"
    rf"|(?<!ho khau )(?:nhap|gop|sat) (?:chung |lai )?(?:thanh|vo|vao|ve|voi|dau|{_WHICH}|{_ANY})"
    r"|(?:bi )?(?:giai the|xoa (?:ten|roi)|chia (?:ra|thanh)|tach ra)"
    rf"|{_ANY}(?: {_NOW})?(?: da)? (?:len|thanh) {_WHICH}"
)
_BECAME = _words(
    rf"{_ANY}(?: cu)?(?: thi)? {_NOW} (?:la|thanh|thuoc|ve|ten|goi|doi|gom|ra (?:sao|gi)|o xa|{_WHICH})"
    rf"|{_NOW} (?:la|thanh|ten|goi) (?:{_WHICH}|gi|sao|{_ANY})"
    rf"|{_NOW} {_ANY} (?:la|thanh|thuoc|ten|con)"
    rf"|thuoc (?:ve )?(?:dau|{_WHICH}(?: {_WHICH})? (?:nao|gi|moi|chi)|ben nao|mo)"
    rf"|(?<!o )(?<!tai ){_ANY}(?: cu)? la (?:{_WHICH}(?: {_WHICH})? (?:nao|gi|moi|chi|hay)|gi|dau)"
    rf"|(?:la|thuoc) {_WHICH} (?:hay|hay la) (?:{_WHICH}|{_ANY})"
    rf"|{_NOW} (?:phai )?(?:ghi|keu) (?:la |bang )?(?:{_WHICH} )?(?:gi|nao|sao)"
    rf"|{_ANY} .*(?:giong|khac) nhau|trung ten"
    rf"|{_ANY} cu(?: gio)? (?:thuoc|la|ve|ten|gi)"
    rf"|^(?:{_OPENERS} )*{_ANY} cu(?: \w+){{0,2}}$|ten moi|ten cu|ten gi|goi la gi"
)
_PARTS = _words(
    rf"(?:gom|bao gom|gop|ghep|lap|tu|tren co so)(?: co)?(?: tu)? (?:nhung|cac|may|bao nhieu) {_WHICH}"
    rf"|{_ANY}(?: moi)?(?: {_NOW})? (?:gom|bao gom|co) (?:co )?(?:nhung|may|bao nhieu|cac)? ?{_WHICH}"
    rf"|^(?:{_OPENERS} )*{_ANY}(?: moi)?(?: {_NOW})? (?:gom|bao gom)"
    rf"|(?:nhung|may|cac) {_WHICH}(?: cu)? nao (?:nhap|gop|hop|sap|thanh)"
    rf"|danh sach (?:cac )?(?:{_WHICH} ?)+"
)
_STILL = _words(
    rf"{_ANY}(?: cu)?(?: {_NOW})?(?: co| bi)? (?:con|bo|het|mat)(?: (?:la|ton tai|nua|roi|{_WHICH}))*"
    rf" (?:khong|chua|hay|ha|a|phai)"
    rf"|con {_ANY}(?: nua)? (?:khong|chua|ha)|{_ANY} (?:con|da) (?:hay )?(?:bi )?(?:bo|mat|xoa)"
)
# Words of another matter: whoever says them asks for that, and names the place beside it.
_OTHER = _words(
    r"khai (?:sinh|tu)|ket hon|ly hon|can cuoc|ho khau|ho ngheo|ho kinh doanh|ho chieu|tam tru"
    r"|tam vang|thuong tru|dang ky|chung thuc|cong chung|ho so|giay|thu tuc|le phi|phi|nop|so (?:do|hong)"
    r"|trich luc|tach thua|sang ten|chuyen nhuong|chuyen muc dich|xay|sua nha|vneid|cong an|uy ban|tru so"
    r"|mot cua"
    r"|dien thoai|may gio|lam viec|chu tich|bi thu|truong (?:ap|thon|khu)|can bo|nguoi|phu trach|tro cap"
    r"|bao hiem|bang lai|xe|otp|lua dao|link|mua|ban dat|gia dat|ocop|bao tro|khuyet tat|quan su|hoc|truong"
    r"|benh vien|tram y te|kham|don|khieu nai|to cao|tranh chap|hoa giai|di chuc|thua ke|xac nhan"
    r"|cap (?:lai|doi)|lam (?:lai|giay|the|so)|doi (?:lai|the|so|bang)|muon lam|xin|kiem tra|tra cuu"
    r"|hop tac|ban sao|sao y|chu ho|thue|tiem|tien|luong|huu|nha tap the|nhan con|giam ho"
    r"|cai nghien|thanh lap"
)
_CONSISTS = _words("gom|bao gom")
# What people say around such a question; more than a few other words, and another matter is meant.
_SAID_TEXT = """
XA HUYEN TINH TEN xa phuong thi tran huyen tinh thanh pho tp quan ap khu thon don vi noi cho dia ban chinh
hanh a ad admin oi em anh chi ong ba co chu bac toi minh tui nha que ma ngoai hoi xin biet muon giup gium
voi nhe nhi vay the la va hay hoac con nua luon het ha ho hong khong chua roi da bi duoc phai gio bay hien
nay hom truoc sau khi tu ngay thang nam nao gi sao dau may bao nhieu nhung cac cai o ben vao vo ve ra len
thuoc nhap sap sat hop gop chung lai doi ten moi cu goi keu bang ghi gom tach chia xoa bo giai lap mat ton
tai trung uong truc dung danh sach so ai nghe thay xac ro that giong khac nhau mot hai bon mang tong cong
tat ca cap ke luc bua do day kia nen cung van
"""
_SAID = frozenset(_SAID_TEXT.split())
_MOST_OTHER_WORDS = 1


def asks_for_parts(joined: str) -> bool:
    """Whether the question is what a unit consists of ("gồm những xã nào").

    :param joined: the folded words, with or without places put in by :func:`with_places`.
    """
    return bool(_PARTS.search(joined) or _CONSISTS.search(joined))


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
        other = sum(word not in _SAID for word in text.split())
        if other > _MOST_OTHER_WORDS or _OTHER.search(text):
            return False
        return any(pattern.search(text) for pattern in (_MERGED, _BECAME, _PARTS, _STILL))

    return is_merger_question
