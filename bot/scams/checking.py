"""The check of one message. Pure: it opens no file and no connection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.scams import accounts, likeness, links, phones, rule, signals
from bot.scams import text as reading
from bot.scams.lists import Lists
from bot.scams.types import NOTHING_KNOWN, Account, Analysis, Known, Level, Link, Phone, Reason

__all__ = ["NOTHING_KNOWN", "Account", "Analysis", "Checker", "Known", "Level", "Link", "Phone", "Reason"]

UNNAMED = frozenset(("none", "khac"))
"""Rasa's labels for what is no scam, and for a scam of no kind that faq_data describes."""
MOST, LEAST = 3.2, -3.2
"""Bounds of the points that likeness gives: enough for suspicious by itself."""
PER_LOGIT = 2.0
LEANING = 0.6
SURE_OF_KIND = 0.3
"""Rasa's probability from which on a kind is named."""
FEW_WORDS = 5
"""Fewer words than these are too few to be like anything."""


class Checker:
    """Checks messages against lists that were loaded once; one of it serves all threads."""

    def __init__(self, lists: Lists) -> None:
        self._lists = lists
        self._links = links.Reader(lists)
        self._phones = phones.Reader(lists)

    def check(
        self, text: str, known: Known = NOTHING_KNOWN, kinds: Mapping[str, float] | None = None
    ) -> Analysis:
        """What ``text`` smells of.

        :param known: the commune's own confirmed hosts and numbers.
        :param kinds: Rasa's probability of each kind of scam ("none" for no scam); None: by words alone.
        """
        said = reading.read(text)
        found_links = self._links.read(text, known)
        found_phones = self._phones.read(said, known)
        found_accounts = accounts.read(said)
        given = signals.found(self._lists.signals, said)
        reasons = [
            *given,
            *_of_parts(found_links, found_phones),
            *self._of_accounts(found_accounts, given),
            *self._of_likeness(said),
        ]
        level, score = rule.join(reasons)
        shown = tuple(sorted((r for r in reasons if r.weight > 0 and r.text), key=lambda r: -r.weight))
        return Analysis(
            level,
            _kind(kinds) if level is not Level.CLEAR else None,
            shown,
            found_links,
            found_phones,
            found_accounts,
            round(score, 2),
            said.cut or len(text) > links.READ,
        )

    def _of_likeness(self, said: reading.Text) -> Iterator[Reason]:
        if said.full.count(" ") + 1 < FEW_WORDS or not self._lists.model.weights:
            return
        points = PER_LOGIT * (likeness.logit(said.full, self._lists.model) + LEANING)
        points = max(LEAST, min(MOST, points))
        yield Reason(
            "likeness", self._lists.reasons["likeness"].text if points >= 1 else "", round(points, 2)
        )

    def _of_accounts(self, found: tuple[Account, ...], given: list[Reason]) -> Iterator[Reason]:
        """An account number matters where money is asked for; a bank's notice has one too."""
        if found and not any(reason.weight < 0 for reason in given):
            yield self._lists.reason("account")


def _of_parts(found_links: tuple[Link, ...], found_phones: tuple[Phone, ...]) -> Iterator[Reason]:
    """The signs of links and numbers, each once: its heaviest; calming ones only if all are calm."""
    heaviest: dict[str, Reason] = {}
    calming: dict[str, Reason] = {}
    of_links = (reason for link in found_links for reason in link.reasons)
    of_phones = (reason for phone in found_phones for reason in phone.reasons)
    for reason in (*of_links, *of_phones):
        into = heaviest if reason.weight > 0 else calming
        other = into.get(reason.code)
        if other is None or reason.weight > other.weight:
            into[reason.code] = reason
    yield from heaviest.values()
    if not heaviest:
        yield from calming.values()


def _kind(kinds: Mapping[str, float] | None) -> str | None:
    """The kind that Rasa is sure enough of."""
    scams = {kind: p for kind, p in (kinds or {}).items() if kind not in UNNAMED}
    if not scams:
        return None
    best = max(scams, key=scams.__getitem__)
    return best if scams[best] >= SURE_OF_KIND else None
