"""`bot dossiers`: the commune's table of dossiers on the command line."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
from sqlalchemy import Engine, func, select

from bot.clock import VIETNAM, utc_now
from bot.dossiers import columns as naming
from bot.dossiers.codes import normal_form
from bot.dossiers.columns import FIELD_NAMES
from bot.dossiers.dates import BadDate, read_moment
from bot.dossiers.factors import Hasher
from bot.dossiers.importing import Report, import_file, preview, try_file
from bot.dossiers.ledger import excuse
from bot.dossiers.refusals import FileRefused
from bot.dossiers.statuses import NAMES, Status
from bot.settings import Settings, SettingsError, load_settings
from bot.store.audit import CLI
from bot.store.engine import make_engine, reading, writing
from bot.store.models_dossiers import DossierAlert, DossierAttempt, DossierEvent, DossierImport, DossierRow

_SHOWN_PROBLEMS = 20


@click.group()
def dossiers() -> None:
    """Dossiers: import lists of the one-stop software, list, show, unlock."""


@dossiers.command("import")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--try", "only_try", is_flag=True, help="Only tell what would be done.")
@click.option("--as-of", "as_of_text", default="", help="When the list was exported: 24/11/2026 16:30.")
@click.option("--column", "chosen", multiple=True, help="A field and its heading: code='Số biên nhận'.")
def import_command(path: Path, only_try: bool, as_of_text: str, chosen: tuple[str, ...]) -> None:
    """Take the CSV or XLSX file PATH in: all of its rows, or none if one is wrong."""
    settings, engine = _opened()
    now = utc_now()
    try:
        seen = preview(engine, path)
        columns = _columns(chosen, seen.headings, dict(seen.columns))
        as_of = read_moment(as_of_text) or datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except (FileRefused, BadDate) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Tệp {path.name}: {seen.form}" + (", cột đã nhớ từ lần trước" if seen.remembered else ""))
    for field, position in columns.items():
        click.echo(f"  {FIELD_NAMES[field]}: cột «{seen.headings[position]}»")
    hasher = Hasher(settings.key)
    if only_try:
        report = try_file(engine, path, min(as_of, now), hasher, columns)
    else:
        report = import_file(engine, path, as_of, hasher, CLI, now, columns=columns)
    _tell(report, only_try)
    if report.refused:
        raise click.exceptions.Exit(1)


@dossiers.command("list")
@click.option("--status", type=click.Choice([s.value for s in Status]), help="Only with this status.")
@click.option("--limit", default=20, show_default=True, help="Rows at most.")
def list_command(status: str | None, limit: int) -> None:
    """The dossiers that changed last."""
    _, engine = _opened()
    query = select(DossierRow).order_by(DossierRow.changed_at.desc(), DossierRow.id.desc()).limit(limit)
    if status:
        query = query.where(DossierRow.status == status)
    with reading(engine) as session:
        for row in session.scalars(query):
            due = f"{row.due:%d/%m/%Y}" if row.due else "-"
            click.echo(f"{row.code}\t{_status(row.status, row.status_text)}\thẹn {due}\t{row.procedure}")
        click.echo(f"Tổng cộng {session.scalar(select(func.count()).select_from(DossierRow))} hồ sơ.")


@dossiers.command()
@click.argument("code")
def show(code: str) -> None:
    """One dossier with its history and who looked."""
    _, engine = _opened()
    with reading(engine) as session:
        row = session.scalar(select(DossierRow).where(DossierRow.code == _normal(code)))
        if row is None:
            raise click.ClickException(f"không có hồ sơ {code}")
        click.echo(f"{row.code}: {row.procedure or 'chưa rõ thủ tục'}")
        click.echo(f"  {_status(row.status, row.status_text)}, theo dữ liệu lúc {_local(row.as_of)}")
        for name, day in (("Nhận", row.received), ("Hẹn trả", row.due), ("Xong", row.finished)):
            click.echo(f"  {name}: {f'{day:%d/%m/%Y}' if day else 'không ghi'}")
        if row.note:
            click.echo(f"  Ghi chú: {row.note}")
        has = [n for n, h in (("số điện thoại", row.phone4), ("số căn cước", row.identity4)) if h]
        click.echo(f"  Tra được bằng: {', '.join(has) or 'không có gì (tệp không ghi)'}")
        click.echo("Diễn biến:")
        for step in session.scalars(
            select(DossierEvent).where(DossierEvent.code == row.code).order_by(DossierEvent.id)
        ):
            click.echo(f"  {_local(step.at)}\t{_status(step.status, step.status_text)}")
        click.echo("Lượt tra cứu gần đây:")
        for tried in session.scalars(
            select(DossierAttempt)
            .where(DossierAttempt.code == row.code)
            .order_by(DossierAttempt.id.desc())
            .limit(20)
        ):
            click.echo(f"  {_local(tried.at)}\t{_RESULTS[tried.result]}")


@dossiers.command()
def imports() -> None:
    """The last imports with their reports."""
    _, engine = _opened()
    with reading(engine) as session:
        for row in session.scalars(select(DossierImport).order_by(DossierImport.id.desc()).limit(20)):
            state = "đã nhập" if row.done else "từ chối"
            click.echo(
                f"{row.id}\t{_local(row.at)}\t{row.file_name}\t{state}: {row.new} mới, {row.changed} đổi, "
                f"{row.unchanged} không đổi, {row.refused} dòng lỗi"
            )


@dossiers.command()
def alerts() -> None:
    """Guessing that nobody has looked into yet."""
    _, engine = _opened()
    kinds = {"person": "một người", "code": "một hồ sơ", "account": "cả kênh"}
    with reading(engine) as session:
        query = select(DossierAlert).where(DossierAlert.seen_at.is_(None)).order_by(DossierAlert.id.desc())
        for row in session.scalars(query.limit(50)):
            click.echo(f"{_local(row.at)}\t{kinds[row.kind]}\t{row.failures} lần sai\thồ sơ {row.code}")


@dossiers.command()
@click.argument("code")
def unlock(code: str) -> None:
    """Failures on CODE count no more: its owner stands at the counter."""
    _, engine = _opened()
    with writing(engine) as session:
        excused = excuse(session, _normal(code), CLI, utc_now())
    click.echo(f"Đã bỏ qua {excused} lần sai của hồ sơ {_normal(code)}.")


_RESULTS = {
    "open": "đang tra", "hit": "đúng, đã cho xem", "miss": "sai mã hoặc số",
    "wait": "bị chặn vì thử nhiều lần", "away": "nguồn không trả lời",
}  # fmt: skip


def _columns(chosen: tuple[str, ...], headings: tuple[str, ...], known: dict[str, int]) -> dict[str, int]:
    """The columns with those that are chosen by hand."""
    for pair in chosen:
        field, _, heading = pair.partition("=")
        if field not in FIELD_NAMES or heading not in headings:
            fields = ", ".join(f"{key} ({name})" for key, name in FIELD_NAMES.items())
            raise click.ClickException(
                f"--column {pair}: cần trường={{tiêu đề trong tệp}}; các trường: {fields}"
            )
        known[field] = headings.index(heading)
    problem = naming.problem_of(known)
    if problem:
        raise click.ClickException(f"{problem}. Các cột trong tệp: {', '.join(headings)}")
    return known


def _tell(report: Report, only_try: bool) -> None:
    if report.refused:
        click.echo(f"KHÔNG nhập gì: {report.refused} dòng lỗi.", err=True)
        for problem in report.problems[:_SHOWN_PROBLEMS]:
            where = f"dòng {problem.row}: " if problem.row else ""
            click.echo(f"  {where}{problem.reason}", err=True)
        if report.refused > _SHOWN_PROBLEMS:
            click.echo(f"  … còn {report.refused - _SHOWN_PROBLEMS} dòng nữa", err=True)
        return
    click.echo(
        f"{'Sẽ nhập' if only_try else 'Đã nhập'}: {report.new} mới, {report.changed} đổi, "
        f"{report.unchanged} không đổi; dữ liệu lúc {_local(report.as_of)}."
    )
    if report.older:
        click.echo(f"Trong đó {report.older} hồ sơ giữ nguyên vì đang có dữ liệu mới hơn tệp này.")
    if report.without_factor:
        click.echo(
            f"{report.without_factor} hồ sơ không ghi số điện thoại, số căn cước: chủ hồ sơ không tra được."
        )
    for text, number in (report.unknown_statuses or {}).items():
        click.echo(f"Chưa biết trạng thái «{text}» ({number} hồ sơ): người dân được báo là chưa rõ nghĩa.")


def _status(status: str, text: str) -> str:
    return NAMES[Status(status)] if status else f"«{text}» (chưa rõ nghĩa)"


def _local(moment: datetime) -> str:
    return f"{moment.astimezone(VIETNAM):%H:%M %d/%m/%Y}"


def _normal(code: str) -> str:
    return normal_form(code) or code


def _opened() -> tuple[Settings, Engine]:
    try:
        settings = load_settings()
    except SettingsError as error:
        raise click.ClickException(f"Cài đặt chưa đúng:\n{error}") from error
    return settings, make_engine(settings.sql_url, pool_size=1)
