"""`bot accounts`: more OAs and pages than the one of each that the settings name."""

from __future__ import annotations

from datetime import UTC

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.accounts.building import build_tokens
from bot.accounts.health import CHECKED, AccountHealth
from bot.accounts.registry import AccountRegistry
from bot.accounts.vault import Vault, fingerprint
from bot.channels import facebook_channel, zalo_channel
from bot.clock import VIETNAM, utc_now
from bot.knowledge.loading import load_commune
from bot.settings import load_settings
from bot.store.audit import CLI, record
from bot.store.engine import make_engine, reading, writing
from bot.store.models import Account, Unit
from bot.store.redis import connect
from bot.texts import load_texts
from connectors.channel import Account as ChannelAccount
from connectors.channel import Button, Channel
from connectors.facebook.profile import messenger_profile


@click.group()
def accounts() -> None:
    """Zalo OAs and Facebook pages."""


@accounts.command("list")
def list_accounts() -> None:
    """Show every account and whether it can send."""
    with reading(make_engine(load_settings().sql_url)) as session:
        units = {unit.id: unit.name for unit in session.scalars(select(Unit))}
        for row in session.scalars(select(Account).order_by(Account.id)):
            unit = units.get(row.unit_id, "-")
            click.echo(f"{row.channel}\t{row.external_id}\t{row.name or '-'}\t{unit}\t{_state(row)}")


def _state(row: Account) -> str:
    """Whether it can send, and what its last check found."""
    if row.disabled_at:
        return "đang tắt"
    if row.frozen_reason:
        return row.frozen_reason
    until = row.expires_at.replace(tzinfo=UTC).astimezone(VIETNAM) if row.expires_at else None
    state = f"mã dùng tới {until:%H:%M %d/%m/%Y}" if until else "sẵn sàng"
    if row.checked_at is None:
        return state
    at = row.checked_at.replace(tzinfo=UTC).astimezone(VIETNAM)
    return f"{state}; kiểm tra {at:%H:%M %d/%m}: {row.health or ('tốt' if row.healthy else 'có vấn đề')}"


@accounts.command("check")
@click.argument("external_id", required=False)
def check_accounts(external_id: str | None) -> None:
    """Ask the platforms whether the accounts work, repairing subscriptions; exits with 1 if one doesn't.

    EXTERNAL_ID: only this one; else all that are not disabled.
    """
    settings = load_settings()
    engine, vault, redis = make_engine(settings.sql_url), Vault(settings.key), connect(settings.redis_address)
    registry, tokens = build_tokens(settings, engine, redis, vault, utc_now)
    found = [zalo_channel(settings), facebook_channel(settings)]
    channels: dict[str, Channel] = {channel.name: channel for channel in found if channel is not None}
    health = AccountHealth(engine, registry, tokens, channels, utc_now)
    query = select(Account).where(Account.channel.in_(CHECKED), Account.disabled_at.is_(None))
    if external_id:
        query = query.where(Account.external_id == external_id)
    with reading(engine) as session:
        rows = session.scalars(query.order_by(Account.id)).all()
    if not rows:
        raise click.ClickException("không có tài khoản nào để kiểm tra")
    well = True
    for row in rows:
        seen = health.check(row.id)
        well = well and seen.ok
        told = seen.detail or ("tốt" if seen.ok else "có vấn đề")
        click.echo(f"{row.channel}\t{row.external_id}\t{row.name or '-'}\t{told}")
    if not well:
        raise SystemExit(1)


@accounts.command("disable")
@click.argument("channel", type=click.Choice(list(CHECKED)))
@click.argument("external_id")
def disable_account(channel: str, external_id: str) -> None:
    """Send and publish nothing for it any more; its token is kept."""
    _switch(channel, external_id, "account.disabled")
    click.echo(f"Đã tắt {channel} {external_id}.")


@accounts.command("enable")
@click.argument("channel", type=click.Choice(list(CHECKED)))
@click.argument("external_id")
def enable_account(channel: str, external_id: str) -> None:
    """Use a disabled account again."""
    _switch(channel, external_id, "account.enabled")
    click.echo(f"Đã bật lại {channel} {external_id}.")


def _switch(channel: str, external_id: str, action: str) -> None:
    now = utc_now()
    with writing(make_engine(load_settings().sql_url)) as session:
        row = session.scalar(
            select(Account).where(Account.channel == channel, Account.external_id == external_id)
        )
        if row is None:
            raise click.ClickException(f"không có {channel} {external_id}")
        row.disabled_at = now if action == "account.disabled" else None
        record(session, now, CLI, action, f"account:{row.id}")


@accounts.command("add")
@click.argument("channel", type=click.Choice(["zalo", "facebook"]))
@click.argument("external_id")
@click.option("--name", default="", help="What people call it.")
@click.option(
    "--unit", default="", help="Slug of the unit whose it is, such as hoi-nong-dan; else the first."
)
@click.option("--token", prompt=True, hide_input=True, help="Zalo: a refresh token. Facebook: a page token.")
def add_account(channel: str, external_id: str, name: str, unit: str, token: str) -> None:
    """Add or renew an account of the same Zalo or Facebook app."""
    if not external_id.isdigit():
        raise click.BadParameter("phải là dãy số của OA hoặc trang", param_hint="EXTERNAL_ID")
    settings = load_settings()
    engine, vault = make_engine(settings.sql_url), Vault(settings.key)
    with writing(engine) as session:
        row = session.scalar(
            select(Account).where(Account.channel == channel, Account.external_id == external_id)
        )
        if row is None:
            row = Account(channel=channel, external_id=external_id, created_at=utc_now())
            session.add(row)
        row.name = name or row.name or ""
        if unit:
            row.unit_id = _unit(session, unit)
        row.bootstrap_hash = fingerprint(token)
        session.flush()
        account_id = row.id
    access, refresh = ("", token) if channel == "zalo" else (token, "")
    AccountRegistry(engine, vault, utc_now).store_tokens(account_id, access, refresh, None)
    click.echo(f"Đã lưu {channel} {external_id}; mã được mã hóa trong cơ sở dữ liệu.")


def _unit(session: Session, slug: str) -> int:
    found = session.scalar(select(Unit.id).where(Unit.slug == slug))
    if found is None:
        raise click.BadParameter(f"không có đơn vị {slug}", param_hint="--unit")
    return found


@accounts.command("profile")
def set_profile() -> None:
    """Show the greeting, the start button and the menu in Messenger, on every page."""
    settings = load_settings()
    channel = facebook_channel(settings)
    if channel is None:
        raise click.ClickException("chưa có trang Facebook nào trong cài đặt")
    words = load_texts(settings.faq_dir).wording
    commune = load_commune(settings.faq_dir, settings.commune)
    introduction = words.smalltalk.introduction.format(commune=commune.name[:1].lower() + commune.name[1:])
    buttons = words.buttons
    menu = [
        Button(buttons.procedures, "#procedures"),
        Button(buttons.scam, "#scam"),
        Button(buttons.dossier, "#dossier"),
        Button(buttons.commune, "#commune"),
        Button(buttons.officer, "#officer"),
    ]
    profile = messenger_profile(introduction, menu)
    registry = AccountRegistry(make_engine(settings.sql_url), Vault(settings.key), utc_now)
    for account in registry.all():
        if account.channel == channel.name:
            page = ChannelAccount(account.channel, account.external_id, account.access_token)
            health = channel.set_profile(page, profile)
            click.echo(f"{account.external_id}\t{'xong' if health.ok else health.detail}")
