"""A new model is compared with the one that serves; a worse one does not take its place."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.knowledge.loading import Knowledge, load_knowledge
from bot.settings import ROOT
from bot.understanding import guard, model


@pytest.mark.parametrize(
    ("new", "same_intents", "good"),
    [
        ((95, 95), True, True),
        ((100, 100), True, True),
        ((94, 95), True, False),
        ((95, 94), True, False),
        ((94, 93), False, True),
        ((91, 95), False, False),
        ((95, 91), False, False),
    ],
)
def test_verdicts(new: tuple[int, int], same_intents: bool, good: bool) -> None:
    old = {"top1": (95, 100), "behaviour": (95, 100)}
    verdict = guard.judge({"top1": (new[0], 100), "behaviour": (new[1], 100)}, old, same_intents=same_intents)
    assert verdict.good is good
    assert "95,0 % (95/100)" in verdict.figures


def test_one_question_of_the_set_decides_nothing() -> None:
    old = {"top1": (316, 328), "behaviour": (385, 404)}
    assert guard.judge({"top1": (315, 328), "behaviour": (383, 404)}, old, same_intents=True).good
    assert not guard.judge({"top1": (314, 328), "behaviour": (385, 404)}, old, same_intents=True).good


def test_intents_of_a_model(tmp_path: Path) -> None:
    body = json.dumps({"labels": ["tt_1", "thanks"]}).encode()
    with tarfile.open(tmp_path / "m.tar.gz", "w:gz") as archive:
        info = tarfile.TarInfo("components/x/names.json")
        info.size = len(body)
        archive.addfile(info, io.BytesIO(body))
    assert guard.intents_of(tmp_path / "m.tar.gz") == {"tt_1", "thanks"}


Train = Callable[[bool | None], bool]


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_knowledge(ROOT / "faq_data", "xuan-dinh")


class Workshop:
    """``model.train`` in a folder of its own, with a stand-in for Rasa; each training makes other bytes."""

    def __init__(self, root: Path, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self.knowledge, self.trained = root, knowledge, 0
        self.models = root / "rasa_project" / "models"
        for name in ("config.yml", "domain.yml", "requirements.lock"):
            (root / "rasa_project").mkdir(exist_ok=True)
            (root / "rasa_project" / name).write_text("x")
        (root / "bot" / "understanding").mkdir(parents=True)
        for name in ("folding.py", "shortforms.py"):
            (root / "bot" / "understanding" / name).write_text("x")
        monkeypatch.setattr(model, "_run_rasa", self._rasa)

    def _rasa(self, root: Path, progress: model.Progress) -> None:
        self.trained += 1
        (self.models / "next.tar.gz").write_text(f"model {self.trained}")

    def change(self) -> None:
        (self.root / "rasa_project" / "config.yml").write_text(f"changed {self.trained}")

    def train(self, good: bool | None, *, force: bool = False) -> bool:
        """With a guard that says ``good``; None: without one."""
        judged = None if good is None else lambda _new, _old: guard.Verdict(good, "95,0 và 90,0")
        return model.train(self.root, self.knowledge, lambda _: None, force=force, guard=judged)

    @property
    def serves(self) -> str:
        return (self.models / "nlu.tar.gz").read_text()


@pytest.fixture
def workshop(tmp_path: Path, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    return Workshop(tmp_path, knowledge, monkeypatch)


def test_the_first_model_has_nothing_to_be_compared_with(workshop: Workshop) -> None:
    assert workshop.train(False)
    assert workshop.serves == "model 1"
    assert not workshop.train(False)  # nothing changed: nothing is trained or measured
    assert workshop.trained == 1


def test_a_worse_model_is_kept_aside_and_not_trained_again(workshop: Workshop) -> None:
    workshop.train(True)
    workshop.change()
    for _ in range(2):
        with pytest.raises(model.Refused, match="95,0 và 90,0"):
            workshop.train(False)
    assert workshop.trained == 2
    assert workshop.serves == "model 1"
    assert (workshop.models / "refused.tar.gz").read_text() == "model 2"


def test_after_a_refusal_other_data_or_a_decision_is_taken(workshop: Workshop) -> None:
    workshop.train(True)
    workshop.change()
    with pytest.raises(model.Refused):
        workshop.train(False)
    assert workshop.train(None)  # --no-guard
    assert workshop.serves == "model 3"
    workshop.change()
    assert workshop.train(True)
    assert workshop.serves == "model 4"
    assert not (workshop.models / "refused.inputs").exists()
