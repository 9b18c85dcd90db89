"""Bank account numbers that somebody is told to pay into."""

from __future__ import annotations

import re

from bot.scams.text import Text
from bot.scams.types import Account
from bot.understanding.folding import fold

AT_MOST = 10
_BANKS = (
    r"vietcombank|vcb|vietinbank|bidv|agribank|techcombank|tcb|mb ?bank|mb|vpbank|acb|sacombank|tpbank|vib"
    r"|shb|hdbank|msb|ocb|seabank|eximbank|lpbank|scb|nam a bank|abbank|kienlongbank|momo|zalopay"
)
_NUMBER = r"\d(?:[ .-]?\d){5,18}"
_LABELLED = re.compile(
    rf"(?<!\w)(?:stk|so tk|so tai khoan|tai khoan|tk|ck|so the)(?: \w+){{0,3}}?\W{{1,4}}"
    rf"(?P<number>{_NUMBER})(?!\w)"
)
_AT_BANK = re.compile(
    rf"(?<!\w)(?P<number>{_NUMBER})[ ,:()-]{{1,4}}(?:tai |ngan hang |nh ){{0,2}}(?:{_BANKS})(?!\w)"
)
_OF_BANK = re.compile(rf"(?<!\w)(?:{_BANKS})[ ,:()-]{{1,4}}(?:so |stk ){{0,2}}(?P<number>{_NUMBER})(?!\w)")
_BANK = re.compile(rf"(?<!\w)(?:{_BANKS})(?!\w)")


def read(text: Text) -> tuple[Account, ...]:
    """The account numbers of ``text``, each once."""
    folded = fold(text.plain)
    found: dict[str, Account] = {}
    for pattern in (_LABELLED, _AT_BANK, _OF_BANK):
        for match in pattern.finditer(folded):
            number = re.sub(r"\D", "", match["number"])
            around = folded[max(0, match.start() - 30) : match.end() + 30]
            bank = _BANK.search(around)
            found.setdefault(number, Account(number, bank[0] if bank else ""))
            if len(found) >= AT_MOST:
                return tuple(found.values())
    return tuple(found.values())
