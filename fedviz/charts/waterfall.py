"""From one score to another, step by step: the bars are summands, so they add up exactly.

On *Explain* from the score of the text alone to the final score, one step a triple; in a comparison from one model's score to the other's.
Scores are logits of one class, or differences of logits (`charts.contrast`).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import plotly.graph_objects as go

from fedviz.charts.contrast import Contrast
from fedviz.charts.graph_view import edge_key
from fedviz.charts.safe import figure_text, line, signed
from fedviz.charts.theme import Spec, axis, figure, layout
from fedviz.core.i18n import _
from fedviz.core.types import Triple
from fedviz.explain.records import Comparison, Explanation
from fedviz.kg.graph import CARRIES

SHOWN = 9
HATCH = {"fillmode": "overlay", "solidity": 0.2, "size": 6, "fgcolor": "@page"}
_ROW_PX = 46
_LOWER = 0.18


@dataclass(frozen=True)
class Step:
    """One bar: it runs from `start` to `start + value`. `count`: how many summands are in it (several for the rest). `triple`: whose it is alone."""

    label: str
    value: float
    start: float
    count: int = 1
    kind: Literal["triple", "text", "rest"] = "triple"
    triple: Triple | None = None

    @property
    def end(self) -> float:
        """Where the bar ends."""
        return self.start + self.value


@dataclass(frozen=True)
class Waterfall:
    """`start + sum of the steps' values == end`, up to the rounding of one float64 addition a step."""

    start_label: str
    end_label: str
    start: float
    end: float
    steps: tuple[Step, ...]

    @property
    def gain(self) -> float:
        """What all steps add together."""
        return math.fsum(step.value for step in self.steps)


def waterfall_record(explanation: Explanation, contrast: Contrast, shown: int = SHOWN) -> Waterfall:
    """From the text's score to the final one; greatest triples first, the others in one step."""
    parts = [(triple_label(c.head_name, c.relation, c.tail_name), contrast.of(c.values), c.triple) for c in explanation.contributions]
    return build(_("text alone"), _("with the graph"), contrast.of(explanation.text_logits), parts, shown)


def difference_record(comparison: Comparison, first: str, second: str, starts: float, contrast: Contrast, shown: int = SHOWN) -> Waterfall:
    """From the score under the model `first` (which is `starts`) to that under `second`: the text's part, then triples."""
    parts = [
        (triple_label(t.head_name, t.triple.relation, t.tail_name), contrast.of([b - a for a, b in zip(t.first, t.second, strict=True)]))
        for t in comparison.triples
    ]
    return build(first, second, starts, parts, shown, (_("the text's own part"), contrast.of(comparison.text_difference)))


def triple_label(head: str, relation: str, tail: str) -> str:
    """A triple in words: `Seizure is_a Abnormality of the nervous system`; a path of several steps has dots after its relation.

    Where an entity's own features speak: `features of Seizure`.
    """
    if relation == CARRIES:
        return _("features of {entity}").format(entity=line(head, 80))
    steps = f"{relation[:-1]} …" if relation.endswith("*") else relation
    return f"{line(head, 80)} {line(steps, 40)} {line(tail, 80)}"


def build(
    start_label: str, end_label: str, start: float, parts: Iterable[tuple[str, float] | tuple[str, float, Triple]], shown: int = SHOWN, first: tuple[str, float] | None = None,
    rest: str = "",
) -> Waterfall:
    """The record of any sum: greatest summands first (equal ones by label), all beyond `shown` in one step; summands that are 0 are left out.
    `rest`: what the one step is called, with `{count}` in it.

    The sums are correctly rounded (Shewchuk 1997), so that the order of `parts` changes nothing.
    """
    ranked = sorted(((part[0], float(part[1]), part[2] if len(part) > 2 else None) for part in parts if part[1]), key=lambda part: (-abs(part[1]), part[0], part[1], part[2] or ()))
    single, others = (ranked, []) if len(ranked) <= shown + 1 else (ranked[:shown], ranked[shown:])
    steps: list[Step] = []
    done = [float(start)]

    def add(label: str, values: list[float], kind: Literal["triple", "text", "rest"], triple: Triple | None = None) -> None:
        steps.append(Step(label, math.fsum(values), math.fsum(done), len(values), kind, triple))
        done.extend(values)

    if first is not None:
        add(first[0], [float(first[1])], "text")
    for label, value, triple in single:
        add(label, [value], "triple", triple)
    if others:
        add((rest or _("{count} more triples")).format(count=len(others)), [value for _label, value, _triple in others], "rest")
    return Waterfall(start_label, end_label, float(start), math.fsum(done), tuple(steps))


def waterfall_spec(record: Waterfall, graph: str = "", paths: Mapping[Triple, Sequence[Triple]] | None = None) -> Spec:
    """Horizontal bars from top to bottom, each with its words above it, so that long names need no margin.

    `graph`: the picture on the page whose edges the bars belong to (the live page links the two); `paths`: the triples of the graph behind a bar's own.
    """
    rows = [_Row(record.start_label, 0.0, record.start, "@alone")]
    rows += [_Row(step.label, step.start, step.value, "@positive" if step.value > 0 else "@negative", _edges(step.triple, paths or {})) for step in record.steps]
    rows.append(_Row(record.end_label, 0.0, record.end, "@accent"))
    ends = [0.0, *(row.base for row in rows), *(row.base + row.value for row in rows)]
    low, high = min(ends), max(ends)
    room = 0.16 * ((high - low) or 1.0)
    return {
        "data": [_connectors(rows), *(_bars(rows, colour) for colour in ("@alone", "@positive", "@negative", "@accent"))],
        "layout": layout(
            height=_ROW_PX * len(rows) + 52,
            margin={"l": 8, "r": 8, "t": 8, "b": 44},
            xaxis=axis(_("score (logit)"), showgrid=True, nticks=6, range=[low - room, high + room], zeroline=True, zerolinecolor="@axis"),
            yaxis={"visible": False, "range": [len(rows) - 0.4, -0.6], "fixedrange": True},
            annotations=[_words(row.label, number) for number, row in enumerate(rows)],
            bargap=0,
            barmode="overlay",
            **({"meta": {"graph": graph}} if graph else {}),
        ),
    }


def waterfall_figure(record: Waterfall, dark: bool = False) -> go.Figure:
    """`waterfall_spec` as a figure."""
    return figure(waterfall_spec(record), dark)


class _Row(NamedTuple):
    label: str
    base: float
    value: float
    colour: str
    edges: tuple[str, ...] = ()


def _edges(triple: Triple | None, paths: Mapping[Triple, Sequence[Triple]]) -> tuple[str, ...]:
    """Ids in the picture: the triple's own first, then those of its path."""
    return () if triple is None else tuple(dict.fromkeys(edge_key(one) for one in (triple, *paths.get(triple, ()))))


def _bars(rows: list[_Row], colour: str) -> dict[str, Any]:
    """The bars of one colour. Direction is in the sign and in the hatching, too: colour alone tells some readers nothing."""
    own = [(number + _LOWER, row) for number, row in enumerate(rows) if row.colour == colour]
    return {
        "type": "bar",
        "orientation": "h",
        "y": [level for level, _row in own],
        "base": [round(row.base, 6) for _level, row in own],
        "x": [round(row.value, 6) for _level, row in own],
        "width": 0.36,
        "marker": {"color": colour, "pattern": {"shape": "/" if colour == "@negative" else ""} | HATCH},
        "text": [signed(row.value) for _level, row in own],
        "textposition": "outside",
        "textfont": {"color": "@text", "size": 12},
        "cliponaxis": False,
        "hovertext": [f"{figure_text(row.label, 160)}<br>{signed(row.value, 4)}" for _level, row in own],
        "hoverinfo": "text",
        "customdata": [list(row.edges) for _level, row in own],
    }


def _words(label: str, number: int) -> dict[str, Any]:
    place = {"xref": "paper", "x": 0, "xanchor": "left", "y": number - 0.28, "yanchor": "middle", "showarrow": False, "bgcolor": "@page", "borderpad": 1}
    return place | {"text": figure_text(label, 74), "font": {"color": "@text", "size": 13}}


def _connectors(rows: list[_Row]) -> dict[str, Any]:
    """Thin lines from the end of each bar to the next one."""
    x: list[float | None] = []
    y: list[float | None] = []
    for number, row in enumerate(rows[:-1]):
        x += [round(row.base + row.value, 6)] * 2 + [None]
        y += [number + _LOWER, number + 1 + _LOWER, None]
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, "line": {"color": "@axis", "width": 1}, "hoverinfo": "skip"}
