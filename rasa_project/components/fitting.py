"""Fitting the classifier's two linear models; only training imports scikit-learn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy.sparse import csr_matrix

BATCH = 512
THREADS = 2
SEED = 0
Fitted = tuple[list[str], np.ndarray, np.ndarray]


def tfidf(counts: Sequence[Counter], min_count: int) -> tuple[csr_matrix, dict[str, int], np.ndarray]:
    """Rows of unit length over the grams that at least ``min_count`` examples have; vocabulary; idf."""
    from sklearn.feature_extraction.text import TfidfTransformer

    seen: Counter = Counter(gram for row in counts for gram in row)
    kept = sorted(gram for gram, n in seen.items() if n >= min_count)
    vocabulary = {gram: i for i, gram in enumerate(kept)}
    indptr, indices, data = [0], [], []
    for row in counts:
        for gram, n in row.items():
            if gram in vocabulary:
                indices.append(vocabulary[gram])
                data.append(n)
        indptr.append(len(indices))
    raw = csr_matrix(
        (np.array(data, np.float32), np.array(indices, np.int32), np.array(indptr, np.int64)),
        shape=(len(counts), len(kept)),
    )
    transformer = TfidfTransformer(sublinear_tf=True)
    rows = transformer.fit_transform(raw).astype(np.float32).tocsr()
    return rows, vocabulary, transformer.idf_.astype(np.float32)


def fit_intents(x: csr_matrix, intents: Sequence[str], epochs: int, rate: float) -> Fitted:
    """Balanced multinomial logistic regression: labels, coefficients (features x labels), biases.

    Adam (Kingma & Ba 2015) over small batches, the classes divided among two threads: as right as
    scikit-learn's solver on our data in a third of its time (docs/understanding.md).
    """
    labels = sorted(set(intents))
    place = {label: i for i, label in enumerate(labels)}
    y = np.array([place[intent] for intent in intents])
    weight = (len(y) / (len(labels) * np.bincount(y)))[y].astype(np.float32)
    parts = [_Part(x.shape[1], c) for c in np.array_split(np.arange(len(labels)), THREADS)]
    draw = np.random.default_rng(SEED)
    steps = epochs * -(-len(y) // BATCH)
    done = 0
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in range(epochs):
            order = draw.permutation(len(y))
            for start in range(0, len(y), BATCH):
                chosen = order[start : start + BATCH]
                batch = x[chosen]
                share = np.concatenate(list(pool.map(lambda part, b=batch: part.scores(b), parts)), axis=1)
                share = _softmax(share)
                share[np.arange(len(chosen)), y[chosen]] -= 1.0
                share *= (weight[chosen] / len(chosen))[:, None]
                now = rate * (1.0 - done / steps) + rate / 50
                done += 1
                turned = batch.T.tocsr()
                work = lambda part, g=share, t=turned, r=now, n=done: part.learn(t, g, r, n)  # noqa: E731
                list(pool.map(work, parts))
    coef = np.concatenate([part.coef for part in parts], axis=1)
    return labels, coef, np.concatenate([part.bias for part in parts])


class _Part:
    """The coefficients of some of the classes, with Adam's running means of their gradient."""

    def __init__(self, features: int, classes: np.ndarray) -> None:
        self._classes = slice(int(classes[0]), int(classes[-1]) + 1)
        self.coef = np.zeros((features, len(classes)), np.float32)
        self.bias = np.zeros(len(classes), np.float32)
        self._mean, self._square = np.zeros_like(self.coef), np.zeros_like(self.coef)

    def scores(self, batch: csr_matrix) -> np.ndarray:
        return batch @ self.coef + self.bias

    def learn(self, turned: csr_matrix, error: np.ndarray, rate: float, step: int) -> None:
        """One step; ``turned`` is the transposed batch, ``error`` the gradient of the loss in the scores."""
        mine = np.ascontiguousarray(error[:, self._classes])
        gradient = turned @ mine
        self._mean *= 0.9
        self._mean += 0.1 * gradient
        np.multiply(gradient, gradient, out=gradient)
        self._square *= 0.99
        gradient *= 0.01
        self._square += gradient
        scale = np.sqrt(self._square / (1.0 - 0.99**step))
        scale += 1e-6
        self.coef -= (rate / (1.0 - 0.9**step)) * self._mean / scale
        self.bias -= 0.1 * rate * mine.sum(axis=0)


def _softmax(scores: np.ndarray) -> np.ndarray:
    scores = np.exp(scores - scores.max(axis=1, keepdims=True))
    return scores / scores.sum(axis=1, keepdims=True)


def fit_aspects(x: csr_matrix, asked: Sequence[Sequence[str]], c: float) -> Fitted:
    """One balanced yes-no model per aspect that occurs in the data."""
    from sklearn.linear_model import LogisticRegression

    names = sorted({name for row in asked for name in row})
    coef = np.zeros((x.shape[1], len(names)), np.float32)
    bias = np.zeros(len(names), np.float32)
    for i, name in enumerate(names):
        model = LogisticRegression(C=c, solver="liblinear", class_weight="balanced")
        model.fit(x, [name in row for row in asked])
        coef[:, i], bias[i] = model.coef_[0], model.intercept_[0]
    return names, coef, bias


def fit_kinds(x: csr_matrix, kinds: Sequence[str], c: float) -> Fitted:
    """Balanced multinomial logistic regression over few examples: labels, coefficients, biases."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=c, class_weight="balanced", max_iter=300)
    model.fit(x, list(kinds))
    return [str(label) for label in model.classes_], model.coef_.T, model.intercept_
