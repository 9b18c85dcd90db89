"""Reports: figures with charts, the conversations behind a bar, and their export."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, Response, abort, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import true

from bot.desk.context import the_desk
from bot.desk.guard import current, needs
from bot.desk.permissions import Permission
from bot.handoff.visibility import visible
from bot.reports import export
from bot.reports.figures import Choice, Report, Result, Talk, part, report
from bot.reports.period import BadPeriod, Period, choose
from bot.reports.reading import read_talks
from bot.store.engine import reading

PAGE = 50
KINDS = (("week", "Tuần này"), ("month", "Tháng này"), ("own", "Từ ngày … đến ngày …"))
WAIT_NAMES = {
    "under5": "Dưới 5 phút", "under15": "5–15 phút", "under60": "15–60 phút", "longer": "Từ 1 giờ",
    "none": "Chưa được trả lời",
}  # fmt: skip
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def add_routes(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/reports", view_func=reports)
    blueprint.add_url_rule("/reports/conversations", view_func=report_conversations)
    blueprint.add_url_rule("/reports/conversations.csv", view_func=report_csv)
    blueprint.add_url_rule("/reports/conversations.xlsx", view_func=report_xlsx)


@needs(Permission.REPORTS)
def reports() -> ResponseReturnValue:
    """The page of figures."""
    problem = ""
    try:
        period = _period()
    except BadPeriod as error:
        period, problem = choose("week", the_desk().clock()), str(error)
    figures = report(_talks(period), period)
    return render_template(
        "desk/reports.html", period=period, figures=figures, charts=_charts(figures, period), kinds=KINDS,
        kind=request.args.get("kind", "week"), problem=problem, part=part, Result=Result,
        result_names=export.RESULT_NAMES, link=_linker(period), exports=_span(period),
        lists=current().may(Permission.REPORT_LISTS),
    )  # fmt: skip


@needs(Permission.REPORT_LISTS)
def report_conversations() -> ResponseReturnValue:
    """The conversations of one bar."""
    period, choice = _asked()
    found = [talk for talk in _talks(period) if choice.holds(talk)]
    found.sort(key=lambda talk: (max(talk.days, default=period.first), talk.id), reverse=True)
    page = max(1, request.args.get("page", 1, int))
    shown = found[(page - 1) * PAGE : page * PAGE]
    lines = list(export.rows(shown, _name_of()))
    return render_template(
        "desk/report_conversations.html", period=period, head=export.HEAD, lines=lines, total=len(found),
        page=page, more=len(found) > page * PAGE, about=_about(choice), query=_query(), chat=_chat_address,
    )  # fmt: skip


@needs(Permission.REPORT_LISTS)
def report_csv() -> ResponseReturnValue:
    """One row per conversation, for Excel."""
    period, lines = _lines()
    return _download(export.as_csv(export.HEAD, lines), "text/csv; charset=utf-8", period, "csv")


@needs(Permission.REPORT_LISTS)
def report_xlsx() -> ResponseReturnValue:
    """The same as a workbook."""
    period, lines = _lines()
    return _download(export.as_xlsx(export.HEAD, lines), XLSX, period, "xlsx")


def _lines() -> tuple[Period, list[list[export.Cell]]]:
    period, choice = _asked()
    return period, list(export.rows(filter(choice.holds, _talks(period)), _name_of()))


def _download(body: bytes, mimetype: str, period: Period, kind: str) -> Response:
    name = f"hoi-thoai-{period.first}-{period.last}.{kind}"
    return Response(
        body, content_type=mimetype, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _period() -> Period:
    args = request.args
    kind = args.get("kind", "own" if args.get("first") else "week")
    return choose(kind, the_desk().clock(), args.get("first", ""), args.get("last", ""))


def _asked() -> tuple[Period, Choice]:
    """The period and the choice of the address; 400 for what is neither."""
    args = request.args
    try:
        choice = Choice(
            day=date.fromisoformat(args["day"]) if args.get("day") else None,
            channel=args.get("channel") or None,
            result=Result(args["result"]) if args.get("result") else None,
            code=args.get("code") or None,
            wait=args.get("wait") or None,
            outside=bool(args.get("outside")),
            missed=bool(args.get("missed")),
            escalated=bool(args.get("escalated")),
            score=int(args["score"]) if args.get("score") else None,
        )
        return _period(), choice
    except ValueError:
        abort(400)


def _talks(period: Period) -> list[Talk]:
    """What the reader may count: a supervisor's own unit, an administrator's whole machine (numbers only)."""
    officer = current()
    whole = officer.all_units or not officer.may(Permission.CHATS)
    with reading(the_desk().engine) as session:
        return read_talks(session, period, true() if whole else visible(officer))


def _name_of() -> Callable[[str], str]:
    knowledge = the_desk().knowledge()

    def name(code: str) -> str:
        procedure = knowledge.get(code)
        return procedure.name if procedure else ""

    return name


def _span(period: Period) -> dict[str, Any]:
    return {"first": period.first.isoformat(), "last": period.last.isoformat()}


def _linker(period: Period) -> Callable[..., str | None]:
    """Addresses of lists of this period; None for who may not open them."""
    may = current().may(Permission.REPORT_LISTS)

    def link(**choice: Any) -> str | None:
        return url_for("desk.report_conversations", **_span(period), **choice) if may else None

    return link


def _chat_address(number: int) -> str | None:
    """The chat's page, which is another module's."""
    if "desk.conversation" not in current_app.view_functions:
        return None
    return url_for("desk.conversation", conversation_id=number)


def _query() -> dict[str, str]:
    return {key: value for key, value in request.args.items() if key != "page"}


def _about(choice: Choice) -> str:
    """What the list holds, in words."""
    said = [
        f"ngày {choice.day:%d/%m/%Y}" if choice.day else "",
        export.CHANNEL_NAMES.get(choice.channel, choice.channel) if choice.channel else "",
        export.RESULT_NAMES[choice.result].lower() if choice.result else "",
        f"hỏi thủ tục {choice.code} {_name_of()(choice.code)}" if choice.code else "",
        f"chờ cán bộ: {WAIT_NAMES.get(choice.wait, choice.wait).lower()}" if choice.wait else "",
        "cần cán bộ ngoài giờ" if choice.outside else "",
        "có câu chưa trả lời được" if choice.missed else "",
        "đã báo phụ trách" if choice.escalated else "",
        {5: "đánh giá tốt", 1: "đánh giá chưa tốt"}.get(choice.score or 0, ""),
    ]
    return ", ".join(word for word in said if word) or "tất cả"


def _charts(figures: Report, period: Period) -> list[dict[str, Any]]:
    """For the script and for the table beside each chart: labels, series, and the list behind each bar."""
    link, name = _linker(period), _name_of()
    days = period.days()
    daily = {
        "id": "daily", "title": "Hội thoại mỗi ngày theo kênh", "first": "Ngày", "stacked": True,
        "labels": [f"{day:%d/%m}" for day in days],
        "series": [
            {
                "label": export.CHANNEL_NAMES.get(channel, channel), "values": values,
                "links": [link(day=day.isoformat(), channel=channel) for day in days],
            }
            for channel, values in (figures.daily or {"webchat": [0] * len(days)}).items()
        ],
    }  # fmt: skip
    results = _bars(
        "results", "Ai trả lời", "Kết quả",
        [(export.RESULT_NAMES[r], n, link(result=r.value)) for r, n in figures.results.items()],
    )  # fmt: skip
    waits = _bars(
        "waits", "Thời gian chờ cán bộ", "Chờ",
        [(WAIT_NAMES[key], n, link(wait=key)) for key, n in figures.waits.items()],
    )  # fmt: skip
    asked = _bars(
        "asked", "Thủ tục được hỏi nhiều nhất", "Thủ tục",
        [(f"{code} {name(code)}".strip(), n, link(code=code)) for code, n in figures.most_asked],
    )  # fmt: skip
    asked["sideways"] = True
    return [daily, results, waits, asked]


def _bars(key: str, title: str, first: str, bars: list[tuple[str, int, str | None]]) -> dict[str, Any]:
    series = {"label": "Số lượng", "values": [n for _, n, _ in bars], "links": [to for _, _, to in bars]}
    return {
        "id": key, "title": title, "first": first, "stacked": False,
        "labels": [label for label, _, _ in bars], "series": [series],
    }  # fmt: skip
