"""Links read by their parts, never opened: whose they are, and by which tricks they hide it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import unquote

import idna
from tldextract import TLDExtract

from bot.scams.lists import Lists
from bot.scams.lookalikes import Names, is_mixed, latin
from bot.scams.text import unstyled
from bot.scams.types import Known, Link, Reason

READ = 20_000
"""Characters of a message that are searched for links."""
AT_MOST = 200
"""Different hosts that are looked at."""
LONGEST = 2_000
"""Characters of one link that are read."""

_SCHEME = re.compile(r"(?<![a-z])h(?:tt|xx)ps?[:;]\s?[/\\]{1,4}\s?", re.IGNORECASE)
_BODY = r"[^\s<>\"'“”]"
_AFTER_SCHEME = re.compile(rf"{_BODY}{{1,{LONGEST}}}")
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?\."
_BARE = re.compile(
    rf"(?<![\w@.%-])(?:{_LABEL}){{1,8}}[^\W\d_]{{2,24}}(?::\d{{1,5}})?(?:[/?#]{_BODY}{{0,{LONGEST}}})?"
)
_DOTS = re.compile(r"\s?[\[({]\s?(?:\.|dot|chấm|cham)\s?[\])}]\s?", re.IGNORECASE)
_SPACED_ENDING = re.compile(
    r"(?<=\w)(?: \. ?|\. | (?:dot|chấm|cham) )"
    r"(?=(?:com|vn|net|org|top|xyz|vip|info|cc|site|online|club|shop|gov)(?![^\W_]))",
    re.IGNORECASE,
)
_TRAILING = ".,;:!?)]}>\"'”’…"
_SYLLABLE_TEXT = """
me so la to in do ly cam mo bo gi co am an de hu ai ve mu nu sa su om re vi va ga ma my ni no pa pe th tr
nam em is it at id im
"""
_SYLLABLES = frozenset(_SYLLABLE_TEXT.split())
"""Endings that are also Vietnamese syllables: "xong.co" is a sentence without its space."""
_NUMBER_HOST = re.compile(r"(?:0x[0-9a-f]+|\d+)(?:\.(?:0x[0-9a-f]+|\d+)){0,3}")

_PLACES = frozenset(("link_shortener", "link_form", "link_chat", "link_file"))
"""Signs of hosts whose own name is known and says nothing more."""

_extract = TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=False)
"""Reads the public-suffix list that the package brings; asks no network and writes no cache."""


class _Parts(NamedTuple):
    """One link taken apart by hand: ``urlsplit`` raises on what scammers write."""

    userinfo: str
    host: str
    port: str
    rest: str
    encoded: bool


@dataclass(frozen=True, slots=True)
class _Host:
    """A host by the public-suffix list."""

    name: str
    registered: str
    labels: tuple[str, ...]
    ending: str
    is_number: bool


class Reader:
    """Finds and judges links, with the lists prepared once."""

    def __init__(self, lists: Lists) -> None:
        self._lists = lists
        groups = lists.official.groups
        self._sites = {host: group.what for group in groups for site in group.sites for host in site.hosts}
        state = ((n, s.name) for g in groups if g.what == "government" for s in g.sites for n in s.names)
        others = ((n, s.name) for g in groups if g.what != "government" for s in g.sites for n in s.names)
        after = (
            *lists.hosting.actions,
            "digi",
            "bank",
            "smart",
            "mobile",
            "online",
            "pay",
            "app",
            "vn",
            "hcm",
            "hn",
        )
        self._state, self._others = Names(state, after), Names(others, after)
        self._suffixes = tuple("." + suffix.suffix for suffix in lists.official.suffixes)

    def read(self, text: str, known: Known) -> tuple[Link, ...]:
        """The links of ``text``, each host once, in their order."""
        found: dict[str, Link] = {}
        for shown in _candidates(text[:READ]):
            for url, nested in _with_nested(shown):
                link = self._judge(url, known, nested)
                if link is not None and link.host not in found:
                    found[link.host] = link
            if len(found) >= AT_MOST:
                break
        return tuple(found.values())

    def _judge(self, shown: str, known: Known, nested: bool) -> Link | None:
        parts = _parts(shown)
        host = _read_host(parts.host)
        if host is None:
            return None
        what = self._owner(host)
        official = what not in (None, "platform")
        reasons = list(self._of_writing(parts, host, nested))
        bare = host.name.removeprefix("www.")
        if bare in known.hosts or host.registered in known.hosts:
            reasons.append(self._reason("link_known", host))
        if what is None and (number := self._listed(host)):
            reasons.append(number)
        reasons += self._of_target(parts)
        if official:
            if not reasons:
                reasons.append(self._reason("link_official", host))
        else:
            reasons += self._of_place(host, what)
            placed = {reason.code for reason in reasons} & _PLACES
            if what is None and not host.is_number and not placed:
                reasons += self._of_name(host)
                if not any(r.weight > 0 for r in reasons):
                    reasons.append(self._reason("link_unknown", host))
        return Link(shown[:200], host.name, host.registered, official, tuple(reasons))

    def _reason(self, code: str, host: _Host, name: str = "") -> Reason:
        return self._lists.reason(code, host=host.name[:80], name=name, date=self._lists.blocklist.date)

    def _owner(self, host: _Host) -> str | None:
        """The sort of the official site that ``host`` belongs to, by whole labels and never by substring."""
        if host.is_number:
            return None
        if ("." + host.name).endswith(self._suffixes):
            return "government"
        labels = host.name.split(".")
        return next((w for i in range(len(labels)) if (w := self._sites.get(".".join(labels[i:])))), None)

    def _listed(self, host: _Host) -> Reason | None:
        hosts = self._lists.blocklist.hosts
        bare = host.name.removeprefix("www.")
        tried = {bare}
        if host.registered and host.registered not in self._lists.hosting.free_hosting:
            tried.add(host.registered)
        return self._reason("link_listed", host) if tried & hosts else None

    def _of_writing(self, parts: _Parts, host: _Host, nested: bool) -> Iterator[Reason]:
        if parts.userinfo:
            yield self._reason("link_userinfo", host)
        if parts.encoded:
            yield self._reason("link_hidden_host", host)
        if host.is_number:
            yield self._reason("link_ip", host)
        if parts.port not in ("", "80", "443"):
            yield self._reason("link_port", host)
        if nested:
            yield self._reason("link_redirect", host)

    def _of_target(self, parts: _Parts) -> Iterator[Reason]:
        """What the path fetches."""
        host = _read_host(parts.host)
        assert host is not None
        path = parts.rest.partition("#")[0].partition("?")[0].lower()
        ending = path.rpartition(".")[2] if "." in path.rpartition("/")[2] else ""
        if ending in self._lists.hosting.downloads:
            yield self._reason("link_download", host)
        if any(word in host.name for word in self._lists.hosting.remote):
            yield self._reason("link_remote", host)

    def _of_place(self, host: _Host, what: str | None) -> Iterator[Reason]:
        """Where the page is put: the first that fits."""
        hosting = self._lists.hosting
        bare = host.name.removeprefix("www.")
        if bare in hosting.shorteners:
            yield self._reason("link_shortener", host)
        elif bare in hosting.forms:
            yield self._reason("link_form", host)
        elif bare in hosting.chat:
            yield self._reason("link_chat", host)
        elif bare in hosting.files:
            yield self._reason("link_file", host)
        elif any(
            bare == place or bare.endswith("." + place) for place in _tails(bare) & hosting.free_hosting
        ):
            yield self._reason("link_free_hosting", host)
        elif what is None and host.ending in hosting.cheap_endings:
            yield self._reason("link_cheap", host)

    def _of_name(self, host: _Host) -> Iterator[Reason]:
        if is_fake_gov(host):
            yield self._reason("link_fake_gov", host)
            return
        if any(is_mixed(label) for label in host.labels):
            yield self._reason("link_mixed", host)
        elif not host.name.isascii():
            yield self._reason("link_punycode", host)
        borne = list(self._of_borne_name(host))
        yield from borne
        own = latin("".join((*host.labels, host.ending))).replace("-", "").replace(".", "")
        below_vn = host.ending.rpartition(".")[2] == "vn"  # lotteries of the state are there
        if not borne and not below_vn and any(word in own for word in self._lists.hosting.gambling):
            yield self._reason("link_gambling", host)
        if any(word in own for word in self._lists.hosting.actions):
            yield self._reason("link_action", host)
        if sum(label.count("-") for label in host.labels) >= 2:
            yield self._reason("link_hyphens", host)

    def _of_borne_name(self, host: _Host) -> Iterator[Reason]:
        """A name of somebody else's; below .vn, where owners are identified, it is a weaker sign."""
        if (state := self._state.borne_by(host.labels)) is not None:
            below_vn = state.how == "name" and host.ending.rpartition(".")[2] == "vn"
            yield self._reason("link_state_name_vn" if below_vn else "link_state_name", host, state.name)
        elif (other := self._others.borne_by(host.labels)) is not None:
            plain = other.how == "name" and host.ending.rpartition(".")[2] == "vn"
            yield self._reason("link_name_vn" if plain else f"link_{other.how}", host, other.name)


def is_fake_gov(host: _Host) -> bool:
    """Whether "gov" stands in a host that doesn't end in .gov.vn: gov.vn.abc.com, dichvucong-gov.vn."""
    parts = re.split(r"[^a-z0-9]+", latin(host.name))
    if host.ending.endswith("gov.vn"):
        return False
    return "gov" in parts or "govvn" in parts or any(p.endswith("govvn") for p in parts)


def _tails(name: str) -> set[str]:
    labels = name.split(".")
    return {".".join(labels[i:]) for i in range(len(labels))}


def candidates(text: str) -> tuple[str, ...]:
    """What looks like a link in ``text``, as written; nothing is judged."""
    return tuple(_candidates(text))


def _candidates(text: str) -> Iterator[str]:
    """What looks like a link, as written; with a scheme first, so that its inner parts are not read twice."""
    text = _SPACED_ENDING.sub(".", _DOTS.sub(".", unstyled(text).replace("。", ".")))
    taken: list[str] = []
    rest: list[str] = []
    at = 0
    for scheme in _SCHEME.finditer(text):
        if scheme.start() < at:
            continue
        body = _AFTER_SCHEME.match(text, scheme.end())
        rest.append(text[at : scheme.start()])
        at = scheme.end()
        if body is not None:
            taken.append("http://" + body[0].rstrip(_TRAILING))
            at = body.end()
    rest.append(text[at:])
    yield from taken
    for piece in rest:
        for match in _BARE.finditer(piece):
            shown = match[0].rstrip(_TRAILING)
            if _is_host_alone(shown):
                yield shown


def _is_host_alone(shown: str) -> bool:
    """Whether a name without a scheme is a link: by its ending, and not two words without a space."""
    host = re.split(r"[/?#:]", shown, maxsplit=1)[0].lower()
    known = _extract(host)
    if not known.suffix or not known.domain:
        return False
    if "/" in shown or host.startswith("www."):
        return True
    last = known.suffix.rpartition(".")[2]
    if last not in _SYLLABLES:
        return True
    plain = known.domain.isascii()
    return known.suffix.count(".") > 0 or (plain and (len(known.domain) >= 8 or not known.domain.isalpha()))


def _with_nested(shown: str) -> Iterator[tuple[str, bool]]:
    """The link, and those that its path or query carries (an open redirect), decoded three times at most."""
    yield shown, False
    inner = re.split(r"[/?#]", shown.partition("://")[2] or shown, maxsplit=1)
    if len(inner) < 2:
        return
    rest = _decoded(inner[1])[0]
    for match in list(_SCHEME.finditer(rest))[:3]:
        body = _AFTER_SCHEME.match(rest, match.end())
        if body is not None:
            yield "http://" + re.split(r"[&#]", body[0], maxsplit=1)[0], True


def _decoded(text: str) -> tuple[str, bool]:
    """Percent-decoded three times at most; whether anything was encoded."""
    was = text
    for _ in range(3):
        if "%" not in text:
            break
        text = unquote(text, errors="replace")
    return text, text != was


def _parts(shown: str) -> _Parts:
    body = shown[:LONGEST].partition("://")[2] or shown[:LONGEST]
    body = body.lstrip("/\\")
    authority = re.split(r"[/\\?#]", body, maxsplit=1)[0]
    rest = body[len(authority) :]
    userinfo, _, host = authority.rpartition("@")
    host, encoded = _decoded(host)
    if "@" in host:
        userinfo, _, host = host.rpartition("@")
    if host.startswith("["):
        inside, _, port = host.partition("]")
        return _Parts(userinfo, inside[1:], port.lstrip(":"), rest, encoded)
    host, _, port = host.partition(":")
    return _Parts(userinfo, host, port, rest, encoded)


def _read_host(host: str) -> _Host | None:
    host = re.split(r"[/\\?#]", host, maxsplit=1)[0].lower().replace("。", ".").strip(".")[:253]
    if not host:
        return None
    if ":" in host or _NUMBER_HOST.fullmatch(host):
        return _number_host(host)
    name = ".".join(_shown_label(label) for label in host.split("."))
    known = _extract(name)
    if not known.suffix or not known.domain:
        return None
    below = name[: -len(known.suffix) - 1]
    labels = tuple(below.removeprefix("www.").split("."))
    return _Host(name, f"{known.domain}.{known.suffix}", labels, known.suffix, False)


def _number_host(host: str) -> _Host | None:
    """An address as numbers, in any notation that browsers take."""
    try:
        if ":" in host:
            return _Host(str(ipaddress.IPv6Address(host)), "", (), "", True)
        pieces = [
            int(p, 16 if p.startswith("0x") else 8 if len(p) > 1 and p[0] == "0" else 10)
            for p in host.split(".")
        ]
        if len(pieces) == 1 and len(host) < 8:
            return None
        *first, last = pieces
        value = sum(p << (24 - 8 * i) for i, p in enumerate(first)) + last
        return _Host(str(ipaddress.IPv4Address(value)), "", (), "", True)
    except ValueError:
        return None


def _shown_label(label: str) -> str:
    """An ``xn--`` label as the letters that it stands for; as it is if it stands for none."""
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, IndexError, OverflowError):
        return label


def decoded(host: str) -> str:
    """``host`` in Unicode by IDNA 2008 where it is valid, for showing."""
    try:
        return idna.decode(host)
    except idna.IDNAError:
        return host
