"""An explicit wish for a person, whatever it is about: "tôi muốn gặp cán bộ hỏi giấy khai sinh của cháu".

The models weigh the subject against the wish and may answer the subject; who asks for a person gets one. What
only asks where, when or whom to see is left to them.
"""

from __future__ import annotations

import re

_SELF = r"(?:toi|tui|em|minh|ba|ong|chau|con|chu|bac|anh|chi|gia dinh|nguoi dan)"
_PERSON = r"(?:can bo|cong chuc|nhan vien|nguoi (?:that|phu trach|truc)|con nguoi)"
_MEET = (
    r"(?:duoc |xin )?(?:gap|noi chuyen|trao doi|hoi)(?: truc tiep)?(?: voi)?"
    rf"(?: cac| mot| anh| chi| co| chu)* {_PERSON}"
)
_ASKS = (
    rf"(?:(?:muon|cho|xin|xin phep|nho|de|{_SELF} (?:dang |rat )?can) (?:(?:{_SELF}|co) )*"
    rf"(?:xin |phep |muon )?{_MEET}"
    rf"|(?:noi may|ket noi|chuyen)(?: (?:cho|giup|dum|{_SELF}|may))* (?:voi|qua|sang|cho|den|toi) {_PERSON})"
)
_REFUSED = r"(?<!khong )(?<!khoi )(?<!chang )(?<!dung )(?<!chua )(?<!co )(?<!khong ai )"
_WHICH = (
    r"(?:nao|dau|may gio|bao gio|gio nao|thu may|luc may|lam (?:gi|sao)"
    r"|(?:dem|mang|chuan bi)(?: theo)? gi|can gi)"
)
_NOT_WHERE = rf"(?!(?: (?!(?:hoi|ve|de|nho|vi|noi)\b)\w+){{0,6}} {_WHICH}\b)"
_WISH = re.compile(rf"\b{_REFUSED}{_ASKS}\b{_NOT_WHERE}")
# Without a verb of wishing only at the start, and with what it is about: "gặp cán bộ hỏi trợ cấp".
_BARE = re.compile(
    rf"(?:(?:da|thua|alo|chao|a|oi|xa|ad|{_SELF}) )*gap {_PERSON}(?: \w+){{0,2}}?"
    rf"(?: (?:hoi|ve|xin|nho|noi)\b.*| (?:di|nhe|nha|voi|a|gap|duoc khong))?"
)
_ANY_WHICH = re.compile(rf"\b{_WHICH}\b")


def is_wish(folded_words: str) -> bool:
    """Whether somebody plainly asks to talk to a person; ``folded_words`` joined by spaces."""
    if _WISH.search(folded_words):
        return True
    bare = _BARE.fullmatch(folded_words)
    return bare is not None and not _ANY_WHICH.search(folded_words)
