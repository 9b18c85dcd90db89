"""What helps an officer write: prepared replies, and answers from faq_data to be edited before sending."""

from __future__ import annotations

from flask import Blueprint, abort, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import or_, select

from bot.clock import VIETNAM
from bot.desk.context import the_desk
from bot.desk.guard import current, needs
from bot.desk.permissions import Permission
from bot.knowledge.loading import Knowledge
from bot.knowledge.render import ASPECT_NAMES, available_aspects, render_aspect, title
from bot.store.engine import reading
from bot.store.models import Canned
from bot.understanding.folding import fold, words
from bot.understanding.matcher import Matcher
from bot.understanding.names import names_by_code
from bot.understanding.types import Aspect

MOST = 8
"""Procedures that a search shows."""


def add_routes(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/composer/canned", endpoint="composer_canned", view_func=prepared)
    blueprint.add_url_rule("/composer/procedures", endpoint="composer_procedures", view_func=procedures)
    blueprint.add_url_rule("/composer/answer", endpoint="composer_answer", view_func=answer)


@needs(Permission.CHATS)
def prepared() -> ResponseReturnValue:
    """Every prepared reply that this officer may use, with a folded line to be searched."""
    with reading(the_desk().engine) as session:
        rows = session.scalars(
            select(Canned)
            .where(or_(Canned.unit_id.is_(None), Canned.unit_id == current().unit_id))
            .order_by(Canned.shortcut)
        ).all()
    return jsonify(
        [
            {
                "shortcut": row.shortcut, "title": row.title, "text": row.text,
                "folded": fold(f"{row.shortcut} {row.title}"),
            }
            for row in rows
        ]
    )  # fmt: skip


@needs(Permission.CHATS)
def procedures() -> ResponseReturnValue:
    """The procedures that a few words may mean, each with the parts that its record tells."""
    knowledge = the_desk().knowledge()
    query = request.args.get("q", "").strip()[:200]
    found = [knowledge.procedures[code] for code in search(knowledge, query)]
    return render_template(
        "desk/_procedures.html", query=query,
        found=[(procedure, title(procedure), available_aspects(procedure)) for procedure in found],
        aspect_names=ASPECT_NAMES,
    )  # fmt: skip


@needs(Permission.CHATS)
def answer() -> ResponseReturnValue:
    """One page of one part's answer, as the assistant would say it."""
    desk = the_desk()
    procedure = desk.knowledge().get(request.args.get("code", ""))
    aspect = request.args.get("aspect", "")
    if procedure is None or not procedure.served or aspect not in set(Aspect):
        abort(404)
    page = max(1, request.args.get("page", 1, type=int))
    today = desk.clock().astimezone(VIETNAM).date()
    told = render_aspect(procedure, Aspect(aspect), today, page, desk.knowledge().commune)
    return jsonify(text=told.text, more=told.has_more)


def search(knowledge: Knowledge, query: str) -> list[str]:
    """Codes of served procedures, best first: by their names as people say them, or by a code."""
    if not query:
        return []
    by_code = [code for code in knowledge.procedures if code.startswith(query)]
    matched = [match.code for match in _matcher(knowledge).match(words(query), limit=2 * MOST)]
    wanted = fold(query)
    inside = [p.code for p in knowledge.served() if wanted in fold(p.name)]
    every = dict.fromkeys([*by_code, *matched, *inside])
    return [code for code in every if (found := knowledge.get(code)) and found.served][:MOST]


_MATCHERS: dict[int, tuple[Knowledge, Matcher]] = {}
"""The matcher of the knowledge in use, by its identity; kept with it, so that no other gets its id."""


def _matcher(knowledge: Knowledge) -> Matcher:
    kept = _MATCHERS.get(id(knowledge))
    if kept is None:
        _MATCHERS.clear()
        kept = _MATCHERS[id(knowledge)] = (knowledge, Matcher(names_by_code(knowledge)))
    return kept[1]
