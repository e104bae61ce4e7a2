"""What the accuracy has cost so far: virtual time, energy and money."""

from dataclasses import dataclass
from itertools import accumulate

import plotly.graph_objects as go

from fedviz.charts.theme import Spec, above, axis, figure, layout, next_nice, rounded, value_axis
from fedviz.core.i18n import N_, _
from fedviz.runs.run_view import RunView

COSTS_TITLE = N_("Accuracy over virtual time")
COSTS_NOTE = N_(
    "How long devices and links as configured would take to get there, and what that would cost: a computed figure, not a measured one. Every round lasts until its "
    "last client, or the deadline. Energy is power times training time plus so many joules a megabyte; money is data and energy times their prices. All of them stand in "
    "the section Network of the configuration. The test before the first round and after each round takes no virtual time."
)

_TIMES = ((7200.0, 3600.0, N_("virtual hours")), (180.0, 60.0, N_("virtual minutes")), (0.0, 1.0, N_("virtual seconds")))
_ENERGIES = ((1e6, "MJ"), (1e3, "kJ"), (0.0, "J"))


@dataclass(frozen=True)
class CostsRecord:
    """By round from 0: virtual seconds, joules and money summed up to its end, and the accuracy of the global model then, in [0, 1]."""

    rounds: tuple[int, ...]
    seconds: tuple[float, ...]
    joules: tuple[float, ...]
    money: tuple[float, ...]
    accuracy: tuple[float, ...]


def costs_record(view: RunView) -> CostsRecord:
    """The rounds whose model was tested."""
    sums = {0: (0.0, 0.0, 0.0)}
    columns = [list(accumulate(getattr(timing, name) for _round, timing in view.timings)) for name in ("elapsed_s", "joules", "money")]
    sums |= {number: values for (number, _timing), *values in zip(view.timings, *columns, strict=True)}  # type: ignore[misc]
    told = [(number, *sums[number], values["accuracy"]) for number, values in view.global_metrics if number in sums and "accuracy" in values]
    return CostsRecord(*(tuple(column) for column in zip(*told, strict=True))) if told else CostsRecord((), (), (), (), ())


def costs_spec(record: CostsRecord) -> Spec:
    """Accuracy in per cent over the virtual time at which each round ended; energy and money on hovering."""
    size, word = _time(record.seconds[-1] if record.seconds else 0.0)
    told = _("round {round}: {joules}, money {money}")
    hover = [told.format(round=number, joules=energy(j), money=f"{m:.2g}") for number, j, m in zip(record.rounds, record.joules, record.money, strict=True)]
    end = next_nice(max(record.seconds[-1] / size * 1.02, 1e-9)) if len(record.seconds) > 1 else 1.0
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": _("accuracy"),
                "x": rounded(seconds / size for seconds in record.seconds),
                "y": rounded(100 * value for value in record.accuracy),
                "line": {"color": "@accent", "width": 3},
                "marker": {"color": "@accent", "size": 6},
                "hovertext": hover,
                "hovertemplate": "%{y:.1f} %<br>%{hovertext}<extra></extra>",
            }
        ],
        "layout": layout(xaxis=axis(_(word), range=[-0.02 * end, end * 1.02], ticks="outside", ticklen=4, nticks=8), yaxis=value_axis(range=[-2, 102], dtick=25, tick0=0), annotations=[above("%")]),
    }


def bill(record: CostsRecord) -> str:
    """Energy and money so far in one line; empty before the first round."""
    if len(record.rounds) < 2:
        return ""
    size, word = _time(record.seconds[-1])
    return _("{time} {unit}, {joules}, money {money} so far").format(
        time=f"{record.seconds[-1] / size:.3g}", unit=_(word), joules=energy(record.joules[-1]), money=f"{record.money[-1]:.2g}"
    )


def energy(joules: float) -> str:
    """Energy with its unit, three digits."""
    size, name = next((size, name) for size, name in _ENERGIES if joules >= size)
    return f"{joules / (size or 1):.3g} {name}"


def _time(seconds: float) -> tuple[float, str]:
    """The unit in which so much time is read best: its seconds, and its word."""
    return next((size, word) for least, size, word in _TIMES if seconds >= least)


def costs_figure(record: CostsRecord, dark: bool = False) -> go.Figure:
    """`costs_spec` as a figure."""
    return figure(costs_spec(record), dark)
