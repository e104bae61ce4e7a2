"""From the runs of the bench robust_knowledge to its rows, the stated figure and the sentences beside them."""

import statistics
from collections.abc import Sequence
from typing import Any

from fedviz.bench.knowledge_table import paired_p
from fedviz.bench.report import Check, at_most
from fedviz.bench.robust_cells import GRAPH, LABELS, SEEDS, TEXT, UNSEEN, VALIDATED, Found, Stress
from fedviz.charts.stress import LOST


def row(task: str, stress: Stress, way: str, each: list[Found], texts: list[Found]) -> dict[str, Any]:
    """A row: accuracies and gains in points. `each` and `texts`: a way and text alone, seed by seed, two seeds at least."""
    gains = [100 * (one.accuracy - text.accuracy) for one, text in zip(each, texts, strict=True)]
    apart = [100 * one.apart for one in each if one.apart is not None]
    trusts = [one.trust for one in each if one.trust is not None]
    other = way != TEXT
    return {
        "task": task,
        "stress": stress.name,
        "level": stress.level,
        "model": way,
        "seeds": len(each),
        "accuracy": statistics.mean(100 * one.accuracy for one in each),
        "spread": statistics.stdev(100 * one.accuracy for one in each),
        "gain": statistics.mean(gains) if other else None,
        "gain spread": statistics.stdev(gains) if other else None,
        "least gain": min(gains) if other else None,
        "p": paired_p([one.accuracy for one in each], [text.accuracy for text in texts]) if other else None,
        "wins": f"{sum(gain > 0 for gain in gains)}/{len(gains)}" if other else None,
        "accuracy apart": statistics.mean(apart) if apart else None,
        "trust in evidence": statistics.mean(trust[0] for trust in trusts) if trusts else None,
        "trust in structure": statistics.mean(trust[1] for trust in trusts) if trusts else None,
    }


def judged(rows: list[dict[str, Any]]) -> list[Check]:
    """The stated figure: what a graph with half of its triples rewired costs against text alone under validated trust."""
    return [
        at_most(f"{row['task']}, half of the triples rewired, validated trust: points lost against text alone", -row["gain"], LOST, "points")
        for row in rows
        if (row["stress"], row["level"], row["model"]) == ("rewired", 0.5, VALIDATED)
    ]


def notes(rows: Sequence[dict[str, Any]], planned: Sequence[tuple[str, str, float]] = (), seeds: int = SEEDS) -> list[str]:
    """Sentences that belong beside the table: how it was trained, where the graph harms, what caution costs on a right graph, and which of the `planned` places are missing."""
    found = {(row["task"], row["stress"], row["level"], row["model"]): row for row in rows}
    harmed = [key for key, row in found.items() if key[3] == GRAPH and row["gain"] < -row["gain spread"] / row["seeds"] ** 0.5]
    costs = [
        f"{task}: on the right graph validated trust gains {row['gain']:.1f} points and full trust {found[task, stress, level, GRAPH]['gain']:.1f}."
        for (task, stress, level, way), row in found.items()
        if (stress, way) == ("none", VALIDATED)
    ]
    where = "; ".join(f"{task}, {stress} {level:g}: {found[task, stress, level, GRAPH]['gain']:.1f}, validated {found[task, stress, level, VALIDATED]['gain']:.1f}" for task, stress, level, _ in harmed)
    left = [f"{task}, {stress} {level:g}" for task, stress, level in planned if (task, stress, level, TEXT) not in found]
    fewer = [f"{task}, {stress} {level:g}: {row['seeds']}" for (task, stress, level, way), row in found.items() if way == TEXT and row["seeds"] < seeds]
    return [
        f"{seeds} seeds, eight hospitals, {LABELS} labels a class, FedAvg, 10 rounds of 4 local epochs, SGD at 0.1, the head alone. Gains in points of accuracy over text alone under the same stress and seed; spread is the standard deviation over seeds, the least gain that of the worst seed; p: Student's paired t over seeds, two-sided, not corrected for the number of comparisons.",
        f"Accuracy apart: on the test texts of the {UNSEEN} unseen classes, or of the hospital that stays away. Trust: mean of the factors that the clients found, 1 is full trust.",
        "Typos stand in the test texts alone and break the links of the words that they hit; other names stay linked, which is what a graph of synonyms is for. A stale graph of level 1 knows no leaf at all.",
        f"The poisoner is one of eight hospitals and knows the entities of its own {LABELS} labels a class: it reaches few triples.",
        *costs,
        f"The graph costs accuracy here, by more than the standard error: {where}." if where else "The graph costs more than the standard error nowhere here.",
        *([f"Measured with fewer seeds: {'; '.join(fewer)}."] if fewer else []),
        *([f"Not measured: {'; '.join(left)}."] if left else []),
    ]
