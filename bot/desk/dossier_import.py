"""Taking an export of the one-stop software in: its columns, what would change, then all or nothing.

The uploaded file holds numbers of persons, so it is kept for its officer alone, readable by this server's
user only, and removed once it is taken in, put aside, or an hour old.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from bot.clock import VIETNAM
from bot.desk.context import the_desk
from bot.desk.dossier_lists import read_imports
from bot.desk.guard import current, needs, signed_in
from bot.desk.officers import names_of
from bot.desk.permissions import Permission
from bot.desk.wording import clock_words
from bot.dossiers.columns import FIELD_NAMES, NEEDED
from bot.dossiers.factors import Hasher
from bot.dossiers.importing import Preview, Report, import_file, preview, try_file
from bot.dossiers.refusals import FileRefused
from bot.store.audit import CLI, officer_subject
from bot.store.engine import reading
from bot.store.models_dossiers import DossierImport

MAX_BYTES = 40 * 1024 * 1024
"""Of an upload: 100,000 rows as CSV are half of it."""
KEPT_S = 3600
_TOKEN = re.compile(r"[0-9a-f]{32}")
UPLOAD_PATH = "/desk/dossiers/import"


def add_routes(blueprint: Blueprint) -> None:
    blueprint.before_request(_allow_upload)
    blueprint.add_url_rule("/dossiers/import", view_func=dossier_import, methods=["GET", "POST"])
    blueprint.add_url_rule("/dossiers/import/<token>", view_func=dossier_import_one, methods=["GET", "POST"])
    blueprint.add_url_rule("/dossiers/imports/<int:import_id>", view_func=dossier_import_report)


def _allow_upload() -> None:
    """Only here, and only from whoever may import, a body may be larger than everywhere else."""
    if request.method != "POST" or request.path != UPLOAD_PATH:
        return
    officer = signed_in()
    if officer is not None and officer.may(Permission.DOSSIER_IMPORT) and not officer.must_change:
        request.max_content_length = MAX_BYTES


@needs(Permission.DOSSIER_IMPORT)
def dossier_import() -> ResponseReturnValue:
    """The form, and the imports so far."""
    _sweep()
    if request.method == "POST":
        upload = request.files.get("file")
        if upload is None or not upload.filename:
            return _start("Hãy chọn tệp CSV hoặc XLSX."), 422
        return redirect(url_for("desk.dossier_import_one", token=_keep(upload)))
    return _start()


@needs(Permission.DOSSIER_IMPORT)
def dossier_import_one(token: str) -> ResponseReturnValue:
    """An uploaded file: its columns, what it would change, and the import itself."""
    path = _kept(token)
    try:
        seen = preview(the_desk().engine, path)
    except FileRefused as error:
        _remove(path)
        return _start(f"Không đọc được tệp: {error}"), 422
    if request.method == "GET":
        return _page(path, token, seen, dict(seen.columns), _now_text())
    if request.form.get("act") == "cancel":
        _remove(path)
        flash("Đã bỏ tệp, không nhập gì.")
        return redirect(url_for("desk.dossier_import"))
    return _worked(path, token, seen)


@needs(Permission.DOSSIER_IMPORT)
def dossier_import_report(import_id: int) -> ResponseReturnValue:
    """What one import did."""
    with reading(the_desk().engine) as session:
        row = session.get(DossierImport, import_id)
        if row is None:
            abort(404)
        return render_template(
            "desk/dossier_import_report.html", row=row, moment=_moment, actor=_actors(session)(row.actor)
        )


def _worked(path: Path, token: str, seen: Preview) -> ResponseReturnValue:
    """The form of an uploaded file: tried, or taken in."""
    desk, chosen, at_text = the_desk(), _columns(len(seen.headings)), request.form.get("as_of", "")
    as_of = _as_of(at_text)
    if as_of is None:
        return _page(path, token, seen, chosen, at_text, "Lúc xuất tệp: hãy chọn ngày và giờ."), 422
    hasher = Hasher(desk.settings.key)
    if request.form.get("act") != "run":
        report = try_file(desk.engine, path, as_of, hasher, chosen)
        return _page(path, token, seen, chosen, at_text, report=report)
    report = import_file(
        desk.engine, path, as_of, hasher, officer_subject(current().id), desk.clock(),
        name=_name(path), columns=chosen,
    )  # fmt: skip
    if not report.done:
        return _page(path, token, seen, chosen, at_text, report=report), 422
    _remove(path)
    flash(f"Đã nhập: {report.new} mới, {report.changed} thay đổi, {report.unchanged} không đổi.")
    return redirect(url_for("desk.dossier_import_report", import_id=report.import_id))


def _start(problem: str = "") -> str:
    with reading(the_desk().engine) as session:
        return render_template(
            "desk/dossier_import.html", problem=problem, imports=read_imports(session), moment=_moment,
            actor_of=_actors(session), most_mb=MAX_BYTES // 1024 // 1024,
        )  # fmt: skip


def _page(
    path: Path, token: str, seen: Preview, chosen: Mapping[str, int], at_text: str, problem: str = "",
    report: Report | None = None,
) -> str:  # fmt: skip
    headings = [(str(place), heading or f"(cột {place + 1})") for place, heading in enumerate(seen.headings)]
    return render_template(
        "desk/dossier_preview.html", token=token, seen=seen, chosen=chosen, as_of=at_text, report=report,
        problem=problem or (seen.problem or ""), fields=FIELD_NAMES, needed=NEEDED, name=_name(path),
        headings=[("", "– không có –"), *headings],
    )  # fmt: skip


def _columns(width: int) -> dict[str, int]:
    """Field -> position, as the officer chose."""
    chosen: dict[str, int] = {}
    for field in FIELD_NAMES:
        value = request.form.get(f"column_{field}", "")
        if value.isascii() and value.isdigit() and int(value) < width:
            chosen[field] = int(value)
    return chosen


def _as_of(text: str) -> datetime | None:
    """A local time as a form sends it."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)
    except ValueError:
        return None


def _now_text() -> str:
    return f"{the_desk().clock().astimezone(VIETNAM):%Y-%m-%dT%H:%M}"


def _folder() -> Path:
    folder = the_desk().settings.var_dir / "imports"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _keep(upload: FileStorage) -> str:
    """Lay the file aside for this officer; returns its token."""
    token = secrets.token_hex(16)
    path = _folder() / f"{current().id}-{token}"
    path.touch(mode=0o600)
    upload.save(path)
    path.with_suffix(".name").write_text((upload.filename or "")[:200], encoding="utf-8")
    return token


def _kept(token: str) -> Path:
    """The officer's own upload; 404 for any other."""
    if not _TOKEN.fullmatch(token):
        abort(404)
    path = _folder() / f"{current().id}-{token}"
    if not path.is_file():
        abort(404)
    return path


def _name(path: Path) -> str:
    kept = path.with_suffix(".name")
    return kept.read_text(encoding="utf-8") if kept.is_file() else path.name


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.with_suffix(".name").unlink(missing_ok=True)


def _sweep() -> None:
    """What was uploaded and left."""
    before = time.time() - KEPT_S
    for path in _folder().iterdir():
        try:
            if path.stat().st_mtime < before:
                path.unlink(missing_ok=True)
        except FileNotFoundError:  # another request was faster
            continue


def _actors(session: Any) -> Any:
    """How an import's actor is shown."""
    names = {officer_subject(number): name for number, name in names_of(session).items()}
    return lambda actor: names.get(actor, "dòng lệnh" if actor == CLI else actor)


def _moment(at: datetime) -> str:
    return clock_words(at, the_desk().clock())
