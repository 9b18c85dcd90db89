"""`bot dead`: events that failed five times, kept until somebody has looked."""

from __future__ import annotations

from typing import Any

import click
from redis import Redis

from bot.intake.streams import DEAD_LETTERS, decode, shard_of, stream_name
from bot.settings import load_settings
from bot.store.redis import connect


@click.group()
def dead() -> None:
    """Events that could not be worked: list them, try them again, drop them."""


@dead.command("list")
def list_dead() -> None:
    """One line an event: its id, channel, kind, account and error; never its words."""
    for entry_id, fields in _entries(connect(load_settings().redis_address)):
        try:
            event = decode(fields["event"])
            what = f"{event.channel}\t{event.kind}\t{event.account_id}"
        except (ValueError, KeyError, TypeError):
            what = "?\t?\t?"
        click.echo(f"{entry_id}\t{what}\t{fields.get('error', '')}")


@dead.command()
@click.argument("entry_ids", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All of them.")
def retry(entry_ids: tuple[str, ...], every: bool) -> None:
    """Put events back at the end of their streams, after what made them fail was mended."""
    settings = load_settings()
    client = connect(settings.redis_address)
    for entry_id, fields in _chosen(client, entry_ids, every):
        shard = shard_of(decode(fields["event"]).conversation_key, settings.shards)
        pipe = client.pipeline(transaction=True)
        pipe.xadd(stream_name(shard), {"event": fields["event"]})
        pipe.xdel(DEAD_LETTERS, entry_id)
        pipe.execute()
        click.echo(f"{entry_id}\tđưa lại")


@dead.command()
@click.argument("entry_ids", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All of them.")
def drop(entry_ids: tuple[str, ...], every: bool) -> None:
    """Delete events for good."""
    client = connect(load_settings().redis_address)
    for entry_id, _fields in _chosen(client, entry_ids, every):
        client.xdel(DEAD_LETTERS, entry_id)
        click.echo(f"{entry_id}\tđã xóa")


def _entries(client: Redis) -> list[tuple[str, dict[str, str]]]:
    found: Any = client.xrange(DEAD_LETTERS)
    return list(found)


def _chosen(client: Redis, entry_ids: tuple[str, ...], every: bool) -> list[tuple[str, dict[str, str]]]:
    if not entry_ids and not every:
        raise click.UsageError("nêu mã sự kiện (bot dead list), hoặc --all")
    return [entry for entry in _entries(client) if every or entry[0] in entry_ids]
