"""What must hold whatever residents do: any sequence of texts, taps, pictures and first contacts."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.assistant import Assistant
from bot.dialogue.choices import Kind, chosen
from bot.dialogue.types import Behaviour, DialogueState, Heard, Outcome, Seen
from bot.knowledge.loading import Knowledge, load_knowledge
from bot.knowledge.model import FeeStatus
from bot.settings import ROOT
from bot.texts import load_texts
from bot.understanding.folding import fold, normalise
from bot.understanding.types import UNNAMED, Aspect, Band, Candidate, Skill, Understanding
from bot.understanding.understander import INTENT_SKILLS
from connectors.channel import Attachment, ButtonKind

NOW = datetime(2026, 8, 1, 2, 0, tzinfo=UTC)
HOLIDAY = datetime(2026, 10, 1, 2, 0, tzinfo=UTC)
LONGEST = 2000
TEXTS = (
    "lam giay khai sinh", "1", "2", "9", "đúng rồi", "không phải", "xóa dữ liệu của tôi", "#menu", "#p:1.1",
    "le phi", "?!", "cam on", "khong", "gap can bo", "/restart", "#erase:yes", "ok", "so 3", "🙂", "Lệ phí",
    "khai sinh", "đăng ký lại thì sao", "nhà thuê", "không phải, khai tử cơ", "sổ đỏ", "trường hợp khác",
    "khai sinh cần gì? kết hôn ở đâu?",
)  # fmt: skip


class Scripted:
    """Understands each message as the next reading of a list, over and over."""

    def __init__(self) -> None:
        self.readings: Sequence[Understanding] = ()
        self.asked = 0

    def understand(self, text: str, topic: str | None = None) -> Understanding:
        reading = self.readings[self.asked % len(self.readings)]
        self.asked += 1
        shown = normalise(text)
        follows = reading.follow_up and topic is not None
        return Understanding(
            text=shown,
            folded=fold(shown),
            skill=reading.skill,
            topic=reading.topic,
            candidates=(Candidate(topic, 1.0),) if follows and topic else reading.candidates,
            aspects=reading.aspects,
            confidence=reading.confidence,
            band=reading.band,
            follow_up=reading.follow_up,
            dossier=reading.dossier,
        )


SCRIPT = Scripted()


@pytest.fixture(scope="module")
def known() -> Knowledge:
    return load_knowledge(ROOT / "faq_data", "xuan-dinh")


@pytest.fixture(scope="module")
def assistant(known: Knowledge) -> Assistant:
    return Assistant(known, SCRIPT, load_texts(ROOT / "faq_data"))


def _codes() -> st.SearchStrategy[str]:
    """Served, superseded with and without a successor, missing with and without a name, unknown."""
    real = ("1.001193", "1.000894", "1.004222", "2.000815", "3.000228", "1.116410")
    return st.sampled_from((*real, "1.014061", "1.012564", "3.000243", "1.012590", "9.999999"))


def readings() -> st.SearchStrategy[Understanding]:
    """Any reading that the understanding may come to, likely or not."""
    skills = [
        *INTENT_SKILLS.values(),
        (Skill.PROCEDURE, ""),
        (Skill.PROCEDURE, UNNAMED),
        (Skill.NONE, ""),
        (Skill.SMALLTALK, "new"),
    ]
    return st.builds(
        lambda skill, band, candidates, aspects, follow, dossier, confidence: Understanding(
            text="",
            folded="",
            skill=skill[0],
            topic=skill[1],
            band=band,
            candidates=tuple(candidates),
            aspects=tuple(aspects),
            follow_up=follow,
            dossier=dossier,
            confidence=confidence,
        ),
        st.sampled_from(skills),
        st.sampled_from(list(Band)),
        st.lists(
            st.builds(Candidate, _codes(), st.sampled_from([0.2, 0.5, 0.51, 0.9, 1.0])),
            max_size=5,
            unique_by=lambda candidate: candidate.code,
        ),
        st.lists(st.sampled_from(list(Aspect)), max_size=5, unique=True),
        st.booleans(),
        st.sampled_from([None, "H19.29.5-260115-0007"]),
        st.floats(0, 1),
    )


def events() -> st.SearchStrategy[Heard]:
    """Anything that a channel hands on; payloads are ours, old, broken or none."""
    payload = st.one_of(
        st.sampled_from(["#menu", "#start", "#officer", "#skip", "#scam", "#dossier", "#commune", "#erase"]),
        st.builds(
            lambda code, aspect, page: f"#p:{code}:{aspect}:{page}",
            _codes(),
            st.sampled_from([*(aspect.value for aspect in Aspect), "color"]),
            st.integers(0, 99),
        ),
        _codes().map(lambda code: f"#p:{code}"),
        _codes().map(lambda code: f"#more:{code}"),
        st.sampled_from(
            ["#family:khai-sinh", "#family:so-do:fee", "#family:gone", "#p:1.004222/own:documents:2"]
        ),
        st.sampled_from(
            ["#scam:send", "#scam:kinds", "#scam:group:co-quan", "#scam:kind:vneid-gia", "#warn:on"]
        ),
        st.text(max_size=20),
        st.just("#" + "x" * 3000),
    )
    seen = st.builds(
        Seen,
        text=st.sampled_from(["", "Tài khoản bị khóa, vào vneid-capnhat.top"]),
        codes=st.sampled_from([(), ("https://a.top",)]),
        problem=st.sampled_from([None, "size", "away", "text"]),
    )
    kinds = st.sampled_from(["image", "audio", "video", "file", "sticker", "location", "link", "other"])
    return st.one_of(
        st.builds(Heard, text=st.one_of(st.sampled_from(TEXTS), st.text(max_size=30))),
        st.builds(Heard, payload=payload, text=st.none() | st.text(max_size=10)),
        st.builds(Heard, attachments=st.lists(st.builds(Attachment, kinds), max_size=2).map(tuple)),
        st.builds(
            Heard, attachments=st.just((Attachment("image"),)), seen=st.lists(seen, max_size=2).map(tuple)
        ),
        st.just(Heard(opened=True)),
    )


def _stored(state: DialogueState) -> DialogueState:
    """As the database gives it back."""
    return DialogueState.from_dict(json.loads(json.dumps(state.to_dict())))


def _check(outcome: Outcome, assistant: Assistant) -> None:
    assert outcome.replies
    for reply in outcome.replies:
        assert reply.text.strip() == reply.text and 0 < len(reply.text) <= LONGEST
        assert "{" not in reply.text and "None" not in reply.text
    questions = [b for r in outcome.replies for b in r.buttons if b.kind is ButtonKind.QUESTION]
    for button in questions:
        assert 0 < len(button.title) <= 40
        assert button.value.startswith("#") and " " not in button.value and len(button.value) <= 200
        choice = chosen(DialogueState(), Heard(payload=button.value))
        assert choice is not None and choice.kind is not Kind.STALE
    assert len(questions) == len({button.value for button in questions})
    assert len(questions) == len({button.title for button in questions}), "two buttons look the same"
    state = outcome.state
    assert _stored(state) == state
    assert len(outcome.codes) == len(set(outcome.codes))
    if outcome.behaviour is Behaviour.ANSWER and outcome.skill is Skill.PROCEDURE:
        assert state.topic in outcome.codes[:2] and outcome.aspects  # of two answers the second
    if questions:
        assert [(offer.title, offer.value) for offer in state.offers] == [
            (button.title, button.value) for button in questions
        ]
    assert state.misses < 2
    assert (outcome.behaviour is Behaviour.HANDOFF) == (outcome.handoff is not None)
    assert outcome.verdict is None or outcome.skill is Skill.SCAM


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(heard=st.lists(events(), min_size=1, max_size=8), script=st.lists(readings(), min_size=1, max_size=6))
def test_any_sequence_is_answered(
    assistant: Assistant, heard: list[Heard], script: list[Understanding]
) -> None:
    SCRIPT.readings, SCRIPT.asked = script, 0
    state = DialogueState()
    for event in heard:
        outcome = assistant.turn(state, event, NOW)
        _check(outcome, assistant)
        again = assistant.turn(_stored(state), Heard(payload="#menu"), NOW)
        assert again.behaviour is Behaviour.SMALLTALK
        if outcome.erase:
            assert event.payload == "#erase:yes" or state.offers or event.text == "#erase:yes"
        state = _stored(outcome.state)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(event=events(), script=st.lists(readings(), min_size=1, max_size=1))
def test_a_typed_number_is_the_button(
    assistant: Assistant, event: Heard, script: list[Understanding]
) -> None:
    SCRIPT.readings, SCRIPT.asked = script, 0
    state = assistant.turn(DialogueState(), event, NOW).state
    for number, offer in enumerate(state.offers, 1):
        typed = assistant.turn(state, Heard(text=f" {number}. "), NOW)
        assert typed == assistant.turn(state, Heard(payload=offer.value), NOW)


def test_every_button_that_leads_on_from_every_procedure_works(
    assistant: Assistant, known: Knowledge
) -> None:
    for code in known.procedures:
        outcome = assistant.turn(DialogueState(greeted=True), Heard(payload=f"#p:{code}"), NOW)
        _check(outcome, assistant)
        for offer in outcome.state.offers:
            _check(assistant.turn(outcome.state, Heard(payload=offer.value), NOW), assistant)


MONEY = re.compile(r"\d\s*(?:đồng|đ\b|vnđ|usd)|miễn phí|miễn lệ phí|không mất (?:tiền|phí)", re.IGNORECASE)


@pytest.mark.parametrize("now", [NOW, HOLIDAY])
def test_no_fee_is_told_that_the_record_or_the_law_does_not_tell(
    assistant: Assistant, known: Knowledge, now: datetime
) -> None:
    told = {FeeStatus.AMOUNT, FeeStatus.FREE_STATED}
    checked = 0
    for procedure in known.served():
        allowed = procedure.completed_fee is not None or procedure.fee.status in told
        holiday = procedure.fee_holiday
        today = date(now.year, now.month, now.day)
        if allowed or (holiday and holiday.first <= today <= holiday.last):
            continue
        outcome = assistant.turn(DialogueState(), Heard(payload=f"#p:{procedure.code}:fee"), now)
        assert not any(MONEY.search(reply.text) for reply in outcome.replies), procedure.code
        assert any("tại quầy" in reply.text for reply in outcome.replies), procedure.code
        checked += 1
    assert checked > 150
