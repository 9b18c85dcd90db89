"""`bot accounts`: more OAs and pages than the one of each that the settings name."""

from __future__ import annotations

from datetime import UTC

import click
from sqlalchemy import select

from bot.accounts.registry import AccountRegistry
from bot.accounts.vault import Vault, fingerprint
from bot.channels import facebook_channel
from bot.clock import VIETNAM, utc_now
from bot.knowledge.loading import load_commune
from bot.settings import load_settings
from bot.store.engine import make_engine, reading, writing
from bot.store.models import Account
from bot.texts import load_texts
from connectors.channel import Account as ChannelAccount
from connectors.channel import Button
from connectors.facebook.profile import messenger_profile


@click.group()
def accounts() -> None:
    """Zalo OAs and Facebook pages."""


@accounts.command("list")
def list_accounts() -> None:
    """Show every account and whether it can send."""
    with reading(make_engine(load_settings().sql_url)) as session:
        for row in session.scalars(select(Account).order_by(Account.id)):
            until = row.expires_at.replace(tzinfo=UTC).astimezone(VIETNAM) if row.expires_at else None
            state = row.frozen_reason or (f"mã dùng tới {until:%H:%M %d/%m/%Y}" if until else "sẵn sàng")
            click.echo(f"{row.channel}\t{row.external_id}\t{row.name or '-'}\t{state}")


@accounts.command("add")
@click.argument("channel", type=click.Choice(["zalo", "facebook"]))
@click.argument("external_id")
@click.option("--name", default="", help="What people call it.")
@click.option("--token", prompt=True, hide_input=True, help="Zalo: a refresh token. Facebook: a page token.")
def add_account(channel: str, external_id: str, name: str, token: str) -> None:
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
        row.bootstrap_hash = fingerprint(token)
        session.flush()
        account_id = row.id
    access, refresh = ("", token) if channel == "zalo" else (token, "")
    AccountRegistry(engine, vault, utc_now).store_tokens(account_id, access, refresh, None)
    click.echo(f"Đã lưu {channel} {external_id}; mã được mã hóa trong cơ sở dữ liệu.")


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
