"""A town to talk to: the sandbox of a running Stack, played by residents and officers."""

from __future__ import annotations

import time
from typing import Any

import requests

from bot.supervisor.stack import Stack

TIMEOUT_S = 30


class Town:
    """A client of one Stack's sandbox. Every call has a time-out; waiting means asking until a deadline."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.http = requests.Session()

    def api(self, method: str, path: str, **params: Any) -> Any:
        response = self.http.request(
            method, f"{self.stack.sandbox_url}/sandbox/api{path}", timeout=TIMEOUT_S + 5, **params
        )
        response.raise_for_status()
        return response.json()

    def says(self, platform: str, user_id: str, text: str, **more: Any) -> dict[str, Any]:
        """A resident writes; returns once the webhook was answered."""
        act = {"user_id": user_id, "text": text, **more}
        found: dict[str, Any] = self.api("POST", f"/residents/{platform}/send", json=act)
        return found

    def taps(self, platform: str, user_id: str, payload: str, title: str = "") -> dict[str, Any]:
        act = {"user_id": user_id, "kind": "payload", "payload": payload, "title": title or payload}
        found: dict[str, Any] = self.api("POST", f"/residents/{platform}/send", json=act)
        return found

    def officer(self, platform: str, user_id: str, text: str) -> Any:
        return self.api("POST", f"/officers/{platform}/send", json={"user_id": user_id, "text": text})

    def fault(self, **fault: Any) -> Any:
        return self.api("POST", "/faults", json=fault)

    def clear_faults(self) -> None:
        self.api("DELETE", "/faults")

    def heard(self, platform: str, user_id: str, at_least: int = 1, after: int = 0) -> list[dict[str, Any]]:
        """What the account sent to this resident, once there are ``at_least`` messages after ``after``."""
        query = {"sent": at_least, "after": after, "timeout": TIMEOUT_S}
        found = self.api("GET", f"/transcript/{platform}/{user_id}", params=query)
        sent = [m for m in found["messages"] if m["author"] == "bot"]
        assert found["complete"], f"only {len(sent)} of {at_least} messages came: {[m['text'] for m in sent]}"
        return sent

    def settled(self, platform: str, user_id: str) -> list[dict[str, Any]]:
        """Everything the account sent, once nothing has been waiting or moving for a while."""
        self.wait_quiet()
        found = self.api("GET", f"/transcript/{platform}/{user_id}")
        return [m for m in found["messages"] if m["author"] == "bot"]

    def wait_quiet(self, timeout_s: float = 60) -> None:
        """Until no webhook is on its way and nothing is left in the streams, the spool and the outbox."""
        from tests.endtoend.insides import Insides

        insides = Insides(self.stack)
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if self.api("GET", "/idle", params={"timeout": 5})["idle"] and insides.quiet():
                return
            time.sleep(0.1)
        raise AssertionError(f"not quiet after {timeout_s} s: {insides.describe()}")
