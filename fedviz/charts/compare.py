"""Why federate? Each client's own test texts under the model it trained alone, the federated one, and one trained on everything."""

from dataclasses import dataclass
from typing import Literal

import plotly.graph_objects as go

from fedviz.charts.safe import figure_text
from fedviz.charts.theme import Spec, above, figure, layout, value_axis
from fedviz.charts.theme import axis as plain_axis
from fedviz.core.i18n import N_, _
from fedviz.runs.view import RunView

COMPARE_TITLE = N_("Alone, federated, pooled")
COMPARE_NOTE = N_(
    "Every client tests three models on its own test texts. From alone to federated is what a client gains by taking part; "
    "from federated to pooled is what it costs that no text is shared."
)

Ways = Literal["local", "federated", "pooled"]
WAYS: dict[Ways, str] = {"local": N_("alone"), "federated": N_("federated"), "pooled": N_("pooled")}
_COLORS: dict[Ways, str] = {"local": "@alone", "federated": "@accent", "pooled": "@pooled"}
_HATCH: dict[Ways, str] = {"local": "", "federated": "", "pooled": "/"}


@dataclass(frozen=True)
class CompareRecord:
    """One row per client: name, number of test texts, and accuracy and macro-F1 in [0, 1] by way of training (None: not trained).

    `mean` holds the same over all clients, weighted by their test texts.
    """

    names: tuple[str, ...]
    examples: tuple[int, ...]
    accuracy: dict[Ways, tuple[float | None, ...]]
    macro_f1: dict[Ways, tuple[float | None, ...]]
    mean: dict[Ways, float | None]


def compare_record(view: RunView) -> CompareRecord:
    """The comparison of a run whose global model was deployed."""
    names = {client.info.index: client.info.name for client in view.clients}
    rows = view.comparisons
    scores: dict[str, dict[Ways, tuple[float | None, ...]]] = {
        metric: {way: tuple((getattr(row, way) or {}).get(metric) for row in rows) for way in WAYS} for metric in ("accuracy", "macro_f1")
    }
    examples = tuple(row.examples for row in rows)
    mean = {way: _weighted(scores["accuracy"][way], examples) for way in WAYS}
    return CompareRecord(tuple(names.get(row.client, str(row.client)) for row in rows), examples, scores["accuracy"], scores["macro_f1"], mean)


def _weighted(values: tuple[float | None, ...], weights: tuple[int, ...]) -> float | None:
    pairs = [(value, weight) for value, weight in zip(values, weights, strict=True) if value is not None]
    total = sum(weight for _value, weight in pairs)
    return sum(value * weight for value, weight in pairs) / total if total else None


def compare_spec(record: CompareRecord, metric: Literal["accuracy", "macro_f1"] = "accuracy") -> Spec:
    """Three columns per client, and for accuracy three for all clients together at the left."""
    values: dict[Ways, tuple[float | None, ...]] = getattr(record, metric)
    ticks = [figure_text(name, 16) for name in record.names]
    places = list(range(len(ticks)))
    together = metric == "accuracy" and bool(record.names)
    if together:
        places, ticks = [-1.4, *places], [_("all clients"), *ticks]
    bars = []
    for way, word in WAYS.items():
        heights = [*([record.mean[way]] if together else []), *values[way]]
        if all(height is None for height in heights):
            continue
        bars.append(
            {
                "type": "bar",
                "name": _(word),
                "x": places,
                "y": [None if height is None else round(100 * height, 2) for height in heights],
                "marker": {"color": _COLORS[way], "line": {"width": 0}, "pattern": {"shape": _HATCH[way], "size": 5, "solidity": 0.25, "fgcolor": "@page"}},
                "hovertemplate": "%{y:.1f} %",
            }
        )
    return {
        "data": bars,
        "layout": layout(
            height=340,
            margin={"l": 48, "r": 16, "t": 40, "b": 78},
            barmode="group",
            bargap=0.3,
            bargroupgap=0.06,
            xaxis=plain_axis("", tickmode="array", tickvals=places, ticktext=ticks, tickfont={"color": "@text"}, fixedrange=True),
            yaxis=value_axis(range=[0, 100]),
            annotations=[above(_("accuracy, %") if metric == "accuracy" else _("macro-F1, %"))],
            showlegend=True,
            hovermode="x unified",
        ),
    }


def compare_figure(record: CompareRecord, metric: Literal["accuracy", "macro_f1"] = "accuracy", dark: bool = False) -> go.Figure:
    """`compare_spec` as a figure."""
    return figure(compare_spec(record, metric), dark)
