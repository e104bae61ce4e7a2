"""Instruction tuning: the tokens of an answer, from the question before them (and from triples of the graph beside it, in some of the prompts).

Questions and answers are made from the client's own texts and the graph, see `fedviz.scenarios.instructions`; what is tested are questions about entities that
nobody was taught. The loss counts the answer's tokens alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from pydantic import Field

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.models.objectives.base import ObjectiveEntry, Progress, without_labels

if TYPE_CHECKING:
    from fedviz.core.config import RunConfig
    from fedviz.models.families import Tokens
    from fedviz.models.token_learner import Question
    from fedviz.scenarios.base import Examples, ScenarioData
    from fedviz.scenarios.partitions.base import Shards


class InstructOptions(Options):
    """How many questions there are, and how many of them come with triples."""

    name: Literal["instruct"] = "instruct"
    pairs: Annotated[int, Field(ge=4, le=5000, title="Pairs per client", description="At most so many questions with their answers each client makes from its own texts and the graph.")] = 120
    asked: Annotated[int, Field(ge=1, le=1000, title="Held-out questions per client", description="At most so many questions about entities that no client is taught; the run is tested on them.")] = 30
    facts: Annotated[float, Field(ge=0, le=1, title="Share with triples", description="So many of the training prompts begin with what the graph says of the entities in the question, so that the model learns to read it.")] = 0.3


def deal(config: "RunConfig", data: "ScenarioData", shards: "Shards") -> "tuple[ScenarioData, Shards]":
    """Each client's pairs in the place of its texts, as prompt and answer in one; the label is what is asked for."""
    from fedviz.core import seeds
    from fedviz.kg.qa.pairs import Kind
    from fedviz.kg.qa.recall import recall
    from fedviz.models.generation.chat import prompt
    from fedviz.scenarios.instructions import of_run
    from fedviz.scenarios.linked import linker
    from fedviz.scenarios.partitions.base import Shards

    options: InstructOptions = config.objective  # type: ignore[assignment]
    made = of_run(config, data, shards)
    kinds = get_args(Kind)

    def text(pair: Any, chance: Any) -> str:
        told = recall(data.graph, linker(data.graph).link, pair.question) if chance is not None and chance.random() < options.facts else ()
        enough = set(pair.triples) <= {one.triple for one in told}  # to answer beside triples that do not say it would teach to invent
        return prompt(pair.question, [one.sentence for one in told] if enough else ()) + pair.answer

    def examples(parts: Sequence[Sequence[Any]], chance: Any) -> "Examples":
        from fedviz.scenarios.base import Examples

        pairs = [(client, pair) for client, some in enumerate(parts) for pair in some]
        return Examples(tuple(text(pair, chance) for _client, pair in pairs), [kinds.index(pair.kind) for _client, pair in pairs], [client for client, _pair in pairs])  # type: ignore[arg-type]

    train, test = examples(made.train, seeds.generator(config.seed, "facts")), examples(made.asked, None)
    rows = [tuple((part.parties == client).nonzero()[0] for client in range(len(shards.names))) for part in (train, test)]
    return replace(data, classes=kinds, train=train, test=test, class_entities={}), Shards(shards.names, *rows)


class Answers:
    """Every token of the answers, from those before it; the end of an answer belongs to it. `texts`: prompt and answer in token ids, by split and row."""

    def __init__(self, texts: "dict[str, Sequence[tuple[Tokens, Tokens]]]") -> None:
        self._texts = texts

    def ask(self, split: str, row: int, generator: object) -> "Question":
        """The same at every time."""
        from fedviz.models.token_learner import Question

        prompt, answer = self._texts[split][row]
        return Question((*prompt, *answer), tuple(range(len(prompt) - 1, len(prompt) + len(answer) - 1)), answer)

    def kept(self) -> "Iterable[Tokens]":
        """All texts."""
        return ((*prompt, *answer) for texts in self._texts.values() for prompt, answer in texts)

    def lengths(self, split: str) -> list[int]:
        """Tokens of every text."""
        return [len(prompt) + len(answer) for prompt, answer in self._texts[split]]


def prepare(config: "RunConfig", data: "ScenarioData", progress: Progress) -> Any:
    """Load the model and tokenise prompts and answers."""
    from fedviz.models.generation import chat
    from fedviz.models.learner import ENCODE, LOAD
    from fedviz.models.loading import backbone_of
    from fedviz.models.token_learner import described, learner

    progress(LOAD, 0, 1)
    backbone = backbone_of(config)
    described(backbone, config, causal=True)
    progress(LOAD, 1, 1)

    def tokens(part: "Examples") -> "list[tuple[Tokens, Tokens]]":
        both = [chat.parted(text) for text in part.texts]
        pairs = zip(chat.prompt_tokens(backbone, [prompt for prompt, _answer in both]), chat.answer_tokens(backbone, [answer for _prompt, answer in both]), strict=True)
        most = config.model.max_tokens  # type: ignore[attr-defined]
        # where both are too long the beginning goes: the question stands at the prompt's end
        return [(prompt[-max(1, most - len(answer)) :], answer[: most - 1]) for prompt, answer in pairs]

    return learner(config, backbone, data.classes, Answers({"train": tokens(data.train), "test": tokens(data.test)}), lambda done, of: progress(ENCODE, done, of))


def check(options: InstructOptions, config: "RunConfig") -> None:
    """`ValueError` where labels are read, or where texts would be held out that questions are made of."""
    without_labels(options, config)
    if share := config.federation.validation_share:
        raise ValueError(f"`federation.validation_share` must be 0 where the objective is instruct, whose clients make many questions from one text, but got validation_share={share:g}")


INSTRUCT = ObjectiveEntry(
    "instruct",
    N_("Instruction tuning"),
    N_("The model learns to answer questions that each client makes from its own texts and the graph. Labels are not read."),
    InstructOptions,
    equation=r"L = -\frac{1}{|A|} \sum_{t \in A} \log p(x_t \mid x_{<t})",
    paper="Wei et al. 2022, Finetuned Language Models Are Zero-Shot Learners, arXiv:2109.01652; Ouyang et al. 2022, arXiv:2203.02155 (supervised part)",
    when=N_("For models that write, to be asked on the page Generate afterwards. What it learns are the graph's words and how answers are put; it is no source of facts."),
    prepare=prepare,
    check=check,
    deal=deal,
    answers=lambda options, tokens: tokens / 3,  # prompts are twice as long as answers
)
