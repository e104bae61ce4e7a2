"""The model as the federation sees it: batches in, losses out, trained weights by name."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from fedviz.core.config import RunConfig
from fedviz.core.i18n import N_
from fedviz.core.registry import ADAPTERS, KNOWLEDGE
from fedviz.core.seeds import derive
from fedviz.core.types import GraphTrust, Split
from fedviz.models.encoder import Encoder
from fedviz.models.folders import weights_digest
from fedviz.models.guidance import Guides, guides
from fedviz.models.knowledge.base import Knowledge, KnowledgeInputs
from fedviz.models.loading import backbone_of
from fedviz.models.losses.base import Step
from fedviz.models.start import Asked, start_arrays
from fedviz.models.trained import ByClass, Trained, in_order, load_weights, weights_of
from fedviz.models.vectors import unit_vectors
from fedviz.scenarios.base import ScenarioData

LOAD, LINK, ENCODE = N_("Load the language model"), N_("Link the texts to the graph"), N_("Read the texts with the frozen layers")
"""The steps before training, as progress tells them."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Batch:
    """Some texts as the model reads them: encoder inputs, graph features [n, dimensions], graph priors [n, classes], labels [n], and their rows [n] in their split."""

    inputs: list
    features: Tensor
    priors: Tensor
    labels: Tensor
    rows: Tensor = field(default_factory=lambda: torch.zeros(0, dtype=torch.long))

    def __len__(self) -> int:
        """How many texts."""
        return len(self.labels)


class Classifier(nn.Module):
    """`logits = W enc(x) + b + sum of priors + V (sum of features)`; W, b and V start at zero.

    At zero the model without training says what the graph's class evidence says, and nothing else.
    """

    def __init__(self, encoder: Encoder, classes: int, dimensions: int, guidance: Guides | None = None) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(encoder.width, classes)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        self.graph = nn.Linear(dimensions, classes, bias=False) if dimensions else None
        if self.graph is not None:
            nn.init.zeros_(self.graph.weight)
        self.guidance = guidance

    def text_logits(self, inputs: list) -> Tensor:
        """The text's part of the logits [texts, classes]."""
        return self.head(self.encoder(inputs))

    def forward(self, batch: Batch, vectors: Tensor | None = None) -> Tensor:
        """Logits [texts, classes]; `vectors` [texts, width]: what the encoder says, where it is known."""
        logits = (self.text_logits(batch.inputs) if vectors is None else self.head(vectors)) + batch.priors
        return logits if self.graph is None else logits + self.graph(batch.features)


class Learner(ByClass, Trained):
    """A classifier and the texts of a scenario, ready to train."""

    def __init__(self, model: Classifier, data: ScenarioData, parts: Mapping[Split, Batch], total_parameters: int) -> None:
        self._parts = parts
        self._lengths = {split: [len(entry) for entry in part.inputs] for split, part in parts.items()}
        super().__init__(model, data.classes, total_parameters)
        self._weighs = False
        self._class_weights: Tensor | None = None

    def balance(self, counts: NDArray[np.int64] | None = None) -> None:
        """Let texts of rare classes count more from here on, in this learner and in all that are made from it later: by `counts` [classes] once and for all, or by the
        texts of each training.
        """
        self._weighs = counts is None
        self._class_weights = None if counts is None else self._balanced(counts)

    def weigh(self, indices: Sequence[int], change: Callable[[Tensor], Tensor] | None = None) -> None:
        """Count the classes of the texts that are about to be trained on, where weights follow from these; `change` is what becomes of their labels."""
        if self._weighs:
            labels = self._parts["train"].labels.cpu()[torch.from_numpy(np.array(indices, dtype=np.int64))]
            self._class_weights = self._balanced(np.bincount((labels if change is None else change(labels)).numpy(), minlength=len(self.classes)))

    def _balanced(self, counts: NDArray[np.int64]) -> Tensor:
        return torch.from_numpy(class_weights(counts)).to(self._parts["train"].labels.device)

    def trust(self, trust: GraphTrust) -> None:
        """Let the graph count so much from here on, in this learner and in all that are made from it later."""
        self._parts = {
            split: replace(part, features=part.features * np.float32(trust.structure), priors=part.priors * np.float32(trust.evidence)) for split, part in self._parts.items()
        }

    def examples(self, split: Split) -> int:
        """Texts of a split."""
        return len(self._parts[split])

    def batches(self, split: Split, indices: Sequence[int], batch_size: int, generator: np.random.Generator | None = None) -> Iterator[Batch]:
        """The texts at `indices` in batches: shuffled by `generator`, or without one from short to long, which wastes least."""
        part = self._parts[split]
        order = in_order(indices, self._lengths[split], generator)
        for start in range(0, len(order), batch_size):
            chosen = order[start : start + batch_size]
            rows = torch.from_numpy(chosen).to(part.labels.device)
            yield Batch([part.inputs[i] for i in chosen], part.features[rows], part.priors[rows], part.labels[rows], rows)

    def evidence(self, split: Split, indices: Sequence[int]) -> NDArray[np.float32]:
        """What the graph alone says for the classes of the texts at `indices`, in their order: [texts, classes], in logits."""
        return self._parts[split].priors.cpu()[torch.from_numpy(np.array(indices, dtype=np.int64))].numpy()

    def logits(self, batch: Batch) -> Tensor:
        """Logits [texts, classes]."""
        return self.model(batch)

    def loss(self, batch: Batch, features: Tensor | None = None) -> Tensor:
        """Mean cross-entropy of the batch in nats; `features` of this batch save reading it again."""
        return nn.functional.cross_entropy(self.model(batch, features), batch.labels)

    def objective(self, batch: Batch, features: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The loss of a training batch as it is told, and with the classes' weights and what the graph adds; the very same where there is neither."""
        if self.model.guidance is None and self._class_weights is None:
            loss = self.loss(batch, features)
            return loss, loss
        vectors = self.model.encoder(batch.inputs) if features is None else features
        logits = self.model(batch, vectors)
        loss = told = nn.functional.cross_entropy(logits, batch.labels)
        if self._class_weights is not None:
            loss = (self._class_weights[batch.labels] * nn.functional.cross_entropy(logits, batch.labels, reduction="none")).mean()
        if self.model.guidance is None:
            return told, loss
        return told, loss + self.model.guidance(Step(logits, vectors, batch.labels, batch.rows, self.model.encoder), self.round)


def class_weights(counts: NDArray[np.int64]) -> NDArray[np.float32]:
    """`n / (k n_c)` for each class [classes], by how many of the n texts are of it; 0 for classes without texts, and k are the others. Over the texts their mean is 1.

    King and Zeng 2001, Logistic Regression in Rare Events Data (Political Analysis 9(2)), with all classes wanted as often.
    """
    seen = counts > 0
    return np.where(seen, counts.sum() / np.maximum(seen.sum() * counts, 1), 0.0).astype(np.float32)


def build_model(config: RunConfig, classes: tuple[str, ...], graph: object, class_entities: Mapping[str, int]) -> tuple[Classifier, Knowledge, Callable, int]:
    """Model, knowledge, tokenizer (texts -> token ids) and the number of all its weights."""
    backbone = backbone_of(config)
    embed = (lambda texts: unit_vectors(backbone, texts)) if backbone.pretrained else None
    inputs = KnowledgeInputs(graph, classes, class_entities, embed, backbone.width, derive(config.seed, "knowledge"), backbone.key)
    knowledge = KNOWLEDGE.get(config.knowledge.name).build(config.knowledge, inputs)
    encoder = Encoder(backbone, config.model, derive(config.seed, "model"), ADAPTERS.get(config.federation.adapters.name).based)
    model = Classifier(encoder, len(classes), knowledge.dimensions, guides(config, inputs)).to(config.model.device)
    trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    total = backbone.parameters + (trained if config.model.tuning != "full" else trained - backbone.parameters)
    return model, knowledge, lambda texts: backbone.tokenize(texts, config.model.max_tokens), total


def prepare(config: RunConfig, data: ScenarioData, progress: Progress = lambda step, done, total: None) -> Learner:
    """Load the model, link the texts to the graph, cache what the frozen layers say. Raises `FedvizError` on what a user can cause."""
    progress(LOAD, 0, 1)
    model, knowledge, tokenize, total = build_model(config, data.classes, data.graph, data.class_entities)
    if config.model.start_from:
        _start(config, data, model)
    progress(LOAD, 1, 1)
    texts = [*data.train.texts, *data.test.texts]
    features, priors = knowledge.sums(texts, lambda done, of: progress(LINK, done, of))
    inputs = model.encoder.inputs(tokenize(texts), lambda done, of: progress(ENCODE, done, of))
    cut = len(data.train.texts)
    if model.guidance is not None:
        model.guidance.prepare(data.train.texts, lambda some: model.encoder.inputs(tokenize(some)))
    parts: dict[Split, Batch] = {}
    for split, rows, labels in (("train", slice(0, cut), data.train.labels), ("test", slice(cut, None), data.test.labels)):
        tables = torch.from_numpy(features[rows]), torch.from_numpy(priors[rows]), torch.tensor(np.asarray(labels), dtype=torch.long)
        parts[split] = Batch(inputs[rows], *(table.to(config.model.device) for table in tables))
    learner = Learner(model, data, parts, total)
    if getattr(config.objective, "class_weights", "none") == "local":
        learner.balance()
    return learner


def _start(config: RunConfig, data: ScenarioData, model: Classifier) -> None:
    """Let the model begin with the weights that the run starts from."""
    weights = weights_of(model)
    source = model.encoder.frozen.backbone.folder
    asked = Asked(data.classes, "0" if source is None else weights_digest(source), config.model.tuning, config.to_data()["knowledge"], data.graph.digest)
    load_weights(weights, start_arrays(config.model.start_from, asked, {name: weight.detach().cpu().numpy() for name, weight in weights.items()}))
