"""What the pictures of an event show; the worker asks before the turn, outside any transaction."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

import structlog

from bot.dialogue.types import Seen
from bot.images.fetching import NotFetched, Sources, TooLarge, fetch
from bot.images.reading import PictureReader, find_tesseract
from bot.settings import Settings
from connectors.channel import Event
from connectors.facebook import attachments as facebook
from connectors.zalo import attachments as zalo

log = structlog.get_logger(__name__)

MOST_PICTURES = 3
"""Of one message; further ones are not looked at."""
MOST_OFTEN = 8
"""Pictures of one conversation within :data:`SPAN_S`: reading one keeps a processor busy for seconds."""
SPAN_S = 300.0
KEPT = 32
"""Pictures whose reading is remembered for a turn that is worked again."""


class Eyes:
    """Looks at pictures. Thread-safe; never raises for what residents send.

    :param read: :meth:`bot.images.reading.PictureReader.read`.
    """

    def __init__(
        self,
        sources: Sources,
        read: Callable[[bytes], Seen],
        fetch: Callable[[str], bytes] = fetch,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sources, self._read, self._fetch, self._clock = sources, read, fetch, clock
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, str], Seen] = OrderedDict()
        self._looked: OrderedDict[str, deque[float]] = OrderedDict()

    def look(self, event: Event) -> tuple[Seen, ...]:
        """One :class:`Seen` for each of the event's first pictures, in order."""
        pictures = [a for a in event.attachments if a.kind == "image"]
        return tuple(self._seen(event, picture.url) for picture in pictures[:MOST_PICTURES])

    def _seen(self, event: Event, url: str | None) -> Seen:
        if url is None or not self._sources.allow(event.channel, url):
            log.info("picture.not_allowed", channel=event.channel)
            return Seen(problem="away")
        key = event.dedupe_key, url
        with self._lock:
            if key in self._known:
                return self._known[key]
            if not self._may_look(event.conversation_key):
                log.info("picture.too_often", channel=event.channel)
                return Seen(problem="away")
        seen = self._fetched(url)
        with self._lock:
            self._known[key] = seen
            if len(self._known) > KEPT:
                self._known.popitem(last=False)
        return seen

    def _fetched(self, url: str) -> Seen:
        try:
            content = self._fetch(url)
        except TooLarge:
            return Seen(problem="size")
        except NotFetched as error:
            log.info("picture.not_fetched", error=str(error))
            return Seen(problem="away")
        return self._read(content)

    def _may_look(self, conversation: str) -> bool:
        now = self._clock()
        looked = self._looked.setdefault(conversation, deque())
        self._looked.move_to_end(conversation)
        while looked and looked[0] <= now - SPAN_S:
            looked.popleft()
        if len(looked) >= MOST_OFTEN:
            return False
        looked.append(now)
        if len(self._looked) > 10_000:
            self._looked.popitem(last=False)
        return True


def build_eyes(settings: Settings) -> Eyes:
    """The eyes of a worker; in the sandbox they look at its own pictures only."""
    domains = {"zalo": zalo.MEDIA_DOMAINS, "facebook": facebook.MEDIA_DOMAINS}
    tesseract = find_tesseract()
    log.info("picture.reading", text=bool(tesseract))
    return Eyes(Sources(domains, settings.sandbox_origin), PictureReader(tesseract).read)
