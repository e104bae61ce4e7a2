"""Does the graph help? The measured figures of `python -m fedviz bench knowledge`, where somebody has measured them."""

import json
from pathlib import Path
from typing import Any

import streamlit as st

from fedviz.charts.knowledge_gain import HELPS, WAYS, Panel, gain_record, gain_spec
from fedviz.charts.safe import signed
from fedviz.core.i18n import _
from fedviz.core.registry import SCENARIOS
from fedviz.ui import figure, shell
from fedviz.ui.text import clean

RESULTS = Path(__file__).parents[2] / "docs" / "results" / "knowledge.json"
COMMAND = "python -m fedviz bench knowledge"


def show(scenario: str = "") -> None:
    """The curves of a scenario (of the first that was measured where none is named) with where the graph helps and where not, or how to measure what was not."""
    st.subheader(_("Does the graph help?"), anchor="does-the-graph-help")
    rows = read()
    every = gain_record(rows)
    panels = [panel for panel in every if panel.task == (scenario or every[0].task)]
    if not panels:
        st.markdown(_("One prediction shows how the graph is used, not whether it helps. No figure of this scenario was measured here yet; this command measures those of the study's scenarios:"))
        st.code(COMMAND, language="bash")
        if every:
            shell.link("evidence", _("What was measured on other scenarios"))
        return
    st.markdown(
        _(
            "One prediction shows how the graph is used, not whether it helps. Below, the parties of the scenario train together with few to all labels, on several seeds: "
            "with the text alone, with the graph, and with a shuffled graph, which keeps the names and the structure but hangs them on other entities and "
            "should therefore not help."
        )
    )
    for column, panel in zip(st.columns(2, gap="large"), panels, strict=False):  # all parties, and one missing
        with column:
            _panel(panel)
    with st.expander(_("How to read these figures")):
        st.markdown(_meaning())
        _table([row for row in rows if row["model"] in WAYS and row["task"] == panels[0].task and not row.get("rewired")])
        st.caption(_("Measured by {command}.").format(command=f"`{COMMAND}`"))
    shell.link("evidence", _("Every other way in and every other scenario, with controls and tests"), scenario=panels[0].task)


def _panel(panel: Panel) -> None:
    title = clean(_(SCENARIOS.get(panel.task).title) if panel.task in SCENARIOS.names() else panel.task)
    st.markdown(f"**{title}**" + (", " + _("one party missing from training") if panel.missing else ""))
    words = _verdict(panel)
    figure.show(gain_spec(panel), f"explain-gain-{panel.task}-{panel.missing}", words)
    st.caption(words)


def _verdict(panel: Panel) -> str:
    """Where the graph helps, by how much, and where not, in a sentence."""
    strongest = max(zip(panel.labels, panel.found["with graph"], strict=True), key=lambda pair: pair[1].gain or 0.0)
    shuffled = dict(zip(panel.labels, panel.found["shuffled graph"], strict=True))[strongest[0]]
    words = _("At most {gain} ± {spread} points, with {labels} labels a class ({wins} seeds); the shuffled graph {shuffled} there.").format(
        gain=signed(strongest[1].gain or 0.0, 1), spread=f"{strongest[1].gain_spread or 0.0:.1f}", labels=_(strongest[0]), wins=strongest[1].wins,
        shuffled=signed(shuffled.gain or 0.0, 1),
    )  # fmt: skip
    if panel.linking():
        words += " " + _("With {labels} labels a class the shuffled graph gains more than half as much: there the linking of words helps, not the structure.").format(
            labels=", ".join(map(_, panel.linking()))
        )
    if panel.missing:
        words += " " + _absent(panel)
    weak = panel.weak()
    if len(weak) == len(panel.labels):
        return words + " " + _("By the measure of a point or more, beyond its own spread, the graph helps nowhere here.")
    if weak:
        return words + " " + _("It does not help with {labels} labels a class.").format(labels=", ".join(map(_, weak)))
    return words + " " + _("It helps with every number of labels.")


def _absent(panel: Panel) -> str:
    """What the federation knows of the party that stayed away."""
    pairs = zip(panel.labels, panel.found["with graph"], panel.found["text alone"], strict=True)
    label, graph, text = max(pairs, key=lambda pair: pair[1].absent or 0.0)
    words = _("Of the missing party's own texts the graph gets at most {graph} % right ({labels} labels), text alone {text} %.")
    return words.format(graph=f"{graph.absent or 0.0:.0f}", labels=_(label), text=f"{text.absent or 0.0:.0f}")


def _meaning() -> str:
    return _(
        "A gain is the difference to text alone on the same seed; ± is the standard deviation over seeds. We say that the graph helps where it gains at "
        "least {points} point and more than the spread. Much of what it gains is entity linking itself: knowing that a lay word and a technical "
        "word mean one finding. The shuffled graph keeps the linking and loses the structure. The strength of the graph and its features were chosen "
        "with an eye on that control, on other seeds than those reported here."
    ).format(points=f"{HELPS:g}")


def _table(rows: list[dict[str, Any]]) -> None:
    ways = {way: _(word) for way, word in WAYS.items()}
    tuning = {"head": _("head only"), "lora": _("LoRA")}
    st.dataframe(
        {
            _("Task"): [clean(str(row["task"])) for row in rows],
            _("Labels a class"): [_(str(row["labels"])) for row in rows],
            _("Trained"): [tuning.get(row["tuning"], clean(str(row["tuning"]))) for row in rows],
            _("Missing"): [_("one party") if row["missing"] != "none" else "" for row in rows],
            _("Model"): [ways.get(row["model"], clean(str(row["model"]))) for row in rows],
            _("Accuracy, %"): [_with_spread(row["accuracy"], row["spread"], False) for row in rows],
            _("Gain, points"): [_with_spread(row["gain"], row["gain spread"], True) for row in rows],
            _("Seeds won"): [row["wins"] or "" for row in rows],
            _("Accuracy of the missing party, %"): [None if row["accuracy of the missing"] is None else round(row["accuracy of the missing"], 1) for row in rows],
        },
        hide_index=True,
    )


def _with_spread(value: float | None, spread: float | None, sign: bool) -> str:
    if value is None:
        return ""
    return f"{signed(value, 1) if sign else f'{value:.1f}'} ± {spread or 0.0:.1f}"


def read() -> list[dict[str, Any]]:
    """Rows of the file; none where it is absent or damaged."""
    try:
        rows = [row for row in json.loads(RESULTS.read_text("utf-8"))["rows"] if isinstance(row, dict)]
        gain_record(rows)
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return rows
