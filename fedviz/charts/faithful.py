"""Deletion and insertion curves: the probability of the answer as triples are taken out of the model, or put into the text's own sum, in the order of a ranking."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import plotly.graph_objects as go

from fedviz.charts.theme import Spec, above, axis, figure, layout, percents, value_axis
from fedviz.core.i18n import N_, _
from fedviz.explain.faithfulness import GRID, RANKINGS, Faithfulness, Ranking

Kind = Literal["deletion", "insertion"]
RANKED: dict[Ranking, str] = {
    "contribution": N_("contribution"),
    "gradient": N_("gradient × input of the probability"),
    "weight": N_("weight alone, attention-like"),
    "random": N_("random order"),
    "greedy": N_("greedy, every step tried out"),
}
_LOOK: dict[Ranking, tuple[str, str, float]] = {
    "contribution": ("@accent", "solid", 3),
    "gradient": ("@positive", "dot", 2),
    "weight": ("@negative", "dash", 2),
    "random": ("@alone", "longdash", 2),
    "greedy": ("@pooled", "dashdot", 1),
}
_AXIS: dict[Kind, str] = {"deletion": N_("triples taken out, %"), "insertion": N_("triples put in, %")}


@dataclass(frozen=True)
class CurvesRecord:
    """One kind of curve: probabilities in [0, 1] by ranking at `GRID` shares of triples from none to all; means over texts."""

    kind: Kind
    curves: dict[Ranking, tuple[float, ...]]


def curves_record(found: Faithfulness, kind: Kind) -> CurvesRecord:
    """The mean curves of what was measured; empty where nothing was. Greedy takes out, so that it has no curve of insertion."""
    some = [ranking for ranking in RANKINGS if found.rankings and (kind == "deletion" or ranking != "greedy")]
    return CurvesRecord(kind, {ranking: getattr(found.of(ranking), kind) for ranking in some})


def curves_spec(record: CurvesRecord) -> Spec:
    """One line a ranking, from no triple to all."""
    shares = percents(np.linspace(0, 1, GRID).tolist())
    return {
        "data": [
            {
                "type": "scatter", "mode": "lines", "name": _(RANKED[ranking]), "x": shares, "y": percents(curve),
                "line": {"color": _LOOK[ranking][0], "dash": _LOOK[ranking][1], "width": _LOOK[ranking][2]}, "hovertemplate": "%{y:.1f} %",
            }
            for ranking, curve in record.curves.items()
        ],
        "layout": layout(
            height=340,
            margin={"l": 48, "r": 12, "t": 34, "b": 120},
            showlegend=True,
            hovermode="x unified",
            legend=layout()["legend"] | {"y": -0.26, "yanchor": "top", "x": 0, "xanchor": "left"},
            xaxis=axis(_(_AXIS[record.kind]), range=[0, 100], fixedrange=True),
            yaxis=value_axis(rangemode="tozero", fixedrange=True),
            annotations=[above(_("probability of the answer, %"))],
        ),
    }  # fmt: skip


def curves_figure(record: CurvesRecord, dark: bool = False) -> go.Figure:
    """`curves_spec` as a figure."""
    return figure(curves_spec(record), dark)
