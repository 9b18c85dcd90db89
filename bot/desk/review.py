"""The learning loop on the desk: questions that were missed or answered wrongly, and what to do with them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from rapidfuzz import fuzz, process

from bot.clock import VIETNAM
from bot.desk.context import the_desk
from bot.desk.guard import current, needs
from bot.desk.navigation import own_path
from bot.desk.permissions import Permission
from bot.handoff.visibility import visible
from bot.knowledge.loading import Knowledge
from bot.learning import queue
from bot.learning.export import LONGEST_CHARS, SHORTEST_WORDS, clean
from bot.store.engine import reading, writing
from bot.understanding.folding import words
from bot.understanding.names import names_by_code
from bot.understanding.types import Aspect

SHOWN = 50
FOUND = 12
LEAST = 55.0
"""Similarity (0..100) from which a name is worth showing."""
ASPECT_NAMES = {
    Aspect.DOCUMENTS: "Hồ sơ", Aspect.FEE: "Lệ phí", Aspect.TIME: "Thời hạn", Aspect.PLACE: "Nơi nộp",
    Aspect.ONLINE: "Nộp trực tuyến", Aspect.CONDITIONS: "Điều kiện", Aspect.STEPS: "Các bước",
    Aspect.FORM: "Mẫu đơn", Aspect.LAW: "Căn cứ pháp lý", Aspect.RESULT: "Kết quả",
}  # fmt: skip
STATUS_NAMES = {"assigned": "Gán vào thủ tục", "out_of_scope": "Ngoài phạm vi", "dropped": "Bỏ qua"}
BEHAVIOURS = {
    "answer": "Đã trả lời", "clarify": "Đã hỏi lại", "refuse": "Không trả lời được",
    "handoff": "Chuyển cán bộ", "smalltalk": "Trò chuyện",
}  # fmt: skip


def add_routes(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/review", view_func=review)
    blueprint.add_url_rule("/review/<int:row_id>", view_func=review_one)
    blueprint.add_url_rule("/review/<int:row_id>/search", view_func=review_search)
    blueprint.add_url_rule("/review/<int:row_id>/decide", view_func=review_decide, methods=["POST"])
    blueprint.add_url_rule("/review/<int:row_id>/undo", view_func=review_undo, methods=["POST"])
    blueprint.add_url_rule("/review/report/<int:message_id>", view_func=report_wrong, methods=["POST"])


@needs(Permission.REVIEW)
def review() -> ResponseReturnValue:
    """The open questions, and the last decisions to take back."""
    with reading(the_desk().engine) as session:
        groups = queue.open_groups(session, visible(current()))
        decided = queue.latest_decisions(session, visible(current()))
    return render_template(
        "desk/review.html", groups=groups[:SHOWN], total=len(groups), decided=decided, names=_names(),
        statuses=STATUS_NAMES, behaviours=BEHAVIOURS, aspects=ASPECT_NAMES, local=VIETNAM,
    )  # fmt: skip


@needs(Permission.REVIEW)
def review_one(row_id: int) -> ResponseReturnValue:
    """One question with the procedures that it may be about."""
    return _one(row_id)


@needs(Permission.REVIEW)
def review_search(row_id: int) -> ResponseReturnValue:
    """The list of procedures alone, while the officer types."""
    found = search(the_desk().knowledge(), request.args.get("q", ""))
    return render_template("desk/_review_found.html", found=found, chosen=None)


@needs(Permission.REVIEW)
def review_decide(row_id: int) -> ResponseReturnValue:
    """Assign, out of scope, or drop."""
    form, desk, officer = request.form, the_desk(), current()
    status = form.get("status", "")
    sentence = clean(form.get("sentence", ""))
    code, aspect = form.get("code") or None, form.get("aspect") or None
    if status not in STATUS_NAMES or (aspect is not None and aspect not in set(Aspect)):
        abort(400)
    if status == "assigned" and desk.knowledge().get(code or "") is None:
        return _one(row_id, "Chọn một thủ tục."), 422
    fits = len(words(sentence)) >= SHORTEST_WORDS and len(sentence) <= LONGEST_CHARS
    if status != "dropped" and not fits:
        return _one(row_id, f"Câu cần ít nhất {SHORTEST_WORDS} từ và nhiều nhất {LONGEST_CHARS} ký tự."), 422
    kept: dict[str, Any] = {"example": sentence} if status != "dropped" else {}
    if status == "assigned":
        kept |= {"code": code, "aspect": aspect}
    with writing(desk.engine) as session:
        rows = queue.decide(
            session, visible(officer), row_id, officer.id, desk.clock(), status=status, **kept
        )
    flash(f"{STATUS_NAMES[status]}: {rows} câu." if rows else "Câu này đã được xử lý.")
    return redirect(url_for("desk.review"))


@needs(Permission.REVIEW)
def review_undo(row_id: int) -> ResponseReturnValue:
    """Take a decision back."""
    desk, officer = the_desk(), current()
    with writing(desk.engine) as session:
        rows = queue.undo(session, visible(officer), row_id, officer.id, desk.clock())
    flash("Đã mở lại câu hỏi." if rows else "Không còn quyết định này.")
    return redirect(url_for("desk.review"))


@needs(Permission.CHATS)
def report_wrong(message_id: int) -> ResponseReturnValue:
    """An officer found an answer of the bot wrong: it goes to the review list."""
    desk, officer = the_desk(), current()
    with writing(desk.engine) as session:
        row = queue.report_wrong(session, message_id, officer.id, desk.clock(), visible(officer))
    if row is None:
        abort(404)
    if request.headers.get("HX-Request"):
        return '<span role="status" class="done">Đã gửi để xem lại</span>'
    flash("Đã gửi câu trả lời để xem lại.")
    return redirect(own_path(request.form.get("back", "")) or url_for("desk.inbox"))


def _one(row_id: int, problem: str = "") -> str:
    knowledge = the_desk().knowledge()
    with reading(the_desk().engine) as session:
        group = queue.open_group(session, visible(current()), row_id)
    if group is None:
        abort(404)
    asked = request.values.get("q", "")
    codes = [code for code in group.understood.get("codes", ()) if knowledge.get(code)]
    guesses = [(code, _names()[code]) for code in codes]
    guesses += [pair for pair in search(knowledge, group.text) if pair[0] not in codes]
    return render_template(
        "desk/review_one.html", group=group, problem=problem, q=asked, behaviours=BEHAVIOURS,
        sentence=request.form.get("sentence") or clean(group.text), aspects=ASPECT_NAMES, names=_names(),
        found=search(knowledge, asked) if asked else guesses[:FOUND], chosen=request.form.get("code"),
        chosen_aspect=request.form.get("aspect", ""), longest=LONGEST_CHARS, local=VIETNAM,
    )  # fmt: skip


def search(knowledge: Knowledge, said: str) -> list[tuple[str, str]]:
    """Codes and names of the procedures whose name, alias or code is like ``said``, the best first."""
    if knowledge.get(said.strip()):
        return [(said.strip(), knowledge.procedures[said.strip()].name)]
    wanted = " ".join(words(said))
    if not wanted:
        return []
    names = _folded_names(id(knowledge))
    hits = process.extract(
        wanted, [name for name, _ in names], scorer=fuzz.token_set_ratio, limit=60, score_cutoff=LEAST
    )
    # Among equals the shorter name: all of it was said
    hits.sort(key=lambda hit: (-hit[1], len(hit[0])))
    codes = dict.fromkeys(names[place][1] for _, _, place in hits)
    return [(code, knowledge.procedures[code].name) for code in codes][:FOUND]


@lru_cache(maxsize=2)
def _folded_names(_knowledge: int) -> list[tuple[str, str]]:
    """Every name that can be assigned to, folded; by the identity of the desk's knowledge."""
    knowledge = the_desk().knowledge()
    return [
        (" ".join(words(name.text)), code)
        for code, names in names_by_code(knowledge).items()
        if code in knowledge.procedures
        for name in names
    ]


def _names() -> dict[str, str]:
    return {code: procedure.name for code, procedure in the_desk().knowledge().procedures.items()}
