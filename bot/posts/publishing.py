"""The worker's job that publishes: one call at a time, each committed before it is made.

An unclear outcome is looked up before anything is posted again; what can't be looked up (a broadcast) is
left to a person. Every failure is written in words that an editor understands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from redis import RedisError
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from bot.accounts.tokens import TokenSource
from bot.clock import VIETNAM, Clock, to_ms
from bot.posts.jobs import Jobs, Outcome, Task
from bot.posts.pictures import address_of, content_of_picture
from bot.posts.places import Place, State, Wanted
from bot.posts.platforms import Material, Platform, Step
from bot.store.engine import reading
from connectors.channel import Account, Found, SendError
from connectors.zalo.articles import OUT_OF_QUOTA

log = structlog.get_logger(__name__)

CALL_ENDS = timedelta(seconds=90)
"""A call has surely ended by then (3 + 60 s at most); so long others leave a claimed row alone."""
NO_TOKEN_PAUSE = timedelta(seconds=30)
BROKEN_PAUSE = timedelta(minutes=5)
BROKEN = "Hệ thống gặp lỗi khi đăng bài này, sẽ thử lại; báo người quản trị nếu kéo dài."
GIVE_UP_AFTER = timedelta(hours=24)
QUICK_REAUTHS = 2
LOOK_AFTER = timedelta(seconds=3)
MAX_LOOKUPS = 20
MAX_DUPLICATES = 3
RETRY_WAITS_S = (2, 5, 15, 60, 300, 900)
LOOKUP_WAITS_S = (3, 5, 10, 30, 60, 120, 300)
WAITS_FOR_PLATFORM_S = (3, 5, 10, 20, 30, 60)
NOT_CONNECTED = "Tài khoản đang mất kết nối hoặc đã tắt: sẽ làm tiếp khi kết nối lại."
UNCLEAR = (
    "Không rõ bài đã lên hay chưa. Mở trang xem: nếu chưa có thì bấm “Gửi lại”, hệ thống sẽ tìm lại một lần "
    "nữa trước khi đăng."
)
UNCLEAR_BROADCAST = (
    "Bài đã lên Zalo, nhưng không rõ thông báo đã gửi tới người quan tâm hay chưa. Xem trong Zalo OA "
    "Manager; nếu chưa gửi thì bấm “Gửi lại”."
)
TOO_LONG = "Đã thử nhiều lần không được: "
TOLD = "Đã gửi thông báo tới người quan tâm."
GONE = "Bài không còn trên trang: có người đã xóa."


class Publisher:
    """Publishes, edits, tells and withdraws what is wanted. One thread; any number of workers."""

    def __init__(
        self,
        engine: Engine,
        platforms: Mapping[str, Platform],
        tokens: TokenSource,
        clock: Clock,
        public_address: str,
        call_ends: timedelta = CALL_ENDS,
    ) -> None:
        self._engine, self._platforms, self._tokens, self._clock = engine, platforms, tokens, clock
        self._public, self._call_ends = public_address, call_ends
        self._jobs = Jobs(engine, public_address)

    def run(self, may_act: Callable[[], bool] = lambda: True) -> int:
        """Move everything that is due as far as it goes now; returns the number of moves."""
        moves = 0
        for task_id in self._jobs.due(self._clock()):
            try:
                while may_act() and self._step(task_id):
                    moves += 1
            except (RedisError, SQLAlchemyError):
                raise  # away for all of them
            except Exception:
                log.exception("posts.broken", publication=task_id)  # the others must not wait for it
                self._jobs.set_aside(task_id, self._clock() + BROKEN_PAUSE, BROKEN)
        return moves

    def _step(self, task_id: int) -> bool:
        """One move; False once the row has to wait or is done."""
        task = self._jobs.read(task_id)
        now = self._clock()
        if task is None or task.due_at > now:
            return False
        if task.work.get("call"):
            return self._left_behind(task, now)
        # One of a channel that is switched off must not stay the longest due for good.
        account = self._account(task) if task.channel in self._platforms else None
        if account is None:
            self._jobs.postpone(task, now + NO_TOKEN_PAUSE, NOT_CONNECTED)
            return False
        platform, material = self._platforms[task.channel], self._material(task)
        half = task.place.state is State.PUBLISHING and task.place.wanted is Wanted.WITHDRAW
        if task.place.state is State.UNKNOWN or half:  # half: handed over, and no longer wanted
            return self._look(task, platform, material, account)
        match task.place.wanted:
            case Wanted.PUBLISH:
                return self._publish(task, platform, material, account)
            case Wanted.EDIT:
                return self._edit(task, platform, material, account)
            case Wanted.BROADCAST:
                return self._broadcast(task, platform, account)
            case _:
                return self._withdraw(task, platform, account)

    def _left_behind(self, task: Task, now: datetime) -> bool:
        """A worker was cut off in a call, or could not write what came of it."""
        call = str(task.work["call"])
        log.warning("posts.left_behind", publication=task.id, call=call)
        if call == "broadcast":
            what = Wanted.BROADCAST
            outcome = Outcome(
                lambda place: place.given_up(what, unclear=True), now, code="unknown",
                reason=UNCLEAR_BROADCAST, story="unclear",
            )  # fmt: skip
        elif call in {"feed", "create"}:
            outcome = Outcome(Place.lost, now)
        else:
            outcome = Outcome(_back(task), now, retries=task.retries)
        return self._jobs.finish(task, outcome, now)

    def _account(self, task: Task) -> Account | None:
        try:
            return self._tokens.sendable(task.account_id)
        except RedisError as error:
            log.warning("posts.no_token", account=task.account_id, error=type(error).__name__)
            return None

    def _material(self, task: Task) -> Material:
        return Material(task.content, task.house, self._picture, lambda name: address_of(self._public, name))

    def _picture(self, name: str) -> bytes:
        with reading(self._engine) as session:
            return content_of_picture(session, name) or b""

    def _claim(self, task: Task, call: str) -> Task | None:
        now = self._clock()
        return self._jobs.claim(task, call, now, now + self._call_ends)

    def _publish(self, task: Task, platform: Platform, material: Material, account: Account) -> bool:
        step = platform.step(material, task.work)
        if step is None:
            return self._arrived(task, platform, account, str(task.work["id"]))
        claimed = self._claim(task, step.name)
        if claimed is None:
            return True  # somebody changed it: look again
        result = platform.make(account, step, self._material(claimed), claimed.work)
        now = self._clock()
        if result.message_id is not None:
            work = platform.reached(step, result.message_id, claimed.work)
            if "id" in work:
                return self._arrived(claimed, platform, account, str(work["id"]), work)
            return self._jobs.finish(claimed, Outcome(_back(claimed, work), now, work), now)
        if result.error is not None:
            return self._refused(claimed, platform, step, account, result.error)
        if step.risky:
            return self._jobs.finish(claimed, Outcome(Place.lost, now + LOOK_AFTER), now)
        return self._again(claimed, _back(claimed), None)

    def _arrived(
        self,
        task: Task,
        platform: Platform,
        account: Account,
        external_id: str,
        work: dict[str, object] | None = None,
    ) -> bool:
        now = self._clock()
        version = int(task.work.get("version", task.place.version))
        outcome = Outcome(
            lambda place: place.arrived(version),
            now,
            work={**(work if work is not None else task.work), "id": external_id},
            external_id=external_id,
            link=platform.link(account, external_id),
            note="",
            story="published",
            published_at=now,
        )
        log.info("posts.published", publication=task.id, account=task.account_id, external_id=external_id)
        return self._jobs.finish(task, outcome, now)

    def _look(self, task: Task, platform: Platform, material: Material, account: Account) -> bool:
        """Is it there? Posted again only if the platform's own list says no, and has had time to know."""
        now = self._clock()
        others = self._jobs.others(task)
        found = platform.find(account, material, task.work, to_ms(task.since), others)
        if found.found is Found.SENT and found.message_id:
            return self._arrived(task, platform, account, found.message_id)
        wait = timedelta(seconds=_nth(LOOKUP_WAITS_S, task.lookups + 1))
        early = task.work.get("looked", now.isoformat())
        work = {**task.work, "looked": early}
        if found.found is Found.ABSENT:
            if now - datetime.fromisoformat(early) >= platform.settles:
                work.pop("looked")
                work.pop("token", None)
                outcome = Outcome(Place.absent, now, work, retries=task.retries, story="not_there")
                return self._jobs.finish(task, outcome, now)
        elif task.lookups + 1 >= MAX_LOOKUPS:
            what = task.place.wanted
            outcome = Outcome(
                lambda place: place.given_up(what, unclear=True), now, work, code="unknown", reason=UNCLEAR,
                story="unclear",
            )  # fmt: skip
            return self._jobs.finish(task, outcome, now)
        self._jobs.finish(task, Outcome(_same, now + wait, work, task.lookups + 1, task.retries), now)
        return False

    def _edit(self, task: Task, platform: Platform, material: Material, account: Account) -> bool:
        work = _editing(task)
        step = platform.edit_step(material, work)
        now = self._clock()
        if step is None:
            version = task.place.version
            outcome = Outcome(lambda place: place.arrived(version), now, work, note="", story="edited")
            return self._jobs.finish(task, outcome, now)
        claimed = self._claim(task, step.name)
        if claimed is None:
            return True
        work = _editing(claimed)
        result = platform.make(account, step, self._material(claimed), work)
        now = self._clock()
        if result.message_id is not None:
            reached = platform.reached(step, result.message_id, work)
            return self._jobs.finish(claimed, Outcome(_same, now, reached), now)
        if result.error is None:
            return self._again(claimed, _same, None)  # the same words twice are the same words
        if platform.is_gone(result.error.code):
            outcome = Outcome(Place.gone, now, code=result.error.code, reason=GONE, story="gone")
            return self._jobs.finish(claimed, outcome, now)
        return self._refused(claimed, platform, step, account, result.error)

    def _withdraw(self, task: Task, platform: Platform, account: Account) -> bool:
        claimed = self._claim(task, "withdraw")
        if claimed is None:
            return True
        result = platform.withdraw(account, claimed.external_id or "")
        now = self._clock()
        if result.message_id is not None:
            outcome = Outcome(Place.gone, now, story="withdrawn", withdrawn_at=now, note="")
            return self._jobs.finish(claimed, outcome, now)
        if result.error is None:
            return self._again(claimed, _same, None)  # to take away what is away does no harm
        return self._refused(claimed, platform, Step("withdraw"), account, result.error)

    def _broadcast(self, task: Task, platform: Platform, account: Account) -> bool:
        claimed = self._claim(task, "broadcast")
        if claimed is None:
            return True
        now = self._clock()
        result = platform.broadcast(account, claimed.external_id or "", now)
        if result.message_id is not None:
            outcome = Outcome(Place.told, now, note=TOLD, story="told")
            return self._jobs.finish(claimed, outcome, now)
        if result.error is not None:
            return self._refused(claimed, platform, Step("broadcast"), account, result.error)
        outcome = Outcome(
            lambda place: place.given_up(Wanted.BROADCAST, unclear=True), now, code="unknown",
            reason=UNCLEAR_BROADCAST, story="unclear",
        )  # fmt: skip
        return self._jobs.finish(claimed, outcome, now)

    def _refused(
        self, task: Task, platform: Platform, step: Step, account: Account, error: SendError
    ) -> bool:
        """Obey the platform's answer: nothing was done, unless it leaves that open."""
        now = self._clock()
        log.warning("posts.refused", publication=task.id, call=step.name, code=error.code)
        back = _back(task)
        if platform.must_look(step, error.code) and task.retries < MAX_DUPLICATES:
            outcome = Outcome(Place.lost, now, retries=task.retries + 1, code=error.code, reason=error.reason)
            return self._jobs.finish(task, outcome, now)
        if platform.is_waiting(error.code) and now - task.hoped < GIVE_UP_AFTER:
            wait = timedelta(seconds=_nth(WAITS_FOR_PLATFORM_S, task.lookups + 1))
            outcome = Outcome(
                back, now + wait, lookups=task.lookups + 1, code=error.code, reason=error.reason
            )
            self._jobs.finish(task, outcome, now)
            return False
        work = platform.mended(step, error.code, task.work)
        if work is not None:
            return self._jobs.finish(task, Outcome(back, now, work, retries=task.retries + 1), now)
        if error.needs_reauth:
            return self._reauth(task, account, back, error)
        if error.code in OUT_OF_QUOTA:
            error = replace(error, retryable=True, retry_after_s=_until_tomorrow_s(now))
        if error.retryable and now - task.hoped < 3 * GIVE_UP_AFTER:
            return self._again(task, back, error)
        what, half = task.place.wanted, "token" in task.work and task.place.live_version is None
        reason = f"{TOO_LONG}{error.reason}" if error.retryable else error.reason
        outcome = Outcome(
            lambda place: place.given_up(what, unclear=half), now, code=error.code, reason=reason,
            story="failed",
        )  # fmt: skip
        return self._jobs.finish(task, outcome, now)

    def _reauth(self, task: Task, account: Account, back: Callable[[Place], Place], error: SendError) -> bool:
        """The token is dead: another one at once, or when somebody has connected the account again."""
        now = self._clock()
        try:
            renewed = self._tokens.refused(task.account_id, account.token)
        except RedisError:
            renewed = False
        due = now if renewed and task.retries < QUICK_REAUTHS else now + NO_TOKEN_PAUSE
        outcome = Outcome(back, due, retries=task.retries + 1, code=error.code, reason=error.reason)
        return self._jobs.finish(task, outcome, now) and due == now

    def _again(self, task: Task, back: Callable[[Place], Place], error: SendError | None) -> bool:
        """Later; a call that may be repeated had no answer, or the platform asks for patience."""
        now = self._clock()
        asked = error.retry_after_s or 0.0 if error else 0.0
        wait = timedelta(seconds=max(_nth(RETRY_WAITS_S, task.retries + 1), asked))
        code, reason = (error.code, error.reason) if error else ("", "Chưa có trả lời, sẽ thử lại.")
        outcome = Outcome(back, now + wait, retries=task.retries + 1, code=code, reason=reason)
        self._jobs.finish(task, outcome, now)
        return False


def _same(place: Place) -> Place:
    return place


def _back(task: Task, work: Mapping[str, object] | None = None) -> Callable[[Place], Place]:
    """Where a place stands between two calls of publishing: nothing is out yet, or it was handed over."""
    handed_over = "token" in (task.work if work is None else work)
    return Place.absent if task.place.state is State.PUBLISHING and not handed_over else _same


def _editing(task: Task) -> dict[str, Any]:
    """``work`` for an edit to the wanted version; what was begun for another one is forgotten."""
    if task.work.get("editing") == task.place.version:
        return dict(task.work)
    kept = {key: value for key, value in task.work.items() if key not in {"edited", "token"}}
    return {**kept, "editing": task.place.version}


def _nth(waits: tuple[int, ...], number: int) -> int:
    return waits[min(number, len(waits)) - 1]


def _until_tomorrow_s(now: datetime) -> float:
    """Until 06:05 of the next day in Viet Nam, when a day's quota is full again."""
    local = now.astimezone(VIETNAM)
    morning = (local + timedelta(days=1)).replace(hour=6, minute=5, second=0, microsecond=0)
    return (morning - local).total_seconds()
