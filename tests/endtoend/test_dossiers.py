"""Dossiers from a resident's words to the platform's calls, on Zalo and Facebook; every process but Rasa."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from bot.clock import VIETNAM
from bot.settings import ROOT
from bot.store.engine import reading, writing
from bot.store.models import Conversation, Message
from bot.store.models_dossiers import DossierAlert, DossierAttempt, DossierFollow
from bot.supervisor.service import free_port
from bot.supervisor.stack import Stack
from connectors.sandbox import defaults
from tests.endtoend.insides import Insides
from tests.endtoend.town import Town

pytestmark = pytest.mark.rasa  # among the slow ones, though the matcher answers alone here

PLATFORMS = ("zalo", "facebook")
PROCESSES = ("redis", "sandbox", "worker", "web")
USERS = {"zalo": "77000000010", "facebook": "88000000010"}
DEADLINE_S = 45
DAY_MS = 24 * 3600 * 1000
HEAD = "Mã hồ sơ;Tên thủ tục;Trạng thái;Ngày hẹn trả;Số điện thoại;Cập nhật lúc"
LIVE = "H19.29-261102-0001"
"""The sandbox's one-stop system knows it; the last digits of its phone are 0021."""


@pytest.fixture(scope="module")
def dossier_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The commune's table; residents may be written to at any hour, for tests are run at night too."""
    env = {"NOTICE_HOURS": "00:00-00:00", "SANDBOX_LADDER_FACTOR": "0.01"}
    with Stack(Path(tmp_path_factory.mktemp("dossiers")), PROCESSES, env=env) as running:
        imported(
            running, {code_of(p, n): "Đang xử lý" for p in PLATFORMS for n in range(1, 6)}, minutes_ago=60
        )
        yield running


@pytest.fixture
def dossiers(dossier_stack: Stack) -> Town:
    return Town(dossier_stack)


def code_of(platform: str, number: int) -> str:
    return f"H19.29-26110{PLATFORMS.index(platform) + 1}-{number:04d}"


def imported(stack: Stack, statuses: dict[str, str], minutes_ago: int = 0) -> None:
    """An export of the one-stop software, taken in on the command line."""
    at = datetime.now(VIETNAM) - timedelta(minutes=minutes_ago)
    rows = [
        f"{code};Đăng ký khai sinh;{status};04/12/2026;0912345678;{at:%d/%m/%Y %H:%M:%S}"
        for code, status in statuses.items()
    ]
    path = stack.var_dir / "xuat.csv"
    path.write_text("\n".join([HEAD, *rows]), encoding="utf-8")
    command = [sys.executable, "-m", "bot", "dossiers", "import", str(path)]
    env = {**os.environ, **stack.env}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def answer(town: Town, platform: str, user: str, text: str) -> str:
    """All that is said to ``text``."""
    before = len(town.settled(platform, user))
    town.says(platform, user, text, wait="done")
    return "\n".join(m["text"] for m in town.settled(platform, user)[before:])


def until(true: Callable[[], bool]) -> None:
    """Wait for what a job does by the clock."""
    deadline = time.monotonic() + DEADLINE_S
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.2)


def follow_of(insides: Insides, code: str) -> DossierFollow:
    with reading(insides.engine) as session:
        return session.scalars(select(DossierFollow).where(DossierFollow.code == code)).one()


@pytest.mark.parametrize("platform", PLATFORMS)
def test_look_up_wrong_factor_and_right_one(dossiers: Town, platform: str) -> None:
    user, code = f"{USERS[platform]}1", code_of(platform, 1)
    assert "4 số cuối" in answer(dossiers, platform, user, code)
    assert "khớp với mã" in answer(dossiers, platform, user, "0000")
    told = answer(dossiers, platform, user, "5678")
    assert "Đăng ký khai sinh" in told and "04/12/2026" in told and "Theo dữ liệu lúc" in told
    insides = Insides(dossiers.stack)
    with reading(insides.engine) as session:
        texts = session.scalars(select(Message.text).where(Message.author == "resident")).all()
        results = session.scalars(select(DossierAttempt.result).where(DossierAttempt.code == code)).all()
    assert not {"0000", "5678"} & set(texts)
    assert sorted(results) == ["hit", "miss"]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_wrong_code_is_answered_like_a_wrong_factor(dossiers: Town, platform: str) -> None:
    user, known, unknown = f"{USERS[platform]}2", code_of(platform, 2), code_of(platform, 77)
    first = answer(dossiers, platform, user, f"{known} 0000")
    assert first == answer(dossiers, platform, user, f"{unknown} 0000") or "trợ lý tự động" in first
    assert answer(dossiers, platform, f"{user}9", f"{unknown} 0000") == first


@pytest.mark.parametrize("platform", PLATFORMS)
def test_lock_out(dossiers: Town, platform: str) -> None:
    user, code = f"{USERS[platform]}3", code_of(platform, 3)
    answer(dossiers, platform, user, code)
    for guess in ("0001", "0002", "0003"):
        assert "khớp với mã" in answer(dossiers, platform, user, guess)
    assert "thử lại sau" in answer(dossiers, platform, user, "5678")
    with reading(Insides(dossiers.stack).engine) as session:
        waits = select(DossierAttempt).where(DossierAttempt.code == code, DossierAttempt.result == "wait")
        assert session.scalars(waits).one().wait_until
        assert session.scalars(select(DossierAlert)).all() == []  # three slips alarm nobody


@pytest.mark.parametrize("platform", PLATFORMS)
def test_follow_change_notice_stop(dossiers: Town, platform: str) -> None:
    user, code = f"{USERS[platform]}4", code_of(platform, 4)
    answer(dossiers, platform, user, f"{code} 5678")
    dossiers.taps(platform, user, "#dossier:follow", "Theo dõi hồ sơ")
    before = dossiers.settled(platform, user)
    assert "Dừng theo dõi" in before[-1]["text"]
    imported(dossiers.stack, {code: "Đã xử lý xong"})
    told = dossiers.heard(platform, user, at_least=len(before) + 1)[len(before) :]
    assert len(told) == 1 and "vừa có thay đổi" in told[0]["text"] and "đã có kết quả" in told[0]["text"]
    assert code in answer(dossiers, platform, user, "Dừng theo dõi")
    imported(dossiers.stack, {code: "Đã trả kết quả"})
    assert follow_of(Insides(dossiers.stack), code).ended_at is not None


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_closed_window_keeps_the_news_for_the_next_contact(dossiers: Town, platform: str) -> None:
    user, code = f"{USERS[platform]}5", code_of(platform, 5)
    answer(dossiers, platform, user, f"{code} 5678")
    dossiers.taps(platform, user, "#dossier:follow", "Theo dõi hồ sơ")
    before = dossiers.settled(platform, user)
    insides = Insides(dossiers.stack)
    with writing(insides.engine) as session:
        ago = Conversation.last_inbound_ms - 30 * DAY_MS
        session.execute(update(Conversation).where(Conversation.user_ref == user).values(last_inbound_ms=ago))
    imported(dossiers.stack, {code: "Đã xử lý xong"})
    until(lambda: follow_of(insides, code).unsent_since is not None)
    assert follow_of(insides, code).unsent_reason == "window_closed"
    assert dossiers.settled(platform, user) == before
    said = answer(dossiers, platform, user, "xin chào")
    assert "Trong lúc ông/bà vắng" in said and "đã có kết quả" in said
    assert "Trong lúc" not in answer(dossiers, platform, user, "xin chào")


def test_zalo_shares_the_phone(dossiers: Town) -> None:
    user = f"{USERS['zalo']}6"
    answer(dossiers, "zalo", user, code_of("zalo", 1))
    before = len(dossiers.settled("zalo", user))
    act = {"user_id": user, "kind": "submit_info", "text": "84912345678", "name": "Lan"}
    dossiers.api("POST", "/residents/zalo/send", json={**act, "wait": "done"})
    assert "Đăng ký khai sinh" in dossiers.settled("zalo", user)[before]["text"]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_trouble_goes_to_an_officer_with_the_dossier(dossiers: Town, platform: str) -> None:
    user, code = f"{USERS[platform]}7", code_of(platform, 1)
    imported(dossiers.stack, {code: "Từ chối hồ sơ"})
    assert "Từ chối hồ sơ" in answer(dossiers, platform, user, f"{code} 5678")
    assert f"chuyển hồ sơ {code}" in answer(dossiers, platform, user, "sao bị từ chối vậy")


def test_a_live_system_over_http(tmp_path: Path) -> None:
    """The sandbox's one-stop system: found, away, back again; an absence is no failed attempt."""
    port = free_port()
    env = {
        "SANDBOX_PORT": str(port),
        "DOSSIER_SOURCE": "http",
        "DOSSIER_HTTP_URL": defaults.dossiers_url(port),
        "DOSSIER_HTTP_TOKEN": defaults.DOSSIERS_TOKEN,
        "DOSSIER_HTTP_FIELDS": defaults.DOSSIERS_FIELDS,
    }
    with Stack(tmp_path, PROCESSES, env=env) as stack:
        town = Town(stack)
        for platform in PLATFORMS:
            user = f"{USERS[platform]}1"
            answer(town, platform, user, LIVE)
            town.api("POST", "/dossiers/faults", json={"status": 503, "count": 1})
            assert "không trả lời" in answer(town, platform, user, "0021")
            assert "khớp với mã" in answer(town, platform, user, "9999")
            told = answer(town, platform, user, "0021")
            assert "Đăng ký khai sinh" in told and "lúc 16:30 ngày 24/11/2026" in told
