"""The commands ``bot train`` and ``bot evaluate``."""

from __future__ import annotations

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
@click.option("--quick", is_flag=True, help="Chỉ đo trợ lý, không đo các cách làm để so sánh.")
def evaluate(file: Path | None, quick: bool) -> None:
    """Measure understanding on FILE (or EVAL_FILE) and on the project's own questions."""
    command = [sys.executable, "-m", "benchmarks.evaluation", *(["--quick"] if quick else [])]
    command += [str(file.resolve())] if file else []
    if subprocess.run(command, cwd=ROOT, check=False).returncode:
        raise click.ClickException("Không đo được: xem lỗi ở trên.")
