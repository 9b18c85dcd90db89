"""Which kind of scam a message is, by a model of its own beside the intents.

The examples stand in ``data/scam_kinds.yml`` under one intent, ``HEAD_ONLY``, each block with
``metadata: {kind: …}``: the slug of a file of ``faq_data/scams/``, "khac" (other) or "none" (no scam). The
intent classifier leaves them out, so that what residents ask is understood as without them. Puts out
``scam_kinds``: kind -> probability, the most likely ones.
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

from components.features import HEAD_ONLY, grams_of, source_hash, vector
from components.fitting import fit_kinds, tfidf


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class ScamKinds(IntentClassifier, GraphComponent):
    """A balanced multinomial logistic regression over the kinds."""

    @classmethod
    def required_components(cls) -> list[type]:
        return [Tokenizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"C": 20.0, "min_count": 2, "told": 5}

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        return source_hash(("components.scam_kinds", "components.fitting"))

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        self._config, self._storage, self._resource = config, storage, resource
        self._vocabulary: dict[str, int] = {}
        self._arrays: dict[str, np.ndarray] = {}
        self._kinds: list[str] = []

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ScamKinds:
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        examples = [e for e in training_data.intent_examples if e.get(INTENT) == HEAD_ONLY and e.get(TEXT)]
        if examples:
            x, self._vocabulary, idf = tfidf([grams_of(e) for e in examples], self._config["min_count"])
            self._kinds, coef, bias = fit_kinds(x, [_kind_of(e) for e in examples], self._config["C"])
            self._arrays = {"idf": idf, "coef": coef.astype(np.float32), "bias": bias.astype(np.float32)}
        with self._storage.write_to(self._resource) as folder:
            np.savez_compressed(folder / "kinds.npz", **self._arrays)
            in_order = sorted(self._vocabulary, key=self._vocabulary.__getitem__)
            names = {"grams": in_order, "kinds": self._kinds}
            (folder / "kinds.json").write_text(json.dumps(names), encoding="utf-8")
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> ScamKinds:
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            with np.load(folder / "kinds.npz") as stored:
                component._arrays = {name: stored[name] for name in stored.files}
            names = json.loads((folder / "kinds.json").read_text(encoding="utf-8"))
        component._vocabulary = {gram: i for i, gram in enumerate(names["grams"])}
        component._kinds = names["kinds"]
        return component

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            message.set("scam_kinds", self._read(message), add_to_output=True)
        return messages

    def _read(self, message: Message) -> dict[str, float]:
        if not self._kinds:
            return {}
        a = self._arrays
        columns, weights = vector(grams_of(message), self._vocabulary, a["idf"])
        scores = weights @ a["coef"][columns] + a["bias"]
        share = np.exp(scores - scores.max())
        share /= share.sum()
        best = np.argsort(-share)[: self._config["told"]]
        return {self._kinds[i]: round(float(share[i]), 4) for i in best}

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nothing later in the pipeline learns from predictions on the training data."""
        return training_data


def _kind_of(message: Message) -> str:
    metadata = (message.get(METADATA) or {}).get(METADATA_INTENT) or {}
    return str(metadata["kind"])
