"""Pages and OAs on the desk: whose they are, whether they work, what becomes of posts made there by hand."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from bot.accounts.building import build_tokens
from bot.accounts.health import CHECKED, AccountHealth
from bot.clock import VIETNAM, to_ms
from bot.desk.context import the_desk
from bot.desk.guard import current, needs
from bot.desk.officers import units_of
from bot.desk.permissions import Permission
from bot.desk.posting import moment, quota_words
from bot.posts.content import hashtag
from bot.posts.inbound import MODE_NAMES, Mode
from bot.store.audit import officer_subject, record
from bot.store.engine import reading, writing
from bot.store.models import Account, Unit
from bot.store.models_posts import PageRule

CHANNELS = {"facebook": "Trang Facebook", "zalo": "Zalo OA"}
LONGEST_NAME = 120


def add_routes(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/accounts", view_func=accounts)
    blueprint.add_url_rule("/accounts/<int:account_id>", view_func=account_edit, methods=["GET", "POST"])
    for action in (account_check, account_disable, account_enable):
        path = f"/accounts/<int:account_id>/{action.__name__.removeprefix('account_')}"
        blueprint.add_url_rule(path, view_func=action, methods=["POST"])


@needs(Permission.ACCOUNTS)
def accounts() -> ResponseReturnValue:
    """Every account of the officer's units, with its health."""
    query = select(Account, Unit.name).outerjoin(Unit, Unit.id == Account.unit_id)
    query = query.where(Account.channel.in_(CHECKED), visible())
    with reading(the_desk().engine) as session:
        rows = session.execute(query.order_by(Account.channel, Account.id)).all()
        units = own_units(session)
    settings = the_desk().settings
    ready = [
        (channel, name)
        for channel, name in CHANNELS.items()
        if (settings.zalo_enabled if channel == "zalo" else settings.facebook_enabled)
    ]
    return render_template(
        "desk/accounts.html", rows=rows, units=units, channels=CHANNELS, ready=ready, moment=moment,
        state_of=_state, quota_words=quota_words, public=settings.public_address, local=_local,
    )  # fmt: skip


@needs(Permission.ACCOUNTS)
def account_edit(account_id: int) -> ResponseReturnValue:
    """Its name, its unit (an administrator), and a page's rule."""
    with reading(the_desk().engine) as session:
        row = _account(session, account_id)
        if request.method == "GET":
            return _form(session, row)
    return _save(account_id)


@needs(Permission.ACCOUNTS)
def account_check(account_id: int) -> ResponseReturnValue:
    """Ask the platform now; a page's subscription is repaired."""
    desk = the_desk()
    with reading(desk.engine) as session:
        row = _account(session, account_id)
    registry, tokens = build_tokens(desk.settings, desk.engine, desk.redis, desk.vault, desk.clock)
    health = AccountHealth(desk.engine, registry, tokens, desk.channels, desk.clock).check(account_id)
    told = "đang hoạt động" if health.ok else "có vấn đề"
    flash(f"{row.name or row.external_id}: {told}. {health.detail}".rstrip())
    return redirect(url_for("desk.accounts"))


@needs(Permission.ACCOUNTS)
def account_disable(account_id: int) -> ResponseReturnValue:
    """Nothing is sent or published for it any more, within seconds; its token is kept."""
    return _switch(
        account_id, the_desk().clock(), "account.disabled", "Đã tắt {name}: không gửi, không đăng."
    )


@needs(Permission.ACCOUNTS)
def account_enable(account_id: int) -> ResponseReturnValue:
    return _switch(account_id, None, "account.enabled", "Đã bật lại {name}.")


def visible() -> ColumnElement[bool]:
    """Which accounts the officer keeps: an administrator all, a supervisor the own unit's."""
    me = current()
    return true() if keeps_all() else Account.unit_id == me.unit_id


def keeps_all() -> bool:
    """Whether the officer keeps the accounts of every unit."""
    me = current()
    return me.all_units or me.may(Permission.OFFICERS)


def own_units(session: Session) -> list[tuple[int, str]]:
    """The units for which the officer may connect accounts."""
    me = current()
    return [(unit.id, unit.name) for unit in units_of(session) if keeps_all() or unit.id == me.unit_id]


def _account(session: Session, account_id: int) -> Account:
    row = session.get(Account, account_id)
    if row is None or row.channel not in CHECKED or not (keeps_all() or row.unit_id == current().unit_id):
        abort(404)
    return row


def _switch(account_id: int, at: datetime | None, action: str, told: str) -> ResponseReturnValue:
    desk = the_desk()
    with writing(desk.engine) as session:
        row = _account(session, account_id)
        row.disabled_at = at
        name = row.name or row.external_id
        record(session, desk.clock(), officer_subject(current().id), action, f"account:{account_id}")
    flash(told.format(name=name))
    return redirect(url_for("desk.accounts"))


def _form(session: Session, row: Account) -> str:
    oas = session.scalars(
        select(Account).where(Account.channel == "zalo", Account.unit_id == row.unit_id).order_by(Account.id)
    )
    targets = [("", "– OA duy nhất của đơn vị –"), *((oa.id, oa.name or oa.external_id) for oa in oas)]
    rule = session.get(PageRule, row.id) if row.channel == "facebook" else None
    return render_template(
        "desk/account_edit.html", row=row, channel=CHANNELS[row.channel], units=own_units(session), rule=rule,
        modes=[(mode.value, name) for mode, name in MODE_NAMES.items()], targets=targets, moment=moment,
        mode=rule.mode if rule else Mode.OFFER.value, longest=LONGEST_NAME,
    )  # fmt: skip


def _save(account_id: int) -> ResponseReturnValue:
    desk, form = the_desk(), request.form
    now = desk.clock()
    with writing(desk.engine) as session:
        row = _account(session, account_id)
        row.name = form.get("name", "").strip()[:LONGEST_NAME] or row.name
        unit = form.get("unit_id", "")
        if unit in {str(unit_id) for unit_id, _ in own_units(session)}:
            row.unit_id = int(unit)
        if row.channel == "facebook":
            _save_rule(session, row, now)
        record(session, now, officer_subject(current().id), "account.changed", f"account:{account_id}")
    flash("Đã lưu.")
    return redirect(url_for("desk.accounts"))


def _save_rule(session: Session, row: Account, now: datetime) -> None:
    form = request.form
    mode, target = form.get("mode", ""), form.get("to_account_id", "")
    query = select(Account.id).where(Account.channel == "zalo", Account.unit_id == row.unit_id)
    oas = {str(number) for number in session.scalars(query)}
    rule = session.get(PageRule, row.id)
    if rule is None:  # what was posted before somebody set a rule is not looked at
        rule = PageRule(account_id=row.id, seen_until_ms=to_ms(now))
        session.add(rule)
    rule.mode = Mode(mode) if mode in set(Mode) else Mode.OFFER
    rule.to_account_id = int(target) if target in oas else None
    rule.broadcast = form.get("broadcast") == "yes"
    rule.hashtag = hashtag(form.get("hashtag", ""))
    rule.answer_comments = form.get("answer_comments") == "yes"
    rule.hide_comments = form.get("hide_comments") == "yes"
    rule.officer_id, rule.updated_at = current().id, now


def _state(row: Account) -> tuple[str, str]:
    """How an account does, and the badge's kind."""
    if row.disabled_at:
        return "Đang tắt", ""
    if row.frozen_reason:
        return "Mất kết nối", "off"
    if row.healthy is None:
        return "Chưa kiểm tra", ""
    return ("Hoạt động", "good") if row.healthy else ("Có vấn đề", "off")


def _local(at: datetime) -> str:
    return f"{at.astimezone(VIETNAM):%H:%M %d/%m/%Y}"
