"""Which triples carry many texts: bars of their mean contributions, how these moved over the rounds, and what clients give each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from fedviz.charts.safe import figure_text, signed
from fedviz.charts.theme import Spec, above, axis, figure, layout, named_rows, rounded, value_axis

SHOWN = 12
_LINES = 6


@dataclass(frozen=True)
class CarriedRecord:
    """`rows`: (triple in words, mean contribution in logits, share of the texts in [0, 1]), strongest first."""

    rows: tuple[tuple[str, float, float], ...]


def carried_spec(record: CarriedRecord, score: str) -> Spec:
    """Diverging bars, the words above each; beside each its value and the share of the texts."""
    rows = record.rows[:SHOWN]
    low, high = min((0.0, *(row[1] for row in rows))), max((0.0, *(row[1] for row in rows)))
    room = 0.4 * ((high - low) or 1.0)
    marks: list[dict[str, Any]] = []
    for positive, colour in ((True, "@positive"), (False, "@negative")):
        own = [(place, row) for place, row in enumerate(rows) if (row[1] > 0) == positive]
        marks.append(
            {
                "type": "bar", "orientation": "h", "y": [place + 0.18 for place, _row in own], "x": rounded(row[1] for _place, row in own), "width": 0.36,
                "marker": {"color": colour}, "text": [f"{signed(row[1], 3)} · {100 * row[2]:.0f} %" for _place, row in own], "textposition": "outside",
                "textfont": {"color": "@text", "size": 12}, "cliponaxis": False, "hoverinfo": "text",
                "hovertext": [f"{figure_text(row[0], 160)}<br>{signed(row[1], 4)}" for _place, row in own],
            }
        )
    words = [
        {"xref": "paper", "x": 0, "xanchor": "left", "y": place - 0.26, "yanchor": "middle", "showarrow": False, "bgcolor": "@page", "text": figure_text(row[0], 74), "font": {"color": "@text", "size": 13}}
        for place, row in enumerate(rows)
    ]
    return {
        "data": marks,
        "layout": layout(
            height=44 * max(1, len(rows)) + 56, margin={"l": 8, "r": 8, "t": 8, "b": 44}, annotations=words, bargap=0, barmode="overlay",
            xaxis=axis(score, showgrid=True, nticks=6, range=[low - room * (low < 0) - 0.05 * room, high + room], zeroline=True, zerolinecolor="@axis"),
            yaxis={"visible": False, "range": [len(rows) - 0.4, -0.6], "fixedrange": True},
        ),
    }


def moved_spec(names: Sequence[str], rounds: Sequence[int], means: Sequence[Sequence[float]], at: int, axis_name: str, score: str) -> Spec:
    """A line for each triple over the rounds; a mark where the page stands. `means` [triples, rounds]."""
    lines = [
        {
            "type": "scatter", "mode": "lines+markers", "name": figure_text(name, 60), "x": list(rounds), "y": rounded(row),
            "line": {"color": f"@client{place}", "width": 2}, "marker": {"size": 5, "color": f"@client{place}"}, "hovertemplate": "%{fullData.name}<br>%{x}: %{y:.3f}<extra></extra>",
        }
        for place, (name, row) in enumerate(zip(names[:_LINES], means, strict=False))
    ]
    return {
        "data": lines,
        "layout": layout(
            height=300 + 22 * len(lines), margin={"l": 56, "r": 12, "t": 34, "b": 60 + 22 * len(lines)}, showlegend=True, annotations=[above(score)],
            legend={"orientation": "v", "x": 0, "xanchor": "left", "y": -0.3, "yanchor": "top", "font": {"color": "@text", "size": 12}, "bgcolor": "rgba(0,0,0,0)"},
            xaxis=axis(axis_name, dtick=max(1, len(rounds) // 10)), yaxis=value_axis(zeroline=True, zerolinecolor="@axis"),
            shapes=[{"type": "line", "x0": at, "x1": at, "yref": "paper", "y0": 0, "y1": 1, "line": {"color": "@axis", "dash": "dot", "width": 2}}],
        ),
    }


def gains_spec(learners: Sequence[str], teachers: Sequence[str], points: Sequence[Sequence[float | None]], learner_axis: str) -> Spec:
    """What each client (rows) has from what each client taught (columns); empty where it has no test text."""
    extent = max((abs(value) for row in points for value in row if value is not None), default=0.0) or 1.0
    rows = named_rows(learners, range(len(learners)))
    rows["yaxis"] = rows["yaxis"] | {"autorange": "reversed"}
    return {
        "data": [
            {
                "type": "heatmap", "z": [list(row) for row in points], "x": [figure_text(name, 22) for name in teachers], "y": list(range(len(learners))),
                "zmin": -extent, "zmax": extent, "colorscale": [[0, "@negative"], [0.5, "@page"], [1, "@positive"]], "showscale": False, "xgap": 2, "ygap": 2,
                "text": [["" if value is None else signed(value) for value in row] for row in points], "texttemplate": "%{text}",
                "hovertemplate": "%{x}: %{z:+.2f}<extra></extra>",
            }
        ],
        "layout": layout(height=34 * len(learners) + 190, **(rows | {"margin": rows["margin"] | {"b": 130}}), xaxis=axis(learner_axis, tickangle=-40, tickfont={"color": "@text"})),
    }


def carried_figure(record: CarriedRecord, score: str, dark: bool = False) -> go.Figure:
    """`carried_spec` as a figure."""
    return figure(carried_spec(record, score), dark)
