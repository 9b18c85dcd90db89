"""What the account itself wrote comes back, and receipts: matched to the outbox, or an officer's words."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.store.models import Outgoing
from connectors.channel import EchoAuthor, EventKind
from tests.worker.fakes import LOST, Town

US, OFFICER, OTHER_APP = EchoAuthor.US, EchoAuthor.OFFICER, EchoAuthor.OTHER_APP


def under_way(town: Town) -> Outgoing:
    """A row whose call timed out."""
    town.hears("một")
    town.channel.plan.append(LOST)
    town.sends()
    (row,) = town.rows()
    assert row.status == "unknown"
    return row


@pytest.mark.parametrize(
    "how",
    [
        lambda row: {"echo_key": row.key, "echo_author": US},
        lambda row: {"echo_key": row.key, "echo_author": OTHER_APP, "text": "đổi chữ"},
        lambda row: {"echo_author": US},
        lambda row: {"echo_author": OTHER_APP},
        lambda row: {"echo_author": US, "text": "  1:  một\n"},
    ],
    ids=["key", "key alone", "text", "text, author not told", "text with other blanks"],
)
def test_an_echo_of_ours_settles_an_unknown_send(
    town: Town, how: Callable[[Outgoing], dict[str, object]]
) -> None:
    row = under_way(town)
    notified = len(town.notified)
    town.turns.handle(town.echo(**{"text": "1: một", "message_id": "m9", **how(row)}))  # type: ignore[arg-type]
    (row,) = town.rows()
    assert (row.status, row.external_id, row.sent_at) == ("sent", "m9", town.clock())
    assert town.conversation().owner == "bot"
    assert len(town.notified) == notified + 1
    assert town.story() == [("resident", "một"), ("bot", "1: một")]


def test_an_echo_is_known_by_the_platform_s_id(town: Town) -> None:
    town.hears("một")
    town.sends()
    (row,) = town.rows()
    town.turns.handle(town.echo("khác hẳn", message_id=row.external_id, echo_author=OTHER_APP))
    assert town.conversation().owner == "bot"
    assert town.statuses() == ["sent"]


@pytest.mark.parametrize(
    ("text", "author"),
    [("1: một", OFFICER), ("không phải", OTHER_APP), (None, OTHER_APP)],
    ids=["same words by an officer", "other words", "no words"],
)
def test_an_echo_that_is_not_ours_takes_over(town: Town, text: str | None, author: EchoAuthor) -> None:
    under_way(town)
    town.turns.handle(town.echo(text, echo_author=author))
    assert town.conversation().owner == "officer"


def test_an_unmatched_echo_of_our_own_app_takes_nothing_over(town: Town) -> None:
    town.hears("một")
    town.turns.handle(town.echo("của bản cài trước", echo_author=US))
    assert town.conversation().owner == "bot"
    assert len(town.story()) == 2


def test_a_late_echo_mends_a_row_that_was_given_up(town: Town) -> None:
    row = under_way(town)
    town.outbox.failed(town.outbox.first_undone(row.conversation_id), "unknown", "?", with_rest=False)  # type: ignore[arg-type]
    town.turns.handle(town.echo("1: một", echo_key=row.key, echo_author=US, message_id="m9"))
    (row,) = town.rows()
    assert (row.status, row.error_code, row.error_reason) == ("sent", None, None)


# --- receipts


@pytest.mark.parametrize("kind", [EventKind.DELIVERED, EventKind.SEEN])
@pytest.mark.parametrize("how", ["id", "ids", "watermark", "nothing"])
def test_receipts(town: Town, kind: EventKind, how: str) -> None:
    town.hears("một", "hai")
    town.hears("của người khác", user_id="u2")
    town.sends()
    town.sends("u2")
    first, second = town.rows()
    town.clock.moves(10)
    values: dict[str, object] = {
        "id": {"message_id": first.external_id},
        "ids": {"message_ids": (first.external_id, second.external_id, "unknown")},
        "watermark": {"watermark_ms": int(town.clock().timestamp() * 1000)},
        "nothing": {},
    }[how]  # type: ignore[assignment]
    town.turns.handle_receipts([town.event("u1", None, kind=kind, **values)])
    column = "seen_at" if kind is EventKind.SEEN else "delivered_at"
    marked = [getattr(row, column) is not None for row in town.rows()]
    assert marked == {"id": [True, False], "nothing": [False, False]}.get(how, [True, True])
    assert [getattr(row, column) for row in town.rows("u2")] == [None]
    assert town.conversation().owner == "bot"
