"""The page *Runs*: a table that keeps up with what runs, and what can be done with one run or two."""

from typing import Any

import streamlit as st

from fedviz.core.errors import FedvizError
from fedviz.core.i18n import _
from fedviz.core.registry import SCENARIOS, STRATEGIES
from fedviz.runs.folder import LIVE, RunFolder, RunSummary, list_runs, open_run, runs_root
from fedviz.runs.launcher import launcher
from fedviz.ui import compare, configure, deploy, shell, state, statuses
from fedviz.ui.sentences import sentence
from fedviz.ui.text import clean, duration, moment, plain, size

CHOSEN = "fedviz-runs-chosen"
SECONDS = 3
"""Between two looks at the folder of runs: also those show up that were started elsewhere."""


def show() -> None:
    """The whole page."""
    st.title(_("Runs"))
    runs = list_runs(runs_root())
    if not runs:
        st.markdown(_("There is no run yet. Start a demonstration, or configure a run of your own."))
        shell.link("start", _("Start"))
        return
    st.markdown(_("Every run is a folder that repeats it: its configuration, its journal and its checkpoints. Choose a run below, or click its row."))
    _table()
    runs_by_id = {run.id: run for run in runs}
    chosen = _choose(runs_by_id)
    if chosen.reason and chosen.status in ("failed", "damaged"):
        st.error(plain(sentence(chosen.reason)))
    with st.container(horizontal=True):
        if chosen.status != "damaged":
            _actions(chosen)
        _delete(chosen)
    deploy.show(chosen)
    compare.show(chosen, runs)


@st.fragment(run_every=SECONDS)
def _table() -> None:
    runs = list_runs(runs_root())
    st.session_state["fedviz-runs-listed"] = [run.id for run in runs]
    st.dataframe(
        _rows(runs), hide_index=True, key="fedviz-runs-table", on_select=_clicked, selection_mode="single-row",
        column_config={_("Accuracy"): st.column_config.NumberColumn(format="percent"), _("Title"): st.column_config.TextColumn(width="medium")},
    )
    if st.session_state.pop("fedviz-runs-turned", False):
        st.rerun()  # the rest of the page is about the run of the row, too


def _rows(runs: list[RunSummary]) -> dict[str, list[Any]]:
    root = runs_root()
    return {
        _("Title"): [clean(run.title) for run in runs],
        _("Status"): [statuses.words(run.status) for run in runs],
        _("Rounds"): [f"{run.rounds_done} / {run.rounds}" if run.rounds else "" for run in runs],
        _("Accuracy"): [run.metrics.get("accuracy") for run in runs],
        _("Scenario"): [_entry_title(SCENARIOS, run.scenario) for run in runs],
        _("Strategy"): [_entry_title(STRATEGIES, run.strategy) for run in runs],
        _("Started"): [moment(run.queued_at) for run in runs],
        _("Duration"): [duration(run.elapsed_s) if run.elapsed_s is not None else "" for run in runs],
        _("Size"): [size(RunFolder(root / run.id).size_bytes()) for run in runs],
    }


def _entry_title(registry: Any, name: str) -> str:
    return _(registry.get(name).title) if name in registry.names() else name


def _clicked() -> None:
    rows = st.session_state["fedviz-runs-table"].selection.rows
    listed = st.session_state.get("fedviz-runs-listed", [])
    if rows and rows[0] < len(listed):
        st.session_state[CHOSEN] = listed[rows[0]]
        st.session_state["fedviz-runs-turned"] = True


def _choose(runs: dict[str, RunSummary]) -> RunSummary:
    """The run that the page is about: by the select box or the row that was clicked, at first the session's current one."""
    if st.session_state.get(CHOSEN) not in runs:
        current = state.current_run()
        st.session_state[CHOSEN] = current if current in runs else next(iter(runs))
    return runs[st.selectbox(_("Run"), list(runs), key=CHOSEN, format_func=lambda run_id: compare.name(runs[run_id]))]


def _actions(run: RunSummary) -> None:
    folder = open_run(runs_root(), run.id)
    if st.button(_("Open"), type="primary", key="runs-open"):
        _turn("live", run)
    if run.rounds_done and st.button(_("Explain"), key="runs-explain"):
        _turn("explain", run)
    if run.resumable and st.button(_("Resume"), key="runs-resume"):
        launcher().resume(run.id)
        _turn("live", run)
    if st.button(_("Repeat"), key="runs-repeat", help=_("Run the same configuration again, with the same seed: the weights come out equal.")):
        configure.start(folder.config(), run.title)
    if st.button(_("Change and run"), key="runs-change"):
        configure.fill(folder.config())
    st.download_button(
        _("Download"), data=folder.zip_bytes, file_name=f"fedviz-{run.id}.zip", mime="application/zip", on_click="ignore", key=f"runs-download-{run.id}",
    )


def _delete(run: RunSummary) -> None:
    if run.status in LIVE:
        return
    with st.popover(_("Delete")):
        st.markdown(_("This removes the folder of the run {title} for good, with its checkpoints.").format(title=f"**{plain(run.title)}**"))
        if st.button(_("Delete for good"), key=f"runs-delete-{run.id}"):
            try:
                open_run(runs_root(), run.id).delete()
            except FedvizError as error:
                st.error(plain(error))
                return
            if state.current_run() == run.id:
                state.set_current_run(None)
            st.rerun()


def _turn(page: str, run: RunSummary) -> None:
    state.set_current_run(run.id)
    shell.go(page, run=run.id)
