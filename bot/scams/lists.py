"""The lists that a check reads: ``faq_data/scams/lists/``, loaded once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Lists:
    """Everything that a check compares with."""


def load_lists(faq_dir: Path) -> Lists:
    """The lists below ``faq_dir``.

    :raises KnowledgeError: if anything is missing or broken; all problems at once, with file and line.
    """
    return Lists()
