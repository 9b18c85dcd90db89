"""The understander by rule, with a stand-in for Rasa, and without Rasa."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.knowledge.loading import Knowledge
from bot.understanding.deciding import Thresholds
from bot.understanding.folding import fold
from bot.understanding.types import Aspect, Band, Candidate, Skill
from bot.understanding.understander import Understander, build_understander
from tests.understanding.conftest import FakeRasa


@pytest.fixture(scope="module")
def alone(knowledge: Knowledge) -> Understander:
    """Rasa is away."""
    return build_understander(None, knowledge)


def rasa_says(*ranking: tuple[str, float], aspects: dict[str, float] | None = None) -> dict[str, object]:
    return {
        "intent_ranking": [{"name": name, "confidence": p} for name, p in ranking],
        "aspects": aspects or {},
        "nearest": 0.8,
        "known_share": 1.0,
    }


RULES = [
    ("cháy nhà rồi cứu với", Skill.HANDOFF, "emergency"),
    ("hồ sơ 000.00.32.H19-210708-0012 tới đâu rồi", Skill.DOSSIER, "status"),
    ("cho hỏi 1.001193", Skill.PROCEDURE, ""),
]


@pytest.mark.parametrize(("text", "skill", "topic"), RULES)
def test_rules_need_no_model(alone: Understander, text: str, skill: Skill, topic: str) -> None:
    for written in (text, fold(text)):
        heard = alone.understand(written)
        assert (heard.skill, heard.topic, heard.band) == (skill, topic, Band.SURE)
        assert heard.confidence == 1.0


def test_typed_code(alone: Understander) -> None:
    heard = alone.understand("1.001193 lệ phí bao nhiêu")
    assert heard.candidates == (Candidate("1.001193", 1.0),)
    assert heard.aspects == (Aspect.FEE,)
    assert alone.understand("thủ tục 1.014061").candidates[0].code == "1.116410"  # its successor
    assert alone.understand("3.000283").candidates[0].code == "3.000283"  # missing, yet known
    assert alone.understand("9.999999").skill is not Skill.PROCEDURE


def test_dossier_code_is_normalised(alone: Understander) -> None:
    assert alone.understand("h19.29.5 - 260115 - 0007").dossier == "H19.29.5-260115-0007"


@pytest.mark.parametrize(
    ("text", "code", "aspect"),
    [
        ("đăng ký khai sinh cần giấy tờ gì", "1.001193", Aspect.DOCUMENTS),
        ("xin giấy độc thân bao lâu có", "1.004873", Aspect.TIME),
        ("khóa tài khoản định danh điện tử", "3.000283", None),
    ],
)
def test_away_the_matcher_answers(alone: Understander, text: str, code: str, aspect: Aspect | None) -> None:
    heard = alone.understand(text)
    assert heard.degraded
    assert (heard.skill, heard.band) == (Skill.PROCEDURE, Band.SURE)
    assert heard.candidates[0].code == code
    assert aspect is None or aspect in heard.aspects


def test_away_small_talk_and_follow_up(alone: Understander) -> None:
    assert alone.understand("cảm ơn nhiều").topic == "thanks"
    assert alone.understand("cho gặp cán bộ").topic == "wish"
    heard = alone.understand("còn lệ phí bao nhiêu", "1.001193")
    assert heard.follow_up and heard.candidates[0].code == "1.001193" and heard.aspects == (Aspect.FEE,)
    bare = alone.understand("còn lệ phí bao nhiêu")
    assert bare.follow_up and bare.band is Band.UNSURE and not bare.candidates
    assert alone.understand("blah blah").band is Band.LOST


def test_rasa_and_matcher_agree(knowledge: Knowledge, fake_rasa: FakeRasa) -> None:
    fake_rasa.body = rasa_says(
        ("tt_1_001193", 0.9), ("greeting", 0.02), aspects={"documents": 0.9, "fee": 0.1}
    )
    heard = build_understander(fake_rasa.url, knowledge).understand("lam giay ks cho be can j")
    assert (heard.skill, heard.band, heard.degraded) == (Skill.PROCEDURE, Band.SURE, False)
    assert heard.candidates[0].code == "1.001193"
    assert heard.aspects == (Aspect.DOCUMENTS,)


@pytest.mark.parametrize(
    ("intent", "skill", "topic"),
    [
        ("greeting", Skill.SMALLTALK, "greeting"),
        ("scam_victim", Skill.SCAM, "victim"),
        ("commune_fee_holiday", Skill.COMMUNE, "fee_holiday"),
        ("out_of_scope", Skill.NONE, "out_of_scope"),
    ],
)
def test_skills(knowledge: Knowledge, fake_rasa: FakeRasa, intent: str, skill: Skill, topic: str) -> None:
    fake_rasa.body = rasa_says((intent, 0.9), ("tt_1_001193", 0.02))
    heard = build_understander(fake_rasa.url, knowledge).understand("xyz xyz")
    assert (heard.skill, heard.topic) == (skill, topic)


def test_follow_up_leans_on_the_topic(knowledge: Knowledge, fake_rasa: FakeRasa) -> None:
    fake_rasa.body = rasa_says(("follow_up", 0.9), aspects={"fee": 0.95})
    understander = build_understander(fake_rasa.url, knowledge)
    heard = understander.understand("còn tiền bạc sao", "1.001193")
    assert heard.follow_up and heard.band is Band.SURE
    assert heard.candidates == (Candidate("1.001193", 1.0),) and heard.aspects == (Aspect.FEE,)
    bare = understander.understand("còn tiền bạc sao")
    assert bare.follow_up and bare.band is Band.UNSURE and not bare.candidates


def test_thresholds_cut_the_bands(knowledge: Knowledge, fake_rasa: FakeRasa) -> None:
    fake_rasa.body = rasa_says(("tt_1_001193", 0.3), ("tt_1_004884", 0.28))
    for thresholds, expected in (
        (Thresholds(sure=0.01, unsure=0.0), Band.SURE),
        (Thresholds(sure=0.999, unsure=0.01), Band.UNSURE),
        (Thresholds(sure=1.0, unsure=0.999), Band.LOST),
    ):
        heard = build_understander(fake_rasa.url, knowledge, thresholds).understand("khai sinh gì đó")
        assert heard.band is expected


@given(st.text(max_size=200), st.sampled_from([None, "1.001193", "no such code"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_never_raises_and_twins_agree(alone: Understander, text: str, topic: str | None) -> None:
    heard = alone.understand(text, topic)
    assert 0.0 <= heard.confidence <= 1.0
    twin = alone.understand(heard.folded, topic)
    assert (twin.skill, twin.topic, twin.candidates) == (heard.skill, heard.topic, heard.candidates)
