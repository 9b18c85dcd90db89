"""Emergencies, by rule and before anything else: a person in danger must not wait for a model.

High precision by design, because procedures speak of fire, accidents and death too, and because
folded words collide ("chạy xe" and "cháy xe", "từ từ" and "tự tử", "tra cứu tới" and "cứu tôi"):
a cue counts only as a whole phrase, and never in a message that asks about papers or schemes.
"""

from __future__ import annotations

import re

_PLACES = "nha|rung|kho|quan|bep|cho|chung cu|phong tro|xuong|tram dien|nha hang xom"
_CUES = (
    # a cry for help
    r"(?<!tra )(?<!nghien )(?<!cap )cuu (?:toi|em|minh|con|chau|voi|nguoi)(?! dau)",
    r"keu cuu|goi cap cuu|(?<!so )cap cuu(?: voi| gap| nguoi)|^cap cuu$",
    r"nguy kich|hap hoi|ngat xiu|bat tinh",
    # fire
    rf"(?:dang |bi |boc )?chay (?:{_PLACES}|to|lon)(?: roi)?",
    rf"(?:{_PLACES})(?: \w+)? (?:dang |bi |boc )?chay(?= roi|$)",
    rf"(?:{_PLACES}|xe) (?:\w+ )?(?:bi |boc |dang boc )chay|dang co chay|co dam chay|hoa hoan|chay no",
    rf"(?:{_PLACES}) (?:\w+ )?(?:\w+ )?dang (?:bi )?chay|no (?:binh )?ga[sz]|ro (?:ri )?ga[sz]",
    # violence
    r"(?:dang )?bi (?:\w+ )?(?:cuop|dam|chem|danh dap|bat coc|hiep dam|bop co|truy sat)",
    r"cuop (?:giat|xe|tien|tiem|cua)|co cuop(?= |$)|dam chem|chem nhau|bat coc|cam dao",
    r"dang danh (?:nhau|toi|em|vo|con|me|nguoi)|co trom|trom (?:vao|dang)",
    # life
    r"(?:muon|dinh|doi|se|nguoi|em|con) tu tu(?= |$)(?! (?:lam|di|tinh|nop|roi|noi|ma))|tu sat",
    r"muon chet|khong muon song|nhay (?:cau|lau|song)|uong thuoc (?:sau|tru sau|co|chuot)",
    r"duoi nuoc|chet duoi|bi dien giat|ran can|bi ngo doc",
    r"(?:co|vua|bi|gap) tai nan|tai nan (?:xe|giao thong|chet)",
    # disaster
    r"sap nha|nha (?:bi )?sap|sat lo|mac ket|lu cuon|vui lap",
)
_CUE = re.compile(rf"(?<!\w)(?:{'|'.join(_CUES)})(?!\w)")
_PAPERS = re.compile(
    r"(?<!\w)(?:thu tuc|ho so|giay (?:to|chung|phep|xac|bao|khai|ra)|che do|tro cap|ho tro|boi thuong"
    r"|bao hiem|chinh sach|dang ky|le phi|mau don|to khai|lop|tap huan|phong chay|chua chay|dieu kien"
    r"|chung nhan|mai tang|khai tu|tien tuat|vay tien|chuyen tien|link|zalo|facebook|goi dien|lua dao"
    r"|tin nhan|trung thuong|bao nhieu|san pham|mua|ban|phim|game|luong|gap can bo|thoi ty)(?!\w)"
)


def is_emergency(folded_words: str) -> bool:
    """Whether somebody seems to be in danger now. ``folded_words``: folded words joined by spaces."""
    return bool(_CUE.search(folded_words)) and not _PAPERS.search(folded_words)
