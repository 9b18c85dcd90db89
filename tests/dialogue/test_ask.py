"""The line protocol of `bot ask`, with a stand-in for the assistant."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from bot import ask as ask_module
from bot.ask import BadLine, answer_line, read_question, talk
from bot.dialogue.types import Behaviour, DialogueState, Heard, Offer, Outcome, Verdict
from bot.understanding.types import Aspect, Skill
from connectors.channel import Button, Reply

NOW = datetime(2026, 8, 1, 2, 0, tzinfo=UTC)


class Echo:
    """Answers with what it heard and how often it was asked in this conversation."""

    def __init__(self) -> None:
        self.heard: list[tuple[DialogueState, Heard]] = []

    def turn(self, state: DialogueState, heard: Heard, now: datetime) -> Outcome:
        assert now.tzinfo is not None
        self.heard.append((state, heard))
        count = int(state.memory.get("count", 0)) + 1
        return Outcome(
            behaviour=Behaviour.ANSWER,
            skill=Skill.PROCEDURE,
            state=replace(state, memory={"count": count}, offers=(Offer("Lệ phí", "#p:1.001193:fee"),)),
            replies=(Reply(f"{count}: {heard.text}"), Reply("hết", (Button("Lệ phí", "#p:1.001193:fee"),))),
            codes=("1.001193",),
            aspects=(Aspect.DOCUMENTS, Aspect.FEE),
            confidence=0.876543,
        )


def run(*lines: str | bytes) -> tuple[list[dict[str, Any]], bool, Echo]:
    echo, out = Echo(), []
    raw = [line if isinstance(line, bytes) else line.encode() for line in lines]
    good = talk(raw, out.append, echo, lambda: NOW)
    assert all(line.endswith(b"\n") and line.count(b"\n") == 1 for line in out)
    return [json.loads(line) for line in out], good, echo


def test_one_line_per_question_in_order_with_every_field() -> None:
    answers, good, _ = run('{"id": 7, "text": "khai sinh"}\n', '{"id": "b", "text": "kết hôn"}\n')
    assert good
    assert answers[0] == {
        "id": 7,
        "behaviour": "answer",
        "skill": "procedure",
        "codes": ["1.001193"],
        "aspects": ["documents", "fee"],
        "confidence": 0.8765,
        "verdict": None,
        "dossier": None,
        "text": "1: khai sinh\n\nhết",
        "buttons": ["Lệ phí"],
    }
    assert [answer["id"] for answer in answers] == [7, "b"]


def test_only_lines_of_one_dialogue_share_a_conversation() -> None:
    answers, _, echo = run(
        '{"id": 1, "text": "a", "dialogue": "x"}',
        '{"id": 2, "text": "b", "dialogue": "y"}',
        '{"id": 3, "text": "c", "dialogue": "x"}',
        '{"id": 4, "text": "d"}',
        '{"id": 5, "text": "e"}',
        '{"id": 6, "text": "f", "dialogue": null}',
    )
    assert [answer["text"].split(":")[0] for answer in answers] == ["1", "1", "2", "1", "1", "1"]
    assert echo.heard[2][0].offers == (Offer("Lệ phí", "#p:1.001193:fee"),)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"not json", "JSON"),
        (b"[1, 2]", "đối tượng"),
        (b'"text"', "đối tượng"),
        (b'{"text": "a"}', "thiếu id"),
        (b'{"id": 1}', "thiếu text"),
        (b"{}", "thiếu id và text"),
        (b'{"id": 1, "text": 5}', "text"),
        (b'{"id": 1, "text": null}', "text"),
        (b'{"id": 1, "text": "a", "dialogue": ["x"]}', "dialogue"),
        (b'{"id": 1, "text": "\xff"}', "UTF-8"),
        (b"[" * 100_000, "JSON"),
    ],
)
def test_a_bad_line_is_told_by_its_number_and_the_rest_goes_on(line: bytes, why: str) -> None:
    answers, good, _ = run('{"id": 1, "text": "a"}', "", "   \r\n", line, '{"id": 2, "text": "b"}')
    assert not good
    assert [answer["id"] for answer in answers] == [1, None, 2]
    assert set(answers[1]) == {"id", "error"}
    assert answers[1]["error"].startswith("dòng 4: ") and why in answers[1]["error"]


def test_nothing_in_nothing_out() -> None:
    assert run("", "\n", " \t\n")[:2] == ([], True)


def test_a_lone_surrogate_stays_valid_json() -> None:
    answers, good, _ = run(b'{"id": "\\ud800", "text": "\\udfff kh\\u1ea3"}')
    assert good and answers[0]["id"] == "\ud800" and answers[0]["text"].startswith("1: \udfff")


def test_the_verdict_in_the_words_of_the_contract() -> None:
    outcome = Outcome(
        Behaviour.ANSWER, Skill.SCAM, DialogueState(), verdict=Verdict("danger", "impersonation", ("a", "b"))
    )
    told = answer_line(None, outcome)["verdict"]
    assert json.loads(json.dumps(told)) == {"level": "danger", "kind": "impersonation", "reasons": ["a", "b"]}


@given(st.binary(max_size=60))
def test_any_line_is_a_question_or_a_bad_line(raw: bytes) -> None:
    try:
        question_id, text, dialogue = read_question(raw)
    except BadLine as error:
        assert str(error)
    else:
        assert isinstance(text, str) and (dialogue is None or isinstance(dialogue, str))
        json.dumps(question_id)


@pytest.mark.parametrize(
    ("lines", "code"), [('{"id": 1, "text": "a"}\n', 0), ("x\n", 1), ('{"id": 1, "text": "a"}\nx\n', 1)]
)
def test_the_command_ends_with_1_after_a_bad_line(
    lines: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RASA_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(ask_module, "build_assistant", lambda settings: Echo())
    result = CliRunner().invoke(ask_module.ask, input=lines)
    assert result.exit_code == code
    assert all(json.loads(line) for line in result.stdout.splitlines())
