"""The measure of the scam check: files in three forms, files that are none, and what each figure counts."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from benchmarks.evaluation import scams
from benchmarks.evaluation.cases import BadFile
from benchmarks.evaluation.scams import Finding, Judged, Message, by_kind, judge_all, misses, read
from benchmarks.evaluation.scoring import Share
from bot.knowledge.loading import load_knowledge
from bot.settings import ROOT
from bot.understanding.commands import evaluate

ITEMS = [
    {"text": "bấm link này nhận quà", "label": "scam", "kind": "trung-thuong"},
    {"text": "Má ơi con về tới rồi", "label": "benign"},
]
WANTED = [Message("bấm link này nhận quà", True, "trung-thuong"), Message("Má ơi con về tới rồi", False)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", json.dumps(ITEMS)),
        ("a.json", "\n".join(json.dumps(item, ensure_ascii=False) for item in ITEMS)),
        ("a.jsonl", "\n\n".join(json.dumps(item) for item in ITEMS) + "\n"),
        ("a.jsonl", json.dumps(ITEMS[0]) + "\r\n" + json.dumps(ITEMS[1])),
        ("a.yml", yaml.safe_dump(ITEMS, allow_unicode=True)),
    ],
)
def test_three_forms_of_file(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert read(tmp_path / name) == WANTED


def test_one_line_of_json_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(ITEMS[0]), encoding="utf-8")
    assert read(tmp_path / "a.jsonl") == WANTED[:1]


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.json", "[{]", "a.json: JSONDecodeError"),
        ("a.json", "[]", "must be a list"),
        ("a.json", '{"text": "x"}', "must be a list"),
        ("a.yml", "a: [", "a.yml"),
        ("a.yml", "text: x\nlabel: scam\n", "must be a list"),
        ("a.jsonl", '{"text": "x", "label": "scam"}\n7\n', "no. 2: needs a text"),
        ("a.jsonl", '{"text": 5, "label": "scam"}', "no. 1: needs a text"),
        ("a.jsonl", '{"text": "x", "label": "spam"}', "label must be scam or benign"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, name: str, text: str, says: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(BadFile) as caught:
        read(tmp_path / name)
    assert name in str(caught.value) and says in str(caught.value)


def test_no_file_at_all(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="FileNotFoundError"):
        read(tmp_path / "gone.yml")


def _judged(level: str, *, scam: bool, kind: str = "a", found: str | None = None) -> Judged:
    return Judged(Message("mã | thử\nhai", scam, kind), Finding(level, found, ("link",)), ms=2.0)


JUDGED = [
    _judged("danger", scam=True, found="a"),
    _judged("suspicious", scam=True, found="b"),
    _judged("clear", scam=True),
    _judged("none", scam=True, kind=""),
    _judged("danger", scam=False, kind="otp"),
    _judged("none", scam=False, kind="otp"),
    _judged("clear", scam=False, kind="otp"),
]


def test_what_is_counted() -> None:
    assert scams.recall(JUDGED) == Share(2, 4)
    assert scams.precision(JUDGED) == Share(2, 3)
    assert scams.share_of(JUDGED, "danger", scam=False) == Share(1, 3)
    assert scams.share_of(JUDGED, "suspicious", scam=False) == Share(0, 3)
    assert scams.kind_right(JUDGED) == Share(1, 2)
    assert [item.right for item in JUDGED] == [True, True, False, False, False, True, True]


def test_the_tables_name_every_kind_and_every_miss() -> None:
    assert "| scam | a | 66.7 % of 3 | 1 | 1 | 1 | 0 |" in by_kind(JUDGED)
    assert "| benign | otp | 66.7 % of 3 | 1 | 0 | 1 | 1 |" in by_kind(JUDGED)
    listed = misses(JUDGED, with_text=True)
    assert [line.split(" | ")[0] for line in listed.splitlines()[2:]] == ["| 3", "| 4", "| 5"]
    assert "mã / thử hai" in listed
    assert "mã" not in misses(JUDGED, with_text=False)
    assert "50.0 % of 4" in scams.table({"x": JUDGED}) and "2.0, 2.0" in scams.table({"x": JUDGED})
    assert "–" in scams.table({"nothing": []})


def test_every_message_is_judged_by_itself_and_in_order() -> None:
    heard: list[str] = []

    def judge(text: str) -> Finding:
        heard.append(text)
        return Finding("danger" if "quà" in text else "clear")

    judged = judge_all(judge, WANTED)
    assert [item.finding.level for item in judged] == ["danger", "clear"]
    assert heard[-2:] == [message.text for message in WANTED]
    assert all(item.ms >= 0 for item in judged)


def test_the_report_has_no_words_unless_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(ITEMS), encoding="utf-8")
    judges = {"nothing warns": lambda _: Finding("clear")}
    sets = scams.read_all([path])
    assert list(sets) == ["a.json"]
    assert "nhận quà" not in scams.measure(sets, judges)
    assert "nhận quà" in scams.measure(sets, judges, with_text=True)
    assert "nhận quà" not in capsys.readouterr().out


def test_where_the_messages_come_from(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SCAMS_FILE", raising=False)
    assert scams.files_to_measure() == [scams.OWN_SET]
    monkeypatch.setenv("SCAMS_FILE", str(tmp_path / "env.json"))
    assert scams.files_to_measure() == [scams.OWN_SET, tmp_path / "env.json"]
    assert scams.files_to_measure(tmp_path / "given.json")[1:] == [tmp_path / "given.json"]


def test_our_own_set_is_what_the_issue_asks_for() -> None:
    """300 messages, both labels in plenty, every kind of scam; no text twice."""
    messages = read(scams.OWN_SET)
    lawful = [message for message in messages if not message.scam]
    assert len(messages) >= 300 and len({message.text for message in messages}) == len(messages)
    assert len(lawful) >= 0.45 * len(messages)
    kinds = Counter(message.kind for message in messages if message.scam)
    knowledge = load_knowledge(ROOT / "faq_data", "xuan-dinh")
    assert set(kinds) == set(knowledge.scams)
    wanted = {"otp", "balance", "delivery", "school", "utility", "commune", "telecom", "vneid", "family"}
    assert wanted <= {message.kind for message in lawful}


@pytest.mark.parametrize(
    ("options", "module"),
    [
        ((), ["benchmarks.evaluation"]),
        (("--quick",), ["benchmarks.evaluation", "--quick"]),
        (("--scams",), ["benchmarks.evaluation.scams"]),
        (("--scams", "--quick"), ["benchmarks.evaluation.scams"]),
    ],
)
def test_the_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, options: tuple[str, ...], module: list[str]
) -> None:
    """``bot evaluate`` and ``bot evaluate --scams``, each with a file."""
    asked: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        asked.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", run)
    path = tmp_path / "mine.json"
    path.write_text("[]", encoding="utf-8")
    assert CliRunner().invoke(evaluate, [*options, str(path)]).exit_code == 0
    assert asked == [[sys.executable, "-m", *module, str(path)]]


def test_a_failed_measurement_fails_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 1))
    done = CliRunner().invoke(evaluate, ["--scams"])
    assert done.exit_code == 1 and "Không đo được" in done.output
