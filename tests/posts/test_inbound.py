"""Posts made by hand on a page, through webhooks and the catch-up: each once, to Zalo after approval only."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import requests
from sqlalchemy import select

from bot.images.fetching import NotFetched, Sources
from bot.posts.catching_up import CatchUp
from bot.posts.inbound import Mode, Rule, content_from
from bot.posts.lifecycle import Action, Status
from bot.posts.places import State
from bot.posts.reading import Tab, listed
from bot.store.engine import reading, writing
from bot.store.models import Conversation
from bot.store.models_posts import Comment, PageRule, Post, PostStat
from connectors.facebook.posts import FoundPost
from tests.posts.newsroom import PAGE, Newsroom, a_picture

WORDS = "Hội nghị tổng kết năm\nHội Nông dân xã tổ chức tổng kết công tác năm 2026."


def by_hand(newsroom: Newsroom, message: str = WORDS, **more: object) -> str:
    return str(newsroom.sandbox.api("POST", f"/pages/{PAGE}/posts", message=message, **more)["id"])


def rule(newsroom: Newsroom, mode: Mode, **values: object) -> None:
    with writing(newsroom.engine) as session:
        row = PageRule(account_id=newsroom.page, mode=mode, updated_at=newsroom.clock(), **values)
        session.merge(row)


def posts(newsroom: Newsroom) -> list[Post]:
    with reading(newsroom.engine) as session:
        return list(session.scalars(select(Post).order_by(Post.id)))


def catch_up(newsroom: Newsroom) -> CatchUp:
    return CatchUp(
        newsroom.engine,
        newsroom.feed,
        newsroom.tokens,
        newsroom.clock,
        Sources({}, newsroom.sandbox.base),
        newsroom.facebook.posts,
        newsroom.zalo.articles,
        download,
    )


def download(url: str) -> bytes:
    answer = requests.get(url, timeout=10)
    if answer.status_code != 200:
        raise NotFetched("gone")
    return answer.content


@pytest.mark.parametrize(
    ("mode", "status"), [(Mode.SHOW, Status.NOTED), (Mode.OFFER, Status.OFFERED), (Mode.ASK, Status.ASKED)]
)
def test_a_post_by_hand_follows_the_pages_rule(newsroom: Newsroom, mode: Mode, status: Status) -> None:
    rule(newsroom, mode)
    ref = by_hand(newsroom)
    newsroom.webhooks()
    newsroom.feed.posted(newsroom.page, FoundPost(ref, WORDS, 0))  # told twice
    (post,) = posts(newsroom)
    assert (post.status, post.origin, post.source_ref) == (status, "page", ref)
    content = newsroom.shown(post.id).content
    assert content.title == "Hội nghị tổng kết năm"
    assert [target.account_id for target in content.targets] == [newsroom.oa]
    newsroom.runs()
    assert not newsroom.on_oa()["articles"]


def test_from_the_page_to_zalo_after_approval(newsroom: Newsroom) -> None:
    rule(newsroom, Mode.OFFER)
    by_hand(newsroom)
    newsroom.webhooks()
    (post,) = posts(newsroom)
    newsroom.does(post.id, Action.TAKE_UP, Action.ASK, Action.APPROVE)
    newsroom.runs_out()
    assert len(newsroom.on_oa()["articles"]) == 1
    assert len(newsroom.on_page()) == 1  # nothing new on the page


def test_a_hashtag_decides_if_the_rule_has_one(newsroom: Newsroom) -> None:
    rule(newsroom, Mode.ASK, hashtag="#zalo")
    by_hand(newsroom)
    by_hand(newsroom, f"{WORDS} #Zalo")
    newsroom.webhooks()
    assert [post.status for post in posts(newsroom)] == [Status.NOTED, Status.ASKED]


def test_our_own_posts_are_none(newsroom: Newsroom) -> None:
    newsroom.approved(newsroom.page, pictures=2)
    newsroom.runs_out()
    newsroom.webhooks()
    assert catch_up(newsroom).posts() == 0
    assert len(posts(newsroom)) == 1


def test_our_own_post_whose_webhook_is_early_is_not_taken_for_one_by_hand(newsroom: Newsroom) -> None:
    """The call has no answer yet when the page's feed tells of the post."""
    newsroom.sandbox.fault("timeout_after", platform="facebook", user_id="feed", count=1, ms=1500)
    post = newsroom.approved(newsroom.page)
    run = threading.Thread(target=newsroom.runs)
    run.start()
    while not newsroom.on_page():
        run.join(0.02)
    newsroom.webhooks()
    assert newsroom.place(post, newsroom.page).state is State.PUBLISHED
    run.join()
    newsroom.runs_out()
    assert [post.status for post in posts(newsroom)] == [Status.PUBLISHED]
    assert len(newsroom.on_page()) == 1


def test_edited_and_removed_on_the_page(newsroom: Newsroom) -> None:
    ref = by_hand(newsroom)
    newsroom.webhooks()
    newsroom.sandbox.api("PATCH", f"/pages/posts/{ref}", message=f"{WORDS}\nDời ngày.")
    newsroom.webhooks()
    (post,) = posts(newsroom)
    assert "Dời ngày" in newsroom.shown(post.id).content.text
    newsroom.does(post.id, Action.TAKE_UP)
    newsroom.sandbox.api("PATCH", f"/pages/posts/{ref}", message="Khác hẳn")
    newsroom.webhooks()
    assert "Dời ngày" in newsroom.shown(post.id).content.text  # an editor is at it
    assert newsroom.shown(post.id).source_changed_at is not None
    newsroom.sandbox.api("DELETE", f"/pages/posts/{ref}")
    newsroom.webhooks()
    assert newsroom.shown(post.id).source_removed_at is not None


def test_ours_removed_on_the_page_by_hand(newsroom: Newsroom) -> None:
    post = newsroom.approved(newsroom.page)
    newsroom.runs_out()
    newsroom.webhooks()
    newsroom.sandbox.api("DELETE", f"/pages/posts/{newsroom.on_page()[0]['id']}")
    newsroom.webhooks()
    place = newsroom.place(post, newsroom.page)
    assert place.state is State.WITHDRAWN
    assert "có người đã xóa" in place.reason


def test_the_catch_up_finds_what_a_downtime_hid(newsroom: Newsroom) -> None:
    jobs = catch_up(newsroom)
    by_hand(newsroom, "Từ trước khi nối trang, một bài dài hơn một dòng")
    newsroom.moves(timedelta(hours=3))
    assert jobs.posts() == 0  # what stood there before is not ours to offer
    newsroom.moves(timedelta(hours=8))
    for number in range(3):
        by_hand(newsroom, f"Bài số {number} khi máy chủ tắt")
    newsroom.moves(timedelta(hours=8))
    assert jobs.posts() == 3
    newsroom.webhooks()
    assert jobs.posts() == 0
    assert len([post for post in posts(newsroom) if "Bài số" in newsroom.shown(post.id).content.title]) == 3


def test_webhook_and_catch_up_at_the_same_moment(newsroom_on_both: Newsroom) -> None:
    newsroom = newsroom_on_both
    together = threading.Barrier(6)

    def told() -> None:
        together.wait()
        newsroom.feed.posted(newsroom.page, FoundPost("1_2", WORDS, 0))

    threads = [threading.Thread(target=told) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(posts(newsroom)) == 1


def test_pictures_are_fetched_before_approval_is_asked_for(newsroom: Newsroom) -> None:
    rule(newsroom, Mode.ASK, broadcast=True)
    urls = [
        requests.post(f"{newsroom.sandbox.base}/sandbox/api/media", data=a_picture(n), timeout=10).json()[
            "url"
        ]
        for n in range(2)
    ]
    by_hand(newsroom, pictures=urls)
    newsroom.webhooks()
    assert posts(newsroom)[0].status == Status.OFFERED
    assert catch_up(newsroom).pictures() == 1
    (post,) = posts(newsroom)
    assert (post.status, post.source_pictures) == (Status.ASKED, [])
    content = newsroom.shown(post.id).content
    assert len(content.images) == 2
    assert content.targets[0].broadcast
    assert catch_up(newsroom).pictures() == 0


def test_pictures_that_are_gone_do_not_hold_the_post_up_for_ever(newsroom: Newsroom) -> None:
    rule(newsroom, Mode.ASK)
    by_hand(newsroom, pictures=[f"{newsroom.sandbox.base}/sandbox/media/none"])
    newsroom.webhooks()
    assert catch_up(newsroom).pictures() == 0
    newsroom.moves(timedelta(hours=3))
    assert catch_up(newsroom).pictures() == 1
    assert posts(newsroom)[0].status == Status.ASKED


def test_a_comment_is_somebody_elses_work(newsroom: Newsroom) -> None:
    seen: list[int] = []
    newsroom.feed._on_comment = lambda _event, account_id: seen.append(account_id)
    value = {"item": "comment", "verb": "add", "post_id": "1_2", "comment_id": "2_3", "message": "Hỏi"}
    entry = {"id": PAGE, "time": 1, "changes": [{"field": "feed", "value": {**value, "from": {"id": "9"}}}]}
    newsroom.sandbox.api(
        "POST", "/events/facebook", user_id="9", event={"object": "page", "entry": [entry]}, wait=True
    )
    newsroom.webhooks()
    assert seen == [newsroom.page]
    assert not posts(newsroom)


def test_another_unit_sees_none_of_it(newsroom: Newsroom) -> None:
    by_hand(newsroom)
    newsroom.webhooks()
    with reading(newsroom.engine) as session:
        assert len(listed(session, newsroom.editor, Tab.OFFERED)) == 1
        stranger = type(newsroom.editor)(9, newsroom.unit + 1)
        assert not listed(session, stranger, Tab.OFFERED)


@pytest.mark.parametrize(
    ("message", "title", "text"),
    [
        ("Tiêu đề\nThân bài", "Tiêu đề", "Thân bài"),
        ("Chỉ một dòng", "Chỉ một dòng", "Chỉ một dòng"),
        ("dài " * 60 + "\nthân", "dài " * 21 + "dài…", None),
        ("", "", ""),
    ],
)
def test_title_and_text(message: str, title: str, text: str | None) -> None:
    content = content_from(FoundPost("1", message, 0), Rule())
    assert content.title == title
    assert text is None or content.text == text


def test_figures_and_quotas(newsroom: Newsroom) -> None:
    post = newsroom.approved(broadcast=True)
    newsroom.runs_out()
    newsroom.sandbox.api(
        "PATCH", f"/pages/posts/{newsroom.on_page()[0]['id']}", views=300, reactions=7, shares=2
    )
    newsroom.sandbox.api("PATCH", f"/oas/articles/{newsroom.on_oa()['articles'][0]['id']}", views=40)
    newsroom.sandbox.says("zalo", "84901", "chào")
    with writing(newsroom.engine) as session:
        now = newsroom.clock()
        session.add(Conversation(account_id=newsroom.oa, user_ref="84901", created_at=now, updated_at=now))
    jobs = catch_up(newsroom)
    assert jobs.figures() == 2
    assert jobs.figures() == 2
    assert jobs.quotas() == 1
    with reading(newsroom.engine) as session:
        page, oa = session.scalars(select(PostStat).order_by(PostStat.publication_id)).all()
        assert (page.reach, page.views, page.reactions, page.shares, page.comments) == (200, 300, 7, 2, 0)
        assert (oa.views, oa.reach) == (40, None)
        assert session.scalars(select(Comment)).all() == []
    assert newsroom.shown(post).standing.status is Status.PUBLISHED
