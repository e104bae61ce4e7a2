"""Truth discovery: whom to trust where sources contradict each other, and who copies from whom.

Expectation maximisation as ACCU with copying (ACCUCOPY) of Dong, Berti-Equille, Srivastava: Integrating Conflicting Data: The Role of Source Dependence, PVLDB 2(1), 2009. A source gives the truth with its
own accuracy and else one of `n` false values at random. Two sources that share false values more often than that would let them are likely to copy; what a copier says counts only as
far as it is its own. Votes are held in matrices [sources, questions], so six sources and thousands of questions take milliseconds.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fedviz.kg.fuse.records import Copying

ROUNDS = 50
COPIED = 0.8
"""Share of its answers that a copier is taken to copy (c of the paper)."""
PRIOR_COPYING = 0.1
"""How likely two sources are dependent before anything is seen (alpha of the paper)."""
WARNED = 0.99
"""From this probability of copying on a page warns."""
_EVEN = 3
"""Rounds in which all sources are trusted alike and only copying is looked for: a source and its copiers else believe themselves in the first round."""
_PRIOR_RIGHT, _PRIOR_WRONG = 4.0, 1.0  # an accuracy is estimated as if a source had been right four times and wrong once before


@dataclass(frozen=True)
class Truth:
    """What was found: `trust` by source (estimated accuracy in [0, 1]), `beliefs` by question and value (they sum to at most 1 a question), and pairs that seem to copy, most likely first."""

    trust: Mapping[str, float]
    beliefs: Mapping[str, Mapping[str, float]]
    copying: tuple[Copying, ...]
    rounds: int


@dataclass(frozen=True)
class Votes:
    """Who says what: `said` [sources, questions] holds the number of a value within its question, -1 where a source says nothing; `sizes`: values a question."""

    sources: tuple[str, ...]
    questions: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]
    said: NDArray[np.int64]

    @property
    def sizes(self) -> NDArray[np.int64]:
        """How many different values each question got."""
        return np.array([len(some) for some in self.values], dtype=np.int64)


def votes(claims: Iterable[tuple[str, str, str]]) -> Votes:
    """From (source, question, value); where one source gives several values, the first counts."""
    sources: dict[str, int] = {}
    questions: dict[str, int] = {}
    values: list[dict[str, int]] = []
    entries: dict[tuple[int, int], int] = {}
    for source, question, value in claims:
        row, column = sources.setdefault(source, len(sources)), questions.setdefault(question, len(questions))
        if column == len(values):
            values.append({})
        entries.setdefault((row, column), values[column].setdefault(value, len(values[column])))
    said = np.full((len(sources), len(questions)), -1, dtype=np.int64)
    for (row, column), number in entries.items():
        said[row, column] = number
    return Votes(tuple(sources), tuple(questions), tuple(tuple(some) for some in values), said)


def majority(held: Votes, weights: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """Shares of the votes [questions, most values]; `weights` [sources, questions] (None: one each)."""
    count = np.zeros((len(held.questions), int(held.sizes.max(initial=1))))
    for row in range(len(held.sources)):
        (columns,) = np.nonzero(held.said[row] >= 0)
        count[columns, held.said[row, columns]] += 1.0 if weights is None else weights[row, columns]
    total = count.sum(axis=1, keepdims=True)
    return np.divide(count, total, out=np.zeros_like(count), where=total > 0)


def discover(held: Votes, copying: bool = True, false_values: float | None = None, rounds: int = ROUNDS) -> Truth:
    """Trust, beliefs and copying by expectation maximisation from equal trust. `copying` False is plain ACCU; `false_values`: n of the model (None: estimated)."""
    accuracy = np.full(len(held.sources), 0.8)
    beliefs = majority(held)
    dependent = np.zeros((len(held.sources),) * 2)
    done = 0
    for done in range(1, rounds + 1):
        alternatives = false_values or _false_values(held, beliefs, dependent)
        if copying:
            dependent = dependence(held, accuracy, beliefs, alternatives)
        beliefs = _believed(held, accuracy, dependent, alternatives)
        known = held.said >= 0
        right = np.where(known, beliefs[np.arange(len(held.questions)), np.maximum(held.said, 0)], 0.0)
        tested = _tested(held, dependent)
        updated = ((right * tested).sum(axis=1) + _PRIOR_RIGHT) / ((known * tested).sum(axis=1) + _PRIOR_RIGHT + _PRIOR_WRONG)
        if copying and done <= _EVEN:
            continue
        change = float(np.abs(updated - accuracy).max(initial=0.0))
        accuracy = updated
        if change < 1e-4 and done > _EVEN:
            break
    found = _copying(held, dependent, beliefs) if copying else ()
    shares = {
        question: {value: float(beliefs[column, number]) for number, value in enumerate(held.values[column])} for column, question in enumerate(held.questions)
    }
    return Truth({source: float(accuracy[row]) for row, source in enumerate(held.sources)}, shares, found, done)


def dependence(held: Votes, accuracy: NDArray[np.float64], beliefs: NDArray[np.float64], alternatives: float) -> NDArray[np.float64]:
    """Probability of each pair [sources, sources] that one of the two copies from the other, by Bayes from shared truths, shared false values and differences."""
    count = len(held.sources)
    out = np.zeros((count, count))
    believed = beliefs[np.arange(len(held.questions)), np.maximum(held.said, 0)] > 0.5
    for one in range(count):
        for other in range(one + 1, count):
            both = (held.said[one] >= 0) & (held.said[other] >= 0)
            agree = both & (held.said[one] == held.said[other])
            true = float((agree & believed[one]).sum())
            false = float(agree.sum()) - true
            differ = float((both & ~agree).sum())
            out[one, other] = out[other, one] = _dependent(true, false, differ, accuracy[one], accuracy[other], alternatives)
    return out


def _dependent(true: float, false: float, differ: float, first: float, second: float, alternatives: float) -> float:
    """The posterior of copying in one of the two directions, each half as likely before."""
    same_true, same_false = first * second, (1 - first) * (1 - second) / alternatives
    other = max(1e-9, 1 - same_true - same_false)
    alone = true * np.log(same_true) + false * np.log(same_false) + differ * np.log(other)
    logs = [np.log(1 - PRIOR_COPYING) + alone]
    for original in (first, second):
        copied_true = original * COPIED + same_true * (1 - COPIED)
        copied_false = (1 - original) * COPIED + same_false * (1 - COPIED)
        copied = true * np.log(copied_true) + false * np.log(copied_false) + differ * np.log(other * (1 - COPIED))
        logs.append(np.log(PRIOR_COPYING / 2) + copied)
    return float(1 - 1 / np.exp(np.array(logs) - logs[0]).clip(max=1e300).sum())


def _independence(held: Votes, accuracy: NDArray[np.float64], dependent: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far each vote is a source's own [sources, questions]: sources are looked at by trust, and a vote that an earlier one gave too counts less."""
    order = np.argsort(-accuracy, kind="stable")
    own = np.ones(held.said.shape)
    for place, row in enumerate(order):
        for earlier in order[:place]:
            shared = (held.said[row] == held.said[earlier]) & (held.said[row] >= 0)
            own[row, shared] *= 1 - COPIED * dependent[row, earlier]
    return own


def _tested(held: Votes, dependent: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far each answer says something about its source's accuracy [sources, questions]: not at all where nobody answers who is independent of it, since it would then confirm itself."""
    alone = np.ones(held.said.shape)
    for row in range(len(held.sources)):
        for other in range(len(held.sources)):
            if other != row:
                alone[row] *= np.where(held.said[other] >= 0, dependent[row, other], 1.0)
    return 1 - alone


def _believed(held: Votes, accuracy: NDArray[np.float64], dependent: NDArray[np.float64], alternatives: float) -> NDArray[np.float64]:
    """The probability of every value [questions, most values], values that nobody gave included in the sum."""
    bounded = accuracy.clip(0.01, 0.99)
    weight = np.log(alternatives * bounded / (1 - bounded))
    own = _independence(held, accuracy, dependent)
    score = np.zeros((len(held.questions), int(held.sizes.max(initial=1))))
    for row in range(len(held.sources)):
        (columns,) = np.nonzero(held.said[row] >= 0)
        score[columns, held.said[row, columns]] += weight[row] * own[row, columns]
    given = np.arange(score.shape[1])[None] < held.sizes[:, None]
    raised = np.where(given, np.exp(score - score.max(axis=1, keepdims=True).clip(min=0)), 0.0)
    unseen = np.maximum(alternatives + 1 - held.sizes, 0) * np.exp(-score.max(axis=1).clip(min=0))
    return raised / (raised.sum(axis=1) + unseen)[:, None]


def _false_values(held: Votes, beliefs: NDArray[np.float64], dependent: NDArray[np.float64]) -> float:
    """n of the model: how rarely two sources that are both wrong, and are not suspected of copying, give the same value; between 1 and 100, and 10 where nothing tells."""
    columns = np.arange(len(held.questions))
    belief = np.where(held.said >= 0, beliefs[columns, np.maximum(held.said, 0)], 0.0)
    both_wrong, same = 5.0, 0.5
    for one in range(len(held.sources)):
        for other in range(one + 1, len(held.sources)):
            both = (held.said[one] >= 0) & (held.said[other] >= 0)
            agree = both & (held.said[one] == held.said[other])
            alone = 1 - dependent[one, other]
            alike = float((1 - belief[one][agree]).sum())
            unlike = float((1 - belief[one] - belief[other])[both & ~agree].clip(0).sum())
            both_wrong += alone * (alike + unlike)
            same += alone * alike
    return float(np.clip(both_wrong / same, 1.0, 100.0))


def _copying(held: Votes, dependent: NDArray[np.float64], beliefs: NDArray[np.float64]) -> tuple[Copying, ...]:
    out = []
    columns = np.arange(len(held.questions))
    for one in range(len(held.sources)):
        for other in range(one + 1, len(held.sources)):
            both = (held.said[one] >= 0) & (held.said[other] >= 0)
            false = both & (held.said[one] == held.said[other]) & (beliefs[columns, np.maximum(held.said[one], 0)] < 0.5)
            if dependent[one, other] >= 0.5:
                out.append(
                    Copying(
                        left=held.sources[one], right=held.sources[other], probability=float(dependent[one, other]), shared_false=int(false.sum()), shared=int(both.sum())
                    )
                )
    return tuple(sorted(out, key=lambda pair: -pair.probability))


def winners(truth: Truth) -> Mapping[str, str]:
    """The most believed value of each question; the first of those that are equal."""
    return {question: max(shares, key=lambda value: shares[value]) for question, shares in truth.beliefs.items()}
