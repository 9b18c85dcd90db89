"""Migrations, times and transactions, on both databases."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, func, inspect, select, text
from sqlalchemy.exc import IntegrityError, StatementError

from bot.store.engine import Turnstile, make_engine, reading, writing
from bot.store.migrate import is_current, upgrade
from bot.store.models import Account, Audit, Base, Conversation, Message, Outgoing, Unanswered

NOW = datetime(2026, 7, 1, 8, 30, 15, 123456, tzinfo=UTC)


def an_account(channel: str = "zalo", external_id: str = "1") -> Account:
    return Account(channel=channel, external_id=external_id, created_at=NOW)


def test_migrations_make_exactly_the_models(empty_database_url: str) -> None:
    upgrade(empty_database_url)
    engine = make_engine(empty_database_url, pool_size=1)
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, Base.metadata) == []
    finally:
        engine.dispose()
    assert is_current(empty_database_url)


def test_an_empty_database_is_not_current_and_upgrading_twice_is_harmless(empty_database_url: str) -> None:
    if empty_database_url.startswith("sqlite"):
        with pytest.raises(Exception, match="unable to open"):
            is_current(empty_database_url)  # not even its folder is there
    else:
        assert not is_current(empty_database_url)
    upgrade(empty_database_url)
    upgrade(empty_database_url)
    assert is_current(empty_database_url)


def test_every_table_of_the_models_is_there(engine: Engine) -> None:
    assert set(Base.metadata.tables) <= set(inspect(engine).get_table_names())


@pytest.mark.parametrize(
    "given",
    [NOW, NOW.astimezone(timezone(timedelta(hours=7))), NOW.astimezone(timezone(timedelta(hours=-9)))],
    ids=["utc", "vietnam", "west"],
)
def test_times_come_back_aware_and_in_utc(engine: Engine, given: datetime) -> None:
    with writing(engine) as session:
        session.add(Audit(at=given, actor="a", action="b", subject="c", detail={}))
    with reading(engine) as session:
        found = session.scalars(select(Audit.at)).one()
        later = session.scalar(select(func.count()).where(Audit.at > given - timedelta(microseconds=1)))
    assert found == NOW
    assert found.utcoffset() == timedelta(0)
    assert later == 1


def test_a_time_without_a_zone_is_refused(engine: Engine) -> None:
    with pytest.raises(StatementError, match="without a zone"), writing(engine) as session:
        session.add(Audit(at=NOW.replace(tzinfo=None), actor="a", action="b", subject="c", detail={}))


def test_writing_commits_at_the_end(engine: Engine) -> None:
    with writing(engine) as session:
        session.add(an_account())
    with reading(engine) as session:
        assert session.scalars(select(Account.external_id)).all() == ["1"]


def test_writing_rolls_everything_back_on_an_exception(engine: Engine) -> None:
    with pytest.raises(RuntimeError), writing(engine) as session:
        session.add(an_account())
        session.flush()
        raise RuntimeError
    with reading(engine) as session:
        assert session.scalar(select(func.count()).select_from(Account)) == 0


def test_reading_never_commits(engine: Engine) -> None:
    with reading(engine) as session:
        session.add(an_account())
        session.flush()
    with reading(engine) as session:
        assert session.scalar(select(func.count()).select_from(Account)) == 0


def test_an_event_id_is_unique_within_an_account(engine: Engine) -> None:
    def put(account_ref: str) -> None:
        with writing(engine) as session:
            account = session.scalar(select(Account).where(Account.external_id == account_ref))
            account = account or an_account(external_id=account_ref)
            session.add(account)
            session.flush()
            conversation = Conversation(
                account_id=account.id,
                user_ref=f"u{account_ref}{datetime.now()}",
                created_at=NOW,
                updated_at=NOW,
            )
            session.add(conversation)
            session.flush()
            session.add(
                Message(
                    conversation_id=conversation.id,
                    account_id=account.id,
                    event_id="e",
                    author="resident",
                    kind="message",
                    created_at=NOW,
                )
            )

    put("1")
    put("2")
    with pytest.raises(IntegrityError):
        put("1")


def test_deleting_a_message_takes_what_hangs_on_it(engine: Engine) -> None:
    with writing(engine) as session:
        account = an_account()
        session.add(account)
        session.flush()
        conversation = Conversation(account_id=account.id, user_ref="u", created_at=NOW, updated_at=NOW)
        session.add(conversation)
        session.flush()
        message = Message(
            conversation_id=conversation.id,
            account_id=account.id,
            author="bot",
            kind="reply",
            created_at=NOW,
        )
        session.add(message)
        session.flush()
        session.add(Unanswered(message_id=message.id, created_at=NOW))
        session.add(
            Outgoing(
                conversation_id=conversation.id,
                account_id=account.id,
                message_id=message.id,
                key="k",
                author="bot",
                wire={},
                due_at=NOW,
                created_at=NOW,
            )
        )
    with writing(engine) as session:
        session.execute(text("DELETE FROM messages"))
    with reading(engine) as session:
        assert session.scalar(select(func.count()).select_from(Unanswered)) == 0
        assert session.scalar(select(func.count()).select_from(Outgoing)) == 0


def test_many_writers_lose_nothing(engine: Engine) -> None:
    """Each reads, then writes, in one transaction: SQLite queues them, PostgreSQL locks the row."""
    with writing(engine) as session:
        session.add(Audit(at=NOW, actor="0", action="count", subject="", detail={}))
    failures: list[Exception] = []

    def add_ten() -> None:
        for _ in range(10):
            try:
                with writing(engine) as session:
                    row = session.scalars(select(Audit).with_for_update()).one()
                    row.actor = str(int(row.actor) + 1)
            except Exception as error:  # noqa: BLE001 - shown below
                failures.append(error)

    threads = [threading.Thread(target=add_ten) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with reading(engine) as session:
        assert session.scalars(select(Audit.actor)).one() == "40"


def test_a_reader_does_not_wait_for_a_writer(engine: Engine) -> None:
    with writing(engine) as session:
        session.add(an_account())
        session.flush()
        with reading(engine) as other:
            assert other.scalar(select(func.count()).select_from(Account)) == 0


def test_writers_are_served_in_the_order_of_their_arrival() -> None:
    turnstile, served, began = Turnstile(), [], threading.Event()

    def writer(number: int) -> None:
        with turnstile:
            served.append(number)

    threads = []
    with turnstile:
        for number in range(20):
            threads.append(threading.Thread(target=writer, args=(number,)))
            threads[-1].start()
            while len(turnstile._waiting) <= number:
                began.wait(0.001)
    for thread in threads:
        thread.join(5)
    assert served == list(range(20))


def test_a_failed_writer_lets_the_next_one_in() -> None:
    turnstile = Turnstile()
    with pytest.raises(ValueError, match="boom"), turnstile:
        raise ValueError("boom")
    with turnstile:
        pass
