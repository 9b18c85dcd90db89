"""Properties of the text helpers."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.knowledge.pages import AIM, HARD, Block, paginate
from bot.knowledge.text import clean, clean_line, sentences, slugify
from bot.knowledge.wording import money, plain, without_label

words = st.text(alphabet="abcđêờị .,;!?\n1", max_size=3000)


@given(st.text())
def test_clean_is_stable(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert unicodedata.normalize("NFC", once) == once
    assert "\n" not in clean_line(text)


@given(words)
def test_sentences_lose_nothing(text: str) -> None:
    assert " ".join(sentences(text)).split() == text.split()


@given(st.text(max_size=300), st.integers(10, 80))
def test_slugs_are_safe_file_names(text: str, limit: int) -> None:
    slug = slugify(text, limit)
    assert 0 < len(slug) <= limit
    assert slug.isascii() and all(c.isalnum() or c == "-" for c in slug)


@given(st.lists(st.tuples(words.filter(str.strip), st.booleans()), min_size=1, max_size=12))
def test_pages_hold_every_word_once_and_in_order(parts: list[tuple[str, bool]]) -> None:
    blocks = [Block(text.strip(), heading=heading) for text, heading in parts]
    pages = paginate(blocks, "Đầu:", "Tiếp:", "Nguồn.")
    told = [word for page in pages for line in page.split("\n")[1:-1] for word in line.split()]
    assert told == [word for block in blocks for word in block.text.split()]
    assert pages[0].startswith("Đầu:\n")
    assert all(page.startswith("Tiếp:\n") for page in pages[1:])
    long_word = max((len(word) for block in blocks for word in block.text.split()), default=0)
    if long_word < AIM / 2:
        assert all(len(page) <= HARD for page in pages)


def test_a_heading_does_not_stay_alone_at_the_foot() -> None:
    blocks = [Block("a " * 400), Block("Tiêu đề:", heading=True), Block("b " * 300)]
    first, second = paginate(blocks, "Đ", "T", "N")
    assert "Tiêu đề:" not in first and "Tiêu đề:" in second


@pytest.mark.parametrize(
    ("long", "short"),
    [
        ("Mẫu CT01 ban hành kèm theo Thông tư số 53/2025/TT-BCA", "Mẫu CT01, Thông tư 53/2025/TT-BCA"),
        ("Ủy ban nhân dân cấp xã", "UBND cấp xã"),
        ("theo Luật Đất đai và theo quy định của pháp luật về đất đai", None),
        ("bản sao (sau đây gọi là bản sao) được nộp theo quy định của pháp luật.", "Bản sao được nộp."),
        ("hồ sơ theo quy định của pháp luật hộ tịch", None),
        ("b) đối với người tham gia", "b) đối với người tham gia"),
        ("NLĐ nộp cho đơn vị SDLĐ", "Người lao động nộp cho đơn vị sử dụng lao động"),
    ],
)
def test_plain_words(long: str, short: str | None) -> None:
    assert plain(long) == (short or long[:1].upper() + long[1:])


def test_money_and_labels() -> None:
    assert money(4_500_000) == "4.500.000 đồng"
    assert money(10, "USD") == "10 USD"
    assert without_label("(1.7) Đối với nhà ở riêng lẻ:") == "Đối với nhà ở riêng lẻ"
    assert without_label("a) Đối với hộ gia đình") == "Đối với hộ gia đình"
    assert without_label("Đăng ký theo danh sách, hồ sơ gồm") == "Đăng ký theo danh sách"
    assert without_label("Cấp xã") == "Cấp xã"
