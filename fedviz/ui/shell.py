"""What surrounds every page: page settings, navigation, sidebar, and errors as one sentence."""

import logging
from pathlib import Path

import streamlit as st

from fedviz.core.errors import FedvizError
from fedviz.core.i18n import N_, _
from fedviz.ui import i18n, state, theme
from fedviz.ui.text import plain

PAGES = {
    "start": N_("Start"),
    "configure": N_("Configure"),
    "live": N_("Live"),
    "graph": N_("Graph"),
    "explain": N_("Explain"),
    "generate": N_("Generate"),
    "runs": N_("Runs"),
    "studies": N_("Studies"),
    "leakage": N_("Leakage"),
    "evidence": N_("Evidence"),
    "proofs": N_("Proofs"),
}
"""The pages in the order of the story: file stem and address -> title."""

ICONS = {"start": "home", "configure": "tune", "live": "show_chart", "graph": "hub", "explain": "troubleshoot", "generate": "edit_note", "runs": "list_alt", "studies": "grid_on", "leakage": "visibility", "evidence": "monitoring", "proofs": "fact_check"}
ROOT = Path(__file__).parents[2]
ICON = Path(__file__).with_name("icon.svg")
"""A file of our own: Streamlit's named icons would be asked from a font server."""
_log = logging.getLogger(__name__)


def prepare() -> None:
    """Page settings, language and style: the first thing of every script run."""
    st.set_page_config(page_title="fedviz", page_icon=str(ICON), layout="wide", initial_sidebar_state="auto")
    i18n.follow_address()
    theme.style()


def pages() -> list[st.Page]:
    """The pages with titles in the viewer's language."""
    return [
        st.Page(
            ROOT / "pages" / f"{name}.py", title=_(title), icon=f":material/{ICONS[name]}:",
            url_path="" if name == "start" else name, default=name == "start",
        )
        for name, title in PAGES.items()
    ]


def go(name: str, **parameters: str) -> None:
    """Turn to another page, with query parameters for its address. Does not return."""
    st.switch_page(ROOT / "pages" / f"{name}.py", query_params=parameters)


def link(name: str, label: str, **parameters: str) -> None:
    """A link to another page; the label is Markdown, so data in it must have been made `plain`."""
    st.page_link(ROOT / "pages" / f"{name}.py", label=label, query_params=parameters)


def sidebar() -> None:
    """Below the navigation: the run that the session looks at, and the language."""
    with st.sidebar:
        run_id = state.current_run()
        if run_id:
            _current_run(run_id)
        i18n.switch()


def _current_run(run_id: str) -> None:
    from fedviz.runs.folder import open_run, runs_root

    try:
        title = open_run(runs_root(), run_id).title
    except FedvizError:
        return
    st.caption(_("Current run"))
    link("live", plain(title), run=run_id)


def show(page: st.Page) -> None:
    """Run the page; what a user can cause becomes one sentence on it."""
    try:
        page.run()
    except FedvizError as error:
        st.error(plain(error))


def on_error(error: Exception) -> bool:
    """Errors of fragments and callbacks, and bugs: one sentence on the page, the traceback in the server's log."""
    if isinstance(error, FedvizError):
        st.error(plain(error))
        return True
    _log.error("A page failed", exc_info=error)
    st.error(_("Something in fedviz failed here. The server's log has the details; the runs themselves are safe in their folders."))
    return True
