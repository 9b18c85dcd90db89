"""Intent and aspects of a message by logistic regression over folded TF-IDF, in one graph node.

Rasa's stock path (count vectors, then LogisticRegressionClassifier) loses a third of its accuracy
without diacritics and spends milliseconds on scipy checks; this one trains in a minute and
answers with plain numpy. Beside Rasa's ``intent`` and ``intent_ranking`` it puts out

* ``aspects``: name -> probability; which parts of a procedure are asked for (independent of each other);
* ``neighbours``: for each ranked intent the cosine to its nearest training example, 0..1;
* ``known_share``: the share of the message's words that the training data has, 0..1.

Aspect labels come from ``metadata: {aspects: [...]}`` of the examples' block in the NLU data.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.nlu.constants import INTENT, METADATA, METADATA_INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix

from components.features import HEAD_ONLY, grams_of, source_hash, vector
from components.fitting import fit_aspects, fit_intents, tfidf


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class FoldedClassifier(IntentClassifier, GraphComponent):
    """Two linear models on the same features: one intent of many, and any number of aspects."""

    @classmethod
    def required_components(cls) -> list[type]:
        return [Tokenizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "epochs": 8,
            "rate": 0.05,
            "aspects_C": 10.0,
            "min_count": 2,
            "looked_at": 32,
            "by_score": 8,
            "by_nearness": 4,
        }

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        return source_hash(("components.classifier", "components.fitting"))

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        self._config, self._storage, self._resource = config, storage, resource
        self._vocabulary: dict[str, int] = {}
        self._arrays: dict[str, np.ndarray] = {}
        self._labels: list[str] = []
        self._aspects: list[str] = []
        self._examples: list[csr_matrix] = []

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> FoldedClassifier:
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        examples = [
            e
            for e in training_data.intent_examples
            if e.get(TEXT) and e.get(INTENT) and e.get(INTENT) != HEAD_ONLY
        ]
        x, self._vocabulary, idf = tfidf([grams_of(e) for e in examples], self._config["min_count"])
        intents = [e.get(INTENT) for e in examples]
        self._labels, coef, bias = fit_intents(x, intents, self._config["epochs"], self._config["rate"])
        asked = [_aspects_of(e) for e in examples]
        self._aspects, aspect_coef, aspect_bias = fit_aspects(x, asked, self._config["aspects_C"])
        place = {label: i for i, label in enumerate(self._labels)}
        owner = np.array([place[i] for i in intents], np.int32)
        order = np.argsort(owner, kind="stable")
        rows = x[order]
        self._arrays = {
            "idf": idf,
            "coef": coef.astype(np.float16),
            "bias": bias,
            "aspect_coef": aspect_coef.astype(np.float16),
            "aspect_bias": aspect_bias,
            "owner": owner[order],
            "data": rows.data.astype(np.float16),
            "indices": rows.indices.astype(np.int32),
            "indptr": rows.indptr.astype(np.int64),
        }
        self._persist()
        self._prepare()
        return self._resource

    def _persist(self) -> None:
        with self._storage.write_to(self._resource) as folder:
            np.savez_compressed(folder / "model.npz", **self._arrays)
            grams_in_order = sorted(self._vocabulary, key=self._vocabulary.__getitem__)
            names = {"grams": grams_in_order, "labels": self._labels, "aspects": self._aspects}
            (folder / "names.json").write_text(json.dumps(names), encoding="utf-8")

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> FoldedClassifier:
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            with np.load(folder / "model.npz") as stored:
                component._arrays = {name: stored[name] for name in stored.files}
            names = json.loads((folder / "names.json").read_text(encoding="utf-8"))
        component._vocabulary = {gram: i for i, gram in enumerate(names["grams"])}
        component._labels, component._aspects = names["labels"], names["aspects"]
        component._prepare()
        return component

    def _prepare(self) -> None:
        """Widen the stored half floats; split the training rows by intent, for the nearest example."""
        for name in ("coef", "aspect_coef", "data"):
            self._arrays[name] = self._arrays[name].astype(np.float32)
        owner, a = self._arrays["owner"], self._arrays
        shape = (len(owner), len(a["idf"]))
        rows = csr_matrix((a.pop("data"), a.pop("indices"), a.pop("indptr")), shape=shape)
        starts = np.searchsorted(owner, np.arange(len(self._labels) + 1))
        self._examples = [rows[starts[i] : starts[i + 1]] for i in range(len(self._labels))]

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            self._read(message)
        return messages

    def _read(self, message: Message) -> None:
        a = self._arrays
        counts = grams_of(message)
        columns, weights = vector(counts, self._vocabulary, a["idf"])
        scores = weights @ a["coef"][columns] + a["bias"]
        share = np.exp(scores - scores.max())
        share /= share.sum()
        likely = np.argsort(-share)[: self._config["looked_at"]]
        nearness = self._nearness(columns, weights, likely)
        best = self._worth_telling(likely, nearness)
        ranking = [{"name": self._labels[i], "confidence": float(share[i])} for i in best]
        asked = 1.0 / (1.0 + np.exp(-(weights @ a["aspect_coef"][columns] + a["aspect_bias"])))
        words = [gram for gram in counts if gram.startswith("w ")]
        known = sum(gram in self._vocabulary for gram in words) / max(1, len(words))
        message.set("intent", dict(ranking[0]), add_to_output=True)
        message.set("intent_ranking", ranking, add_to_output=True)
        message.set(
            "aspects",
            {n: round(float(p), 4) for n, p in zip(self._aspects, asked, strict=True)},
            add_to_output=True,
        )
        near = {self._labels[i]: round(nearness[i], 4) for i in best}
        message.set("neighbours", near, add_to_output=True)
        message.set("known_share", round(known, 4), add_to_output=True)

    def _worth_telling(self, likely: np.ndarray, nearness: dict[int, float]) -> list[int]:
        """Of the likely intents, by probability: the first, and those whose examples are nearest."""
        nearest = sorted(nearness, key=nearness.__getitem__, reverse=True)[: self._config["by_nearness"]]
        told = {*likely[: self._config["by_score"]], *nearest}
        return [i for i in likely if i in told]

    def _nearness(self, columns: np.ndarray, weights: np.ndarray, intents: np.ndarray) -> dict[int, float]:
        """For each of ``intents`` the cosine to the nearest of its training examples."""
        query = np.zeros(len(self._arrays["idf"]), np.float32)
        query[columns] = weights
        return {i: float((self._examples[i] @ query).max()) for i in intents}

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nothing later in the pipeline learns from predictions on the training data."""
        return training_data


def _aspects_of(message: Message) -> list[str]:
    metadata = (message.get(METADATA) or {}).get(METADATA_INTENT) or {}
    return list(metadata.get("aspects") or [])
