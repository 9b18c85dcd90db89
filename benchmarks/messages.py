"""What residents ask under load, as signed webhooks that are ready before the clock starts."""

from __future__ import annotations

import itertools
import secrets
import time

from benchmarks.http_client import request_bytes
from bot.knowledge.loading import Knowledge
from bot.understanding.folding import fold
from bot.understanding.names import Kind, names_by_code
from connectors.sandbox import facebook_events
from connectors.sandbox.config import SandboxConfig
from connectors.sandbox.signing import facebook_bytes, facebook_signatures

CONFIG = SandboxConfig()
_SPOKEN_WORDS = range(3, 9)
_count = itertools.count(1)
_run = secrets.token_hex(6)


def questions(knowledge: Knowledge, count: int) -> list[str]:
    """Questions about the documents of different procedures, every other one without diacritics."""
    names = names_by_code(knowledge)
    found = []
    for procedure in knowledge.served():
        spoken = [
            name.text
            for name in names.get(procedure.code, ())
            if name.kind is Kind.EVERYDAY and len(name.text.split()) in _SPOKEN_WORDS
        ]
        if spoken:
            found.append(f"{spoken[0]} cần giấy tờ gì")
    step = max(1, len(found) // count)
    return [fold(text) if n % 2 else text for n, text in enumerate(found[::step][:count])]


def people(count: int) -> list[str]:
    """Ids of residents that nobody has seen before."""
    return [str(10**16 + secrets.randbelow(9 * 10**15)) for _ in range(count)]


def webhook(path: str, person: str, text: str) -> bytes:
    """One message with an id of its own, as the whole HTTP request, with both of Meta's signatures."""
    at_ms = int(time.time() * 1000)
    message = {"mid": f"m_{_run}{next(_count):08d}", "text": text}
    item = facebook_events.from_user(CONFIG, person, at_ms, message=message)
    raw = facebook_bytes(facebook_events.envelope(CONFIG, item, at_ms))
    return request_bytes("POST", path, raw, facebook_signatures(raw, CONFIG.facebook_app_secret))
