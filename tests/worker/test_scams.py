"""Checks, reports, the commune's own list and its warnings in the database, on both of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import OperationalError

from bot.accounts.vault import Vault
from bot.alerts import reports
from bot.alerts.reports import KnownScams
from bot.clock import to_ms
from bot.dialogue.scam_types import Checked
from bot.dialogue.types import DialogueState, Heard, Outcome, Seen
from bot.handoff.ownership import Owner
from bot.scams.types import Known
from bot.settings import ROOT
from bot.store.engine import reading, writing
from bot.store.models import Audit, Conversation, Message, Unit
from bot.store.models_scams import ScamListed, ScamReport, ScamSubscription, ScamWarned, ScamWarning
from bot.texts import load_texts
from bot.worker.applying import Office
from bot.worker.turn import Turns
from bot.worker.warnings import Key, send_warnings
from connectors.channel import Attachment
from tests.worker.fakes import NOON, OFFICER_IDLE, FakeAssistant, Town

WORDS = load_texts(ROOT / "faq_data").wording
VAULT = Vault("a key of the tests")
CHECKED = Checked(
    text="vào xau.top, gọi ••••••••78",
    level="danger",
    kind="vneid-gia",
    reasons=("xau.top mang tên VNeID",),
    links=("http://xau.top/a",),
    hosts=("xau.top",),
    phones=("+84912345678",),
    accounts=("19034567890123 techcombank",),
)


class ScamTown(Town):
    """Its assistant says what ``outcome`` is made of; numbers are sealed as in the real worker."""

    def __init__(self, engine: Engine, channel: str = "zalo") -> None:
        super().__init__(engine, channel)
        self.changes: dict[str, object] = {}
        self.seen: tuple[Seen, ...] = ()
        self.looked = 0
        said = self.assistant.answer
        self.assistant.answer = lambda state, heard: replace(said(state, heard), **self.changes)  # type: ignore[arg-type]
        self.turns = Turns(
            engine, {channel: self.channel}, self.registry, self.assistant, self.notified.append, self.clock,
            OFFICER_IDLE, office=Office(WORDS, VAULT.seal), look=self._look,
        )  # fmt: skip

    def _look(self, _event: object) -> tuple[Seen, ...]:
        self.looked += 1
        return self.seen

    def outcome(self, text: str, user_id: str = "u1", **changes: object) -> None:
        self.changes = changes
        self.turns.handle(self.event(user_id, text, at_ms=to_ms(self.clock.now)))
        self.changes = {}

    def reports(self) -> list[ScamReport]:
        with reading(self.engine) as session:
            return list(session.scalars(select(ScamReport).order_by(ScamReport.id)))

    def warns(self, text: str = "Có kẻ giả công an xã, đừng nghe theo.") -> int:
        """An officer confirms a warning."""
        now = self.clock.now
        with writing(self.engine) as session:
            row = ScamWarning(
                status="confirmed", text=text, officer_id=1, created_at=now, updated_at=now, confirmed_by=1,
                confirmed_at=now,
            )  # fmt: skip
            session.add(row)
            session.flush()
            return row.id

    def job(self) -> list[Key]:
        told: list[Key] = []
        channels = {self.channel.name: self.channel}
        send_warnings(self.engine, channels, WORDS, "xã Xuân Định", self.clock.now, told.append)
        return told


@pytest.fixture
def town(engine: Engine) -> ScamTown:
    return ScamTown(engine)


def test_what_was_checked_is_kept_until_the_next_check(town: ScamTown) -> None:
    town.outcome("một", checked=CHECKED)
    town.outcome("hai", checked=replace(CHECKED, text="khác"))
    (row,) = town.reports()
    assert (row.status, row.text, row.hosts) == ("checked", "khác", ["xau.top"])


def test_numbers_are_sealed_and_can_be_read(town: ScamTown) -> None:
    town.outcome("một", checked=CHECKED)
    (row,) = town.reports()
    assert "912345678" not in town.dump() and "19034567890123" not in town.dump()
    assert reports.numbers_of(row, VAULT.open) == (list(CHECKED.phones), list(CHECKED.accounts))


def test_a_report_goes_to_the_police_and_stays_when_more_is_checked(town: ScamTown) -> None:
    with writing(town.engine) as session:
        session.add(Unit(slug="cong-an", name="Công an xã"))
    town.outcome("một", checked=CHECKED)
    town.outcome("báo", reports=True)
    town.outcome("hai", checked=replace(CHECKED, text="khác"))
    first, second = town.reports()
    assert (first.status, second.status) == ("open", "checked")
    assert first.unit_id != 1 and first.reported_at == NOON


def test_an_event_worked_twice_reports_once(town: ScamTown) -> None:
    town.outcome("một", checked=CHECKED)
    town.changes = {"reports": True}
    event = town.event(text="báo")
    town.turns.handle(event)
    town.turns.handle(event)
    assert [row.status for row in town.reports()] == ["open"]


def test_a_report_without_anything_checked_does_nothing(town: ScamTown) -> None:
    town.outcome("báo", reports=True)
    assert town.reports() == []


def test_the_message_itself_is_kept_without_its_secrets(town: ScamTown) -> None:
    town.outcome(
        "Mã OTP 482913 https://xau.top/?id=079204001234",
        checked=CHECKED,
        stored="Mã OTP •••••• https://xau.top/?…",
    )
    assert town.story()[0] == ("resident", "Mã OTP •••••• https://xau.top/?…")


def test_erasing_takes_reports_and_the_wish_for_warnings(town: ScamTown) -> None:
    town.outcome("một", checked=CHECKED, warns=True)
    town.outcome("báo", reports=True)
    town.outcome("xóa", erase=True)
    assert town.reports() == []
    assert town.count(ScamSubscription) == 0


def test_the_pictures_of_a_message_are_seen_before_the_turn(town: ScamTown) -> None:
    town.seen = (Seen(codes=("https://xau.top",)),)
    town.turns.handle(town.event(text=None, attachments=(Attachment("image", "https://a.zdn.vn/1"),)))
    town.hears("không có ảnh")
    assert [heard.seen for heard in town.assistant.heard] == [town.seen, ()]
    assert town.looked == 1


def test_the_communes_list_is_read_again_after_half_a_minute(town: ScamTown) -> None:
    known = KnownScams(town.engine, town.clock)
    assert known().hosts == frozenset()
    with writing(town.engine) as session:
        assert reports.put_on_list(session, 7, NOON, "host", ["xau.top", "xau.top"], report_id=3) == 1
        assert reports.put_on_list(session, 7, NOON, "phone", ["+84912345678"]) == 1
    assert known().hosts == frozenset()
    town.clock.moves(61)
    assert known() == Known(frozenset({"xau.top"}), frozenset({"+84912345678"}))


def test_off_the_list_and_on_it_again_with_who_and_when(town: ScamTown) -> None:
    with writing(town.engine) as session:
        reports.put_on_list(session, 7, NOON, "host", ["xau.top"])
        row_id = session.scalars(select(ScamListed.id)).one()
        assert reports.take_off_list(session, 8, NOON, row_id)
        assert not reports.take_off_list(session, 8, NOON, row_id)
        assert reports.read_known(session).hosts == frozenset()
        assert reports.put_on_list(session, 9, NOON, "host", ["xau.top"]) == 1
        assert reports.put_on_list(session, 9, NOON, "host", ["xau.top"]) == 0
    with reading(town.engine) as session:
        row = session.scalars(select(ScamListed)).one()
        acts = [(a.actor, a.action) for a in session.scalars(select(Audit).order_by(Audit.id))]
    assert (row.officer_id, row.removed_at) == (9, None)
    assert acts == [
        ("officer:7", "scam_listed"),
        ("officer:8", "scam_unlisted"),
        ("officer:9", "scam_listed"),
    ]


def test_while_the_database_is_away_the_last_list_goes_on(
    town: ScamTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = KnownScams(town.engine, town.clock)
    with writing(town.engine) as session:
        reports.put_on_list(session, 7, NOON, "host", ["xau.top"])
    assert known().hosts

    def away(_session: object) -> None:
        raise OperationalError("select", {}, Exception("away"))

    monkeypatch.setattr(reports, "read_known", away)
    town.clock.moves(61)
    assert known().hosts


# --- warnings


def test_a_warning_goes_once_to_whoever_asked_for_it(town: ScamTown) -> None:
    town.outcome("nhận cảnh báo", "asked", warns=True)
    town.hears("chào", user_id="other")
    town.clock.moves(60)
    town.warns()
    assert town.job() == [("zalo", "oa", "asked")]
    assert town.job() == []
    words = town.story("asked")[-1]
    assert words[0] == "bot" and "giả công an xã" in (words[1] or "") and "gõ: dừng" in (words[1] or "")
    assert len(town.story("other")) == 2
    town.sends_all("asked")
    assert set(town.statuses("asked")) == {"sent"}


def test_whoever_said_stop_gets_none_and_may_ask_again(town: ScamTown) -> None:
    town.outcome("nhận", warns=True)
    town.outcome("dừng", warns=False)
    town.clock.moves(60)
    town.warns()
    assert town.job() == []
    town.outcome("nhận", warns=True)
    assert town.job() == []  # it is no news any more
    town.clock.moves(60)
    town.warns("Cảnh báo khác: đừng quét mã QR lạ dán ở quán.")
    assert len(town.job()) == 1


@pytest.mark.parametrize(
    ("hour", "minute", "count"),
    [(6, 29, 0), (6, 30, 1), (12, 0, 1), (20, 59, 1), (21, 0, 0), (2, 0, 0)],
)
def test_nobody_is_woken(town: ScamTown, hour: int, minute: int, count: int) -> None:
    town.outcome("nhận", warns=True)
    town.clock.moves(60)
    town.warns()
    # the next day in Viet Nam, which is seven hours ahead
    day = datetime(2026, 7, 2, tzinfo=UTC) + timedelta(hours=hour - 7, minutes=minute)
    town.clock.now = day
    with writing(town.engine) as session:
        session.scalars(select(Conversation)).one().last_inbound_ms = to_ms(day) - 1000
    assert len(town.job()) == count


@pytest.mark.parametrize(
    ("channel", "hours", "count"),
    [("zalo", 160, 1), ("zalo", 169, 0), ("facebook", 23, 1), ("facebook", 25, 0)],
)
def test_only_while_the_platform_allows_it(engine: Engine, channel: str, hours: int, count: int) -> None:
    town = ScamTown(engine, channel)
    town.outcome("nhận", warns=True)
    with writing(engine) as session:
        row = session.scalars(select(Conversation)).one()
        row.last_inbound_ms = to_ms(town.clock.now - timedelta(hours=hours))
    town.clock.moves(60)
    town.warns()
    assert len(town.job()) == count


def test_an_old_or_withdrawn_warning_is_not_sent(town: ScamTown) -> None:
    town.outcome("nhận", warns=True)
    town.clock.moves(60)
    warning = town.warns()
    with writing(town.engine) as session:
        session.get_one(ScamWarning, warning).status = "withdrawn"
    assert town.job() == []
    with writing(town.engine) as session:
        session.get_one(ScamWarning, warning).status = "confirmed"
        session.scalars(select(Conversation)).one().last_inbound_ms = to_ms(NOON + timedelta(days=8))
    town.clock.now = NOON + timedelta(days=8)
    assert town.job() == []


@pytest.mark.parametrize(
    "change", [{"owner": Owner.OFFICER.value}, {"reachable": False}], ids=["officer", "left"]
)
def test_an_officers_chat_and_whoever_left_are_passed_over(town: ScamTown, change: dict[str, object]) -> None:
    town.outcome("nhận", warns=True)
    town.clock.moves(60)
    town.warns()
    with writing(town.engine) as session:
        conversation = session.scalars(select(Conversation)).one()
        for name, value in change.items():
            setattr(conversation, name, value)
    assert town.job() == []
    assert town.count(ScamWarned) == 0


def test_a_worker_that_was_slower_sends_nothing(town: ScamTown, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.worker import warnings

    town.outcome("nhận", warns=True)
    town.clock.moves(60)
    town.warns()
    due = warnings._due

    def both_look(session: object, now: datetime) -> object:
        rows = due(session, now)  # type: ignore[arg-type]
        if rows and not town.count(ScamWarned):  # meanwhile the other one has sent it
            monkeypatch.setattr(warnings, "_due", due)
            assert len(town.job()) == 1
        return rows

    monkeypatch.setattr(warnings, "_due", both_look)
    assert town.job() == []
    assert town.count(ScamWarned) == 1
    with reading(town.engine) as session:
        said = session.scalars(select(Message.text).where(Message.author == "bot")).all()
    assert len([text for text in said if text and "giả công an xã" in text]) == 1


def test_the_fake_answers_as_the_real_one_does() -> None:
    """The towns' changes go through :class:`Outcome` itself."""
    outcome = FakeAssistant().turn(DialogueState(), Heard(text="a"), NOON)
    assert isinstance(outcome, Outcome) and outcome.checked is None
