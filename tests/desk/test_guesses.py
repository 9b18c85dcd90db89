"""Many guesses at a password at once are worth no more than one after the other; on both databases."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Engine, select

from bot.accounts.vault import Vault
from bot.clock import utc_now
from bot.desk.authentication import FREE_FAILURES, authenticate
from bot.desk.passwords import hash_password
from bot.store.engine import reading, writing
from bot.store.models import Audit, Officer

GUESSES = 24
RIGHT = "mat-khau-dung-cua-hoa"


def test_guesses_at_once_meet_the_lock(engine: Engine) -> None:
    now, vault, start = utc_now(), Vault("0" * 40), threading.Barrier(GUESSES)
    with writing(engine) as session:
        session.add(
            Officer(
                login="hoa", name="Hoa", role="officer", password_hash=hash_password(RIGHT), created_at=now
            )
        )

    def guess(number: int) -> str | None:
        start.wait()
        return authenticate(engine, vault, "hoa", f"doan-{number}", "", "127.0.0.1", now)

    with ThreadPoolExecutor(GUESSES) as pool:
        assert set(pool.map(guess, range(GUESSES))) == {None}
    with reading(engine) as session:
        officer = session.scalars(select(Officer)).one()
        tries = session.scalars(select(Audit.detail).where(Audit.action == "sign_in_failed")).all()
    assert officer.failures == FREE_FAILURES
    assert officer.locked_until is not None and officer.locked_until > now
    assert len(tries) == GUESSES
    assert sum(bool(detail.get("locked")) for detail in tries) == GUESSES - FREE_FAILURES  # not looked at
    assert authenticate(engine, vault, "hoa", RIGHT, "", "127.0.0.1", now) is None  # right, but locked
