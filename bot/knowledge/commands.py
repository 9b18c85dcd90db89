"""The commands of ``bot faq``."""

from __future__ import annotations

from pathlib import Path

import click

from bot.knowledge.import_units import import_units
from bot.knowledge.importing import ImportRefused, ImportReport, import_procedures


@click.group()
def faq() -> None:
    """The knowledge in faq_data."""


def _told(report: ImportReport) -> list[str]:
    lines = [
        f"{report.total} thủ tục: {report.written} tệp viết mới, {report.unchanged} giữ nguyên.",
        f"Tệp xóa đi vì nguồn không còn: {len(report.removed)}.",
        f"Đã bị thay thế (không trả lời): {len(report.superseded)}.",
        f"Thời hạn không ghi đơn vị: {len(report.time_without_unit)}.",
        f"Trình tự được ghép lại, không có danh sách giấy tờ: {len(report.rejoined_steps)}.",
        f"Còn nhắc cấp huyện: {len(report.mentions_district)}.",
        f"Lệ phí mâu thuẫn, không nói số tiền: {', '.join(report.doubtful_fees) or 'không'}.",
    ]
    lines += [f"Cần xem lại {code}: {why}." for code, why in report.needs_review.items()]
    return lines


@faq.command("import-procedures")
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--target",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("faq_data/procedures"),
    show_default=True,
    help="The folder that the files are written to.",
)
def import_procedures_command(source: Path, target: Path) -> None:
    """Write one file per procedure of SOURCE (the shared procedures.json); hand-written files stay."""
    try:
        report = import_procedures(source, target)
    except (ImportRefused, ValueError, KeyError) as error:
        raise click.ClickException(f"{source.name}: {error}") from error
    for line in _told(report):
        click.echo(line)


@faq.command("import-units")
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("ambiguous", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--as-of", required=True, help="The month of the data: 2026-07.")
@click.option(
    "--target",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("faq_data/units/dong-nai.yml"),
    show_default=True,
    help="The file that is written.",
)
def import_units_command(source: Path, ambiguous: Path, as_of: str, target: Path) -> None:
    """Write the units of SOURCE (dongnai_units.json), compared with AMBIGUOUS (ambiguous_names.json)."""
    try:
        units = import_units(source, ambiguous, target, as_of)
    except ImportRefused as error:
        raise click.ClickException(f"{source.name}: {error}") from error
    click.echo(f"{len(units.units)} xã, phường; {len(units.old)} đơn vị cũ; {len(units.districts)} huyện cũ.")
