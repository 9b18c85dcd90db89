"""Accounts of the desk: made, changed, disabled, reset; by the page and by ``bot officers``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.desk.authentication import forgive
from bot.desk.passwords import hash_password, one_time_password
from bot.desk.permissions import Role
from bot.desk.sessions import end_all
from bot.queues import Queue
from bot.store.audit import officer_subject, record
from bot.store.models import Officer, Unit

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")
LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Entry:
    """What an administrator writes about an officer."""

    login: str
    name: str
    persona: str
    role: str
    unit_id: int
    queues: tuple[str, ...] = ()
    all_units: bool = False


@dataclass(frozen=True, slots=True)
class Issued:
    """A one-time password and its hash, made before the transaction: Argon2 is slow."""

    password: str
    password_hash: str


def issue() -> Issued:
    password = one_time_password()
    return Issued(password, hash_password(password))


def problems_of(session: Session, entry: Entry, officer: Officer | None = None) -> dict[str, str]:
    """What is wrong by field, and how to mend it; ``officer`` is who is changed, None for a new one."""
    problems: dict[str, str] = {}
    if officer is None and not _LOGIN.fullmatch(entry.login):
        problems["login"] = (
            "Tên đăng nhập: 2–40 ký tự, chỉ chữ không dấu, số, dấu chấm, gạch; ví dụ nguyen.thi.hoa"
        )
    elif officer is None and session.scalar(select(Officer.id).where(Officer.login == entry.login)):
        problems["login"] = f"Tên đăng nhập “{entry.login}” đã có người dùng; hãy thêm số hoặc tên đệm."
    for field, label, text in (
        ("name", "Họ tên", entry.name),
        ("persona", "Tên người dân thấy", entry.persona),
    ):
        if not 0 < len(text) <= LONGEST_NAME:
            problems[field] = f"{label}: cần 1–{LONGEST_NAME} ký tự."
    if entry.role not in set(Role):
        problems["role"] = "Vai trò: hãy chọn một vai trò trong danh sách."
    if session.get(Unit, entry.unit_id) is None:
        problems["unit_id"] = "Đơn vị: hãy chọn một đơn vị trong danh sách."
    if not set(entry.queues) <= set(Queue):
        problems["queues"] = "Lĩnh vực: hãy chọn trong danh sách."
    if officer is not None and entry.role != Role.ADMINISTRATOR and is_last_administrator(session, officer):
        problems["role"] = "Vai trò: đây là người quản trị duy nhất; hãy thêm người quản trị khác trước."
    return problems


def is_last_administrator(session: Session, officer: Officer) -> bool:
    """Whether nobody could manage accounts without this officer."""
    if officer.role != Role.ADMINISTRATOR or officer.disabled_at is not None:
        return False
    others = select(func.count()).where(
        Officer.role == Role.ADMINISTRATOR, Officer.disabled_at.is_(None), Officer.id != officer.id
    )
    return not session.scalar(others)


def add(session: Session, entry: Entry, issued: Issued, actor: str, now: datetime) -> Officer:
    """A new officer, who must change the one-time password. ``entry`` was found right."""
    officer = Officer(login=entry.login, password_hash=issued.password_hash, must_change=True, created_at=now)
    _write(officer, entry)
    session.add(officer)
    session.flush()
    record(
        session, now, actor, "officer_added", officer_subject(officer.id),
        login=entry.login, role=entry.role, unit=entry.unit_id,
    )  # fmt: skip
    return officer


def change(session: Session, officer: Officer, entry: Entry, actor: str, now: datetime) -> None:
    """Write ``entry``; the audit row tells which fields changed and the new rights."""
    before = _read(officer)
    _write(officer, entry)
    after = _read(officer)
    changed = {field: value for field, value in after.items() if before[field] != value}
    if changed:
        record(session, now, actor, "officer_changed", officer_subject(officer.id), **changed)


def disable(session: Session, officer: Officer, actor: str, now: datetime) -> None:
    """Nobody signs in with this account any more; whoever is signed in is out at once."""
    if officer.disabled_at is None:
        officer.disabled_at = now
        end_all(officer)
        record(session, now, actor, "officer_disabled", officer_subject(officer.id))


def enable(session: Session, officer: Officer, actor: str, now: datetime) -> None:
    if officer.disabled_at is not None:
        officer.disabled_at = None
        forgive(officer)
        record(session, now, actor, "officer_enabled", officer_subject(officer.id))


def reset(session: Session, officer: Officer, issued: Issued, actor: str, now: datetime) -> None:
    """A lost password or phone: a new one-time password, no second factor, no lock, every session ended."""
    officer.password_hash, officer.must_change = issued.password_hash, True
    officer.totp_cipher, officer.totp_last = "", 0
    forgive(officer)
    end_all(officer)
    record(session, now, actor, "officer_reset", officer_subject(officer.id))


def _read(officer: Officer) -> dict[str, object]:
    return {
        "name": officer.name, "persona": officer.persona, "role": officer.role, "unit": officer.unit_id,
        "queues": list(officer.queues), "all_units": officer.all_units,
    }  # fmt: skip


def _write(officer: Officer, entry: Entry) -> None:
    officer.name, officer.persona, officer.role = entry.name, entry.persona, entry.role
    officer.unit_id, officer.all_units = entry.unit_id, entry.all_units
    officer.queues = list(entry.queues)
