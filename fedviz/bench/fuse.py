"""Fusion: how many hidden names find their term, how sure merges are that nobody looks at, and how many contradictions are settled rightly.

Resolution: `fuse_names`, on the half of the Human Phenotype Ontology that the weights were not fitted on. Contradictions: `fuse_truth`. Means and standard deviations over seeds.
"""

from typing import Any

from fedviz.bench import fuse_fit, fuse_truth, stage
from fedviz.bench.fuse_names import make
from fedviz.bench.report import Check, Result, Say, at_least, at_most
from fedviz.kg.fuse.records import ResolveOptions
from fedviz.kg.fuse.score import Weights
from fedviz.kg.fuse.weights import NAMES, NAMES_AND_MEANING
from fedviz.kg.hpo import hpo_graph
from fedviz.models.names import of_minilm

SEEDS, QUICK_SEEDS = 8, 2
PARTY_SEEDS = range(1000, 1016)
"""Constants of `kg.fuse.truth` were chosen on seeds from 0 to 7."""
WAYS = {"names": (False, False), "names, other synonyms": (True, False), "names, other synonyms, neighbours": (True, True)}
TOP_1, PRECISION = 0.60, 0.95
SETTLED = {"two good, four poor": 0.83, "one poisoner": 0.86}
_SAME_WEIGHTS = 0.05


def measure(quick: bool, say: Say) -> Result:
    """Both tables, one row for each way and quantity."""
    stage.need("fusion", "hpo", "minilm")
    rows: list[dict[str, Any]] = []
    checks: list[Check] = []
    _resolution(quick, say, rows, checks)
    _settling(quick, say, rows, checks)
    notes = [
        "Resolution: 400 synonyms that the known side lacks against 5,000 terms; beside them 400 terms that the known side does not have, so that a merge can be wrong by merging what has no counterpart.",
        "Judged is top-1 with the other synonyms and neighbours of both sides, since that is what `kg fuse find` has when it resolves a source; by names alone, where top-1 stays lower, is in the rows.",
        "The names are one ontology's own synonyms: two sources that were made apart from each other differ more.",
        "Settling: the true answer is known because the parties are simulated; `known` is what nobody could exceed who knew all accuracies and copiers.",
    ]
    return Result("fuse", rows, checks, notes)


def _resolution(quick: bool, say: Say, rows: list[dict[str, Any]], checks: list[Check]) -> None:
    graph = hpo_graph()
    embed = of_minilm([graph], lambda done, total: say(f"names as vectors: {done:,} of {total:,}") if done < total else None)
    seeds = range(QUICK_SEEDS if quick else SEEDS)
    automatic = ResolveOptions().automatic
    plain = [make(graph, seed, fuse_fit.FIGURE_HALF, False, False) for seed in seeds]
    _add(rows, "resolution", "names", "RapidFuzz alone", [fuse_fit.baseline(task, None) for task in plain])
    _add(rows, "resolution", "names", "MiniLM alone", [fuse_fit.baseline(task, embed) for task in plain])
    found: dict[tuple[str, str], dict[str, float]] = {}
    for case, known in WAYS.items():
        tasks = [make(graph, seed, fuse_fit.FIGURE_HALF, *known) for seed in seeds]
        for way, weights, rows_of in (("letters", NAMES, None), ("letters and meaning", NAMES_AND_MEANING, embed)):
            say(f"{case}: {way}")
            reached = [fuse_fit.reached(fuse_fit.prepared(task, rows_of), weights, automatic) for task in tasks]
            found[case, way] = _add(rows, "resolution", case, way, reached)
    best = found["names, other synonyms, neighbours", "letters and meaning"]
    checks += [
        at_least("top-1 of hidden names, with other synonyms and neighbours", best["top-1"], TOP_1),
        at_least("precision of merges by score, with absent terms", best["precision of merges"], PRECISION),
    ]
    task = make(graph, 0, fuse_fit.FIGURE_HALF, True, True)
    seconds = fuse_fit.seconds(task, embed, NAMES_AND_MEANING)
    case = f"{len(task.left.entities):,} x {len(task.right.entities):,} things"
    rows.append({"part": "resolution", "case": case, "way": "letters and meaning", "measure": "seconds", "mean": seconds, "spread": 0.0, "seeds": 1})
    if not quick:
        say("fitting the weights again")
        worst = max(
            _difference(shipped, fitted)
            for both, rows_of in ((NAMES, None), (NAMES_AND_MEANING, embed))
            for shipped, fitted in zip(both, fuse_fit.fit(graph, rows_of), strict=True)
        )
        checks.append(at_most("weights fitted again, greatest difference from those in use", worst, _SAME_WEIGHTS))


def _settling(quick: bool, say: Say, rows: list[dict[str, Any]], checks: list[Check]) -> None:
    seeds = PARTY_SEEDS[:4] if quick else PARTY_SEEDS
    for case in fuse_truth.CASES:
        say(f"settling: {case}")
        found = [fuse_truth.settled(case, seed) for seed in seeds]
        means = _add(rows, "settling", case, "six parties", found)
        if case in SETTLED:
            checks.append(at_least(f"settled rightly by trust and copying, {case}", means["trust and copying"], SETTLED[case]))
        if fuse_truth.CASES[case].copies:
            checks.append(at_least("settled rightly with copiers, above the majority", means["trust and copying"] - means["majority"], 0.0))


def _add(rows: list[dict[str, Any]], part: str, case: str, way: str, values: list[dict[str, float]]) -> dict[str, float]:
    spread = fuse_fit.spread(values)
    rows += [{"part": part, "case": case, "way": way, "measure": name, "mean": mean, "spread": deviation, "seeds": len(values)} for name, mean, deviation in spread]
    return {name: mean for name, mean, _deviation in spread}


def _difference(one: Weights, other: Weights) -> float:
    return max(abs(one.get(column, 0.0) - other.get(column, 0.0)) for column in {*one, *other})
