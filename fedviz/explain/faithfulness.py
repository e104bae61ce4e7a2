"""How far a ranking of triples says what moves the model: curves, comprehensiveness and sufficiency, beside rankings that should do worse.

Deletion and insertion: Petsiuk, Das, Saenko 2018, RISE (arXiv 1806.07421). Comprehensiveness and sufficiency: DeYoung et al. 2020, ERASER (arXiv
1911.03429), over the greatest 1, 5, 10, 20 and 50 % of a text's triples, each share rounded up to whole triples. All are probabilities of the answer
that the model gives with all triples. To remove a triple is to mask its summand: all weights stay.

What they cannot say: whether the graph is right, whether the answer is right, and what moves the text's own part.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from fedviz.core import seeds
from fedviz.core.types import Record
from fedviz.explain.paraphrase import Moves, Stability, moved, stability
from fedviz.models.knowledge.base import Term
from fedviz.models.predictor import Predictor, Reading

Floats = NDArray[np.float64]
Ranking = Literal["contribution", "gradient", "weight", "random", "greedy"]
RANKINGS: tuple[Ranking, ...] = ("contribution", "gradient", "weight", "random", "greedy")
SHARES = (0.01, 0.05, 0.1, 0.2, 0.5)
GRID = 21
"""Points of the mean curves, at equal steps from no triple to all."""
ORDERS = 10
"""Random orders a text; their mean is the control."""


@dataclass(frozen=True)
class Summands:
    """A text as a sum: `text` [classes] and one row of `values` [triples, classes], in logits; `weights` [triples]: gate times rarity, which is how the
    model attends to a triple before anything is learned; `answer`: the class that the model gives.
    """

    text: Floats
    values: Floats
    weights: Floats
    answer: int

    def probability(self, logits: Floats) -> Floats:
        """Probability of the answer for logits [..., classes]."""
        shifted = np.exp(logits - logits.max(-1, keepdims=True))
        return shifted[..., self.answer] / shifted.sum(-1)


def summands(predictor: Predictor, reading: Reading) -> Summands:
    """The text's summands, in the order of its terms."""
    values = np.array([predictor.values(term) for term in reading.terms]).reshape(len(reading.terms), len(predictor.classes))
    weights = np.array([term.gate * term.weight for term in reading.terms])
    return Summands(reading.text_logits, values, weights, int(np.argmax(reading.text_logits + values.sum(0))))


def scores(some: Summands, ranking: Ranking, generator: np.random.Generator) -> Floats:
    """How much a ranking says each triple favours the answer [triples].

    `contribution`: its summand in the answer's logit, which is what *Explain* shows; since the logits are a sum, this is also gradient x input of the logit.
    `gradient`: gradient x input of the answer's probability (Simonyan et al. 2014, arXiv 1312.6034; here by its closed form). `weight`: attention-like, the
    weight alone, whatever it is multiplied by. `random`: an order by chance. `greedy`: step by step the triple whose removal lowers the probability most,
    tried out: how much a ranking could reach at all in deletion, and no explanation.
    """
    if ranking == "contribution":
        return some.values[:, some.answer]
    if ranking == "gradient":
        logits = some.text + some.values.sum(0)
        shares = np.exp(logits - logits.max())
        shares /= shares.sum()
        return shares[some.answer] * (some.values[:, some.answer] - some.values @ shares)
    if ranking == "weight":
        return some.weights
    if ranking == "greedy":
        return _greedy(some)
    return generator.permutation(len(some.weights)).astype(np.float64)


def _greedy(some: Summands) -> Floats:
    logits, left = some.text + some.values.sum(0), np.arange(len(some.values))
    found = np.zeros(len(left))
    while len(left):
        best = left[np.argmin(some.probability(logits - some.values[left]))]
        logits, found[best] = logits - some.values[best], len(left)
        left = left[left != best]
    return found


def order(ranked: Floats) -> NDArray[np.intp]:
    """Places of the triples, greatest score first; equal ones in their order in the text."""
    return np.argsort(-ranked, kind="stable")


def insertion(some: Summands, ranked: Floats) -> Floats:
    """Probability of the answer with the first 0, 1, ... all triples of the ranking [triples + 1]."""
    sums = np.concatenate([np.zeros((1, len(some.text))), some.values[order(ranked)].cumsum(0)])
    return some.probability(some.text + sums)


def deletion(some: Summands, ranked: Floats) -> Floats:
    """Probability of the answer without the first 0, 1, ... all triples of the ranking [triples + 1]: from the full model's to the text's alone."""
    gone = np.concatenate([np.zeros((1, len(some.text))), some.values[order(ranked)].cumsum(0)])
    return some.probability(some.text + some.values.sum(0) - gone)


def area(curve: Floats) -> float:
    """Area under a curve over the share of triples, by the trapezoidal rule: in [0, 1]."""
    return float(np.trapezoid(curve, dx=1 / (len(curve) - 1)))


def _at_shares(curve: Floats) -> Floats:
    """A curve after the greatest share of triples, for each of `SHARES`."""
    return curve[[math.ceil(share * (len(curve) - 1) - 1e-9) for share in SHARES]]


def comprehensiveness(removed: Floats) -> float:
    """By how much the probability falls without the greatest triples, as a mean over `SHARES`; of a deletion curve. High is faithful."""
    return float(removed[0] - _at_shares(removed).mean())


def sufficiency(added: Floats) -> float:
    """By how much the probability is lower with the greatest triples alone, as a mean over `SHARES`; of an insertion curve. Low is faithful."""
    return float(added[-1] - _at_shares(added).mean())


class Score(Record):
    """Mean and standard deviation over texts."""

    mean: float
    spread: float


class Ranked(Record):
    """One ranking over the texts: scores, areas, and its mean curves at `GRID` shares of triples from none to all."""

    ranking: Ranking
    comprehensiveness: Score
    sufficiency: Score
    deletion_area: Score
    insertion_area: Score
    deletion: tuple[float, ...]
    insertion: tuple[float, ...]


class Faithfulness(Record):
    """What was measured on some texts: `texts` with triples, `without` any, `triples` a text (mean).

    `additivity_error`: the greatest difference in logits between the sum and the model's own forward pass; `removal_error`: the same when the greatest
    triple, or half of all by chance, are taken out of the sum and out of the forward pass. `paraphrase`, `exchange`: entities' other names, and the
    names of other entities, in their place; None where no text allows it.
    """

    texts: int = Field(ge=0)
    without: int = Field(ge=0)
    triples: float = 0.0
    additivity_error: float = 0.0
    removal_error: float = 0.0
    rankings: tuple[Ranked, ...] = ()
    paraphrase: Stability | None = None
    exchange: Stability | None = None

    def of(self, ranking: Ranking) -> Ranked:
        """One ranking; `KeyError` where nothing was measured."""
        return {found.ranking: found for found in self.rankings}[ranking]

    @property
    def ratio(self) -> float | None:
        """Comprehensiveness of the contributions over that of random orders; None where that of random orders is no more than its standard error."""
        if not self.rankings:
            return None
        ours, control = self.of("contribution").comprehensiveness.mean, self.of("random").comprehensiveness
        return ours / control.mean if control.mean > control.spread / math.sqrt(self.texts) else None


def faithfulness(predictor: Predictor, texts: Sequence[str], seed: int, progress: Callable[[int, int], None] = lambda done, total: None) -> Faithfulness:
    """Measure a model on texts. Texts without triples are counted and left out; `InputError` for a text that is none."""
    found: dict[Ranking, list[_Curves]] = {ranking: [] for ranking in RANKINGS}
    errors: list[tuple[float, float]] = []
    triples: list[int] = []
    moves: dict[bool, list[Moves]] = {False: [], True: []}
    for number, text in enumerate(texts):
        progress(number, len(texts))
        reading = predictor.read(text)
        if not reading.terms:
            continue
        generator = seeds.generator(seed, "faithfulness", number)
        some = summands(predictor, reading)
        triples.append(len(some.values))
        for ranking in RANKINGS:
            found[ranking].append(_curves(some, ranking, generator))
        errors.append(_errors(predictor, reading, some, generator))
        for other, own in moves.items():
            own += [move] if (move := moved(predictor, reading, generator, other)) is not None else []
    progress(len(texts), len(texts))
    if not triples:
        return Faithfulness(texts=0, without=len(texts))
    return Faithfulness(
        texts=len(triples),
        without=len(texts) - len(triples),
        triples=float(np.mean(triples)),
        additivity_error=max(whole for whole, _part in errors),
        removal_error=max(part for _whole, part in errors),
        rankings=tuple(_ranked(ranking, curves) for ranking, curves in found.items()),
        paraphrase=stability(moves[False]),
        exchange=stability(moves[True]),
    )


@dataclass(frozen=True)
class _Curves:
    """One ranking of one text; of random orders the means."""

    scores: Floats
    deletion: Floats
    insertion: Floats


def _curves(some: Summands, ranking: Ranking, generator: np.random.Generator) -> _Curves:
    rows = []
    for _ in range(ORDERS if ranking == "random" else 1):
        ranked = scores(some, ranking, generator)
        rows.append((deletion(some, ranked), insertion(some, ranked)))
    numbers = np.mean([(comprehensiveness(gone), sufficiency(put), area(gone), area(put)) for gone, put in rows], axis=0)
    gone, put = np.mean(rows, axis=0)
    grid = np.linspace(0, 1, GRID)
    steps = np.linspace(0, 1, len(gone))
    return _Curves(numbers, np.interp(grid, steps, gone), np.interp(grid, steps, put))


def _errors(predictor: Predictor, reading: Reading, some: Summands, generator: np.random.Generator) -> tuple[float, float]:
    """Greatest differences in logits to the model's own forward pass: of the whole sum, and of the sum without some triples."""
    count = len(reading.terms)
    half = generator.permutation(count)[: math.ceil(count / 2)]
    top = order(some.values[:, some.answer])[:1]
    return _difference(predictor, reading, some, np.arange(0)), max(_difference(predictor, reading, some, gone) for gone in (top, half))


def _difference(predictor: Predictor, reading: Reading, some: Summands, gone: NDArray[np.intp]) -> float:
    kept = np.setdiff1d(np.arange(len(reading.terms)), gone)
    terms: list[Term] = [reading.terms[place] for place in kept]
    return float(np.abs(some.text + some.values[kept].sum(0) - predictor.logits(reading, terms)).max())


def _ranked(ranking: Ranking, curves: Sequence[_Curves]) -> Ranked:
    numbers = np.stack([one.scores for one in curves])
    means = [Score(mean=float(column.mean()), spread=float(column.std(ddof=1)) if len(column) > 1 else 0.0) for column in numbers.T]
    return Ranked(
        ranking=ranking, comprehensiveness=means[0], sufficiency=means[1], deletion_area=means[2], insertion_area=means[3],
        deletion=tuple(map(float, np.mean([one.deletion for one in curves], axis=0))), insertion=tuple(map(float, np.mean([one.insertion for one in curves], axis=0))),
    )  # fmt: skip
