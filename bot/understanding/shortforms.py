"""Short forms, chat spellings and run-together words of this domain, on folded tokens.

Folding comes first, so "đk" and "dk" are one entry. A form with one meaning stands in ``PLAIN``;
one that means different things is resolved by its neighbours in ``AMBIGUOUS``. Standard library
only and Python 3.10 compatible (see folding.py). Keys are folded; a key that is also a common
word when folded (hong: hồng, hỏng, không) must not stand in ``PLAIN``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

Words = tuple[str, ...]

_PLAIN_TEXT = """
# civil status
ks=khai sinh; gks=giay khai sinh; gcks=giay khai sinh; dkks=dang ky khai sinh; gkh=giay ket hon
dkkh=dang ky ket hon; gcnkh=giay chung nhan ket hon; xntthn=xac nhan tinh trang hon nhan
tthn=tinh trang hon nhan; xndt=xac nhan doc than; xnhn=xac nhan tinh trang hon nhan
gkt=giay khai tu; dkkt=dang ky khai tu; gcs=giay chung sinh; tlks=trich luc khai sinh
# identity and residence
cccd=can cuoc; cmnd=can cuoc; cmt=can cuoc; cmtnd=can cuoc; tcc=the can cuoc; thecc=the can cuoc
ttru=tam tru; ttvang=tam vang; thtru=thuong tru; dktt=dang ky thuong tru; dkttru=dang ky tam tru
shk=so ho khau; kt3=tam tru; vnid=vneid; vnied=vneid; vneld=vneid; ddcn=dinh danh ca nhan
dddt=dinh danh dien tu; lltp=ly lich tu phap
# land and building
sh=so hong; gcnqsdd=giay chung nhan quyen su dung dat; qsdd=quyen su dung dat; gcn=giay chung nhan
bds=bat dong san; gpxd=giay phep xay dung; cpxd=cap phep xay dung; cmdsd=chuyen muc dich su dung
cmdsdd=chuyen muc dich su dung dat; tsdd=tien su dung dat; noxh=nha o xa hoi
# business, vehicles, social matters
hkd=ho kinh doanh; gpkd=giay phep kinh doanh; dkkd=dang ky kinh doanh; kd=kinh doanh; htx=hop tac xa
mst=ma so thue; attp=an toan thuc pham; vsattp=ve sinh an toan thuc pham; gplx=giay phep lai xe
blx=bang lai xe; cavet=dang ky xe; carvet=dang ky xe; dkx=dang ky xe; bsx=bien so xe
nvqs=nghia vu quan su; tnxp=thanh nien xung phong; ncc=nguoi co cong; bhyt=bao hiem y te
bhxh=bao hiem xa hoi; bhtn=bao hiem that nghiep; tnld=tai nan lao dong; btxh=bao tro xa hoi
nkt=nguoi khuyet tat; nct=nguoi cao tuoi; tcxh=tro cap xa hoi; cnscd=cong nghe so cong dong
# offices and papers
ubnd=uy ban nhan dan; ub=uy ban; ubx=uy ban xa; tthc=thu tuc hanh chinh; hcc=hanh chinh cong
dvc=dich vu cong; tthcc=trung tam hanh chinh cong; ttpvhcc=trung tam phuc vu hanh chinh cong
dvctt=dich vu cong truc tuyen; dvcqg=dich vu cong quoc gia; gto=giay to; gt=giay to; hso=ho so
xn=xac nhan; stk=so tai khoan; tk=tai khoan; sdt=so dien thoai; dthoai=dien thoai
csgt=canh sat giao thong; cax=cong an xa; uq=uy quyen; gh=gia han; cty=cong ty; onl=online
gd=gia dinh
# chat
k=khong; ko=khong; kg=khong; khg=khong; hok=khong; khum=khong; khog=khong; kng=khong; hog=khong
j=gi; gj=gi; ji=gi; bnhiu=bao nhieu; bnhieu=bao nhieu; bnh=bao nhieu; baonhiu=bao nhieu; nhiu=nhieu
dc=duoc; dz=duoc; dko=duoc khong; dck=duoc khong; lm=lam; mk=minh; mik=minh; mih=minh; mn=moi nguoi
ng=nguoi; ngta=nguoi ta; ntn=nhu the nao; tnao=the nao; s=sao; lsao=lam sao; r=roi; oy=roi; roj=roi
vs=voi; vz=vay; dzay=vay; z=vay; zo=vo; dzo=vo; bik=biet; bjt=biet; ac=anh chi; ace=anh chi em
tui=toi; e=em; vk=vo; wa=qua; trc=truoc; mjnh=minh; hoy=thoi; cx=cung; cug=cung; nhju=nhieu
lun=luon; bayh=bay gio; baoh=bao gio; mayh=may gio; pk=phai khong; hnay=hom nay; thank=cam on
thanks=cam on; tks=cam on; thks=cam on; thx=cam on; camon=cam on; cmon=cam on; hi=chao; hello=chao
helo=chao; alo=chao; bb=tam biet; bye=tam biet; ok=duoc; oke=duoc; okie=duoc; oki=duoc; okay=duoc
uhm=u; uk=u; uh=u; um=u; uhuh=u
# spellings that folding leaves different
ki=ky; li=ly; qui=quy; fi=phi
"""

# f, w, z and j are no letters of Vietnamese words: at the start of one they stand for another sound.
_INITIALS = (
    (re.compile(r"^dz(?=[aeiouy])"), "v"),
    (re.compile(r"^f(?=[aeiouy])"), "ph"),
    (re.compile(r"^w(?=[aeoy])"), "qu"),
    (re.compile(r"^j(?=[aeou])"), "gi"),
    (re.compile(r"^z(?=[aeiouy])"), "v"),
)

_FOREIGN_TEXT = "facebook fanpage face fax file form web website wifi zalo zoom zip job"
_FOREIGN = frozenset(_FOREIGN_TEXT.split())

# A run-together spelling is split only when every part is one of these.
_PARTS_TEXT = """
khai sinh tu dang ky ket hon ly giay to ho so khau can cuoc cong dan thuong tru tam vang tach nhap
le phi thoi gian bao lau nhieu gi nop dau mang truc tuyen dieu kien mau don trich luc ban sao chung
thuc chu do hong dat dai nha xay dung phep kinh doanh xac nhan doc than tinh trang hiem te xa hoi
chinh sach tro cap nguoi khuyet tat cao tuoi ngheo nghia vu quan su lai doi moi mat thu tuc hanh lam
the nao duoc khong muon xin di chuc thua ke tang cho chuyen nhuong muc dich tranh chap hoa giai
khieu nai xe bien dien dinh danh tai khoan phuong uy nuoi giam tien mua
"""
_PARTS = frozenset(_PARTS_TEXT.split())


def _parse(text: str) -> dict[str, Words]:
    table: dict[str, Words] = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        for entry in filter(None, (part.strip() for part in line.split(";"))):
            short, _, long = entry.partition("=")
            table[short] = tuple(long.split())
    return table


PLAIN: dict[str, Words] = _parse(_PLAIN_TEXT)


class Around(NamedTuple):
    """What stands around an ambiguous form: the folded tokens before and after it, "" at the ends."""

    before: str
    after: str
    message: frozenset[str]


def _dk(at: Around) -> str:
    if at.after in {"gi", "j", "nao", "la", "de", "nhu"} or at.before in {"du", "nhung", "cac", "ve", "theo"}:
        return "dieu kien"
    return "duoc" if at.after in {"k", "ko", "khong", "hong", "chua", "hok"} else "dang ky"


def _kt(at: Around) -> str:
    if at.before in {"nguoi", "giay", "muc", "bi", "tre"} and "khuyet" not in at.message:
        return "khuyet tat" if at.before != "giay" else "khai tu"
    return "khai tu" if at.before in {"ky", "dk", "lam"} else "kiem tra"


def _kh(at: Around) -> str:
    return "ket hon" if at.before in {"dk", "ky", "giay", "lam", "lai", "xin", "nhan", "luc"} else "khong"


def _ck(at: Around) -> str:
    money = {"tien", "khoan", "qua", "stk", "ngan", "momo", "atm", "otp", "nop", "dong", "le", "phi"}
    family = {"vk", "vo", "con", "me", "em", "nha", "nguoi"}
    if at.before in {"vk", "vo", "nguoi"} or at.after in {"em", "e", "minh", "mk", "toi"}:
        return "chong"
    return "chuyen khoan" if at.message & money and not at.message & (family - {"em"}) else "chong"


def _hk(at: Around) -> str:
    at_end = at.after in {"", "a", "ad", "vay", "z", "nhi"}
    return "khong" if at_end and at.before in {"duoc", "dc", "co", "can", "mat", "phi"} else "ho khau"


def _hong(at: Around) -> str:
    damaged = {"so", "hu", "bi", "mau", "the", "cap", "song", "chi", "hoa", "la", "lam", "may"}
    return "hong" if at.before in damaged else "khong"


def _tt(at: Around) -> str:
    if at.after in {"hon", "hn"}:
        return "tinh trang"
    return "thuong tru" if at.before in {"ky", "dk", "nhap", "xoa", "noi", "ho"} else "thu tuc"


def _ct(at: Around) -> str:
    return "chu tich" if at.after in {"xa", "ubnd", "phuong", "uy"} else "chung thuc"


_SWEARING = frozenset({"dm", "dmm", "dcm", "vcl", "vl", "clgt", "deo", "ngu", "tao"})


def _cc(at: Around) -> str:
    insult = at.before == "nhu" or (at.before == "" and at.after == "gi" and "may" in at.message)
    if insult or at.message & _SWEARING:
        return "cc"
    return "cong chung" if at.before in {"phong", "sao", "di", "hop", "ban"} else "can cuoc"


def _hc(at: Around) -> str:
    return "hanh chinh" if at.before in {"tuc", "tt", "tam", "khu"} or at.after == "cong" else "ho chieu"


def _hs(at: Around) -> str:
    return "hoc sinh" if at.before in {"the", "cac", "bhyt", "chau"} else "ho so"


def _bh(at: Around) -> str:
    return "bao hiem" if at.before in {"the", "dong", "mua", "so", "phi", "tien"} else "bao gio"


def _bn(at: Around) -> str:
    return "ban" if at.before in {"cac", "voi", "cho", "nho", "cua"} else "bao nhieu"


def _sd(at: Around) -> str:
    return "su dung" if at.after in {"dat", "duoc", "dc", "vneid", "dich", "app"} else "so do"


def _mo(at: Around) -> str:
    at_end = at.after in {"", "a", "ad", "vay", "rua"}
    return "dau" if at_end and at.before in {"o", "di", "den", "cho", "nop"} else "mo"


def _rang(at: Around) -> str:
    return "sao" if at.before in {"lam", "lm", "nhu"} and at.after not in {"gia", "su", "ham"} else "rang"


AMBIGUOUS: dict[str, Callable[[Around], str]] = {
    "bh": _bh,
    "bn": _bn,
    "bs": lambda at: "bac si" if at.before in {"gap", "kham"} else "ban sao",
    "cb": lambda at: "chuan bi" if at.before in {"can", "phai"} else "can bo",
    "cc": _cc,
    "ck": _ck,
    "ct": _ct,
    "dk": _dk,
    "dt": lambda at: "dat" if at.before in {"tranh", "thua"} else "dien thoai",
    "h": lambda at: "gio",
    "hc": _hc,
    "hem": lambda at: "khong" if at.after in {"", "a", "ad", "vay"} else "hem",
    "hk": _hk,
    "hong": _hong,
    "hs": _hs,
    "kh": _kh,
    "kt": _kt,
    "mo": _mo,
    "rang": _rang,
    "sd": _sd,
    "tb": lambda at: "thuong binh" if at.before in {"che", "con", "nguoi", "the"} else "thong bao",
    "tt": _tt,
}


def expand(folded: Sequence[str]) -> list[Words]:
    """For each folded token the words that it means, seen with its neighbours; same length as the input."""
    message = frozenset(folded)
    meanings = []
    for i, word in enumerate(folded):
        resolve = AMBIGUOUS.get(word)
        if resolve is None:
            meanings.append(_alone(word))
            continue
        before = folded[i - 1] if i else ""
        after = folded[i + 1] if i + 1 < len(folded) else ""
        meanings.append(tuple(resolve(Around(before, after, message)).split()))
    return meanings


@lru_cache(maxsize=8192)
def _alone(word: str) -> Words:
    plain = PLAIN.get(word)
    if plain:
        return plain
    if word not in _FOREIGN:
        for pattern, real in _INITIALS:
            if pattern.match(word):
                return (pattern.sub(real, word),)
    if len(word) >= 5 and word not in _PARTS and word.isalpha():
        return tuple(_split(word) or (word,))
    return (word,)


def _split(word: str) -> list[str] | None:
    """``khaisinh`` -> khai, sinh: the split with the longest first parts, or None."""
    for cut in range(min(6, len(word)), 1, -1):
        head, tail = word[:cut], word[cut:]
        if head not in _PARTS:
            continue
        if not tail:
            return [head]
        rest = _split(tail)
        if rest:
            return [head, *rest]
    return None
