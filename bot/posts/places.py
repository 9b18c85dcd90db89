"""One post on one account, as a state machine. Pure; ``publications`` are its rows.

::

    waiting ──claim──> publishing ──> published ──withdraw──> withdrawn
       ▲                  │  └─────> failed
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
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class Place:
    """``begun``: a worker has made a call for what is wanted. ``failed``: what was given up.

    ``unclear``: it was given up without knowing whether it is out, so trying again begins with a look.
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
            if self.live_version == version:
                return replace(place, wanted=Wanted.NOTHING)
            return replace(place, wanted=Wanted.EDIT)
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
        return replace(self, state=state, wanted=self.failed, failed=Wanted.NOTHING, begun=False)

    def unwanted(self) -> Place:
        """The approval was taken back before anything had begun."""
        version = self.live_version if self.live_version is not None else self.version
        return replace(self, wanted=Wanted.NOTHING, version=version)

    # --- what a worker finds (bot/posts/publishing.py)

    def claimed(self) -> Place:
        """Before a call."""
        state = State.PUBLISHING if self.wanted is Wanted.PUBLISH else self.state
        return replace(self, state=state, begun=True)

    def arrived(self) -> Place:
        """It is there."""
        wanted = Wanted.NOTHING if self.wanted is Wanted.PUBLISH else self.wanted
        return replace(
            self, state=State.PUBLISHED, live_version=self.version, wanted=wanted, failed=Wanted.NOTHING,
            unclear=False,
        )  # fmt: skip

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

    def given_up(self, *, unclear: bool = False) -> Place:
        """What was wanted failed for good; ``unclear``: nobody knows whether it is out."""
        state = State.FAILED if self.live_version is None else State.PUBLISHED
        return replace(self, state=state, failed=self.wanted, wanted=Wanted.NOTHING, unclear=unclear)
