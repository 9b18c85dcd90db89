"""Emergencies, by rule and before anything else: a person in danger must not wait for a model.

High precision by design, because procedures speak of fire, accidents and death too, and because
folded words collide: "chạy xe" and "cháy xe", "từ từ" and "tự tử", "tra cứu tới" and "cứu tôi",
"bị đánh" and "danh sách", "kinh tế hộ" and "té hồ", "rồi hồ sơ" and "rơi hồ", "treo cờ" and "treo
cổ", "bảo hành" and "bạo hành", "tư vấn" and "tự vẫn". A cue therefore counts only as a whole phrase
with what stands beside it, and never in a message that asks about papers, schemes or the past.

The model's own intent never decides: it may only support a word that by itself is too little.
"""

from __future__ import annotations

import re

SUPPORT = 0.6
"""From this probability on the model's intent supports a hint."""

_HOUSES = "nha|can nha|nha tro|phong tro|day tro|chung cu|rung|kho|xuong|tiem|cong ty|tram dien|nha hang xom"
_THINGS = "quan|bep|cho|xe|o to|xe may|bo dien|o dien|binh dien|day dien|rom|dong rom|vuon|ray"
_PEOPLE = "toi|em|minh|con|chau|me|ba|bo|cha|vo|chong|nguoi|be|ong|anh|chi|nhau"
_ONES = rf"{_PEOPLE}|hang xom|nguoi ta|nguoi la|no|ho|bon no|tui no|con trai|con gai|dua|thang|ke|chu no"
_WATERS = "song|suoi|ao|gieng|muong|kenh|bien|ho boi|ho nuoc|ham|vuc|cong|ho ga"

_HELP = (
    r"(?<!tra )(?<!nghien )(?<!cap )(?<!con )cuu (?:toi|em|minh|con|chau|me|ba|vo|voi|nguoi|nha)(?! dau)",
    r"cuu cuu|keu cuu|ai cuu|(?:goi|can|xe|di|dua di|cho di) cap cuu|(?<!so )cap cuu(?: voi| gap| nguoi)",
    r"^cap cuu$|nguy kich|hap hoi|sap chet|dang nguy hiem",
)
_SICK = (
    r"dot quy|tai bien(?! doi)|nhoi mau co tim|kho tho|ngung tho|khong tho (?:duoc|noi)|co giat(?! do)",
    r"ngat (?:xiu|lim|khi|ngoai|giua|tren duong|roi)|bi ngat(?! dien| nuoc| mang)|nguoi ngat|bat tinh",
    r"bi hon me|hon me roi|chay mau (?:nhieu|khong|qua)|mat mau|hoc (?:xuong|di vat)|bong nang",
    r"bi ngo doc|(?:bi )?(?:dien giat|giat dien)|ran (?:doc )?can|bi ran|cho dai can|bi ong (?:\w+ )?dot",
)
_FIRE = (
    rf"(?:dang |bi |boc )?chay (?:{_HOUSES})|chay (?:to|lon)(?= qua| lam| roi|$)|^(?:troi oi )?chay roi",
    rf"(?:{_HOUSES})(?: \w+)? (?:dang |bi |boc |dang bi )?chay(?= roi| lon| to| du|$)",
    rf"(?:{_HOUSES}) (?:\w+ ){{0,2}}(?:bi|boc|dang boc|dang bi|dang) chay",
    rf"(?:{_THINGS}) (?:\w+ )?(?:bi|boc|dang boc|dang bi) chay(?! dau| nhot| nuoc| xang| mau| may| thu)",
    r"(?:ngoai|o|tai) cho dang chay(?= roi| lon|$)|dang co chay|co chay (?:lon|to|roi)|dam chay|hoa hoan",
    r"chay no|boc chay|lua chay|boc lua|goi (?:chua chay|cuu hoa)|no (?:binh )?ga[sz]|(?:ro|ro ri|xi) ga[sz]",
    r"binh ga[sz] (?:\w+ )?(?:no|xi|ro|chay)",
)
_VIOLENCE = (
    r"bi (?:\w+ ){0,2}(?:chem|danh dap|bat coc|hiep dam|bop co|truy sat|doa giet|khong che|dam chet)",
    r"bi (?:\w+ ){0,2}cuop(?! dat| cong| nha| ruong)|dang bi (?:\w+ )?dam|bi (?:dam|dam dao)(?= |$)(?! bao)",
    rf"bi (?:(?:{_ONES}) (?:toi |em |minh )?)?danh(?! gia| thue| mat| dau| rot| sap| ca| bac| van| so| tiep)",
    rf"(?:{_ONES}) (?:toi |em |minh )?(?:(?:dang|lai|cu|hay|say ruou) )*danh (?:dap|toi|em|vo|con|me|chau)",
    (
        rf"dang danh (?:{_PEOPLE})|(?:co|dam|nguoi) (?:\w+ )?danh nhau|danh nhau (?:ngoai|o|du|to|roi)"
        rf"|danh nhau$"
    ),
    r"cuop (?:giat|xe|tien|tiem|cua hang|ngan hang)|co (?:\w+ )?cuop(?= |$)(?! dat| cong)|an cuop",
    r"dam chem|(?:dang|doi|cam dao) chem|chem (?:nhau|nguoi)|bat coc|cam (?:dao|ma tau|sung)|doi giet",
    (
        r"giet nguoi|dot nha|tat axit|bi (?:\w+ )?bao (?:hanh|luc)(?! dien| may)|bao hanh (?:tre|vo|con)"
        r"|bi xam hai"
    ),
    r"co trom|trom (?:vao|dang|dot nhap)|bi (?:mat )?trom(?! cap giay)|cuong hiep|bi giam long",
)
_DESPAIR = (
    r"(?:muon|dinh|doi|y dinh|nghi den|vua|moi|nguoi) tu tu(?! (?:lam|di|tinh|nop|noi|ma|xem|hoc|hoi|tra))",
    (
        r"(?:con|em|chong|vo|ban|me|cha|chau|chi|anh) (?:toi |em |gai |trai )?(?:dang |dinh |doi "
        r"|muon )tu tu(?! lam)"
    ),
    r"tu tu (?:chet|bang|trong phong|mat roi|roi cuu)|tu sat|quyen sinh|muon chet|chet di cho|chan song",
    r"khong (?:con )?(?:muon|thiet) song|het muon song|ket lieu|nhay (?:xuong )?(?:cau|lau|song)",
    r"uong (?:\w+ )?thuoc (?:sau|tru sau|diet co|chuot|doc)|treo co (?:tu|chet)|cat (?:co )?tay tu",
)
_WATER = (
    r"duoi nuoc|chet duoi|(?:lu|nuoc) cuon|lat (?:ghe|thuyen|do)|chim (?:ghe|thuyen|tau)",
    rf"(?:te|nga|roi|rot|lot|sup|nhay|truot) xuong (?:{_WATERS})",
    rf"(?:be|chau|con|nguoi|em|co|bi|ba|me|ong|dua|nho|vua|gai|trai|toi|ai) te (?:{_WATERS})",
    r"(?<!thuc )(?<!quoc )(?<!kinh )(?<!y )te (?:song|gieng)(?= |$)",
)
_ACCIDENT = (
    (
        r"(?:co|vua|bi|gap|xay ra) tai nan|tai nan (?:xe|giao thong|chet|lien hoan|o |ngoai)|lat xe"
        r"|xe (?:\w+ )?lat"
    ),
    (
        r"tong (?:xe|nguoi|nhau|trung)|bi tong|bi (?:xe|o to) (?:\w+ )?(?:dung|dam|can|quet)"
        r"|xe dam (?:nhau|vao|nguoi)"
    ),
    (
        r"nha (?:\w+ )?bi sap|nha sap(?= roi| de|$)|sap (?:nha(?! xong)|ham|gian giao|cau)|tuong sap"
        r"|lu quet|vui lap"
    ),
    r"sat lo|mac ket|(?:cay|tuong|dat|nha) de (?:trung|nguoi|chet|len)|bi (?:cay|tuong|dat|nha) de|set danh",
    (
        r"(?:day dien|dien) (?:bi )?dut|bi ro dien|(?:be|tre|con|chau) (?:\w+ ){0,2}(?:bi lac|mat tich)"
        r"|bi mat tich"
    ),
)
_CUES = (*_HELP, *_SICK, *_FIRE, *_VIOLENCE, *_DESPAIR, *_WATER, *_ACCIDENT)
_CUE = re.compile(rf"(?<!\w)(?:{'|'.join(_CUES)})(?!\w)")

# Words that are too little alone; with the model's own opinion beside them they are enough.
_HINT = re.compile(
    r"(?<!\w)(?:cuop|trom|giet|chem|tai nan|chet|nguy hiem|khan cap|11[345]|mau me|bi thuong|keu la|khoc la"
    r"|ga[sz]|dao|danh nhau|chay|lu|no lon|cap cuu|hoang loan)(?!\w)"
)
_PAPERS = re.compile(
    r"(?<!\w)(?:thu tuc|ho so|giay (?:to|chung|phep|xac|bao|khai|ra|gi|nao)|lam giay|can giay|che do|tro cap"
    r"|ho tro(?! gap| voi| khan| ngay)|boi thuong|bao hiem|chinh sach|dang ky|le phi|mau don|to khai"
    r"|dang kiem"
    r"|lop hoc|tap huan|dien tap|ky nang|tuyen truyen|phong (?:chay|tranh|chong|ngua)|dieu kien|chung nhan"
    r"|(?<!goi )chua chay|mai tang|khai tu|bao tu|chung tu|tien tuat|khuyet tat|thuong binh|lao dong|vay tien"
    r"|chuyen (?:tien|khoan)|link|zalo|facebook"
    r"|(?:goi dien|nguoi (?:\w+ )?goi)(?: \w+){0,3} (?:bao(?! nhieu)|noi|doi|yeu cau|xung)"
    r"|lua dao|tin nhan|trung thuong|(?<!so )bao nhieu|san pham|mua (?:hang|nha|xe|o|dat|ban|gi)"
    r"|ban (?:hang|chay|nha|dat|xe)|an chay|com chay|phim|game|luong|gap can bo|thoi ty|tuyen bo|xu phat"
    r"|nam ngoai|nam truoc|thang truoc|truoc day|ngay xua|hoi nho|hoi truoc|da lau|cong an (?:\w+ )?danh"
    r"|can bo (?:\w+ )?danh)(?!\w)"
)


def is_emergency(folded_words: str) -> bool:
    """Whether somebody seems to be in danger now. ``folded_words``: folded words joined by spaces."""
    return bool(_CUE.search(folded_words)) and not _PAPERS.search(folded_words)


def is_supported(folded_words: str, probability: float) -> bool:
    """Whether the model's opinion that it is an emergency has a word in the message to stand on."""
    return probability >= SUPPORT and bool(_HINT.search(folded_words)) and not _PAPERS.search(folded_words)
