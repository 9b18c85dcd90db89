"""What the words of a comment tell by themselves: numbers, insults, thanks, names. Pure.

People write under a post to each other as much as to the page, so these read more narrowly than what reads a
message: what is in doubt is nothing of all this, and waits for a person.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from bot.privacy import mask
from bot.understanding.dossier_codes import find as find_dossier
from bot.understanding.folding import fold, normalise, words
from bot.understanding.set_phrases import is_abuse, is_complaint

_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_DIGITS = re.compile(r"(?<!\d)\+?\d(?:[ \u00a0.\-–]?\d)*")
_MONEY = re.compile(r"\s*(?:đ|vnd|vnđ|đồng|dong|usd|triệu|tỷ)\b", re.IGNORECASE)
_DOSSIER = re.compile(r"[GH]\d{2}(?:\.\d{1,4})*-\d{6}-\d{4,6}", re.IGNORECASE)
_MOBILE = re.compile(r"(?:0|84|0084)[35789]\d{8}")
_LANDLINE = re.compile(r"(?:0|84)2\d{8,9}")
_IDENTITY = re.compile(r"0[0-9]{2}\d{9}")
"""Twelve digits; the first three are a province's code, which begins with 0 (Nghị định 137/2015, điều"
" 13)."""
_SERVICE = ("1800", "1900")
_ACCOUNT_WORD = re.compile(r"(?<!\w)(?:stk|so tai khoan|tai khoan|so tk|tk)(?!\w)")


def personal(text: str, public: Collection[str] = ()) -> bool:
    """Whether ``text`` holds somebody's phone, identity or account number.

    Numbers in ``public`` (digits only: the commune's own), hotlines, sums of money, dossier codes and the
    codes of products are none.
    """
    text = _DOSSIER.sub(" ", normalise(text))
    account = _ACCOUNT_WORD.search(fold(text)) is not None
    for run in _DIGITS.finditer(text):
        digits = "".join(c for c in run.group() if c.isdigit())
        if digits in public or digits.startswith(_SERVICE):
            continue
        if _MONEY.match(text, run.end()) and not digits.startswith("0"):
            continue
        if _is_persons(digits, account):
            return True
    return False


def _is_persons(digits: str, account: bool) -> bool:
    if _MOBILE.fullmatch(digits) or _LANDLINE.fullmatch(digits) or _IDENTITY.fullmatch(digits):
        return True
    if len(digits) == 9:  # an old identity card, or a mobile number without its 0
        return True
    return account and 8 <= len(digits) <= 19


def tells_too_much(text: str) -> bool:
    """Whether words of ours would show in public what belongs into a private message."""
    return mask(text) != text or find_dossier(text) is not None


_INSULT = re.compile(
    r"(?<!\w)(?:(?:đồ|thằng|con|lũ|bọn|bầy|quân) (?:khốn|mất dạy|vô học|ăn hại|ăn bám|lưu manh|đểu"
    r"|súc vật|óc chó"
    r"|điên|đĩ|chó má|vô liêm sỉ)|(?:đồ|thằng|lũ|bọn|quân) (?:chó|lợn|heo|ngu|cướp ngày)|óc (?:chó|lợn"
    r"|heo|bã đậu)"
    r"|chó má|súc vật|cặn bã|địt|đụ|đéo|đmm?|vãi l\w*|con đĩ|cút xéo|câm mồm|ngu như \w+|não (?:phẳng|tôm)"
    r"|tổ sư|mẹ (?:mày|nó)|cha mày|bố láo|mất nết|thần kinh)(?!\w)",
    re.IGNORECASE,
)


def insults(text: str) -> bool:
    """Whether somebody is insulted. Hard words about what the commune does are none."""
    if _INSULT.search(normalise(text)):
        return True
    return is_abuse(_OF_WORK.sub(" ", " ".join(words(text))))


_OF_WORK = re.compile(
    r"(?<!\w)(?:lam (?:an|viec) nhu \w+|(?:lau|cham|chan|te|dat|met|rac) vl|vo dung|rac ruoi|bot rac)(?!\w)"
)
"""Rude, but about the work: not hidden."""


_GRIEVANCE = re.compile(
    r"(?<!\w)(?:vo trach nhiem|hach sach|nhung nhieu|hanh dan|quan lieu|cua quyen|buc xuc|that vong"
    r"|te qua|qua te"
    r"|cham tre|lam an (?:kieu|gi|nhu|chan|cham)|thai do|khong (?:ai|thay ai|chiu) (?:giai quyet|tra loi"
    r"|lam|xu ly)"
    r"|phan anh|khieu nai|to cao|kien nghi|de nghi (?:xa|uy ban|ubnd|chinh quyen)|o nhiem|boc mui|do rac"
    r"|lan chiem|tham nhung|an chan|sai su that|noi mot dang|hua (?:hoai|suong|lao)|bao gio moi"
    r"|sao chua (?:lam|sua"
    r"|giai quyet|xu ly|thay)|mai (?:khong|chua)|may lan roi|bo (?:mac|roi)|duong (?:hu|xau|xuong cap|ngap)"
    r"|mat dien|cup dien|cup nuoc|mat nuoc|khong cong bang|bat cong|thien vi|di lai (?:nhieu|may|3|4"
    r"|5) lan)(?!\w)"
)


def complains(folded_words: str) -> bool:
    """Whether something is found wrong: an answer by rule would be an insult."""
    return is_complaint(folded_words) or _GRIEVANCE.search(folded_words) is not None


_OWN_DOSSIER = re.compile(
    r"(?<!\w)(?:ho so|giay hen|bien nhan|ket qua|so do|so hong|can cuoc|don) (?:\w+ ){0,6}?(?:cua (?:toi"
    r"|em|minh|con|"
    r"nha|gia dinh|vo|chong|chau|me|ba|bo|anh|chi|chung toi)|(?:toi|em|minh|con|nha toi|nha em) nop)(?!\w)"
    r"|(?<!\w)(?:toi|em|minh|con|nha toi|chau|gia dinh|ba toi|me toi)(?: \w+){0,3} nop(?: \w+){0,5} ho so"
    r"|(?<!\w)(?:toi|em|minh|con|chau|gia dinh|nha toi|nha em)(?: \w+){0,2} nop (?:\w+ ){0,6}?(?:roi|tu"
    r"|hom|thang|tuan"
    r"|ma (?:chua|khong))(?!\w)"
    r"|(?<!\w)(?:tra cuu|kiem tra|xem) (?:\w+ ){0,2}(?:ho so|ma ho so|tinh trang)(?!\w)"
    r"|(?<!\w)ho so (?:\w+ ){0,8}?(?:xong chua|den dau|toi dau|chua xong|co ket qua|ra chua|bi tra"
    r"|tre hen|qua hen)(?!\w)"
)


def about_a_dossier(text: str) -> bool:
    """Whether somebody's own dossier is spoken of: never in public."""
    if find_dossier(text) is not None:
        return True
    return _OWN_DOSSIER.search(" ".join(words(text))) is not None


_KIND_TEXT = (
    "cam on cam on on nhieu rat qua lam ad admin page trang xa nha uy ban can bo cac anh chi em ban ong"
    " ba co chu bac"
    " minh toi con chau da vi chia se thong tin bo ich huu kha hay tuyet voi tot dep y nghia de thuong"
    " gioi xuat sac"
    " chuc mung ung ho ok oke okie okay yes vang a ah oi nhe nha nhi luon thich like love thanks thank"
    " you tks thks"
    " hihi haha hehe kkk ha hi huhu up hong cham hoan ho nhat tri dong y dung roi chuan qua troi tu hao"
    " que huong minh"
    " doc xem luu lai nhan duoc biet them se ghi ve cua va cho duoc that su rat la vui mong doi thanh"
    " cong tot lanh"
    " suc khoe hanh phuc an lanh binh moi nguoi ca toan the bai viet hoi nong dan phu nu doan thanh nien"
    " mat tran"
    " phat trien ngay cang giau manh van minh share chia"
)
_KIND = frozenset(_KIND_TEXT.split())
_CORE = re.compile(
    r"(?<!\w)(?:cam on|hay|tuyet|tuyet voi|tot|dep|chuc mung|ung ho|ok|oke|okie|okay|like|love|thanks"
    r"|thank|tks|thks"
    r"|hihi|haha|hehe|ha ha|hi hi|kkk|up|hong|cham|hoan ho|nhat tri|dong y|dung roi|chuan|tu hao|bo ich"
    r"|huu ich|y nghia"
    r"|gioi|xuat sac|chuc|vui|da doc|da xem|da luu|share|chia se|vang|xem roi)(?!\w)"
)
_REFUSES = re.compile(r"(?<!\w)(?:khong|chua|chang|ko|k|sao|dau|gi|bao|may|nao|xin|cho hoi)(?!\w)")
_WORDS = re.compile(r"[^\W\d_]+")


def is_kind(text: str) -> bool:
    """Thanks, praise, good wishes, "đã xem", a laugh: to be left alone."""
    said = _WORDS.findall(fold(normalise(text)))  # as they stand: "hóng" is not short for "không" here
    joined = " ".join(said)
    if not said or "?" in _LINK.sub(" ", text) or _REFUSES.search(joined) or not _CORE.search(joined):
        return False
    return all(word in _KIND for word in said)


def has_words(text: str) -> bool:
    """Whether there is more than emoji, dots and other signs."""
    return any(character.isalnum() for character in normalise(text))


_SURNAMES_TEXT = (
    "nguyen tran le pham hoang huynh phan vu vo dang bui do ho ngo duong ly doan dinh trinh truong lam"
    " mai dao ha luong"
    " to ta chau quach cao luu thach ton trieu kieu la vuong tang diep dieu ka k'"
)
_SURNAMES = frozenset(_SURNAMES_TEXT.split())
_CALLED = re.compile(
    r"(?:(?:oi|ne|nay|a|va|voi|cung|em|anh|chi|ban|me|ba|bac|co|chu|di|cau|hai|ba|tu|nam|sau|bay|tam|ut) )*"
    r"(?:(?:vo|vao|lai|qua|ra|cung|co|thay|doc|xem|coi|nghe|biet|di|chua|ne|nay|nha|nhe|kia|luon|ha|roi"
    r"|khong|hong) ?)*"
)
_PAGE = frozenset({"ad", "admin", "page", "trang", "xa", "ubnd", "uy", "hoi", "doan", "can"})


def calls_a_friend(text: str) -> bool:
    """Names of people, perhaps with "vào xem này": somebody shows the post to somebody else."""
    shown = normalise(text).replace(",", " ").split()
    if not shown or "?" in text or len(shown) > 14:
        return False
    if shown[0].startswith("@") and len(shown) <= 6:
        return True
    names = 0
    for word in shown:
        if not (word[:1].isalpha() and word[:1].isupper()):
            break
        names += 1
    first = fold(shown[0])
    rest = " ".join(fold(word.strip(".!…)(")) for word in shown[names:])
    if names == 0 or first in _PAGE or not _CALLED.fullmatch(rest + " " if rest else ""):
        return False
    if names >= 2:
        surname = first in _SURNAMES or fold(shown[names - 1]) in _SURNAMES  # "Nga Nguyễn", as on Facebook
        return surname or (bool(rest) and names <= 4)
    return rest.startswith("oi ")  # "Lan ơi vào xem"


_QUESTION = (
    r"gì|nào|đâu|bao nhiêu|bao lâu|mấy (?:giờ|ngày|tuổi)|làm sao|thế nào|ra sao|sao ạ|khi nào|bao giờ"
    r"|lúc nào|ai"
    r"|(?:cho|xin|muốn|em|tôi|mình|con) hỏi|hỏi (?:là|về|ad|xã|chút|thêm)|hướng dẫn|chỉ (?:em|tôi|mình"
    r"|giúp|giùm|cách)"
    r"|được (?:không|ko|k|hông|hem)|có (?:\w+ ){1,8}?(?:không|ko|k|hông|hem)|phải (?:không|làm|nộp|mang|đi)"
    r"|cần (?:những|mang|nộp|giấy)|muốn|cho xin|tư vấn|giúp|giùm|cách (?:làm|nộp|đăng)|chỗ nào|giờ làm việc"
)
_ASKS = re.compile(rf"(?<!\w)(?:{_QUESTION})(?!\w)")
_ASKS_BARE = re.compile(rf"(?<!\w)(?:{fold(_QUESTION)})(?!\w)")


_TO_PEOPLE = re.compile(
    r"(?<!\w)(?:(?:co )?ai (?:bi|mua|can mua|roi|lam roi|muon mua|ban|ranh|di chung|danh roi|de quen)"
    r"|luom duoc"
    r"|nhat duoc|tim (?:chu|nguoi))(?!\w)"
)
"""Asked of the others there, not of the page."""


def asks(text: str) -> bool:
    """Whether it reads as a question or a request, not as a tale."""
    shown = _LINK.sub(" ", normalise(text)).casefold()
    if _TO_PEOPLE.search(fold(shown)):
        return False
    if "?" in shown or _ASKS.search(shown):
        return True
    return fold(shown) == shown and _ASKS_BARE.search(" ".join(words(text))) is not None
