"""Two runs side by side: their curves in one picture, and the options in which they differ."""

from collections.abc import Sequence

import streamlit as st

from fedviz.charts.overlay import differences, overlay_record, overlay_spec
from fedviz.core.errors import FedvizError
from fedviz.core.i18n import N_, _
from fedviz.runs.folder import RunSummary, open_run, runs_root, view_of
from fedviz.ui import statuses, theme
from fedviz.ui.text import clean, moment, plain

METRICS = {"accuracy": N_("Accuracy"), "macro_f1": N_("Macro-F1"), "loss": N_("Loss")}


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
        record = overlay_record([view_of(folder) for folder in folders], metric)
    except FedvizError as error:
        st.error(plain(error))
        return
    if any(curve.rounds for curve in record.curves):
        theme.plot(overlay_spec(record), "compare-figure")
    else:
        st.caption(_("Neither run has finished a round yet."))
    changed = differences(configs)
    if not changed:
        st.markdown(_("Both runs have the same configuration and seed, so on one machine their weights are equal."))
        return
    st.markdown(_("{count} options differ:").format(count=len(changed)))
    names = [clean(run.title, 60) for run in (first, others[second])]
    headers = names if names[0] != names[1] else [f"{names[0]} (1)", f"{names[1]} (2)"]
    columns = {header: [row.values[i] for row in changed] for i, header in enumerate(headers)}
    st.dataframe({_("Option"): [row.key for row in changed], **columns}, hide_index=True)
