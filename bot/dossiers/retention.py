"""What of dossiers is deleted, and when.

What an erasure takes away of look-ups and follows: bot/store/conversations.py."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from bot.dossiers.statuses import ENDED
from bot.store.models_dossiers import (
    DossierAlert,
    DossierAttempt,
    DossierEvent,
    DossierFollow,
    DossierImport,
    DossierRow,
)

ATTEMPTS_KEPT = timedelta(days=180)
"""Longer than any ladder looks back, and than a person counts as having proven a code."""
_BATCH = 2000


def forget_old(session: Session, now: datetime, days: int) -> int:
    """Delete dossiers that ended, or were not heard of, ``days`` ago, and old look-ups; returns how many
    dossiers. At most :data:`_BATCH` of them at once, so that nobody waits long for the database. Follows of
    what is gone, or without news for as long, end as well.
    """
    before = now - timedelta(days=days)
    ended = DossierRow.status.in_([status.value for status in ENDED])
    old = or_(ended & (DossierRow.changed_at < before), DossierRow.as_of < before)
    codes = list(session.scalars(select(DossierRow.code).where(old).limit(_BATCH)))
    if codes:
        for table in (DossierEvent, DossierFollow, DossierRow):
            session.execute(delete(table).where(table.code.in_(codes)))
    # A live source leaves no rows here: without an end its follows would be asked about for ever.
    unheard = DossierFollow.code.not_in(select(DossierRow.code)) & (DossierFollow.told_at < before)
    session.execute(delete(DossierFollow).where(or_(unheard, DossierFollow.ended_at < before)))
    session.execute(delete(DossierAttempt).where(DossierAttempt.at < now - ATTEMPTS_KEPT))
    session.execute(delete(DossierAlert).where(DossierAlert.at < now - ATTEMPTS_KEPT))
    session.execute(delete(DossierImport).where(DossierImport.at < before))
    return len(codes)
