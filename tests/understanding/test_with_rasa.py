"""The whole understanding on the trained model and its real server."""

from __future__ import annotations

import statistics
import time

import pytest
import yaml

from bot.knowledge.loading import Knowledge
from bot.settings import ROOT
from bot.understanding.client import RasaClient
from bot.understanding.folding import fold
from bot.understanding.names import code_of
from bot.understanding.types import Aspect, Band, Skill
from bot.understanding.understander import Understander, build_understander

pytestmark = pytest.mark.rasa


@pytest.fixture(scope="module")
def understander(rasa_url: str, rasa_token: str, knowledge: Knowledge) -> Understander:
    return build_understander(rasa_url, knowledge, token=rasa_token)


@pytest.mark.parametrize(
    ("text", "code", "aspects"),
    [
        ("dang ky khai sinh can giay to gi", "1.001193", (Aspect.DOCUMENTS,)),
        ("lam giay ks cho be can j", "1.001193", (Aspect.DOCUMENTS,)),
        ("lệ phí cấp lại căn cước bị mất", "1.116410", (Aspect.FEE,)),
        ("đăng ký tạm trú qua mạng được không", "1.004194", (Aspect.ONLINE,)),
        ("xin giay doc than may ngay co", "1.004873", (Aspect.TIME,)),
        ("mở quán tạp hóa đăng ký hộ kinh doanh cần gì", "1.001612", (Aspect.DOCUMENTS,)),
    ],
)
def test_procedures(understander: Understander, text: str, code: str, aspects: tuple[Aspect, ...]) -> None:
    for written in (text, fold(text)):
        heard = understander.understand(written)
        assert (heard.skill, heard.band, heard.degraded) == (Skill.PROCEDURE, Band.SURE, False)
        assert heard.candidates[0].code == code
        assert heard.aspects == aspects


@pytest.mark.parametrize(
    ("text", "skill", "topic"),
    [
        ("xin chào ad", Skill.SMALLTALK, "greeting"),
        ("cảm ơn nhiều nha", Skill.SMALLTALK, "thanks"),
        ("bạn là người hay máy", Skill.SMALLTALK, "bot"),
        ("cho gặp cán bộ", Skill.HANDOFF, "wish"),
        ("tôi lỡ chuyển tiền cho kẻ lừa đảo", Skill.SCAM, "victim"),
        ("hồ sơ của tôi tới đâu rồi", Skill.DOSSIER, "status"),
        ("thứ bảy xã có làm việc không", Skill.CONTACT, "hours"),
        ("tối nay đá bóng mấy giờ", Skill.NONE, "out_of_scope"),
    ],
)
def test_skills(understander: Understander, text: str, skill: Skill, topic: str) -> None:
    for written in (text, fold(text)):
        heard = understander.understand(written)
        assert (heard.skill, heard.topic) == (skill, topic)


@pytest.mark.parametrize(
    ("text", "aspect"),
    [
        ("còn lệ phí bao nhiêu", Aspect.FEE),
        ("nộp ở đâu vậy ad", Aspect.PLACE),
        ("bao lau xong", Aspect.TIME),
        ("cần giấy tờ gì", Aspect.DOCUMENTS),
    ],
)
def test_follow_ups(understander: Understander, text: str, aspect: Aspect) -> None:
    heard = understander.understand(text, "1.000894")
    assert heard.follow_up and heard.aspects == (aspect,)
    assert heard.candidates[0].code == "1.000894"
    assert understander.understand(text).follow_up


def test_an_intent_cannot_be_injected(understander: Understander) -> None:
    assert understander.understand("/handoff_wish").skill is not Skill.HANDOFF


def test_own_questions(understander: Understander) -> None:
    """What ``rasa test nlu`` measures, through the whole understanding, with and without diacritics."""
    text = (ROOT / "rasa_project" / "tests" / "nlu.yml").read_text(encoding="utf-8")
    right = {True: 0, False: 0}
    n = 0
    for block in yaml.safe_load(text)["nlu"]:
        code = code_of(block["intent"])
        for line in block["examples"].splitlines() if code else ():
            n += 1
            for bare in (True, False):
                asked = fold(line[2:]) if bare else line[2:]
                found = understander.understand(asked).candidates
                right[bare] += bool(found) and found[0].code == code
    assert right[True] / n >= 0.93
    assert right[True] == right[False]


def test_one_call_is_quick(rasa_url: str, rasa_token: str) -> None:
    client = RasaClient(rasa_url, rasa_token)
    times = []
    for _ in range(60):
        started = time.perf_counter()
        client.parse("cho em hỏi đăng ký kết hôn khác tỉnh cần giấy tờ gì")
        times.append(time.perf_counter() - started)
    assert statistics.median(times) < 0.03  # about 2.5 ms on a quiet machine; CI shares its cores
