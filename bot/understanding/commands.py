"""The commands ``bot train`` and ``bot evaluate``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click

from bot.knowledge.loading import KnowledgeError, load_knowledge
from bot.settings import ROOT, load_settings
from bot.supervisor.model_swap import swap_running
from bot.supervisor.rasa_server import MODEL
from bot.understanding.guard import GuardError, Verdict, can_measure, compare
from bot.understanding.model import Guard, Refused, TrainingError
from bot.understanding.model import train as bring_up_to_date

REFUSED_MODEL = "rasa_project/models/refused.tar.gz"


@click.command("train")
@click.option("--force", is_flag=True, help="Huấn luyện lại dù dữ liệu không đổi.")
@click.option("--no-guard", is_flag=True, help="Dùng mô hình mới dù đo thấy kém hơn.")
@click.option(
    "--or-keep", is_flag=True, help="Mô hình mới kém hơn thì chạy tiếp bằng mô hình cũ, mã thoát 0."
)
def train(force: bool, no_guard: bool, or_keep: bool) -> None:
    """Make the NLU data from faq_data and train Rasa if anything changed.

    A model that is worse than the one that serves is refused (exit code 1); a better one is given to a
    running `bot run` at once.
    """
    settings = load_settings()
    guard = None if no_guard else _guard()
    try:
        knowledge = load_knowledge(settings.faq_dir, settings.commune)
        changed = bring_up_to_date(ROOT, knowledge, click.echo, force=force, guard=guard)
    except (KnowledgeError, TrainingError) as error:
        raise click.ClickException(str(error)) from error
    except Refused as refused:
        said = f"Mô hình mới kém hơn, vẫn dùng mô hình cũ. {refused}. Mô hình mới: {REFUSED_MODEL}."
        if not or_keep:
            raise click.ClickException(said) from refused
        click.echo(said)
        return
    if changed:
        swap_running(settings.var_dir.resolve(), ROOT / "rasa_project" / MODEL, click.echo)


def _guard() -> Guard | None:
    """None where an installation has neither the set nor the code that measures."""
    if not can_measure(ROOT):
        click.echo("Không có bộ câu hỏi đo: mô hình mới được dùng mà không so sánh.")
        return None

    def guard(new: Path, old: Path) -> Verdict:
        try:
            return compare(ROOT, new, old)
        except GuardError as error:
            raise TrainingError(f"Không đo được mô hình mới, vẫn dùng mô hình cũ:\n{error}") from error

    return guard


@click.command("evaluate")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--quick", is_flag=True, help="Chỉ đo trợ lý, không đo các cách làm để so sánh.")
@click.option("--scams", is_flag=True, help="Chỉ đo phần nhận ra lừa đảo; FILE là các tin nhắn có nhãn.")
def evaluate(file: Path | None, quick: bool, scams: bool) -> None:
    """Measure understanding on FILE (or EVAL_FILE) and on the project's own questions.

    With --scams: the check of scams, on FILE (or SCAMS_FILE) and on the project's own messages.
    """
    command = [sys.executable, "-m", "benchmarks.evaluation.scams" if scams else "benchmarks.evaluation"]
    command += ["--quick"] if quick and not scams else []
    command += [str(file.resolve())] if file else []
    if subprocess.run(command, cwd=ROOT, check=False).returncode:
        raise click.ClickException("Không đo được: xem lỗi ở trên.")
