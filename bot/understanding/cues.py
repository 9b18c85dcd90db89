"""Aspects and small talk by plain words: what is left to go by when Rasa is away."""

from __future__ import annotations

import re

from bot.understanding.types import Aspect, Skill

_FEE = (
    r"le phi|chi phi|muc (?:phi|thu)|bao nhieu tien|may tien|ton (?:bao )?nhieu|mat phi|tien bac|mien phi"
    r"|ton tien|nop tien|dong tien|phi (?:la )?(?:bao )?nhieu|het (?:bao )?nhieu|gia bao nhieu"
    r"|(?:bao )?nhieu (?:mot|1|moi) (?:ban|trang|to|bo|lan|the|cai)"
    r"|(?:mot|1|moi) (?:ban|trang|to) (?:bao )?nhieu|(?:co|khong) (?:mat|ton|thu|tinh) (?:tien|phi)"
    r"|thu (?:phi|tien)|dong (?:bao )?nhieu|phi (?:the nao|ra sao|sao)"
)
# "bao lâu thì được rút …" asks from when on one may: conditions, not time.
_TIME = (
    r"bao lau(?! thi (?:moi )?duoc)|may (?:ngay|bua|hom)|chung nao|thoi (?:gian|han)|lay lien|trong ngay"
    r"|(?:bao gio|khi nao|bao lau) (?:thi )?(?:moi )?(?:co|xong|lay|nhan|tra)"
)
_LAW = (
    r"luat (?:nao|gi)|can cu phap ly|nghi dinh|thong tu|co so phap ly|van ban nao"
    r"|quy dinh (?:o|nao|gi|ra sao|the nao|nhu the nao|sao)"
)
_ASPECTS: tuple[tuple[Aspect, str], ...] = (
    (Aspect.FEE, _FEE),
    (Aspect.TIME, _TIME),
    (Aspect.ONLINE, r"online|qua mang|truc tuyen|tren mang|dich vu cong|tai nha|qua vneid|buu dien"),
    (Aspect.FORM, r"mau don|to khai|bieu mau|mau nao|mau so|file mau|xin mau"),
    (Aspect.LAW, _LAW),
    (
        Aspect.PLACE,
        (
            r"o dau|cho nao|den dau|di dau|noi nao|co quan nao|nop dau|gap ai|len tinh|(?:xa|phuong) nao"
            r"|(?:xa|phuong|tinh|huyen|noi) khac|khac (?:xa|tinh|huyen|noi)|noi tam tru"
            r"|(?:o|ve|len|ra|tai) (?:xa|phuong|que|tinh|huyen|day|noi|cho)(?: \w+){0,6} khong"
            r"|o que hay|hay (?:ve|o|len|ra) (?:que|xa|tinh|phuong|day)"
        ),
    ),
    (
        Aspect.CONDITIONS,
        (
            r"dieu kien|ai (?:moi )?duoc|doi tuong|truong hop nao|(?:bao lau|khi nao) thi (?:moi )?duoc"
            r"|uy quyen (?:duoc|lam|nop|di|cho ai)|bao nhieu tuoi|may tuoi"
            r"|du tuoi|bat buoc|bi phat|lam (?:thay|ho|giup|dum)|di thay|(?:qua|tre) han"
            r"|nho (?:nguoi|con|em|chi|anh|vo|chong)"
        ),
    ),
    (Aspect.DOCUMENTS, r"giay to|can (?:nhung )?gi|ho so gom|thanh phan|chuan bi|(?:mang|dem) theo|giay gi"),
    (Aspect.RESULT, r"ket qua (?:la|gi)|nhan duoc gi|cap giay gi|co gia tri bao lau"),
    (Aspect.STEPS, r"quy trinh|trinh tu|cac buoc|may buoc|buoc nao|cach lam|bat dau tu dau|huong dan"),
)
_ASPECT_PATTERNS = tuple((aspect, re.compile(rf"(?<!\w)(?:{cue})(?!\w)")) for aspect, cue in _ASPECTS)

_WISH = r"gap (?:can bo|nguoi that|nhan vien|lanh dao)|noi chuyen voi (?:can bo|nguoi)|can bo goi"
_STATUS = r"ho so (?:\w+ )*(?:toi dau|xong chua|den dau|sao roi)|(?:tra cuu|kiem tra) ho so"
_TALK: tuple[tuple[Skill, str, str], ...] = (
    (Skill.HANDOFF, "wish", _WISH),
    (Skill.SCAM, "victim", r"bi lua|lo (?:bam|chuyen tien|doc ma|lam theo)|bi mat tien|bi hack"),
    (Skill.SCAM, "check", r"lua dao|ma otp|duong link|trung thuong|tu xung|gia danh|gia mao"),
    (Skill.DOSSIER, "status", _STATUS),
    (Skill.CONTACT, "phone", r"so dien thoai|duong day nong|hotline"),
    (Skill.CONTACT, "hours", r"may gio|gio lam viec|thu bay|chu nhat|lich lam viec"),
    (Skill.CONTACT, "address", r"dia chi|(?:uy ban|mot cua|tru so)(?: \w+){0,4} o dau"),
    (Skill.SMALLTALK, "thanks", r"cam on"),
    (Skill.SMALLTALK, "bye", r"tam biet"),
    (Skill.SMALLTALK, "menu", r"^(?:menu|tro giup|bat dau|huong dan su dung)$"),
    (Skill.SMALLTALK, "greeting", r"^(?:xin )?chao(?: \w+){0,2}$"),
)
_TALK_PATTERNS = tuple((skill, topic, re.compile(rf"(?<!\w)(?:{cue})(?!\w)")) for skill, topic, cue in _TALK)


# Aspects whose words are few enough to insist on one of them: the model sees "sao" in "sao y", "ở đâu"
# as in "tờ khai ở đâu", "pháp" in "lý lịch tư pháp".
_WITNESSES = {
    Aspect.FORM: re.compile(r"(?<!\w)(?:mau|don|to khai|bieu mau|form|file|ban khai|viet|dien)(?!\w)"),
    Aspect.LAW: re.compile(
        r"(?<!\w)(?:luat|nghi dinh|thong tu|can cu|phap ly|phap luat|quy dinh|van ban|dieu (?:may|\d+)"
        r"|co so)(?!\w)"
    ),
    # "làm sao" alone asks for no part: it wants to know what is needed at all.
    Aspect.STEPS: re.compile(
        r"(?<!\w)(?:buoc|quy trinh|trinh tu|tuan tu|bat dau|truoc tien|dau tien|lam truoc|tiep theo"
        r"|cach (?:lam|nop|dang ky)|huong dan|chi (?:em|toi|minh|cach)|lan luot|qua may cua"
        r"|(?:thuc hien|nop) (?:the nao|nhu the nao|ra sao))(?!\w)"
    ),
}


def is_witnessed(aspect: Aspect, text: str) -> bool:
    """Whether ``text`` has a word that can ask for ``aspect``; True where the words are no closed set."""
    pattern = _WITNESSES.get(aspect)
    return pattern is None or bool(pattern.search(text))


def aspects_by_words(text: str) -> tuple[Aspect, ...]:
    """The aspects whose words stand in ``text`` (folded words joined by spaces)."""
    return tuple(aspect for aspect, pattern in _ASPECT_PATTERNS if pattern.search(text))


# "… có phải xin phép không", "… được hưởng không": may I, must I? Not "… được không" after a bare name.
_YES_OR_NO = re.compile(r"(?<!\w)(?:khong|chua)(?: (?:a|ad|vay|nhi|em|anh|chi|oi|ta|the|ha|ban))*$")
_SHORTEST = 6
"""Words from which on a question with a yes or no asks for more than whether it can be done."""


def is_yes_or_no(text: str) -> bool:
    """Whether ``text`` asks whether something may or must be."""
    return len(text.split()) >= _SHORTEST and bool(_YES_OR_NO.search(text))


def talk_by_words(text: str) -> tuple[Skill, str] | None:
    """Skill and topic of what plainly is no procedure, or None."""
    for skill, topic, pattern in _TALK_PATTERNS:
        if pattern.search(text):
            return skill, topic
    return None
