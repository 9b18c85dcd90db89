"""Logs tell where something failed, never what a resident said."""

from __future__ import annotations

from bot.logs import trace_without_words


def test_an_exception_is_told_by_its_type_and_place_alone() -> None:
    try:
        raise ValueError("lời của người dân")
    except ValueError:
        told = trace_without_words(None, "exception", {"event": "x.failed", "exc_info": True})
    assert told["exception"] == "ValueError"
    assert "test_logs.py" in told["trace"][0]
    assert "người dân" not in str(told)
