"""A trained model for single texts: what the text says, and one term per triple."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from fedviz.core.config import RunConfig
from fedviz.core.text import clean
from fedviz.core.types import FULL_TRUST, GraphTrust, Triple
from fedviz.kg.graph import KnowledgeGraph
from fedviz.kg.link import Mention
from fedviz.models.knowledge.base import Term
from fedviz.models.learner import Batch, Classifier, build_model
from fedviz.models.trained import load_weights, weights_of
from fedviz.models.trusted import trusted
from fedviz.models.vocabulary import Marked

_REMEMBERED_TEXTS = 32


@dataclass(frozen=True)
class Reading:
    """A text as the model reads it, cleaned, before the sum: its mentions, its terms, the logits of the text alone [classes] (float64), and the vector
    that these are read from [width].
    """

    text: str
    mentions: tuple[Mention, ...]
    terms: tuple[Term, ...]
    text_logits: NDArray[np.float64]
    vector: NDArray[np.float64]


@dataclass(frozen=True)
class TextScore:
    """The text's own logits as a function of its input vectors: `tokens` are its tokens with their places in it, `embedded` and `baseline` [1, tokens, width]
    the vectors of the text and of an empty one of the same length, `logits(vectors [n, tokens, width])` gives [n, classes] with gradients.
    """

    tokens: Marked
    embedded: torch.Tensor
    baseline: torch.Tensor
    logits: Callable[[torch.Tensor], torch.Tensor]


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
        config = config.updated({"model.device": "cpu"})  # whatever it was trained on: single texts are quick, and not every viewer has a graphics processor
        self._model, knowledge, self._tokenize, _ = build_model(config, self.classes, graph, class_entities)
        self.knowledge = trusted(knowledge, trust)
        load_weights(weights_of(self._model), arrays)
        self.graph: KnowledgeGraph = self.knowledge.graph
        self._graph_weights = None if self._model.graph is None else self._model.graph.weight.detach().double().numpy()
        self._max_tokens = config.model.max_tokens  # type: ignore[attr-defined]
        self._lock = threading.Lock()
        self._readings: OrderedDict[str, Reading] = OrderedDict()

    @property
    def model(self) -> Classifier:
        """The model itself; to be read only."""
        return self._model

    def read(self, text: str, added: Sequence[Triple] = ()) -> Reading:
        """Mentions, terms and text logits of the text as `core.text.clean` leaves it; `added` triples count as if the graph held them.

        `InputError` for an empty or endless text.
        """
        text = clean(text)
        with self._lock:
            reading = self._readings.get(text)
            if reading is None:
                mentions = self.knowledge.mentions([text])[0]
                reading = Reading(text, mentions, tuple(self.knowledge.terms(mentions)), *self._text(text))
                self._readings[text] = reading
                if len(self._readings) > _REMEMBERED_TEXTS:
                    self._readings.popitem(last=False)
        if not added:
            return reading
        return Reading(text, reading.mentions, tuple(self.knowledge.terms(reading.mentions, added)), reading.text_logits, reading.vector)

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

    @property
    def matrix(self) -> NDArray[np.float64]:
        """V [classes, dimensions], which reads the terms' features."""
        return np.zeros((len(self.classes), self.knowledge.dimensions)) if self._graph_weights is None else self._graph_weights

    @torch.no_grad()
    def text_logits(self, texts: Sequence[str], batch: int = 128) -> NDArray[np.float64]:
        """Logits of many texts alone [texts, classes]; what the frozen layers say is remembered, so that another model on the same layers is quick."""
        inputs = self._model.encoder.inputs(self._tokenize(list(texts)))
        rows = [self._model.text_logits(inputs[start : start + batch]).double().numpy() for start in range(0, len(inputs), batch)]
        return np.concatenate(rows) if rows else np.zeros((0, len(self.classes)))

    def marked(self, text: str) -> Marked:
        """The tokens of a clean text as the model reads it, cut at its longest, with their places in it."""
        return self._model.encoder.frozen.backbone.marked(text, self._max_tokens)

    def text_score(self, text: str) -> TextScore:
        """The text alone as a function of its input vectors, for gradients. The empty text has the padding's vector in the place of every word."""
        encoder = self._model.encoder
        backbone, family = encoder.frozen.backbone, encoder.frozen.family
        tokens = self.marked(clean(text))
        # a sign of the text may be the same token as one of what stands before every text, so that places decide and not tokens
        ids, blank = tokens.tokens, tuple(token if word < 0 else family.pad for token, word in zip(tokens.tokens, tokens.words, strict=True))
        table = backbone.embeddings if encoder.embeddings is None else encoder.embeddings
        layers = (*encoder.frozen.layers, *encoder.layers)

        def logits(vectors: torch.Tensor) -> torch.Tensor:
            lengths = [len(ids)] * len(vectors)
            pooled = backbone.vectors_padded(family.run_padded(layers, vectors, lengths), lengths, encoder.final)
            return self._model.head(backbone.scaled(pooled))

        with torch.no_grad():
            return TextScore(tokens, family.embed_padded(table, [ids], len(ids)), family.embed_padded(table, [blank], len(ids)), logits)

    @torch.no_grad()
    def _text(self, text: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        vector = self._model.encoder(self._model.encoder.inputs(self._tokenize([text]), remember=False))
        return self._model.head(vector)[0].double().numpy(), vector[0].double().numpy()
