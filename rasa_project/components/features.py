"""What the classifier sees of a message: words, word pairs and character n-grams, all folded."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import itertools
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from rasa.nlu.constants import TOKENS_NAMES
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.understanding import folding, shortforms

MAX_NGRAM = 4
HEAD_ONLY = "scam_message"
"""The intent of examples that only ``components.scam_kinds`` learns from."""


def grams_of(message: Message) -> Counter:
    """The features of a tokenized message."""
    tokens = message.get(TOKENS_NAMES[TEXT]) or []
    return grams([word for token in tokens for word in token.text.split()])


def grams(words: list[str]) -> Counter:
    """Counts of ``w word``, ``b word word`` and the character 3- and 4-grams inside each word."""
    counts: Counter = Counter()
    for word in words:
        counts["w " + word] += 1
        padded = " " + word + " "
        for size in range(3, MAX_NGRAM + 1):
            for at in range(len(padded) - size + 1):
                counts[padded[at : at + size]] += 1
    for first, second in itertools.pairwise(words):
        counts["b " + first + " " + second] += 1
    return counts


def vector(counts: Counter, vocabulary: dict[str, int], idf: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The known features of a message: their columns, and their TF-IDF weights of Euclidean length 1."""
    known = [(vocabulary[gram], n) for gram, n in counts.items() if gram in vocabulary]
    if not known:
        return np.empty(0, np.int64), np.empty(0, np.float32)
    columns = np.array([column for column, _ in known])
    weights = (1.0 + np.log(np.array([n for _, n in known], np.float32))) * idf[columns]
    return columns, weights / np.sqrt(weights @ weights)


def source_hash(modules: Iterable[str] = ()) -> str:
    """A hash over the code that shapes features, for Rasa's training cache, which sees only class sources."""
    named = [importlib.import_module(name) for name in modules]
    here = importlib.import_module(__name__)
    digest = hashlib.sha256()
    for module in (folding, shortforms, here, *named):
        digest.update(Path(inspect.getfile(module)).read_bytes())
    return digest.hexdigest()
