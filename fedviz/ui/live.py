"""The page *Live*: one run while it happens, and afterwards."""

import contextlib
from collections.abc import Callable

import streamlit as st

from fedviz.core.config import RunConfig
from fedviz.core.errors import FedvizError
from fedviz.core.i18n import N_, _
from fedviz.core.registry import ADVERSARIES
from fedviz.runs.folder import LIVE, RESUMABLE, RunFolder, open_run, runs_root, view_of
from fedviz.runs.launcher import Launcher, launcher
from fedviz.ui import contribution, knowledge_trust, ledger, live_component, provenance, shell, state
from fedviz.ui.sentences import sentence
from fedviz.ui.text import plain

_ASKED = "fedviz-live-asked"

_BUTTONS: tuple[tuple[str, str, str, tuple[str, ...], Callable[[Launcher, str], None], str], ...] = (
    ("pause", N_("Pause"), "pause", LIVE, Launcher.pause, N_("The run pauses when this round is complete.")),
    ("resume", N_("Resume"), "play_arrow", RESUMABLE, Launcher.resume, ""),
    ("step", N_("Step one round"), "skip_next", RESUMABLE, Launcher.step, ""),
    ("cancel", N_("Cancel"), "stop", LIVE, Launcher.cancel, N_("The run stops after the batch that is being trained.")),
)
"""Key, label, icon, statuses in which it can be pressed, what it does, and what to say until the status follows."""


def show() -> None:
    """The whole page."""
    folder = _run()
    if folder is None:
        return
    state.keep_in_address(run=folder.id)
    status = folder.status()
    live_component.head(folder.id, status)
    if status != "finished":
        _controls(folder, status)
    if status not in LIVE and view_of(folder).rounds_done:
        _onward(folder)
    with contextlib.suppress(FedvizError):  # a damaged configuration is told by the run itself
        _attackers(folder, folder.config())
    knowledge_trust.show(view_of(folder).trust, f"live-trust-{folder.id}")
    live_component.charts(folder.id)
    with contextlib.suppress(FedvizError):
        ledger.show(folder, folder.config())
    if status not in LIVE and view_of(folder).rounds_done:
        contribution.show(folder)
    with contextlib.suppress(FedvizError):
        provenance.show(folder.config())


def _run() -> RunFolder | None:
    """The run to show; where there is none, the page says so and shows ways on."""
    asked = st.query_params.get("run")
    run_id = state.current_run() if asked is None or state.is_run_id(asked) else asked
    if run_id is not None:
        try:
            return open_run(runs_root(), run_id)
        except FedvizError:
            said = _("There is no run {run} here. It may have been deleted, or the address is not complete.").format(run=plain(run_id, 40))
    else:
        said = _("No run has been chosen yet. Start a demonstration, or pick one of the runs so far.")
    st.title(_("Live"))
    st.markdown(said)
    with st.container(horizontal=True, gap="medium"):
        shell.link("start", _("Start a demonstration"))
        shell.link("runs", _("All runs"))
    return None


def _controls(folder: RunFolder, status: str) -> None:
    """The four buttons; one that makes no sense now cannot be pressed."""
    with st.container(horizontal=True, vertical_alignment="center"):
        for key, label, icon, statuses, action, promise in _BUTTONS:
            st.button(
                _(label),
                key=f"live-{key}",
                icon=f":material/{icon}:",
                disabled=status not in statuses,
                type="primary" if key == "resume" and status in RESUMABLE else "secondary",
                on_click=_press,
                args=(action, folder.id, status, promise),
            )
        asked = st.session_state.get(_ASKED)
        if asked and asked[:2] == (folder.id, status) and asked[2]:
            st.caption(plain(_(asked[2])))


def _press(action: Callable[[Launcher, str], None], run_id: str, status: str, promise: str) -> None:
    """Hand a wish to the launcher; a refusal is said in its words."""
    try:
        action(launcher(), run_id)
    except FedvizError as error:
        promise = sentence(error)
    st.session_state[_ASKED] = (run_id, status, promise)


def _attackers(folder: RunFolder, config: RunConfig) -> None:
    """A question to the viewer, where some clients attack; the answer is given to who asks for it."""
    attackers = config.adversary.clients
    if not attackers:
        return
    entry = ADVERSARIES.get(config.adversary.name)
    with st.expander(_("Can you find the attackers?"), key=f"live-attackers-{folder.id}"):
        st.markdown(_(
            "{count} of {clients} clients attack ({attack}). Compare the clients' distances and angles to the average update, "
            "the cosines between their updates, their shares in the next model and their losses, and name the ones you suspect."
        ).format(count=len(attackers), clients=config.federation.clients, attack=_(entry.title)))
        if config.federation.secure_aggregation:
            st.caption(_("Secure aggregation hides distances, angles, cosines and shares, from the server and from this page: an attacker is as hidden as everybody else."))
        if st.checkbox(_("Show who they are"), key=f"live-reveal-{folder.id}"):
            names = {client.info.index: client.info.name for client in view_of(folder).clients}
            st.markdown(plain(", ".join(names.get(client, str(client)) for client in sorted(set(attackers)))))
            st.caption(_(entry.summary))


def _onward(folder: RunFolder) -> None:
    """Where to go when the run rests and has a model to ask."""
    with st.container(horizontal=True):
        if st.button(_("Ask the trained model"), key="live-explain", icon=":material/troubleshoot:", type="primary"):
            shell.go("explain", run=folder.id)
        if st.button(_("Look at the knowledge graph"), key="live-graph", icon=":material/hub:"):
            shell.go("graph")
