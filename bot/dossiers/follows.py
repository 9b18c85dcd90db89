"""Who follows which dossier, in SQL: begun, ended, what of it the resident was told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from bot.clock import to_ms
from bot.dossiers.records import Dossier
from bot.dossiers.sources import dossier_of
from bot.store.models import Conversation, Outgoing
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


_WAIT_FOR_NEWS = (DossierFollow.ended_at.is_(None), DossierFollow.unsent_since.is_(None))
_STATE = DossierRow.status.concat("/").concat(DossierRow.shade)


def begin(session: Session, account_id: int, user_ref: str, dossier: Dossier, now: datetime) -> bool:
    """Follow from now on, and again after an end; False if there are :data:`MOST` or no conversation."""
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
    row.told_status = state_of(dossier)
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
    """Followers whom the commune's table has news for, but those whose news wait for their next message, or
    for an officer to give the chat back: these would come up in each run and leave no room for others."""
    query = (
        select(DossierFollow, DossierRow)
        .join(DossierRow, DossierRow.code == DossierFollow.code)
        .join(Conversation, Conversation.id == DossierFollow.conversation_id)
        .where(*_WAIT_FOR_NEWS, DossierFollow.told_status != _STATE, Conversation.owner != "officer")
        .order_by(DossierFollow.conversation_id, DossierFollow.id)
        .limit(most)
    )
    return [
        Change(follow.id, follow.conversation_id, dossier_of(row), follow.told_status)
        for follow, row in session.execute(query)
    ]


def active_codes(session: Session) -> list[str]:
    """Every code that somebody waits for news of, for a source that must be asked code by code."""
    return list(session.scalars(select(DossierFollow.code).where(*_WAIT_FOR_NEWS).distinct()))


def changed(session: Session, dossier: Dossier) -> list[Change]:
    """The followers of ``dossier`` who do not know its state."""
    query = select(DossierFollow).where(
        *_WAIT_FOR_NEWS, DossierFollow.code == dossier.code, DossierFollow.told_status != state_of(dossier)
    )
    return [Change(row.id, row.conversation_id, dossier, row.told_status) for row in session.scalars(query)]


# Built once: it runs with every message of every resident, and hardly ever finds anything.
_UNSENT = (
    select(DossierFollow.id, DossierFollow.code, DossierFollow.told_status)
    .where(
        DossierFollow.conversation_id == bindparam("conversation"),
        DossierFollow.unsent_since.is_not(None),
        DossierFollow.ended_at.is_(None),
    )
    .order_by(DossierFollow.id)
)


def unsent(session: Session, conversation_id: int) -> list[tuple[int, str, str]]:
    """News that wait for this resident's next message: (id of the follow, code, status told last)."""
    found = session.connection().execute(_UNSENT, {"conversation": conversation_id})
    return [(row.id, row.code, row.told_status) for row in found]


def tell(session: Session, change: Change, now: datetime) -> bool:
    """Note that the resident is told now; False if somebody else was faster, or the follow is ended."""
    done = session.execute(
        update(DossierFollow)
        .where(
            DossierFollow.id == change.follow_id,
            DossierFollow.told_status == change.told_status,
            DossierFollow.ended_at.is_(None),
        )
        .values(
            told_status=state_of(change.dossier),
            told_at=now,
            unsent_since=None,
            unsent_reason="",
        )
        .returning(DossierFollow.id)
    )
    return done.first() is not None


def keep_unsent(session: Session, changes: Iterable[Change], reason: str, now: datetime) -> tuple[str, ...]:
    """The news wait for the resident's next message; returns the codes of those that did not wait before."""
    kept = session.execute(
        update(DossierFollow)
        .where(
            DossierFollow.id.in_([change.follow_id for change in changes]),
            DossierFollow.ended_at.is_(None),
            DossierFollow.unsent_since.is_(None),
        )
        .values(unsent_since=now, unsent_reason=reason[:40])
        .returning(DossierFollow.code)
    )
    return tuple(kept.scalars())


def take_back_refused(session: Session, since: datetime, now: datetime) -> dict[int, tuple[str, ...]]:
    """Notices that the platform refused after all wait for the next message too; codes by conversation.

    :param since: how old an outbox row is looked at.
    """
    refused = session.execute(
        select(Outgoing.key, Outgoing.conversation_id, Outgoing.error_code).where(
            Outgoing.key.like(f"{KEY}%"), Outgoing.status == "failed", Outgoing.created_at > since
        )
    )
    taken: dict[int, tuple[str, ...]] = {}
    for key, conversation_id, code in refused.all():
        for row in session.scalars(
            select(DossierFollow).where(DossierFollow.conversation_id == conversation_id, *_WAIT_FOR_NEWS)
        ):
            if row.told_at is not None and notice_key(conversation_id, row.told_at) == _first_part(key):
                row.unsent_since, row.unsent_reason = now, (code or WINDOW_CLOSED)[:40]
                row.told_status = ""  # the resident does not know it
                taken[conversation_id] = (*taken.get(conversation_id, ()), row.code)
    return taken


def notice_key(conversation_id: int, told_at: datetime) -> str:
    """The outbox key of a notice; at most 40 characters."""
    return f"{KEY}{conversation_id}:{to_ms(told_at)}"


def _first_part(key: str) -> str:
    """The key without the number of a further part of a long message."""
    return ":".join(key.split(":")[:3])


def _conversation(session: Session, account_id: int, user_ref: str) -> int | None:
    mine = (Conversation.account_id == account_id, Conversation.user_ref == user_ref)
    return session.scalar(select(Conversation.id).where(*mine))
