"""From one score to another, step by step: the bars are summands, so they add up exactly.

On *Explain* from the score of the text alone to the final score, one step a triple; in a comparison from one model's score to the other's.
Scores are logits of one class.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import plotly.graph_objects as go

from fedviz.charts.safe import figure_text, line, signed
from fedviz.charts.theme import Spec, axis, figure, layout
from fedviz.core.i18n import _
from fedviz.explain.records import Comparison, Explanation

SHOWN = 9
HATCH = {"fillmode": "overlay", "solidity": 0.2, "size": 6, "fgcolor": "@page"}
_ROW_PX = 44


@dataclass(frozen=True)
class Step:
    """One bar: it runs from `start` to `start + value`. `count`: how many summands are in it (several for the rest)."""

    label: str
    value: float
    start: float
    count: int = 1
    kind: Literal["triple", "text", "rest"] = "triple"

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


def waterfall_record(explanation: Explanation, target: int, shown: int = SHOWN) -> Waterfall:
    """From the text's score for class `target` to the final one; greatest triples first, the others in one step."""
    parts = [(triple_label(c.head_name, c.relation, c.tail_name), c.values[target]) for c in explanation.contributions]
    return build(_("text alone"), _("with the graph"), explanation.text_logits[target], parts, shown)


def difference_record(comparison: Comparison, first: str, second: str, starts: float, target: int, shown: int = SHOWN) -> Waterfall:
    """From the score of class `target` under the model `first` (which is `starts`) to that under `second`: the text's part, then triples."""
    parts = [(triple_label(t.head_name, t.triple.relation, t.tail_name), t.second[target] - t.first[target]) for t in comparison.triples]
    return build(first, second, starts, parts, shown, (_("the text's own part"), comparison.text_difference[target]))


def triple_label(head: str, relation: str, tail: str) -> str:
    """A triple in words: `Seizure is_a Abnormality of the nervous system`; a path of several steps has dots after its relation."""
    steps = f"{relation[:-1]} …" if relation.endswith("*") else relation
    return f"{line(head, 80)} {line(steps, 40)} {line(tail, 80)}"


def build(
    start_label: str, end_label: str, start: float, parts: Iterable[tuple[str, float]], shown: int = SHOWN, first: tuple[str, float] | None = None
) -> Waterfall:
    """The record of any sum: greatest summands first (equal ones by label), all beyond `shown` in one step; summands that are 0 are left out.

    The sums are correctly rounded (Shewchuk 1997), so that the order of `parts` changes nothing.
    """
    ranked = sorted(((label, float(value)) for label, value in parts if value), key=lambda part: (-abs(part[1]), part[0], part[1]))
    single, rest = (ranked, []) if len(ranked) <= shown + 1 else (ranked[:shown], ranked[shown:])
    steps: list[Step] = []
    done = [float(start)]

    def add(label: str, values: list[float], kind: Literal["triple", "text", "rest"]) -> None:
        steps.append(Step(label, math.fsum(values), math.fsum(done), len(values), kind))
        done.extend(values)

    if first is not None:
        add(first[0], [float(first[1])], "text")
    for label, value in single:
        add(label, [value], "triple")
    if rest:
        add(_("{count} more triples").format(count=len(rest)), [value for _label, value in rest], "rest")
    return Waterfall(start_label, end_label, float(start), math.fsum(done), tuple(steps))


def waterfall_spec(record: Waterfall) -> Spec:
    """Horizontal bars from top to bottom, each with its words above it, so that long names need no margin."""
    rows = [(record.start_label, 0.0, record.start, "@alone", signed(record.start))]
    for step in record.steps:
        colour = "@positive" if step.value > 0 else "@negative"
        rows.append((step.label, step.start, step.value, colour, signed(step.value)))
    rows.append((record.end_label, 0.0, record.end, "@accent", signed(record.end)))
    ends = [0.0, *(base for _label, base, *_rest in rows), *(base + value for _label, base, value, *_rest in rows)]
    low, high = min(ends), max(ends)
    room = 0.16 * ((high - low) or 1.0)
    level = [number + 0.14 for number in range(len(rows))]
    bars: dict[str, Any] = {
        "type": "bar",
        "orientation": "h",
        "y": level,
        "base": [round(base, 6) for _label, base, *_rest in rows],
        "x": [round(value, 6) for _label, _base, value, *_rest in rows],
        "width": 0.4,
        "marker": {
            "color": [colour for *_rest, colour, _text in rows],
            # Direction is in the sign and in the pattern, too: colour alone tells some readers nothing.
            "pattern": {"shape": ["/" if colour == "@negative" else "" for *_rest, colour, _text in rows]} | HATCH,
        },
        "text": [text for *_rest, text in rows],
        "textposition": "outside",
        "textfont": {"color": "@text", "size": 13},
        "cliponaxis": False,
        "hovertext": [f"{figure_text(label, 160)}<br>{text}" for label, *_rest, text in rows],
        "hoverinfo": "text",
    }
    return {
        "data": [_connectors(rows, level), bars],
        "layout": layout(
            height=_ROW_PX * len(rows) + 52,
            margin={"l": 8, "r": 8, "t": 8, "b": 44},
            xaxis=axis(_("score (logit)"), showgrid=True, nticks=6, range=[low - room, high + room], zeroline=True, zerolinecolor="@axis"),
            yaxis={"visible": False, "range": [len(rows) - 0.45, -0.6], "fixedrange": True},
            annotations=[_words(label, number) for number, (label, *_rest) in enumerate(rows)],
            bargap=0,
        ),
    }


def waterfall_figure(record: Waterfall, dark: bool = False) -> go.Figure:
    """`waterfall_spec` as a figure."""
    return figure(waterfall_spec(record), dark)


def _words(label: str, number: int) -> dict[str, Any]:
    place = {"xref": "paper", "x": 0, "xanchor": "left", "y": number - 0.26, "yanchor": "middle", "showarrow": False}
    return place | {"text": figure_text(label, 74), "font": {"color": "@text", "size": 13}}


def _connectors(rows: list[tuple[str, float, float, str, str]], level: list[float]) -> dict[str, Any]:
    """Thin lines from the end of each bar to the next one."""
    x: list[float | None] = []
    y: list[float | None] = []
    for number, (_label, base, value, *_rest) in enumerate(rows[:-1]):
        x += [round(base + value, 6)] * 2 + [None]
        y += [level[number], level[number + 1], None]
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, "line": {"color": "@axis", "width": 1}, "hoverinfo": "skip"}
