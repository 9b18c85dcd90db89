"""The files of pictures that officers sent: under ``var/media`` by a random name, known by their messages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from bot.store.engine import reading
from bot.store.models import Message

NAME = re.compile(r"[0-9a-f]{32}\.(?:jpg|png)")
YOUNG = timedelta(hours=1)
"""A file may be on the disk for a moment before its message is in the database."""
_ADDRESS = re.compile(rf"/media/({NAME.pattern})$")

log = structlog.get_logger(__name__)


def media_folder(var_dir: Path) -> Path:
    return var_dir / "media"


def names_of(session: Session, conversation_id: int | None = None) -> Iterator[str]:
    """The files that officers' messages name, of one conversation or of all."""
    query = select(Message.attachments).where(Message.author == "officer")
    if conversation_id is not None:
        query = query.where(Message.conversation_id == conversation_id)
    for attachments in session.scalars(query.execution_options(yield_per=1000)):
        yield from _names(attachments or ())


def remove(folder: Path, names: Iterable[str]) -> int:
    """Delete files that are there; returns how many were.

    :raises OSError: if one can't be deleted.
    """
    removed = 0
    for name in names:
        path = folder / name
        if NAME.fullmatch(name) and path.exists():
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def sweep(engine: Engine, folder: Path, now: datetime) -> int:
    """Delete files that no message names: its retention is over, or its resident was erased.

    :raises OSError: if one can't be deleted.
    """
    if not folder.is_dir():
        return 0
    young = (now - YOUNG).timestamp()
    old = {path.name for path in folder.iterdir() if path.stat().st_mtime < young}
    if not old:
        return 0
    with reading(engine) as session:
        old.difference_update(names_of(session))
    removed = remove(folder, old)
    log.info("media.swept", files=removed)
    return removed


def _names(attachments: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for attachment in attachments:
        if found := _ADDRESS.search(str(attachment.get("url") or "")):
            yield found[1]
