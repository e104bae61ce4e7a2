"""Why federate? Each client's own test texts under the model it trained alone, the federated one, and one trained on everything."""

from dataclasses import dataclass
from typing import Literal

import plotly.graph_objects as go

from fedviz.charts.theme import Spec, figure, layout, named_rows, value_axis
from fedviz.core.i18n import N_, _
from fedviz.runs.run_view import RunView

COMPARE_TITLE = N_("Alone, federated, pooled")
COMPARE_NOTE = N_(
    "Every client tests these models on its own test texts. From alone to federated is what a client gains by taking part; "
    "from federated to pooled is what it costs that no text is shared. A personal model, where the strategy trains one, is the client's own beside the federated one."
)

Ways = Literal["local", "federated", "personal", "pooled"]
WAYS: dict[Ways, str] = {"local": N_("alone"), "federated": N_("federated"), "personal": N_("personal"), "pooled": N_("pooled")}
_COLORS: dict[Ways, str] = {"local": "@alone", "federated": "@accent", "personal": "@soft", "pooled": "@page"}


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
    """A bar for each way of training per client, and above them, for accuracy, the same for all clients together."""
    values: dict[Ways, tuple[float | None, ...]] = getattr(record, metric)
    names = list(record.names)
    places: list[float] = list(range(len(names)))
    together = metric == "accuracy" and bool(names)
    if together:
        places, names = [-1.3, *places], [_("all clients"), *names]
    bars = []
    for way, word in WAYS.items():
        lengths = [*([record.mean[way]] if together else []), *values[way]]
        if any(length is not None for length in lengths):
            bars.append(_bars(way, _(word), places, lengths))
    rows = named_rows(names, places)
    rows["yaxis"] |= {"range": [len(record.names) - 0.4, (places[0] if places else 0) - 0.6]}
    count = len(places) * (1.25 if len(bars) > 3 else 1) + 0.3 * together
    return {
        "data": bars,
        "layout": layout(
            height=int(96 + 48 * count),
            barmode="group",
            bargap=0.24,
            bargroupgap=0.08,
            xaxis=value_axis(range=[0, 100], dtick=25, tick0=0, title=_("accuracy, %") if metric == "accuracy" else _("macro-F1, %"), fixedrange=True),
            showlegend=True,
            hovermode="y unified",
            **rows,
        ),
    }


def _bars(way: Ways, word: str, places: list[float], lengths: list[float | None]) -> dict[str, object]:
    return {
        "type": "bar",
        "orientation": "h",
        "name": word,
        "y": places,
        "x": [None if length is None else round(100 * length, 2) for length in lengths],
        "marker": {"color": _COLORS[way], "line": {"color": "@pooled", "width": 1.5 if way == "pooled" else 0}},
        "texttemplate": "%{x:.0f}",
        "textposition": "outside",
        "textfont": {"size": 11, "color": "@muted"},
        "constraintext": "none",
        "cliponaxis": False,
        "hovertemplate": "%{x:.1f} %",
    }


def compare_figure(record: CompareRecord, metric: Literal["accuracy", "macro_f1"] = "accuracy", dark: bool = False) -> go.Figure:
    """`compare_spec` as a figure."""
    return figure(compare_spec(record, metric), dark)
