"""Whole messages of one meaning: bare aspects, yes and no, abuse, complaints."""

from __future__ import annotations

import pytest

from bot.knowledge.loading import Knowledge
from bot.understanding.folding import fold, tokens, words
from bot.understanding.set_phrases import after_con, bare_aspect, is_abuse, is_complaint, set_talk
from bot.understanding.types import Aspect, Band, Skill
from bot.understanding.understander import Understander, build_understander

BARE = [
    ("lệ phí", Aspect.FEE),
    ("còn lệ phí thì sao ạ", Aspect.FEE),
    ("thế còn tiền", Aspect.FEE),
    ("phí?", Aspect.FEE),
    ("hồ sơ", Aspect.DOCUMENTS),
    ("giấy tờ", Aspect.DOCUMENTS),
    ("còn giấy tờ", Aspect.DOCUMENTS),
    ("con giay to can gi", Aspect.DOCUMENTS),
    ("còn hồ sơ thì sao", Aspect.DOCUMENTS),
    ("ở đâu", Aspect.PLACE),
    ("ở đâu vậy ad", Aspect.PLACE),
    ("ai ký", Aspect.PLACE),
    ("ai kí vậy", Aspect.PLACE),
    ("ai làm", Aspect.PLACE),
    ("thời hạn", Aspect.TIME),
    ("bao lâu", Aspect.TIME),
    ("mẫu đơn", Aspect.FORM),
    ("cho xin mẫu đơn", Aspect.FORM),
    ("điều kiện", Aspect.CONDITIONS),
    ("căn cứ pháp lý", Aspect.LAW),
    ("kết quả", Aspect.RESULT),
    ("quy trình", Aspect.STEPS),
]
NOT_BARE = [
    "lệ phí khai sinh",
    "hồ sơ tôi tới đâu rồi",
    "ai là chủ tịch xã",
    "giấy tờ xe",
    "con",
    "mẫu giáo",
    "địa chỉ ở đâu",
    "tiền điện",
    "giấy khai sinh",
]


@pytest.fixture(scope="module")
def alone(knowledge: Knowledge) -> Understander:
    return build_understander(None, knowledge)


@pytest.mark.parametrize(("text", "aspect"), BARE)
def test_a_bare_aspect_leans_on_the_topic(alone: Understander, text: str, aspect: Aspect) -> None:
    for written in (text, fold(text)):
        assert bare_aspect(words(written)) is aspect
        heard = alone.understand(written, "1.000894")
        assert (heard.skill, heard.band, heard.follow_up) == (Skill.PROCEDURE, Band.SURE, True)
        assert [c.code for c in heard.candidates] == ["1.000894"] and heard.aspects == (aspect,)
        asked = alone.understand(written)
        assert (asked.band, asked.candidates, asked.aspects) == (Band.UNSURE, (), (aspect,))


@pytest.mark.parametrize("text", ["qua mạng", "nộp qua mạng được không", "online đc k"])
def test_online_leans_only_where_there_is_a_topic(alone: Understander, text: str) -> None:
    for written in (text, fold(text)):
        heard = alone.understand(written, "1.000894")
        assert heard.follow_up and heard.aspects == (Aspect.ONLINE,) and heard.confidence == 1.0
        assert alone.understand(written).confidence == 0.0  # the models have the word


@pytest.mark.parametrize("text", NOT_BARE)
def test_more_than_an_aspect_is_not_bare(text: str) -> None:
    assert bare_aspect(words(text)) is None
    assert bare_aspect(words(fold(text))) is None


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("còn giấy tờ khai sinh thì sao", "giấy tờ khai sinh thì sao"),
        ("con le phi ket hon", "le phi ket hon"),
        ("thế còn thời hạn cấp căn cước", "thời hạn cấp căn cước"),
        ("con tôi làm khai sinh", "con tôi làm khai sinh"),
        ("con nuôi", "con nuôi"),
        ("con", "con"),
        ("con muon lam giay to", "con muon lam giay to"),
    ],
)
def test_con_for_also(text: str, kept: str) -> None:
    assert after_con(text, tokens(text)) == kept


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("bạn biết làm gì", "menu"),
        ("bạn làm được gì vậy", "menu"),
        ("giúp được gì", "menu"),
        ("uh", "affirm"),
        ("ừ", "affirm"),
        ("uhm", "affirm"),
        ("dạ đúng rồi", "affirm"),
        ("vâng ạ", "affirm"),
        ("k cần nữa", "bye"),
        ("không cần nữa đâu ạ", None),
        ("thôi khỏi", "bye"),
        ("thôi khỏi nha", "bye"),
        ("thôi", "bye"),
        ("không", "deny"),
        ("hông phải", "deny"),
        ("không cần giấy tờ gì", None),
        ("đúng hạn", None),
    ],
)
def test_talk(text: str, topic: str | None) -> None:
    assert set_talk(words(text)) == topic
    assert set_talk(words(fold(text))) == topic


@pytest.mark.parametrize(
    "text",
    ["đồ mày làm ăn như cc", "vcl", "dm mày", "ngu quá", "đồ ngu", "sao ngu vậy", "bot ngu", "lâu vl", "đcm"],
)
def test_abuse(alone: Understander, text: str) -> None:
    for written in (text, fold(text)):
        assert is_abuse(" ".join(words(written)))
        assert alone.understand(written).topic == "abuse"


@pytest.mark.parametrize(
    "text",
    [
        "làm cc cho con",
        "cc hết hạn",
        "buồn ngủ quá",
        "mất đầy đủ giấy tờ",
        "mẹ mấy tuổi thì được",
        "cho má làm căn cước",
        "buổi chiều có làm không",
        "các giấy tờ",
        "bằng đo đạc",
        "vô dụng cụ",
        "ngủ lại nhà người thân",
        "đồ điện",
    ],
)
def test_no_abuse(text: str) -> None:
    assert not is_abuse(" ".join(words(text)))
    assert not is_abuse(" ".join(words(fold(text))))


def test_a_rude_question_is_still_a_question(alone: Understander) -> None:
    assert alone.understand("dm đăng ký kết hôn").candidates[0].code == "1.000894"


@pytest.mark.parametrize(
    "text",
    [
        "tố cáo chủ tịch xã",
        "tôi muốn tố cáo ông chủ tịch xã",
        "kiện cán bộ địa chính",
        "khiếu nại thái độ cán bộ một cửa",
        "phản ánh công an xã",
        "cán bộ địa chính nhận hối lộ",
        "công an xã đánh dân",
        "cán bộ vòi tiền",
        "tố cáo",  # neither against whom nor about what: a person asks
        "dạ em muốn khiếu nại ạ",
        "phản ánh ở đâu",
    ],
)
def test_complaints_go_to_a_person(alone: Understander, text: str) -> None:
    for written in (text, fold(text)):
        heard = alone.understand(written)
        assert (heard.skill, heard.topic, heard.band) == (Skill.HANDOFF, "complaint", Band.SURE)


@pytest.mark.parametrize(
    "text",
    [
        "làm đơn tố cáo cán bộ công an xã",
        "thủ tục tố cáo công an xã cần giấy tờ gì",
        "khiếu nại quyết định xử phạt của công an xã",
        "điều kiện làm cán bộ xã",
        "cán bộ xã làm việc mấy giờ",
        "xin ý kiến cán bộ tư pháp",
        "tổ công an xã",
        "tổ một cửa",
    ],
)
def test_questions_on_complaints_are_questions(text: str) -> None:
    assert not is_complaint(" ".join(words(text)))
    assert not is_complaint(" ".join(words(fold(text))))
