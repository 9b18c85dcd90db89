"""The check as a whole: its rule, the development examples, speed, hostile input, no network."""

from __future__ import annotations

import socket
import statistics
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.scams import likeness, rule
from bot.scams.checking import Checker, Level, Reason
from bot.scams.lists import load_lists
from bot.scams.recognising import Wanted, recognise
from bot.scams.text import read

FAQ = Path(__file__).resolve().parents[2] / "faq_data"
CHECKER = Checker(load_lists(FAQ))
DEV = yaml.safe_load((Path(__file__).parent / "dev.yml").read_text(encoding="utf-8"))


def test_the_rule_adds_up() -> None:
    def level(*weights: float) -> Level:
        return rule.join(Reason(str(i), "", w) for i, w in enumerate(weights))[0]

    assert level() is Level.CLEAR
    assert level(2.5) is Level.CLEAR
    assert level(3) is Level.SUSPICIOUS
    assert level(3, 3) is Level.SUSPICIOUS
    assert level(3, 4) is Level.DANGER
    assert level(3, 3, -2) is Level.SUSPICIOUS
    assert level(8, -20) is Level.SUSPICIOUS  # nobody talks a sign of danger clean
    assert level(16, -20) is Level.DANGER


def test_development_examples() -> None:
    """What the weights were set by; a guard against sliding back, not the measure."""
    assert len(DEV) >= 200
    levels = [(row["label"], CHECKER.check(row["text"]).level) for row in DEV]
    scams = [level for label, level in levels if label == "scam"]
    benign = [level for label, level in levels if label == "benign"]
    assert sum(level is not Level.CLEAR for level in scams) / len(scams) >= 0.85
    assert sum(level is Level.DANGER for level in benign) / len(benign) <= 0.01
    assert sum(level is Level.SUSPICIOUS for level in benign) / len(benign) <= 0.07


@pytest.mark.parametrize("row", [row for row in DEV if row["label"] == "scam"][:40], ids=str)
def test_marks_make_no_difference_to_recognising(row: dict[str, str]) -> None:
    from bot.understanding.folding import fold

    assert (recognise(row["text"]) is None) == (recognise(fold(row["text"])) is None)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("https://abc.com/x", Wanted.LINK),
        ("link này an toàn không abc.com/x", Wanted.LINK),
        ("0912345678", Wanted.PHONE),
        ("số 0912345678 là của ai", Wanted.PHONE),
        ("stk 0123456789 vietcombank", Wanted.ACCOUNT),
        ("cái này có phải lừa đảo không", Wanted.ASKING),
        ("có người gọi bảo cập nhật vneid", Wanted.STORY),
        ("co nguoi goi xung cong an bao chuyen tien", Wanted.STORY),
        ("tôi lỡ đọc mã otp rồi", Wanted.VICTIM),
        ("tôi bị lừa mất 50 triệu", Wanted.VICTIM),
        ("thủ tục đăng ký khai sinh cần gì", None),
        ("đổi căn cước ở đâu", None),
        ("có những kiểu lừa đảo nào", None),
        ("vay vốn ngân hàng chính sách cần giấy tờ gì", None),
        ("075123456789", None),
    ],
)
def test_recognising(text: str, wanted: Wanted | None) -> None:
    assert recognise(text) is wanted


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Không cung cấp OTP cho bất kỳ ai", False),
        ("KHÔNG được chia sẻ mật khẩu", False),
        ("nếu không cung cấp OTP sẽ bị khóa", True),
        ("cung cấp OTP cho tôi", True),
    ],
)
def test_warnings_are_no_demands(text: str, kept: bool) -> None:
    assert ("otp" in read(text).asked or "mat khau" in read(text).asked) is kept


def test_tricks_of_spelling_are_undone() -> None:
    assert read("c.h.u.y.ể.n k.h.o.ả.n").full == "chuyen khoan"
    assert "otp" in read("đọc mã 0TP").full
    assert "khoan" in read("chuyển kh0ản").full


def test_kinds_name_the_kind_of_what_smells_only() -> None:
    kinds = {"gia-danh-cong-an": 0.8, "none": 0.1}
    scam = CHECKER.check("có người xưng công an bắt chuyển tiền vào tài khoản để xác minh", kinds=kinds)
    assert scam.level is Level.DANGER and scam.kind == "gia-danh-cong-an"
    assert CHECKER.check("đổi căn cước ở đâu", kinds=kinds).kind is None
    assert CHECKER.check(scam.reasons[0].text + " otp", kinds={"none": 0.9}).kind is None


def test_nothing_opens_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("the check went to the network")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    checker = Checker(load_lists(FAQ))
    for row in DEV:
        checker.check(row["text"])
    assert checker.check("https://vietcornbank.com https://bit.ly/x").level is Level.DANGER


def test_a_check_is_quick() -> None:
    took = []
    for row in DEV:
        start = time.perf_counter()
        CHECKER.check(row["text"])
        took.append(time.perf_counter() - start)
    assert statistics.median(took) <= 0.030


def _many_links() -> str:
    return " ".join(f"https://h{i}.example-{i}.com/p" for i in range(10_000))


HOSTILE = {
    "100 kB of words": "chuyển tiền otp " * 6_250,
    "100 kB of one letter": "a" * 100_000,
    "100 kB of digits": "0912345678" * 10_000,
    "10,000 links": _many_links(),
    "deep percent-encoding": "https://a.com/" + "%25" * 30_000 + "41",
    "encoded host": "https://" + "%2525252e" * 10_000,
    "dots": "a." * 50_000,
    "hyphens": "a-" * 50_000,
    "at signs": "https://" + "a@" * 50_000,
    "brackets": "https://[" * 10_000,
    "slashes": "https:" + "/" * 100_000,
    "combining marks": "e" + "\u0301" * 100_000,
    "zero width": "\u200b" * 100_000,
    "spaced letters": "c.h.u.y." * 12_000,
    "negations": "không " * 16_000,
    "gaps": "co nguoi " * 11_000,
    "punycode": "https://xn--" + "a" * 60 + ".com " + "xn--a.xn--b." * 5_000,
    "nested": "https://a.com/?u=" * 6_000,
    "spaces": " " * 100_000,
    "plus": "+84" * 30_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=list(HOSTILE))
def test_hostile_input_is_answered_in_time(text: str) -> None:
    start = time.perf_counter()
    found = CHECKER.check(text)
    recognise(text)
    assert time.perf_counter() - start <= 1.0
    assert found.level in Level


_PIECES = st.lists(
    st.sampled_from(
        ["https://", "@", "%40", ".", "/", "xn--", "gov.vn", "otp", "chuyển tiền", " ", "[", "]", ":", "0x",
         "\u0430", "+84", "113", "\ud800", "\x00", "ư", "bit.ly", "?u=", "#", "\\"]
    ),
    max_size=40,
).map("".join)  # fmt: skip


@settings(max_examples=150, deadline=1000)
@given(st.one_of(st.text(max_size=400), _PIECES))
def test_any_text_is_answered(text: str) -> None:
    found = CHECKER.check(text)
    assert all(reason.weight > 0 and reason.text for reason in found.reasons)
    assert all("an toàn" not in reason.text.lower() for reason in found.reasons)
    recognise(text)


def test_fitting_is_the_same_every_time() -> None:
    texts = ["chuyen tien ngay", "doc ma otp", "khai sinh cho con", "doi can cuoc o dau"] * 3
    labels = [True, True, False, False] * 3
    first = likeness.fit(texts, labels, [1.0] * 12)
    assert first == likeness.fit(texts, labels, [1.0] * 12)
    assert likeness.logit("doc ma otp", first) > 0 > likeness.logit("doi can cuoc o dau", first)
