"""How the weights of `kg.fuse.weights` are won, and what a set of weights reaches on a task."""

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from fedviz.bench.fuse_names import THEIRS, Task, make
from fedviz.kg.fuse import compare, resolve, score
from fedviz.kg.graph import KnowledgeGraph
from fedviz.kg.vectors import Embed

CANDIDATES = 10
FIT_SEEDS = (100, 101)
_FIRST_GUESS = {"base": -9.0, "letters2": 5.0, "words2": 5.0, "meaning2": 5.0}
_LATER = ("neighbours", "has_neighbours", "sure", "sure_left")
FIT_HALF, FIGURE_HALF = 1, 0
TASKS = ((False, False), (True, False), (True, True))
"""(other synonyms known, neighbours known) of the tasks that weights are fitted on together."""


def fit(graph: KnowledgeGraph, embed: Embed | None) -> tuple[dict[str, float], dict[str, float]]:
    """Weights by names alone and with neighbours, from the half that no figure is measured on. The second are fitted twice, since neighbours are scored by the weights themselves."""
    tasks = [prepared(make(graph, seed, FIT_HALF, *known), embed) for seed in FIT_SEEDS for known in TASKS]
    first, second = _fitted(tasks, _FIRST_GUESS, None, _LATER), None
    for _turn in range(2):
        second = _fitted(tasks, first, second, ())
    return first, second or first


@dataclass(frozen=True)
class Prepared:
    """A task with its names, candidates and their truth."""

    task: Task
    names: compare.Names
    found: NDArray[np.int64]
    same: NDArray[np.bool_]


def prepared(task: Task, embed: Embed | None) -> Prepared:
    """The names and candidates of a task."""
    names = compare.prepare(compare.side(task.left), compare.side(task.right), embed)
    found = compare.pairs(names, CANDIDATES)
    return Prepared(task, names, found, np.array([names.right.keys[right] == THEIRS + names.left.keys[left] for right, left in found]))


def reached(one: Prepared, weights: tuple[score.Weights, score.Weights], automatic: float) -> dict[str, float]:
    """What weights reach: `top-1` and `in ten` of the hidden names; of pairs merged by score, how many, their precision, and that precision among hidden names alone (nothing absent)."""
    matrix, _rows = resolve.features(one.names, one.found, *weights)
    scores = score.probabilities(matrix, weights[1])
    places = {key: number for number, key in enumerate(one.names.right.keys)}
    asked = {places[key] for key in one.task.asked if key in places}
    both = asked | {places[key] for key in one.task.absent if key in places}
    ranked: dict[int, list[int]] = {}
    for place in np.argsort(-scores, kind="stable"):
        ranked.setdefault(int(one.found[place, 0]), []).append(int(place))
    best = (compare.margins(scores, one.found[:, 0]) >= 0) & (compare.margins(scores, one.found[:, 1]) >= 0) & (scores >= automatic)
    among = {name: best & np.isin(one.found[:, 0], list(some)) for name, some in (("asked", asked), ("both", both))}
    return {
        "top-1": sum(bool(one.same[ranked[thing][0]]) for thing in asked if thing in ranked) / len(one.task.asked),
        "in ten": sum(bool(one.same[ranked[thing][:10]].any()) for thing in asked if thing in ranked) / len(one.task.asked),
        "merged by itself": float(among["both"].sum()),
        "precision of merges": _precision(one.same[among["both"]]),
        "precision, nothing absent": _precision(one.same[among["asked"]]),
        "recall of merges": float(one.same[among["asked"]].sum()) / len(one.task.asked),
    }


def baseline(task: Task, embed: Embed | None) -> dict[str, float]:
    """The nearest of all names on the left by RapidFuzz's token_sort_ratio (`embed` None), or by the cosine of MiniLM."""
    left, right = compare.side(task.left), compare.side(task.right, task.asked)
    if embed is None:
        table = process.cdist(right.names, left.names, scorer=fuzz.token_sort_ratio, dtype=np.float32)
    else:
        shown = [[compare.folded(name) for some in one.shown for name in some] for one in (right, left)]
        table = embed(shown[0]) @ embed(shown[1]).T
    ranked = np.argsort(-table, axis=1, kind="stable")[:, :50]
    top, ten = 0, 0
    for row, places in enumerate(ranked):
        things = list(dict.fromkeys(int(left.owner[place]) for place in places))[:10]
        hits = [right.keys[int(right.owner[row])] == THEIRS + left.keys[thing] for thing in things]
        top, ten = top + hits[0], ten + any(hits)
    return {"top-1": top / len(task.asked), "in ten": ten / len(task.asked)}


def seconds(task: Task, embed: Embed | None, weights: tuple[score.Weights, score.Weights]) -> float:
    """How long a whole resolution of a task takes, vectors of names being there."""
    start = time.perf_counter()
    resolve.features((one := prepared(task, embed)).names, one.found, *weights)
    return time.perf_counter() - start


def spread(values: Sequence[Mapping[str, float]]) -> list[tuple[str, float, float]]:
    """(measure, mean, standard deviation) over seeds, where a measure exists for every one."""
    out = []
    for name in values[0]:
        numbers = [value[name] for value in values if value[name] == value[name]]
        if numbers:
            out.append((name, statistics.fmean(numbers), statistics.stdev(numbers) if len(numbers) > 1 else 0.0))
    return out


def _fitted(tasks: Sequence[Prepared], first: score.Weights, second: score.Weights | None, left_out: Sequence[str]) -> dict[str, float]:
    kept = np.array([column not in left_out for column in score.COLUMNS])
    matrices = [resolve.features(one.names, one.found, first, second)[0] * kept for one in tasks]
    return score.fit(np.concatenate(matrices), np.concatenate([one.same for one in tasks]))


def _precision(same: NDArray[np.bool_]) -> float:
    return float(same.mean()) if len(same) else float("nan")
