"""Conversations to look at: made in the database, as the worker would leave them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from bot.clock import to_ms
from bot.store.engine import writing
from bot.store.models import Account, Conversation, Message
from bot.understanding.folding import fold


def account(session: Session, channel: str, now: datetime) -> Account:
    found = session.scalar(select(Account).where(Account.channel == channel))
    if found is None:
        found = Account(channel=channel, external_id=f"{channel}-1", created_at=now)
        session.add(found)
        session.flush()
    return found


def add_chat(
    engine: Engine, now: datetime, words: str = "Tôi muốn gặp cán bộ", channel: str = "zalo", **fields: Any
) -> int:
    """A conversation in which the resident wrote ``words`` just now; returns its id."""
    with writing(engine) as session:
        kept = account(session, channel, now)
        number = session.query(Conversation).count() + 1
        made = {"user_ref": f"u{number}", "last_inbound_ms": to_ms(now), "created_at": now, "updated_at": now}
        if fields.get("owner") == "waiting":
            made["waiting_since"] = now
        chat = Conversation(account_id=kept.id, **{**made, **fields})
        session.add(chat)
        session.flush()
        add_message(session, chat, words, now)
        return chat.id


def add_message(
    session: Session, chat: Conversation, words: str, now: datetime, author: str = "resident", **fields: Any
) -> int:
    message = Message(
        conversation_id=chat.id, account_id=chat.account_id, author=author, kind="message", text=words,
        folded=fold(words), at_ms=to_ms(now), created_at=now, **fields,
    )  # fmt: skip
    session.add(message)
    session.flush()
    return message.id
