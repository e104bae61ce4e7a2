"""A language model as the federation sees it: texts become questions (which token belongs at these places?), and answers are tokens."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from fedviz.core.config import RunConfig
from fedviz.core.errors import ConfigError
from fedviz.core.registry import ADAPTERS
from fedviz.core.seeds import derive
from fedviz.core.types import Split
from fedviz.models.backbone import Backbone
from fedviz.models.encoder import Encoder
from fedviz.models.families import Tokens
from fedviz.models.heads import LanguageHead
from fedviz.models.trained import Measured, Trained, in_order
from fedviz.models.vocabulary import Vocabulary

GAP = "[MASK]"
"""What stands in a watched text for the gap, whatever the model writes."""
WATCHED = 5
"""So many tokens are told of a watched text."""


@dataclass(frozen=True)
class Question:
    """What the model reads of a text, the places in it whose states answer, and the token that belongs to each place; a text may ask nothing."""

    tokens: Tokens
    places: tuple[int, ...]
    targets: tuple[int, ...]


class Questions(Protocol):
    """What an objective asks about the texts of a run."""

    def ask(self, split: Split, row: int, generator: np.random.Generator | None) -> Question:
        """About the text of a row; drawn from `generator` where chance takes part, and without one always the same."""
        ...

    def kept(self) -> Iterable[Tokens]:
        """What is read again and again, so that it pays to keep what the frozen layers say of it."""
        ...

    def lengths(self, split: Split) -> Sequence[int]:
        """Tokens of every text of a split."""
        ...


@dataclass(frozen=True)
class TokenBatch:
    """Some texts as the model reads them: encoder inputs, the rows of the questions' places among all their tokens one after the other [n], and the tokens that belong there [n]."""

    inputs: list
    places: Tensor
    targets: Tensor

    def __len__(self) -> int:
        """How many texts."""
        return len(self.inputs)


@dataclass(frozen=True)
class Watch:
    """Texts that somebody watches, and what is asked about each: one place."""

    vocabulary: Vocabulary
    texts: tuple[str, ...]
    questions: tuple[Question, ...]


def watch(vocabulary: Vocabulary, texts: Sequence[str], config: RunConfig) -> Watch:
    """Watched texts as questions: about the first `[MASK]` in them, or, for a model without a mask, about what follows. `ConfigError` where a gap is missing."""
    causal, most = vocabulary.mask is None or config.objective.name == "causal", config.model.max_tokens  # type: ignore[attr-defined]
    asked: list[Question] = []
    for text, read in zip(texts, vocabulary.mark([text if causal else text.replace(GAP, vocabulary.gap) for text in texts], most), strict=True):
        if causal:
            tokens = read.tokens[:-1] or read.tokens
            asked.append(Question(tokens, (len(tokens) - 1,), (0,)))
        elif vocabulary.mask in read.tokens:
            asked.append(Question(read.tokens, (read.tokens.index(vocabulary.mask),), (0,)))
        else:
            raise ConfigError(f"`objective.watched` must be texts that hold {GAP}, but got {text[:80]!r}.")
    return Watch(vocabulary, tuple(texts), tuple(asked))


class LanguageModel(nn.Module):
    """An encoder whose tokens' states a head turns into tokens. The head's table is the encoder's own, so that training all trains one table."""

    def __init__(self, backbone: Backbone, config: RunConfig) -> None:
        super().__init__()
        options, full = config.model, config.model.tuning == "full"  # type: ignore[attr-defined]
        based = ADAPTERS.get(config.federation.adapters.name).based
        self.encoder = Encoder(backbone, options, derive(config.seed, "model"), based)  # type: ignore[arg-type]
        embeddings = backbone.embeddings if self.encoder.embeddings is None else self.encoder.embeddings
        self.language = LanguageHead(backbone, backbone.family.words(embeddings), full).to(options.device)  # type: ignore[attr-defined]

    def forward(self, batch: TokenBatch) -> Tensor:
        """States [n, width] at the places of a batch, behind the final norm where the family has one."""
        states = self.encoder.states(batch.inputs)[batch.places]
        return states if self.encoder.final is None else self.encoder.final(states)


class TokenLearner(Trained):
    """A language model and the questions about the texts of a scenario, ready to train. Losses are means over a batch's answers; a text counts as much as it asks."""

    counted = (1, 2)

    def __init__(self, model: LanguageModel, classes: tuple[str, ...], questions: Questions, known: Mapping[Tokens, Tensor], total_parameters: int, watch: Watch) -> None:
        self.questions = questions
        self._watch = watch
        self._known = known
        super().__init__(model, classes, total_parameters)

    def batches(self, split: Split, indices: Sequence[int], batch_size: int, generator: np.random.Generator | None = None) -> Iterator[TokenBatch]:
        """The texts at `indices` in batches: shuffled by `generator`, which also draws what is asked, or without one from short to long."""
        order = in_order(indices, self.questions.lengths(split), generator)
        for start in range(0, len(order), batch_size):
            yield self.batch([self.questions.ask(split, int(row), generator) for row in order[start : start + batch_size]])

    def batch(self, questions: Sequence[Question]) -> TokenBatch:
        """Some questions as the model reads them: by what the frozen layers have said of them where all of them are kept."""
        read = [question.tokens for question in questions]
        inputs = [self._known[tokens] for tokens in read] if all(tokens in self._known for tokens in read) else read
        starts = np.cumsum([0, *map(len, read)])
        places = [start + place for start, question in zip(starts, questions, strict=False) for place in question.places]
        device = self.model.language.weight.device
        return TokenBatch(inputs, torch.tensor(places, dtype=torch.long, device=device), torch.tensor([token for question in questions for token in question.targets], dtype=torch.long, device=device))

    def objective(self, batch: TokenBatch, features: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Mean cross-entropy of the batch's answers in nats, twice: nothing is added to it. `features` are vectors of whole texts, of which no token can be read."""
        states = self.model(batch)
        loss = self.model.language.loss(states, batch.targets) if len(batch.targets) else self.model.encoder.states(batch.inputs).sum() * 0.0
        return loss, loss

    def measure(self, batch: TokenBatch) -> Measured:
        """Sums over the answers: how many are wrong and right."""
        asked = len(batch.targets)
        if not asked:
            return Measured(0, 0.0, np.zeros(self.counted, np.int64))
        loss_sum, right = self.model.language.score(self.model(batch), batch.targets)
        return Measured(asked, loss_sum, np.array([[asked - right, right]], np.int64))

    @torch.no_grad()
    def watched(self) -> tuple[tuple[str, tuple[tuple[str, float], ...]], ...]:
        """The likeliest tokens at the first gap of each watched text, or behind it."""
        if not self._watch.texts:
            return ()
        found = torch.softmax(self.model.language(self.model(self.batch(self._watch.questions))).double(), 1).topk(WATCHED, dim=1)
        told = [self._watch.vocabulary.read(ids) for ids in found.indices.tolist()]
        return tuple((text, tuple(zip(some, values, strict=True))) for text, some, values in zip(self._watch.texts, told, found.values.tolist(), strict=True))


def described(backbone: Backbone, config: RunConfig, causal: bool) -> Vocabulary:
    """The backbone's vocabulary; `ConfigError` where its family reads in the wrong direction for the objective."""
    name, model = config.objective.name, config.model.name  # type: ignore[attr-defined]
    if backbone.family.causal != causal:
        wanted = "a model that sees only what stands before a token" if causal else "a model that sees the whole text at every token"
        raise ConfigError(f"`objective` {name} must train {wanted}, but model={model} is another kind.")
    if backbone.vocabulary is None or (not causal and backbone.vocabulary.mask is None):
        raise ConfigError(f"`objective` {name} must train a model whose vocabulary is known, with a mask where tokens are hidden, but model={model} has none.")
    return backbone.vocabulary


def learner(
    config: RunConfig, backbone: Backbone, classes: tuple[str, ...], questions: Questions, progress: Callable[[int, int], None], watched: Sequence[str] = ()
) -> TokenLearner:
    """The learner of a run. `progress(done, total)` tells of texts that the frozen layers read; `watched`: texts whose likeliest tokens are told after each round."""
    model = LanguageModel(backbone, config)
    seen = watch(backbone.vocabulary, watched, config)  # type: ignore[arg-type]
    known: dict[Tokens, Tensor] = {}
    if model.encoder.cached:
        again = sorted(set(questions.kept()))
        known = dict(zip(again, model.encoder.inputs(again, progress), strict=True))  # type: ignore[arg-type]
    trained = sum(weight.numel() for weight in model.parameters() if weight.requires_grad)
    total = sum(weight.numel() for weight in model.language.parameters()) + backbone.parameters
    if not model.language.untied:
        total -= model.language.weight.numel()  # counted with the backbone
    if config.model.tuning == "lora":  # type: ignore[attr-defined]
        total += trained - sum(weight.numel() for weight in model.language.parameters() if weight.requires_grad)
    return TokenLearner(model, classes, questions, known, total, seen)
