"""``bot ask``: JSON lines in, one JSON line out per input; the contract of DESIGN §2."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import click

from bot.assistant import build_assistant
from bot.clock import utc_now
from bot.dialogue.types import DialogueState, Heard, Outcome
from bot.knowledge.loading import KnowledgeError
from bot.logs import configure_logs
from bot.settings import Settings, SettingsError, load_settings
from bot.supervisor.service import SupervisorError
from bot.supervisor.stack import Stack


class Answers(Protocol):
    """What :class:`bot.assistant.Assistant` does."""

    def turn(self, state: DialogueState, heard: Heard, now: datetime) -> Outcome: ...


class BadLine(ValueError):
    """A line that is no question; the message says why, in Vietnamese."""


def read_question(raw: bytes) -> tuple[Any, str, str | None]:
    """Id, text and dialogue of one line.

    :raises BadLine: if it is not a JSON object with ``id`` and a text.
    """
    try:
        data = json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise BadLine("không phải UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise BadLine("không phải JSON") from error
    if not isinstance(data, Mapping):
        raise BadLine("phải là một đối tượng JSON")
    missing = [name for name in ("id", "text") if name not in data]
    if missing:
        raise BadLine(f"thiếu {' và '.join(missing)}")
    if not isinstance(data["text"], str):
        raise BadLine("text phải là chữ")
    dialogue = data.get("dialogue")
    if dialogue is not None and not isinstance(dialogue, (str, int)):
        raise BadLine("dialogue phải là chữ")
    return data["id"], data["text"], None if dialogue is None else str(dialogue)


def answer_line(question_id: Any, outcome: Outcome) -> dict[str, Any]:
    """The answer in the words of the contract."""
    return {
        "id": question_id,
        "behaviour": outcome.behaviour.value,
        "skill": outcome.skill.value,
        "codes": list(outcome.codes),
        "aspects": [aspect.value for aspect in outcome.aspects],
        "confidence": round(outcome.confidence, 4),
        "verdict": asdict(outcome.verdict) if outcome.verdict else None,
        "dossier": outcome.dossier,
        "text": "\n\n".join(reply.text for reply in outcome.replies),
        "buttons": [button.title for reply in outcome.replies for button in reply.buttons],
    }


def talk(
    lines: Iterable[bytes], write: Callable[[bytes], None], assistant: Answers, clock: Callable[[], datetime]
) -> bool:
    """Answer every line in order, blank ones skipped; False if one of them was no question."""
    conversations: dict[str, DialogueState] = {}
    good = True
    for number, raw in enumerate(lines, 1):
        if not raw.strip():
            continue
        try:
            question_id, text, dialogue = read_question(raw)
        except BadLine as error:
            good = False
            write(_json({"id": None, "error": f"dòng {number}: {error}"}))
            continue
        state = conversations.get(dialogue, DialogueState()) if dialogue is not None else DialogueState()
        outcome = assistant.turn(state, Heard(text=text), clock())
        if dialogue is not None:
            conversations[dialogue] = outcome.state
        write(_json(answer_line(question_id, outcome)))
    return good


def _json(data: Mapping[str, Any]) -> bytes:
    """One line. A lone surrogate cannot be UTF-8; its backslash form is JSON's own escape of it."""
    return json.dumps(data, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"


@contextmanager
def with_engine(settings: Settings) -> Iterator[Settings]:
    """The settings with a running NLU engine: the given one, or one started for this while."""
    if settings.rasa_url:
        yield settings
        return
    var_dir = Path(tempfile.mkdtemp(prefix="troly-ask-"))
    try:
        with Stack(var_dir, ("rasa",)) as stack:
            given = {"rasa_url": stack.state.rasa_url, "rasa_token": stack.state.rasa_token}
            yield settings.model_copy(update=given)
    finally:
        shutil.rmtree(var_dir, ignore_errors=True)


def _flushed(out: BinaryIO) -> Callable[[bytes], None]:
    def write(line: bytes) -> None:
        out.write(line)
        out.flush()

    return write


@click.command("ask")
def ask() -> None:
    """Answer JSON lines {"id","text","dialogue"?} of standard input, one JSON line each."""
    try:
        settings = load_settings()
        configure_logs("WARNING")
        with with_engine(settings) as running:
            assistant = build_assistant(running)
            good = talk(sys.stdin.buffer, _flushed(sys.stdout.buffer), assistant, utc_now)
    except (SettingsError, KnowledgeError, SupervisorError) as error:
        raise click.ClickException(str(error)) from error
    if not good:
        sys.exit(1)
