"""Emergencies, by rule and before anything else: a person in danger must not wait for a model.

High precision by design, because procedures speak of fire, accidents and death too, and because
folded words collide: "chạy xe" and "cháy xe", "từ từ" and "tự tử", "tra cứu tới" and "cứu tôi",
"bị đánh" and "danh sách", "kinh tế hộ" and "té hồ", "rồi hồ sơ" and "rơi hồ", "treo cờ" and "treo
cổ", "bảo hành" and "bạo hành", "tư vấn" and "tự vẫn". A cue therefore counts only as a whole phrase
with what stands beside it, and not in a message that asks for a paper or a scheme, or tells of the
past ("nhà cháy hết giấy tờ giờ làm lại căn cước sao"); unless the danger lasts ("đang", "cứu em với"):
then it wins over everything else that is said.

The model's own intent never decides: it may only support a word that by itself is too little.
"""

from __future__ import annotations

import re

SUPPORT = 0.6
"""From this probability on the model's intent supports a hint."""

_HOUSES = "nha|can nha|nha tro|phong tro|day tro|chung cu|rung|kho|xuong|tiem|cong ty|tram dien|nha hang xom"
_THINGS = "quan|bep|cho|xe|o to|xe may|bo dien|o dien|binh dien|day dien|rom|dong rom|vuon|ray"
_PEOPLE = "toi|em|minh|con|chau|me|ba|bo|cha|vo|chong|nguoi|be|ong|anh|chi|nhau"
_ONES = (
    rf"{_PEOPLE}|hang xom|nguoi ta|nguoi la|no|ho|bon no|tui no|con trai|con gai|dua|thang|ke|chu|chu no"
    r"|(?:ba|bo|cha) duong|me ghe"
)
_WATERS = "song|suoi|ao|gieng|muong|kenh|bien|ho boi|ho nuoc|ham|vuc|cong|ho ga"

# What "đang chạy" runs, so that it is no fire.
_ERRANDS = (
    r"(?:than|xe(?! cuu| chua)|giay|so (?:do|hong)|ho so|thu tuc|tien|viec|an|theo|quang cao|grab|du an"
    r"|dich vu|quan(?! ao)|app|chuong trinh|vay|cong trinh|show|nhot|dau|nuoc)(?: |$)"
)

_HELP = (
    r"(?<!tra )(?<!nghien )(?<!cap )(?<!con )cuu (?:toi|em|minh|con|chau|me|ba|vo|voi|nguoi|nha)(?! dau)",
    r"cuu cuu|keu cuu|ai cuu|(?:goi|can|xe|di|dua di|cho di) cap cuu|(?<!so )cap cuu(?: voi| gap| nguoi)",
    r"^cap cuu$|nguy kich|hap hoi|sap chet|dang nguy hiem",
)
_SICK = (
    r"dot quy|tai bien(?! doi)|nhoi mau co tim|kho tho|ngung tho|khong tho (?:duoc|noi)|co giat(?! do)",
    r"ngat (?:xiu|lim|khi|ngoai|giua|tren duong|roi)|bi ngat(?! dien| nuoc| mang)|nguoi ngat|bat tinh",
    r"bi hon me|hon me roi|chay mau (?:nhieu|khong|qua)|mat mau|hoc (?:xuong|di vat)|bong nang",
    r"(?:bi|ca nha) trung doc|nuot (?:pin|kim|dinh|dong xu|xa phong|thuoc chuot)",
    r"bi cho (?:\w+ )?can(?= |$)(?! giay)|tieng (?:la|keu|ho|khoc) cuu|dien bi giat",
    r"bi ngo doc|(?:bi )?(?:dien giat|giat dien)|ran (?:doc )?can|bi ran|cho dai can|bi ong (?:\w+ )?dot",
)
_FIRE = (
    (
        rf"(?:dang |bi |boc )?chay (?:{_HOUSES})|chay (?:to|lon)(?= qua| lam| roi| gan| ngoai| trong|$)"
        rf"|^chay cho(?= roi|$)|^(?:troi oi )?chay roi"
    ),
    (
        rf"(?:{_HOUSES})(?: \w+)? (?:dang |bi |boc |dang bi )?chay(?= roi| lon| to| du| goi| het"
        rf"| khong (?:biet|ai)|$)"
    ),
    rf"(?:{_HOUSES}) (?:\w+ ){{0,2}}(?:bi|boc|dang boc|dang bi|dang) chay(?! {_ERRANDS})",
    rf"(?:{_THINGS}) (?:\w+ )?(?:bi|boc|dang boc|dang bi) chay(?! dau| nhot| nuoc| xang| mau| may| thu)",
    (
        r"(?:ngoai|o|tai) cho dang chay(?= roi| lon|$)|dang co chay|co chay o (?:kho|nha|xuong|quan"
        r"|chung cu)|co chay (?:lon|to|roi)|dam chay|hoa hoan"
    ),
    r"(?<!toan )(?<!ve )(?<!phong )(?<!chong )(?<!hiem )chay no",
    r"boc chay|lua chay|boc lua|goi (?:chua chay|cuu hoa)|no (?:binh )?ga[sz]|(?:ro|ro ri|xi) ga[sz]",
    r"binh ga[sz] (?:\w+ )?(?:no|xi|ro|chay)",
)
_VIOLENCE = (
    r"bi (?:\w+ ){0,2}(?:chem|danh dap|bat coc|hiep dam|bop co|truy sat|doa giet|khong che|dam chet)",
    r"bi (?:\w+ ){0,2}cuop(?! dat| cong| nha| ruong)|dang bi (?:\w+ )?dam|bi (?:dam|dam dao)(?= |$)(?! bao)",
    rf"bi (?:(?:{_ONES}) (?:toi |em |minh )?)?danh(?! gia| thue| mat| dau| rot| sap| ca| bac| van| so| tiep)",
    (
        rf"(?:{_ONES}) (?:toi |em |minh )?(?:(?:dang|lai|cu|hay|vua|moi|say ruou) )*danh (?:dap|toi|em"
        rf"|vo|con|me"
        rf"|chau|chong|cha(?! gia))"
    ),
    (
        rf"dang danh (?:{_PEOPLE})|(?:co|dam|nguoi) (?:\w+ )?danh nhau|danh nhau (?:ngoai|o|du|to|roi)"
        rf"|danh nhau$"
    ),
    r"cuop (?:giat|xe|tien|tiem|cua hang|ngan hang)|co (?:\w+ )?cuop(?= |$)(?! dat| cong)|an cuop",
    (
        r"dam chem|dang (?:bi )?khong che|khong che (?:con|em|vo|toi|nguoi)|(?:dang|doi|cam dao) chem"
        r"|chem (?:nhau|nguoi)|bat coc|cam (?:dao|ma tau|sung)|doi giet"
    ),
    (
        r"giet nguoi|dot nha|tat axit|bi (?:\w+ )?bao (?:hanh|luc)(?! dien| may)|bao hanh (?:tre|vo"
        r"|con)|(?:chong|cha|bo|me|duong|ghe|no|co giao) (?:\w+ )?bao hanh"
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
    (
        r"duoi nuoc|chet duoi|(?:lu|nuoc) cuon|lat (?:ghe|thuyen|do)|thuyen (?:bi )?lat"
        r"|ghe (?:bi )?lat (?:co|roi|up|nguoi)|nguoi (?:bi )?chim|chim (?:ghe|thuyen|tau)"
    ),
    rf"(?:te|nga|roi|rot|lot|sup|nhay|truot) xuong (?:{_WATERS})",
    rf"(?:be|chau|con|nguoi|em|co|bi|ba|me|ong|dua|nho|vua|gai|trai|toi|ai) te (?:{_WATERS})",
    r"(?<!thuc )(?<!quoc )(?<!kinh )(?<!y )te (?:song|gieng)(?= |$)",
)
_ACCIDENT = (
    (
        r"(?:co|vua|bi|gap|xay ra) tai nan|tai nan (?:xe|giao thong|chet|lien hoan|o |ngoai|ngay (?:nga"
        r"|truoc|cho|cong|duong|cau))|lat xe"
        r"|xe (?:\w+ )?lat|nguoi bi thuong|bi thuong nang"
    ),
    (
        r"tong (?:xe|nguoi|nhau|trung)|bi (?:xe (?:\w+ )?)?tong(?! tien| dat)|bi (?:xe"
        r"|o to) (?:\w+ )?(?:dung|dam|can|quet)"
        r"|xe dam (?:nhau|vao|nguoi)"
    ),
    (
        r"nha (?:\w+ )?bi sap|nha sap(?= roi| de|$)|sap (?:nha(?! xong)|ham|gian giao|cau)|tuong sap"
        r"|lu quet|vui lap"
    ),
    (
        r"sat lo|mac ket|ket (?:ben )?trong nha|ket tren (?:mai|noc)|(?:dat|nui|doi) lo lap|cay (?:do"
        r"|nga) de|(?:cay|tuong|dat|nha) de (?:trung|nguoi"
        r"|chet|len)|bi (?:cay|tuong|dat|nha) de|set danh"
    ),
    (
        r"(?:day dien|dien) (?:bi )?dut|bi ro dien|(?:be|tre|con|chau) (?:\w+ ){0,2}(?:bi lac|di lac"
        r"|mat tich)"
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
# Danger that lasts: it wins over papers and over the past ("hồi trước … giờ nó đang đánh em").
_THREATS = (
    r"chem|danh (?:em|toi|vo|con|chau|me|ba|nhau|dap|nguoi|chi|anh)|dam (?:nhau|chem|nguoi)|bop co"
    r"|cuop(?! dat)|chet duoi|duoi nuoc|co giat|kho tho|ngat xiu|hap hoi|nguy kich|chay mau|bat tinh"
    r"|mac ket|ket (?:trong|ben trong|duoi)|chim|(?:ro|xi|ro ri) ga[sz]|bao hanh|doa giet|doi giet|truy sat|"
    r"cam (?:dao|sung)|khong che|hiep dam|dien giat|dap pha|chui boi danh|keu cuu|uong thuoc (?:sau|chuot)"
)
_LASTING = re.compile(
    r"(?<!\w)(?:(?<!tra )(?<!nghien )(?<!cap )(?<!con )(?<!nuoi )(?<!giai )cuu"
    r" (?:toi|em|minh|voi|con (?:toi|em)|me con|vo chong|chau)"
    r"(?! be| bi| duoc| song| dau| hoc| de| bo| trau| ga| heo| cac| nhung| nguoi| doi| tro)|cuu cuu"
    rf"|dang (?!ky|vien)(?:(?:bi|co|lai|cu) )*(?:\w+ ){{0,2}}(?:{_THREATS})|dang (?:bi|boc) chay(?! dau"
    rf"| mau| nuoc)"
    rf"|(?:{_HOUSES}|{_THINGS})(?: \w+){{0,3}} dang chay(?! {_ERRANDS})|dang co chay"
    r"|lai (?:dang )?(?:danh (?:em|toi|con|me|vo|chau)|chem|doa giet|doi giet)|lai bi (?:\w+ )?danh(?! mat)"
    rf"|(?:lua|dam chay) (?:\w+ )?(?:dang|lan)|(?:nuoc|lu) dang (?:cuon|len|dang)|dang (?:sat lo|boc lua)"
    r"|(?:toi|em|minh|con|no|chau) (?:chi |that su |gio |lai )?muon chet(?! voi)|(?:dinh|doi) tu tu"
    r"(?! (?:lam|di|tinh|nop|noi|xem|hoi))|(?:khong (?:con )?(?:muon|thiet)|het muon) song|ket lieu"
    r"|goi (?:\w+ )?(?:cap cuu|cuu hoa|chua chay|cong an) (?:gium|giup|gap|lien|voi|di)(?= |$)"
    r")(?!\w)"
)
# "lúc nhà đang cháy": the "đang" of a tale, not of now.
_TALE = re.compile(r"(?<!\w)(?:luc|khi|hoi|thoi gian)(?: \w+){0,3} dang(?!\w)")
# What shows that it goes on, unless the message tells of the past.
_FRESH = re.compile(
    r"(?<!\w)(?:nguoi (?:dang )?bi thuong|thuong nang lam|chay (?:lon|to|du) (?:qua|lam)|(?:nang|du) lam roi"
    r"|chay mau (?:nhieu|khong|qua)|dang (?:cho|lam thu tuc|nop ho so)(?: \w+){0,5} thi|cam dao (?:duoi"
    r"|ruot|doi|di|dam|chem)|co nguoi (?:\w+ )?(?:ngat|bat tinh|co giat|dot quy|kho tho)|(?:vua"
    r"|moi) (?:\w+ )?uong (?:nham )?(?:\w+ )?thuoc (?:sau|tru|diet|chuot)"
    r"|(?:nam|con) (?:bat dong|bat tinh|mac ket)|khong tho (?:duoc|noi)|chua thay noi len|mau len"
    r")(?!\w)"
)
# A bare mention: nobody asks for it while a person lies there.
_MENTION = re.compile(
    r"(?<!\w)(?:khong|chua) (?:co|mang|dem|kip (?:mua|lam|lay|mang))(?: theo)? (?:the )?"
    r"(?:bao hiem(?: y te)?|giay to|can cuoc)(?! gi| nao| chung| xe)(?!\w)"
    r"|(?<!\w)(?:the )?bao hiem (?:y te )?(?:de|quen) (?:o )?nha(?!\w)"
    r"|(?<!\w)giay to (?:\w+ )?giu|giu (?:het )?giay to(?!\w)"
)
# What people only tell of, teach or complain about; not even "đang" makes it real.
_HEARSAY = re.compile(
    r"(?<!\w)(?:tap huan|dien tap|ky nang|tuyen truyen|link|lua dao|trung thuong|(?:trong|xem|coi) phim"
    r"|lua (?:mat|het|lay|tien)|mat het tien"
    r"|(?<!hang xom )(?<!nguoi nha )(?<!ba con )(?:goi dien|nguoi (?:\w+ )?goi)(?: \w+){0,3}"
    r" (?:bao(?! nhieu)|noi|doi|yeu cau|xung)|cong an (?:\w+ )?danh|can bo (?:\w+ )?danh)(?!\w)"
)
_PAST = re.compile(
    r"(?<!\w)(?:nam (?:ngoai|truoc|kia|xua)|nam (?:19|20)\d\d|(?:thang|tuan|hom|bua) truoc|tuan (?:roi|qua)"
    r"|(?<!may )(?<!\d )(?<!nhieu )thang (?:roi|qua)|hom bua|truoc (?:day|kia)|(?:ngay|hoi) xua"
    r"|hoi (?:nho|truoc|do|con (?:nho|tre|song)|bao cap|chien tranh|di linh|(?:nam|thang) (?:\w+ )?\d+"
    r"|chong my|khang chien|(?:19|20)\d\d|[5-9]\d)|da lau|cach day(?: \w+)? (?:nam|thang|tuan)"
    r"|cach day \d+ ngay|thoi (?:chong|chien|bao cap|phap|my)|qua doi|h[iy] sinh|tu tran"
    r"|(?:ra|xuat) vien|tung bi|chay xong|cap cuu (?:\w+ ){0,4}ve (?:roi|gio|nha|xong)"
    r"|(?:tai nan|giao thong|dot quy|tai bien|duoi nuoc|benh)(?: \w+){0,3}"
    r" (?:da mat|mat (?:roi|luon|tai|o|hom)))(?!\w)"
)
# Papers, schemes and what is done with them. Whole phrases again: giấy and giây or giày, hưởng and
# hướng, sổ đỏ and "sợ đó", "làm thẻ" and "làm thế nào" fold together; "ở đâu" alone may ask where to
# call, and who quarrels over a will or a debt or is robbed while selling asks for no paper.
_OBJECTS = (
    r"giay|can cuoc|so (?:do|hong|ho|bao|tam|tiet)|the (?:can|bao|bhyt)|ho so|don(?! vi| to cao"
    r"| to giac)|to khai"
    r"|khai (?:sinh|tu)|che do|bao hiem|bang lai|cavet|dang ky|bien(?: so)? xe|ho chieu|passport|trich luc"
    r"|ban sao|giam ho|uy quyen|xac nhan|di chuc|ho khau|ho ngheo|thuong binh|tro cap|cong nhan"
)
_PAPERS = re.compile(
    r"(?<!\w)(?:thu tuc|ho so|giay (?:to|chung|phep|xac|bao|khai|ra|gi|nao|ket hon|khuyet|dat|hen|uy quyen"
    r"|gioi thieu|ho ngheo|chuyen|xe|ca vet|dang ky|thuong binh|vien)"
    r"|(?:lam|can|mat|xin|het|nop|cap|cuon|chay|bo) (?:\w+ )?giay(?! phut)|che do|tro cap|boi thuong|bao hiem"
    r"|(?:huong|duoc|tien|muc|de nghi|nhan|dien|khoan|co) ho tro(?! gap| voi| khan| ngay)"
    r"|ho tro (?:gi|bao nhieu|khong|nha|tien|kinh phi|thiet hai|mot lan|xay|sua|chi phi|vay|von|nao|theo)"
    r"|hoa giai vien|muon xin ho tro|(?:mat|cuon|troi|het) so (?:do|hong)|lam lai (?:sao|the nao|o dau)"
    r"|co duoc (?:\w+ ){0,3}giup|chinh sach|dang ky|le phi|mau don|to khai"
    rf"|(?:lam|xin|cap|doi|sua|nop|rut|tach)(?: lai| cap| lam| doi| moi)? (?:{_OBJECTS})"
    r"|xin (?:\w+ )?(?:cho |duoc )?(?:vo|vao(?! nha)|vay|huong|hoan|ngung|mien|nghi|tam|phep)"
    r"|(?:vo|vao|xet|so|dien|huong|duoc|thoat) (?:\w+ )?(?:ho )?(?:can )?ngheo"
    r"|ho (?:can )?ngheo (?:khong|duoc)"
    r"|cap (?:lai|doi|moi)|thanh toan|vien phi|giam dinh|(?:duoc|xin|muon|de|tiep tuc|thoi|nghi) huong"
    r"|huong (?:gi|bao nhieu|luong|muc|khong|duoc|quyen loi|may|thua|nhung)|quyen loi|tuat|liet s[iy]"
    r"|nop (?:o|cho|dau|don)|(?:o dau|cho nao) nop|gui (?:don|de nghi)"
    r"|de nghi (?:xac|ho|cap|giam|huong)|xac nhan|can cuoc|ho chieu|passport|bien so|bang lai(?= |$)"
    r"|so (?:thong hanh|ho khau|bao hiem)|giam ho|uy quyen|nhan (?:\w+ )?nuoi|hoat dong lai|dinh chi|thu hoi"
    r"|than nhan (?:liet|linh|quan|bo doi|nguoi co)|quan nhan (?:du bi|\w+ my|chong)|khai (?:sinh|bao)"
    r"|trich luc|(?:don|thu tuc|giay|lam) ly hon|(?:lap|lam|viet|chung thuc) (?:\w+ )?di chuc|sang ten"
    r"|(?:khai|nhan|lam|chia|tu choi) (?:\w+ )?thua ke|bi phat|muc phat|xu phat|mien giam|cuu tro|tai dinh cu"
    r"|(?:muon|xin|duoc|de|can|cho) vay|(?:tien|xin|duoc|muon|de|giup) (?:\w+ )?(?:xay|sua|cat) (?:lai )?nha"
    r"|xay lai|(?:giam|mien|hoan) thue|thiet hai (?:duoc|co duoc|lam|xin|khai|gui)|dang kiem"
    r"|phong (?:chay|tranh|chong|ngua)|dieu kien|chung nhan|giai phong mat bang|lop hoc|tin nhan|game"
    r"|(?<!goi )(?<!xe )(?<!keu )(?<!linh )(?<!doi )(?<!toi )(?<!den )chua chay(?! gium| giup| gap| voi| toi)"
    r"|mai tang|khai tu|bao tu|chung tu|tien tuat|khuyet tat|thuong binh|(?<!nguoi )lao dong"
    r"|chuyen (?:tien|khoan)|zalo|facebook|(?<!so )(?<!thoai )bao nhieu|san pham|mua (?:nha|o|dat|ban|gi)"
    r"|(?:muon|vua|moi|da|can) (?:mua|ban)|ban chay|ban (?:hang (?:online|rong|co)|nha|dat|xe)|an chay"
    r"|com chay"
    r"|(?:tien|huong|tinh|bac|muc) luong|luong huu|gap can bo|thoi ty|tuyen bo)(?!\w)"
)


def _is_calm(said: str) -> bool:
    """Whether ``said`` asks for a paper or scheme or tells of what is over, and of nothing that goes on."""
    if _HEARSAY.search(said):
        return True
    if _LASTING.search(_TALE.sub("", said)):
        return False
    if _PAST.search(said):
        return True
    return bool(_PAPERS.search(_MENTION.sub("", said))) and not _FRESH.search(said)


def is_emergency(folded_words: str) -> bool:
    """Whether somebody seems to be in danger now. ``folded_words``: folded words joined by spaces."""
    return bool(_CUE.search(folded_words)) and not _is_calm(folded_words)


def is_supported(folded_words: str, probability: float) -> bool:
    """Whether the model's opinion that it is an emergency has a word in the message to stand on."""
    return probability >= SUPPORT and bool(_HINT.search(folded_words)) and not _is_calm(folded_words)
