"""Pictures as residents send them: drawn here, so that nobody's screenshot is in the repository."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import segno
from PIL import Image, ImageDraw, ImageFont

_FONTS = (
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf",
)


def font(size: int) -> ImageFont.FreeTypeFont:
    """A font with Vietnamese letters; `make test` installs one of these for the browser too."""
    return ImageFont.truetype(next(path for path in _FONTS if Path(path).exists()), size)


def as_bytes(picture: Image.Image, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    picture.save(out, kind)
    return out.getvalue()


def screenshot(text: str, size: int = 28, kind: str = "PNG", dark: bool = False) -> bytes:
    """A phone's screen with ``text`` on it."""
    paper, ink = ("#111", "#eee") if dark else ("white", "#111")
    picture = Image.new("RGB", (1080, 1400), paper)
    ImageDraw.Draw(picture).multiline_text((40, 120), text, font=font(size), fill=ink, spacing=16)
    return as_bytes(picture, kind)


def qr(content: str, scale: int = 6) -> bytes:
    out = io.BytesIO()
    segno.make(content, micro=False).save(out, kind="png", scale=scale)
    return out.getvalue()


def with_qr(text: str, content: str) -> bytes:
    """A screenshot with words above a QR code."""
    picture = Image.open(io.BytesIO(screenshot(text))).convert("RGB")
    picture.paste(Image.open(io.BytesIO(qr(content, 8))).convert("RGB"), (300, 700))
    return as_bytes(picture)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_of(width: int, height: int, rows: bytes = b"") -> bytes:
    """A PNG whose header promises ``width`` x ``height`` grey pixels, with packed ``rows`` as its data."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows, 9)) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + data


def bomb(width: int = 30_000, height: int = 30_000) -> bytes:
    """Under 1 MB that unpack to 900 million pixels."""
    return png_of(width, height, bytes(width + 1) * height if width * height < 10**7 else bytes(10**8))


def text_bomb() -> bytes:
    """A small PNG whose comment unpacks to 200 MB."""
    plain = png_of(10, 10, bytes(11) * 10)
    comment = _chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(bytes(200_000_000), 9))
    return plain[:33] + comment + plain[33:]
