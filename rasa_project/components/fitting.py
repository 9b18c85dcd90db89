"""Fitting the classifier's two linear models; only training imports scikit-learn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix

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


def fit_intents(x: csr_matrix, intents: Sequence[str], c: float, max_iter: int) -> Fitted:
    """Balanced multinomial logistic regression: labels, coefficients (features x labels), biases."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=c, max_iter=max_iter, tol=1e-3, class_weight="balanced")
    model.fit(x, list(intents))
    return list(model.classes_), model.coef_.T.astype(np.float32).copy(), model.intercept_.astype(np.float32)


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
