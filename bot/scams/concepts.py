"""What a message talks of, in some twenty ideas: who, what is wanted, by which way, with which pressure.

Likeness learns from their pairs ("authority + pay", "stranger + code"), so that a scam told in other words
than the examples' is still like them.
"""

from __future__ import annotations

import re

_WORDS = {
    "authority": (
        r"cong an|toa an|vien kiem sat|can bo|canh sat|csgt|dieu tra|thanh tra|hai quan|uy ban|"
        r"cuc|bo cong an|chi cuc|thue|bao hiem|bhxh|phong chay|quan doi|bo doi|truy na|lenh bat|"
        r"khoi to|luat su"
    ),
    "firm": (
        r"ngan hang|vietcombank|vcb|vietinbank|bidv|agribank|techcombank|mb|acb|tpbank|vpbank|"
        r"sacombank|shb|momo|dien luc|evn|nha mang|tong dai|viettel|vinaphone|mobifone|cong ty|"
        r"shopee|lazada|tiktok|sieu thi|hang|fanpage|page|shop"
    ),
    "parcel": (
        r"shipper|don hang|don|buu kien|buu pham|kien hang|giao hang|ship|thung|goi hang|"
        r"van chuyen|buu ta|buu dien"
    ),
    "kin": (
        r"con|chau|me|ma|ba|bo|chong|vo|ong|ngoai|noi|em|ban|sep|nguoi than|nguoi quen|co giao|"
        r"thay|giao vien"
    ),
    "harm": (
        r"cap cuu|tai nan|mo gap|mo|vien phi|nhap vien|benh vien|chan thuong|bi bat|bi giu|"
        r"bat coc|nguy kich|bang huyet|te|chuoc|mat vi|mat dien thoai|hu may|doi so|so moi|"
        r"ket tien|ket"
    ),
    "stranger": (
        r"nguoi la|so la|xung|tu xung|co nguoi|ho|no|nguoi ta|ngta|ai do|thang|tui no|chung no|"
        r"co so|nick|quen qua|ket ban|tren mang|qua mang|lam quen|online|gia danh|mao danh|"
        r"ong nao|nguoi nuoc ngoai|quang cao|cuoc goi|tin nhan"
    ),
    "pay": (
        r"chuyen khoan|chuyen tien|ck|chuyen|nop|dong|nap|coc|dat coc|gui tien|bank|the cao|"
        r"the nap|ung|the chan|phi|thanh toan|tra truoc|mua the|stk|so tai khoan|gop|gop von|"
        r"bo tien|tien truoc|muon|vay|mua"
    ),
    "code": r"otp|ma xac nhan|ma xac thuc|mat khau|ma pin|pin|cvv|6 so|sau so|ma|doc ma|day so",
    "link": (
        r"link|duong dan|duong link|trang web|web|website|bam|an vao|truy cap|lien ket|dang nhap|"
        r"qr|quet ma|quet|tai day|vao trang"
    ),
    "app": r"app|ung dung|apk|cai|cai dat|tai ve|tai|phan mem|file|man hinh|tro nang",
    "identity": (
        r"can cuoc|cccd|cmnd|khuon mat|sinh trac|vneid|dinh danh|du lieu dan cu|bhyt|vssid|"
        r"giay to|anh"
    ),
    "chat": (
        r"zalo|telegram|tele|facebook|fb|nhom|inbox|ib|messenger|kb|tinder|video|facetime|group|"
        r"room"
    ),
    "says": (
        r"bao|keu|yeu cau|bat|doi|hoi|hoi thuc|doa|hu|ep|ru|du|xui|huong dan|noi|goi|nhan|"
        r"nhan tin|dan|hua|moi|gui|nho"
    ),
    "press": (
        r"gap|ngay|lien|lap tuc|khoa|cat|phat|neu khong|khong thi|keo|truoc|han chot|lan cuoi|"
        r"trong vong|gio|phut|ket thuc|bi mat|khong duoc noi|dung noi|ngung|thu hoi|cuong che|"
        r"phong toa"
    ),
    "bait": (
        r"trung|thuong|qua|tang|hoan|tro cap|ho tro|mien phi|may man|tri an|boc tham|hoan tien|"
        r"hoan thue|boi thuong|thua ke|nhan tien|re|giam|gia re|thanh ly|suat cuoi|du hoc|hoc bong"
    ),
    "gain": (
        r"lai|loi|loi nhuan|hoa hong|luong|thu nhap|kiem|dau tu|nhiem vu|ctv|cong tac vien|"
        r"chot don|like|danh gia|viec nhe|von|san|coin|tien ao|chung khoan|forex|rut|x2|gap doi|"
        r"nhan doi|viec lam|tuyen|tai nha"
    ),
    "vice": (
        r"so de|lo|de|bach thu|soi cau|ca do|no hu|tai xiu|nha cai|game bai|danh bai|da ga|casino|"
        r"clip nong|khoa than|nhay cam|tong tien"
    ),
    "lost": (
        r"mat hut|chan|block|bien mat|khong rut duoc|khong cho rut|mat sach|mat het|im luon|"
        r"khong giao|dong cua|mat tich|bi lua|lua"
    ),
    "sum": r"#(?:k|tr|trieu|d|dong|vnd|cu|ty|usd|ngan|nghin)?|trieu|tr|ngan|nghin|cu|do|usd|ty",
    "office": (
        r"thu tuc|ho so|le phi|o dau|can gi|the nao|bao lau|bao nhieu|giay to gi|dang ky|xac nhan|"
        r"lam sao|mot cua|nop o|duoc khong"
    ),
    "invite": (
        r"kinh moi|moi ba con|mang theo|tru so|nha van hoa|hoi truong|tai quay|tram y te|buu cuc|"
        r"cua hang|thong bao lich|phu huynh|hop|sang mai|thu hai|thu bay|chu nhat"
    ),
    "notice": (
        r"so du|sd|nd|gd|kwh|m3|hieu luc|soan|hoa don|ma kh|cuoc|goi cuoc|han thanh toan|"
        r"thanh cong|da thanh toan|da giao"
    ),
    "warns": (
        r"canh bao|khuyen cao|canh giac|khong cung cap|khong chia se|thu doan|tuyen truyen|"
        r"tuyet doi khong"
    ),
}
_PATTERNS = {name: re.compile(rf"(?<!\S)(?:{words})(?!\S)") for name, words in _WORDS.items()}


def ideas(text: str) -> list[str]:
    """The names of the ideas in ``text`` (folded words, numbers as "#")."""
    return [name for name, pattern in _PATTERNS.items() if pattern.search(text)]
