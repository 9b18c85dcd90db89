"""Hit, wrong code and wrong factor can't be told apart: the same statements, the same response times.

The real guard, its books and the commune's table in SQLite on the disk, with answers paced as in service (at
a shorter pace, so that the test is quick). The three kinds are asked in random order, so that whatever else
the machine does hits all of them alike. Each pair is compared by the Mann-Whitney U test, which needs no
shape of the distribution. **Threshold**: a leak is claimed only if p < 0.0001 for a pair in two runs, one
after the other. Three pairs: a false alarm in fewer than one of a million runs. The control below, a source
that is not paced and takes 40 ms longer where there is a dossier, is told apart, also on a busy machine.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from datetime import timedelta
from itertools import combinations
from math import erfc, sqrt
from pathlib import Path

from sqlalchemy import Engine, event, insert

from bot.dossiers.guard import LookUp, Pacing
from bot.dossiers.ledger import SqlLedger
from bot.dossiers.limits import Ladder, Limits
from bot.dossiers.records import Digits, Found, Person, Record
from bot.dossiers.sources import TableSource
from bot.store.engine import change, make_engine
from bot.store.migrate import upgrade
from bot.store.models_dossiers import DossierRow
from tests.dossiers.helpers import HASHER, NOW

THRESHOLD = 1e-4
EACH = 60
PACE_S = 0.03
_WIDE = Ladder(timedelta(days=1), ((10**9, timedelta(hours=1)),), alert_from=10**9)
KINDS = {"hit": Found.HIT, "wrong code": Found.MISS, "wrong factor": Found.MISS}


def test_times_of_hit_wrong_code_and_wrong_factor_are_the_same(tmp_path: Path) -> None:
    engine = _table(tmp_path)
    source = TableSource(engine)
    source.pace = PACE_S
    suspected = set(_told_apart(_samples(engine, source, 1)))
    if suspected:
        suspected &= set(_told_apart(_samples(engine, source, 2)))
    engine.dispose()
    assert not suspected


def test_the_database_is_asked_the_same(tmp_path: Path) -> None:
    engine = _table(tmp_path)
    look_up = LookUp(TableSource(engine), HASHER, SqlLedger(engine), pacing=Pacing(sleep=lambda _: None))
    said: dict[str, list[str]] = {}
    for kind in ("warm", *KINDS):
        heard = said.setdefault(kind, [])

        def hear(_c: object, _x: object, statement: str, *_: object, into: list[str] = heard) -> None:
            into.append(statement)

        event.listen(engine, "before_cursor_execute", hear)
        code = "H19.77.5-261102-0001" if kind == "wrong code" else _code(1)
        digits = "xxxx" if kind == "wrong factor" else "0001"
        look_up.ask(Person(1, kind, kind), code, Digits(digits), NOW)
        event.remove(engine, "before_cursor_execute", hear)
    engine.dispose()
    assert said["hit"] == said["wrong code"] == said["wrong factor"]
    assert len(said["hit"]) >= 6


class _Leaky(TableSource):
    pace = 0.0

    def find(self, code: str) -> Record | None:
        found = super().find(code)
        if found:
            time.sleep(0.04)
        return found


def test_the_test_finds_a_leak(tmp_path: Path) -> None:
    engine = _table(tmp_path)
    assert {("hit", "wrong code"), ("wrong code", "wrong factor")} <= set(
        _told_apart(_samples(engine, _Leaky(engine), 1))
    )
    engine.dispose()


def _table(folder: Path) -> Engine:
    url = f"sqlite:///{folder / 'dossiers.db'}"
    upgrade(url)
    engine = make_engine(url)
    rows = []
    for number in range(2 * EACH):
        code = _code(number)
        factors = HASHER.factors(code, f"09000{number:05d}", "")
        rows.append(
            {"code": code, "status": "received", "status_text": "Đang xử lý", "phone4": factors.phone4,
             "as_of": NOW, "created_at": NOW, "changed_at": NOW}
        )  # fmt: skip
    change(engine, lambda connection: connection.execute(insert(DossierRow), rows) and None)
    return engine


def _code(number: int) -> str:
    return f"H19.29.5-261102-{number:04d}"


def _samples(engine: Engine, source: TableSource, run: int) -> dict[str, list[float]]:
    """Seconds of each look-up, by kind."""
    look_up = LookUp(source, HASHER, SqlLedger(engine), Limits(_WIDE, _WIDE, _WIDE))
    order = [(kind, number) for kind in KINDS for number in range(EACH)]
    random.Random(run).shuffle(order)
    taken: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for kind, number in [("hit", 0), ("wrong code", 0), *order]:  # the first ones warm up
        existing = number + (EACH if kind == "wrong factor" else 0)
        code = f"H19.77.5-261102-{number:04d}" if kind == "wrong code" else _code(existing)
        digits = "xxxx" if kind == "wrong factor" else f"{existing:05d}"[-4:]
        who = Person(1, f"{kind}{number}", f"{run}:{kind}:{number}:{len(taken[kind])}")
        began = time.perf_counter()
        answer = look_up.ask(who, code, Digits(digits), NOW)
        taken[kind].append(time.perf_counter() - began)
        assert answer.found is KINDS[kind]
    return {kind: times[-EACH:] for kind, times in taken.items()}


def _told_apart(samples: dict[str, list[float]]) -> list[tuple[str, str]]:
    pairs = list(combinations(samples, 2))
    return [(a, b) for a, b in pairs if mann_whitney_p(samples[a], samples[b]) < THRESHOLD]


def mann_whitney_p(a: Sequence[float], b: Sequence[float]) -> float:
    """Two-sided p by the normal approximation (for samples of more than 20); equal times are rare enough."""
    ranked = sorted((value, side) for side, values in ((0, a), (1, b)) for value in values)
    ranks = sum(rank for rank, (_, side) in enumerate(ranked, start=1) if side == 0)
    u = ranks - len(a) * (len(a) + 1) / 2
    spread = sqrt(len(a) * len(b) * (len(a) + len(b) + 1) / 12)
    return erfc(abs(u - len(a) * len(b) / 2) / spread / sqrt(2))
