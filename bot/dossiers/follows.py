"""Who follows which dossier, in SQL: begun, ended, what of it the resident was told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from bot.clock import to_ms
from bot.dossiers.records import Dossier
from bot.dossiers.sources import dossier_of
from bot.handoff.records import record, rows_of, touch
from bot.store.models import Account, Conversation, Outgoing
from bot.store.models_dossiers import DossierFollow, DossierRow

MOST = 20
"""Dossiers that one conversation may follow."""
WINDOW_CLOSED, UNREACHABLE = "window_closed", "unreachable"
KEY = "news:"
"""How the outbox's keys of notices begin: ``news:<conversation>:<told_at in ms>``."""


@dataclass(frozen=True, slots=True)
class Change:
    """One follower who does not know yet how the dossier stands now."""

    follow_id: int
    conversation_id: int
    dossier: Dossier
    told_status: str


def state_of(dossier: Dossier) -> str:
    """What must differ for a change to be worth telling."""
    return f"{dossier.status.value if dossier.status else ''}/{dossier.shade.value}"


_STATE = DossierRow.status.concat("/").concat(DossierRow.shade)


def begin(session: Session, account_id: int, user_ref: str, dossier: Dossier, now: datetime) -> bool:
    """Follow from now on, and again after an end; False if there are :data:`MOST` already or no conversation."""
    conversation_id = _conversation(session, account_id, user_ref)
    if conversation_id is None:
        return False
    mine = (DossierFollow.conversation_id == conversation_id, DossierFollow.code == dossier.code)
    row = session.scalar(select(DossierFollow).where(*mine))
    if row is not None and row.ended_at is None:
        return True
    active = (DossierFollow.conversation_id == conversation_id, DossierFollow.ended_at.is_(None))
    if (session.scalar(select(func.count()).select_from(DossierFollow).where(*active)) or 0) >= MOST:
        return False
    if row is None:
        row = DossierFollow(conversation_id=conversation_id, code=dossier.code, unsent_reason="")
        session.add(row)
    row.since = row.told_at = now
    row.told_status, row.told_event_id = state_of(dossier), dossier.event_id
    row.ended_at = row.unsent_since = None
    return True


def end(session: Session, account_id: int, user_ref: str, code: str, now: datetime) -> tuple[str, ...]:
    """Follow ``code``, or nothing (empty), no more; returns the codes that were followed until now."""
    codes = tuple(c for c in followed(session, account_id, user_ref) if code in ("", c))
    conversation_id = _conversation(session, account_id, user_ref)
    session.execute(
        update(DossierFollow)
        .where(
            DossierFollow.conversation_id == conversation_id,
            DossierFollow.code.in_(codes),
            DossierFollow.ended_at.is_(None),
        )
        .values(ended_at=now, unsent_since=None)
    )
    return codes


def followed(session: Session, account_id: int, user_ref: str) -> tuple[str, ...]:
    """The codes that this resident follows, the latest first."""
    query = (
        select(DossierFollow.code)
        .join(Conversation, Conversation.id == DossierFollow.conversation_id)
        .where(
            Conversation.account_id == account_id,
            Conversation.user_ref == user_ref,
            DossierFollow.ended_at.is_(None),
        )
        .order_by(DossierFollow.since.desc(), DossierFollow.id.desc())
    )
    return tuple(session.scalars(query))


def changed_in_table(session: Session, most: int) -> list[Change]:
    """Followers whom the commune's table has news for, but those whom it could not be sent to before and who
    have not written since."""
    waits = and_(DossierFollow.unsent_since.is_not(None), ~_wrote_since())
    query = (
        select(DossierFollow, DossierRow)
        .join(DossierRow, DossierRow.code == DossierFollow.code)
        .join(Conversation, Conversation.id == DossierFollow.conversation_id)
        .where(DossierFollow.ended_at.is_(None), DossierFollow.told_status != _STATE, ~waits)
        .order_by(DossierFollow.conversation_id, DossierFollow.id)
        .limit(most)
    )
    return [
        Change(follow.id, follow.conversation_id, dossier_of(row), follow.told_status)
        for follow, row in session.execute(query)
    ]


def active(session: Session) -> list[DossierFollow]:
    """Every follow that may get news, for a source that must be asked code by code."""
    query = (
        select(DossierFollow)
        .join(Conversation, Conversation.id == DossierFollow.conversation_id)
        .where(DossierFollow.ended_at.is_(None), or_(DossierFollow.unsent_since.is_(None), _wrote_since()))
        .order_by(DossierFollow.code)
    )
    return list(session.scalars(query))


def unsent(session: Session, conversation_id: int) -> list[DossierFollow]:
    """News that could not be sent and wait for this resident's next message."""
    query = select(DossierFollow).where(
        DossierFollow.conversation_id == conversation_id,
        DossierFollow.unsent_since.is_not(None),
        DossierFollow.ended_at.is_(None),
    )
    return list(session.scalars(query.order_by(DossierFollow.id)))


def tell(session: Session, change: Change, now: datetime) -> bool:
    """Note that the resident is told now; False if somebody else was faster, or it is not followed any more."""
    return bool(
        rows_of(
            session,
            update(DossierFollow)
            .where(
                DossierFollow.id == change.follow_id,
                DossierFollow.told_status == change.told_status,
                DossierFollow.ended_at.is_(None),
            )
            .values(
                told_status=state_of(change.dossier),
                told_event_id=change.dossier.event_id,
                told_at=now,
                unsent_since=None,
                unsent_reason="",
            )
            .execution_options(synchronize_session=False),
        )
    )


def could_not_send(session: Session, changes: Sequence[Change], reason: str, now: datetime) -> None:
    """Keep the news for the next contact, and leave the officers a note; once."""
    fresh = [
        change.dossier.code
        for change in changes
        if rows_of(
            session,
            update(DossierFollow)
            .where(
                DossierFollow.id == change.follow_id,
                DossierFollow.ended_at.is_(None),
                DossierFollow.unsent_since.is_(None),
            )
            .values(unsent_since=now, unsent_reason=reason)
            .execution_options(synchronize_session=False),
        )
    ]
    if fresh:
        conversation_id = changes[0].conversation_id
        record(session, conversation_id, None, "unsent", now, ", ".join(fresh))
        session.execute(touch(conversation_id, now))


def take_back_refused(session: Session, since: datetime, now: datetime) -> int:
    """Notices that the platform refused after all wait for the next contact too; returns how many follows."""
    refused = session.execute(
        select(Outgoing.key, Outgoing.conversation_id, Outgoing.error_code).where(
            Outgoing.key.like(f"{KEY}%"), Outgoing.status == "failed", Outgoing.created_at > since
        )
    ).all()
    taken = 0
    for key, conversation_id, code in refused:
        told_ms = key.split(":")[2]
        for row in session.scalars(
            select(DossierFollow).where(
                DossierFollow.conversation_id == conversation_id,
                DossierFollow.ended_at.is_(None),
                DossierFollow.unsent_since.is_(None),
            )
        ):
            if row.told_at is not None and str(to_ms(row.told_at)) == told_ms:
                row.unsent_since, row.unsent_reason = now, (code or WINDOW_CLOSED)[:40]
                row.told_status = ""  # it is not known to the resident
                record(session, conversation_id, None, "unsent", now, row.code)
                taken += 1
    return taken


def _wrote_since() -> object:
    """Whether the resident wrote after the news could not be sent; SQLite keeps times as text."""
    return Conversation.updated_at > DossierFollow.unsent_since


def _conversation(session: Session, account_id: int, user_ref: str) -> int | None:
    return session.scalar(
        select(Conversation.id).where(
            Conversation.account_id == account_id, Conversation.user_ref == user_ref
        )
    )


def channel_of(session: Session, conversation_id: int) -> tuple[Conversation, str, str] | None:
    """A conversation with its channel and its account's id on the platform."""
    found = session.execute(
        select(Conversation, Account.channel, Account.external_id)
        .join(Account, Account.id == Conversation.account_id)
        .where(Conversation.id == conversation_id)
    ).first()
    return (found[0], found[1], found[2]) if found else None
