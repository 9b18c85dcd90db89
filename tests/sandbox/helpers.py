"""A fake assistant that records webhooks, and a client of a running sandbox."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 20


@dataclass
class Hook:
    """One webhook as it arrived."""

    path: str
    headers: dict[str, str]
    raw: bytes
    body: Any = None

    @property
    def name(self) -> str:
        """Zalo's event name, or the kind of Facebook's item."""
        if self.path.endswith("zalo"):
            return str(self.body["event_name"])
        entry = self.body["entry"][0]
        item = (entry.get("messaging") or entry.get("standby"))[0]
        if item.get("message", {}).get("is_echo"):
            return "echo"
        return next(k for k in item if k not in {"sender", "recipient", "timestamp"})


@dataclass
class Assistant:
    """Answers 200, or what ``plan`` says for the next webhooks: a status, or ("slow", seconds)."""

    hooks: list[Hook] = field(default_factory=list)
    plan: deque[Any] = field(default_factory=deque)
    server: ThreadingHTTPServer = field(init=False)

    def __post_init__(self) -> None:
        self._changed = threading.Condition()
        assistant = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status = assistant.receive(self.path, {k.lower(): v for k, v in self.headers.items()}, raw)
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Quiet."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                """The sandbox hung up on a slow answer, as it should."""

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def receive(self, path: str, headers: dict[str, str], raw: bytes) -> int:
        with self._changed:
            try:
                body = json.loads(raw)
            except ValueError:
                body = None
            self.hooks.append(Hook(path, headers, raw, body))
            step = self.plan.popleft() if self.plan else 200
            self._changed.notify_all()
        if isinstance(step, tuple):
            time.sleep(step[1])
            return 200
        return int(step)

    def wait(self, count: int) -> list[Hook]:
        """Until ``count`` webhooks have come."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.hooks) >= count, TIMEOUT_S), [
                h.name for h in self.hooks
            ]
            return list(self.hooks)

    def named(self, name: str) -> list[Hook]:
        return [h for h in self.hooks if h.name == name]

    def clear(self) -> None:
        with self._changed:
            self.hooks.clear()
            self.plan.clear()


class Sandbox:
    """A sandbox in its own process, under gunicorn as in ``make run``."""

    def __init__(self, assistant: Assistant, **settings: object) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.base = f"http://127.0.0.1:{self.port}"
        self.http = requests.Session()
        environment = {k: v for k, v in os.environ.items() if not k.startswith("SANDBOX_")}
        environment |= {f"SANDBOX_{k.upper()}": str(v) for k, v in settings.items()}
        command = [sys.executable, "-m", "connectors.sandbox", "--port", str(self.port), "--threads", "32"]
        self.process = subprocess.Popen(
            [*command, "--assistant-url", assistant.url],
            cwd=ROOT,
            env=environment,
            stderr=subprocess.DEVNULL,
        )
        self._wait_ready()

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert self.process.poll() is None, "the sandbox ended at its start"
            try:
                if self.http.get(f"{self.base}/sandbox/healthz", timeout=2).ok:
                    return
            except requests.ConnectionError:
                time.sleep(0.05)
        raise AssertionError("the sandbox did not start")

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)

    def api(self, method: str, path: str, **body: Any) -> Any:
        """A control call that must succeed."""
        answer = self.http.request(method, f"{self.base}/sandbox/api{path}", json=body, timeout=70)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def get(self, path: str) -> Any:
        answer = self.http.get(f"{self.base}/sandbox/api{path}", timeout=70)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def says(self, platform: str, user_id: str, text: str = "chào", **more: Any) -> Any:
        return self.api("POST", f"/residents/{platform}/send", user_id=user_id, text=text, **more)

    def fault(self, kind: str, **more: Any) -> Any:
        return self.api("POST", "/faults", kind=kind, **more)

    def idle(self) -> None:
        assert self.get("/idle?timeout=20")["idle"]

    def sends(self) -> list[dict[str, Any]]:
        return list(self.get("/sends?timeout=0")["sends"])

    # the platforms' own APIs

    def refresh(self, token: str, secret: str = "sandbox-zalo-app-secret", **form: str) -> dict[str, Any]:
        data = {
            "app_id": "4100000000000000001",
            "grant_type": "refresh_token",
            "refresh_token": token,
            **form,
        }
        answer = self.http.post(
            f"{self.base}/zalo-oauth/v4/oa/access_token",
            data=data,
            headers={"secret_key": secret},
            timeout=30,
        )
        assert answer.status_code == 200
        return dict(answer.json())

    def token(self) -> str:
        return str(self.api("POST", "/zalo/grant")["access_token"])

    def zalo(self, token: str, user_id: str, message: Any, **more: Any) -> requests.Response:
        body = {"recipient": {"user_id": user_id}, "message": message}
        url = f"{self.base}/zalo/v3.0/oa/message/cs"
        return self.http.post(
            url, json=body, headers={"access_token": token, **more}, timeout=more.pop("timeout", 30)
        )

    def zalo_get(self, token: str, path: str, **data: Any) -> dict[str, Any]:
        params = {"data": json.dumps(data)}
        answer = self.http.get(
            f"{self.base}/zalo{path}", params=params, headers={"access_token": token}, timeout=30
        )
        assert answer.status_code == 200
        return dict(answer.json())

    def graph(
        self, user_id: str, message: Any, token: str = "sandbox-page-token", **more: Any
    ) -> requests.Response:
        body = {"recipient": {"id": user_id}, "messaging_type": "RESPONSE", "message": message, **more}
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.http.post(f"{self.base}/graph/v25.0/me/messages", json=body, headers=headers, timeout=30)

    def graph_call(self, method: str, path: str, body: Any = None, **params: Any) -> requests.Response:
        params = {"access_token": "sandbox-page-token", **params}
        return self.http.request(
            method, f"{self.base}/graph/v25.0{path}", params=params, json=body, timeout=30
        )
