"""From accuracies by seed to the rows of the knowledge bench: means, spreads, paired tests and Holm's correction over all of them.

The test is Student's paired t over seeds, two-sided. Wilcoxon's signed ranks would need fewer assumptions, but with eight seeds its least p is 2 / 2^8 = 0.008, which no
correction for a table of comparisons lets pass. Holm 1979, A Simple Sequentially Rejective Multiple Test Procedure (Scandinavian Journal of Statistics 6).
"""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy import stats

from fedviz.bench.knowledge_cells import TEXT, Cell
from fedviz.bench.knowledge_kept import Scores

_P = {"p": "p corrected", "p of the missing": "p of the missing corrected"}


def paired_p(some: Sequence[float], others: Sequence[float]) -> float:
    """Two-sided p of Student's paired t; 1 where no pair differs. Where all differ by the same, t has no spread: then the p of the signs, 2 / 2^n."""
    gaps = np.subtract(some, others)
    if not np.any(np.abs(gaps) > 1e-12):
        return 1.0
    if np.ptp(gaps) < 1e-12:
        return 2.0 ** (1 - len(gaps))
    return float(stats.ttest_rel(some, others).pvalue)


def holm(values: Sequence[float]) -> list[float]:
    """Holm's step-down p values, in the order of `values`."""
    found = np.asarray(values, np.float64)
    order = np.argsort(found, kind="stable")
    stepped = np.minimum(np.maximum.accumulate(found[order] * np.arange(len(found), 0, -1)), 1.0)
    corrected = np.empty_like(stepped)
    corrected[order] = stepped
    return corrected.tolist()


def corrected(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows with Holm's correction over every test in them, those on the missing party's texts included."""
    places = [(number, key) for number, row in enumerate(rows) for key in _P if row[key] is not None]
    done = [dict(row) | dict.fromkeys(_P.values()) for row in rows]
    for (number, key), value in zip(places, holm([rows[number][key] for number, key in places]), strict=True):
        done[number][_P[key]] = value
    return done


def row(cell: Cell, way: str, found: Sequence[Scores], texts: Sequence[Scores]) -> dict[str, Any]:
    """A row before the correction: accuracies and gains in points. `found` and `texts`: a way and text alone, seed by seed."""
    other = way != TEXT
    accuracy, text = [100 * one.accuracy for one in found], [100 * one.accuracy for one in texts]
    absent, without = ([100 * one.absent for one in some if one.absent is not None] for some in (found, texts))
    gains = [one - alone for one, alone in zip(accuracy, text, strict=True)]
    apart = [one - alone for one, alone in zip(absent, without, strict=True)]
    return {
        "task": cell.task,
        "labels": str(cell.labels or "all"),
        "tuning": cell.tuning,
        "missing": "one party" if cell.missing else "none",
        "rewired": cell.rewired,
        "model": way,
        "seeds": len(found),
        "accuracy": statistics.mean(accuracy),
        "spread": statistics.stdev(accuracy),
        "gain": statistics.mean(gains) if other else None,
        "gain spread": statistics.stdev(gains) if other else None,
        "wins": f"{sum(gain > 0 for gain in gains)}/{len(gains)}" if other else None,
        "p": paired_p(accuracy, text) if other else None,
        "accuracy of the missing": statistics.mean(absent) if absent else None,
        "gain of the missing": statistics.mean(apart) if other and apart else None,
        "gain spread of the missing": statistics.stdev(apart) if other and apart else None,
        "p of the missing": paired_p(absent, without) if other and apart else None,
    }
