"""The NLU data made from the knowledge."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from bot.knowledge.loading import Knowledge
from bot.settings import ROOT
from bot.understanding import training
from bot.understanding.client import SKILL_INTENTS
from bot.understanding.folding import words
from bot.understanding.model import TrainingError, inputs_hash, train
from bot.understanding.names import Kind, Name, intent_of, names_by_code
from bot.understanding.phrases import BY_ASPECT, PAIRS
from bot.understanding.types import UNNAMED, Aspect
from bot.understanding.understander import FOLLOW_UP, INTENT_SKILLS, SCAM_MESSAGE
from tests.supervisor.procs import wait_for, with_mark

PROJECT = ROOT / "rasa_project"


@pytest.fixture(scope="module")
def generated(knowledge: Knowledge) -> tuple[str, str]:
    return training.generate(knowledge)


def test_every_procedure_has_examples_of_every_aspect(
    knowledge: Knowledge, generated: tuple[str, str]
) -> None:
    nlu, domain = (yaml.load(text, yaml.CSafeLoader) for text in generated)
    asked: dict[str, set[str]] = {}
    for block in nlu["nlu"]:
        names = (block.get("metadata") or {}).get("aspects", [])
        asked.setdefault(block["intent"], set()).update(names)
        assert block["examples"].strip()
    expected = {intent_of(code) for code in names_by_code(knowledge)}
    assert set(asked) == expected == set(domain["intents"])
    # What near-twins would share is left out, so that a few of them miss an aspect.
    complete = [intent for intent, names in asked.items() if names == {a.value for a in Aspect}]
    assert len(complete) >= 0.93 * len(asked)
    assert all(len(names) >= 4 for names in asked.values())


def test_no_example_has_two_intents(generated: tuple[str, str]) -> None:
    nlu = yaml.load(generated[0], yaml.CSafeLoader)["nlu"]
    owner: dict[str, str] = {}
    for block in nlu:
        for line in block["examples"].splitlines():
            assert owner.setdefault(" ".join(words(line)), block["intent"]) == block["intent"], line


def test_same_knowledge_same_data(knowledge: Knowledge, generated: tuple[str, str]) -> None:
    assert training.generate(knowledge) == generated


def test_phrases_hold_the_name_once() -> None:
    assert set(BY_ASPECT) == set(Aspect)
    for phrase in [p for many in BY_ASPECT.values() for p in many] + [p for _, p in PAIRS]:
        assert phrase.count("{n}") == 1, phrase


def test_brackets_are_no_entities() -> None:
    examples = training.examples_of("1.000001", [Name("cấp [sổ](x) {a}", Kind.NAME)])
    block = training._block("tt_1_000001", (), examples[()])
    assert not re.search(r"[\[\]{}]", block)


def test_hand_written_intents_are_all_known() -> None:
    domain = yaml.safe_load((PROJECT / "domain.yml").read_text(encoding="utf-8"))["intents"]
    assert {*SKILL_INTENTS, SCAM_MESSAGE} == set(domain)
    assert {*INTENT_SKILLS, FOLLOW_UP, UNNAMED} == SKILL_INTENTS
    for path in PROJECT.glob("data/*.yml"):
        for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            known = block["intent"] in {*SKILL_INTENTS, SCAM_MESSAGE} or block["intent"].startswith("tt_")
            assert known, (path.name, block["intent"])


def test_hand_written_procedures_exist_and_tests_are_not_trained_on(knowledge: Knowledge) -> None:
    codes = {intent_of(code) for code in names_by_code(knowledge)}
    said: dict[str, set[str]] = {}
    for folder in ("data", "tests"):
        for path in (PROJECT / folder).glob("*.yml"):
            for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
                assert block["intent"] in {*codes, *SKILL_INTENTS, SCAM_MESSAGE}, block["intent"]
                said.setdefault(folder, set()).update(block["examples"].splitlines())
    assert not said["data"] & said["tests"]


def _copy_of_project(root: Path) -> Path:
    (root / "rasa_project" / "components").mkdir(parents=True)
    (root / "rasa_project" / "data").mkdir()
    (root / "bot" / "understanding").mkdir(parents=True)
    for name in ("folding.py", "shortforms.py"):
        (root / "bot" / "understanding" / name).write_text("")
    for name in ("config.yml", "domain.yml", "requirements.lock"):
        (root / "rasa_project" / name).write_text("")
    return root


def test_hash_follows_every_input(tmp_path: Path) -> None:
    root = _copy_of_project(tmp_path)
    seen = {inputs_hash(root)}
    for changed in (
        "rasa_project/data/a.yml",
        "rasa_project/data/generated/b.yml",
        "rasa_project/components/c.py",
        "rasa_project/config.yml",
        "bot/understanding/shortforms.py",
    ):
        (root / changed).parent.mkdir(exist_ok=True)
        (root / changed).write_text("x")
        seen.add(inputs_hash(root))
    assert len(seen) == 6


FAKE_PYTHON = """#!/bin/sh
echo "$@" >> calls
{what}
"""


def _fake_rasa(root: Path, what: str) -> None:
    python = root / "rasa_project" / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True, exist_ok=True)
    python.write_text(FAKE_PYTHON.format(what=what))
    python.chmod(0o755)


def test_trains_only_when_something_changed(tmp_path: Path, knowledge: Knowledge) -> None:
    root, said = _copy_of_project(tmp_path), []
    _fake_rasa(root, "echo model > models/next.tar.gz")
    assert train(root, knowledge, said.append)
    assert not train(root, knowledge, said.append)
    (root / "rasa_project" / "config.yml").write_text("changed")
    assert train(root, knowledge, said.append)
    assert train(root, knowledge, said.append, force=True)
    assert (root / "rasa_project" / "models" / "nlu.tar.gz").read_text() == "model\n"
    assert len((root / "rasa_project" / "calls").read_text().splitlines()) == 3


def test_a_failed_training_keeps_the_old_model(tmp_path: Path, knowledge: Knowledge) -> None:
    root = _copy_of_project(tmp_path)
    _fake_rasa(root, "echo model > models/next.tar.gz")
    train(root, knowledge, lambda _: None)
    _fake_rasa(root, "echo broken; exit 1")
    with pytest.raises(TrainingError, match="broken"):
        train(root, knowledge, lambda _: None, force=True)
    assert (root / "rasa_project" / "models" / "nlu.tar.gz").read_text() == "model\n"


def test_without_the_environment(tmp_path: Path, knowledge: Knowledge) -> None:
    with pytest.raises(TrainingError, match="make setup"):
        train(_copy_of_project(tmp_path), knowledge, lambda _: None)


KILLED = """
import sys; from pathlib import Path
from bot.knowledge.loading import load_knowledge
from bot.settings import ROOT
from bot.understanding.model import train
train(Path(sys.argv[1]), load_knowledge(ROOT / "faq_data", "xuan-dinh"), print)
"""


def test_a_killed_training_takes_rasa_with_it(tmp_path: Path) -> None:
    root = _copy_of_project(tmp_path)
    _fake_rasa(root, "exec sleep 60")
    mark = f"TRAINING_TEST={tmp_path}"
    env = {**os.environ, "PYTHONPATH": str(ROOT), "TRAINING_TEST": str(tmp_path)}
    trainer = subprocess.Popen([sys.executable, "-c", KILLED, str(root)], env=env, stdout=subprocess.DEVNULL)
    try:
        wait_for(lambda: any("sleep" in command for command in with_mark(mark).values()), 30, "training")
    finally:
        trainer.send_signal(signal.SIGKILL)
        trainer.wait()
    wait_for(lambda: not with_mark(mark), about="Rasa ends with its trainer")
