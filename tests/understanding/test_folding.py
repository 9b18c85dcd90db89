"""Folding: the same words however a message is typed."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.understanding.folding import MAX_CHARS, fold, normalise, tokens, words

VIETNAMESE = "aăâbcdđeêghiklmnoôơpqrstuưvxyàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ"
WRITTEN = st.text(alphabet=VIETNAMESE + VIETNAMESE.upper() + " 0123456789?!.,/-", max_size=80)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Làm giấy KS cho bé cần j", "lam giay khai sinh cho be can gi"),
        ("lam giay ks cho be can j", "lam giay khai sinh cho be can gi"),
        ("Đăng ký", "dang ky"),
        ("Ðăng kí", "dang ky"),  # the letter eth, a common mistype
        ("𝐓𝐡ủ tục", "thu tuc"),
        ("bao nhiêu tiềnnnnn", "bao nhieu tien"),
        ("1.001193 ngày 30/4", "1.001193 ngay 30/4"),
        ("100000 đồng", "100000 dong"),
        ("👋 chào 👋", "chao"),
        ("khaisinh", "khai sinh"),
        ("fí bn tiền z", "phi bao nhieu tien vay"),
    ],
)
def test_words(typed: str, meant: str) -> None:
    assert " ".join(words(typed)) == meant


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("  / /dang_ky{}", "dang_ky{}"),
        ("a\u200bb\x00c", "ab c"),
        ("a\r\n\tb", "a b"),
        ("", ""),
        (" / ", ""),
        ("x" * 5000, "x" * MAX_CHARS),
    ],
)
def test_normalise(typed: str, normal: str) -> None:
    assert normalise(typed) == normal


@given(WRITTEN)
def test_a_sentence_and_its_bare_twin_are_the_same(text: str) -> None:
    assert words(text) == words(fold(text))
    assert words(text) == words(unicodedata.normalize("NFD", text))
    assert words(text) == words(text.upper())


@given(st.text(max_size=300))
def test_normalise_and_fold_are_idempotent_and_never_raise(text: str) -> None:
    normal = normalise(text)
    assert normalise(normal) == normal
    assert len(normal) <= MAX_CHARS
    assert not normal.startswith("/")
    assert fold(fold(normal)) == fold(normal)


@given(st.text(max_size=120))
def test_tokens_lie_in_the_text_in_order(text: str) -> None:
    normal = normalise(text)
    end = 0
    for token in tokens(normal):
        assert end <= token.start < token.end <= len(normal)
        assert token.words
        end = token.end
