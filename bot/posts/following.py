"""Comments as the page's feed tells of them: judged once, followed through edits, hiding and deletion.

Each event is one transaction, and the same one twice changes nothing. What it wants done are rows that
bot/posts/answering.py works. The resident's own words are kept masked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import structlog
from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.dialogue.types import DialogueState, Heard, Outcome
from bot.dialogue.wording import Posts
from bot.posts.comment_rows import (
    Kind,
    Status,
    add_action,
    answer_key,
    find_comment,
    has_spoken,
    mark_deleted,
    take_back,
    undone,
)
from bot.posts.comment_texts import Render, private_reply, understood
from bot.posts.comments import PRIVATE_DAYS, Decision, Part, Said, Understood, Verdict, Where, judge
from bot.privacy import mask
from bot.scams.types import Analysis
from bot.store.engine import reading, writing
from bot.store.models import Account
from bot.store.models_posts import Comment, PageRule, Publication
from connectors.channel import Event
from connectors.matching import same_text

log = structlog.get_logger(__name__)

UNHIDDEN = frozenset({Verdict.PERSONAL, Verdict.PERSONAL_QUESTION, Verdict.DOSSIER})
"""What is shown again by itself once the reason is gone; insults and scams are a person's to judge."""
BY_HAND = "Đã có người trả lời trên trang."


class Assistant(Protocol):
    """What understands: see bot/assistant.py."""

    @property
    def commune(self) -> str: ...

    def turn(self, state: DialogueState, heard: Heard, now: Any) -> Outcome: ...


@dataclass(frozen=True, slots=True)
class Arrived:
    """A comment as the page has it now. ``parent``: what it stands under, "" for the post."""

    ref: str
    post_ref: str
    text: str
    at_ms: int
    parent: str = ""
    author: str = ""
    author_name: str = ""
    picture: bool = False
    link: str = ""


class Following:
    """Works events. ``check`` is the scam check; ``public_numbers`` the commune's own, digits only."""

    def __init__(
        self,
        engine: Engine,
        assistant: Assistant,
        check: Callable[[str], Analysis],
        words: Posts,
        render: Render,
        clock: Clock,
        public_numbers: Collection[str] = (),
    ) -> None:
        self._engine, self._assistant, self._check = engine, assistant, check
        self._words, self._render, self._clock = words, render, clock
        self._numbers = public_numbers

    def take(self, event: Event, account_id: int) -> None:
        """One ``feed`` event about a comment; others are not for us."""
        extra = event.extra
        ref, post_ref = str(extra.get("comment_id") or ""), str(extra.get("post_id") or "")
        if event.platform_event != "feed" or extra.get("item") != "comment" or not (ref and post_ref):
            return
        verb = str(extra.get("verb") or "add")
        if verb == "remove":
            self.removed(account_id, ref, post_ref)
        elif verb in {"hide", "unhide"}:
            self.hidden(account_id, ref, verb == "hide")
        elif verb in {"add", "edit"}:
            parent = str(extra.get("parent_id") or "")
            self.seen(
                account_id,
                Arrived(
                    ref, post_ref, event.text or "", event.at_ms, "" if parent == post_ref else parent,
                    str(extra.get("from_id") or ""), str(extra.get("from_name") or ""),
                    bool(extra.get("photo") or extra.get("link")),
                ),
                edit=verb == "edit",
            )  # fmt: skip

    def seen(self, account_id: int, found: Arrived, *, edit: bool = False) -> None:
        """A comment as it reads now: new, known, or with other words (only if ``edit``)."""
        with reading(self._engine) as session:
            row = find_comment(session, account_id, found.ref)
            if row is not None and (row.deleted_at or not edit or same_text(row.text, mask(found.text))):
                return
            account = session.get_one(Account, account_id)
            if found.author == account.external_id:
                said = Said(found.text, own=True)
            else:
                said = self._said(session, account_id, found, row)
        outcome: list[Outcome] = []

        def answer() -> Outcome:
            if not outcome:
                fresh = DialogueState(greeted=True)  # the private reply says itself who writes
                outcome.append(self._assistant.turn(fresh, Heard(text=found.text), self._clock()))
            return outcome[0]

        def understand() -> Understood:
            return understood(answer())

        for answered in (said.answered, True):
            decision = judge(replace(said, answered=answered), understand, self._check, self._numbers)
            given = answer() if Part.ANSWER in decision.private else None
            try:
                if self._write(account_id, found, decision, given, row.edits if row else None):
                    log.info("comments.judged", account=account_id, verdict=decision.verdict)
                return
            except IntegrityError:  # another comment of theirs got the answer, or this one is known now
                with reading(self._engine) as session:
                    if row is None and find_comment(session, account_id, found.ref) is not None:
                        return
        raise AssertionError("a comment that is not answered holds no key")

    def _said(self, session: Session, account_id: int, found: Arrived, row: Comment | None) -> Said:
        rule = session.get(PageRule, account_id)
        written = datetime.fromtimestamp(found.at_ms / 1000, UTC) if row is None else row.written_at
        return Said(
            found.text,
            where=self._where(session, account_id, found),
            picture=found.picture,
            named=bool(found.author),
            fresh=self._clock() - written < timedelta(days=PRIVATE_DAYS),
            answered=self._answered(session, account_id, found, row),
            answers=rule.answer_comments if rule else True,
            hides=rule.hide_comments if rule else True,
        )

    @staticmethod
    def _where(session: Session, account_id: int, found: Arrived) -> Where:
        if not found.parent:
            return Where.POST
        parent = find_comment(session, account_id, found.parent)
        if parent is None:
            return Where.OTHERS
        if parent.verdict == Verdict.OWN:
            return Where.PAGE
        return Where.SELF if found.author and parent.author_ref == found.author else Where.OTHERS

    @staticmethod
    def _answered(session: Session, account_id: int, found: Arrived, row: Comment | None) -> bool:
        if row is not None and has_spoken(session, row):
            return True
        key = answer_key(account_id, found.post_ref, found.author)
        holder = session.scalar(select(Comment.id).where(Comment.answer_key == key))
        return holder is not None and (row is None or holder != row.id)

    def _write(
        self,
        account_id: int,
        found: Arrived,
        decision: Decision,
        outcome: Outcome | None,
        edits: int | None,
    ) -> bool:
        """Store what was decided; False if the comment changed meanwhile."""
        now = self._clock()
        with writing(self._engine) as session:
            row = find_comment(session, account_id, found.ref, lock=True)
            if edits is None:
                if row is not None:
                    return False
                row = self._new(session, account_id, found, now)
            elif row is None or row.edits != edits or row.deleted_at:
                return False
            else:
                self._change(session, row, found)
            self._carry(session, row, decision, outcome, now)
            return True

    def _new(self, session: Session, account_id: int, found: Arrived, now: datetime) -> Comment:
        ours = select(Publication.id).where(
            Publication.account_id == account_id, Publication.external_id == found.post_ref
        )
        row = Comment(
            account_id=account_id,
            publication_id=session.scalar(ours),
            post_ref=found.post_ref,
            comment_ref=found.ref,
            parent_ref=found.parent,
            author_ref=found.author,
            author_name=found.author_name[:200],
            text=mask(found.text) or "",
            link=found.link or f"https://www.facebook.com/{found.ref}",
            work={},
            due_at=now,
            written_at=datetime.fromtimestamp(found.at_ms / 1000, UTC) if found.at_ms else now,
            created_at=now,
            updated_at=now,
        )
        session.add(row)
        session.flush()
        return row

    @staticmethod
    def _change(session: Session, row: Comment, found: Arrived) -> None:
        """An edit: what was wanted of the old words is taken back as far as it was not begun."""
        take_back(session, row)
        row.text, row.edits = mask(found.text) or "", row.edits + 1
        if not has_spoken(session, row):
            row.answer_key = None

    def _carry(
        self, session: Session, row: Comment, decision: Decision, outcome: Outcome | None, now: datetime
    ) -> None:
        """The decision as rows."""
        begun = any(action.kind == Kind.HIDE for action in undone(session, row))
        hidden = begun or row.hidden_at is not None
        if decision.hide and not hidden:
            add_action(session, row, Kind.HIDE, now)
        elif hidden and not decision.hide and row.verdict in UNHIDDEN and not row.decided_by:
            add_action(session, row, Kind.UNHIDE, now)
        if decision.private:
            text, wire = private_reply(
                self._words, self._assistant.commune, decision.private, outcome, self._render
            )
            memory = outcome.state.to_dict() if outcome else {}
            add_action(session, row, Kind.PRIVATE, now, text=text, wire=wire, memory=memory)
        if decision.public:
            add_action(session, row, Kind.REPLY, now, text=self._words.public)
        if decision.speaks:
            row.answer_key = answer_key(row.account_id, row.post_ref, row.author_ref)
        row.verdict, row.reason, row.updated_at = decision.verdict, "", now
        if outcome is not None:
            codes = list(outcome.codes)
            row.understood = {"skill": outcome.skill, "codes": codes, "aspects": list(outcome.aspects)}
        if decision.verdict is Verdict.OWN:
            row.status, row.text = Status.OWN, ""
            self._by_hand(session, row, now)
            return
        acting = Status.ACTING if undone(session, row) else Status.LEFT
        row.status = Status.WAITING if decision.waits else acting

    @staticmethod
    def _by_hand(session: Session, own: Comment, now: datetime) -> None:
        """Somebody of the page answered on Facebook itself: the comment waits no more."""
        parent = find_comment(session, own.account_id, own.parent_ref) if own.parent_ref else None
        if parent is None or parent.status != Status.WAITING:
            return
        if parent.reply_ref != own.comment_ref and not any(
            a.kind == Kind.REPLY for a in undone(session, parent)
        ):
            parent.status, parent.reason, parent.updated_at = Status.DONE, BY_HAND, now

    def removed(self, account_id: int, ref: str, post_ref: str) -> None:
        """A comment was deleted, perhaps before we heard of it: a late word of it must not bring it back."""
        now = self._clock()
        try:
            with writing(self._engine) as session:
                row = find_comment(session, account_id, ref, lock=True)
                if row is None:
                    row = self._new(session, account_id, Arrived(ref, post_ref, "", 0), now)
                if row.deleted_at is None:
                    mark_deleted(session, row, now)
        except IntegrityError:  # it was heard of at the same moment
            self.removed(account_id, ref, post_ref)

    def hidden(self, account_id: int, ref: str, hidden: bool) -> None:
        """Somebody, perhaps we, hid a comment or showed it again."""
        with reading(self._engine) as session:  # the catch-up asks of every comment, in vain
            row = find_comment(session, account_id, ref)
            if row is None or bool(row.hidden_at) == hidden:
                return
        now = self._clock()
        with writing(self._engine) as session:
            row = find_comment(session, account_id, ref, lock=True)
            if row is not None and bool(row.hidden_at) != hidden:
                row.hidden_at, row.updated_at = (now if hidden else None), now
