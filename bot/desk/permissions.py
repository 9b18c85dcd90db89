"""What each role may do. Pure tables; :mod:`bot.desk.guard` asks them at every route."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """An officer's role, as stored."""

    OFFICER = "officer"
    SUPERVISOR = "supervisor"
    EDITOR = "editor"
    ADMINISTRATOR = "administrator"


ROLE_NAMES: Mapping[Role, str] = {
    Role.OFFICER: "Cán bộ",
    Role.SUPERVISOR: "Lãnh đạo, phụ trách",
    Role.EDITOR: "Biên tập viên",
    Role.ADMINISTRATOR: "Quản trị",
}


class Permission(StrEnum):
    """One thing that a route does."""

    OWN = "own"  # one's own password, second factor, session
    CHATS = "chats"  # residents' conversations of the own unit's queues
    CANNED = "canned"  # write the unit's prepared replies
    REVIEW = "review"  # decide on questions that the assistant missed
    SCAMS = "scams"  # what residents report as scams, the commune's list, warnings: the police's officers
    REPORTS = "reports"  # figures
    REPORT_LISTS = "report_lists"  # the conversations behind the figures, and their export
    HOURS = "hours"  # working hours and exceptional days
    OFFICERS = "officers"  # accounts of the desk
    AUDIT = "audit"
    DOSSIERS = "dossiers"  # the list of dossiers, who looked, letting an owner try again
    DOSSIER_IMPORT = "dossier_import"  # take an export of the one-stop software in
    DOSSIER_ALERTS = "dossier_alerts"  # guessing of codes and numbers
    POSTS = "posts"  # write what an organisation publishes, and see the comments below it
    POST_APPROVAL = "post_approval"  # approve or return what was written
    ACCOUNTS = "accounts"  # connect pages and OAs


_EVERYBODY = {Permission.OWN}
_TALKS = _EVERYBODY | {Permission.CHATS, Permission.CANNED, Permission.SCAMS}
_DOSSIERS = {Permission.DOSSIERS, Permission.DOSSIER_IMPORT}

GRANTED: Mapping[Role, frozenset[Permission]] = {
    Role.OFFICER: frozenset(_TALKS | _DOSSIERS),
    Role.SUPERVISOR: frozenset(
        _TALKS
        | _DOSSIERS
        | {Permission.DOSSIER_ALERTS}
        | {Permission.REVIEW, Permission.REPORTS, Permission.REPORT_LISTS}
        | {Permission.HOURS, Permission.POSTS, Permission.POST_APPROVAL, Permission.ACCOUNTS}
    ),
    Role.EDITOR: frozenset(_EVERYBODY | {Permission.POSTS}),  # never residents' chats
    Role.ADMINISTRATOR: frozenset(
        _EVERYBODY
        | {Permission.HOURS, Permission.OFFICERS, Permission.AUDIT, Permission.REPORTS}
        | {Permission.DOSSIER_ALERTS, Permission.ACCOUNTS}
    ),
}
"""An administrator keeps the machine, not the conversations: who needs both gets two accounts."""
