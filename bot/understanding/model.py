"""The trained Rasa model: made when its inputs changed, published at once or not at all.

``rasa_project/models/nlu.tar.gz`` is the model and ``nlu.inputs`` beside it the hash of what it was
trained from. Training runs in Rasa's own environment as a subprocess. A new model that the guard refuses
is kept as ``refused.tar.gz``, and ``refused.inputs`` has its inputs and the figures: it is not trained again.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.knowledge.loading import Knowledge
from bot.parent import die_with_parent
from bot.rasa_environment import RASA_ENVIRONMENT
from bot.understanding import training
from bot.understanding.guard import Verdict

TRAINING_TIMEOUT_S = 1800

Progress = Callable[[str], None]
Guard = Callable[[Path, Path], Verdict]
"""Judges the new model beside the old one."""


class TrainingError(Exception):
    """Training failed; the message is what Rasa said last."""


class Refused(Exception):
    """The new model is worse: the old one stays. The message has both figures."""


def rasa_environment(root: Path) -> dict[str, str]:
    """The environment of a Rasa process that works in ``root/rasa_project``."""
    return {**os.environ, **RASA_ENVIRONMENT, "PYTHONPATH": str(root)}


def inputs_hash(root: Path) -> str:
    """A hash over everything that the model depends on; the generated data must be written first."""
    project, understanding = root / "rasa_project", root / "bot" / "understanding"
    paths = [
        *project.glob("data/**/*.yml"),
        *project.glob("components/*.py"),
        *(project / name for name in ("config.yml", "domain.yml", "requirements.lock")),
        *(understanding / name for name in ("folding.py", "shortforms.py")),
    ]
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def train(
    root: Path, knowledge: Knowledge, progress: Progress, *, force: bool = False, guard: Guard | None = None
) -> bool:
    """Bring the model up to date with its inputs; False when it already was.

    :param guard: asked when there is an old model to compare with.

    Two trainings at once wait for one another. A failed or killed one leaves the old model in place.

    :raises TrainingError: if Rasa's environment is missing or Rasa fails.
    :raises Refused: if the guard does not let the new model through, now or before with the same inputs.
    """
    project = root / "rasa_project"
    models = project / "models"
    models.mkdir(exist_ok=True)
    with _locked(models / ".lock"):
        training.write(knowledge, project / "data" / "generated")
        wanted = inputs_hash(root)
        model, stamp = models / "nlu.tar.gz", models / "nlu.inputs"
        if not force and model.exists() and stamp.exists() and stamp.read_text().strip() == wanted:
            progress("Mô hình Rasa đã đúng với dữ liệu, không cần huấn luyện lại.")
            return False
        refused = models / "refused.inputs"
        if not force and guard is not None and model.exists() and refused.exists():
            inputs, _, why = refused.read_text(encoding="utf-8").partition("\n")
            if inputs == wanted:
                raise Refused(why.strip())
        started = time.monotonic()
        progress("Đang huấn luyện mô hình Rasa (vài phút) …")
        _run_rasa(root, progress)
        fresh = models / "next.tar.gz"
        if guard is not None and model.exists():
            progress("Đang so sánh mô hình mới với mô hình đang dùng …")
            verdict = guard(fresh, model)
            if not verdict.good:
                fresh.replace(models / "refused.tar.gz")
                refused.write_text(f"{wanted}\n{verdict.figures}\n", encoding="utf-8")
                raise Refused(verdict.figures)
            progress(f"Mô hình mới không kém hơn ({verdict.figures}).")
        stamp.unlink(missing_ok=True)
        refused.unlink(missing_ok=True)
        fresh.replace(model)
        stamp.write_text(wanted + "\n")
        progress(f"Đã huấn luyện mô hình Rasa trong {time.monotonic() - started:.0f} giây.")
    return True


def _run_rasa(root: Path, progress: Progress) -> None:
    project = root / "rasa_project"
    python = project / ".venv" / "bin" / "python"
    if not python.exists():
        raise TrainingError("Chưa có môi trường Rasa (rasa_project/.venv): chạy `make setup` trước.")
    command = [str(python), "-m", "rasa", "train", "nlu", "--config", "config.yml", "--nlu", "data"]
    command += ["--domain", "domain.yml", "--out", "models", "--fixed-model-name", "next"]
    log = project / "models" / "training.log"
    parent = os.getpid()
    with log.open("wb") as out:
        # ``bot train`` has a single thread, so preexec_fn is safe; killed, it takes Rasa with it.
        process = subprocess.Popen(
            command, cwd=project, env=rasa_environment(root), stdout=out, stderr=subprocess.STDOUT,
            preexec_fn=lambda: die_with_parent(parent),
        )  # fmt: skip
        try:
            _wait(process, progress)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    if process.returncode:
        said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-15:]
        raise TrainingError("Rasa không huấn luyện được:\n" + "\n".join(said))


def _wait(process: subprocess.Popen[bytes], progress: Progress) -> None:
    started = time.monotonic()
    while True:
        try:
            process.wait(timeout=10)
            return
        except subprocess.TimeoutExpired:
            passed = time.monotonic() - started
            if passed > TRAINING_TIMEOUT_S:
                raise TrainingError(f"Huấn luyện quá {TRAINING_TIMEOUT_S // 60} phút.") from None
            progress(f"  … {passed:.0f} giây")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
