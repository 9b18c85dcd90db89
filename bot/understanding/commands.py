"""The commands ``bot train`` and ``bot evaluate``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click

from bot.knowledge.loading import KnowledgeError, load_knowledge
from bot.settings import ROOT, load_settings
from bot.understanding.model import TrainingError
from bot.understanding.model import train as bring_up_to_date


@click.command("train")
@click.option("--force", is_flag=True, help="Huấn luyện lại dù dữ liệu không đổi.")
def train(force: bool) -> None:
    """Make the NLU data from faq_data and train Rasa if anything changed."""
    settings = load_settings()
    try:
        knowledge = load_knowledge(settings.faq_dir, settings.commune)
        bring_up_to_date(ROOT, knowledge, click.echo, force=force)
    except (KnowledgeError, TrainingError) as error:
        raise click.ClickException(str(error)) from error


@click.command("evaluate")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def evaluate(file: Path | None) -> None:
    """Measure understanding on FILE (or EVAL_FILE) and on the project's own questions."""
    command = [sys.executable, str(ROOT / "benchmarks" / "evaluate.py"), *([str(file)] if file else [])]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    if subprocess.run(command, env=environment, cwd=Path.cwd(), check=False).returncode:
        raise click.ClickException("Không đo được: xem lỗi ở trên.")
