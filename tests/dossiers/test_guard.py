"""The guard: who gets to see a dossier, who must wait, and what a million guesses find."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from bot.dossiers.guard import Kind, Ledger, LookUp
from bot.dossiers.ledger import SqlLedger, excuse
from bot.dossiers.limits import LIMITS, Failures, Ladder, Limits
from bot.dossiers.records import Digits, Factor, Found, Person, Record, SharedPhone, SourceAway
from bot.store.engine import make_engine, reading, writing
from bot.store.migrate import upgrade
from bot.store.models import Audit
from bot.store.models_dossiers import DossierAlert, DossierAttempt
from tests.dossiers.helpers import CODE, HASHER, IDENTITY, NOW, PHONE, record_of
from tests.dossiers.memory import DictSource, MemoryBooks

OTHER = "H19.29.5-261102-0002"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_events = count(1)


def who(user: str = "u1", account: int = 1, event: str | None = None) -> Person:
    return Person(account, user, event or f"e{next(_events)}")


def guard(ledger: Ledger | None = None, source: DictSource | None = None, limits: Limits = LIMITS) -> LookUp:
    known = source or DictSource({CODE: record_of(), OTHER: record_of(OTHER, "0911111111", "")})
    return LookUp(known, HASHER, ledger or MemoryBooks(), limits)


@pytest.fixture
def ledger(engine: Engine) -> Ledger:
    return SqlLedger(engine)


@pytest.mark.parametrize(
    ("factor", "found"),
    [
        (Digits(PHONE[-4:]), Found.HIT),
        (Digits(IDENTITY[-4:]), Found.HIT),
        (SharedPhone("84900000021"), Found.HIT),
        (SharedPhone("+84 900 000 021"), Found.HIT),
        (Digits("0000"), Found.MISS),
        (Digits(""), Found.MISS),
        (Digits(PHONE), Found.MISS),
        (Digits("００２１"), Found.MISS),
        (SharedPhone("84911111111"), Found.MISS),
        (SharedPhone(""), Found.MISS),
        (SharedPhone("0021"), Found.MISS),
    ],
)
def test_the_right_factor_opens_it_and_no_other(factor: Factor, found: Found) -> None:
    answer = guard().ask(who(), CODE, factor, NOW)
    assert answer.found is found
    assert (answer.dossier is not None) == (found is Found.HIT)


def test_a_wrong_code_and_a_wrong_factor_give_the_same_answer() -> None:
    asked = guard()
    wrong_code = asked.ask(who("a"), "H19-261102-9999", Digits(PHONE[-4:]), NOW)
    wrong_factor = asked.ask(who("b"), CODE, Digits("9999"), NOW)
    assert wrong_code == wrong_factor


def test_a_factor_that_the_source_does_not_have_opens_nothing() -> None:
    source = DictSource({CODE: record_of(phone="", identity="")})
    for factor in (Digits(""), Digits("0000"), SharedPhone("")):
        assert guard(source=source).ask(who(), CODE, factor, NOW).found is Found.MISS


def test_waits_grow_and_the_right_factor_waits_too(ledger: Ledger) -> None:
    asked = guard(ledger)
    for _ in range(3):
        assert asked.ask(who(), CODE, Digits("0000"), NOW).found is Found.MISS
    waiting = asked.ask(who(), CODE, Digits(PHONE[-4:]), NOW + timedelta(seconds=59))
    assert (waiting.found, waiting.wait_until, waiting.dossier) == (Found.WAIT, NOW + MINUTE, None)
    assert asked.ask(who(), CODE, Digits("0001"), NOW + MINUTE).found is Found.MISS
    assert asked.ask(who(), CODE, Digits("0002"), NOW + 5 * MINUTE).wait_until == NOW + 6 * MINUTE
    assert asked.ask(who(), CODE, Digits(PHONE[-4:]), NOW + 6 * MINUTE).found is Found.HIT


def test_a_hit_of_the_own_dossier_gives_no_fresh_guesses(ledger: Ledger) -> None:
    asked = guard(ledger)
    for _ in range(3):
        asked.ask(who(), OTHER, Digits("0000"), NOW)
    assert asked.ask(who(), CODE, Digits(PHONE[-4:]), NOW + MINUTE).found is Found.HIT
    assert asked.ask(who(), OTHER, Digits("0001"), NOW + MINUTE).found is Found.MISS
    assert asked.ask(who(), OTHER, Digits("0002"), NOW + 2 * MINUTE).found is Found.WAIT


def test_a_code_is_guarded_against_many_persons_whether_it_exists_or_not(ledger: Ledger) -> None:
    asked = guard(ledger)
    for code in (CODE, "H19-261102-9999"):
        for number in range(5):
            assert asked.ask(who(f"{code}{number}"), code, Digits("0000"), NOW).found is Found.MISS
        until = asked.ask(who(f"{code}x"), code, Digits("0000"), NOW).wait_until
        assert until == NOW + 10 * MINUTE


def test_strangers_do_not_lock_out_the_owner(ledger: Ledger) -> None:
    asked = guard(ledger)
    assert asked.ask(who("owner"), CODE, Digits(PHONE[-4:]), NOW).found is Found.HIT
    for number in range(5):
        asked.ask(who(f"s{number}"), CODE, Digits("0000"), NOW + HOUR)
    later = NOW + HOUR + MINUTE
    assert asked.ask(who("late"), CODE, Digits(PHONE[-4:]), later).found is Found.WAIT
    assert asked.ask(who("owner"), CODE, Digits(PHONE[-4:]), later).found is Found.HIT
    assert asked.ask(who("phone"), CODE, SharedPhone(PHONE), later).found is Found.HIT


def test_an_account_is_guarded_against_many_persons_and_codes(ledger: Ledger) -> None:
    asked = guard(ledger)
    for number in range(30):
        assert (
            asked.ask(who(f"p{number}"), f"H19-261102-{number:04d}", Digits("0000"), NOW).found is Found.MISS
        )
    assert asked.ask(who("new"), "H19-261102-7777", Digits("0000"), NOW).wait_until == NOW + 10 * MINUTE
    assert asked.ask(who("new", account=2), "H19-261102-7777", Digits("0000"), NOW).found is Found.MISS


def test_an_event_worked_twice_is_one_attempt_with_one_answer(ledger: Ledger) -> None:
    asked = guard(ledger)
    for _ in range(5):
        assert asked.ask(who(event="same"), CODE, Digits("0000"), NOW).found is Found.MISS
        assert asked.ask(who(event="hit"), CODE, Digits(PHONE[-4:]), NOW).found is Found.HIT
    assert asked.ask(who(event="same"), CODE, Digits(PHONE[-4:]), NOW).found is Found.MISS
    assert asked.ask(who(event="hit"), OTHER, Digits("1111"), NOW).found is Found.MISS
    assert asked.ask(who(), CODE, Digits("0001"), NOW).found is Found.MISS


class _Away(DictSource):
    def find(self, code: str) -> Record | None:
        raise SourceAway("down")


def test_a_source_that_is_away_is_held_against_nobody(ledger: Ledger) -> None:
    asked = guard(ledger, _Away({}))
    for _ in range(10):
        assert asked.ask(who(), CODE, Digits("0000"), NOW).found is Found.AWAY
    retried = who(event="again")
    assert asked.ask(retried, CODE, Digits("0000"), NOW).found is Found.AWAY
    assert guard(ledger).ask(retried, CODE, Digits("0000"), NOW).found is Found.MISS


class _Broken(DictSource):
    def find(self, code: str) -> Record | None:
        raise RuntimeError("killed in the middle")


def test_a_crash_in_the_middle_counts_as_a_failure(ledger: Ledger) -> None:
    for _ in range(3):
        with pytest.raises(RuntimeError):
            guard(ledger, _Broken({})).ask(who(), CODE, Digits("0000"), NOW)
    assert guard(ledger).ask(who(), CODE, Digits("0000"), NOW).found is Found.WAIT


def test_every_look_up_is_audited_without_its_factor(engine: Engine) -> None:
    asked = guard(SqlLedger(engine))
    asked.ask(who(), CODE, Digits(PHONE[-4:]), NOW)
    for _ in range(4):
        asked.ask(who(), CODE, Digits("9876"), NOW)
    with reading(engine) as session:
        rows = list(session.scalars(select(Audit).order_by(Audit.id)))
        tried = list(session.scalars(select(DossierAttempt).order_by(DossierAttempt.id)))
    assert [row.detail["result"] for row in rows] == ["hit", "miss", "miss", "miss", "wait"]
    assert [row.result for row in tried] == ["hit", "miss", "miss", "miss", "wait"]
    assert {row.subject for row in rows} == {f"dossier:{CODE}"}
    assert not [row for row in rows if "9876" in f"{row.actor}{row.detail}"]


def test_the_desk_is_told_once_a_day_and_can_excuse(engine: Engine) -> None:
    asked = guard(SqlLedger(engine))
    for number in range(9):
        asked.ask(who(f"g{number}"), CODE, Digits("0000"), NOW + number * HOUR)
    with reading(engine) as session:
        alerts = [(row.kind, row.subject) for row in session.scalars(select(DossierAlert))]
    assert alerts == [("code", CODE)]
    later = NOW + 8 * HOUR + MINUTE
    assert asked.ask(who("owner"), CODE, Digits(PHONE[-4:]), later).found is Found.WAIT
    with writing(engine) as session:
        assert excuse(session, CODE, "officer:1", later) == 9
    assert asked.ask(who("owner"), CODE, Digits(PHONE[-4:]), later).found is Found.HIT


def test_guesses_at_once_are_counted_one_after_the_other(engine: Engine) -> None:
    asked = guard(SqlLedger(engine))
    persons = [who(event=f"at-once-{number}") for number in range(16)]
    with ThreadPoolExecutor(8) as pool:
        found = Counter(pool.map(lambda p: asked.ask(p, CODE, Digits("0000"), NOW).found, persons))
    assert found == {Found.MISS: 3, Found.WAIT: 13}


_STEPS = st.lists(
    st.tuples(
        st.integers(0, 3),  # person
        st.sampled_from([CODE, OTHER, "H19-261102-9999"]),
        st.sampled_from([Digits("0000"), Digits(PHONE[-4:]), SharedPhone(PHONE)]),
        st.sampled_from([timedelta(0), MINUTE, 11 * MINUTE, HOUR, DAY]),
    ),
    max_size=25,
)


@settings(max_examples=25, deadline=None)
@given(_STEPS)
def test_the_books_in_memory_say_what_those_in_the_database_say(
    sql_once: Engine, steps: list[tuple[int, str, Factor, timedelta]]
) -> None:
    """The simulation below stands on this."""
    with Session(sql_once) as session:
        for table in (DossierAttempt, DossierAlert):
            session.query(table).delete()
        session.commit()
    in_memory, in_sql, at = guard(), guard(SqlLedger(sql_once)), NOW
    for person, code, factor, pause in steps:
        at += pause
        asker = who(f"p{person}")
        assert in_memory.ask(asker, code, factor, at) == in_sql.ask(asker, code, factor, at)


@pytest.fixture(scope="module")
def sql_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path_factory.mktemp('guard') / 'guard.db'}"
    upgrade(url)
    engine = make_engine(url)
    yield engine
    engine.dispose()


# --- limits


@pytest.mark.parametrize("ladder", [LIMITS.person, LIMITS.code, LIMITS.account])
def test_nobody_gets_more_guesses_than_the_bound(ladder: Ladder) -> None:
    """A greedy guesser against one ladder, for 90 days."""
    times: list[datetime] = []
    at, end = NOW, NOW + 90 * DAY
    while at < end:
        recent = [t for t in times if t > at - ladder.window]
        until = ladder.wait_until(Failures(len(recent), times[-1] if times else None), at)
        if until:
            at = until
            continue
        times.append(at)
    assert len(times) <= ladder.most_in(90 * DAY)
    assert len(times) >= ladder.most_in(90 * DAY) / 3  # the bound says something


def test_the_bounds_that_the_decision_record_states() -> None:
    assert LIMITS.person.most_in(7 * DAY) == 13
    assert LIMITS.code.most_in(30 * DAY) == 21
    assert LIMITS.account.most_in(DAY) == 61


@pytest.mark.parametrize(
    ("window", "steps"),
    [(DAY, ()), (DAY, ((2, HOUR), (1, DAY))), (DAY, ((1, HOUR), (2, MINUTE))), (HOUR, ((1, DAY),))],
)
def test_a_ladder_that_does_not_ascend_is_refused(
    window: timedelta, steps: tuple[tuple[int, timedelta], ...]
) -> None:
    with pytest.raises(ValueError):
        Ladder(window, steps, alert_from=1)


def test_a_million_guesses_find_no_more_than_the_limits_allow() -> None:
    """A script with 2,000 identities on three accounts knows 500 real codes and tries factors in a row,
    one guess every second for eleven and a half days, through the real guard.

    What comes through is bounded by the accounts' ladders, and what is found by that times two chances in
    10,000 (two factors): fewer than 0.5 on average, and more than 5 with a chance below 1 in 60,000.
    """
    guesses, accounts = 1_000_000, 3
    shuffled = random.Random(20261124)
    codes = [f"H19.29.{n % 90 + 1}-2611{n % 28 + 1:02d}-{n:04d}" for n in range(500)]
    records = {
        code: record_of(code, f"09{shuffled.randrange(10**8):08d}", f"075{shuffled.randrange(10**9):09d}")
        for code in codes
    }
    books, source = MemoryBooks(), DictSource(records)
    asked = LookUp(source, HASHER, books)
    found: Counter[Found] = Counter()
    second, at = timedelta(seconds=1), NOW
    for number in range(guesses):
        at += second
        asker = Person(1 + number % accounts, f"bot{number * 7919 % 2000}", str(number))
        factor = Digits(f"{number // len(codes) % 10_000:04d}")
        found[asked.ask(asker, codes[number % len(codes)], factor, at).found] += 1
    let_through = found[Found.HIT] + found[Found.MISS]
    assert found.total() == guesses
    assert source.asked == let_through
    assert let_through <= accounts * LIMITS.account.most_in(guesses * second)
    assert let_through * 2 / 10_000 < 0.5
    assert found[Found.HIT] <= 5
    assert {Kind.ACCOUNT} <= {alert.kind for alert in books.alerts}
    print(f"{guesses} guesses: {let_through} let through, {found[Found.HIT]} found")
