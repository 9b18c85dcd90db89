"""Reads one picture: run as a process of its own, because whatever is in it comes from anybody.

The picture comes on standard input; one line of JSON goes out: ``{"codes": [...], "text": "...", "problem":
null}``. Nothing of ``bot`` is imported. Limits on memory, processor time and files are set before a byte is
read, and tesseract inherits them.
"""

from __future__ import annotations

import io
import json
import os
import resource
import subprocess
import sys
import warnings
from collections.abc import Iterable
from typing import Any

MAX_BYTES = 8 * 1024 * 1024
MAX_PIXELS = 32_000_000
"""A phone's photo has 12 million, the longest screenshots about 20."""
MAX_SIDE = 20_000
MAX_MEMORY = 1024 * 1024 * 1024
MAX_CPU_S = 10
MAX_CODES = 10
MAX_CODE_CHARS = 2000
MAX_TEXT_CHARS = 5000
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
LONGEST_READ = 2600
"""Pixels of the longer side that are given to tesseract; a larger picture only takes longer."""
SMALL_WIDTH = 900
"""A narrower picture is drawn twice as large first: letters of ten pixels are read badly."""
LEAST_SURE = 35.0
"""Words of which tesseract is less sure (0..100) are taken for noise."""
FEWEST_WORDS = 2


def limit() -> None:
    """Set this process's limits, and those of what it starts."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_S, MAX_CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def main(tesseract: str) -> None:
    """``tesseract``: its path, or empty if no text can be read here."""
    limit()
    try:
        answer = read(sys.stdin.buffer.read(MAX_BYTES + 1), tesseract)
    except MemoryError:
        answer = _problem("size")
    sys.stdout.write(json.dumps(answer))


def read(content: bytes, tesseract: str) -> dict[str, Any]:
    """Everything that can be read in a picture."""
    picture = _opened(content)
    if picture is None:
        return _problem("size")
    codes = _codes(picture)
    if not tesseract:
        return {"codes": codes, "text": "", "problem": None if codes else "text"}
    text = _text(picture, tesseract)
    if text is None:
        return {"codes": codes, "text": "", "problem": None if codes else "text"}
    return {"codes": codes, "text": text, "problem": None}


def _problem(name: str) -> dict[str, Any]:
    return {"codes": [], "text": "", "problem": name}


def _opened(content: bytes) -> Any | None:
    """The first frame as a grey picture, upright; None if it is none, is broken, or is too large."""
    from PIL import Image, ImageOps

    if len(content) > MAX_BYTES:
        return None
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            if max(picture.size) > MAX_SIDE or picture.width * picture.height > MAX_PIXELS:
                return None
            return ImageOps.exif_transpose(_on_white(picture)).convert("L")
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError, Warning):
        return None  # Pillow's ways of saying that a file is no whole picture


def _on_white(picture: Any) -> Any:
    """Transparent parts as a phone shows them: white."""
    from PIL import Image

    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return picture
    whole = picture.convert("RGBA")
    below = Image.new("RGBA", whole.size, "white")
    return Image.alpha_composite(below, whole)


def _codes(picture: Any) -> list[str]:
    """The contents of the first QR codes, which are painted over: they spoil the words beside them."""
    import zxingcpp
    from PIL import ImageDraw

    found = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    for code in found:
        at = code.position
        corners = (at.top_left, at.top_right, at.bottom_right, at.bottom_left)
        ImageDraw.Draw(picture).polygon([(corner.x, corner.y) for corner in corners], fill="white")
    texts = dict.fromkeys(code.text.strip()[:MAX_CODE_CHARS] for code in found)
    return [text for text in texts if text][:MAX_CODES]


def _text(picture: Any, tesseract: str) -> str | None:
    """What tesseract reads; None if it did not get through."""
    png = io.BytesIO()
    _scaled(picture).save(png, "PNG", compress_level=1)
    command = [tesseract, "stdin", "stdout", "-l", "vie", "--psm", "3", "tsv"]
    try:
        done = subprocess.run(
            command,
            input=png.getvalue(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
            check=False,
        )
    except OSError:
        return None
    return _lines(done.stdout.decode("utf-8", "replace").splitlines()) if done.returncode == 0 else None


def _scaled(picture: Any) -> Any:
    width, height = picture.size
    factor = 2.0 if width < SMALL_WIDTH else 1.0
    factor = min(factor, LONGEST_READ / max(width, height))
    size = max(1, round(width * factor)), max(1, round(height * factor))
    return picture if size == picture.size else picture.resize(size)


def _lines(table: Iterable[str]) -> str:
    """The surer words of tesseract's TSV, line by line; empty if there are hardly any.

    Its columns: level, page, block, paragraph, line, word, left, top, width, height, confidence, text.
    """
    lines: dict[tuple[str, ...], list[str]] = {}
    for row in table:
        cells = row.split("\t")
        if len(cells) == 12 and cells[0] == "5" and float(cells[10]) >= LEAST_SURE and cells[11].strip():
            lines.setdefault(tuple(cells[1:5]), []).append(cells[11].strip())
    if sum(len(words) for words in lines.values()) < FEWEST_WORDS:
        return ""
    return "\n".join(" ".join(words) for words in lines.values())[:MAX_TEXT_CHARS]


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
