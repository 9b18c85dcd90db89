"""`bot ask` as a user runs it: it starts the NLU engine, answers, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.settings import ROOT

QUESTIONS = """\
{"id": "a1", "text": "lam giay ks cho be can j", "dialogue": "a"}
{"id": "b1", "text": "may gio uy ban lam viec"}

{"id": "a2", "text": "còn tiền bạc sao", "dialogue": "a"}
{"id": "a3", "text": "1", "dialogue": "a"}
{"id": "x"}
{"id": "c1", "text": "chay nha roi cuu voi"}
"""


@pytest.mark.rasa
@pytest.mark.timeout(180)
def test_questions_of_a_file(tmp_path: Path) -> None:
    env = {**os.environ, "TMPDIR": str(tmp_path), "RASA_URL": ""}
    done = subprocess.run(
        [sys.executable, "-m", "bot", "ask"],
        input=QUESTIONS.encode(),
        capture_output=True,
        cwd=ROOT,
        env=env,
        timeout=150,
        check=False,
    )
    answers = [json.loads(line) for line in done.stdout.decode().splitlines()]
    assert done.returncode == 1, done.stderr.decode()[-2000:]  # one line was no question
    assert [answer["id"] for answer in answers] == ["a1", "b1", "a2", "a3", None, "c1"]
    told = {answer["id"]: answer for answer in answers}
    assert told["a1"]["codes"][0] == "1.001193" and told["a1"]["aspects"] == ["documents"]
    assert len(told["a1"]["codes"]) == len(set(told["a1"]["codes"])) > 1  # behind it what else may be meant
    assert told["a2"]["codes"] == ["1.001193"] and told["a2"]["aspects"] == ["fee"]
    assert told["a3"]["codes"] == ["1.001193"] and told["a3"]["aspects"] not in ([], ["fee"])
    assert told["b1"]["skill"] == "contact" and "chưa cập nhật" in told["b1"]["text"]
    assert told["c1"]["behaviour"] == "handoff" and "114" in told["c1"]["text"].split("\n\n")[0]
    assert told[None] == {"id": None, "error": "dòng 6: thiếu text"}
    assert not list(tmp_path.glob("troly-ask-*"))
    assert not _running(tmp_path)


def _running(folder: Path) -> list[str]:
    """Command lines of processes that still name ``folder``."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:  # it ended meanwhile
            continue
        if str(folder) in line:
            found.append(line)
    return found
