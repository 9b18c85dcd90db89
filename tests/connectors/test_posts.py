"""What the platforms' answers to posts and articles mean: done, refused, or unclear."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.channel import Account, Found, Health, SendResult
from connectors.facebook.comments import FacebookComments
from connectors.facebook.graph import Graph
from connectors.facebook.posts import FacebookPosts, PagePost, may_schedule
from connectors.http import Answer, HttpClient, MaybeSent, NeverSent
from connectors.zalo.articles import PROCESSING, Article, Paragraph, Quota, ZaloArticles

PAGE, OA = Account("facebook", "1", "t"), Account("zalo", "2", "t")
ARTICLE = Article("Mời họp", "Hội", "Mời họp", "https://a.vn/a.jpg", (Paragraph("Mời họp"),))
NOON = datetime(2026, 11, 24, 5, tzinfo=UTC)


class Http(HttpClient):
    """Answers what it is told; ``calls`` are (method, path)."""

    def __init__(self, *answers: Answer | Exception) -> None:
        super().__init__("http://127.0.0.1:9")
        self.answers, self.calls = list(answers), []

    def call(self, method: str, path: str, **_: Any) -> Answer:
        self.calls.append((method, path))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def told(body: dict[str, Any] | None, status: int = 200) -> Answer:
    return Answer(status, {}, body)


def graph_error(code: int, subcode: int = 0, status: int = 400) -> Answer:
    return told({"error": {"code": code, "error_subcode": subcode}}, status)


def kind(result: SendResult) -> str:
    if result.unknown:
        return "unclear"
    return "done" if result.error is None else "later" if result.error.retryable else "refused"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (told({"id": "1_2"}), "done"),
        (told({}), "unclear"),
        (told(None, 200), "unclear"),
        (told(None, 502), "unclear"),
        (MaybeSent("ReadTimeout"), "unclear"),
        (NeverSent("ConnectTimeout"), "later"),
        (graph_error(1, status=500), "unclear"),
        (graph_error(2, status=500), "unclear"),
        (graph_error(1, 99, 400), "unclear"),
        (graph_error(613), "later"),
        (graph_error(190, 460, 401), "later"),
        (graph_error(100), "refused"),
        (graph_error(200), "refused"),
        (graph_error(368), "refused"),
        (graph_error(506, 1404082), "refused"),
    ],
)
def test_what_an_answer_to_a_post_or_comment_means(answer: Answer | Exception, expected: str) -> None:
    assert kind(FacebookPosts(Graph(Http(answer))).publish(PAGE, PagePost("Mời họp"))) == expected
    assert kind(FacebookComments(Graph(Http(answer))).reply(PAGE, "1_2", "Dạ")) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (told({"success": True}), "done"),
        (graph_error(100, 33), "done"),
        (told({"success": False}), "unclear"),
        (graph_error(200), "refused"),
    ],
)
def test_taking_a_post_away(answer: Answer, expected: str) -> None:
    assert kind(FacebookPosts(Graph(Http(answer))).delete(PAGE, "1_2")) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (told({"error": 0, "data": {"token": "x"}}), "done"),
        (told({"error": "0", "data": {"token": "x"}}), "done"),
        (told({"error": 0, "data": {}}), "unclear"),
        (told(None, 502), "unclear"),
        (MaybeSent("ReadTimeout"), "unclear"),
        (told({"error": -214}), "later"),
        (told({"error": -32}), "later"),
        (told({"error": -216}), "later"),
        (told({"error": -224}), "refused"),
        (told({"error": -201}), "refused"),
    ],
)
def test_what_an_answer_to_an_article_means(answer: Answer | Exception, expected: str) -> None:
    assert kind(ZaloArticles(Http(answer)).create(OA, ARTICLE)) == expected


def test_zalo_is_still_at_it() -> None:
    result = ZaloArticles(Http(told({"error": "-214"}))).verify(OA, "token")
    assert result.error is not None
    assert result.error.code == PROCESSING


def test_at_night_no_broadcast_is_tried() -> None:
    http = Http()
    result = ZaloArticles(http).broadcast(OA, "a1", NOON.replace(hour=16))  # 23:00 in Viet Nam
    assert not http.calls
    assert result.error is not None
    assert result.error.retry_after_s == 7 * 3600 + 300


def test_without_a_token_nothing_is_called() -> None:
    http = Http()
    nobody = Account("facebook", "1", "")
    assert kind(FacebookPosts(Graph(http)).publish(nobody, PagePost("x"))) == "later"
    assert kind(ZaloArticles(http).create(nobody, ARTICLE)) == "later"
    assert not http.calls


@pytest.mark.parametrize(
    ("message", "created", "others", "found"),
    [
        ("Mời  họp\n", "2026-11-24T05:00:10+0000", (), Found.SENT),
        ("Mời họp", "2026-11-24T04:59:00+0000", (), Found.ABSENT),
        ("Khác", "2026-11-24T05:00:10+0000", (), Found.ABSENT),
        ("Mời họp", "2026-11-24T05:00:10+0000", ("1_2",), Found.ABSENT),
    ],
)
def test_finding_a_post(message: str, created: str, others: tuple[str, ...], found: Found) -> None:
    item = {"id": "1_2", "message": message, "created_time": created}
    posts = FacebookPosts(Graph(Http(told({"data": [item]}))))
    since = int(NOON.timestamp() * 1000)
    assert posts.find(PAGE, PagePost("Mời họp"), since, others).found is found


@pytest.mark.parametrize("answer", [told(None, 502), graph_error(190), MaybeSent("x")])
def test_a_list_that_can_not_be_read_says_nothing(answer: Answer | Exception) -> None:
    assert FacebookPosts(Graph(Http(answer))).find(PAGE, PagePost("x"), 0).found is Found.UNCERTAIN
    broken = told({"error": -216}) if isinstance(answer, Answer) else answer
    assert ZaloArticles(Http(broken)).find(OA, ARTICLE, 0).found is Found.UNCERTAIN


def test_the_quota_in_all_its_spellings() -> None:
    told_quota = {"daily_remain": "0", "daily_total": 1, "monthly_remain": "3", "monthly_total": "4"}
    quota = ZaloArticles(Http(told({"error": 0, "data": {"promotion": told_quota}}))).quota(OA, "9")
    assert quota == Quota(0, 1, 3, 4)
    assert isinstance(quota, Quota)
    assert quota.used_up
    nothing = ZaloArticles(Http(told({"error": 0, "data": {}}))).quota(OA, "9")
    assert nothing == Quota()
    assert isinstance(ZaloArticles(Http(told({"error": -224}))).quota(OA, "9"), Health)


@pytest.mark.parametrize(
    ("ahead_s", "may"), [(599, False), (600, True), (30 * 86_400, True), (30 * 86_401, False)]
)
def test_what_facebook_schedules_itself(ahead_s: int, may: bool) -> None:
    assert may_schedule(1000.0 + ahead_s, 1000.0) is may
