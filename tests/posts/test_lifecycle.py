"""Whatever people and workers do, in any order: nothing is out that was not approved exactly so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.posts.content import Target
from bot.posts.lifecycle import (
    APPROVERS,
    RELEASED,
    STALE,
    Action,
    Actor,
    Refusal,
    Standing,
    Status,
    act,
    actions,
    overall,
)
from bot.posts.places import Place, State, Wanted

EDITOR, SUPERVISOR = Actor(1, 5), Actor(2, 5, approves=True)
STRANGER = Actor(3, 6, approves=True)
EVERYWHERE = Actor(4, 1, all_units=True, approves=True)
TARGETS = (Target(10), Target(20, broadcast=True))


def draft() -> Standing:
    return Standing(5, Status.DRAFT)


def after(post: Standing, *steps: tuple[Actor, Action]) -> Standing:
    for actor, action in steps:
        moved = act(post, actor, action, post.version, targets=TARGETS)
        assert isinstance(moved, Standing), moved
        post = moved
    return post


ASKED = (EDITOR, Action.ASK)
APPROVED = (ASKED, (SUPERVISOR, Action.APPROVE))


def test_the_straight_way() -> None:
    post = after(draft(), ASKED)
    assert post.status is Status.ASKED
    assert not post.places
    post = after(post, (SUPERVISOR, Action.APPROVE))
    assert post.status is Status.PUBLISHING
    assert post.approved_version == 1
    assert {key: place.wanted for key, place in post.places.items()} == {
        10: Wanted.PUBLISH,
        20: Wanted.PUBLISH,
    }


def test_returned_changed_and_approved() -> None:
    post = after(draft(), ASKED, (SUPERVISOR, Action.RETURN), (EDITOR, Action.SAVE), ASKED)
    assert (post.status, post.version) == (Status.ASKED, 2)
    assert act(post, SUPERVISOR, Action.APPROVE, 1, targets=TARGETS) is STALE
    assert after(post, (SUPERVISOR, Action.APPROVE)).approved_version == 2


def test_a_supervisor_changes_and_approves() -> None:
    post = after(draft(), ASKED, (SUPERVISOR, Action.SAVE))
    assert (post.status, post.version) == (Status.ASKED, 2)
    assert after(post, (SUPERVISOR, Action.APPROVE)).approved_version == 2


@pytest.mark.parametrize("action", sorted(APPROVERS))
def test_an_editor_neither_approves_nor_returns(action: Action) -> None:
    post = after(draft(), ASKED)
    assert isinstance(act(post, EDITOR, action, 1, targets=TARGETS), Refusal)
    assert action not in actions(post, EDITOR)
    assert action in actions(post, SUPERVISOR)


@pytest.mark.parametrize("action", list(Action))
def test_another_unit_does_nothing(action: Action) -> None:
    for post in (draft(), after(draft(), ASKED), after(draft(), *APPROVED)):
        assert isinstance(act(post, STRANGER, action, 1, targets=TARGETS), Refusal)
        assert not actions(post, STRANGER)
    assert Action.APPROVE in actions(after(draft(), ASKED), EVERYWHERE)


def test_what_is_scheduled_can_be_cancelled_until_it_begins() -> None:
    post = after(draft(), ASKED)
    moved = act(post, SUPERVISOR, Action.APPROVE, 1, targets=TARGETS, later=True)
    assert isinstance(moved, Standing)
    assert moved.status is Status.SCHEDULED
    back = after(moved, (EDITOR, Action.CANCEL))
    assert back.status is Status.DRAFT
    assert not back.places
    begun = overall(replace(moved, places={**moved.places, 10: moved.places[10].claimed()}))
    assert begun.status is Status.PUBLISHING
    assert Action.CANCEL not in actions(begun, EDITOR)


def test_without_a_target_nothing_is_approved() -> None:
    assert isinstance(act(after(draft(), ASKED), SUPERVISOR, Action.APPROVE, 1), Refusal)


def test_an_edit_of_what_is_published_is_approved_again() -> None:
    post = after(draft(), *APPROVED)
    places = {key: place.claimed().arrived(1) for key, place in post.places.items()}
    assert places[20].wanted is Wanted.BROADCAST
    post = overall(replace(post, places={10: places[10], 20: places[20].told()}))
    assert post.status is Status.PUBLISHED
    edited = after(post, (EDITOR, Action.SAVE))
    assert (edited.status, edited.version, edited.approved_version) == (Status.DRAFT, 2, 1)
    assert after(edited, (EDITOR, Action.RESTORE)).version == 1
    assert after(edited, (EDITOR, Action.RESTORE)).status is Status.PUBLISHED
    again = after(edited, *APPROVED)
    assert {place.wanted for place in again.places.values()} == {Wanted.EDIT}  # nobody is told twice


def test_withdrawn_during_the_call() -> None:
    place = Place(10).publish(1, broadcast=True).claimed().withdraw()
    assert (place.state, place.wanted) == (State.PUBLISHING, Wanted.WITHDRAW)
    there = place.arrived(1)
    assert (there.state, there.wanted) == (State.PUBLISHED, Wanted.WITHDRAW)
    assert there.gone().state is State.WITHDRAWN
    assert place.absent().state is State.WITHDRAWN
    assert place.given_up(Wanted.PUBLISH).state is State.WITHDRAWN
    assert place.given_up(Wanted.PUBLISH, unclear=True).state is State.UNKNOWN


def test_what_was_given_up_unclear_is_looked_for_before_it_is_tried_again() -> None:
    place = Place(10).publish(1, broadcast=False).claimed().lost()
    given_up = place.given_up(Wanted.PUBLISH, unclear=True)
    assert given_up.state is State.FAILED
    assert given_up.retry().state is State.UNKNOWN
    assert given_up.withdraw().state is State.UNKNOWN
    assert given_up.publish(2, broadcast=False).state is State.UNKNOWN
    assert place.given_up(Wanted.PUBLISH).retry().state is State.WAITING


@dataclass
class World:
    """A post, and what really stands on each platform: version by account."""

    post: Standing = field(default_factory=draft)
    out: dict[int, list[int]] = field(default_factory=dict)
    approved: set[int] = field(default_factory=set)
    claims: dict[int, tuple[Wanted, int]] = field(default_factory=dict)

    def people(self, actor: Actor, action: Action, stale: bool, account_id: int | None, later: bool) -> None:
        version = self.post.version - stale
        asked = self.post
        moved = act(asked, actor, action, version, targets=TARGETS, later=later, account_id=account_id)
        if isinstance(moved, Refusal):
            return
        if action is Action.APPROVE:
            assert actor.approves
            assert asked.status is Status.ASKED
            self.approved.add(version)
        self.post = moved

    def takes(self, step: tuple[object, ...]) -> None:
        """One step of the people or of a worker."""
        kind, *rest = step
        (self.people if kind == "people" else self.worker)(*rest)  # type: ignore[operator]

    def worker(self, account_id: int, outcome: str) -> None:
        """One call: claimed, done or not, answered or not; looked up if unclear."""
        place = self.post.places.get(account_id)
        if place is None or place.wanted is Wanted.NOTHING:
            return
        there = self.out.setdefault(account_id, [])
        if place.state is State.UNKNOWN:
            self.put(place.arrived(self.claims[account_id][1]) if there else place.absent())
            return
        if place.state is State.PUBLISHING:  # a killed worker's
            self.put(place.lost())
            return
        claimed = place.claimed()
        self.put(claimed)
        if place.wanted is Wanted.PUBLISH:
            self.publish(claimed, outcome)
        elif outcome == "refused":
            self.put(claimed.given_up(place.wanted))
        elif outcome == "done":
            self.change(claimed)

    def publish(self, claimed: Place, outcome: str) -> None:
        version = claimed.version
        self.claims[claimed.account_id] = (claimed.wanted, version)
        if outcome in {"done", "silent", "killed"}:
            self.out[claimed.account_id].append(version)
        moves: dict[str, Callable[[Place], Place]] = {
            "done": lambda place: place.arrived(version),
            "silent": Place.lost,
            "lost": Place.lost,
            "refused": lambda place: place.given_up(Wanted.PUBLISH),
            "later": Place.absent,
        }
        if outcome in moves:
            self.put(moves[outcome](claimed))

    def change(self, claimed: Place) -> None:
        there = self.out[claimed.account_id]
        if claimed.wanted is Wanted.EDIT:
            there[-1] = claimed.version
            self.put(claimed.arrived(claimed.version))
        elif claimed.wanted is Wanted.BROADCAST:
            self.put(claimed.told())
        else:
            there.clear()
            self.put(claimed.gone())

    def put(self, place: Place) -> None:
        self.post = overall(replace(self.post, places={**self.post.places, place.account_id: place}))


PEOPLE = st.tuples(
    st.just("people"),
    st.sampled_from([EDITOR, SUPERVISOR, STRANGER, EVERYWHERE]),
    st.sampled_from([*Action, Action.ASK, Action.APPROVE, Action.APPROVE, Action.SAVE]),
    st.booleans().map(lambda b: b and False) | st.booleans(),
    st.sampled_from([None, None, 10, 20]),
    st.booleans(),
)
WORKER = st.tuples(
    st.just("worker"),
    st.sampled_from([10, 20]),
    st.sampled_from(["done", "done", "silent", "lost", "refused", "later", "killed"]),
)


@settings(max_examples=600, deadline=None)
@given(st.lists(PEOPLE | WORKER, max_size=40))
def test_nothing_is_out_that_was_not_approved_and_nothing_twice(
    steps: list[tuple[object, ...]],
) -> None:
    world = World()
    for step in steps:
        world.takes(step)
        for account_id, versions in world.out.items():
            assert len(versions) <= 1, "posted twice"
            assert set(versions) <= world.approved
            place = world.post.places.get(account_id)
            assert place is not None or not versions, "what is out is never forgotten"
        if world.post.status in RELEASED:
            assert overall(world.post) == world.post


@settings(max_examples=200, deadline=None)
@given(st.lists(PEOPLE | WORKER, max_size=30))
def test_once_everybody_is_done_the_platforms_show_what_the_desk_says(
    steps: list[tuple[object, ...]],
) -> None:
    world = World()
    for step in steps:
        world.takes(step)
    for _ in range(8):
        for account_id in list(world.post.places):
            world.worker(account_id, "done")
    for account_id, place in world.post.places.items():
        assert place.wanted is Wanted.NOTHING
        shown = world.out.get(account_id, [])
        assert ([] if place.live_version is None else [place.live_version]) == shown or place.unclear
