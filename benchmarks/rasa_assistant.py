"""A minimal Rasa assistant on our NLU data: one rule and one utterance per intent, trained once per change.

Two pipelines: ``ours`` (the components of rasa_project/) and ``stock`` (what Rasa ships, without DIET).
An utterance of a procedure is our own answer on its documents, so both sides send texts of one length.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from bot.knowledge.loading import Knowledge
from bot.knowledge.render import render_aspect
from bot.settings import ROOT
from bot.understanding.model import rasa_environment
from bot.understanding.names import code_of
from bot.understanding.types import Aspect
from connectors.sandbox import defaults

PROJECT = ROOT / "rasa_project"
PYTHON = PROJECT / ".venv" / "bin" / "python"
CHANNEL = ROOT / "benchmarks" / "channel"
TRAINING_LIMIT_S = 900

STOCK: list[dict[str, Any]] = [
    {"name": "WhitespaceTokenizer"},
    {"name": "RegexFeaturizer"},
    {"name": "LexicalSyntacticFeaturizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
    {"name": "LogisticRegressionClassifier", "max_iter": 10, "tol": 0.01},
]
"""Rasa's documented light pipeline. How long it learns (``max_iter``) does not change how fast it answers."""


def build(pipeline: str, knowledge: Knowledge, home: Path) -> Path:
    """The folder of the assistant with ``pipeline`` ("ours" or "stock"), trained now or before.

    :raises subprocess.SubprocessError: if Rasa can't train it, or not in time.
    """
    files = _files(pipeline, knowledge)
    code = [*sorted((PROJECT / "components").glob("*.py")), ROOT / "bot" / "understanding" / "folding.py"]
    digest = hashlib.sha256("\0".join(files.values()).encode())
    for path in code if pipeline == "ours" else []:
        digest.update(path.read_bytes())
    folder = home / f"rasa-{pipeline}-{digest.hexdigest()[:12]}"
    if (folder / "models" / "bench.tar.gz").exists():
        return folder
    for old in home.glob(f"rasa-{pipeline}-*"):
        shutil.rmtree(old)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    _train(folder)
    return folder


def environment() -> dict[str, str]:
    """The environment of any Rasa process here."""
    return rasa_environment(ROOT) | {"PYTHONPATH": f"{ROOT}:{PROJECT}:{CHANNEL}"}


def _train(folder: Path) -> None:
    command = [str(PYTHON), "-m", "rasa", "train", "--skip-validation", "--data", "data"]
    command += ["--fixed-model-name", "next"]
    with (folder / "training.log").open("wb") as log:
        subprocess.run(
            command, cwd=folder, env=environment() | {"LOG_LEVEL": "INFO"}, stdout=log,
            stderr=subprocess.STDOUT, check=True, timeout=TRAINING_LIMIT_S,
        )  # fmt: skip
    (folder / "models" / "next.tar.gz").rename(folder / "models" / "bench.tar.gz")


def _files(pipeline: str, knowledge: Knowledge) -> dict[str, str]:
    intents = _intents()
    texts = {intent: _utterance(intent, knowledge) for intent in intents}
    ours = yaml.safe_load((PROJECT / "config.yml").read_text(encoding="utf-8"))["pipeline"]
    config = {
        "recipe": "default.v1",
        "language": "vi",
        "assistant_id": f"bench-{pipeline}",
        "pipeline": ours if pipeline == "ours" else STOCK,
        "policies": [{"name": "RulePolicy"}],
    }
    domain = {
        "version": "3.1",
        "intents": intents,
        "responses": {f"utter_{intent}": [{"text": text}] for intent, text in texts.items()},
    }
    rules = [
        {"rule": intent, "steps": [{"intent": intent}, {"action": f"utter_{intent}"}]} for intent in intents
    ]
    page = {"verify": "bench", "secret": defaults.FACEBOOK_APP_SECRET}
    page["page-access-token"] = defaults.FACEBOOK_PAGE_TOKEN
    made: Mapping[str, Any] = {
        "config.yml": config,
        "domain.yml": domain,
        "data/rules.yml": {"version": "3.1", "rules": rules},
        "credentials.yml": {"bench_facebook.FacebookInput": page},
        "endpoints.yml": {},
    }
    files = {name: yaml.safe_dump(body, allow_unicode=True) for name, body in made.items()}
    data = PROJECT / "data"
    for path in sorted([*data.glob("*.yml"), data / "generated" / "procedures.yml"]):
        files[f"data/nlu/{path.name if path.parent == data else 'generated.yml'}"] = path.read_text("utf-8")
    return files


def _intents() -> list[str]:
    found: list[str] = []
    for path in (PROJECT / "domain.yml", PROJECT / "data" / "generated" / "domain.yml"):
        found += yaml.safe_load(path.read_text(encoding="utf-8"))["intents"]
    return found


def _utterance(intent: str, knowledge: Knowledge) -> str:
    """One paragraph: Rasa's channel makes a message of each."""
    code = code_of(intent)
    procedure = knowledge.get(code) if code else None
    if procedure is None:
        return f"Dạ, câu hỏi này thuộc mục {intent}. Ông/bà cần hỏi thêm gì không ạ?"
    text = render_aspect(procedure, Aspect.DOCUMENTS, today=date.today()).text
    return f"{text}\n({intent})".replace("\n\n", "\n").replace("{", "(").replace("}", ")")


def server_command(port: int) -> list[str]:
    """Rasa's server as its documentation starts it, on loopback."""
    return [
        str(PYTHON), "-m", "rasa", "run", "-i", "127.0.0.1", "-p", str(port),
        "-m", "models/bench.tar.gz", "--credentials", "credentials.yml",
        "--endpoints", "endpoints.yml",
    ]  # fmt: skip
