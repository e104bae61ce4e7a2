"""On the page *Runs*: what leaves the run. A version as a folder for other programs, which client serves which version, and the endpoint's command."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from fedviz.core.errors import FedvizError
from fedviz.core.i18n import _
from fedviz.models.start import exports_root
from fedviz.runs.deployments import History, Served, deploy, history, roll_back, scenario_of, stack
from fedviz.runs.folder import RunFolder, RunSummary, open_run, runs_root, view_of
from fedviz.runs.versions import export_name, version
from fedviz.ui import configure, jobs
from fedviz.ui.sentences import called
from fedviz.ui.text import clean, moment, plain

_GLOBAL = -1


def show(run: RunSummary) -> None:
    """The section, folded; nothing for a run without a model."""
    if run.status == "damaged" or not run.rounds_done:
        return
    box = st.expander(_("Deploy"), key=f"deploy-box-{run.id}", on_change="rerun", icon=":material/rocket_launch:")
    if box.open:
        with box:
            _section(open_run(runs_root(), run.id))


def _section(folder: RunFolder) -> None:
    names = [client.info.name for client in view_of(folder).clients]
    rounds = folder.checkpoints()
    st.markdown(_("Choose a version of the model. It can leave as a folder for other programs, or be what a client serves from now on."))
    left, right = st.columns(2)
    number = left.selectbox(_("After round"), rounds[::-1], key=f"deploy-round-{folder.id}")
    kept = [_GLOBAL, *(client for client in _own(folder, number) if client < len(names))]
    who = right.selectbox(
        _("Model of"), kept, key=f"deploy-model-{folder.id}-{number}", format_func=lambda client: _("the federation") if client == _GLOBAL else clean(called(names[client])),
        help=_("A client's model is its personalised one after the newest round, where its strategy makes one, else what it sent in that round."),
    )
    client = None if who == _GLOBAL else who
    _export(folder, number, client)
    _serving(folder, names, number, client)
    st.markdown(_("**Endpoint.** This command answers for the chosen version on this machine alone, with the prediction and its contributions as JSON; its address `/openapi.json` describes it:"))
    chosen = f"--round {number}" + ("" if client is None else f" --client {client}")
    command = f"python -m fedviz serve {folder.id} {chosen}"
    st.code(command, language="bash", wrap_lines=True)
    st.caption(_("With `--deployed K` it answers with whatever client K serves, also after a change here or a step back."))


def _own(folder: RunFolder, number: int) -> tuple[int, ...]:
    """Clients with a model of their own after a round."""
    from fedviz.core.registry import STRATEGIES

    config = folder.config()
    newest = number == folder.checkpoints()[-1] and STRATEGIES.get(config.federation.strategy.name).personal
    return tuple(sorted({*folder.client_models(number), *(range(config.federation.clients) if newest else ())}))


def _export(folder: RunFolder, number: int, client: int | None) -> None:
    """Write the version into the data folder, once; then it can be downloaded or be a run's start."""
    config = folder.config()
    with st.container(horizontal=True, vertical_alignment="center"):
        adapter = config.model.tuning == "lora" and st.toggle(_("Adapters alone"), key=f"deploy-adapter-{folder.id}", help=_("A small folder for peft, which needs the language model beside it."))  # type: ignore[attr-defined]
        onnx = st.toggle(_("With ONNX"), key=f"deploy-onnx-{folder.id}", help=_("Also the text's part as one file, checked with ONNX Runtime."))
        name = export_name(folder.id, number, client, adapter, onnx)
        place = exports_root() / name
        if not place.is_dir():
            title = _("Export")
            st.button(title, key=f"deploy-export-{name}", icon=":material/ios_share:", disabled=jobs.running(name), on_click=lambda: _write(folder, place, number, client, adapter, onnx, title))
        else:
            st.download_button(_("Download as zip"), lambda: _zipped(place), f"{name}.zip", "application/zip", on_click="ignore", key=f"deploy-zip-{name}", icon=":material/download:")
            if st.button(_("Start a run from it"), key=f"deploy-start-{name}"):
                configure.fill(config.updated({"model.start_from": name}))
    jobs.show(name)
    if place.is_dir():
        st.caption(_("It lies in the data folder under {place}; its model card says how other programs load it.").format(place=f"`exports/{name}`"))


def _write(folder: RunFolder, place: Path, number: int, client: int | None, adapter: bool, onnx: bool, title: str) -> None:
    """Start the work of an export."""

    def work(job: jobs.Job) -> None:
        from fedviz.runs.export import export

        export(folder, place, number, client, adapter=adapter, onnx=onnx)

    jobs.start(place.name, title, work)


def _zipped(place: Path) -> bytes:
    from fedviz.runs.export import zipped

    return zipped(place)


def _serving(folder: RunFolder, names: list[str], number: int, client: int | None) -> None:
    """Who serves what, and buttons to change it."""
    scenario = scenario_of(folder.config())
    st.markdown("**" + _("Who serves what") + "**")
    try:
        steps = history()
    except FedvizError as error:
        st.error(plain(error))
        return
    st.dataframe(_rows(steps, scenario, names), hide_index=True, key=f"deploy-table-{folder.id}")
    if client is None:
        chosen = st.multiselect(_("Clients"), names, default=names, key=f"deploy-clients-{folder.id}", format_func=lambda name: clean(called(name)))
    else:
        chosen = [names[client]]
    back = [name for name in names if len(stack(steps, scenario, name)) > 1]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if st.button(_("Serve this version"), key=f"deploy-serve-{folder.id}", type="primary", disabled=not chosen):
            _do(lambda: deploy(scenario, chosen, folder.id, number, "" if client is None else _kind(folder, number, client)))
        if back:
            name = st.selectbox(_("Step back"), back, key=f"deploy-back-who-{folder.id}", format_func=lambda name: clean(called(name)), width=260)
            if st.button(_("Roll back one version"), key=f"deploy-back-{folder.id}"):
                _do(lambda: roll_back(scenario, name))
    mine = [step for step in steps if step.scenario == scenario and step.client in names]
    if mine:
        with st.popover(_("History")):
            st.dataframe(_history(mine), hide_index=True)


def _kind(folder: RunFolder, number: int, client: int) -> Any:
    """Which model of its own a client has after a round; `RunError` where none is kept."""
    return version(folder, number, client).kind


def _rows(steps: History, scenario: str, names: list[str]) -> dict[str, list[str]]:
    found = [stack(steps, scenario, name) for name in names]
    now = [[step for step in steps if (step.scenario, step.client) == (scenario, name)][-1:] for name in names]
    return {
        _("Client"): [clean(called(name)) for name in names],
        _("Serves"): [_version(versions[-1]) if versions else _("nothing yet") for versions in found],
        _("Since"): [moment(last[0].at) if last else "" for last in now],
        _("Before"): [_version(versions[-2]) if len(versions) > 1 else "" for versions in found],
    }


def _history(steps: list[Served]) -> dict[str, list[str]]:
    """Newest first."""
    newest = steps[::-1]
    return {
        _("Date"): [moment(step.at) for step in newest],
        _("Client"): [clean(called(step.client)) for step in newest],
        _("Step"): [_("back to") if step.back else _("serves") for step in newest],
        _("Version"): [_version(step) for step in newest],
    }


def _version(step: Served) -> str:
    """Run, round and whose model, in words."""
    try:
        title = clean(open_run(runs_root(), step.run).title, 40)
    except FedvizError:
        title = _("a run that was deleted")
    words = _("{title}, round {round}, its own model") if step.own else _("{title}, round {round}")
    return words.format(title=title, round=step.round)


def _do(step: Callable[[], object]) -> None:
    """Make a step and draw the page anew, or say why not."""
    try:
        step()
    except FedvizError as error:
        st.error(plain(error))
        return
    st.rerun()
