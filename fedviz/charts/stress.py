"""What is left of the graph's gain where texts or the graph are wrong, as `python -m fedviz bench robust_knowledge` measured it: a curve for each kind of trouble."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from fedviz.charts.evidence import SIGNIFICANT
from fedviz.charts.knowledge_gain import HELPS
from fedviz.charts.theme import Spec, above, axis, layout, rounded, value_axis
from fedviz.core.i18n import N_, _

Way = Literal["text alone", "with graph", "validated trust"]
WAYS: dict[Way, str] = {"text alone": N_("text alone"), "with graph": N_("with the graph"), "validated trust": N_("validated trust")}
_LOOK: dict[Way, tuple[str, str, str]] = {"text alone": ("@alone", "dot", "circle"), "with graph": ("@accent", "solid", "square"), "validated trust": ("@client4", "dash", "diamond")}
NONE = "none"
"""What rows without any trouble name as their stress: the first point of every curve that has none of its own."""
LOST = 1.0
"""Points that validated trust may lose at most against text alone where it shall limit the harm."""


class Kind(NamedTuple):
    """A kind of trouble: what it is called, what its axis counts, what a level is called in a sentence ("": it is a share), and what is done to the texts or the graph."""

    title: str
    axis: str
    level: str
    about: str


KINDS: dict[str, Kind] = {
    "rewired": Kind(N_("Wrong graph"), N_("wrong triples, %"), "", N_("So many triples point to the end of another triple of their relation.")),
    "wrong labels": Kind(N_("Wrong labels"), N_("wrong training labels, %"), "", N_("So many training labels are another class.")),
    "typos": Kind(N_("Typos"), N_("words with a typo, %"), "", N_("So many words of the test texts have a typo; training never saw one.")),
    "lay words": Kind(N_("Lay words"), N_("entities by another name, %"), "", N_("So many entities of the test texts are called by a lay word or a synonym.")),
    "unseen entities": Kind(N_("Unseen entities"), N_("unseen entities at least, %"), "", N_("Only test texts count of whose entities at least so many occur in no training text.")),
    "unseen classes": Kind(N_("Unseen classes"), N_("classes without training texts"), N_("{count} unseen classes"), N_("So many classes lose all their training texts and stay in the test.")),
    "missing client": Kind(N_("Missing client"), N_("parties that stay away"), N_("{count} party missing"), N_("Each party has classes of its own, and one party never trains.")),
    "stale": Kind(N_("Stale graph"), N_("unknown entities, %"), "", N_("So many of the narrowest entities are not in the graph.")),
    "poisoned": Kind(N_("Poisoned graph"), N_("one party's poisoned entities, %"), "", N_("One party turns all triples of so many of its entities to another branch.")),
}
"""Every stress of the measurement, in the order of the page."""


@dataclass(frozen=True)
class Point:
    """A way at one level: accuracy in per cent with its standard deviation over seeds; points gained over text alone, likewise, and on the worst seed (0 for text alone).

    `p`: of the paired test of the gain, not corrected for the number of comparisons.
    `apart`: accuracy on the texts that the trouble is about, those of unseen classes or of the missing party.
    """

    accuracy: float
    spread: float
    gain: float = 0.0
    gain_spread: float = 0.0
    least: float = 0.0
    p: float = 1.0
    seeds: int = 0
    apart: float | None = None

    @property
    def helps(self) -> bool:
        """At least a point, and not by chance."""
        return self.gain >= HELPS and self.p <= SIGNIFICANT

    @property
    def harms(self) -> bool:
        """At least a point lost, and not by chance."""
        return self.gain <= -HELPS and self.p <= SIGNIFICANT


@dataclass(frozen=True, eq=False)
class Curve:
    """One kind of trouble on one task: all three ways by level, 0 first where it was measured."""

    task: str
    stress: str
    levels: dict[float, dict[Way, Point]]

    def troubled(self) -> dict[float, dict[Way, Point]]:
        """The levels at which there is any trouble."""
        return {level: found for level, found in self.levels.items() if level}


def stress_record(document: Mapping[str, Any]) -> tuple[Curve, ...]:
    """The document as curves, by task as they come and in the order of `KINDS`; `KeyError`, `TypeError`, `ValueError` or `AttributeError` where it is none.

    Levels at which a way is missing are left out, and stresses of which nothing but level 0 is left.
    """
    cells: dict[str, dict[str, dict[float, dict[Way, Point]]]] = {}
    for row in document["rows"]:
        if row["model"] in WAYS:
            cells.setdefault(str(row["task"]), {}).setdefault(row["stress"], {}).setdefault(float(row["level"]), {})[row["model"]] = _point(row)
    curves = []
    for task, stresses in cells.items():
        for stress in KINDS:
            levels = stresses.get(NONE, {}) | stresses.get(stress, {})
            curve = Curve(task, stress, {level: levels[level] for level in sorted(levels) if len(levels[level]) == len(WAYS)})
            if curve.troubled():
                curves.append(curve)
    return tuple(curves)


def _point(row: Mapping[str, Any]) -> Point:
    gains = (float(row[key]) for key in ("gain", "gain spread", "least gain", "p")) if row["gain"] is not None else ()
    return Point(float(row["accuracy"]), float(row["spread"]), *gains, seeds=int(row["seeds"]), apart=None if row["accuracy apart"] is None else float(row["accuracy apart"]))


def seeds_text(curve: Curve) -> str:
    """Over how many seeds the levels were measured: "5", or "3–5" where not all had as many."""
    counts = {point.seeds for found in curve.troubled().values() for point in found.values()}
    return "–".join(str(count) for count in sorted({min(counts), max(counts)}))


def level_words(stress: str, level: float) -> str:
    """A level in a sentence: 0.5 is "50%", or "6 unseen classes" where classes are counted."""
    words = KINDS[stress].level
    return _(words).format(count=f"{level:g}") if words else f"{level:.0%}"


def span(curves: Iterable[Curve]) -> tuple[float, float]:
    """The range of accuracy that holds all points with their spreads, in whole steps of five: curves beside each other share it."""
    points = [point for curve in curves for found in curve.levels.values() for point in found.values()]
    low, high = min(point.accuracy - point.spread for point in points), max(point.accuracy + point.spread for point in points)
    return 5.0 * math.floor(low / 5), 5.0 * math.ceil(high / 5)


def stress_spec(curve: Curve, between: tuple[float, float]) -> Spec:
    """Accuracy over the level for the three ways, a little beside each other so that their spreads can be read. `between`: the range of the upright axis."""
    kind, levels = KINDS[curve.stress], list(curve.levels)
    places = [level if kind.level else 100 * level for level in levels]
    reach = max(places) - min(0.0, *places) or 1.0
    return {
        "data": [_line(curve, way, places, (number - 1) * 0.012 * reach) for number, way in enumerate(WAYS)],
        "layout": layout(
            height=322, margin={"l": 40, "r": 10, "t": 80, "b": 46}, showlegend=True,
            legend=layout()["legend"] | {"orientation": "v", "x": 0, "xanchor": "left", "y": 1.12, "font": {"size": 12, "color": "@text"}},
            xaxis=axis(_(kind.axis), tickmode="array", tickvals=places, ticktext=[f"{place:g}" for place in places], range=[-0.07 * reach, 1.07 * max(places)], fixedrange=True),
            yaxis=value_axis(range=list(between), fixedrange=True), annotations=[above(_("accuracy, %"), -40)],
        ),
    }  # fmt: skip


def _line(curve: Curve, way: Way, places: list[float], beside: float) -> dict[str, Any]:
    colour, dash, symbol = _LOOK[way]
    points = [found[way] for found in curve.levels.values()]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": _(WAYS[way]),
        "x": rounded(place + beside for place in places),
        "y": rounded(point.accuracy for point in points),
        "error_y": {"type": "data", "array": rounded(point.spread for point in points), "color": colour, "thickness": 1.5, "width": 3},
        "line": {"color": colour, "width": 2.5, "dash": dash},
        "marker": {"size": 7, "color": colour, "symbol": symbol},
        "hovertemplate": "%{y:.1f} ± %{error_y.array:.1f} %",
    }
