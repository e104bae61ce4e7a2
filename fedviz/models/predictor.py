"""A trained model for single texts: what the text says, and one term per triple."""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from fedviz.core.config import RunConfig
from fedviz.core.text import clean
from fedviz.core.types import FULL_TRUST, GraphTrust, Triple
from fedviz.kg.graph import KnowledgeGraph
from fedviz.kg.link import Mention
from fedviz.models.knowledge.base import Term
from fedviz.models.learner import Batch, build_model, load_weights

_REMEMBERED_TEXTS = 32


@dataclass(frozen=True)
class Reading:
    """A text as the model reads it, cleaned, before the sum: its mentions, its terms, and the logits of the text alone [classes] (float64)."""

    text: str
    mentions: tuple[Mention, ...]
    terms: tuple[Term, ...]
    text_logits: NDArray[np.float64]


class Predictor:
    """A model with the weights of one checkpoint. `graph` is the graph that it uses.

    `classes`, `graph` and `class_entities` are those of the run's scenario, `arrays` the trained weights; `RunError` where these
    do not fit. `trust`: how much of the graph the run used; terms are told with it. Safe between threads. Reading a text costs one pass through the language model; readings are remembered, so that edits cost none.
    """

    def __init__(
        self,
        config: RunConfig,
        classes: Sequence[str],
        graph: KnowledgeGraph,
        arrays: Mapping[str, NDArray[np.float32]],
        class_entities: Mapping[str, int],
        trust: GraphTrust = FULL_TRUST,
    ) -> None:
        self.classes = tuple(classes)
        self._model, self.knowledge, self._tokenize, _ = build_model(config, self.classes, graph, class_entities)
        load_weights({name: weight for name, weight in self._model.named_parameters() if weight.requires_grad}, arrays)
        self._trust = trust
        self.graph: KnowledgeGraph = self.knowledge.graph
        self._graph_weights = None if self._model.graph is None else self._model.graph.weight.detach().double().numpy()
        self._lock = threading.Lock()
        self._readings: OrderedDict[str, Reading] = OrderedDict()

    def read(self, text: str, added: Sequence[Triple] = ()) -> Reading:
        """Mentions, terms and text logits of the text as `core.text.clean` leaves it; `added` triples count as if the graph held them.

        `InputError` for an empty or endless text.
        """
        text = clean(text)
        with self._lock:
            reading = self._readings.get(text)
            if reading is None:
                mentions = self.knowledge.mentions([text])[0]
                reading = Reading(text, mentions, self._terms(mentions), self._text_logits(text))
                self._readings[text] = reading
                if len(self._readings) > _REMEMBERED_TEXTS:
                    self._readings.popitem(last=False)
        if not added:
            return reading
        return Reading(text, reading.mentions, self._terms(reading.mentions, added), reading.text_logits)

    def _terms(self, mentions: Sequence[Mention], added: Sequence[Triple] = ()) -> tuple[Term, ...]:
        """The terms as far as the run trusts the graph."""
        terms = self.knowledge.terms(mentions, added)
        if self._trust.evidence == self._trust.structure == 1:
            return tuple(terms)
        evidence, structure = np.float32(self._trust.evidence), np.float32(self._trust.structure)
        return tuple(replace(term, prior=term.prior * evidence, features=term.features * structure) for term in terms)

    def values(self, term: Term) -> NDArray[np.float64]:
        """What a term adds to the logits [classes]."""
        effect = term.prior.astype(np.float64)
        if self._graph_weights is not None:
            effect = effect + self._graph_weights @ term.features.astype(np.float64)
        return term.gate * effect

    @torch.no_grad()
    def logits(self, reading: Reading, terms: Sequence[Term]) -> NDArray[np.float32]:
        """Logits [classes] by the model's own forward pass, with `terms` alone switched on: to check the sum, not to make it."""
        features = sum((t.gate * t.features for t in terms), np.zeros(self.knowledge.dimensions, np.float32))
        priors = sum((t.gate * t.prior for t in terms), np.zeros(len(self.classes), np.float32))
        rows = (torch.from_numpy(np.asarray(part, np.float32))[None] for part in (features, priors))
        batch = Batch(self._model.encoder.inputs(self._tokenize([reading.text]), remember=False), *rows, torch.zeros(1, dtype=torch.long))
        return self._model(batch)[0].numpy()

    @torch.no_grad()
    def _text_logits(self, text: str) -> NDArray[np.float64]:
        return self._model.text_logits(self._model.encoder.inputs(self._tokenize([text]), remember=False))[0].double().numpy()
