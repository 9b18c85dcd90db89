"""Dossiers through the worker: the real guard, table, books and news, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache

import pytest
from sqlalchemy import Engine, delete, func, select, update

from bot.assistant import Assistant
from bot.clock import to_ms
from bot.dossiers import follows
from bot.dossiers.factors import Hasher
from bot.dossiers.guard import LookUp, Pacing
from bot.dossiers.ledger import SqlLedger
from bot.dossiers.records import Answer, Dossier, Factor, Factors, Person, Record, SourceAway
from bot.dossiers.retention import forget_old
from bot.dossiers.sources import TableSource
from bot.dossiers.statuses import Status
from bot.hours import Calendar
from bot.knowledge.loading import Knowledge, load_knowledge
from bot.settings import ROOT
from bot.store.engine import reading, writing
from bot.store.models import Audit, Conversation, Handoff, Message, Note, Outgoing
from bot.store.models_dossiers import DossierAlert, DossierAttempt, DossierFollow, DossierRow
from bot.texts import load_texts
from bot.understanding.dossier_codes import find
from bot.understanding.types import Skill, Understanding
from bot.worker.applying import Office
from bot.worker.dossier_news import DossierNews
from bot.worker.dossier_port import DossierPort
from bot.worker.turn import Turns
from connectors.channel import Event, EventKind
from tests.dialogue.conftest import FakeUnderstander, means
from tests.worker.fakes import OFFICER_IDLE, Town

CODE, OTHER = "H19.29-261102-0001", "H19.29-261102-0002"
PHONE, IDENTITY = "0912345678", "079204001234"
FAQ_DIR = ROOT / "faq_data"
NIGHT = datetime(2026, 7, 1, 14, 0, tzinfo=UTC)
"""21:00 in Viet Nam."""


@cache
def knowledge() -> Knowledge:
    return load_knowledge(FAQ_DIR, "xuan-dinh")


class CodeReader(FakeUnderstander):
    """Knows a code when it sees one, as the real one does by rule."""

    def understand(self, text: str, topic: str | None = None) -> Understanding:
        if find(text) and text not in self.table:
            self.table[text] = means(Skill.DOSSIER, "status")
        return super().understand(text, topic)


class DossierTown(Town):
    """A town whose assistant knows the commune's table."""

    def __init__(self, engine: Engine, channel: str = "zalo") -> None:
        super().__init__(engine, channel)
        texts, hasher = load_texts(FAQ_DIR), Hasher("the key of a test")
        source = TableSource(engine)
        guard = LookUp(source, hasher, SqlLedger(engine), pacing=Pacing(lambda: 0.0, lambda _: None))
        self.hasher = hasher
        self.add(CODE)
        self.understander = CodeReader()
        port = DossierPort(engine, source, guard, hasher)
        assistant = Assistant(knowledge(), self.understander, texts, port)
        channels = {channel: self.channel}
        self.news = DossierNews(engine, source, channels, texts.wording, lambda _unit: Calendar())
        self.turns = Turns(
            engine, channels, self.registry, assistant, self.notified.append, self.clock, OFFICER_IDLE,
            office=Office(texts.wording), waiting_news=self.news.waiting,
        )  # fmt: skip

    def add(self, code: str, phone: str = PHONE) -> None:
        factors = self.hasher.factors(code, phone, IDENTITY)
        with writing(self.engine) as session:
            session.add(
                DossierRow(
                    code=code, procedure="Đăng ký khai sinh", procedure_code="1.001193", status="received",
                    shade="in_work", due=date(2026, 6, 30), phone4=factors.phone4, phone=factors.phone,
                    identity4=factors.identity4, as_of=self.clock(), created_at=self.clock(),
                    changed_at=self.clock(),
                )
            )  # fmt: skip

    def becomes(self, status: str, code: str = CODE) -> None:
        """What an import would change."""
        with writing(self.engine) as session:
            session.execute(update(DossierRow).where(DossierRow.code == code).values(status=status, shade=""))

    def event(self, user_id: str = "u1", text: str | None = "chào", **values: object) -> Event:
        return super().event(user_id, text, **{"at_ms": to_ms(self.clock()), **values})

    def says(self, text: str, user_id: str = "u1") -> str:
        """What is answered to ``text``."""
        before = len(self.story(user_id)) if self.knows(user_id) else 0
        self.hears(text, user_id=user_id)
        return "\n".join(said or "" for author, said in self.story(user_id)[before:] if author == "bot")

    def knows(self, user_id: str) -> bool:
        with reading(self.engine) as session:
            query = select(Conversation.id).where(Conversation.user_ref == user_id)
            return session.scalar(query) is not None

    def opened(self, user_id: str = "u1") -> None:
        """Up to the moment at which this resident sees the dossier."""
        self.says(CODE, user_id)
        assert "Đăng ký khai sinh" in self.says("5678", user_id)

    def follows(self, user_id: str = "u1") -> None:
        self.opened(user_id)
        self.says("theo dõi", user_id)

    def follow(self) -> DossierFollow:
        with reading(self.engine) as session:
            return session.scalars(select(DossierFollow)).one()

    def told(self, user_id: str = "u1") -> list[str]:
        return [said or "" for author, said in self.story(user_id) if author == "bot"]


@pytest.fixture
def town(engine: Engine) -> DossierTown:
    return DossierTown(engine)


@pytest.mark.parametrize("factor", ["5678", "1234", PHONE, IDENTITY])
def test_code_and_factor_show_the_dossier_and_no_factor_is_kept(town: DossierTown, factor: str) -> None:
    assert "4 số cuối" in town.says(CODE)
    assert "Đăng ký khai sinh" in town.says(factor)
    kept = town.dump()
    for secret in (PHONE, IDENTITY, "5678", "1234"):
        assert f"'{secret}'" not in kept
    assert ("resident", "•" * len(factor)) in town.story()


def test_a_wrong_code_and_a_wrong_factor_are_answered_alike(town: DossierTown) -> None:
    town.says(CODE, "u1")
    town.says(OTHER, "u2")
    assert town.says("0000", "u1") == town.says("0000", "u2")


def test_the_same_event_again_is_one_attempt(town: DossierTown) -> None:
    town.says(CODE)
    event = town.event("u1", "0000")
    for _ in range(3):
        town.turns.handle(event)
    assert town.count(DossierAttempt) == 1


def test_a_turn_that_was_overtaken_is_one_attempt(town: DossierTown, monkeypatch: pytest.MonkeyPatch) -> None:
    """The conversation changes between the look-up and the writing: the turn is thought anew."""
    town.says(CODE)
    ask, asked = LookUp.ask, []

    def overtaken(self: LookUp, who: Person, code: str, factor: Factor, now: datetime) -> Answer:
        asked.append(code)
        answer = ask(self, who, code, factor, now)
        if len(asked) == 1:
            with writing(town.engine) as session:
                session.execute(update(Conversation).values(state={**town.conversation().state, "misses": 1}))
        return answer

    monkeypatch.setattr(LookUp, "ask", overtaken)
    town.hears("0000")
    assert len(asked) == 2 and town.count(DossierAttempt) == 1
    assert "khớp với mã" in town.told()[-1]


def test_guessing_is_locked_out_and_the_desk_is_told(town: DossierTown) -> None:
    town.says(CODE)
    for guess in range(9):
        town.says(f"{guess:04d}")
        town.clock.moves(3600)
        town.says(CODE)  # the question stands for half an hour only
    assert "thử lại sau" in town.says("5678")  # even the right one
    assert town.count(DossierAlert) >= 1


def test_shared_phone_opens_only_while_the_factor_is_asked_for(town: DossierTown) -> None:
    shared = {"kind": EventKind.CONTACT, "extra": {"phone": "84912345678", "name": "Lan"}}
    town.turns.handle(town.event("u1", None, **shared))
    assert town.told() == []
    town.says(CODE)
    town.turns.handle(town.event("u1", None, **shared))
    assert "Đăng ký khai sinh" in town.told()[-1]


def test_a_change_is_told_once_however_many_workers_look(town: DossierTown) -> None:
    town.follows()
    assert town.news.run(town.clock()) == []
    town.becomes("done")
    assert town.news.run(town.clock()) == [("zalo", "oa", "u1")]
    assert town.news.run(town.clock()) == []
    assert "đã có kết quả" in town.told()[-1]
    assert "vừa có thay đổi" in town.told()[-1]


def test_changes_of_two_dossiers_are_one_message(town: DossierTown) -> None:
    town.add(OTHER)
    town.follows()
    town.says(f"{OTHER} 5678")
    town.says("theo dõi")
    before = len(town.told())
    town.becomes("done")
    town.becomes("supplement", OTHER)
    town.news.run(town.clock())
    assert len(town.told()) == before + 1
    assert CODE in town.told()[-1] and OTHER in town.told()[-1]


def test_nobody_is_woken(town: DossierTown) -> None:
    town.follows()
    town.becomes("done")
    town.clock.now = NIGHT
    assert town.news.run(town.clock()) == []
    town.clock.now = NIGHT + timedelta(hours=9, minutes=29)
    assert town.news.run(town.clock()) == []
    town.clock.moves(60)
    assert len(town.news.run(town.clock())) == 1


def test_outside_the_window_it_waits_for_the_next_contact(town: DossierTown) -> None:
    town.follows()
    town.clock.moves(8 * 24 * 3600)
    town.becomes("done")
    assert town.news.run(town.clock()) == []
    assert town.follow().unsent_reason == "window_closed"
    with reading(town.engine) as session:
        assert session.scalars(select(Note.text).where(Note.kind == "unsent")).one() == CODE
    town.news.run(town.clock())  # the officers are told once
    assert town.count(Note) == 1
    said = town.says("xin chào")
    assert "Trong lúc ông/bà vắng" in said and "đã có kết quả" in said
    assert town.follow().unsent_since is None
    assert "Trong lúc" not in town.says("xin chào")


def test_a_notice_that_the_platform_refuses_waits_too(town: DossierTown) -> None:
    town.follows()
    town.becomes("done")
    town.news.run(town.clock())
    with writing(town.engine) as session:
        refused = update(Outgoing).where(Outgoing.key.like("news:%"))
        session.execute(refused.values(status="failed", error_code="-230"))
    town.news.run(town.clock())
    assert town.follow().unsent_reason == "-230"
    assert "đã có kết quả" in town.says("xin chào")


class LiveSystem:
    """A source that must be asked code by code, and can be away."""

    name, pace = "http", 0.0

    def __init__(self, status: Status) -> None:
        self.status, self.away = status, False

    def ready(self) -> bool:
        return True

    def find(self, code: str) -> Record | None:
        if self.away:
            raise SourceAway("503")
        return Record(Dossier(code, self.status, datetime(2026, 7, 1, 4, 0, tzinfo=UTC)), Factors())


def test_a_live_system_is_polled_and_may_be_away(town: DossierTown) -> None:
    town.follows()
    live = LiveSystem(Status.DONE)
    news = DossierNews(
        town.engine, live, {"zalo": town.channel}, load_texts(FAQ_DIR).wording, lambda _: Calendar()
    )
    live.away = True
    assert news.run(town.clock()) == []
    live.away = False
    assert len(news.run(town.clock())) == 1
    assert news.run(town.clock()) == []
    assert "lúc 11:00 ngày 01/07/2026" in town.told()[-1]


def test_an_officers_chat_is_not_talked_into(town: DossierTown) -> None:
    town.follows()
    town.becomes("done")
    with writing(town.engine) as session:
        session.execute(update(Conversation).values(owner="officer"))
    assert town.news.run(town.clock()) == []
    with writing(town.engine) as session:
        session.execute(update(Conversation).values(owner="bot"))
    assert len(town.news.run(town.clock())) == 1


def test_stopping_ends_it(town: DossierTown) -> None:
    town.follows()
    assert CODE in town.says("Dừng theo dõi")
    town.becomes("done")
    assert town.news.run(town.clock()) == []


def test_who_follows_sees_it_without_code_and_factor_and_it_is_written_down(town: DossierTown) -> None:
    town.follows()
    town.understander.table["hồ sơ của tôi tới đâu rồi"] = means(Skill.DOSSIER, "status")
    assert "Đăng ký khai sinh" in town.says("hồ sơ của tôi tới đâu rồi")
    with reading(town.engine) as session:
        assert session.scalars(select(DossierAttempt.by).order_by(DossierAttempt.id)).all() == [
            "digits",
            "again",
        ]
        looked = select(func.count()).where(Audit.action == "dossier_looked_up")
        assert session.scalar(looked) == 2


def test_trouble_waits_for_an_officer_with_the_dossier(town: DossierTown) -> None:
    town.opened()
    assert "quá ngày hẹn" in town.says("sao trễ vậy")
    with reading(town.engine) as session:
        handoff = session.scalars(select(Handoff)).one()
    assert (handoff.reason, handoff.dossier, handoff.queue) == ("dossier", CODE, "hộ tịch–chứng thực")
    assert town.conversation().owner == "waiting"


def test_erasing_ends_following_and_forgets_who_looked(town: DossierTown) -> None:
    town.follows()
    town.turns.handle(town.event("u1", None, kind=EventKind.WITHDRAW))
    assert town.count(DossierFollow) == 0
    with reading(town.engine) as session:
        assert session.scalars(select(DossierAttempt.user_ref)).all() == [None]
        assert session.scalars(select(Message.text)).all() == []


def test_following_ends_where_nothing_was_heard_for_long(town: DossierTown) -> None:
    town.follows()
    days = timedelta(days=1)
    with writing(town.engine) as session:
        forget_old(session, town.clock(), days=365)
    assert town.count(DossierFollow) == 1
    with writing(town.engine) as session:  # a live source leaves no row in the table
        session.execute(delete(DossierRow))
        forget_old(session, town.clock() + 364 * days, days=365)
    assert town.count(DossierFollow) == 1
    with writing(town.engine) as session:
        forget_old(session, town.clock() + 366 * days, days=365)
    assert town.count(DossierFollow) == 0


def test_news_for_an_officers_chat_takes_nobodys_place(town: DossierTown) -> None:
    town.follows()
    town.becomes("done")
    with writing(town.engine) as session:
        session.execute(update(Conversation).values(owner="officer"))
    with reading(town.engine) as session:
        assert follows.changed_in_table(session, 1) == []
    with writing(town.engine) as session:
        session.execute(update(Conversation).values(owner="bot"))
    assert len(town.news.run(town.clock())) == 1
