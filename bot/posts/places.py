"""One post on one account, as a state machine. Pure; ``publications`` are its rows.

::

    waiting ──claim──> publishing ──> published ──withdraw──> withdrawn
       ▲                  │  └─────> failed                (edited, told to followers meanwhile)
       └──absent── unknown ◀──── (time-out, killed worker)

``publishing`` is committed before the call. One that is found in it by somebody else was left by a killed
worker and may be out: it becomes ``unknown`` and is looked up, never just posted again. ``version`` is what
an approval allows to be there, ``live_version`` what is there. ``wanted`` stays until it is done, failed for
good, or somebody wants something else: a withdrawal during a call is carried out after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum


class State(StrEnum):
    """``publications.state``."""

    WAITING = "waiting"
    PUBLISHING = "publishing"
    PUBLISHED = "published"
    UNKNOWN = "unknown"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


STATE_NAMES: Mapping[State, str] = {
    State.WAITING: "Chờ đăng",
    State.PUBLISHING: "Đang đăng",
    State.PUBLISHED: "Đã đăng",
    State.UNKNOWN: "Chưa rõ, đang kiểm tra",
    State.FAILED: "Không đăng được",
    State.WITHDRAWN: "Đã gỡ",
}


class Wanted(StrEnum):
    """``publications.wanted``: what a worker is to do; also ``publications.failed``: what it could not do."""

    NOTHING = ""
    PUBLISH = "publish"
    EDIT = "edit"
    BROADCAST = "broadcast"  # it is there; followers are to be told
    WITHDRAW = "withdraw"


WANTED_NAMES: Mapping[Wanted, str] = {
    Wanted.NOTHING: "",
    Wanted.PUBLISH: "đăng",
    Wanted.EDIT: "sửa",
    Wanted.BROADCAST: "gửi thông báo",
    Wanted.WITHDRAW: "gỡ",
}


@dataclass(frozen=True, slots=True)
class Place:
    """``begun``: a worker has made a call for what is wanted. ``failed``: what was given up.

    ``broadcast``: followers are still to be told. ``unclear``: it was given up without knowing whether it is
    out, so trying again begins with a look.
    """

    account_id: int
    version: int = 0
    live_version: int | None = None
    state: State = State.WAITING
    wanted: Wanted = Wanted.NOTHING
    begun: bool = False
    failed: Wanted = Wanted.NOTHING
    broadcast: bool = False
    unclear: bool = False

    @property
    def ever(self) -> bool:
        """Whether it is, was, or may be out."""
        return self.live_version is not None or self.state is not State.WAITING or self.begun

    # --- what people want (bot/posts/lifecycle.py)

    def publish(self, version: int, broadcast: bool) -> Place:
        """``version`` was approved."""
        place = replace(self, version=version, begun=False, failed=Wanted.NOTHING, unclear=False)
        if self.live_version is not None:
            return place._next()
        state = State.UNKNOWN if self.unclear else State.WAITING
        return replace(place, state=state, wanted=Wanted.PUBLISH, broadcast=broadcast)

    def withdraw(self) -> Place:
        """It must not be there."""
        if self.state is State.WITHDRAWN:
            return self
        if self.state in {State.WAITING, State.FAILED} and self.live_version is None and not self.unclear:
            return replace(self, state=State.WITHDRAWN, wanted=Wanted.NOTHING, failed=Wanted.NOTHING)
        state = State.UNKNOWN if self.unclear else self.state
        return replace(self, state=state, wanted=Wanted.WITHDRAW, failed=Wanted.NOTHING, begun=False)

    def retry(self) -> Place:
        """Once more what was given up."""
        if self.failed is Wanted.NOTHING or self.wanted is not Wanted.NOTHING:
            return self
        state = self.state
        if self.live_version is None:
            state = State.UNKNOWN if self.unclear else State.WAITING
        broadcast = self.broadcast or self.failed is Wanted.BROADCAST
        return replace(
            self, state=state, wanted=self.failed, failed=Wanted.NOTHING, begun=False, broadcast=broadcast
        )

    def unwanted(self) -> Place:
        """The approval was taken back before anything had begun."""
        if self.live_version is not None:
            return replace(self, version=self.live_version)._next()
        if self.state is State.UNKNOWN:
            return replace(self, wanted=Wanted.PUBLISH).given_up(Wanted.PUBLISH, unclear=True)
        return replace(self, wanted=Wanted.NOTHING)

    # --- what a worker finds (bot/posts/publishing.py)

    def claimed(self) -> Place:
        """Before a call."""
        state = State.PUBLISHING if self.wanted is Wanted.PUBLISH else self.state
        return replace(self, state=state, begun=True)

    def arrived(self, version: int) -> Place:
        """``version`` is there."""
        place = replace(self, state=State.PUBLISHED, live_version=version, unclear=False)
        return place if self.wanted is Wanted.WITHDRAW else replace(place, failed=Wanted.NOTHING)._next()

    def told(self) -> Place:
        """Followers were told."""
        place = replace(self, broadcast=False, failed=Wanted.NOTHING)
        return place if self.wanted is Wanted.WITHDRAW else place._next()

    def _next(self) -> Place:
        """What is still to be done with something that is there."""
        if self.live_version != self.version:
            return replace(self, wanted=Wanted.EDIT)
        return replace(self, wanted=Wanted.BROADCAST if self.broadcast else Wanted.NOTHING)

    def lost(self) -> Place:
        """A call ended without an answer."""
        return replace(self, state=State.UNKNOWN)

    def absent(self) -> Place:
        """It is certainly not there."""
        if self.wanted is Wanted.WITHDRAW:
            return self.gone()
        return replace(self, state=State.WAITING, unclear=False)

    def gone(self) -> Place:
        """It was taken away, by us or by somebody else."""
        return replace(
            self, state=State.WITHDRAWN, live_version=None, wanted=Wanted.NOTHING, failed=Wanted.NOTHING,
            unclear=False,
        )  # fmt: skip

    def given_up(self, what: Wanted, *, unclear: bool = False) -> Place:
        """``what`` failed for good; ``unclear``: nobody knows whether it happened."""
        if self.wanted is not what:  # somebody wants something else meanwhile: go on with that
            if self.live_version is not None:
                return replace(self, broadcast=self.broadcast and what is not Wanted.BROADCAST)
            return self.lost() if unclear else self.absent()
        state = State.FAILED if self.live_version is None else State.PUBLISHED
        broadcast = self.broadcast and what is not Wanted.BROADCAST
        return replace(
            self, state=state, failed=what, wanted=Wanted.NOTHING, unclear=unclear, broadcast=broadcast
        )
