"""Whole messages that mean one thing: a bare "lệ phí", "ừ", "thôi khỏi", abuse, a complaint.

A model that has hundreds of procedures to choose from is at its weakest on two words. Here a
message counts only as a whole, once the particles around it are gone, so nothing that says more
is caught.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bot.understanding.folding import Token
from bot.understanding.types import Aspect

_ASPECTS: Mapping[Aspect, str] = {
    Aspect.FEE: "le phi, phi, tien, chi phi, tien phi, phi le phi, muc phi, muc thu, bao nhieu tien, tien bac"
    ", gia, gia tien, muc le phi, tien le phi, ton tien, mat phi, nhieu tien, het bao nhieu",
    Aspect.DOCUMENTS: "giay to, ho so, giay, thanh phan ho so, can giay to, can giay, can ho so, giay to can"
    ", giay to can gi, can giay to gi, ho so can, ho so can gi, can chuan bi, chuan bi, can mang, mang theo"
    ", dem theo, mang gi, dem gi, can gi, giay to gi, giay gi, ho so gi, ho so gom, thanh phan",
    Aspect.PLACE: "o dau, dau, noi nop, cho nop, cho nao, noi nao, noi lam, dia diem, nop o dau"
    ", lam o dau, nop dau"
    ", ai lam, ai ky, ai cap, ai giai quyet, ai nhan, ai duyet, co quan, co quan nao, noi tiep nhan, den dau"
    ", di dau, nop cho ai, gap ai, ai ky giay, ai lam cai nay, o cho nao, lam cho nao, nop cho nao",
    Aspect.TIME: "thoi han, thoi gian, bao lau, may ngay, khi nao, khi nao co, khi nao xong, bao gio"
    ", bao gio co"
    ", bao gio xong, ngay, lau, chung nao, chung nao co, bao lau co, bao lau xong, may bua"
    ", thoi gian giai quyet"
    ", thoi han giai quyet, bao nhieu ngay",
    Aspect.FORM: "mau don, don, mau, to khai, mau to khai, bieu mau, form, mau giay, don mau, mau nao",
    Aspect.ONLINE: "online, qua mang, truc tuyen, tren mang, nop mang, lam online, nop online, nop qua mang"
    ", lam qua mang, nop truc tuyen, lam truc tuyen, co nop qua mang, nop tren mang, lam tren mang",
    Aspect.CONDITIONS: "dieu kien, yeu cau, doi tuong, ai duoc, ai duoc lam, dieu kien gi",
    Aspect.STEPS: "cac buoc, buoc, cach lam, quy trinh, trinh tu, lam sao, lam the nao, trinh tu thuc hien",
    Aspect.LAW: "can cu, luat, can cu phap ly, phap ly, nghi dinh, thong tu, van ban, co so phap ly"
    ", luat nao",
    Aspect.RESULT: "ket qua, nhan gi, duoc gi, duoc cap gi, nhan duoc gi",
}
_TALK: Mapping[str, str] = {
    "affirm": "u, vang, dung, dung roi, dung vay, phai, phai roi, chinh xac, chuan, dong y, duoc"
    ", u dung roi, u dung"
    ", da dung, da phai, da vang, u phai, dung the",
    "deny": "khong, khong phai, sai roi, khong dung, khong phai vay, nham roi",
    "bye": "thoi, thoi khoi, khoi, khoi can, khong can, khong can nua, thoi khong can"
    ", thoi khong can nua, bo di"
    ", thoi duoc roi, thoi bo di, het roi, khong hoi nua, thoi khong hoi nua, tam biet, khong con gi"
    ", khong co gi"
    ", khong dau, khong sao, khoi di, thoi khoi can, thoi vay, khong lam nua, khong muon nua",
    "menu": "ban biet lam gi, biet lam gi, lam duoc gi, ban lam duoc gi, giup duoc gi, ban giup duoc gi, menu"
    ", bot giup duoc gi, bot giup duoc viec gi, giup duoc viec gi, bot lam duoc gi, tro giup, help"
    ", huong dan su dung, ban biet gi, biet gi, hoi duoc gi, co chuc nang gi, ban lam gi"
    ", ban lam duoc nhung gi, giup duoc nhung gi, ban biet lam nhung gi, lam duoc nhung gi, ban co the lam gi"
    ", ban co the giup gi, ban biet lam duoc gi, may biet lam gi, tro ly lam duoc gi, hoi duoc nhung gi",
}
# Particles that may stand before or after without saying anything.
_OPENERS_TEXT = "con the vay a da oi ad admin ban em anh chi thua cho hoi xin vang alo ma roi"
_OPENERS = frozenset(_OPENERS_TEXT.split())
_CLOSERS_TEXT = (
    "a ad oi vay the thi sao la nhi nhe nha ha ho day do di voi em anh chi ban nua ne luon hen co chu"
)
_CLOSERS = frozenset(_CLOSERS_TEXT.split())


_IS_IT = frozenset(
    {("duoc", "khong"), ("co", "khong"), ("la", "gi"), ("nhu", "nao"), ("the", "nao"), ("ra", "sao")}
)


def _table(phrases: Mapping[Aspect, str] | Mapping[str, str]) -> dict[str, Aspect | str]:
    return {phrase.strip(): meant for meant, many in phrases.items() for phrase in many.split(",")}


_BARE = _table(_ASPECTS)
_TALKS = _table(_TALK)


def _readings(said: Sequence[str]) -> list[str]:
    """The message as it is, and with particles taken off, the fewest first."""
    found = [" ".join(said)]
    start, end = 0, len(said)
    while end > start + 1 and said[end - 1] in _CLOSERS:
        end -= 1
        found.append(" ".join(said[start:end]))
    while start < end - 1 and said[start] in _OPENERS:
        start += 1
        found += [" ".join(said[start:]), " ".join(said[start:end])]
    return found


def bare_aspect(said: Sequence[str]) -> Aspect | None:
    """The part of a procedure that a message asks for that says nothing else ("le phi", "còn hồ sơ?")."""
    while len(said) > 2 and tuple(said[-2:]) in _IS_IT:
        said = said[:-2]
    for reading in _readings(said) if len(said) <= 9 else ():
        if reading in _BARE:
            return Aspect(_BARE[reading])
    return None


def set_talk(said: Sequence[str]) -> str | None:
    """affirm, deny, bye or menu for a message that is nothing else."""
    for reading in _readings(said) if len(said) <= 8 else ():
        if reading in _TALKS:
            return str(_TALKS[reading])
    return None


_NEXT_PART = re.compile(
    r"(?:the |vay )?con (?:phan )?(?:le phi|phi|tien (?:bac|phi)|bao nhieu|giay to|ho so|thoi (?:gian"
    r"|han)|bao lau"
    r"|may ngay|mau (?:don|to)|to khai|dieu kien|o dau|noi nop|nop (?:o|cho)|cach lam|quy trinh"
    r"|trinh tu|cac buoc"
    r"|can cu phap|luat nao|ket qua|online|qua mang|truc tuyen|can (?:gi|nhung gi|giay))(?!\w)"
)


def after_con(text: str, tokens: Sequence[Token]) -> str:
    """``text`` without a "con" at its start that means "còn" (and also …) and not "con" (a child)."""
    joined = " ".join(word for token in tokens for word in token.words)
    if not _NEXT_PART.match(joined):
        return text
    skip = next(i for i, token in enumerate(tokens) if token.words == ("con",)) + 1
    return text[tokens[skip].start :] if skip < len(tokens) else text


_INSULTS = (
    r"dm|dmm|dcm|dkm|dcmm|dm may|vcl|vkl|clgt|clm|cmm|cc|dit me|du ma|oc cho|khon nan|mat day(?! du"
    r"| dien| chuyen| chuong| tui)|cam mom|im mom"
    r"|cut (?:di|me|xeo)|deo (?:hieu|biet|lam|noi|can)|(?:do|may|bot|bon|thang|lu|qua|sao"
    r"|ad) ngu(?! ngon| chua)"
    r"|(?<!buon )(?<!di )(?<!ngon )(?<!phong )ngu (?:qua|nhu|the|vay|vl|vcl|si|dan|dot|nguoi|xuan)|^ngu$"
    r"|nhu (?:cut|cc|hach|shit|cai lon|con cac)$|lam an nhu (?:cut|cc|cac|lon|hach|cho|con)"
    r"|(?:lau|cham|chan|te|dat|met|ngu|rac) vl|^vl$|con me may|me may$|to cha may|cha bo may|to su may"
    r"|rac ruoi|(?:do|bot|that|dung la) vo dung|(?:bon|do|lu) vo hoc|(?:do|sao|bot|qua) (?:dot"
    r"|ngao)(?: the| nat|$)"
    r"|do khung|khung (?:ha|a)|bot (?:rac|dom|khung)"
)
_INSULT = re.compile(rf"(?<!\w)(?:{_INSULTS})(?!\w)")


def is_abuse(folded_words: str) -> bool:
    """Whether the message insults. Words that fold into harmless ones count only in their company."""
    return bool(_INSULT.search(folded_words))


_OFFICE = (
    r"(?:pho )?chu tich|bi thu|can bo|cong chuc|nhan vien|lanh dao|truong (?:ap|thon|xom|khu pho|cong an)"
    r"|cong an(?: xa| phuong| vien)?|dia chinh|tu phap|mot cua|uy ban|ong (?:\w+ )?chu tich|chinh quyen"
)
_COMPLAINT = re.compile(
    rf"(?<!\w)(?:to cao|khieu nai|(?<!y )(?<!dieu )(?<!su )kien|khieu kien|phan anh|to giac) (?:(?:ong"
    rf"|ba|anh|chi|ve"
    rf"|may|thang"
    rf"|hanh vi|thai do|viec|mot|nguoi|cua|lam|cach) )*(?:{_OFFICE})(?!\w)"
    rf"|(?<!\w)(?:{_OFFICE})(?: \w+){{0,3}} (?:nhan hoi lo|nhan tien|voi tien|doi tien|an hoi lo"
    rf"|an tien|tham nhung"
    r"|hach dich|quat thao|chui dan|danh dan|danh (?:toi|em|nguoi)|lam kho|gay kho|hanh dan|bao che"
    r"|vo le)(?!\w)"
)
_ABOUT_PAPERS = re.compile(
    r"(?<!\w)(?:thu tuc|don|mau|ho so|giay to|can gi|can nhung gi|le phi|bao lau|may ngay|o dau|nop|quy trinh"
    r"|trinh tu|thoi han|giai quyet|dieu kien|quyet dinh)(?!\w)"
)


_BARE_COMPLAINT = re.compile(
    r"(?:(?:cho|toi|em|minh|anh|chi|ad|a|oi|da|hoi|xin|thua|ong|ba) )*(?:muon |can |dinh |xin )*"
    r"(?:khieu nai|to cao|phan anh|kien nghi|to giac)(?: (?:a|ad|voi|nha|nhe|thi sao|lam sao|o dau|gap ai))*"
)
"""Just the word: it tells neither against whom nor about what, so a person asks."""


def is_complaint(folded_words: str) -> bool:
    """Whether somebody complains about an officer, or just complains; not how a complaint is filed."""
    if _BARE_COMPLAINT.fullmatch(folded_words):
        return True
    return bool(_COMPLAINT.search(folded_words)) and not _ABOUT_PAPERS.search(folded_words)
