"""How well a model answers held-out questions, and whether it still reads plain sentences as before.

Perplexity is exp of the mean cross-entropy a token (Jelinek et al. 1977, Perplexity: a measure of the difficulty of speech recognition tasks).
"""

import math
from collections.abc import Callable, Sequence
from statistics import fmean

from fedviz.core.types import Record
from fedviz.kg.qa import scores
from fedviz.kg.qa.claims import Checker, rate
from fedviz.kg.qa.pairs import Pair
from fedviz.models.generation import chat
from fedviz.models.generation.adapters import Adapter
from fedviz.models.generation.neutral import SENTENCES
from fedviz.models.generation.writer import Sampling, Writer

BATCH = 16
Facts = Callable[[str], Sequence[str]]
"""The sentences that stand before a question in its prompt."""


class Answered(Record):
    """One answer with its scores: exact match and F1 in [0, 1], and its claims by verdict."""

    question: str
    answer: str
    exact: float
    f1: float
    supported: int
    contradicted: int
    unknown: int

    @property
    def share(self) -> float:
        """Share of its claims that the graph supports, in [0, 1]; 0 where it claims nothing."""
        return self.supported / max(1, self.supported + self.contradicted + self.unknown)


class Scores(Record):
    """Means over `questions` questions: exact match, F1 and share of supported claims in [0, 1], and the counts of all claims.

    `perplexity`: of the reference answers behind their questions; `neutral`: of plain sentences, which tells what was forgotten; `silent`: share of answers without a claim.
    """

    questions: int
    exact: float
    f1: float
    supported_share: float
    supported: int
    contradicted: int
    unknown: int
    silent: float
    perplexity: float
    neutral: float


def measure(
    writer: Writer, adapter: Adapter | None, pairs: Sequence[Pair], checker: Checker, facts: Facts = lambda question: (), progress: Callable[[int, int], None] = lambda done, total: None
) -> tuple[Scores, tuple[Answered, ...]]:
    """The scores of a model (None: the pretrained one) on at least one question, and its answers in the order of `pairs`. It writes greedily, so that chance has no part."""
    prompts = chat.prompt_tokens(writer.backbone, [chat.prompt(pair.question, facts(pair.question)) for pair in pairs])
    wanted = chat.answer_tokens(writer.backbone, [pair.answer for pair in pairs])
    order = sorted(range(len(pairs)), key=lambda row: (len(prompts[row]), row))
    found: dict[int, Answered] = {}
    losses: list[tuple[float, int]] = []
    for start in range(0, len(order), BATCH):
        rows = order[start : start + BATCH]
        some, adapters = [prompts[row] for row in rows], [adapter] * len(rows)
        losses += writer.losses(some, [wanted[row] for row in rows], adapters)
        for row, text in zip(rows, written(writer, some, adapters), strict=True):
            found[row] = answered(pairs[row], text, checker)
        progress(len(found), len(pairs))
    answers = tuple(found[row] for row in range(len(pairs)))
    claims = {verdict: sum(getattr(one, verdict) for one in answers) for verdict in ("supported", "contradicted", "unknown")}
    return Scores(
        questions=len(answers),
        exact=fmean(one.exact for one in answers),
        f1=fmean(one.f1 for one in answers),
        supported_share=fmean(one.share for one in answers),
        silent=fmean(not (one.supported + one.contradicted + one.unknown) for one in answers),
        perplexity=_perplexity(losses),
        neutral=neutral(writer, adapter),
        **claims,
    ), answers


def answered(pair: Pair, text: str, checker: Checker) -> Answered:
    """An answer with its scores."""
    return Answered(question=pair.question, answer=text, exact=scores.exact_match(text, pair.accepted), f1=scores.f1(text, pair.accepted), **rate(checker.claims(text)))


def neutral(writer: Writer, adapter: Adapter | None) -> float:
    """Perplexity of plain sentences; the first token of each is given."""
    tokens = chat.prompt_tokens(writer.backbone, SENTENCES)
    return _perplexity(writer.losses([text[:1] for text in tokens], [text[1:] for text in tokens], [adapter] * len(tokens)))


def written(writer: Writer, prompts: Sequence[tuple[int, ...]], adapters: Sequence[Adapter | None], sampling: Sampling = Sampling()) -> list[str]:  # noqa: B008 - frozen
    """The whole answers to some prompts."""
    tokens: list[list[int]] = [[] for _ in prompts]
    for step in writer.write(prompts, adapters, sampling):
        for row, one in zip(tokens, step, strict=True):
            if one is not None:
                row.append(one.token)
    return [writer.text(row).strip() for row in tokens]


def _perplexity(losses: Sequence[tuple[float, int]]) -> float:
    return math.exp(sum(loss for loss, _count in losses) / max(1, sum(count for _loss, count in losses)))
