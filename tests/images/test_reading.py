"""Pictures read in the child process: codes, words, and what is made to break a reader."""

from __future__ import annotations

import io
import random
import time

import pytest
from PIL import Image

from bot.dialogue.types import Seen
from bot.images import child, reading
from bot.images.reading import PictureReader, find_tesseract
from bot.understanding.folding import fold
from tests.images import pictures

TESSERACT = find_tesseract()
BOUND_S = 30.0
"""The reader's own limit and the start of a process on a busy machine."""
WARNING = "Tài khoản VNeID sắp bị khóa.\nTruy cập ngay https://vneid-capnhat.top\nđể cập nhật trước 17h."


@pytest.fixture(scope="module")
def reader() -> PictureReader:
    return PictureReader(TESSERACT)


@pytest.fixture(scope="module")
def codes_only() -> PictureReader:
    return PictureReader("")


@pytest.mark.parametrize(
    "content",
    [
        "https://vneid-capnhat.top/qr",
        "H19.29-260101-0001",
        "00020101021138570010A00000072701270006970436",
        "Xã Xuân Định",
    ],
    ids=["link", "dossier", "vietqr", "vietnamese"],
)
def test_a_qr_code_is_read(codes_only: PictureReader, content: str) -> None:
    assert codes_only.read(pictures.qr(content)) == Seen(codes=(content,))


@pytest.mark.tesseract
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_words_of_a_screenshot_are_read(reader: PictureReader, kind: str) -> None:
    seen = reader.read(pictures.screenshot(WARNING, kind=kind))
    assert seen.problem is None
    assert "vneid-capnhat.top" in seen.text
    assert "sap bi khoa" in fold(seen.text)


@pytest.mark.tesseract
def test_light_letters_on_dark_are_read(reader: PictureReader) -> None:
    assert "sap bi khoa" in fold(reader.read(pictures.screenshot(WARNING, dark=True)).text)


@pytest.mark.tesseract
def test_words_beside_a_code_are_both_read(reader: PictureReader) -> None:
    seen = reader.read(pictures.with_qr("Quét mã để nhận quà", "https://nhanqua.top"))
    assert seen.codes == ("https://nhanqua.top",)
    assert "nhan qua" in fold(seen.text)


def test_without_tesseract_words_are_asked_for(codes_only: PictureReader) -> None:
    assert codes_only.read(pictures.screenshot(WARNING)) == Seen(problem="text")


def test_a_tesseract_that_does_not_run_asks_for_the_words() -> None:
    assert PictureReader("/does/not/exist").read(pictures.screenshot("xin chào")) == Seen(problem="text")


def test_a_transparent_code_is_read(codes_only: PictureReader) -> None:
    drawn = Image.new("RGBA", (400, 400), (0, 0, 0, 0))
    code = Image.open(io.BytesIO(pictures.qr("https://a.vn", 8))).convert("L").point(lambda p: 255 - p)
    drawn.paste((0, 0, 0, 255), (40, 40), code)
    assert codes_only.read(pictures.as_bytes(drawn)).codes == ("https://a.vn",)


HOSTILE = {
    "empty": b"",
    "no picture": b"xin chao",
    "pdf": b"%PDF-1.7\n",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>',
    "cut": pictures.screenshot(WARNING)[:5000],
    "header only": pictures.png_of(100, 100),
    "nothing wide": pictures.png_of(0, 0),
    "negative": pictures.png_of(2**31, 2**31),
    "very long": pictures.png_of(1, 2_000_000),
    "pixels": pictures.bomb(),
    "just too many": pictures.png_of(6000, 6000, bytes(6001) * 10),
    "comment": pictures.text_bomb(),
    "bytes": bytes(child.MAX_BYTES + 1),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pictures_are_refused_in_time(reader: PictureReader, name: str) -> None:
    began = time.monotonic()
    seen = reader.read(HOSTILE[name])
    assert seen.problem in ("size", "text"), seen
    assert seen.text == ""
    assert time.monotonic() - began < BOUND_S


def test_broken_bytes_never_raise(codes_only: PictureReader) -> None:
    whole = pictures.qr("https://a.vn")
    dice = random.Random(7)
    for _ in range(8):
        spoilt = bytearray(whole)
        for _ in range(20):
            spoilt[dice.randrange(len(spoilt))] = dice.randrange(256)
        assert isinstance(codes_only.read(bytes(spoilt)), Seen)


def test_what_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch, codes_only: PictureReader) -> None:
    monkeypatch.setattr(reading, "MOST_S", 0.001)
    assert codes_only.read(pictures.qr("https://a.vn")).problem == "size"


def test_a_picture_waits_for_its_turn_only_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "WAITS_S", 0.01)
    busy = PictureReader("")
    for _ in range(reading.AT_ONCE):
        busy._free.acquire()
    assert busy.read(pictures.qr("https://a.vn")) == Seen(problem="away")


def test_noise_is_no_text() -> None:
    row = "5\t1\t1\t1\t{line}\t1\t0\t0\t9\t9\t{sure}\t{word}"
    table = [
        "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext",
        row.format(line=1, sure=90.1, word="Khóa"),
        row.format(line=1, sure=12.0, word="~|"),
        row.format(line=2, sure=80.0, word="SIM"),
    ]
    assert child._lines(table) == "Khóa\nSIM"
    assert child._lines(table[:2]) == ""
