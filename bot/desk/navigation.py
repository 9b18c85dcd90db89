"""Where an officer can go: the desk's pages by permission."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import current_app, request, url_for

from bot.desk.guard import SignedIn
from bot.desk.permissions import Permission


@dataclass(frozen=True, slots=True)
class Item:
    """One page of the menu; ``here`` while one of its pages is read."""

    address: str
    label: str
    here: bool


_PAGES = (
    ("desk.inbox", "Hộp thư", Permission.CHATS),
    ("desk.dossiers", "Hồ sơ", Permission.DOSSIERS),
    ("desk.review", "Câu hỏi cần xem", Permission.REVIEW),
    ("desk.scams", "Lừa đảo", Permission.SCAMS),
    ("desk.posts", "Bài viết", Permission.POSTS),
    ("desk.reports", "Báo cáo", Permission.REPORTS),
    ("desk.canned", "Câu trả lời mẫu", Permission.CANNED),
    ("desk.hours", "Giờ làm việc", Permission.HOURS),
    ("desk.accounts", "Tài khoản kết nối", Permission.ACCOUNTS),
    ("desk.officers", "Cán bộ", Permission.OFFICERS),
    ("desk.dossier_alerts", "Dò mã hồ sơ", Permission.DOSSIER_ALERTS),
    ("desk.audit", "Nhật ký", Permission.AUDIT),
)
"""In the order of the menu; an endpoint that does not exist is left out."""


def menu_of(officer: SignedIn) -> list[Item]:
    """The pages that this officer may open."""
    known: Collection[str] = current_app.view_functions
    here = request.path
    return [
        Item(address, label, _is_under(here, address))
        for endpoint, label, permission in _PAGES
        if endpoint in known and officer.may(permission)
        for address in [url_for(endpoint)]
    ]


def first_page(officer: SignedIn) -> str:
    """Where this officer's work begins."""
    menu = menu_of(officer)
    return menu[0].address if menu else url_for("desk.account")


def own_path(target: str) -> str | None:
    """``target`` if it is a page of the desk, else None: nobody is sent elsewhere after signing in."""
    parts = urlsplit(target)
    plain = target.isprintable() and "\\" not in target and not target.startswith("//")
    inside = parts.path == "/desk" or parts.path.startswith("/desk/")
    if not plain or parts.scheme or parts.netloc or not inside or ".." in parts.path:
        return None
    return target


def _is_under(path: str, address: str) -> bool:
    if address == "/desk/":  # the inbox: every other page stands under it
        return path == address
    return path == address or path.startswith(address.rstrip("/") + "/")
