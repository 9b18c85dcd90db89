"""A publisher in a process of its own, to be killed: ``python -m tests.posts.lonely_worker``, JSON in."""

from __future__ import annotations

import json
import sys
from datetime import timedelta

from bot.clock import utc_now
from bot.posts.platforms import FacebookPlatform
from bot.posts.publishing import Publisher
from bot.store.engine import make_engine
from connectors.channel import Account
from connectors.facebook.channel import FacebookChannel


class OneToken:
    """Every account can send with the one token."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def sendable(self, account_id: int) -> Account | None:
        return self._account

    def refused(self, account_id: int, token: str) -> bool:
        return False


def main() -> None:
    """Publish what is due, once; says when it begins."""
    given = json.load(sys.stdin)
    facebook = FacebookChannel(("sandbox-facebook-app-secret",), "v", given["graph"])
    tokens = OneToken(Account("facebook", given["page"], given["token"]))
    shift = timedelta(seconds=given["shift_s"])
    publisher = Publisher(
        make_engine(given["database"]),
        {"facebook": FacebookPlatform(facebook.posts)},
        tokens,
        lambda: utc_now() + shift,
        "http://127.0.0.1:9",
    )
    print("begun", flush=True)
    publisher.run()


if __name__ == "__main__":
    main()
