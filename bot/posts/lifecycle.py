"""The life of a post: what people may do with it and what becomes of it. Pure.

::

    noted, offered ──take_up──> draft ──ask──> asked ──approve──> scheduled ──> publishing ──> published
          (by hand                ▲ ▲            │                    │              └──> failed ──retry──┘
           on a page)             │ └─return─────┤                 cancel
                                  └──take_back───┴────────────────────┘

A published post that is edited goes the same way again, while what is published stays (``restore`` forgets
the edit). Only :data:`Action.APPROVE` says what may be published: exactly one version, which must be the
newest. Everything a worker does afterwards follows from the places that it made (bot/posts/places.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from bot.posts.content import Target
from bot.posts.places import Place, State, Wanted


class Status(StrEnum):
    """``posts.status``."""

    NOTED = "noted"  # made by hand on a page, only shown
    OFFERED = "offered"  # made by hand on a page, waits for an editor to take it to Zalo
    DRAFT = "draft"
    ASKED = "asked"  # approval is asked for
    RETURNED = "returned"  # by a supervisor, with a word
    SCHEDULED = "scheduled"
    PUBLISHING = "publishing"
    PUBLISHED = "published"
    FAILED = "failed"  # on one target at least; the others stand
    WITHDRAWING = "withdrawing"
    WITHDRAWN = "withdrawn"
    DROPPED = "dropped"


STATUS_NAMES: Mapping[Status, str] = {
    Status.NOTED: "Bài đăng tay",
    Status.OFFERED: "Đề nghị đưa lên Zalo",
    Status.DRAFT: "Bản nháp",
    Status.ASKED: "Chờ duyệt",
    Status.RETURNED: "Trả lại",
    Status.SCHEDULED: "Đã hẹn giờ",
    Status.PUBLISHING: "Đang đăng",
    Status.PUBLISHED: "Đã đăng",
    Status.FAILED: "Có nơi chưa đăng được",
    Status.WITHDRAWING: "Đang gỡ",
    Status.WITHDRAWN: "Đã gỡ",
    Status.DROPPED: "Đã bỏ",
}
RELEASED = frozenset(
    {
        Status.SCHEDULED,
        Status.PUBLISHING,
        Status.PUBLISHED,
        Status.FAILED,
        Status.WITHDRAWING,
        Status.WITHDRAWN,
    }
)
"""Follow from the places alone, see :func:`overall`."""


class Action(StrEnum):
    """What a person does with a post."""

    SAVE = "save"  # a new version
    ASK = "ask"
    TAKE_BACK = "take_back"  # it was asked for too early
    RETURN = "return"  # needs a word
    APPROVE = "approve"
    CANCEL = "cancel"  # nothing of it has begun: back to the draft
    TAKE_UP = "take_up"  # a post made by hand, or a dropped one, becomes a draft
    DROP = "drop"
    RESTORE = "restore"  # forget the edit of a published post
    WITHDRAW = "withdraw"  # from one target or all
    RETRY = "retry"  # one target that failed


ACTION_NAMES: Mapping[Action, str] = {
    Action.SAVE: "Sửa bài",
    Action.ASK: "Gửi duyệt",
    Action.TAKE_BACK: "Rút lại để sửa",
    Action.RETURN: "Trả lại",
    Action.APPROVE: "Duyệt",
    Action.CANCEL: "Bỏ hẹn giờ",
    Action.TAKE_UP: "Soạn bài",
    Action.DROP: "Bỏ bài",
    Action.RESTORE: "Bỏ bản sửa",
    Action.WITHDRAW: "Gỡ bài",
    Action.RETRY: "Gửi lại",
}
_WRITABLE = frozenset({Status.DRAFT, Status.RETURNED, Status.ASKED})
_FROM: Mapping[Action, frozenset[Status]] = {
    Action.SAVE: _WRITABLE | {Status.PUBLISHED, Status.FAILED, Status.WITHDRAWN},
    Action.ASK: frozenset({Status.DRAFT, Status.RETURNED}),
    Action.TAKE_BACK: frozenset({Status.ASKED}),
    Action.RETURN: frozenset({Status.ASKED}),
    Action.APPROVE: frozenset({Status.ASKED}),
    Action.CANCEL: frozenset({Status.SCHEDULED}),
    Action.TAKE_UP: frozenset({Status.NOTED, Status.OFFERED, Status.DROPPED, Status.WITHDRAWN}),
    Action.DROP: _WRITABLE | {Status.NOTED, Status.OFFERED},
    Action.RESTORE: _WRITABLE,
    Action.WITHDRAW: _WRITABLE | (RELEASED - {Status.WITHDRAWN}),
    Action.RETRY: RELEASED | _WRITABLE,
}
_PLAIN: Mapping[Action, Status] = {
    Action.ASK: Status.ASKED,
    Action.TAKE_BACK: Status.DRAFT,
    Action.TAKE_UP: Status.DRAFT,
    Action.RETURN: Status.RETURNED,
    Action.DROP: Status.DROPPED,
}
APPROVERS = frozenset({Action.APPROVE, Action.RETURN})
"""What takes a supervisor; the rest an editor may do too."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: an officer whose role lets them write posts; ``approves``: a supervisor."""

    officer_id: int
    unit_id: int
    all_units: bool = False
    approves: bool = False

    def serves(self, unit_id: int) -> bool:
        """Whether posts of ``unit_id`` are this officer's business."""
        return self.all_units or self.unit_id == unit_id


@dataclass(frozen=True, slots=True)
class Standing:
    """A post as it stands. ``latest`` is the highest version number ever; ``places`` by account."""

    unit_id: int
    status: Status
    version: int = 1
    latest: int = 1
    approved_version: int | None = None
    places: Mapping[int, Place] = field(default_factory=dict)

    @property
    def live(self) -> bool:
        """Whether something of it stands, or may stand, on a platform."""
        return any(place.state not in {State.WAITING, State.WITHDRAWN} for place in self.places.values())


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why it can't be done, in Vietnamese."""

    reason: str


STALE = Refusal("Bài vừa được người khác sửa. Tải lại trang rồi xem bản mới nhất.")
_NOT_YOURS = Refusal("Bài này thuộc đơn vị khác.")
_NO_APPROVER = Refusal("Chỉ lãnh đạo, phụ trách mới duyệt hoặc trả lại bài.")
_NOT_NOW = "Bài đang ở trạng thái “{status}” nên chưa làm được việc này."


def allowed(post: Standing, actor: Actor, action: Action) -> Refusal | None:
    """Whether ``actor`` may do this now, as far as it depends on neither version nor target."""
    if not actor.serves(post.unit_id):
        return _NOT_YOURS
    if action in APPROVERS and not actor.approves:
        return _NO_APPROVER
    if post.status not in _FROM[action]:
        return Refusal(_NOT_NOW.format(status=STATUS_NAMES[post.status]))
    return Refusal(reason) if (reason := _hindrance(post, action)) else None


def _hindrance(post: Standing, action: Action) -> str:
    """What in the places stands against it; empty if nothing."""
    places = post.places.values()
    hindrances = {
        Action.DROP: (post.live, "Bài đã đăng: gỡ bài hoặc bỏ bản sửa, không bỏ được."),
        Action.RESTORE: (
            post.approved_version is None or not places,
            "Bài chưa từng được duyệt nên không có bản nào để quay lại.",
        ),
        Action.CANCEL: (
            any(place.begun for place in _busy(post)),
            "Bài đang được đăng, không bỏ hẹn giờ được nữa.",
        ),
        Action.WITHDRAW: (
            all(place.withdraw() == place for place in places),
            "Bài không còn ở nơi nào để gỡ.",
        ),
        Action.RETRY: (not any(place.failed for place in places), "Không có nơi nào cần gửi lại."),
    }
    hindered, reason = hindrances.get(action, (False, ""))
    return reason if hindered else ""


def actions(post: Standing, actor: Actor) -> tuple[Action, ...]:
    """What the desk offers."""
    return tuple(action for action in Action if allowed(post, actor, action) is None)


def act(
    post: Standing,
    actor: Actor,
    action: Action,
    version: int,
    *,
    targets: tuple[Target, ...] = (),
    later: bool = False,
    account_id: int | None = None,
) -> Standing | Refusal:
    """What ``action`` makes of the post.

    :param version: the one that the actor saw; another than the newest is refused.
    :param targets: those of that version, for APPROVE; ``later``: it is scheduled for a time to come.
    :param account_id: the one target that WITHDRAW (None: all) or RETRY (None: all that failed) is about.
    """
    refusal = allowed(post, actor, action)
    if refusal is not None:
        return refusal
    if version != post.version:
        return STALE
    if action in _PLAIN:
        return replace(post, status=_PLAIN[action])
    match action:
        case Action.SAVE:
            status = Status.ASKED if post.status is Status.ASKED else Status.DRAFT
            return replace(post, status=status, version=post.latest + 1, latest=post.latest + 1)
        case Action.APPROVE:
            return _approved(post, targets, later)
        case Action.CANCEL:
            kept = {key: place.unwanted() for key, place in post.places.items() if place.ever}
            return replace(post, status=Status.DRAFT, places=kept)
        case Action.RESTORE:
            assert post.approved_version is not None  # allowed() has seen to it
            return overall(replace(post, status=Status.PUBLISHED, version=post.approved_version))
        case Action.WITHDRAW:
            return _each(post, account_id, Place.withdraw)
        case _:
            return _each(post, account_id, Place.retry)


def _approved(post: Standing, targets: tuple[Target, ...], later: bool) -> Standing | Refusal:
    if not targets:
        return Refusal("Chưa chọn trang Facebook hay Zalo OA nào để đăng.")
    if any(place.state in {State.PUBLISHING, State.UNKNOWN} for place in post.places.values()):
        return Refusal("Bản trước của bài còn đang đăng dở, đợi xong rồi duyệt.")
    places = dict(post.places)
    for target in targets:
        before = places.get(target.account_id) or Place(target.account_id)
        places[target.account_id] = before.publish(post.version, target.broadcast)
    status = Status.SCHEDULED if later else Status.PUBLISHING
    return overall(replace(post, status=status, approved_version=post.version, places=places))


def _each(post: Standing, account_id: int | None, move: Callable[[Place], Place]) -> Standing | Refusal:
    chosen = [key for key in post.places if account_id in {None, key}]
    if not chosen:
        return Refusal("Bài không đăng ở nơi này.")
    places = {**post.places, **{key: move(post.places[key]) for key in chosen}}
    if places == dict(post.places):
        return Refusal("Ở nơi này không còn gì để làm.")
    return overall(replace(post, places=places))


def _busy(post: Standing) -> list[Place]:
    return [place for place in post.places.values() if place.wanted is not Wanted.NOTHING]


def overall(post: Standing) -> Standing:
    """The post with the status that its places give it; one that is being written keeps its own."""
    if post.status not in RELEASED:
        return post
    places = list(post.places.values())
    wanted = {place.wanted for place in places}
    if Wanted.WITHDRAW in wanted:
        status = Status.WITHDRAWING
    elif wanted & {Wanted.PUBLISH, Wanted.EDIT}:  # a broadcast may wait for the morning
        begun = any(place.begun for place in _busy(post))
        waits = post.status is Status.SCHEDULED and not begun
        status = Status.SCHEDULED if waits else Status.PUBLISHING
    elif any(place.failed for place in places):
        status = Status.FAILED
    elif any(place.state is State.PUBLISHED for place in places):
        status = Status.PUBLISHED
    else:
        status = Status.WITHDRAWN
    return replace(post, status=status)
