"""The command ``bot review export``."""

from __future__ import annotations

import click
from sqlalchemy import select

from bot.knowledge.loading import KnowledgeError, load_knowledge
from bot.learning.export import Approved, measured_keys, merge, write
from bot.settings import ROOT, load_settings
from bot.store.engine import make_engine, reading
from bot.store.models import Unanswered

SETS = ROOT / "tests" / "understanding" / "sets"


@click.group("review")
def review() -> None:
    """Questions that were reviewed on the desk."""


@review.command("export")
def export() -> None:
    """Write the approved sentences to faq_data/learned."""
    settings = load_settings()
    try:
        knowledge = load_knowledge(settings.faq_dir, settings.commune)
    except KnowledgeError as error:
        raise click.ClickException(str(error)) from error
    engine = make_engine(settings.sql_url, pool_size=1)
    decided = select(Unanswered).where(Unanswered.status.in_(("assigned", "out_of_scope")))
    with reading(engine) as session:
        approved = [
            Approved(row.example, row.code if row.status == "assigned" else None, row.aspect)
            for row in session.scalars(decided.order_by(Unanswered.decided_at, Unanswered.id))
        ]
    engine.dispose()
    if not SETS.is_dir():
        click.echo("Không có các bộ câu hỏi đo: không đối chiếu được.", err=True)
    sentences, done = merge(knowledge.learned, approved, set(knowledge.procedures), measured_keys(SETS))
    write(settings.faq_dir / "learned", sentences, knowledge)
    click.echo(f"{done.written} câu trong {settings.faq_dir / 'learned'}, {done.new} câu mới.")
    left_out = (
        (done.measured, "trùng với bộ câu hỏi đo"),
        (done.doubtful, "được gán hai nơi khác nhau"),
        (done.unfit, "quá ngắn, quá dài hoặc thủ tục không còn"),
    )
    for number, why in left_out:
        if number:
            click.echo(f"Bỏ {number} câu {why}.")
