"""What the stand-ins know: residents, their conversations, every send, and the live feed.

In memory, bounded, guarded by one lock that is held only for dictionary and list operations.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import Any

from connectors.sandbox.config import SandboxConfig
from connectors.sandbox.journal import Journal


class Platform(StrEnum):
    """Which stand-in."""

    ZALO = "zalo"
    FACEBOOK = "facebook"


class Author(StrEnum):
    """Who wrote a message."""

    RESIDENT = "resident"
    BOT = "bot"  # the assistant, through the API
    OFFICER = "officer"  # a person in OA Manager or in the Page Inbox


@dataclass(slots=True)
class Message:
    """One message of a conversation, in the shape that the page and the tests read.

    ``buttons`` are ``{"title", "action", "value"}`` with action payload, quick, url, phone or sms.
    """

    platform: Platform
    user_id: str
    message_id: str
    author: Author
    at_ms: int
    kind: str = "text"
    text: str = ""
    buttons: list[dict[str, str]] = field(default_factory=list)
    media_url: str = ""
    payload: str = ""
    metadata: str = ""
    seq: int = 0
    receipt: str = ""  # "", delivered or seen
    persona: str = ""  # Messenger shows it above the message

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types. Not ``asdict``: its deep copies were a fifth of a send's cost."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(slots=True)
class Resident:
    """One person as one account sees them. ``owner_app`` is who controls the Messenger thread, if anyone."""

    platform: Platform
    id: str
    name: str
    followed: bool = False
    last_interaction_ms: int = 0
    replies_used: int = 0
    owner_app: str = ""
    messages: deque[Message] = field(default_factory=deque)


@dataclass(slots=True)
class SendRecord:
    """One call of a send endpoint and what became of it.

    ``key`` is what makes two calls the same message: Facebook's metadata, or the body's hash for Zalo,
    which has no idempotency key. ``copy`` counts the deliveries under that key to that person: 2 is a
    duplicate.
    """

    platform: Platform
    user_id: str
    at_ms: int
    outcome: str  # ok, or the error or fault that the caller saw
    delivered: bool
    message_id: str = ""
    text: str = ""
    metadata: str = ""
    key: str = ""
    copy: int = 0
    body: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {name: getattr(self, name) for name in self.__slots__}


class World:
    """All state of one sandbox. Every method is thread-safe."""

    def __init__(self, config: SandboxConfig) -> None:
        self.config = config
        self.lock = threading.RLock()
        self.feed: Journal[dict[str, Any]] = Journal(2_000)
        self.sends: Journal[SendRecord] = Journal(config.max_messages)
        self.echoes = config.echoes
        self.receipts = config.receipts
        self._shift_ms = 0
        self._clear()

    def _clear(self) -> None:
        self._residents: dict[Platform, OrderedDict[str, Resident]] = {p: OrderedDict() for p in Platform}
        self._by_message: dict[str, Message] = {}
        self._order: deque[Message] = deque()
        self._copies: OrderedDict[tuple[str, str, str], int] = OrderedDict()
        self._seq = 0
        self.delivered = dict.fromkeys(Platform, 0)
        self.duplicates = dict.fromkeys(Platform, 0)
        self.package_used = 0

    def reset(self) -> None:
        """Back to the first moment: no people, no messages, the real time, the configured switches."""
        with self.lock:
            self._clear()
            self._shift_ms = 0
            self.echoes, self.receipts = self.config.echoes, self.config.receipts
        self.feed.clear()
        self.sends.clear()
        self.emit("reset", {})

    def now_ms(self) -> int:
        """The stand-ins' time in epoch milliseconds."""
        return time.time_ns() // 1_000_000 + self._shift_ms

    def shift_clock(self, by_ms: int) -> None:
        """Move the stand-ins' time, so that windows close and tokens lapse while nobody waits."""
        with self.lock:
            self._shift_ms += by_ms

    def emit(self, kind: str, data: dict[str, Any]) -> None:
        """Tell those who watch the page."""
        self.feed.append({"type": kind, "data": data})

    def find(self, platform: Platform, user_id: str) -> Resident | None:
        """The person, if the account has ever heard of them."""
        return self._residents[platform].get(user_id)

    def resident(self, platform: Platform, user_id: str, name: str = "") -> Resident:
        """The person, known from now on."""
        with self.lock:
            known = self._residents[platform].get(user_id)
            if known is None:
                known = Resident(platform, user_id, name or f"Người dân {user_id[-4:]}")
                self._residents[platform][user_id] = known
            elif name:
                known.name = name
            return known

    def interacted(self, resident: Resident) -> None:
        """The person did something that opens the messaging window and its free replies."""
        with self.lock:
            resident.last_interaction_ms = self.now_ms()
            resident.replies_used = 0

    def add(self, resident: Resident, message: Message) -> Message:
        """Put a message at the end of its conversation and show it on the page."""
        with self.lock:
            self._seq += 1
            message.seq = self._seq
            resident.messages.append(message)
            self._by_message[message.message_id] = message
            self._order.append(message)
            self._residents[message.platform].move_to_end(resident.id)
            if len(self._order) > self.config.max_messages:
                self._forget(self._order.popleft())
            shown = {**message.to_dict(), "name": resident.name}
        self.emit("message", shown)
        return message

    def _forget(self, message: Message) -> None:
        self._by_message.pop(message.message_id, None)
        resident = self._residents[message.platform].get(message.user_id)
        if resident and resident.messages and resident.messages[0] is message:
            resident.messages.popleft()

    def message(self, message_id: str) -> Message | None:
        """A message by the platform's id."""
        return self._by_message.get(message_id)

    def conversation(
        self, platform: Platform, user_id: str, offset: int = 0, count: int = 20
    ) -> list[Message]:
        """A conversation's messages, newest first."""
        with self.lock:
            resident = self._residents[platform].get(user_id)
            return list(islice(reversed(resident.messages), offset, offset + count)) if resident else []

    def transcript(self, platform: Platform, user_id: str, after: int = 0) -> list[Message]:
        """A conversation's messages that came after ``after``, oldest first."""
        with self.lock:
            resident = self._residents[platform].get(user_id)
            return [m for m in resident.messages if m.seq > after] if resident else []

    def recent(self, platform: Platform, offset: int, count: int) -> list[Resident]:
        """People by their last message, newest first."""
        with self.lock:
            return list(islice(reversed(self._residents[platform].values()), offset, offset + count))

    def record_send(self, record: SendRecord) -> None:
        """Log one call of a send endpoint, counting deliveries of the same message."""
        with self.lock:
            if record.delivered:
                key = (record.platform.value, record.user_id, record.key)
                record.copy = self._copies[key] = self._copies.get(key, 0) + 1
                self.delivered[record.platform] += 1
                self.duplicates[record.platform] += record.copy > 1
                if len(self._copies) > self.config.max_messages:
                    self._copies.popitem(last=False)
        number = self.sends.append(record)
        shown = {"number": number, "platform": record.platform.value, "user_id": record.user_id}
        self.emit(
            "send", {**shown, "outcome": record.outcome, "delivered": record.delivered, "copy": record.copy}
        )

    def mark(self, message_ids: list[str], receipt: str) -> None:
        """Note a receipt on messages and show it on the page."""
        for message_id in message_ids:
            message = self._by_message.get(message_id)
            if message is not None:
                message.receipt = receipt
        self.emit("receipt", {"message_ids": message_ids, "receipt": receipt})

    @staticmethod
    def new_message_id(platform: Platform) -> str:
        """An id in the platform's own style."""
        return secrets.token_hex(10) if platform is Platform.ZALO else f"m_{secrets.token_urlsafe(48)}"

    @staticmethod
    def new_user_id(platform: Platform) -> str:
        """An id that JavaScript's numbers cannot hold, as the platforms' cannot."""
        return str(
            secrets.randbelow(9 * 10**18) + 10**18
            if platform is Platform.ZALO
            else secrets.randbelow(9 * 10**15) + 10**16
        )
