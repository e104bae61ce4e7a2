"""Causal language modelling: the next token from those before it.

Texts of a batch lie one after the other without padding, and attention stays inside each text (`Family.run_packed`), so that no text is read as the
continuation of another.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.models.objectives.base import ObjectiveEntry, Progress, without_labels

if TYPE_CHECKING:
    from fedviz.core.config import RunConfig
    from fedviz.models.families import Tokens
    from fedviz.models.token_learner import Question
    from fedviz.scenarios.base import ScenarioData


class CausalOptions(Options):
    """No options beside the watched texts."""

    name: Literal["causal"] = "causal"
    watched: Annotated[tuple[str, ...], Field(max_length=5, title="Watched texts", description="Beginnings of texts, one a line: after each round the run tells the likeliest next tokens. They are made up, nobody's data.")] = ()


class NextToken:
    """Every token but the first, from those before it; the end of a text belongs to it. `texts`: token ids by split and row."""

    def __init__(self, texts: "dict[str, Sequence[Tokens]]") -> None:
        self._texts = texts

    def ask(self, split: str, row: int, generator: object) -> "Question":
        """The same at every time."""
        from fedviz.models.token_learner import Question

        tokens = self._texts[split][row]
        return Question(tokens, tuple(range(len(tokens) - 1)), tokens[1:])

    def kept(self) -> "Iterable[Tokens]":
        """All texts."""
        return (tokens for texts in self._texts.values() for tokens in texts)

    def lengths(self, split: str) -> list[int]:
        """Tokens of every text."""
        return [len(tokens) for tokens in self._texts[split]]


def prepare(config: "RunConfig", data: "ScenarioData", progress: Progress) -> Any:
    """Load the model and tokenise the texts."""
    from fedviz.models.learner import ENCODE, LOAD
    from fedviz.models.loading import backbone_of
    from fedviz.models.token_learner import described, learner

    progress(LOAD, 0, 1)
    backbone = backbone_of(config)
    described(backbone, config, causal=True)
    progress(LOAD, 1, 1)
    texts = {split: backbone.tokenize(part.texts, config.model.max_tokens) for split, part in (("train", data.train), ("test", data.test))}  # type: ignore[attr-defined]
    return learner(config, backbone, data.classes, NextToken(texts), lambda done, of: progress(ENCODE, done, of), config.objective.watched)  # type: ignore[attr-defined]


CAUSAL = ObjectiveEntry(
    "causal",
    N_("Causal language model"),
    N_("The model learns to say each token of a text from those before it, as GPT does. Labels are not read."),
    CausalOptions,
    equation=r"L = -\frac{1}{T} \sum_t \log p(x_t \mid x_{<t})",
    paper="Radford et al. 2018, Improving Language Understanding by Generative Pre-Training; 2019, Language Models are Unsupervised Multitask Learners",
    when=N_("For models of the GPT family, which see only what stands before a token: pretraining, and adaptation to the language of a domain."),
    prepare=prepare,
    check=without_labels,
    answers=lambda options, tokens: tokens,
)
