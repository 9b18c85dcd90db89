"""What a channel is: the only words that the assistant and the outside world share.

A channel turns the platform's bytes into :class:`Event` objects and an assistant's :class:`Reply`
into *wires*: JSON bodies of which each is exactly one API call, hence one outbox row. It holds no
Flask and no SQL, so that a new channel is one package and one table of recorded payloads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Protocol

Wire = dict[str, Any]
"""The JSON body of one API call, ready to be stored in the outbox."""


class EventKind(StrEnum):
    """What happened on the platform, in the assistant's words."""

    MESSAGE = "message"  # a resident wrote text or sent attachments
    BUTTON = "button"  # a resident tapped a button or quick reply of ours: see Event.payload
    OPENED = "opened"  # follow, get-started, first contact, m.me link: a greeting is due
    LEFT = "left"  # unfollow, block
    ECHO = "echo"  # the account itself wrote: our own send coming back, or an officer elsewhere
    DELIVERED = "delivered"  # receipt
    SEEN = "seen"  # receipt
    REACTION = "reaction"
    EDITED = "edited"  # a resident changed a message that was already handled
    CONTACT = "contact"  # a resident shared contact details on the platform's own form
    WITHDRAW = "withdraw"  # a data subject asks for erasure: must be obeyed
    HANDOVER = "handover"  # another app or inbox took, passed or asked for the thread
    FEED = "feed"  # a post or comment on a page
    OUTBOX = "outbox"  # our own: the desk has written something to send (bot/intake/nudge.py)
    TYPING = "typing"  # our own: an officer is writing
    OTHER = "other"  # known or unknown, of no use to the assistant; kept for the count


class EchoAuthor(StrEnum):
    """Who wrote an echoed message, as far as the platform tells."""

    US = "us"  # our own API call
    OFFICER = "officer"  # a person in the platform's own inbox
    OTHER_APP = "other_app"  # another app, an automation, or not told


@dataclass(frozen=True, slots=True)
class Attachment:
    """One attachment of an inbound message.

    ``kind`` is image, audio, video, file, sticker, location, link or other.
    """

    kind: str
    url: str | None = None
    title: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened on a platform, in one conversation.

    ``event_id`` is the idempotency key within (channel, account): the platform repeats an event
    with the same id, and the intake accepts it once. ``user_id`` is the platform's id of the
    resident, scoped to the account, also for echoes and receipts. ``at_ms`` is the platform's
    time in epoch milliseconds (0 if it gave none).
    """

    channel: str
    account_id: str
    kind: EventKind
    event_id: str
    user_id: str
    at_ms: int = 0
    text: str | None = None
    payload: str | None = None
    attachments: tuple[Attachment, ...] = ()
    message_id: str | None = None  # the platform's id of the message that this event is or is about
    message_ids: tuple[str, ...] = ()  # receipts that name several messages
    watermark_ms: int | None = None  # receipts that cover everything before a time
    echo_author: EchoAuthor | None = None
    echo_key: str | None = None  # the idempotency key that we sent along, if the platform returns it
    standby: bool = False  # another app owns the thread: watch, do not answer
    platform_event: str = ""  # the platform's own name of the event, for logs and counts
    extra: Mapping[str, Any] = field(default_factory=dict)  # ids and flags that one feature needs

    @property
    def conversation_key(self) -> str:
        """The key by which one resident's conversation is sharded and kept in order."""
        return f"{self.channel}:{self.account_id}:{self.user_id}"

    @property
    def dedupe_key(self) -> str:
        """Unique over all channels and accounts."""
        return f"{self.channel}:{self.account_id}:{self.event_id}"

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types, for the stream and the spool."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Event:
        """The inverse of :meth:`to_dict`.

        :raises KeyError, ValueError, TypeError: if ``data`` did not come from :meth:`to_dict`.
        """
        values = dict(data)
        values["kind"] = EventKind(values["kind"])
        if values.get("echo_author"):
            values["echo_author"] = EchoAuthor(values["echo_author"])
        values["attachments"] = tuple(Attachment(**a) for a in values.get("attachments", ()))
        values["message_ids"] = tuple(values.get("message_ids", ()))
        return cls(**values)


class ButtonKind(StrEnum):
    """What a button does when tapped."""

    QUESTION = "question"  # sends ``value`` back to us as a payload
    LINK = "link"  # opens the URL in ``value``
    PHONE = "phone"  # dials the number in ``value``


@dataclass(frozen=True, slots=True)
class Button:
    """``title`` is what the resident reads; see :class:`ButtonKind` for ``value``."""

    title: str
    value: str
    kind: ButtonKind = ButtonKind.QUESTION


@dataclass(frozen=True, slots=True)
class Persona:
    """Under which role an officer speaks; ``text`` are the words without the line that names it."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: text, any number of buttons, at most one image (an https URL).

    A channel renders what it can and degrades the rest to numbered text. ``persona``: for a channel that
    shows who speaks beside the message; ``text`` says it in words for all others.
    """

    text: str
    buttons: tuple[Button, ...] = ()
    image_url: str | None = None
    persona: Persona | None = None


class Author(StrEnum):
    """Who wrote an outbound message: Facebook's window rules depend on it."""

    BOT = "bot"
    OFFICER = "officer"


@dataclass(frozen=True, slots=True)
class SendContext:
    """What a channel must know beside the wire.

    ``idempotency_key`` travels with the message where the platform allows it, so that its echo
    can be matched. ``last_inbound_ms`` is when the resident last wrote, ``now_ms`` the time of
    sending; both epoch milliseconds, and the messaging window follows from them.
    """

    idempotency_key: str
    author: Author = Author.BOT
    last_inbound_ms: int = 0
    now_ms: int = 0


@dataclass(frozen=True, slots=True)
class SendError:
    """Why a send failed, in terms of what to do next. ``code`` is the platform's, "100/2018001"."""

    code: str
    reason: str  # Vietnamese, for the officer who sees the failed message
    retryable: bool = False
    needs_reauth: bool = False  # the account's token is dead: freeze the account
    recipient_gone: bool = False
    window_closed: bool = False
    owned_elsewhere: bool = False  # another app or an officer's inbox controls the thread
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class SendResult:
    """Exactly one of three: sent (``message_id``), failed (``error``), or unknown (neither).

    Unknown means that the call may have been delivered, as after a time-out: it is looked up
    with :meth:`Channel.find_sent`, or matched by its echo, before anything is sent again.
    """

    message_id: str | None = None
    error: SendError | None = None

    @property
    def unknown(self) -> bool:
        return self.message_id is None and self.error is None


class Found(StrEnum):
    """What a look-up of an unknown send says."""

    SENT = "sent"
    ABSENT = "absent"
    UNCERTAIN = "uncertain"  # could not be looked up now: ask again later, send nothing


@dataclass(frozen=True, slots=True)
class Lookup:
    """The answer of :meth:`Channel.find_sent`; ``message_id`` only with ``Found.SENT``."""

    found: Found
    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """One OA, page or website, with the token to use now (decrypted, never logged)."""

    channel: str
    id: str
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Health:
    """Whether an account can send now; ``detail`` in Vietnamese if not."""

    ok: bool
    detail: str = ""


class Verification(StrEnum):
    """The outcome of checking a webhook's signature."""

    OK = "ok"
    PROBE = "probe"  # unsigned, but a known harmless call such as Zalo's ``{}``: answer 200, do nothing
    MISSING = "missing"
    WRONG = "wrong"


class Channel(Protocol):
    """The contract of one channel. Implementations are thread-safe."""

    name: str

    def verify(self, headers: Mapping[str, str], raw: bytes) -> Verification:
        """Check the signature over the raw bytes. ``headers`` is case-insensitive."""
        ...

    def parse(self, raw: bytes) -> Sequence[Event]:
        """Every event of the body, item by item: one bad item never sinks the rest.

        :raises ValueError: if the body is not the platform's JSON envelope at all.
        """
        ...

    def render(self, reply: Reply) -> Sequence[Wire]:
        """The API calls that show ``reply``, in order; long text is split, buttons come last. Pure."""
        ...

    def send(self, account: Account, recipient: str, wire: Wire, context: SendContext) -> SendResult:
        """One API call with a time-out. Platform errors are values, never exceptions."""
        ...

    def find_sent(self, account: Account, recipient: str, wire: Wire, since_ms: int) -> Lookup:
        """Was this wire delivered at or after ``since_ms``? Reads the platform's own history."""
        ...

    def typing(self, account: Account, recipient: str) -> None:
        """Show that an answer is being written, where the platform can; failures are ignored."""
        ...

    def health(self, account: Account) -> Health:
        """Ask the platform whether the account's token works."""
        ...


class FeedSink(Protocol):
    """Where the web chat's messages go: the assistant provides it (a Redis stream), tests a list."""

    def push(self, session_id: str, key: str, body: Wire) -> str:
        """Append ``body`` once per ``key``; returns the entry's id, the same one when repeated."""
        ...

    def find(self, session_id: str, key: str) -> str | None:
        """The id of the entry that was pushed under ``key``, if any."""
        ...
