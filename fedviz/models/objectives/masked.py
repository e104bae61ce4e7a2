"""Masked language modelling: hidden tokens from all others. `fedviz.models.masking` says what is hidden."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.core.seeds import derive, generator
from fedviz.models.objectives.base import ObjectiveEntry, Progress, without_labels

if TYPE_CHECKING:
    import numpy as np

    from fedviz.core.config import RunConfig
    from fedviz.models.families import Tokens
    from fedviz.models.token_learner import Question
    from fedviz.models.vocabulary import Marked, Vocabulary
    from fedviz.scenarios.base import ScenarioData


class MaskedOptions(Options):
    """How much is hidden, what together, and when it is drawn."""

    name: Literal["masked"] = "masked"
    rate: Annotated[float, Field(gt=0, le=0.5, title="Masked share", description="Share of a text's tokens that the model must find; of these 80 % are hidden behind the mask, 10 % become another token and 10 % stay as they are.")] = 0.15
    whole_words: Annotated[bool, Field(title="Whole words", description="Hide all pieces of a word together, so that none is guessed from the others.")] = False
    masks: Annotated[int, Field(ge=0, le=20, title="Masks per text", description="0 draws anew what is hidden at every reading (dynamic masking, RoBERTa). Above 0 each text has so many fixed ways of hiding (static masking, BERT had 10): then the frozen layers read each of them once, which saves time.")] = 0
    entities: Annotated[bool, Field(title="Entities of the graph first", description="Hide the names that the graph knows before other words, each as a whole: the model must learn what the domain's names stand among. Held-out texts are hidden without it, so that numbers compare.")] = False
    watched: Annotated[tuple[str, ...], Field(max_length=5, title="Watched texts", description="Texts with [MASK] in them, one a line: after each round the run tells the likeliest tokens there. They are made up, nobody's data.")] = ()


class Hiding:
    """What is hidden in the texts of a run. `texts`: by split; `spans`: for each training text the characters of its entities, or none."""

    def __init__(self, texts: "dict[str, Sequence[Marked]]", vocabulary: "Vocabulary", options: MaskedOptions, spans: Sequence[Sequence[tuple[int, int]]], seed: int) -> None:
        from fedviz.models.masking import units

        self._texts, self._vocabulary, self._options, self._seed = texts, vocabulary, options, seed
        self._units = {
            split: [units(text, options.whole_words, spans[row] if spans and split == "train" else ()) for row, text in enumerate(part)] for split, part in texts.items()
        }

    def ask(self, split: str, row: int, generator: "np.random.Generator | None") -> "Question":
        """Drawn anew; of a held-out text, or where nothing is drawn, the text's first fixed way."""
        if generator is None or split == "test":
            return self._fixed(split, row, 0)
        if self._options.masks:
            return self._fixed(split, row, int(generator.integers(self._options.masks)))
        return self._drawn(split, row, generator)

    def _fixed(self, split: str, row: int, number: int) -> "Question":
        return self._drawn(split, row, generator(self._seed, split, row, number))

    def _drawn(self, split: str, row: int, chance: "np.random.Generator") -> "Question":
        from fedviz.models.masking import hidden

        named, others = self._units[split][row]
        return hidden(self._texts[split][row], self._vocabulary, self._options.rate, named, others, chance)

    def kept(self) -> "Iterable[Tokens]":
        """The held-out texts' questions, and those of the training texts where they are fixed."""
        for split, part in self._texts.items():
            for row in range(len(part)):
                for number in range(1 if split == "test" else self._options.masks):
                    yield self._fixed(split, row, number).tokens

    def lengths(self, split: str) -> list[int]:
        """Tokens of every text."""
        return [len(text.tokens) for text in self._texts[split]]


def prepare(config: "RunConfig", data: "ScenarioData", progress: Progress) -> Any:
    """Load the model, tokenise the texts, and find the entities in them where they are hidden first."""
    from fedviz.models.learner import ENCODE, LINK, LOAD
    from fedviz.models.loading import backbone_of
    from fedviz.models.token_learner import described, learner
    from fedviz.scenarios.linked import linker

    options: MaskedOptions = config.objective  # type: ignore[assignment]
    progress(LOAD, 0, 1)
    backbone = backbone_of(config)
    vocabulary = described(backbone, config, causal=False)
    progress(LOAD, 1, 1)
    texts = {split: vocabulary.mark(part.texts, config.model.max_tokens) for split, part in (("train", data.train), ("test", data.test))}  # type: ignore[attr-defined]
    spans: list[list[tuple[int, int]]] = []
    if options.entities:
        progress(LINK, 0, 1)
        spans = [[(mention.start, mention.end) for mention in mentions] for mentions in linker(data.graph).link_many(data.train.texts)]
        progress(LINK, 1, 1)
    questions = Hiding(texts, vocabulary, options, spans, derive(config.seed, "masks"))  # type: ignore[arg-type]
    return learner(config, backbone, data.classes, questions, lambda done, of: progress(ENCODE, done, of), options.watched)  # type: ignore[arg-type]


MASKED = ObjectiveEntry(
    "masked",
    N_("Masked language model"),
    N_("The model learns to find hidden tokens from all others, as BERT and RoBERTa do. Labels are not read."),
    MaskedOptions,
    equation=r"L = -\frac{1}{|M|} \sum_{t \in M} \log p(x_t \mid x_{\setminus M})",
    paper="Devlin et al. 2019, arXiv:1810.04805 (BERT); Liu et al. 2019, arXiv:1907.11692 (RoBERTa, dynamic masking); Sun et al. 2019, arXiv:1904.09223 (entities)",
    when=N_("For models that see the whole text: pretraining, and adaptation to the language of a domain before a task with few labels."),
    prepare=prepare,
    check=without_labels,
    shapes=lambda options, width, vocabulary: {
        "language.dense.weight": (width, width), **{f"language.{name}": (width,) for name in ("dense.bias", "norm.weight", "norm.bias")}, "language.bias": (vocabulary,),
    },
    answers=lambda options, tokens: options.rate * tokens,
)
