"""How much a message reads like the scams of the training examples: logistic regression on folded n-grams.

The examples are the same that Rasa learns the kinds from (``rasa_project/data/scam_kinds.yml``); this one
asks only "scam or not", needs no server, and gives one sign among the others. Features are TF-IDF of words,
word pairs and 3- to 4-grams of characters, the last so that a misread letter costs little. Numbers are all
one number: which sum or code it is says nothing.
"""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.scams.concepts import ideas

MAX_WORDS = 400
"""Words that are looked at: the features of a longer message say no more."""
IDEA = 2.0

_DIGITS = re.compile(r"\d[\d.,/]*")


@dataclass(frozen=True, slots=True)
class Model:
    """``bias``, and for each gram its inverse document frequency and its weight."""

    bias: float
    idf: Mapping[str, float]
    weights: Mapping[str, float]


def empty_model() -> Model:
    """Knows nothing and says so: :func:`probability` is one half."""
    return Model(0.0, {}, {})


def grams(text: str) -> Counter[str]:
    """Counts of ``w word``, ``b word word`` and the character 3- and 4-grams inside each word."""
    counts: Counter[str] = Counter()
    words = [_DIGITS.sub("#", word) for word in text.split()[:MAX_WORDS]]
    for word in words:
        word = word[:24]
        counts["w " + word] += 1
        padded = f" {word} "
        for size in (3, 4):
            for at in range(len(padded) - size + 1):
                counts[padded[at : at + size]] += 1
    for first, second in itertools.pairwise(words):
        counts[f"b {first[:24]} {second[:24]}"] += 1
    told = ideas(" ".join(words))
    for idea in told:
        counts[f"i {idea}"] += 1
    for first, second in itertools.combinations(told, 2):
        counts[f"i {first} {second}"] += 1
    return counts


def vector(counts: Mapping[str, int], idf: Mapping[str, float]) -> dict[str, float]:
    """TF-IDF weights of Euclidean length 1 over the known grams."""
    known = {g: _worth(g, n) * idf[g] for g, n in counts.items() if g in idf}
    length = math.sqrt(sum(v * v for v in known.values()))
    return {g: v / length for g, v in known.items()} if length else {}


def _worth(gram: str, count: int) -> float:
    """Ideas are few beside the letters: each counts for more."""
    return IDEA if gram.startswith("i ") else 1.0 + math.log(count)


def logit(text: str, model: Model) -> float:
    """Log-odds that ``text`` (folded words) is a scam, by its words alone."""
    weights = model.weights
    return model.bias + sum(v * weights[g] for g, v in vector(grams(text), model.idf).items())


def fit(
    texts: Sequence[str],
    scams: Sequence[bool],
    importance: Iterable[float],
    epochs: int = 25,
    c: float = 0.5,
) -> Model:
    """Logistic regression by Adagrad (Duchi et al. 2011), in a fixed order, so the same every time.

    :param importance: weight of each example in the loss.
    :param c: inverse strength of the penalty, as in scikit-learn.
    """
    rows = [grams(text) for text in texts]
    seen = Counter(g for row in rows for g in row)
    total = len(rows)
    idf = {g: math.log((1 + total) / (1 + n)) + 1.0 for g, n in seen.items() if n >= 2}
    vectors = [vector(row, idf) for row in rows]
    weights = dict.fromkeys(idf, 0.0)
    squares = dict.fromkeys(idf, 1e-6)
    bias, bias_square = 0.0, 1e-6
    matters = list(importance)
    shrink = 1.0 / (c * total)
    for epoch in range(epochs):
        step = total // 2 + 1 + epoch
        while math.gcd(step, total) != 1:
            step += 1
        for k in range(total):
            i = (k * step) % total  # a walk through all examples, another one in each epoch
            row = vectors[i]
            score = bias + sum(v * weights[g] for g, v in row.items())
            error = (1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, score)))) - scams[i]) * matters[i]
            for g, v in row.items():
                gradient = error * v + shrink * weights[g]
                squares[g] += gradient * gradient
                weights[g] -= 0.3 * gradient / math.sqrt(squares[g])
            bias_square += error * error
            bias -= 0.3 * error / math.sqrt(bias_square)
    return Model(bias, idf, weights)
