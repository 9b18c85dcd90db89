"""Whether a message is something to be checked, and in which way. Pure, on the text alone.

The order of :class:`Wanted` is the order of urgency: who has already lost something comes first. What tells
a resident's own question from a stranger's words that he passes on is the *shape*: who speaks to whom
("quý khách", "chúc mừng bạn"), a link or number that somebody should use, a story with a caller in it.
"""

from __future__ import annotations

import re
from enum import StrEnum

from bot.scams import links
from bot.scams.phones import normalised
from bot.scams.text import Text, read


class Wanted(StrEnum):
    """Why a message is brought to the check."""

    VICTIM = "victim"
    """Has paid, given a code, installed something: first aid before anything else."""
    LINK = "link"
    """A link and nothing else, or with "link này an toàn không"."""
    PHONE = "phone"
    """A phone number and nothing else, or with "số này là ai", "số này lừa đảo không"."""
    ACCOUNT = "account"
    """A bank account number and nothing else (a bank's or holder's name may stand beside it)."""
    STORY = "story"
    """What a caller or a stranger said and wanted: "có người gọi xưng công an bảo …"."""
    FORWARDED = "forwarded"
    """A message of somebody else's, passed on: an SMS, an offer, a notice."""
    ASKING = "asking"
    """Asks whether it is a scam and brings nothing to be looked at: "cái này có phải lừa đảo không"."""


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\S)(?:{'|'.join(patterns)})(?!\S)")


_LOST = _any(
    r"(?:toi|em|minh|con|me|ba|bo|chong|vo|chi|anh|ong|chau|nha)?(?: \S+){0,2}? ?(?:da|lo|vua|moi"
    r"|lo tay|trot|lo dai)"
    r"(?: \S+){0,2}? (?:bam|click|nhan|doc|dua|cho|gui|chuyen|ck|cai|tai|nhap|cung cap|quet"
    r"|lam theo|nap|dong|chup)"
    r"(?: \S+){0,8}? (?:roi|mat roi|lo roi)",
    r"lo (?:bam|click|nhan|doc|dua|cho|gui|chuyen|ck|cai|tai|nhap|cung cap|quet|lam theo|nap|chup|tin|dong)",
    r"(?:bi|vua bi|moi bi|da bi) (?:lua|chung no lua|no lua|mat tien|mat sach|mat het|tru tien"
    r"|tru sach|hack|chiem doat"
    r"|chiem tai khoan|rut het|rut sach|lua dao|lua mat)(?! khong| ko| chua| the nao| thi sao)",
    r"mat (?:sach|het|toi|gan)? ?(?:\S+ ){0,3}?(?:tien|trieu|tr|cu) (?:trong|o|vi|do|roi|vao tay)",
    r"(?:bi|dang bi) (?:tong tien|tung anh|doa tung|khung bo doi no)",
)
_NOT_LOST = _any(
    r"neu (?:\S+ ){0,3}(?:lo|bi lua)",
    r"(?:lam sao|cach|de) (?:\S+ ){0,2}khong bi lua",
    r"phong (?:tranh|chong)",
    r"co (?:phai )?(?:\S+ ){0,2}bi lua(?: dao)? (?:khong|ko)",
    r"so bi lua",
    r"(?:co|khong|dung|chua) (?:\S+ )?lo",
    r"(?:canh bao|nhieu nguoi|nan nhan|co nguoi|doi tuong)(?: \S+){0,6} bi lua",
)
_ASKS = _any(
    r"(?:co )?(?:phai|la) (?:la )?(?:lua dao|lua|lua ko|that|gia|gia mao|scam"
    r"|bay)(?: \S+){0,3}? (?:khong|ko|k|khg|hay|ha|a|vay|nhi)?",
    r"lua dao (?:khong|ko|hay|ha|a|phai khong|dung khong|chang|vay)",
    r"co (?:an toan|tin duoc|dang tin|uy tin|that|lua dao|lua) (?:khong|ko|hay)",
    r"(?:that|gia) hay (?:gia|that|lua)",
    r"(?:nghi|so|thay) (?:la )?(?:lua dao|gia mao|bi lua)",
    r"(?:kiem tra|check|xem|coi) (?:giup|ho|dum|gium|thu)",
    r"co (?:nen|duoc) (?:tin|bam|lam theo|chuyen|nghe|doc|cung cap|gui|cai|mo"
    r"|vao)(?: \S+){0,5} ?(?:khong|ko)?",
    r"(?:tin|trang|link|so|web|app) nay (?:\S+ ){0,3}(?:that|gia|an toan|cua ai|lua|tin duoc|dung)",
    r"(?:la|cua) (?:so )?(?:cua )?ai(?: vay| the| goi)?",
)
_THING = _any(
    r"(?:cai|tin|tin nhan|link|duong link|trang|web|so|cuoc goi|app|nguoi|hinh|anh|tin nay|email"
    r"|mail|ma qr|page|vu) (?:nay|do|kia|ay)",
)
_STORY = _any(
    r"(?:tu )?xung(?: \S+){0,3}? (?:cong an|can bo|canh sat|nhan vien|ngan hang|vien|toa|dien luc"
    r"|thue|bao hiem|ben|la|danh|shipper)",
    r"(?:tu xung|xung danh|gia danh|mao danh)(?: \S+){1,12}? (?:goi|bao|keu|nhan|yeu cau|gui|doi"
    r"|den|ban|xin|hoi)",
    r"(?:co|thay|nhan duoc|gap|bi|moi|vua) (?:\S+ )?(?:nguoi|so|ai|ai do|so la|thang|cuoc goi"
    r"|tin nhan|email|mail|cuoc|ban|anh|chi|co|ong|ba|dua|bon|nhom|trang|shop"
    r"|may nguoi)(?: \S+){0,6}? "
    r"(?:goi|nhan tin|nhan|nt|ket ban|add|gui|ru|keu|moi|bao|doi|yeu cau|hua|noi|ib|inbox|doa|dua"
    r"|xin|bat|quang cao|mao danh)(?: \S+){0,14}? "
    r"(?:chuyen|ck|tien|otp|ma|link|app|ung dung|cai|tai|vneid|can cuoc|cccd|tai khoan|khoa|cat"
    r"|bat|vu an|trung|thuong|qua|phi|coc|zalo|telegram|cap nhat|mat khau|vay|dau tu|nhiem vu"
    r"|duong dan|phat|no|bam|nap|thue|hoan|lai|dong|viec|sim|anh|clip|file|ma tuy|luong|hoa hong"
    r"|the)",
    r"(?:ho|no|nguoi ta|ngta|ben do|chung no|tui no|anh ta|co ta|ong ta"
    r"|ba ta)(?: \S+){0,3}? (?:bao|keu|bat|yeu cau|doi|doa|ep|hua|noi|xui|du|ru|hu|gui|xin|hen"
    r"|kieu)(?: \S+){0,14}? "
    r"(?:chuyen|ck|tien|otp|ma|link|app|ung dung|cai|tai|vneid|can cuoc|cccd|tai khoan|khoa|cat"
    r"|bat giam|vu an|trung|thuong|phi|coc|zalo|telegram|mat khau|vay|dau tu|nhiem vu|duong dan"
    r"|bam|nap|hoan|quet|anh|clip|quet mat)",
    r"(?:shipper|tong dai|nha mang|ngan hang|dien luc|cong an|toa an|can bo|thue|bao hiem|bhxh"
    r"|cong an phuong|cong an xa|csgt|nhan vien|giao vien|bac si|luat su)(?: \S+){0,4}? (?:goi"
    r"|nhan tin|nhan|goi dien)(?: \S+){0,8}? (?:bao|noi|keu|yeu cau|doi|doa|bat"
    r"|la)(?: \S+){0,12}? "
    r"(?:chuyen khoan|chuyen tien|ck|otp|ma xac|link|app|ung dung|cai|tai khoan|khoa|cat|bat giam"
    r"|vu an|trung|phi|coc|ket ban|mat khau|no|phat|duong dan|bam phim|rua tien|ma tuy|dong tien"
    r"|nop tien|nop phat)",
    r"(?:zalo|facebook|fb|nick|nguoi quen|ban|con|chau|em|sep) (?:\S+ ){0,5}(?:nhan|goi video"
    r"|nhan tin|ib|inbox)(?: \S+){0,6} (?:muon|vay|ck|chuyen tien|xin tien|nho chuyen)",
)
_ADDRESSED = _any(
    r"quy khach",
    r"quy (?:cong dan|ong|ba|vi|phu huynh)",
    r"kinh (?:gui|chao|moi)",
    r"chuc mung (?:ban|quy|anh|chi|so|thue|khach)",
    r"thong bao",
    r"(?:tk|tai khoan|the|thue bao|so|don hang|buu kien|ho so) (?:\S+ ){0,2}cua (?:ban|quy|anh|chi|ong|ba)",
    r"(?:ban|anh|chi|ong|ba) (?:da|duoc|vua|dang|co|se|sap|can|hay) (?:\S+ ){0,3}(?:trung|nhan|bi"
    r"|chon|duyet|khoa|no|hoan|vi pham|dang ky|quay)",
    r"(?:vui long|de nghi|hay) (?:\S+ ){0,2}(?:truy cap|bam|nhan|click|goi|lien he|nhap|dang nhap"
    r"|xac|cung cap|thanh toan|chuyen|nop|tai|cai|cap nhat|soan|ket ban)",
    r"(?:lh|lien he|ib|inbox|add|ket ban)(?: \S+){0,2} (?:zalo|tele|telegram|sdt|so|hotline|ngay|em|\d+)",
    r"tuyen (?:\S+ ){0,3}(?:ctv|cong tac vien|nhan vien|nguoi|mau nhi|dung)",
    r"(?:thu nhap|luong|hoa hong|loi nhuan|lai) (?:\S+ ){0,3}(?:ngay|thang|k|tr|trieu|\d+%?)",
    r"otp",
    r"ma xac (?:thuc|nhan|minh)",
    r"so du|sd|bien dong",
    r"(?:vay|cho vay)(?: \S+){0,5} (?:nhanh|cap toc|lai|giai ngan|the chap|duyet)",
    r"nha cai|no hu|tai xiu|ca do|soi cau|game bai",
    r"truy cap (?:ngay|link|tai)",
    r"(?:bam|nhan|click|an) (?:vao )?(?:link|day|lien ket|duong)",
)
_QUESTION = _any(
    r"(?:thu tuc|ho so|giay to|le phi|dieu kien|mau don)(?: \S+){0,12}",
    r"(?:can|gom|mang|nop|lam|xin|o|bao|may)(?: \S+){0,2} (?:gi|o dau|dau|lau|nhieu|the nao"
    r"|nhu the nao|sao|gio)",
    r"(?:o dau|the nao|nhu the nao|bao lau|bao nhieu|lam sao|can gi|giay gi|ra sao|cho nao|khi nao"
    r"|may gio)(?: (?:vay|a|the|nhi|can bo|ad|em|ha))*$",
)
_PAPERS = _any(
    r"thu tuc|ho so|giay to|le phi|dang ky|xac nhan|chung thuc|cong chung|khai sinh|khai tu"
    r"|ket hon|ho khau|thuong tru|tam tru|so do|so hong|tro cap|che do|giay phep|trich luc"
    r"|sang ten|thua ke|to khai|don xin|mau don|huong|du dieu kien|nghi dinh|luat|ho ngheo"
    r"|mien giam|duoc khong|can gi|nop o|o dau|bao nhieu|phai lam|lam sao|bao lau"
)
"""Words of somebody who wants something of the commune."""
_DEMANDED = _any(
    r"xung|keu|bat|doi tien|ho|no|nguoi ta|ngta|ck|coc|bam|an vo|link|duong dan|app|apk|otp",
    r"ma xac nhan|doc ma|visa|nap|hoc bong|kb|bitcoin|coin|clip|trung xe|phi ho so|can cuoc (?:\S+ )?hai mat",
    r"zalo|facebook|fanpage|telegram|dong (?:phi|tien|truoc)|nop (?:phi|phat|tien)|gui (?:anh"
    r"|truoc)|quet|file",
    r"nhan (?:lam|chay|ho so|dan|nuoi)|bao dau|em lo het|truoc mot nua",
    r"vui long|lien he|quy khach|cua ban|truy cap",
    r"goi (?:bao|noi|keu|yeu cau|dien|nang|huong dan|hoi)|nhan (?:duoc )?(?:cuoc goi|thu)",
    r"rut|von|trung|thua ke|gia re|lo trinh|chua benh|doi thuong|dan de",
)
"""Words of somebody who demands or offers something, which no resident says of his own papers."""
_KINDS_QUESTION = _any(
    r"(?:nhung|cac|may) (?:kieu|hinh thuc|chieu tro|thu doan|cach|loai) (?:\S+ ){0,2}lua(?: dao)?",
    r"(?:cach|lam sao) (?:\S+ ){0,2}(?:nhan biet|phong|tranh)",
    r"(?:la gi|thi sao|nhu the nao|the nao)$",
)
_TOUCHES = _any(
    r"chuyen (?:khoan|tien)|ck|bank|stk|so tai khoan|tien|trieu|tr|\d+(?:k|tr|trieu|cu)|cu|coc|phi"
    r"|nap|otp|ma 6 so|ma xac nhan|mat khau|link|zalo|telegram|tele|app|ung dung|facebook|fb|inbox"
    r"|page",
    r"toa an|vien kiem sat|lenh (?:bat|truy na)|truy na|cong an|dieu tra|shipper|don hang|buu kien"
    r"|hai quan|trung (?:thuong|xe|giai)|qua tang|nhan qua|dau tu|lai|loi nhuan|vay|no|luong"
    r"|viec lam|hoa hong|nhiem vu",
    r"cap cuu|tai nan|mo gap|vien phi|mat dien thoai|so moi|khoa|sim|thue bao|bam (?:so|phim)"
    r"|nhan (?:so|phim)|camera phat|phat nguoi|clip|anh nong|khoa than|nuoc ngoai|lo de|so de|lua"
    r"|mao danh|gia danh",
)
"""What scams are about; a message that touches it and asks for no paper may be one."""
_FEW = 4
"""Words that may stand beside a bare link, number or account."""
_ONLY_ASKS = 10
"""Words that a question without anything to look at has at most."""
_SOME = 5
"""Words from which on a message that touches what scams are about is looked at."""
_LONG = 9
"""Words from which on a message with a stranger's tone is taken for passed on."""


def recognise(text: str) -> Wanted | None:
    """How ``text`` is meant, or None where it is an ordinary question.

    A message that is a question on procedures must give None even if it names a bank, a fee or VNeID.
    """
    said = read(text)
    if _LOST.search(said.full) and not _NOT_LOST.search(said.full):
        return Wanted.VICTIM
    bare = _bare(text, said)
    if bare is not None:
        return bare
    if _is_bare_question(said):
        return None if _KINDS_QUESTION.search(said.full) else Wanted.ASKING
    if _STORY.search(said.full) and not _is_own_question(said):
        return Wanted.STORY
    if _is_forwarded(text, said):
        return Wanted.FORWARDED
    return None


def looks_forwarded(text: str) -> bool:
    """Whether ``text`` is somebody else's message, passed on to be looked at (LINK to FORWARDED)."""
    return recognise(text) in (
        Wanted.LINK,
        Wanted.PHONE,
        Wanted.ACCOUNT,
        Wanted.STORY,
        Wanted.FORWARDED,
    )


_DIGITS = re.compile(r"[+(]?\d[\d .()-]{5,20}\d")
_ACCOUNT_WORDS = frozenset(
    [
        "stk",
        "tk",
        "so",
        "tai",
        "khoan",
        "ngan",
        "hang",
        "vietcombank",
        "vcb",
        "vietinbank",
        "bidv",
        "agribank",
        "techcombank",
        "mb",
        "mbbank",
        "vpbank",
        "acb",
        "sacombank",
        "tpbank",
        "vib",
        "shb",
        "hdbank",
        "momo",
        "chu",
        "ten",
        "nguyen",
        "tran",
        "le",
        "pham",
        "hoang",
        "van",
        "thi",
    ]
)


def _bare(text: str, said: Text) -> Wanted | None:
    """A link, number or account with hardly a word beside it, or with a question about it."""
    words = said.full.split()
    asks = bool(_ASKS.search(said.full))
    if links.candidates(text[:2000]) and (len(words) <= _FEW or (asks and len(words) <= 14)):
        return Wanted.LINK
    match = _DIGITS.search(said.plain)
    if match is None:
        return None
    others = [word for word in words if not any(c.isdigit() for c in word)]
    digits = re.sub(r"\D", "", match[0])
    if any(word in ("stk", "khoan") or word in _ACCOUNT_WORDS - {"so", "ten", "chu"} for word in others):
        short = all(word in _ACCOUNT_WORDS for word in others) or (asks and len(others) <= 12)
        return Wanted.ACCOUNT if short and len(digits) >= 6 else None
    is_phone = normalised(match[0]) is not None
    if is_phone and (len(others) <= 2 or (asks and len(others) <= 12)):
        return Wanted.PHONE
    return (
        Wanted.ACCOUNT
        if not others and 6 <= len(digits) <= 19 and not is_phone and len(digits) != 12
        else None
    )


def _is_bare_question(said: Text) -> bool:
    """Whether it only asks: whether "this" is a scam, or what scams there are."""
    words = said.full.split()
    if len(words) > _ONLY_ASKS:
        return False
    if _KINDS_QUESTION.search(said.full) and "lua" in words:
        return True
    asks = bool(_ASKS.search(said.full)) and (bool(_THING.search(said.full)) or "lua" in words)
    return asks and not _STORY.search(said.full)


def _is_own_question(said: Text) -> bool:
    """Whether it ends as a question on how something is done, with no stranger wanting anything."""
    last = " ".join(said.full.split()[-9:])
    return bool(_QUESTION.search(last)) and not re.search(
        r"(?<!\S)(?:xung|otp|link|la goi|so la|nguoi la|lua|chuyen tien|chuyen khoan|phim)(?!\S)", said.full
    )


def _is_forwarded(text: str, said: Text) -> bool:
    words = said.full.split()
    if links.candidates(text[:2000]) and len(words) >= _FEW:
        return not _is_own_question(said) or bool(_ADDRESSED.search(said.full))
    if len(words) < _SOME or _is_own_question(said):
        return False
    if len(words) >= _LONG and _ADDRESSED.search(said.full):
        return True
    about_papers = _PAPERS.search(said.full) and not _DEMANDED.search(said.full)
    return not about_papers and bool(_TOUCHES.search(said.full) or _DEMANDED.search(said.full))
