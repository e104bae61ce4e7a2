"""Six parties that answer the same questions, some well, some badly, one against better knowledge, some by copying: what is settled rightly.

A party answers a question with a probability (its coverage), rightly with its accuracy, else with one of `FALSE` wrong values at random. In every case these two were chosen so that a *majority* is
right on about .90, .73, .79 and .71 of the questions and that who knew all accuracies could be right more often. The case "less apart" is as hard for the majority as the one before it, but there even who knew
all accuracies would gain little. Constants of `kg.fuse.truth` were chosen on seeds from 0 to 7, and figures are of others.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fedviz.core.seeds import generator
from fedviz.kg.fuse import truth

QUESTIONS, FALSE = 500, 4


@dataclass(frozen=True)
class Parties:
    """Six parties: how often each is right, how much each answers, and who copies: number of the copier -> number of the original. A copier answers what the original answers, in the same way."""

    accuracy: tuple[float, ...]
    coverage: float
    copies: Mapping[int, int]


CASES: dict[str, Parties] = {
    "all good": Parties((0.85,) * 6, 0.4, {}),
    "two good, four poor": Parties((0.95,) * 2 + (0.45,) * 4, 0.5, {}),
    "two good, four poor, less apart": Parties((0.85,) * 2 + (0.55,) * 4, 0.4, {}),
    "one poisoner": Parties((0.85,) * 5 + (0.0,), 0.4, {}),
    "two copiers of a poor party": Parties((0.85,) * 3 + (0.55,) * 3, 0.4, {4: 3, 5: 3}),
}


def answers(case: str, seed: int) -> tuple[truth.Votes, NDArray[np.float64]]:
    """What the parties say; the true value of every question is "0". And the accuracies that they were made with."""
    parties, draw = CASES[case], generator(seed, "parties", case)
    claims: list[tuple[str, str, str]] = []
    said: dict[int, NDArray[np.int64]] = {}
    for party, accuracy in enumerate(parties.accuracy):
        right, given = draw.random(QUESTIONS) < accuracy, draw.random(QUESTIONS) < parties.coverage
        value = np.where(given, np.where(right, 0, draw.integers(1, FALSE + 1, QUESTIONS)), -1)
        said[party] = said[parties.copies[party]] if party in parties.copies else value
    for party in draw.permutation(len(parties.accuracy)):
        claims += [(f"party {party}", f"q{question:03d}", str(value)) for question, value in enumerate(said[int(party)]) if value >= 0]
    held = truth.votes(claims)
    return held, np.array([parties.accuracy[int(name.split()[1])] for name in held.sources])


def settled(case: str, seed: int) -> dict[str, float]:
    """Share of the questions that somebody answered which are settled rightly, by way; ties of a majority are drawn.

    `known`: what somebody would reach who knew every party's accuracy and who copies, by Bayes: nobody can do better but by luck. `copiers found`: share of the pairs that copy which are warned of; `false alarms`: pairs
    warned of that do not copy.
    """
    held, accuracy = answers(case, seed)
    draw = generator(seed, "ties", case)
    true = [some.index("0") if "0" in some else -1 for some in held.values]

    def right(shares: NDArray[np.float64]) -> float:
        return float(np.mean([row.argmax() == number for row, number in zip(shares, true, strict=True)]))

    def believed(found: truth.Truth) -> NDArray[np.float64]:
        table = np.zeros((len(held.questions), int(held.sizes.max())))
        for column, question in enumerate(held.questions):
            for number, value in enumerate(held.values[column]):
                table[column, number] = found.beliefs[question][value]
        return table

    shares = truth.majority(held)
    shares += 1e-6 * draw.random(shares.shape)
    plain, careful = truth.discover(held, copying=False), truth.discover(held)
    copiers = {frozenset((f"party {one}", f"party {other}")) for one in range(6) for other in range(one) if _together(CASES[case], one, other)}
    warned = {frozenset((pair.left, pair.right)) for pair in careful.copying if pair.probability >= truth.WARNED}
    return {
        "majority": right(shares),
        "trust": right(believed(plain)),
        "trust and copying": right(believed(careful)),
        "known": right(_known(held, accuracy, CASES[case])),
        "copiers found": len(warned & copiers) / len(copiers) if copiers else float("nan"),
        "false alarms": float(len(warned - copiers)),
    }


def _together(parties: Parties, one: int, other: int) -> bool:
    return parties.copies.get(one, one) == parties.copies.get(other, other)


def _known(held: truth.Votes, accuracy: NDArray[np.float64], parties: Parties) -> NDArray[np.float64]:
    bounded = accuracy.clip(0.01, 0.99)
    weights = np.log(FALSE * bounded / (1 - bounded))
    alone = np.array([int(name.split()[1]) not in parties.copies for name in held.sources])
    score = np.full((len(held.questions), int(held.sizes.max())), -np.inf)
    for column, size in enumerate(held.sizes):
        score[column, :size] = 0
    for row in range(len(held.sources)):
        (columns,) = np.nonzero(held.said[row] >= 0)
        score[columns, held.said[row, columns]] += weights[row] * alone[row]
    return score
