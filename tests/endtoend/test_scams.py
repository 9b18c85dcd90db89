"""From a forwarded scam to the commune's warning: phone, worker, desk, list, next check, subscribers."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests

from bot.clock import VIETNAM, utc_now
from bot.desk.sessions import COOKIE, open_session
from bot.settings import ROOT
from bot.store.engine import writing
from bot.store.models import Officer
from bot.supervisor.stack import Stack
from bot.texts import load_texts
from bot.worker.warnings import send_warnings
from connectors.channel import Channel
from connectors.facebook.channel import FacebookChannel
from connectors.sandbox import defaults
from connectors.zalo.channel import ZaloChannel
from tests.endtoend.insides import Insides
from tests.endtoend.town import Town
from tests.images import pictures

pytestmark = pytest.mark.rasa

PLATFORMS = ("zalo", "facebook")
_ids = itertools.count(1)


def someone(platform: str) -> str:
    return f"{'79' if platform == 'zalo' else '89'}{next(_ids):012d}"


def said(town: Town, platform: str, user: str, before: int = 0) -> str:
    """Everything that was said after the first ``before`` messages, with the buttons."""
    sent = town.settled(platform, user)[before:]
    return "\n".join(m["text"] + " ".join(b["title"] for b in m["buttons"]) for m in sent)


def _asks(town: Town, platform: str, user: str, text: str) -> str:
    """What is said to ``text``."""
    before = len(town.settled(platform, user))
    town.says(platform, user, text)
    return said(town, platform, user, before)


def sends_picture(town: Town, platform: str, user: str, content: bytes, text: str = "") -> None:
    url = town.api("POST", "/media", data=content)["url"]
    town.says(platform, user, text, kind="image", url=url)


class Desk:
    """An officer's browser, by HTTP."""

    def __init__(self, stack: Stack) -> None:
        self.url = f"{stack.web_url}/desk"
        self.http = requests.Session()
        with writing(Insides(stack).engine) as session:
            officer = Officer(
                login=f"ca{time.time_ns()}", name="Trần Văn Công", role="officer", password_hash="-",
                must_change=False, created_at=utc_now(),
            )  # fmt: skip
            session.add(officer)
            session.flush()
            self.http.cookies.set(COOKIE, open_session(session, officer, utc_now()), path="/desk")

    def get(self, path: str) -> str:
        answer = self.http.get(self.url + path, timeout=30)
        assert answer.status_code == 200, answer.status_code
        return answer.text

    def submit(self, page: str, path: str, **fields: str) -> str:
        """Send a form of ``page`` to ``path``."""
        found = re.search(r'name="csrf-token" content="([^"]+)"', self.get(page))
        assert found
        data = {"csrf_token": found[1], **fields}
        answer = self.http.post(self.url + path, data=data, headers={"Referer": self.url}, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.text


@pytest.fixture
def desk(stack: Stack) -> Iterator[Desk]:
    desk = Desk(stack)
    yield desk
    desk.http.close()


def _last_evening() -> datetime:
    """A moment before now at which residents may be written to: a test may run at night."""
    local = utc_now().astimezone(VIETNAM)
    evening = local.replace(hour=20, minute=0, second=0, microsecond=0)
    return (evening if evening < local else evening - timedelta(days=1)).astimezone(UTC)


def _send_what_is_due(stack: Stack) -> None:
    """What the worker's own job does by day; both at once send nothing twice. The sweep finds the outbox."""
    channels: dict[str, Channel] = {
        "zalo": ZaloChannel(defaults.ZALO_APP_ID, defaults.ZALO_OA_SECRET_KEY),
        "facebook": FacebookChannel((defaults.FACEBOOK_APP_SECRET,), defaults.FACEBOOK_VERIFY_TOKEN),
    }
    words = load_texts(ROOT / "faq_data").wording
    send_warnings(Insides(stack).engine, channels, words, "xã Xuân Định", _last_evening(), lambda _key: None)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_from_a_forwarded_message_to_the_warning(stack: Stack, town: Town, desk: Desk, platform: str) -> None:
    user, neighbour, subscriber = someone(platform), someone(platform), someone(platform)
    host = f"nhan-tro-cap-{platform}-{time.time_ns()}.vn"
    town.says(platform, neighbour, host)
    assert "công an xã xác nhận" not in said(town, platform, neighbour)

    # forwarded, told, reported with one tap
    town.says(
        platform, user, f"Thong bao: ban duoc nhan tro cap 3.000.000d, vao https://{host}/nhan?id=079204001234"
        " nhap so the va ma OTP truoc 17h hom nay. LH 0912345678",
    )  # fmt: skip
    told = said(town, platform, user)
    assert "Có dấu hiệu lừa đảo" in told and "Báo công an xã" in told
    heard = len(town.settled(platform, user))
    town.taps(platform, user, "#scam:send", "Báo công an xã")
    assert "Đã chuyển tới công an xã" in said(town, platform, user, heard)

    # the police's queue: masked text, the numbers in full, confirmed
    queue = desk.get("/scams")
    report = max(int(number) for number in re.findall(r"/desk/scams/(\d+)", queue))
    page = desk.get(f"/scams/{report}")
    assert host in page and "079204001234" not in page and "+84912345678" in page
    desk.submit(f"/scams/{report}", f"/scams/{report}/decide", decision="confirmed", host=host)
    assert host in desk.get("/scams/list")

    # the next check of anybody uses it
    deadline = time.monotonic() + 60  # the worker reads the list every 30 seconds
    while "công an xã xác nhận" not in (told := _asks(town, platform, neighbour, host)):
        assert time.monotonic() < deadline, told

    # a warning goes to who asked for it, and to nobody after "dừng"
    for resident in (subscriber, neighbour):
        town.says(platform, resident, "nhận cảnh báo")
        assert "Đã ghi nhận" in said(town, platform, resident)
    town.says(platform, neighbour, "dừng")
    assert "Đã dừng" in said(town, platform, neighbour)
    told_before = len(town.settled(platform, neighbour))
    text = f"Có trang giả phát trợ cấp ({host.replace('.', '[.]')}). Đừng vào, đừng đọc mã OTP."
    desk.submit("/scams/warnings/add", "/scams/warnings/add", text=text, report=str(report))
    warning = max(
        int(number) for number in re.findall(r"/desk/scams/warnings/(\d+)", desk.get("/scams/warnings"))
    )
    desk.submit("/scams/warnings", f"/scams/warnings/{warning}/confirm")
    before = len(town.settled(platform, subscriber))
    for _ in range(2):
        _send_what_is_due(stack)
    assert town.heard(platform, subscriber, before + 1)[-1]["text"].count("trang giả phát trợ cấp") == 1
    assert said(town, platform, subscriber).count("trang giả phát trợ cấp") == 1
    assert len(town.settled(platform, neighbour)) == told_before


@pytest.mark.parametrize("platform", PLATFORMS)
def test_pictures_from_the_phone_are_read(town: Town, platform: str) -> None:
    user = someone(platform)
    sends_picture(town, platform, user, pictures.qr("https://vneid-capnhat.top/qr"))
    told = said(town, platform, user)
    assert "Có dấu hiệu lừa đảo" in told and "vneid-capnhat.top" in told
    heard = len(town.settled(platform, user))
    sends_picture(town, platform, user, pictures.bomb())
    assert "không mở được" in said(town, platform, user, heard)


def test_a_screenshot_of_a_scam_is_read(town: Town) -> None:
    user = someone("zalo")
    text = "VNeID của ông bà sắp bị khóa.\nTruy cập ngay\nhttps://vneid-capnhat.top\nđể cập nhật trước 17h."
    sends_picture(town, "zalo", user, pictures.screenshot(text))
    assert "Có dấu hiệu lừa đảo" in said(town, "zalo", user)


def test_a_picture_from_elsewhere_is_never_fetched(stack: Stack, town: Town) -> None:
    user = someone("zalo")
    town.says("zalo", user, "", kind="image", url=f"{stack.web_url}/healthz")
    assert "chưa tải được" in said(town, "zalo", user)
    assert "picture.not_allowed" in stack.log("worker")


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_victim_gets_first_aid_and_ordinary_questions_their_answer(town: Town, platform: str) -> None:
    user = someone(platform)
    town.says(platform, user, "tôi lỡ chuyển tiền cho nó rồi")
    assert "Gọi ngân hàng" in said(town, platform, user)
    heard = len(town.settled(platform, user))
    town.says(platform, user, "dang ky khai sinh can giay to gi")
    assert "1.001193" in said(town, platform, user, heard)
