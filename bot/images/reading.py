"""Reading a picture in a process of its own, which may take only so much time and memory."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import structlog

from bot.dialogue.types import Seen
from bot.images.child import MAX_BYTES

log = structlog.get_logger(__name__)

MOST_S = 12.0
"""Seconds for one picture, the start of Python with it."""
AT_ONCE = 2
"""Pictures read side by side; each takes a processor."""
WAITS_S = 10.0
"""Seconds that a picture waits for its turn."""
LANGUAGE = "vie"

_CHILD = str(Path(__file__).with_name("child.py"))


def find_tesseract() -> str:
    """The path of tesseract if it has the Vietnamese data, else empty."""
    path = shutil.which("tesseract")
    if path is None:
        return ""
    try:
        listed = subprocess.run(
            [path, "--list-langs"], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return path if LANGUAGE in listed.stdout.split() else ""


class PictureReader:
    """Reads pictures. Thread-safe; never raises for any content.

    :param tesseract: see :func:`find_tesseract`; empty: QR codes only.
    """

    def __init__(self, tesseract: str) -> None:
        self._tesseract = tesseract
        self._free = threading.BoundedSemaphore(AT_ONCE)

    def read(self, content: bytes) -> Seen:
        """What stands in the picture."""
        if len(content) > MAX_BYTES:
            return Seen(problem="size")
        if not self._free.acquire(timeout=WAITS_S):
            return Seen(problem="away")
        try:
            return _answer_of(self._run(content))
        finally:
            self._free.release()

    def _run(self, content: bytes) -> bytes:
        """The child's answer; empty if it broke a limit."""
        with subprocess.Popen(
            [sys.executable, "-I", _CHILD, self._tesseract],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # so that tesseract goes with it
        ) as child:
            try:
                return child.communicate(content, timeout=MOST_S)[0]
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                log.warning("picture.too_slow", bytes=len(content))
                return b""


def _answer_of(line: bytes) -> Seen:
    try:
        answer = json.loads(line)
    except ValueError:
        return Seen(problem="size")
    return Seen(str(answer["text"]), tuple(str(code) for code in answer["codes"]), answer["problem"])
