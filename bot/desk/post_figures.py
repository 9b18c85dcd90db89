"""The monthly sheet of each organisation, on a page and for Excel."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from bot.desk.context import the_desk
from bot.desk.guard import needs
from bot.desk.permissions import Permission
from bot.desk.posting import actor, moment
from bot.desk.reports import XLSX
from bot.posts.places import STATE_NAMES
from bot.posts.reading import visible
from bot.posts.sheet import HEAD, SheetLine, cells, following, month_of, read_sheet, totals
from bot.reports import export
from bot.store.engine import reading


def add_routes(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/posts/figures", view_func=post_figures)
    blueprint.add_url_rule("/posts/figures.csv", view_func=post_figures_csv)
    blueprint.add_url_rule("/posts/figures.xlsx", view_func=post_figures_xlsx)


@needs(Permission.POSTS)
def post_figures() -> ResponseReturnValue:
    """What the officer's organisation published in a month, and what came of it."""
    month, lines = _asked()
    today = the_desk().clock()
    after = following(month)
    return render_template(
        "desk/post_figures.html", month=month, lines=lines, totals=totals(lines), states=STATE_NAMES,
        moment=moment, before=_text(month - timedelta(days=1)), this=_text(month),
        after=_text(after) if after <= month_of("", today) else "",
    )  # fmt: skip


@needs(Permission.POSTS)
def post_figures_csv() -> ResponseReturnValue:
    month, lines = _asked()
    return _download(export.as_csv(HEAD, map(cells, lines)), "text/csv; charset=utf-8", month, "csv")


@needs(Permission.POSTS)
def post_figures_xlsx() -> ResponseReturnValue:
    month, lines = _asked()
    book = export.as_xlsx(HEAD, map(cells, lines), f"Tháng {month:%m-%Y}")
    return _download(book, XLSX, month, "xlsx")


def _asked() -> tuple[date, list[SheetLine]]:
    month = month_of(request.args.get("month", ""), the_desk().clock())
    with reading(the_desk().engine) as session:
        return month, read_sheet(session, visible(actor()), month)


def _text(month: date) -> str:
    return f"{month:%Y-%m}"


def _download(body: bytes, mimetype: str, month: date, kind: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="bai-viet-{_text(month)}.{kind}"'}
    return Response(body, content_type=mimetype, headers=headers)
