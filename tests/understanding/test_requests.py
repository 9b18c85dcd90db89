"""What a long story comes to: the request at its end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.understanding.folding import fold, normalise, tokens
from bot.understanding.requests import LONG, request_of

STORY = "chồng em mất hồi tháng ba giấy tờ cháy hết, giờ em muốn làm lại giấy khai sinh"


def _request(text: str) -> str | None:
    return request_of(text, tokens(text))


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        (STORY, "muốn làm lại giấy khai sinh"),  # the last turn
        ("nhà em ở quê ra đây làm thuê mấy năm rồi chưa đăng ký gì hết. tạm trú cần gì", "tạm trú cần gì"),
        ("khai sinh cần gì, giờ làm ở đâu", None),  # no story
        ("một hai ba bốn năm sáu bảy tám chín mười mười một mười hai", None),  # no turn
        ("", None),
    ],
)
def test_requests(text: str, request_: str | None) -> None:
    assert _request(text) == request_
    folded = _request(fold(text))
    assert folded == (fold(request_) if request_ else None)


def test_a_request_is_no_mere_word_or_two() -> None:
    request = _request("ba em mất năm ngoái mà nhà cửa giấy tờ chưa sang tên cho ai hết, cảm ơn")
    assert request is None or len(request.split()) >= 3


@given(st.text(max_size=300))
def test_a_request_is_the_end_of_the_text(text: str) -> None:
    text = normalise(text)
    found = _request(text)
    if found is not None:
        assert text.endswith(found) and len(tokens(text)) >= LONG
        assert len(tokens(found)) < len(tokens(text))
