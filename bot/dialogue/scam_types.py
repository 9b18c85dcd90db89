"""What a scam check leaves for the worker to keep."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Checked:
    """A message that was checked: what a report to the commune's police would hold.

    ``text``, ``links`` and ``reasons`` are masked; ``numbers`` are phones and bank accounts in full, to be
    kept encrypted only. ``hosts``: of the links, without official ones.
    """

    text: str
    level: str
    kind: str | None
    reasons: tuple[str, ...]
    links: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    phones: tuple[str, ...] = field(default=(), repr=False)
    accounts: tuple[str, ...] = field(default=(), repr=False)
