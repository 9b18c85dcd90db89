"""Publishing through the stand-ins, and what may go wrong: one post per target in the end, nothing lost."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot.posts.lifecycle import Action, Status
from bot.posts.places import State, Wanted
from bot.posts.publishing import UNCLEAR_BROADCAST
from bot.store.engine import reading
from bot.store.models_posts import PostEvent, Publication
from tests.posts.newsroom import PAGE, PAGE2, Newsroom


def test_written_approved_published_on_both(newsroom_on_both: Newsroom) -> None:
    newsroom = newsroom_on_both
    post = newsroom.approved(pictures=3, broadcast=True, link="https://xuandinh.dongnai.gov.vn/tin")
    assert not newsroom.on_page()
    newsroom.runs_out()
    (shown,) = newsroom.on_page()
    assert len(shown["photos"]) == 3
    assert shown["message"].startswith("Mời họp chi hội\n\nHọp lúc 8 giờ.")
    assert "https://xuandinh.dongnai.gov.vn/tin" in shown["message"]
    oa = newsroom.on_oa()
    (article,) = oa["articles"]
    assert article["body"]["title"] == "Mời họp chi hội"
    assert len(oa["broadcasts"]) == 1
    assert newsroom.shown(post).standing.status is Status.PUBLISHED
    assert newsroom.place(post, newsroom.page).link == f"https://www.facebook.com/{shown['id']}"
    assert newsroom.place(post, newsroom.oa).link
    assert [line.action for line in newsroom.shown(post).story].count("published") == 2


def test_scheduled_goes_out_at_its_time(newsroom: Newsroom) -> None:
    post = newsroom.approved(scheduled_at=newsroom.clock() + timedelta(hours=3))
    newsroom.runs()
    assert newsroom.shown(post).standing.status is Status.SCHEDULED
    assert not newsroom.on_page()
    newsroom.moves(timedelta(hours=3, seconds=1))
    newsroom.runs_out()
    assert newsroom.shown(post).standing.status is Status.PUBLISHED
    assert len(newsroom.on_page()) == 1


def test_a_time_out_after_facebook_has_published(newsroom: Newsroom) -> None:
    newsroom.sandbox.fault("timeout_after", platform="facebook", user_id="feed", count=1, ms=50)
    post = newsroom.approved(newsroom.page, pictures=2)
    newsroom.runs()
    assert newsroom.place(post, newsroom.page).state is State.UNKNOWN
    newsroom.runs_out()
    (shown,) = newsroom.on_page()
    assert newsroom.place(post, newsroom.page).state is State.PUBLISHED
    assert newsroom.place(post, newsroom.page).link.endswith(shown["id"])


def test_a_time_out_before_facebook_has_published(newsroom: Newsroom) -> None:
    newsroom.sandbox.fault("drop_before", platform="facebook", user_id="feed", count=1)
    post = newsroom.approved(newsroom.page)
    newsroom.runs_out()
    assert len(newsroom.on_page()) == 1
    assert "not_there" in [line.action for line in newsroom.shown(post).story]


def test_another_post_that_says_the_same_is_not_taken_for_ours(newsroom: Newsroom) -> None:
    first = newsroom.approved()
    newsroom.runs_out()
    second = newsroom.approved()
    for scope, platform in (("feed", "facebook"), ("create", "zalo")):
        newsroom.sandbox.fault("drop_before", platform=platform, user_id=scope, count=1)
    newsroom.runs_out()
    assert len(newsroom.on_page()) == 2
    assert len(newsroom.on_oa()["articles"]) == 2
    for account in (newsroom.page, newsroom.oa):
        assert newsroom.place(first, account).link != newsroom.place(second, account).link


def test_facebook_answers_an_error_after_it_has_published(newsroom: Newsroom) -> None:
    newsroom.sandbox.fault("error_after", platform="facebook", user_id="feed", count=1)
    newsroom.approved(newsroom.page)
    newsroom.runs_out()
    assert len(newsroom.on_page()) == 1


def test_the_webhook_settles_what_is_unclear(newsroom: Newsroom) -> None:
    newsroom.sandbox.fault("timeout_after", platform="facebook", user_id="feed", count=1, ms=50)
    post = newsroom.approved(newsroom.page)
    newsroom.runs()
    newsroom.webhooks()
    assert newsroom.place(post, newsroom.page).state is State.PUBLISHED
    newsroom.runs_out()
    assert len(newsroom.on_page()) == 1
    assert not newsroom.act(post, Action.WITHDRAW)
    newsroom.runs_out()
    assert not newsroom.on_page()


def test_a_page_that_can_not_be_read_leaves_it_to_a_person(newsroom: Newsroom) -> None:
    newsroom.sandbox.fault("timeout_after", platform="facebook", user_id="feed", count=1, ms=50)
    post = newsroom.approved(newsroom.page)
    newsroom.runs()
    fault = newsroom.sandbox.fault("token_expired", platform="facebook", user_id=PAGE)
    newsroom.runs_out()
    place = newsroom.place(post, newsroom.page)
    assert (place.state, place.failed) == (State.FAILED, Wanted.PUBLISH)
    assert "Gửi lại" in place.reason
    assert newsroom.shown(post).standing.status is Status.FAILED
    newsroom.sandbox.http.delete(f"{newsroom.sandbox.base}/sandbox/api/faults/{fault['id']}")
    newsroom.does(post, Action.RETRY)
    newsroom.runs_out()
    assert len(newsroom.on_page()) == 1
    assert newsroom.place(post, newsroom.page).state is State.PUBLISHED


def test_the_token_dies_half_way_through_several_pages(newsroom: Newsroom) -> None:
    newsroom.sandbox.fault("token_expired", platform="facebook", user_id=PAGE2)
    post = newsroom.approved(newsroom.page, newsroom.page2, newsroom.oa, pictures=2)
    newsroom.runs()
    newsroom.moves(timedelta(minutes=5))
    newsroom.runs()
    assert newsroom.states(post) == {
        newsroom.page: "published",
        newsroom.page2: "waiting",
        newsroom.oa: "published",
    }
    assert newsroom.tokens.refusals == [newsroom.page2]
    assert "mất kết nối" in newsroom.place(post, newsroom.page2).reason
    newsroom.sandbox.api("DELETE", "/faults")
    newsroom.tokens.frozen.clear()  # somebody has connected the page again
    newsroom.runs_out()
    assert len(newsroom.on_page(PAGE)) == len(newsroom.on_page(PAGE2)) == 1
    assert newsroom.shown(post).standing.status is Status.PUBLISHED


def test_the_token_dies_between_photos_and_post(newsroom: Newsroom) -> None:
    newsroom.sandbox.fault("error_code", platform="facebook", user_id="feed", code=190, subcode=460, count=1)
    post = newsroom.approved(newsroom.page, pictures=3)
    newsroom.runs()
    assert newsroom.tokens.frozen == {newsroom.page}
    newsroom.tokens.frozen.clear()
    newsroom.runs_out()
    with reading(newsroom.engine) as session:
        work = session.scalars(select(Publication.work).where(Publication.post_id == post)).one()
    (shown,) = newsroom.on_page()
    assert sorted(shown["photos"]) == sorted(work["photos"].values())


def test_photos_that_lapsed_are_uploaded_anew(newsroom: Newsroom) -> None:
    newsroom.sandbox.fault("error_code", platform="facebook", user_id="feed", code=100, count=1)
    newsroom.approved(newsroom.page, pictures=2)
    newsroom.runs_out()
    (shown,) = newsroom.on_page()
    assert len(shown["photos"]) == 2


def test_a_link_that_facebook_can_not_read_goes_into_the_words(newsroom: Newsroom) -> None:
    newsroom.sandbox.fault("error_code", platform="facebook", user_id="feed", code=1609005, count=1)
    newsroom.approved(newsroom.page, link="https://xuandinh.dongnai.gov.vn/tin")
    newsroom.runs_out()
    (shown,) = newsroom.on_page()
    assert not shown["link"]
    assert shown["message"].endswith("https://xuandinh.dongnai.gov.vn/tin")


def test_facebook_says_that_it_was_posted_already(newsroom: Newsroom) -> None:
    newsroom.sandbox.fault(
        "error_code", platform="facebook", user_id="feed", code=506, subcode=1404082, count=1
    )
    newsroom.approved(newsroom.page)
    newsroom.runs_out()
    assert len(newsroom.on_page()) == 1  # it was not: the look said so


def test_one_that_breaks_does_not_hold_up_the_others(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = newsroom.approved(newsroom.page, title="Hỏng")
    other = newsroom.approved(newsroom.page2)
    step = newsroom.publisher._step

    def breaks(task_id: int) -> bool:
        if task_id == 1:
            raise RuntimeError("ours")
        return step(task_id)

    monkeypatch.setattr(newsroom.publisher, "_step", breaks)
    newsroom.runs()
    assert newsroom.shown(other).standing.status is Status.PUBLISHED
    assert "sẽ thử lại" in newsroom.place(broken, newsroom.page).reason
    monkeypatch.undo()
    newsroom.runs_out()
    assert newsroom.shown(broken).standing.status is Status.PUBLISHED


def test_a_channel_that_is_switched_off_waits_and_holds_up_nobody(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    off = newsroom.approved(newsroom.oa)
    monkeypatch.delitem(newsroom.publisher._platforms, "zalo")  # type: ignore[misc]
    newsroom.runs()
    assert "mất kết nối" in newsroom.place(off, newsroom.oa).reason
    assert newsroom.publisher._jobs.due(newsroom.clock()) == []
    monkeypatch.undo()
    newsroom.runs_out()
    assert newsroom.shown(off).standing.status is Status.PUBLISHED


def test_what_facebook_refuses_is_told_and_tried_again_on_request(newsroom: Newsroom) -> None:
    newsroom.sandbox.fault("error_code", platform="facebook", user_id="feed", code=368, count=1)
    post = newsroom.approved()
    newsroom.runs_out()
    place = newsroom.place(post, newsroom.page)
    assert place.state is State.FAILED
    assert "Facebook tạm chặn" in place.reason
    assert newsroom.place(post, newsroom.oa).state is State.PUBLISHED
    assert newsroom.shown(post).standing.status is Status.FAILED
    newsroom.does(post, Action.RETRY, account_id=newsroom.page)
    newsroom.runs_out()
    assert newsroom.shown(post).standing.status is Status.PUBLISHED


def test_zalo_takes_long_to_verify(newsroom: Newsroom) -> None:
    newsroom.sandbox.fault("processing", platform="zalo", user_id="create", ms=15 * 60_000, count=1)
    post = newsroom.approved(newsroom.oa)
    newsroom.runs()
    place = newsroom.place(post, newsroom.oa)
    assert place.state is State.PUBLISHING
    assert "đang xử lý" in place.reason
    newsroom.runs_out()
    oa = newsroom.on_oa()
    assert (oa["made"], len(oa["articles"])) == (1, 1)
    assert newsroom.place(post, newsroom.oa).state is State.PUBLISHED


@pytest.mark.parametrize("processing_ms", [0, 60_000])
def test_a_time_out_after_zalo_has_made_the_article(newsroom: Newsroom, processing_ms: int) -> None:
    """Not even if Zalo lists it only a minute later."""
    newsroom.sandbox.fault("processing", platform="zalo", user_id="create", ms=processing_ms, count=1)
    newsroom.sandbox.fault("timeout_after", platform="zalo", user_id="create", count=1, ms=50)
    post = newsroom.approved(newsroom.oa)
    newsroom.runs_out()
    oa = newsroom.on_oa()
    assert (oa["made"], len(oa["articles"])) == (1, 1)
    assert newsroom.place(post, newsroom.oa).state is State.PUBLISHED


def test_a_broadcast_without_an_answer_is_never_sent_again_on_a_guess(newsroom: Newsroom) -> None:
    newsroom.sandbox.fault("timeout_after", platform="zalo", user_id="broadcast", count=1, ms=50)
    post = newsroom.approved(newsroom.oa, broadcast=True)
    newsroom.runs_out()
    place = newsroom.place(post, newsroom.oa)
    assert (place.state, place.failed, place.reason) == (State.PUBLISHED, Wanted.BROADCAST, UNCLEAR_BROADCAST)
    assert len(newsroom.on_oa()["broadcasts"]) == 1


def test_a_broadcast_waits_for_the_morning_and_for_its_quota(newsroom: Newsroom) -> None:
    newsroom.moves(timedelta(hours=13, minutes=30))  # half past ten at night
    first = newsroom.approved(newsroom.oa, broadcast=True)
    second = newsroom.approved(newsroom.oa, broadcast=True, title="Bài thứ hai")
    newsroom.runs()
    assert newsroom.shown(first).standing.status is Status.PUBLISHED
    assert "06:00" in newsroom.place(first, newsroom.oa).reason
    newsroom.moves(timedelta(hours=8))
    newsroom.runs()
    assert len(newsroom.on_oa()["broadcasts"]) == 1
    reasons = [newsroom.place(post, newsroom.oa).reason for post in (first, second)]
    assert sorted("hạn mức" in reason for reason in reasons) == [False, True]
    newsroom.runs_out()
    assert len({sent["day"] for sent in newsroom.on_oa()["broadcasts"]}) == 2


def test_withdrawn_while_zalo_is_at_it(newsroom: Newsroom) -> None:
    newsroom.sandbox.fault("processing", platform="zalo", user_id="create", ms=120_000, count=1)
    post = newsroom.approved(newsroom.oa, broadcast=True)
    newsroom.runs()
    newsroom.does(post, Action.WITHDRAW)
    newsroom.runs_out()
    oa = newsroom.on_oa()
    assert (oa["made"], oa["articles"], oa["broadcasts"]) == (1, [], [])
    assert newsroom.shown(post).standing.status is Status.WITHDRAWN


def test_approved_twice_at_the_same_moment(newsroom_on_both: Newsroom) -> None:
    newsroom = newsroom_on_both
    post = newsroom.written(newsroom.page, newsroom.page2, newsroom.oa)
    newsroom.does(post, Action.ASK)
    together, answers = threading.Barrier(4), []

    def approve() -> None:
        together.wait()
        answers.append(newsroom.act(post, Action.APPROVE, version=1))

    threads = [threading.Thread(target=approve) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count(None) == 1
    workers = [newsroom.another_publisher() for _ in range(3)]
    threads = [threading.Thread(target=worker.run) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    newsroom.runs_out()
    assert len(newsroom.on_page(PAGE)) == len(newsroom.on_page(PAGE2)) == 1
    assert newsroom.on_oa()["made"] == 1
    with reading(newsroom.engine) as session:
        assert session.scalar(select(func.count()).select_from(Publication)) == 3
        approvals = select(func.count()).where(PostEvent.action == "approve")
        assert session.scalar(approvals) == 1


def test_edited_afterwards_and_withdrawn(newsroom_on_both: Newsroom) -> None:
    newsroom = newsroom_on_both
    post = newsroom.approved(newsroom.page, newsroom.oa, broadcast=True)
    newsroom.runs_out()
    content = replace(newsroom.shown(post).content, text="Dời sang 9 giờ.")
    newsroom.does(post, Action.SAVE, content=content)
    newsroom.runs_out()
    assert "8 giờ" in newsroom.on_page()[0]["message"]  # not approved yet
    newsroom.does(post, Action.ASK, Action.APPROVE)
    newsroom.runs_out()
    assert "9 giờ" in newsroom.on_page()[0]["message"]
    oa = newsroom.on_oa()
    assert "9 giờ" in str(oa["articles"][0]["body"])
    assert (oa["made"], len(oa["broadcasts"])) == (1, 1)
    newsroom.does(post, Action.WITHDRAW)
    newsroom.runs_out()
    assert newsroom.shown(post).standing.status is Status.WITHDRAWN
    assert not newsroom.on_page()
    assert not newsroom.on_oa()["articles"]
    newsroom.does(post, Action.TAKE_UP, Action.ASK, Action.APPROVE)
    newsroom.runs_out()
    assert len(newsroom.on_page()) == 1


def test_a_withdrawal_without_an_answer_is_done_again(newsroom: Newsroom) -> None:
    post = newsroom.approved()
    newsroom.runs_out()
    newsroom.sandbox.fault("timeout_after", platform="facebook", user_id="delete", count=1, ms=50)
    newsroom.sandbox.fault("timeout_after", platform="zalo", user_id="remove", count=1, ms=50)
    newsroom.does(post, Action.WITHDRAW)
    newsroom.runs_out()
    assert newsroom.states(post) == {newsroom.page: "withdrawn", newsroom.oa: "withdrawn"}


def test_a_worker_that_was_cut_off_is_waited_for_and_looked_after(newsroom_on_both: Newsroom) -> None:
    """``publishing`` stands in the database, its worker is gone: the post may be out."""
    newsroom = newsroom_on_both
    post = newsroom.approved(newsroom.page)
    publisher = newsroom.publisher
    jobs = publisher._jobs  # the claim alone, as a worker that dies right after its call leaves it
    task = jobs.read(jobs.due(newsroom.clock())[0])
    assert task is not None
    now = newsroom.clock()
    assert jobs.claim(task, "feed", now, now + timedelta(seconds=90)) is not None
    newsroom.facebook.posts.publish(
        newsroom.tokens.known[newsroom.page],
        publisher._platforms["facebook"]._post(publisher._material(task), {}),  # type: ignore[attr-defined]
    )
    newsroom.runs()
    assert newsroom.place(post, newsroom.page).state is State.PUBLISHING
    newsroom.runs_out()
    assert newsroom.place(post, newsroom.page).state is State.PUBLISHED
    assert len(newsroom.on_page()) == 1
