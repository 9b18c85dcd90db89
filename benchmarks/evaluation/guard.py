"""``python -m benchmarks.evaluation.guard MODEL…``: totals of each trained model on fit.yml, as JSON.

For ``bot train``, which swaps a new model in only if it is no worse. No question is printed.
"""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
from pathlib import Path

from benchmarks.evaluation import cases as reading
from benchmarks.evaluation.__main__ import _run
from benchmarks.evaluation.scoring import MEASURES, share
from benchmarks.evaluation.systems import Ours, TimedClient
from benchmarks.rasa_assistant import PROJECT, PYTHON
from benchmarks.servers import running
from bot.knowledge.loading import Knowledge, load_knowledge
from bot.rasa_environment import RASA_ENVIRONMENT
from bot.settings import ROOT, load_settings
from bot.supervisor.service import free_port, http_ok
from bot.understanding.deciding import Thresholds

SET = "fit.yml"
MEASURED = {"top1": "top-1 code", "behaviour": "behaviour"}
TOKEN = "guard"


def main() -> None:
    """Print one JSON object for each model, in order."""
    settings = load_settings()
    knowledge = load_knowledge(settings.faq_dir, settings.commune)
    limits = Thresholds(sure=settings.band_sure, unsure=settings.band_unsure)
    with contextlib.redirect_stdout(sys.stderr):
        found = [totals(Path(name), knowledge, limits) for name in sys.argv[1:]]
    for one in found:
        print(json.dumps(one))


def totals(model: Path, knowledge: Knowledge, limits: Thresholds) -> dict[str, tuple[int, int]]:
    """(right, asked) by measure, through the code that a webhook message goes through."""
    known = frozenset(p.code for p in knowledge.served())
    questions = reading.counted(reading.read(reading.OWN_SETS / SET), known)
    port = free_port()
    command = [
        str(PYTHON), str(ROOT / "bot" / "supervisor" / "rasa_launch.py"), "--enable-api", "-i", "127.0.0.1",
        "-p", str(port), "-m", str(model.resolve()), "--endpoints", "endpoints.yml",
    ]  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="guard-") as unpacked:
        env = {**RASA_ENVIRONMENT, "PYTHONPATH": f"{ROOT}:{PROJECT}", "RASA_TOKEN": TOKEN, "TMPDIR": unpacked}
        with running(
            "guard", command, PROJECT, env, lambda: http_ok("127.0.0.1", port, f"/status?token={TOKEN}")
        ):
            url = f"http://127.0.0.1:{port}"
            asked = _run(Ours("guard", knowledge, TimedClient(url, TOKEN), limits), questions)
    shares = {name: share(asked, MEASURES[measure]) for name, measure in MEASURED.items()}
    return {name: (found.right, found.all) for name, found in shares.items()}


if __name__ == "__main__":
    main()
