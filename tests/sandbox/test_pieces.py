"""The parts that need no process: signatures, the numbered log, faults, Graph's field syntax, settings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sandbox import graph_body, zalo_body
from connectors.sandbox.config import SandboxConfig
from connectors.sandbox.faults import FaultKind, Faults, parse_fault
from connectors.sandbox.graph_fields import Field, parse_fields, pick
from connectors.sandbox.journal import Journal
from connectors.sandbox.signing import facebook_bytes, facebook_signatures, zalo_signature
from connectors.sandbox.state import Author, Message, Platform, World
from connectors.sandbox.zalo_oauth import EXPIRED, INVALID, TokenMint


def test_zalo_signature_of_a_known_vector() -> None:
    body = (
        '{"app_id":"360846524940903967","sender":{"id":"246845883529197922"},'
        '"user_id_by_app":"552177279717587730","recipient":{"id":"388613280878808645"},'
        '"event_name":"user_send_text","message":{"text":"Xin chào","msg_id":"96d3cdf3af150460909"},'
        '"timestamp":"1727000000000"}'
    )
    made = zalo_signature("360846524940903967", body.encode(), "1727000000000", "test_oa_secret")
    assert made == "mac=213a88883347403ccc29969ee9b731133eb5e941379bdc3d8dc2e98c382eb19c"


@pytest.mark.parametrize(
    ("body", "mac"),
    [
        (b"hello world", "f39034b29165ec6a5104d9aef27266484ab26c8caa7bca8bcb2dd02e8be61b17"),
        (b"hello world2", "60905fdf409d0b4f721e99f6f25b31567a68a6b45e933d814e17a246be4c5a53"),
    ],
)
def test_facebook_signature_of_known_vectors(body: bytes, mac: str) -> None:
    assert facebook_signatures(body, "sesame")["X-Hub-Signature-256"] == f"sha256={mac}"


def test_facebook_bytes_are_escaped_as_meta_does() -> None:
    raw = facebook_bytes({"text": "chào https://a.vn/b"})
    assert raw == b'{"text":"ch\\u00e0o https:\\/\\/a.vn\\/b"}'


@given(st.lists(st.integers(), max_size=60), st.integers(1, 8), st.integers(0, 70), st.integers(0, 70))
def test_journal_keeps_the_newest_with_their_numbers(
    items: list[int], keep: int, after: int, limit: int
) -> None:
    journal: Journal[int] = Journal(keep)
    numbers = [journal.append(item) for item in items]
    assert numbers == list(range(1, len(items) + 1))
    kept = journal.after(0)
    assert len(kept) >= min(keep, len(items))
    assert all(items[number - 1] == item for number, item in kept)
    assert journal.after(after, limit) == [pair for pair in kept if pair[0] > after][:limit]


def test_faults_count_down_and_keep_to_their_scope() -> None:
    spent: list[bool] = []
    faults = Faults(lambda: spent.append(True))
    faults.add(parse_fault({"kind": "delay", "platform": "zalo", "user_id": "7", "count": 2}))
    hits = [
        bool(faults.strikes(FaultKind.DELAY, platform, user))
        for platform, user in [
            (Platform.FACEBOOK, "7"),
            (Platform.ZALO, "8"),
            (Platform.ZALO, "7"),
            (Platform.ZALO, "7"),
            (Platform.ZALO, "7"),
        ]
    ]
    assert hits == [False, False, True, True, False]
    assert spent == [True]


def test_a_seed_repeats_the_same_chances() -> None:
    def run() -> list[bool]:
        faults = Faults()
        faults.add(parse_fault({"kind": "duplicate", "probability": 0.3, "seed": 5}))
        return [bool(faults.strikes(FaultKind.DUPLICATE, Platform.ZALO, "1")) for _ in range(50)]

    assert run() == run()
    assert 5 < sum(run()) < 25


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"kind": "nonsense"}, "kinds:"),
        ({"kind": "delay", "platform": "sms"}, "platforms:"),
        ({"kind": "delay", "ms": "soon"}, "ms must be a number"),
        ({"kind": "delay", "probability": 2}, "between 0 and 1"),
        ({"kind": "delay", "count": 0}, "at least 1"),
        ({"kind": "delay", "colour": 1}, "colour"),
    ],
)
def test_a_wrong_fault_is_explained(body: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        parse_fault(body)


def test_field_syntax() -> None:
    tree = parse_fields("id, messages.limit(2){id,from{name}},is_owner")
    assert list(tree) == ["id", "messages", "is_owner"]
    assert tree["messages"].limit == 2
    assert list(tree["messages"].fields["from"].fields) == ["name"]
    value = {
        "id": "1",
        "x": 2,
        "messages": {"data": [{"id": str(n), "from": {"name": "A", "id": "9"}} for n in "abc"]},
    }
    picked = pick(value, tree)
    assert picked["messages"]["data"] == [
        {"id": "a", "from": {"name": "A", "id": "9"}},
        {"id": "b", "from": {"name": "A", "id": "9"}},
    ]
    assert "x" not in picked


@pytest.mark.parametrize("text", ["a{b", "a}", "{", "a{b}}", "a b;", "?"])
def test_wrong_field_syntax(text: str) -> None:
    with pytest.raises(ValueError, match=r"Syntax|Expected"):
        parse_fields(text)


@given(
    st.recursive(
        st.text("abc_", min_size=1), lambda inner: st.dictionaries(st.text("abc_", min_size=1), inner)
    )
)
def test_any_field_tree_is_read_back(tree: object) -> None:
    def write(node: object) -> str:
        if not isinstance(node, dict):
            return ""
        return ",".join(
            name + (f"{{{write(kid)}}}" if isinstance(kid, dict) and kid else "")
            for name, kid in node.items()
        )

    def read(fields: dict[str, Field]) -> dict[str, object]:
        return {name: read(one.fields) for name, one in fields.items()}

    def plain(node: object) -> dict[str, object]:
        return {name: plain(kid) for name, kid in node.items()} if isinstance(node, dict) else {}

    assert read(parse_fields(write(tree))) == plain(tree)


def test_world_forgets_the_oldest_messages() -> None:
    world = World(SandboxConfig(max_messages=3))
    person = world.resident(Platform.ZALO, "1")
    for number in range(5):
        world.add(person, Message(Platform.ZALO, "1", f"m{number}", Author.BOT, 0))
    assert [m.message_id for m in world.transcript(Platform.ZALO, "1")] == ["m2", "m3", "m4"]
    assert world.message("m0") is None


def test_tokens_outlive_a_restart_of_the_sandbox() -> None:
    config = SandboxConfig()
    first = TokenMint(config, World(config))
    pair = first.refresh(config.zalo_refresh_token)
    assert pair is not None
    again = TokenMint(config, World(config))
    assert again.check(pair["access_token"]) == 0
    assert again.refresh(config.zalo_refresh_token) is None, "older than the pair it has seen"
    assert again.refresh(pair["refresh_token"]) is not None
    assert again.check(pair["access_token"]) == INVALID


def test_tokens_lapse() -> None:
    config = SandboxConfig(zalo_token_life_s=90)
    world = World(config)
    mint = TokenMint(config, world)
    token = mint.grant()["access_token"]
    world.shift_clock(89_000)
    assert mint.check(token) == 0
    world.shift_clock(2_000)
    assert mint.check(token) == EXPIRED
    assert mint.check(token + "x") == INVALID
    assert mint.check("") == INVALID


def test_settings_come_from_the_environment() -> None:
    config = SandboxConfig.from_environment(
        {"PORT": "9000", "SANDBOX_RECEIPTS": "0", "SANDBOX_LADDER_FACTOR": "0.5"}
    )
    assert config.zalo_webhook_url == "http://127.0.0.1:9000/webhooks/zalo"
    assert (config.receipts, config.ladder_factor) == (False, 0.5)
    with pytest.raises(ValueError, match="SANDBOX_WEBHOOK_THREADS"):
        SandboxConfig.from_environment({"SANDBOX_WEBHOOK_THREADS": "many"})


NAMES = st.sampled_from(
    [
        "text",
        "attachment",
        "payload",
        "type",
        "template_type",
        "buttons",
        "elements",
        "title",
        "quick_replies",
    ]
)
VALUES = st.sampled_from(
    ["template", "button", "generic", "media", "file", "text", "oa.open.url", "postback", "", 1]
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), VALUES),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=12,
)


@given(st.one_of(JSON, st.dictionaries(NAMES, JSON)))
def test_any_message_is_shown_or_refused(message: object) -> None:
    for module in (graph_body, zalo_body):
        try:
            assert module.read_message(message).kind
        except (graph_body.InvalidBodyError, zalo_body.InvalidBodyError) as refusal:
            assert str(refusal)
