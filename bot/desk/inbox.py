"""The inbox: who waits, mine, with the bot, history; and its live feed."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from flask import Blueprint, Flask, Response, current_app, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue

from bot.chat.limits import StreamGate
from bot.clock import to_ms
from bot.desk.context import the_desk
from bot.desk.guard import SignedIn, current, look_up, needs
from bot.desk.lists import Page, Shelf, read_counts, read_page, shelves_of
from bot.desk.live import changes_since, event_lines, listener
from bot.desk.permissions import Permission
from bot.desk.sessions import COOKIE
from bot.desk.watching import Feed
from bot.desk.wording import CHANNELS, clock_words, span_words, topic
from bot.queues import Queue
from bot.store.engine import reading

_LIVE = "desk-live"
PER_OFFICER = 6
"""Live desks of one officer: a PC, a phone, some tabs."""
RETRY_S = 60


def add_routes(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/", view_func=inbox)
    blueprint.add_url_rule("/rows", view_func=rows)
    blueprint.add_url_rule("/feed", view_func=feed)
    blueprint.add_url_rule("/changes", view_func=changes)


@needs(Permission.CHATS)
def inbox() -> ResponseReturnValue:
    return page_of(None)


@needs(Permission.CHATS)
def rows() -> ResponseReturnValue:
    """The list alone, for a page that is open."""
    return render_template("desk/_rows.html", **lists(current()))


def page_of(chat: dict[str, Any] | None) -> Response:
    """The whole page, with one chat open or none; its policy lets the sandbox's images in."""
    shown = {**(chat or {"chat": None}), **lists(current())}
    response = make_response(render_template("desk/inbox.html", **shown))
    if the_desk().settings.use_sandbox:  # its images come from this machine, without TLS
        from bot.desk.blueprint import POLICY  # here: it imports this module

        loopback = "img-src 'self' http://127.0.0.1:* http://localhost:* "
        response.headers["Content-Security-Policy"] = POLICY.replace("img-src 'self' ", loopback)
    return response


def lists(officer: SignedIn) -> dict[str, Any]:
    """What the list's templates need, by the request's ``list``, ``queue``, ``q`` and ``page``."""
    desk = the_desk()
    now = desk.clock()
    query = request.args.get("q", "").strip()
    shelf = _shelf(request.args.get("list", ""), query)
    queue = request.args.get("queue", "")
    number = max(1, request.args.get("page", 1, type=int))
    with reading(desk.engine) as session:
        counts = read_counts(session, officer)
        page = read_page(session, officer, shelf, now, queue, query, number)
    return {
        "shelf": shelf, "shelves": shelves_of(officer), "queue": queue, "queues": _queues(officer),
        "query": query, "number": number, "counts": counts, "page": page, "now": now, "cursor": to_ms(now),
        "channels": CHANNELS,
        "waited": lambda row: span_words(now - row.waiting_since),
        "moment": lambda moment: clock_words(moment, now), "topics": _topics(page),
        "here": {"list": shelf.value, "queue": queue or None, "q": query or None},
    }  # fmt: skip


def _shelf(name: str, query: str) -> Shelf:
    if name in set(Shelf):
        return Shelf(name)
    return Shelf.HISTORY if query else Shelf.WAITING


def _queues(officer: SignedIn) -> list[str]:
    return list(officer.queues) if officer.queues and not officer.all_units else [q.value for q in Queue]


def _topics(page: Page) -> dict[int, str]:
    told = [row for row in page.rows if row.codes]
    if not told:
        return {}  # the knowledge is not even loaded
    knowledge = the_desk().knowledge()
    return {row.id: ", ".join(topic(code, knowledge) for code in row.codes[:2]) for row in told}


@needs(Permission.CHATS)
def feed() -> ResponseReturnValue:
    """Server-sent events after ``Last-Event-ID``, or after the page's own cursor."""
    desk, officer, (feed_, gate) = the_desk(), current(), _live(current_app)
    after = _cursor(request.headers.get("Last-Event-ID") or request.args.get("after", ""), desk.clock())
    if not gate.enter(str(officer.id)):
        return "", 503, {"Retry-After": str(RETRY_S)}
    joined = listener(
        officer, with_bot=request.args.get("bot") == "1", chat=request.args.get("chat", 0, type=int)
    )
    feed_.join(joined)  # before what was missed is read: nothing falls between
    app, token = cast("Any", current_app)._get_current_object(), request.cookies.get(COOKIE, "")

    def still_in() -> bool:
        with app.app_context():
            found = look_up(token)
        return found is not None and replace(found, name="") == replace(officer, name="")

    def leave() -> None:
        feed_.leave(joined)
        gate.leave(str(officer.id))

    with ExitStack() as undo:
        undo.callback(leave)
        missed = changes_since(desk.engine, officer, after, desk.clock())
        undo.pop_all()
    response = Response(event_lines(joined, missed, still_in, desk.clock), mimetype="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(leave)  # not in the generator's finally: one that was never started has none
    return response


@needs(Permission.CHATS)
def changes() -> ResponseReturnValue:
    """What the feed would say, for a page whose stream was refused."""
    desk = the_desk()
    now = desk.clock()
    cursor, found = changes_since(desk.engine, current(), _cursor(request.args.get("after", ""), now), now)
    told = None if found is None else [change.shown() for change in found]
    return jsonify(cursor=cursor, changes=told)


def _cursor(given: str, now: datetime) -> int:
    """A cursor from outside; one that is no number, or of the future, counts as now."""
    ahead = to_ms(now)
    return min(int(given), ahead) if given.isascii() and given.isdigit() and len(given) < 15 else ahead


def _live(app: Flask) -> tuple[Feed, StreamGate]:
    """This process's feed and its gate, made when they are first asked for."""
    desk = the_desk()
    made = (Feed(desk.engine, desk.clock), StreamGate(desk.settings.desk_max_streams, PER_OFFICER))
    return cast("tuple[Feed, StreamGate]", app.extensions.setdefault(_LIVE, made))
