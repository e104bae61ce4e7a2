"""What each way in gains, as `python -m fedviz bench knowledge` measured it: by way, by the number of labels, with a wrong graph, and planted wrong labels."""

import re
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from fedviz.charts.knowledge_gain import HELPS
from fedviz.charts.safe import figure_text, signed
from fedviz.charts.theme import Spec, above, axis, layout, named_rows, rounded, value_axis
from fedviz.core.i18n import N_, _

WAYS = {
    "with graph": N_("triple evidence"),
    "validated trust": N_("validated evidence"),
    "all together": N_("all together"),
    "consistency": N_("consistency loss"),
    "rules": N_("rule loss"),
    "representation": N_("representation loss"),
    "links": N_("link-prediction loss"),
    "augmentation": N_("augmentation"),
    "without suspects": N_("without suspects"),
    "curriculum": N_("curriculum"),
    "shuffled graph": N_("shuffled graph"),
    "random graph": N_("random graph"),
}
"""Every way but text alone, and what it is called; the last two are controls."""
CONTROLS = ("shuffled graph", "random graph")
Whose = Literal["all", "missing", "rest"]
WHOSE: dict[Whose, str] = {"all": N_("all parties train"), "missing": N_("one stays away: its own texts"), "rest": N_("one stays away: all texts")}
"""Who trains, and which test texts are counted."""
SIGNIFICANT = 0.05
"""The corrected p from which down a gain is called one."""
SUSPECTS = {"graph": N_("graph"), "shuffled graph": N_("shuffled graph"), "by chance": N_("by chance")}
_SUSPECT_COLOURS = {"graph": "@accent", "shuffled graph": "@negative", "by chance": "@alone"}
_LINES = ("@accent", "@client1", "@client2", "@client3", "@client4", "@client5", "@client6", "@client7")


@dataclass(frozen=True)
class Gain:
    """What a way gains over text alone, in points of accuracy, with its standard deviation over seeds and the corrected p of its paired test."""

    way: str
    gain: float
    spread: float
    p: float
    seeds: int

    @property
    def sure(self) -> bool:
        """Whether chance is an unlikely explanation of it, be it a gain or a loss."""
        return self.p <= SIGNIFICANT

    @property
    def helps(self) -> bool:
        """At least a point, and not by chance."""
        return self.sure and self.gain >= HELPS

    @property
    def perhaps(self) -> bool:
        """At least a point, which may be chance."""
        return self.gain >= HELPS and not self.sure

    @property
    def harms(self) -> bool:
        """At least a point lost, and not by chance."""
        return self.sure and self.gain <= -HELPS


@dataclass(frozen=True, eq=False)
class Panel:
    """One task with all parties or with one missing: the gains by number of labels a class ("all": no limit), fewest first, ways in the order of `WAYS`."""

    task: str
    whose: Whose
    tuning: str
    gains: dict[str, tuple[Gain, ...]]

    def of(self, way: str) -> dict[str, Gain]:
        """A way's gains by number of labels."""
        return {label: gain for label, found in self.gains.items() for gain in found if gain.way == way}

    def ways(self) -> tuple[str, ...]:
        """The ways that were measured with some number of labels."""
        return tuple(way for way in WAYS if self.of(way))


@dataclass(frozen=True, eq=False)
class Evidence:
    """All that was measured. `wrong`: by task and share of rewired triples, the gains with few labels; `found`: precision by task and by who suspects, seed by seed."""

    panels: tuple[Panel, ...] = ()
    wrong: dict[str, dict[float, tuple[Gain, ...]]] = field(default_factory=dict)
    found: dict[str, dict[str, tuple[float, ...]]] = field(default_factory=dict)

    def tasks(self) -> tuple[str, ...]:
        """Every task of which anything was measured."""
        return tuple(dict.fromkeys((*(panel.task for panel in self.panels), *self.wrong, *self.found)))


def evidence_record(document: Mapping[str, Any]) -> Evidence:
    """The document as a record; `KeyError`, `TypeError`, `ValueError` or `AttributeError` where it is none. Rows without a test are left out."""
    gains: dict[tuple[str, Whose, str], dict[str, list[Gain]]] = {}
    wrong: dict[str, dict[float, list[Gain]]] = {}
    for row in document["rows"]:
        if row["model"] not in WAYS:
            continue
        missing, share = row["missing"] != "none", float(row["rewired"])
        one = _gain(row, "gain", "gain spread", "p corrected")
        if one is not None and share:
            wrong.setdefault(row["task"], {}).setdefault(share, []).append(one)
        elif one is not None:
            whose: Whose = "rest" if missing else "all"
            gains.setdefault((row["task"], whose, row["tuning"]), {}).setdefault(row["labels"], []).append(one)
        apart = _gain(row, "gain of the missing", "gain spread of the missing", "p of the missing corrected")
        if apart is not None and not share:
            gains.setdefault((row["task"], "missing", row["tuning"]), {}).setdefault(row["labels"], []).append(apart)
    panels = tuple(Panel(str(task), whose, str(tuning), {label: _ordered(found) for label, found in sorted(by_label.items(), key=_fewest)}) for (task, whose, tuning), by_label in _by_task(gains))
    found: dict[str, dict[str, tuple[float, ...]]] = {}
    for way in SUSPECTS:
        for task, values in document.get("series", {}).get(f"suspects, {way}", {}).items():
            found.setdefault(task, {})[way] = tuple(float(value) for value in values)
    return Evidence(panels, {task: {share: _ordered(some) for share, some in shares.items()} for task, shares in wrong.items()}, found)


def _gain(row: Mapping[str, Any], gain: str, spread: str, p: str) -> Gain | None:
    return None if row[p] is None else Gain(row["model"], float(row[gain]), float(row[spread]), float(row[p]), int(row["seeds"]))


def _by_task(gains: dict[tuple[str, Whose, str], dict[str, list[Gain]]]) -> list[tuple[tuple[str, Whose, str], dict[str, list[Gain]]]]:
    """By task as they come first, then by who trains in the order of `WHOSE`, the head before LoRA."""
    tasks, whose = list(dict.fromkeys(task for task, *_rest in gains)), list(WHOSE)
    return sorted(gains.items(), key=lambda item: (tasks.index(item[0][0]), item[0][2] != "head", whose.index(item[0][1])))


def _ordered(found: list[Gain]) -> tuple[Gain, ...]:
    places = list(WAYS)
    return tuple(sorted(found, key=lambda gain: places.index(gain.way)))


def _fewest(item: tuple[str, Any]) -> float:
    return float("inf") if item[0] == "all" else float(item[0])


def ways_spec(panel: Panel, label: str) -> Spec:
    """Every way in a row with its gain and spread, the controls below; filled where chance does not explain it."""
    found = panel.gains[label][::-1]
    names = [_(WAYS[gain.way]) for gain in found]
    look = named_rows(names, range(len(found)))
    data = [_dots([(place, gain) for place, gain in enumerate(found) if (gain.way in CONTROLS) == control], control) for control in (False, True)]
    return {
        "data": data,
        "layout": layout(
            height=76 + 30 * len(found), margin=look["margin"], meta=look["meta"], yaxis=look["yaxis"] | {"range": [-0.6, len(found) - 0.4]},
            xaxis=axis(_("points gained over text alone"), showgrid=True, zeroline=True, zerolinecolor="@axis", zerolinewidth=2, nticks=6, fixedrange=True),
        ),
    }  # fmt: skip


def _dots(found: list[tuple[int, Gain]], control: bool) -> dict[str, Any]:
    colour = "@negative" if control else "@accent"
    return {
        "type": "scatter",
        "mode": "markers",
        "name": _("controls") if control else _("ways in"),
        "x": rounded(gain.gain for _place, gain in found),
        "y": [place for place, _gain_ in found],
        "error_x": {"type": "data", "array": rounded(gain.spread for _place, gain in found), "color": colour, "thickness": 1.5, "width": 4},
        "marker": {"size": 11, "color": [colour if gain.sure else "@page" for _place, gain in found], "symbol": "diamond" if control else "circle", "line": {"color": colour, "width": 2}},
        "text": [_told(gain) for _place, gain in found],
        "hovertemplate": "%{text}<extra></extra>",
    }


def _told(gain: Gain) -> str:
    return figure_text(f"{_(WAYS[gain.way])}: {signed(gain.gain, 1)} ± {gain.spread:.1f}, p = {p_text(gain.p)}", 90)


def p_text(p: float) -> str:
    """A p value with as many digits as it deserves."""
    return f"{p:.2g}" if p >= 1e-4 else f"{p:.0e}"


def labels_spec(panel: Panel) -> Spec:
    """A line for each way over the number of labels, a little beside each other so that spreads can be read; controls dashed."""
    labels = list(panel.gains)
    shown = panel.ways()
    return {
        "data": [_line(panel, way, labels, (place - (len(shown) - 1) / 2) * 0.03, place) for place, way in enumerate(shown)],
        "layout": layout(
            height=400, margin={"l": 48, "r": 12, "t": 34, "b": 150}, showlegend=True, legend=layout()["legend"] | {"x": 0, "xanchor": "left", "y": -0.22, "yanchor": "top"},
            meta={"wide": [["height", 400], ["margin.b", 150]], "narrow": [["height", 320 + 22 * len(shown)], ["margin.b", 76 + 22 * len(shown)]]},
            xaxis=axis(_("labelled texts a class"), tickmode="array", tickvals=list(range(len(labels))), ticktext=[_(label) for label in labels], fixedrange=True),
            yaxis=value_axis(fixedrange=True) | {"zeroline": True, "zerolinecolor": "@axis", "zerolinewidth": 2}, annotations=[above(_("points gained over text alone"))],
        ),
    }  # fmt: skip


def _line(panel: Panel, way: str, labels: list[str], beside: float, place: int) -> dict[str, Any]:
    control = way in CONTROLS
    colour = ("@negative", "@alone")[CONTROLS.index(way)] if control else _LINES[place % len(_LINES)]
    points = panel.of(way)
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": _(WAYS[way]),
        "x": [labels.index(label) + beside for label in points],
        "y": rounded(point.gain for point in points.values()),
        "error_y": {"type": "data", "array": rounded(point.spread for point in points.values()), "color": colour, "thickness": 1, "width": 2},
        "line": {"color": colour, "width": 2, "dash": "dash" if control else "solid"},
        "marker": {"size": 7, "color": colour, "symbol": "diamond" if control else "circle"},
        "text": [_told(point) for point in points.values()],
        "hovertemplate": "%{text}<extra></extra>",
    }


def wrong_spec(shares: Mapping[float, tuple[Gain, ...]]) -> Spec:
    """Bars of what evidence gains by the share of wrong triples, with and without validated trust."""
    ways = tuple(dict.fromkeys(gain.way for some in shares.values() for gain in some))
    names = [f"{share:.0%}" for share in sorted(shares)]
    bars = []
    for way in ways:
        found = [next((gain for gain in shares[share] if gain.way == way), None) for share in sorted(shares)]
        some = [(name, gain) for name, gain in zip(names, found, strict=True) if gain is not None]
        bars.append(_bars(_(WAYS[way]), [name for name, _one in some], [(gain.gain, gain.spread) for _name, gain in some], "@accent" if way == "with graph" else "@soft"))
    return {
        "data": bars,
        "layout": layout(
            height=320, margin={"l": 48, "r": 12, "t": 76, "b": 48}, barmode="group", showlegend=True, legend=layout()["legend"] | {"y": 1.14, "x": 0, "xanchor": "left"},
            xaxis=axis(_("wrong triples"), type="category", fixedrange=True), yaxis=value_axis(fixedrange=True) | {"zeroline": True, "zerolinecolor": "@axis"},
            annotations=[above(_("points gained over text alone"))],
        ),
    }  # fmt: skip


def suspects_spec(found: Mapping[str, Mapping[str, tuple[float, ...]]], titles: Mapping[str, str]) -> Spec:
    """Bars of the precision with a row a task, for the graph and its controls; `titles`: what tasks are called, of which a row has the part behind the colon."""
    rows = list(found)[::-1]
    look = named_rows([re.split("[:：]", titles[task])[-1].strip() for task in rows], range(len(rows)))
    bars = []
    for way in reversed(SUSPECTS):
        some = {task: found[task][way] for task in rows if found[task].get(way)}
        bars.append({
            "type": "bar", "orientation": "h", "name": _(SUSPECTS[way]), "y": [rows.index(task) for task in some], "x": rounded(100 * statistics.mean(values) for values in some.values()),
            "error_x": {"type": "data", "array": rounded(100 * _deviation(values) for values in some.values()), "color": "@text", "thickness": 1.5, "width": 3},
            "marker": {"color": _SUSPECT_COLOURS[way]}, "hovertemplate": "%{x:.0f} ± %{error_x.array:.1f} %",
        })  # fmt: skip
    return {
        "data": bars,
        "layout": layout(
            height=120 + 66 * len(rows), margin=look["margin"] | {"t": 40}, meta=look["meta"], yaxis=look["yaxis"], barmode="group", showlegend=True,
            legend=layout()["legend"] | {"traceorder": "reversed"}, xaxis=axis(_("planted among the suspects, %"), showgrid=True, range=[0, 100], dtick=25, fixedrange=True),
        ),
    }  # fmt: skip


def _deviation(values: tuple[float, ...]) -> float:
    return statistics.stdev(values) if len(values) > 1 else 0.0


def _bars(name: str, x: list[str], y: list[tuple[float, float]], colour: str) -> dict[str, Any]:
    return {
        "type": "bar",
        "name": name,
        "x": x,
        "y": rounded(value for value, _spread in y),
        "error_y": {"type": "data", "array": rounded(spread for _value, spread in y), "color": "@text", "thickness": 1.5, "width": 4},
        "marker": {"color": colour},
        "hovertemplate": "%{y:.1f} ± %{error_y.array:.1f}",
    }
