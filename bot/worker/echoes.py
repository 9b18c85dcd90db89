"""What the account itself wrote comes back: our own sends are matched, an officer's words take over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import structlog
from sqlalchemy import Connection, Engine, Update, bindparam, or_, select, update
from sqlalchemy.orm import Session

from bot.handoff.ownership import Happening, Owner, move
from bot.handoff.records import answer_handoffs, record, take_handoffs
from bot.store import conversations as conv
from bot.store.engine import change, writing
from bot.store.models import Conversation, Outgoing
from bot.worker.outbox import mark_sent
from connectors.channel import EchoAuthor, Event, EventKind
from connectors.matching import same_text

log = structlog.get_logger(__name__)

_BY_KEY = select(Outgoing.id, Outgoing.status, Outgoing.conversation_id).where(
    Outgoing.key == bindparam("key"), Outgoing.account_id == bindparam("account")
)

OWNED = "owned"
OWNED_REASON = "Cán bộ đã trả lời trước"


def handle_echo(engine: Engine, account_id: int, event: Event, now: datetime) -> int | None:
    """Work one echo; returns the conversation whose outbox may go on."""
    if event.echo_key:
        held_up, strangers = settle_echoes(engine, [(account_id, event)], now)
        if not strangers:
            return held_up[0] if held_up else None
    with writing(engine) as session:
        conversation = conv.open_conversation(session, account_id, event.user_id, now)
        row_id = _our_row(session, conversation, event)
        if row_id is not None:
            mark_sent(session.connection(), row_id, event.message_id, now)
            return conversation.id
        if event.echo_author is EchoAuthor.US:
            return None  # sent by an earlier installation, or already erased: nothing to match
        _officer_wrote(session, conversation, event, now)
    return None


def settle_echoes(
    engine: Engine, echoes: Sequence[tuple[int, Event]], now: datetime
) -> tuple[list[int], list[Event]]:
    """Work echoes that bring a key of ours back; most tell nothing new.

    ``echoes`` are pairs of an account's id and the event.

    :returns: the conversations that were held up by what is settled now, and the echoes whose key is not
        ours (any more): those are for :func:`handle_echo`.
    """
    news: list[tuple[int, Event, int]] = []
    strangers = []
    with engine.connect() as connection:
        for account_id, event in echoes:
            row = connection.execute(_BY_KEY, {"key": event.echo_key, "account": account_id}).first()
            if row is None:
                strangers.append(event)
            elif row.status != "sent":
                news.append((row.id, event, row.conversation_id))

    def settle(connection: Connection) -> None:
        for row_id, event, _ in news:
            mark_sent(connection, row_id, event.message_id, now)

    if news:
        change(engine, settle)
    return [conversation_id for _, _, conversation_id in news], strangers


def _our_row(session: Session, conversation: Conversation, event: Event) -> int | None:
    """The outbox row that this echo is of: by the platform's id, else by its text."""
    mine = select(Outgoing.id).where(Outgoing.conversation_id == conversation.id)
    if event.message_id:
        found = session.scalar(mine.where(Outgoing.external_id == event.message_id))
        if found is not None:
            return found
    if event.echo_author is EchoAuthor.OFFICER or not event.text:
        return None
    under_way = select(Outgoing.id, Outgoing.wire).where(
        Outgoing.conversation_id == conversation.id, Outgoing.status.in_(("sending", "unknown"))
    )
    for row_id, wire in session.execute(under_way.order_by(Outgoing.id)):
        persona = wire.get("persona")  # the same words without the line that names who speaks
        texts = (_text_of(wire), _text_of(persona) if isinstance(persona, dict) else None)
        if any(text and same_text(text, event.text) for text in texts):
            return int(row_id)
    return None


def _text_of(wire: dict[str, object]) -> str | None:
    """The text inside a wire: Zalo's and Facebook's have it at message.text, the web chat at the top."""
    message = wire.get("message", wire)
    text = message.get("text") if isinstance(message, dict) else None
    return text if isinstance(text, str) else None


def _officer_wrote(session: Session, conversation: Conversation, event: Event, now: datetime) -> None:
    """Whoever writes from another surface has the conversation now; the bot falls silent."""
    if conv.already_worked(session, conversation.account_id, event.event_id):
        return
    if conversation.owner != Owner.OFFICER or conversation.officer_id is not None:
        record(session, conversation.id, None, "elsewhere", now)
        log.info("conversation.officer_elsewhere", conversation=conversation.id)
    officer_elsewhere(conversation, now)
    conversation.waiting_since = conversation.escalated_at = None  # answered
    take_handoffs(session, conversation.id, None, now)
    answer_handoffs(session, conversation.id, now)
    conv.add_inbound(session, conversation, event, now, author="officer")
    conv.hold_back(session, conversation.id, OWNED, OWNED_REASON)


def officer_elsewhere(conversation: Conversation, now: datetime) -> None:
    """Somebody has the conversation in the platform's own inbox, or another app has the thread."""
    step = move(conversation.owner, Happening.OFFICER_ELSEWHERE)
    assert step is not None  # can happen to every owner
    conversation.owner, conversation.officer_id = step.owner.value, None
    conversation.officer_wrote_at = conversation.updated_at = now


def _receipt(column: str) -> Update:
    """Fill ``column`` of what was sent to one resident, by the platform's ids or up to a time."""
    table = Outgoing.__table__
    resident = select(Conversation.id).where(
        Conversation.account_id == bindparam("account"), Conversation.user_ref == bindparam("user")
    )
    return (
        update(Outgoing.__table__)  # type: ignore[arg-type]
        .where(
            table.c.conversation_id == resident.scalar_subquery(),
            table.c.status == "sent",
            table.c[column].is_(None),
            or_(
                table.c.external_id.in_(bindparam("ids", expanding=True)),
                table.c.sent_at <= bindparam("until"),
            ),
        )
        .values({column: bindparam("now")})
    )


_RECEIPTS = {EventKind.DELIVERED: _receipt("delivered_at"), EventKind.SEEN: _receipt("seen_at")}


def write_receipts(engine: Engine, receipts: Sequence[tuple[int, Event]], now: datetime) -> None:
    """Note that messages were delivered or seen; a receipt may name ids, or all before a time.

    ``receipts`` are pairs of an account's id and the event.
    """
    noted = [
        (
            _RECEIPTS[event.kind],
            {
                "account": account_id,
                "user": event.user_id,
                "ids": [i for i in (event.message_id, *event.message_ids) if i],
                "until": datetime.fromtimestamp((event.watermark_ms or 0) / 1000, UTC),
                "now": now,
            },
        )
        for account_id, event in receipts
        if event.message_id or event.message_ids or event.watermark_ms
    ]

    def note(connection: Connection) -> None:
        for query, values in noted:
            connection.execute(query, values)

    if noted:
        change(engine, note)
