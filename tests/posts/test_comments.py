"""Comments through the stand-in: answered once in public and once in private, hidden, followed."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from bot.assistant import Assistant
from bot.knowledge.loading import load_knowledge
from bot.posts.comment_jobs import Task
from bot.posts.comment_rows import Status
from bot.posts.comments import Verdict
from bot.posts.following import Arrived
from bot.scams.checking import Checker
from bot.scams.lists import load_lists
from bot.store.conversations import erase
from bot.store.engine import reading, writing
from bot.store.models import Conversation
from bot.store.models_posts import PageRule, Post
from bot.texts import load_texts
from bot.understanding.deciding import Thresholds
from bot.understanding.understander import build_understander
from tests.posts.newsroom import Newsroom
from tests.posts.square import FAQ, QUESTION, SAU, TAM, Square


@pytest.fixture(scope="session")
def thinking() -> tuple[Assistant, Checker]:
    """The assistant on its matcher alone, as when Rasa is away."""
    knowledge = load_knowledge(FAQ, "xuan-dinh")
    checker = Checker(load_lists(FAQ))
    return Assistant(knowledge, build_understander(None, knowledge, Thresholds()), load_texts(FAQ)), checker


@pytest.fixture
def square(newsroom: Newsroom, thinking: tuple[Assistant, Checker]) -> Square:
    return Square(newsroom, *thinking)


@pytest.fixture
def square_on_both(newsroom_on_both: Newsroom, thinking: tuple[Assistant, Checker]) -> Square:
    return Square(newsroom_on_both, *thinking)


def test_on_both_databases(square_on_both: Square) -> None:
    """What the rows go through, from the first word to the deletion."""
    square = square_on_both
    square.sandbox.fault("timeout_after", platform="facebook", user_id="private", count=1, ms=30)
    comment, rude = square.comments(QUESTION), square.comments("Đồ ngu", TAM)
    number = square.comments("Gọi tôi 0912345678 nhé", TAM)
    square.works()
    assert len(square.private(SAU)) == 1 and square.answers(comment) == [square.words.public]
    assert square.on_page(rude)["hidden"] and square.on_page(number)["hidden"]
    square.edits(number, "Gọi tôi nhé")
    square.deletes(comment)
    square.works()
    assert square.row(comment).status == Status.DELETED
    assert not square.on_page(number)["hidden"]
    square.catch_up.run()
    square.news.moves(timedelta(days=400))
    square.catch_up.forget()
    assert not square.actions()


def test_two_comments_of_one_person_at_the_same_moment(square_on_both: Square) -> None:
    square = square_on_both
    square.sandbox.idle()
    square.news.assistant.clear()
    refs = [square.comments(QUESTION) for _ in range(4)]
    at_ms = int(square.news.clock().timestamp() * 1000)
    together = threading.Barrier(len(refs))
    judged = square.following

    def arrives(ref: str) -> None:
        together.wait(10)
        judged.seen(square.news.page, Arrived(ref, square.post, QUESTION, at_ms, author=f"5{SAU}"))

    threads = [threading.Thread(target=arrives, args=(ref,)) for ref in refs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    verdicts = sorted(square.row(ref).verdict for ref in refs)
    assert verdicts == ["again", "again", "again", "question"]
    square.works()
    assert len(square.private()) == 1 and sum(len(square.answers(ref)) for ref in refs) == 1


def test_a_question_is_answered_in_public_and_in_private(square: Square) -> None:
    comment = square.comments(QUESTION)
    square.works()
    assert square.answers(comment) == [square.words.public]
    (told,) = square.private()
    assert "giấy chứng sinh" in told.casefold() and told.count("rợ lý tự động") == 1
    row = square.row(comment)
    assert (row.status, row.verdict) == (Status.DONE, Verdict.QUESTION)
    assert row.replied_at and row.private_at


@pytest.mark.parametrize("where", ["before", "after"])
@pytest.mark.parametrize("call", ["hide", "private", "comments"])
def test_an_unclear_call_is_made_once(square: Square, call: str, where: str) -> None:
    kind = "timeout_after" if where == "after" else "error_before"
    square.sandbox.fault(kind, platform="facebook", user_id=call, count=1, ms=30)
    comment = square.comments(f"Tôi 0912345678. {QUESTION}" if call == "hide" else QUESTION)
    square.works()
    assert len(square.private()) == 1
    assert square.on_page(comment)["hidden"] is (call == "hide")
    assert square.answers(comment) == ([] if call == "hide" else [square.words.public])
    assert square.row(comment).status == Status.DONE
    assert square.row(comment).conversation_id is not None


def test_a_worker_killed_between_private_and_public(square: Square) -> None:
    comment = square.comments(QUESTION)
    square.webhooks()
    task = square.answering._jobs.first(square.row(comment).id, square.news.clock())
    assert task is not None and task.kind == "private"
    account = square.news.tokens.known[square.news.page]
    now = square.news.clock()
    square.answering._jobs.claim(task, now, now + timedelta(seconds=20))
    square.answering._call(task, account, square.news.facebook.comments)  # … and it dies here
    square.works()
    assert len(square.private()) == 1
    assert square.answers(comment) == [square.words.public]
    assert square.row(comment).status == Status.DONE


def test_two_workers_at_once(square: Square) -> None:
    comment = square.comments(QUESTION)
    square.webhooks()
    twin = square.another_worker()
    first = square.answering._jobs.first(square.row(comment).id, square.news.clock())
    assert first is not None
    now = square.news.clock()
    assert square.answering._jobs.claim(first, now, now + timedelta(seconds=20))
    twin.run()  # leaves it alone
    assert not square.private()
    square.works()
    assert len(square.private()) == 1 and len(square.answers(comment)) == 1


def test_the_same_webhook_twice(square: Square) -> None:
    comment = square.comments(QUESTION)
    square.sandbox.idle()
    hooks = list(square.news.assistant.hooks)
    square.works()
    square.news.assistant.hooks.extend(hooks)
    square.works()
    assert len(square.private()) == 1 and len(square.answers(comment)) == 1


def test_one_automatic_answer_per_person_and_post(square: Square) -> None:
    first, second = square.comments(QUESTION), square.comments("Lệ phí chứng thực bản sao bao nhiêu?")
    others = square.comments(QUESTION, TAM)
    square.works()
    assert sorted(len(square.answers(c)) for c in (first, second)) == [0, 1]
    assert {square.row(first).verdict, square.row(second).verdict} == {Verdict.QUESTION, Verdict.AGAIN}
    assert len(square.private(SAU)) == 1 and len(square.private(TAM)) == 1
    assert len(square.answers(others)) == 1
    other_post = square.posted()
    third = square.comments(QUESTION, post=other_post)
    square.works()
    assert square.row(third).verdict == Verdict.QUESTION


def test_the_pages_own_is_ignored(square: Square) -> None:
    comment = square.comments(QUESTION)
    square.works()
    assert len(square.all_on_page()) == 2 and len(square.asked) == 1
    (own,) = [c for c in square.all_on_page() if c["parent"] == comment]
    assert (square.row(own["id"]).status, square.row(own["id"]).text) == (Status.OWN, "")


def test_personal_data_is_hidden_and_told(square: Square) -> None:
    comment = square.comments("Gọi tôi 0912345678 nhé")
    square.works()
    assert square.on_page(comment)["hidden"]
    (told,) = square.private()
    assert square.words.hidden.splitlines()[0] in told
    assert not square.answers(comment)
    row = square.row(comment)
    assert "0912345678" not in row.text and row.status == Status.WAITING
    assert not square.asked


@pytest.mark.parametrize(
    ("text", "verdict"),
    [("Đồ ngu", Verdict.INSULT), ("Nhận quà tại https://dichvucong-gov.top/nhan nhập mã OTP", Verdict.SCAM)],
)
def test_insults_and_scams_are_hidden_and_shown_to_the_editor(
    square: Square, text: str, verdict: Verdict
) -> None:
    comment = square.comments(text)
    square.works()
    assert square.on_page(comment)["hidden"]
    assert not square.private() and not square.answers(comment)
    assert (square.row(comment).verdict, square.row(comment).status) == (verdict, Status.WAITING)


def test_thanks_are_left_alone(square: Square) -> None:
    comment = square.comments("Cảm ơn ad nhiều ❤️")
    square.works()
    assert square.row(comment).status == Status.LEFT and not square.actions()


def test_a_dossier_is_never_spoken_of_in_public(square: Square) -> None:
    comment = square.comments("Hồ sơ H19.29-260115-0007 của tôi tới đâu rồi?")
    square.works()
    assert not square.answers(comment) and not square.asked
    (told,) = square.private()
    assert "mã hồ sơ" in told and "0007" not in told


def test_an_edit_before_the_answer_changes_it(square: Square) -> None:
    comment = square.comments(QUESTION)
    square.webhooks()
    square.edits(comment, "Cảm ơn ad")
    square.works()
    assert not square.private() and not square.answers(comment)
    assert square.row(comment).verdict == Verdict.KIND and square.row(comment).answer_key is None
    again = square.comments(QUESTION)  # and the one answer is still to be had
    square.works()
    assert len(square.answers(again)) == 1


def test_an_edit_after_the_answer_gets_no_second_one(square: Square) -> None:
    comment = square.comments(QUESTION)
    square.works()
    square.edits(comment, "Lệ phí chứng thực bản sao bao nhiêu?")
    square.works()
    assert len(square.private()) == 1 and len(square.answers(comment)) == 1
    assert square.row(comment).verdict == Verdict.AGAIN and square.row(comment).status == Status.WAITING
    square.edits(comment, "Số tôi 0912345678")
    square.works()
    assert square.on_page(comment)["hidden"] and len(square.private()) == 1


def test_a_number_taken_out_again_is_shown_again(square: Square) -> None:
    comment = square.comments("Gọi tôi 0912345678 nhé")
    square.works()
    square.edits(comment, "Gọi tôi nhé")
    square.works()
    assert not square.on_page(comment)["hidden"] and square.row(comment).hidden_at is None


def test_deleted_before_the_answer(square: Square) -> None:
    comment = square.comments(QUESTION)
    square.webhooks()
    square.deletes(comment)
    square.works()
    assert not square.private()
    row = square.row(comment)
    assert (row.status, row.text, row.author_name) == (Status.DELETED, "", "")


def test_deleted_without_a_word_of_it(square: Square) -> None:
    comment = square.comments(QUESTION)
    square.webhooks()
    square.sandbox.api("POST", "/pages/comments/webhooks", on=False)
    square.deletes(comment)
    square.works()
    assert square.row(comment).status == Status.DELETED and not square.private()


def test_a_late_word_does_not_bring_a_deleted_comment_back(square: Square) -> None:
    comment = square.comments(QUESTION)
    square.sandbox.idle()
    added = list(square.news.assistant.hooks)
    square.news.assistant.clear()
    square.deletes(comment)
    square.works()
    square.news.assistant.hooks.extend(added)
    square.works()
    assert not square.private() and square.row(comment).status == Status.DELETED


def test_after_a_downtime_comments_are_fetched(square: Square) -> None:
    square.webhooks()
    square.sandbox.api("POST", "/pages/comments/webhooks", on=False)
    old = square.comments(QUESTION)
    kept = square.comments("Gọi tôi 0912345678", TAM)
    with writing(square.engine) as session:
        _known_post(session, square)
    square.catch_up.run()
    square.works()
    assert len(square.answers(old)) == 1 and square.on_page(kept)["hidden"]
    square.edits(kept, "Gọi tôi nhé")
    square.deletes(old)
    square.news.moves(timedelta(minutes=2))
    square.catch_up.run()
    square.works()
    assert square.row(old).status == Status.DELETED or square.row(old).written_at
    assert square.row(kept).edits == 1 and not square.on_page(kept)["hidden"]


def test_too_old_for_a_private_reply(square: Square) -> None:
    comment = square.comments(QUESTION)
    square.sandbox.idle()
    square.news.moves(timedelta(days=8))
    square.works()
    assert not square.private() and not square.answers(comment)
    assert (square.row(comment).verdict, square.row(comment).status) == (Verdict.LATE, Status.WAITING)


def test_what_facebook_refuses_waits_for_a_person(square: Square) -> None:
    square.sandbox.fault(
        "error_code", platform="facebook", user_id="private", count=1, code=100, subcode=2534025
    )
    comment = square.comments(QUESTION)
    square.works()
    row = square.row(comment)
    assert not square.private() and not square.answers(comment)
    assert row.status == Status.WAITING and "không nhắn riêng được" in row.reason


def test_a_dead_token_waits_and_is_told(square: Square) -> None:
    square.sandbox.fault("token_expired", platform="facebook", count=1)
    comment = square.comments(QUESTION)
    square.works(2)
    assert square.news.tokens.refusals == [square.news.page]
    assert not square.answers(comment)
    square.news.tokens.frozen.clear()
    square.works()
    assert len(square.private()) == 1 and len(square.answers(comment)) == 1


def test_the_pages_rule(square: Square) -> None:
    with writing(square.engine) as session:
        now = square.news.clock()
        session.add(
            PageRule(account_id=square.news.page, answer_comments=False, hide_comments=False, updated_at=now)
        )
    asked, rude = square.comments(QUESTION), square.comments("Đồ ngu", TAM)
    square.works()
    assert not square.actions()
    assert square.row(asked).status == square.row(rude).status == Status.WAITING


def test_the_private_reply_becomes_a_chat_that_goes_on(square: Square) -> None:
    comment = square.comments(QUESTION)
    square.works()
    chat_id = square.row(comment).conversation_id
    with reading(square.engine) as session:
        chat = session.get_one(Conversation, chat_id)
        assert chat.user_ref == SAU and chat.state["topic"]
    assert chat_id is not None
    with writing(square.engine) as session:
        erase(session, chat_id)  # the resident wants the own data erased
    assert (square.row(comment).text, square.row(comment).author_name) == ("", "")
    assert not square.actions()


def test_answered_by_hand_on_the_page(square: Square) -> None:
    comment = square.comments("Năm nay có hội chợ nữa không ta?")
    square.works()
    assert square.row(comment).status == Status.WAITING
    account = square.news.tokens.known[square.news.page]
    square.news.facebook.comments.reply(account, comment, "Có ạ, ngày 20.")
    square.works()
    assert square.row(comment).status == Status.DONE


def _known_post(session: Session, square: Square) -> None:
    """The post, as one made by hand that the page's feed told of."""
    now = square.news.clock()
    session.add(
        Post(
            unit_id=square.news.unit, status="noted", version=1, origin="page", created_at=now,
            updated_at=now, source_account_id=square.news.page, source_ref=square.post, source_pictures=[],
        )
    )  # fmt: skip


def test_one_that_breaks_does_not_hold_up_the_others(square: Square, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, other = square.comments("Đồ ngu"), square.comments("Đồ ngu", TAM)
    square.webhooks()
    step, first = square.answering._step, square.row(broken).id

    def breaks(task: Task) -> bool:
        if task.comment_id == first:
            raise RuntimeError("ours")
        return step(task)

    monkeypatch.setattr(square.answering, "_step", breaks)
    square.answering.run()
    assert square.on_page(other)["hidden"] and not square.on_page(broken)["hidden"]
    monkeypatch.undo()
    square.works()
    assert square.on_page(broken)["hidden"]
