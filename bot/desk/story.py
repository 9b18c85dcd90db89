"""One conversation as an officer reads it: everything said, done and noted, and what became of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import to_ms
from bot.desk.guard import SignedIn
from bot.desk.wording import alarm_words, understood_words
from bot.handoff.visibility import visible, window_left
from bot.knowledge.loading import Knowledge
from bot.store.models import Account, Conversation, Handoff, Message, Note, Officer, Outgoing, Unit

LONGEST = 300
"""Messages that are shown, the newest ones; the rest on demand."""

_WORST_FIRST = ("failed", "unknown", "sending", "pending", "sent", "delivered", "seen")

NOTES = {
    "claim": "{who} đã tiếp nhận.",
    "release": "{who} đã trả lại cho trợ lý.",
    "forward": "{who} đã chuyển đi.",
    "idle": "Cán bộ im lặng quá lâu: hội thoại được trả lại.",
    "disabled": "Tài khoản của cán bộ đang giữ đã bị khóa: hội thoại chờ cán bộ khác.",
    "label": "{who} đã đổi nhãn.",
    "resend": "{who} đã gửi lại một tin.",
    "elsewhere": "Một cán bộ đã trả lời ngay trong hộp thư của nền tảng.",
    "officer_elsewhere": "Một cán bộ đã trả lời ngay trong hộp thư của nền tảng.",
    "wish": "Người dân cần gặp cán bộ.",
    "cancel": "Người dân thôi chờ cán bộ.",
    "unsent": "Hồ sơ có thay đổi nhưng chưa báo được cho người dân:",
    "escalate": "Đã báo phụ trách: chờ quá lâu.",
    "rating": "Người dân đã đánh giá.",
    "bad_rating": "Người dân đánh giá chưa tốt: đã báo phụ trách.",
}
"""What the notes that the system makes say, before their own text."""


@dataclass(frozen=True, slots=True)
class Image:
    """An attachment of a resident. ``shown``: an address that the page may load."""

    kind: str
    url: str
    shown: bool


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the story; ``author``: resident, bot, officer, note or event."""

    id: str
    author: str
    who: str
    text: str
    at: datetime
    understood: str = ""
    delivery: str = ""
    reason: str = ""
    resend: int | None = None
    attachments: Sequence[Image] = ()
    tapped: bool = False


@dataclass(frozen=True, slots=True)
class Chat:
    """A conversation's head. ``window`` None: no limit; ``lock``: why nothing can be written, or empty."""

    id: int
    version: int
    channel: str
    account_ref: str
    user_ref: str
    owner: str
    officer_id: int | None
    officer: str | None
    unit_id: int
    unit: str
    queue: str
    labels: Sequence[str]
    waiting_since: datetime | None
    alarm: str
    is_test: bool
    last_inbound_ms: int
    window: timedelta | None
    lock: str
    reasons: Sequence[str]
    matter: str
    has_contact: bool
    dossiers: Sequence[str]

    @property
    def closes_ms(self) -> int | None:
        """When the messaging window closes, epoch milliseconds."""
        if self.window is None:
            return None
        return self._now_ms + int(self.window.total_seconds() * 1000)

    _now_ms: int = 0


def read_chat(session: Session, officer: SignedIn, conversation_id: int, now: datetime) -> Chat | None:
    """The conversation's head, if ``officer`` may see it."""
    row = session.execute(
        select(Conversation, Account.channel, Account.external_id, Officer.name, Unit.name)
        .join(Account, Account.id == Conversation.account_id)
        .outerjoin(Officer, Officer.id == Conversation.officer_id)
        .outerjoin(Unit, Unit.id == Conversation.unit_id)
        .where(Conversation.id == conversation_id, visible(officer))
    ).first()
    if row is None:
        return None
    kept, channel, account_ref, holder, unit = row
    window = window_left(channel, kept.last_inbound_ms, now)
    wishes = session.scalars(
        select(Handoff)
        .where(Handoff.conversation_id == conversation_id, Handoff.status.in_(("waiting", "taken")))
        .order_by(Handoff.id)
    ).all()
    return Chat(
        id=kept.id, version=kept.version, channel=channel, account_ref=account_ref, user_ref=kept.user_ref,
        owner=kept.owner, officer_id=kept.officer_id, officer=holder, unit_id=kept.unit_id, unit=unit or "",
        queue=kept.queue, labels=kept.labels or [], waiting_since=kept.waiting_since,
        alarm=alarm_words(kept.owner, kept.waiting_since, kept.escalated_at), is_test=kept.is_test,
        last_inbound_ms=kept.last_inbound_ms,
        window=window, lock=_lock(kept, officer, window), reasons=[wish.reason for wish in wishes],
        matter=next((wish.matter for wish in reversed(wishes) if wish.matter), ""),
        has_contact=any(wish.contact_cipher for wish in wishes),
        dossiers=[wish.dossier for wish in wishes if wish.dossier], _now_ms=to_ms(now),
    )  # fmt: skip


def _lock(kept: Conversation, officer: SignedIn, window: timedelta | None) -> str:
    if kept.owner != "officer":
        return "free"
    if kept.officer_id is None:
        return "elsewhere"
    if kept.officer_id != officer.id:
        return "other"
    if not kept.reachable:
        return "unreachable"
    return "closed" if window is not None and window <= timedelta(0) else ""


def read_story(
    session: Session, chat: Chat, knowledge: Knowledge, everything: bool = False
) -> tuple[list[Item], bool]:
    """Everything that happened, oldest first, and whether older messages were left out."""
    limit = 100_000 if everything else LONGEST
    messages = session.scalars(
        select(Message).where(Message.conversation_id == chat.id).order_by(Message.id.desc()).limit(limit + 1)
    ).all()
    cut, messages = len(messages) > limit, messages[:limit]
    notes = session.scalars(select(Note).where(Note.conversation_id == chat.id).order_by(Note.id)).all()
    if cut:
        notes = [note for note in notes if note.created_at >= messages[-1].created_at]
    wires: dict[int, list[Outgoing]] = defaultdict(list)
    for row in session.scalars(select(Outgoing).where(Outgoing.conversation_id == chat.id)):
        wires[row.message_id].append(row)
    people = _people(session, messages, notes)
    items = [_said(message, wires.get(message.id, ()), people, knowledge) for message in reversed(messages)]
    items += [_noted(note, people) for note in notes]
    return sorted((item for item in items if _worth_showing(item)), key=lambda item: item.at), cut


def _people(
    session: Session, messages: Iterable[Message], notes: Iterable[Note]
) -> Mapping[int, tuple[str, str]]:
    """Name and persona of every officer in the story."""
    ids = {message.officer_id for message in messages} | {note.officer_id for note in notes}
    wanted = [officer_id for officer_id in ids if officer_id]
    if not wanted:
        return {}
    rows = session.execute(select(Officer.id, Officer.name, Officer.persona).where(Officer.id.in_(wanted)))
    return {row.id: (row.name, row.persona) for row in rows}


def _said(
    message: Message, wires: Sequence[Outgoing], people: Mapping[int, tuple[str, str]], knowledge: Knowledge
) -> Item:
    author, text, who = message.author, message.text or "", "Trợ lý"
    if author == "resident":
        who = "Người dân"
        if message.kind == "opened" and not text:
            author, text = "event", "Người dân mở khung trò chuyện."
        elif message.kind == "contact" and not text:
            author, text = "event", "Người dân gửi thông tin liên hệ."
    elif author == "officer":
        name, persona = people.get(message.officer_id or 0, ("Cán bộ, viết ở hộp thư của nền tảng", ""))
        who = f"{name} · {persona}" if persona else name
    elif author == "app":
        who = "Ứng dụng khác"
    state, failed = _delivery(wires)
    return Item(
        id=f"m{message.id}", author=author, who=who, text=text, at=message.created_at,
        understood=understood_words(message.understood, knowledge) if author == "resident" else "",
        delivery=state, reason=(failed.error_reason or "") if failed else "",
        resend=failed.id if failed and failed.author == "officer" else None,
        attachments=[_image(found) for found in message.attachments or ()],
        tapped=message.kind == "button",
    )  # fmt: skip


def _delivery(wires: Sequence[Outgoing]) -> tuple[str, Outgoing | None]:
    """The worst state of a message's parts, and the first part that failed."""
    if not wires:
        return "", None
    states = ["seen" if row.seen_at else "delivered" if row.delivered_at else row.status for row in wires]
    worst = min(states, key=lambda state: _WORST_FIRST.index(state) if state in _WORST_FIRST else 0)
    return worst, next((row for row in wires if row.status == "failed"), None)


def _image(found: Mapping[str, Any]) -> Image:
    url = str(found.get("url") or "")
    loads = url.startswith(("https://", "http://127.0.0.1:", "http://localhost:"))
    return Image(
        str(found.get("kind") or "other"), url if loads else "", loads and found.get("kind") == "image"
    )


def _noted(note: Note, people: Mapping[int, tuple[str, str]]) -> Item:
    who = people.get(note.officer_id or 0, ("Hệ thống", ""))[0]
    if note.kind == "note":
        return Item(id=f"n{note.id}", author="note", who=who, text=note.text, at=note.created_at)
    told = NOTES.get(note.kind, "{who}: " + note.kind).format(who=who)
    text = f"{told} {note.text}".strip()
    return Item(id=f"n{note.id}", author="event", who="", text=text, at=note.created_at)


def _worth_showing(item: Item) -> bool:
    return bool(item.text or item.attachments)
