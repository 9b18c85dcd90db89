"""A post as the page and as Zalo show it; both previews and what is sent come from here. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.posts.content import Content
from connectors.facebook.posts import PagePost
from connectors.zalo.articles import MAX_AUTHOR, MAX_DESCRIPTION, Article, Paragraph

SEE_MORE_AFTER = 480
"""About where a page shortens a text behind "Xem thêm"; for the preview only."""


@dataclass(frozen=True, slots=True)
class House:
    """What posts of an organisation have in common: its name, the line below, tags, the cover's address."""

    name: str
    signature: str = ""
    hashtags: tuple[str, ...] = ()
    cover_url: str = ""


def page_post(content: Content, house: House) -> PagePost:
    """The text of a page's post. Beside photos Facebook shows no link preview: the link is told in words."""
    tags = " ".join(dict.fromkeys((*content.hashtags, *house.hashtags)))
    link_in_text = content.link if content.images and content.link not in content.text else ""
    parts = (content.title, content.text, link_in_text, house.signature, tags)
    message = "\n\n".join(part for part in parts if part)
    return PagePost(message, "" if content.images else content.link)


def article(content: Content, house: House, address: Callable[[str], str]) -> Article:
    """Zalo's article: a paragraph each line, the first picture as the cover, the others below the text.

    :param address: the public address of a picture by its name.
    """
    pictures = [address(name) for name in content.images]
    cover = pictures[0] if pictures else house.cover_url
    lines = [line.strip() for line in content.text.split("\n") if line.strip()]
    body = [Paragraph(text=_plain(line)) for line in lines]
    body += [Paragraph(image_url=url) for url in pictures[1:]]
    tail: Sequence[str] = (
        f"Xem thêm: {content.link}" if content.link and content.link not in content.text else "",
        house.signature,
        " ".join(content.hashtags),
    )
    body += [Paragraph(text=_plain(line)) for part in tail for line in part.split("\n") if line.strip()]
    return Article(
        title=_plain(content.title),
        author=_plain(house.name)[:MAX_AUTHOR],
        description=shortened(" ".join(lines), MAX_DESCRIPTION),
        cover_url=cover,
        body=tuple(body),
    )


def shortened(text: str, longest: int) -> str:
    """``text`` cut at a word, with an ellipsis, to at most ``longest`` characters."""
    plain = _plain(" ".join(text.split()))
    if len(plain) <= longest:
        return plain
    head = plain[: longest - 1]
    cut = head.rfind(" ")
    return (head[:cut] if cut > longest // 2 else head).rstrip(" ,;:–-") + "…"


def _plain(text: str) -> str:
    """Zalo takes an article's text for HTML: the two signs that would begin a tag become quotes."""
    return text.replace("<", "‹").replace(">", "›")
