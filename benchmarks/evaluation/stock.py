"""A Rasa NLU server with the light pipeline that Rasa ships, on our NLU data; trained once per change."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from benchmarks.rasa_assistant import PROJECT, PYTHON, environment
from benchmarks.servers import running
from bot.knowledge.loading import Knowledge
from bot.settings import ROOT
from bot.supervisor.service import free_port, http_ok
from bot.understanding import training

HOME = ROOT / "var" / "evaluation"
TRAINING_LIMIT_S = 3000

PIPELINE = [
    {"name": "WhitespaceTokenizer"},
    {"name": "RegexFeaturizer"},
    {"name": "LexicalSyntacticFeaturizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
    {"name": "LogisticRegressionClassifier"},
]
"""Rasa's documented light pipeline, with its own defaults."""


@contextmanager
def stock_server(knowledge: Knowledge) -> Iterator[str]:
    """The address of a running server, gone at the end of the block.

    :raises subprocess.SubprocessError: if it can't be trained.
    :raises RuntimeError: if it does not start.
    """
    folder = _trained(knowledge)
    port = free_port()
    command = [str(PYTHON), "-m", "rasa", "run", "-i", "127.0.0.1", "-p", str(port)]
    command += ["-m", "models/stock.tar.gz", "--enable-api"]
    with running("stock", command, folder, environment(), lambda: http_ok("127.0.0.1", port, "/status")):
        yield f"http://127.0.0.1:{port}"


def _trained(knowledge: Knowledge) -> Path:
    """The folder with the model, made now or before."""
    training.write(knowledge, PROJECT / "data" / "generated")
    data = PROJECT / "data"
    parts = sorted([*data.glob("*.yml"), data / "generated" / "procedures.yml"])
    digest = hashlib.sha256(yaml.safe_dump(PIPELINE).encode())
    for path in parts:
        digest.update(path.read_bytes())
    folder = HOME / f"stock-{digest.hexdigest()[:12]}"
    if (folder / "models" / "stock.tar.gz").exists():
        return folder
    for old in HOME.glob("stock-*"):
        shutil.rmtree(old)
    (folder / "data").mkdir(parents=True)
    for path in parts:
        shutil.copyfile(path, folder / "data" / f"{path.parent.name}-{path.name}")
    config = {"recipe": "default.v1", "language": "vi", "assistant_id": "stock", "pipeline": PIPELINE}
    (folder / "config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    intents = [
        intent
        for path in (PROJECT / "domain.yml", data / "generated" / "domain.yml")
        for intent in yaml.safe_load(path.read_text(encoding="utf-8"))["intents"]
    ]
    domain = {"version": "3.1", "intents": intents}
    (folder / "domain.yml").write_text(yaml.safe_dump(domain), encoding="utf-8")
    print("Đang huấn luyện mô hình mẫu của Rasa để so sánh (một lần cho mỗi lần đổi dữ liệu, vài phút) …")
    command = [str(PYTHON), "-m", "rasa", "train", "nlu", "--nlu", "data", "--fixed-model-name", "next"]
    with (folder / "training.log").open("wb") as log:
        subprocess.run(
            command, cwd=folder, env=environment(), stdout=log, stderr=subprocess.STDOUT,
            check=True, timeout=TRAINING_LIMIT_S,
        )  # fmt: skip
    (folder / "models" / "next.tar.gz").rename(folder / "models" / "stock.tar.gz")
    return folder
