"""Ids, numbers and times out of JSON that nobody vouches for."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.payload import digest, epoch_ms, identifier, load_object, number


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("123", "123"),
        (1234567890123456789, "1234567890123456789"),
        (" 7 ", "7"),
        (0, "0"),
        (True, ""),
        (1.5, ""),
        (None, ""),
        ([], ""),
        ({}, ""),
        ("a\nb", ""),
        ("a\x00", ""),
        ("9" * 128, "9" * 128),
        ("9" * 129, ""),
        ("\ud800", ""),
    ],
)
def test_identifier(value: Any, text: str) -> None:
    assert identifier(value) == text


@pytest.mark.parametrize(
    ("value", "ms"),
    [
        (1795500000000, 1795500000000),
        ("1795500000000", 1795500000000),
        (1795500000, 1795500000000),
        ("1795500000", 1795500000000),
        (154390853474, 154390853474),
        (1795500000.25, 1795500000250),
        (0, 0),
        (-5, 0),
        (True, 0),
        (None, 0),
        ("x", 0),
        ("", 0),
        ({}, 0),
        (10**15, 0),
        (10**400, 0),
        (float("inf"), 0),
        ("nan", 0),
    ],
)
def test_epoch_ms(value: Any, ms: int) -> None:
    assert epoch_ms(value) == ms


@pytest.mark.parametrize(
    ("value", "result"), [("10.5", 10.5), (3, 3.0), ("nan", None), ("inf", None), (False, None), ([1], None)]
)
def test_number(value: Any, result: float | None) -> None:
    assert number(value) == result


def test_digest_is_the_same_for_the_same_content() -> None:
    assert digest({"a": 1, "b": [2]}) == digest({"b": [2], "a": 1})
    assert digest({"a": 1}) != digest({"a": 2})
    assert digest("\ud800")


def test_byte_order_mark_is_ignored() -> None:
    assert load_object(b'\xef\xbb\xbf{"a":1}') == {"a": 1}
