"""Pictures of posts: taken in, made small enough for every platform, given to whoever knows the name.

What a camera writes into a picture (where it was taken, by which phone) does not get out. The name is random
and is the secret, as with officers' pictures: Zalo fetches a picture by its address without signing in.
"""

from __future__ import annotations

import io
import re
import secrets
import struct
from dataclasses import dataclass, field
from datetime import datetime

from flask import Blueprint, Response, abort
from PIL import Image, ImageOps
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from bot.posts.rendering import House
from bot.store.engine import reading
from bot.store.models import Unit
from bot.store.models_posts import Organisation, PostImage

MAX_UPLOAD = 15 * 1024 * 1024
"""A photo as a phone takes it."""
MAX_BYTES = 1_000_000
"""Zalo's limit of a picture in an article (1 MB)."""
MAX_SIDE = 2048
MAX_PIXELS = 60_000_000
QUALITIES = (88, 80, 70, 60, 50)
_BROKEN = (
    OSError, SyntaxError, EOFError, ValueError, TypeError, struct.error, Image.DecompressionBombError
)  # fmt: skip
"""What Pillow raises for what is no whole picture."""
NAME = re.compile(r"[0-9a-f]{32}\.jpg")
COVER = "/chat/static/cover.png"
"""Of articles without a picture, where the organisation has none either: Zalo wants one."""


class BadPicture(ValueError):
    """Can't be taken; the message is for the editor, in Vietnamese."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture as it is kept: JPEG, upright, without metadata, small enough."""

    content: bytes = field(repr=False)
    width: int
    height: int


def prepared(content: bytes) -> Prepared:
    """What is kept of a picture. Takes up to a second: never within a transaction.

    :raises BadPicture: if it is none, or too large to be opened.
    """
    if len(content) > MAX_UPLOAD:
        raise BadPicture("Ảnh quá lớn: tối đa 15 MB.")
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP")) as opened:
            if opened.width * opened.height > MAX_PIXELS:  # Pillow's own bound is higher
                raise BadPicture("Ảnh quá lớn: thu nhỏ rồi tải lại.")
            opened.draft("RGB", (MAX_SIDE, MAX_SIDE))
            picture = _on_white(ImageOps.exif_transpose(opened))
    except BadPicture:
        raise
    except _BROKEN as error:
        raise BadPicture("Chỉ nhận ảnh JPEG, PNG hoặc WebP còn nguyên vẹn.") from error
    picture.thumbnail((MAX_SIDE, MAX_SIDE))
    for quality in QUALITIES:
        packed = io.BytesIO()
        picture.save(packed, "JPEG", quality=quality, optimize=True, progressive=True)
        if packed.tell() <= MAX_BYTES:
            return Prepared(packed.getvalue(), picture.width, picture.height)
    raise BadPicture("Ảnh quá lớn: thu nhỏ rồi tải lại.")


def _on_white(picture: Image.Image) -> Image.Image:
    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return picture.convert("RGB")
    whole = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", whole.size, "white"), whole).convert("RGB")


def add_picture(session: Session, unit_id: int, picture: Prepared, now: datetime) -> str:
    """Keep a picture for the unit's posts; returns its name."""
    name = f"{secrets.token_hex(16)}.jpg"
    session.add(
        PostImage(
            name=name, unit_id=unit_id, width=picture.width, height=picture.height,
            size=len(picture.content), alt="", content=picture.content, created_at=now,
        )
    )  # fmt: skip
    session.flush()
    return name


def content_of_picture(session: Session, name: str) -> bytes | None:
    """The picture's bytes."""
    return session.scalar(select(PostImage.content).where(PostImage.name == name))


def address_of(public_address: str, name: str) -> str:
    """Where anybody who knows the name gets the picture."""
    return f"{public_address}/media/posts/{name}"


def house_of(session: Session, unit_id: int, public_address: str) -> House:
    """What the unit's posts have in common."""
    unit = session.get(Unit, unit_id)
    row = session.get(Organisation, unit_id)
    cover = address_of(public_address, row.cover) if row and row.cover else f"{public_address}{COVER}"
    return House(
        unit.name if unit else "",
        row.signature if row else "",
        tuple(row.hashtags) if row else (),
        cover,
    )


def create_pictures_blueprint(engine: Engine) -> Blueprint:
    """``/media/posts/<name>``."""
    blueprint = Blueprint("post_pictures", __name__)

    @blueprint.get("/media/posts/<name>")
    def picture(name: str) -> Response:
        if not NAME.fullmatch(name):
            abort(404)
        with reading(engine) as session:
            content = content_of_picture(session, name)
        if content is None:
            abort(404)
        response = Response(content, mimetype="image/jpeg")
        response.headers["Cache-Control"] = "public, max-age=86400, immutable"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response

    return blueprint
