"""Two runs side by side: their curves in one picture, and the options in which they differ."""

from collections.abc import Sequence

import streamlit as st

from fedviz.charts.matrix import shown
from fedviz.charts.overlay import differences, overlay_record, overlay_spec
from fedviz.core.errors import FedvizError
from fedviz.core.i18n import N_, _
from fedviz.runs.folder import RunSummary, open_run, runs_root, view_of
from fedviz.runs.run_view import RunView
from fedviz.runs.target import COSTS, reached, sensible
from fedviz.ui import statuses, theme
from fedviz.ui.text import clean, moment, plain

METRICS = {"accuracy": N_("Accuracy"), "macro_f1": N_("Macro-F1"), "loss": N_("Loss"), "perplexity": N_("Perplexity")}


def name(run: RunSummary) -> str:
    """A run among others: its title, what became of it, when."""
    return " · ".join((clean(run.title, 70), statuses.words(run.status), moment(run.queued_at)))


def show(first: RunSummary, runs: Sequence[RunSummary]) -> None:
    """Choose a second run and see both."""
    others = {run.id: run for run in runs if run.id != first.id and run.status != "damaged"}
    if first.status == "damaged" or not others:
        return
    st.header(_("Compare"))
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with left:
        second = st.selectbox(
            _("With"), list(others), index=None, key=f"compare-{first.id}",
            format_func=lambda run_id: name(others[run_id]), placeholder=_("Choose a second run"),
        )
    with right:
        metric = st.selectbox(_("Curve"), list(METRICS), format_func=lambda key: _(METRICS[key]), key="compare-metric")
    if second is None:
        return
    root = runs_root()
    folders = [open_run(root, run_id) for run_id in (first.id, second)]
    try:
        configs = [folder.config() for folder in folders]
        views = [view_of(folder) for folder in folders]
    except FedvizError as error:
        st.error(plain(error))
        return
    names = [clean(run.title, 60) for run in (first, others[second])]
    headers = names if names[0] != names[1] else [f"{names[0]} (1)", f"{names[1]} (2)"]
    record = overlay_record(views, metric)
    if any(curve.rounds for curve in record.curves):
        theme.plot(overlay_spec(record), "compare-figure")
        _costs(views, headers)
    else:
        st.caption(_("Neither run has finished a round yet."))
    changed = differences(configs)
    if not changed:
        st.markdown(_("Both runs have the same configuration and seed, so on one machine their weights are equal."))
        return
    st.markdown(_("{count} options differ:").format(count=len(changed)))
    columns = {header: [row.values[i] for row in changed] for i, header in enumerate(headers)}
    st.dataframe({_("Option"): [row.key for row in changed], **columns}, hide_index=True)


def _costs(views: Sequence[RunView], headers: Sequence[str]) -> None:
    """What each run took until its global model first reached a target accuracy."""
    best = [max((values.get("accuracy", 0.0) for _number, values in view.global_metrics), default=0.0) for view in views]
    key = "compare-target-" + "-".join(view.run_id for view in views)
    percent = st.number_input(
        _("Target accuracy, %"), 1, 100, round(100 * sensible([min(best)])), step=1, key=key, width=200,
        help=_("Of the global model on all test texts. Until you choose one it is 90 % of what the worse of both reaches, down to a multiple of 5."),
    )  # fmt: skip
    found = [reached(view, percent / 100) for view in views]
    columns = {
        header: [_("not reached") if one is None else "" if (value := cost.of(one)) is None else shown(value, name) for name, cost in COSTS.items()]
        for header, one in zip(headers, found, strict=True)
    }
    st.dataframe({_("Until the target accuracy"): [_(cost.title) for cost in COSTS.values()], **columns}, hide_index=True)
    st.caption(_("Training alone counts, not the tests. Time, energy and money are virtual, by the section Network of each configuration; nothing is extrapolated."))
