"""The understander by rule, with a stand-in for Rasa, and without Rasa."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.knowledge.loading import Knowledge
from bot.understanding.client import RasaClient
from bot.understanding.deciding import Thresholds, Weights
from bot.understanding.folding import fold
from bot.understanding.types import UNNAMED, Aspect, Band, Candidate, Skill
from bot.understanding.understander import Understander, build_understander
from tests.understanding.conftest import FakeRasa


@pytest.fixture(scope="module")
def alone(knowledge: Knowledge) -> Understander:
    """Rasa is away."""
    return build_understander(None, knowledge)


def rasa_says(
    *ranking: tuple[str, float], aspects: dict[str, float] | None = None, near: float = 0.8
) -> dict[str, object]:
    """``near``: the cosine of the first; the others lie as much farther as they are less probable."""
    first = max(p for _, p in ranking)
    return {
        "intent_ranking": [{"name": name, "confidence": p} for name, p in ranking],
        "aspects": aspects or {},
        "neighbours": {name: round(near * p / first, 4) for name, p in ranking},
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
        ("elsewhere", Skill.NONE, "elsewhere"),
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
    never = 1.01  # no question is ever the better answer
    for thresholds, expected in (
        (Thresholds(sure=0.01, unsure=0.0, ask=never), Band.SURE),
        (Thresholds(sure=0.01, unsure=0.0, ask=0.0), Band.UNSURE),
        (Thresholds(sure=0.999, unsure=0.01, ask=never), Band.UNSURE),
        (Thresholds(sure=1.0, unsure=0.9999, ask=never), Band.LOST),
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


def test_the_models_emergency_alone_is_none(knowledge: Knowledge, fake_rasa: FakeRasa) -> None:
    fake_rasa.body = rasa_says(("emergency", 0.9), ("follow_up", 0.05))
    understander = build_understander(fake_rasa.url, knowledge)
    for text in ("trễ 2 tháng có bị phạt k", "nộp muộn có sao không", "bị trả hồ sơ hoài"):
        assert understander.understand(text).topic != "emergency"
    assert understander.understand("hai xe va nhau có người bị thương").topic == "emergency"


OF_DIVORCE = ["tôi ly hôn rồi", "ly hôn thì làm gì", "vợ chồng em đã ly hôn"]


@pytest.mark.parametrize("text", OF_DIVORCE)
def test_special_cases_are_asked_about(knowledge: Knowledge, fake_rasa: FakeRasa, text: str) -> None:
    """The procedure for a divorce abroad is not taken for granted where nothing speaks of abroad."""
    understander = build_understander(fake_rasa.url, knowledge)
    fake_rasa.body = rasa_says(("tt_2_000554", 0.45), ("tt_1_000894", 0.4), near=0.45)
    assert understander.understand(text).band is Band.UNSURE
    abroad = understander.understand("ly hôn ở Đài Loan về ghi vào sổ")
    assert abroad.candidates[0].code == "2.000554"
    fake_rasa.body = rasa_says(("tt_2_000554", 0.95))
    abroad = understander.understand("ly hôn ở Đài Loan về ghi vào sổ")
    assert (abroad.band, abroad.candidates[0].code) == (Band.SURE, "2.000554")


@pytest.mark.parametrize("text", OF_DIVORCE)
def test_special_cases_are_asked_about_however_sure_rasa_is(
    knowledge: Knowledge, fake_rasa: FakeRasa, text: str
) -> None:
    fake_rasa.body = rasa_says(("tt_2_000554", 0.95))
    assert build_understander(fake_rasa.url, knowledge).understand(text).band is not Band.SURE


@pytest.mark.parametrize(
    ("text", "aspect"),
    [("sao y", "steps"), ("nộp ở đâu thì được", "form"), ("lý lịch tư pháp", "law")],
)
def test_an_aspect_needs_a_word(knowledge: Knowledge, fake_rasa: FakeRasa, text: str, aspect: str) -> None:
    fake_rasa.body = rasa_says(("tt_2_000815", 0.9), aspects={aspect: 0.9})
    assert Aspect(aspect) not in build_understander(fake_rasa.url, knowledge).understand(text).aspects


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("mất sổ đỏ", "1.012786"),
        ("làm lại sổ đỏ bị mất", "1.012786"),
        ("sang tên đất", "1.013831"),
        ("sang tên đất cho con", "1.013831"),
        ("tách thửa đất", "1.012784"),
        ("lý lịch tư pháp", "3.000333"),
        ("làm hộ chiếu", "1.001456"),
        ("mất bằng lái xe", "3.000346"),
        ("đổi bằng lái xe", "3.000347"),
        ("mất hộ chiếu", "1.010386"),
        ("sổ đỏ", "1.013978"),
        ("sang tên xe máy", "1.013076"),
        ("mất giấy khai sinh gốc làm lại", "1.004884"),
        ("bằng lái hết hạn", "3.000347"),
        ("bằng lái xe", "3.000346"),
        ("sao y", "2.000815"),
    ],
)
def test_outside_the_data_has_its_own_name(alone: Understander, text: str, code: str) -> None:
    for written in (text, fold(text)):
        heard = alone.understand(written)
        assert (heard.band, heard.candidates[0].code) == (Band.SURE, code)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("tôi ly hôn rồi", {"1.004873", "2.000554"}),
        ("mua bán đất", {"1.013831", "2.001035"}),
        ("cho đất cho con", {"1.013831", "2.001035"}),
        ("thừa kế đất", {"1.013831", "2.001406"}),
    ],
)
def test_what_several_own_is_asked(alone: Understander, text: str, codes: set[str]) -> None:
    for written in (text, fold(text)):
        heard = alone.understand(written)
        assert heard.band is Band.UNSURE
        assert {candidate.code for candidate in heard.candidates[:2]} == codes


def test_a_follow_up_with_a_name_of_its_own(knowledge: Knowledge, fake_rasa: FakeRasa) -> None:
    """ "trễ hạn căn cước có bị phạt không" sounds like a follow-up, and names what it is about."""
    fake_rasa.body = rasa_says(("follow_up", 0.7), ("tt_1_116410", 0.2))
    understander = build_understander(fake_rasa.url, knowledge)
    for topic in (None, "1.000894"):
        heard = understander.understand("thẻ căn cước quá hạn có bị phạt không", topic)
        assert not heard.follow_up and heard.candidates[0].code == "1.116410"


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("đăng ký khai sinh cho con làm sao", ()),  # what is needed at all: no one part
        ("đăng ký khai sinh làm theo các bước nào", (Aspect.STEPS,)),
        ("đăng ký khai sinh cho cháu nội có được không", (Aspect.CONDITIONS,)),
        ("khai sinh được không", ()),  # a bare name with a nod
        ("đăng ký khai sinh cho cháu có mất lệ phí không", (Aspect.FEE,)),  # its own words win
    ],
)
def test_what_a_question_without_a_plain_part_asks_for(
    knowledge: Knowledge, fake_rasa: FakeRasa, text: str, asked: tuple[Aspect, ...]
) -> None:
    fake_rasa.body = rasa_says(("tt_1_001193", 0.95), aspects={"steps": 0.6})
    understander = build_understander(fake_rasa.url, knowledge)
    for written in (text, fold(text)):
        assert understander.understand(written).aspects == asked


def test_some_paper_and_nothing_says_which(knowledge: Knowledge, fake_rasa: FakeRasa) -> None:
    """Never sure, and procedures only where one of them may well be meant."""
    understander = build_understander(fake_rasa.url, knowledge)
    fake_rasa.body = rasa_says((UNNAMED, 0.97), ("tt_1_001193", 0.01), ("thanks", 0.01))
    heard = understander.understand("xyz xyz")
    assert (heard.skill, heard.topic, heard.band) == (Skill.PROCEDURE, UNNAMED, Band.UNSURE)
    assert heard.candidates == ()
    fake_rasa.body = rasa_says((UNNAMED, 0.6), ("tt_1_001193", 0.35))
    weights = Weights({"log_p": 1.0}, {}, {})
    by_rasa = Understander(knowledge, RasaClient(fake_rasa.url), Thresholds(), weights)
    heard = by_rasa.understand("xyz xyz")
    assert (heard.topic, heard.band) == (UNNAMED, Band.UNSURE)
    assert [candidate.code for candidate in heard.candidates] == ["1.001193"]


def test_a_part_of_some_paper_is_a_part_of_the_one_spoken_of(
    knowledge: Knowledge, fake_rasa: FakeRasa
) -> None:
    fake_rasa.body = rasa_says((UNNAMED, 0.97), aspects={"documents": 0.95})
    understander = build_understander(fake_rasa.url, knowledge)
    heard = understander.understand("hồ sơ gồm những gì", "1.000894")
    assert heard.follow_up and heard.candidates == (Candidate("1.000894", 1.0),)
    assert heard.aspects == (Aspect.DOCUMENTS,)
    assert understander.understand("hồ sơ gồm những gì").topic == UNNAMED


def test_where_a_question_is_the_better_answer_it_is_asked(knowledge: Knowledge, fake_rasa: FakeRasa) -> None:
    fake_rasa.body = rasa_says(("tt_1_001193", 0.95), ("tt_1_004884", 0.02))
    for always, expected in ((-9.0, Band.SURE), (9.0, Band.UNSURE)):
        weights = Weights({"log_p": 1.0}, {}, {"always": always})
        understander = Understander(knowledge, RasaClient(fake_rasa.url), Thresholds(), weights)
        heard = understander.understand("khai sinh gì đó")
        assert (heard.band, heard.candidates[0].code) == (expected, "1.001193")
