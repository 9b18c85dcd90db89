"""Payloads, typed numbers and typed titles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.choices import MAX_PAYLOAD, STALE, Choice, Kind, chosen, family_payload, parse, payload
from bot.dialogue.types import DialogueState, Heard, Offer
from bot.understanding.types import Aspect

CODE = "1.001193"


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        (f"#p:{CODE}", Choice(Kind.PROCEDURE, CODE)),
        (f"#p:{CODE}:fee", Choice(Kind.PROCEDURE, CODE, (Aspect.FEE,))),
        (f"#p:{CODE}:fee+time", Choice(Kind.PROCEDURE, CODE, (Aspect.FEE, Aspect.TIME))),
        (f"#p:{CODE}:documents:2", Choice(Kind.PROCEDURE, CODE, (Aspect.DOCUMENTS,), 2)),
        (f"#p:{CODE}:documents:0", STALE),
        (f"#p:{CODE}:documents:100", STALE),
        (f"#p:{CODE}:documents:²", STALE),
        (f"#p:{CODE}:documents:2:3", STALE),
        (f"#p:{CODE}/own", Choice(Kind.PROCEDURE, CODE, case="own")),
        (f"#p:{CODE}/own:documents:2", Choice(Kind.PROCEDURE, CODE, (Aspect.DOCUMENTS,), 2, case="own")),
        (f"#p:{CODE}/", STALE),
        (f"#p:{CODE}/Own", STALE),
        (f"#p:{CODE}/own/x", STALE),
        ("#family:so-do", Choice(Kind.FAMILY, detail="so-do")),
        ("#family:so-do:fee+time", Choice(Kind.FAMILY, aspects=(Aspect.FEE, Aspect.TIME), detail="so-do")),
        ("#family:so-do:colour", STALE),
        ("#family:so-do:", STALE),
        ("#family:../x", STALE),
        ("#family", STALE),
        (f"#p:{CODE}:colour", STALE),
        (f"#p:{CODE}:", STALE),
        ("#p:1.00119", STALE),
        ("#p:1.00119३", STALE),
        ("#p", STALE),
        (f"#more:{CODE}", Choice(Kind.MORE, CODE)),
        ("#more:x", STALE),
        ("#menu", Choice(Kind.MENU)),
        ("#menu:x", STALE),
        ("#officer", Choice(Kind.OFFICER)),
        ("#officer:scam", Choice(Kind.OFFICER, detail="scam")),
        ("#officer:boss", STALE),
        ("#erase:yes", Choice(Kind.ERASE, detail="yes")),
        ("#erase:no", STALE),
        ("#commune:online", Choice(Kind.COMMUNE, detail="online")),
        ("#commune:../x", STALE),
        ("#scam:victim", Choice(Kind.SCAM, detail="victim")),
        ("#stale", STALE),
        ("#", STALE),
        ("menu", STALE),
        ("#menu" + " " * MAX_PAYLOAD, STALE),
    ],
)
def test_parse(text: str, choice: Choice) -> None:
    assert parse(text) == choice


STATE = DialogueState(offers=(Offer("Lệ phí", f"#p:{CODE}:fee"), Offer("Gặp cán bộ", "#officer")))
FEE = Choice(Kind.PROCEDURE, CODE, (Aspect.FEE,))


@pytest.mark.parametrize(
    ("heard", "choice"),
    [
        (Heard(text="1"), FEE),
        (Heard(text=" 1. "), FEE),
        (Heard(text="(1)"), FEE),
        (Heard(text="số 1"), FEE),
        (Heard(text="chon so 2"), Choice(Kind.OFFICER)),
        (Heard(text="3"), Choice(Kind.STALE, detail="3")),
        (Heard(text="0"), Choice(Kind.STALE, detail="0")),
        (Heard(text="113"), None),
        (Heard(text="1 triệu"), None),
        (Heard(text="le phi"), FEE),
        (Heard(text="LỆ PHÍ?"), FEE),
        (Heard(text="lệ phí khai sinh"), None),
        (Heard(text="#officer"), Choice(Kind.OFFICER)),
        (Heard(text="# officer"), None),
        (Heard(text="2", payload="#menu"), Choice(Kind.MENU)),
        (Heard(opened=True, text="chào"), Choice(Kind.START)),
        (Heard(text="  "), None),
        (Heard(), None),
    ],
)
def test_chosen(heard: Heard, choice: Choice | None) -> None:
    assert chosen(STATE, heard) == choice


@given(
    code=st.from_regex(r"[0-9]\.[0-9]{6}", fullmatch=True),
    aspects=st.lists(st.sampled_from(list(Aspect)), max_size=3, unique=True).map(tuple),
    page=st.integers(1, 99),
    case=st.sampled_from(["", "own", "rented-2"]),
)
def test_payload_and_parse_are_inverse(code: str, aspects: tuple[Aspect, ...], page: int, case: str) -> None:
    page = page if aspects else 1
    made = payload(code, aspects, page, case)
    assert len(made) <= MAX_PAYLOAD and " " not in made
    assert parse(made) == Choice(Kind.PROCEDURE, code, aspects, page, case=case)
    asked = family_payload("so-do", aspects)
    assert len(asked) <= MAX_PAYLOAD and " " not in asked
    assert parse(asked) == Choice(Kind.FAMILY, aspects=aspects, detail="so-do")


@given(st.text(max_size=60))
def test_any_payload_has_a_meaning_or_is_stale(text: str) -> None:
    assert isinstance(parse(text), Choice)
    assert isinstance(parse("#" + text), Choice)
