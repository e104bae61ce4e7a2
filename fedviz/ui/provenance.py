"""Where the data comes from: the records of the carriers behind a scenario, and fetching those that are missing."""

import threading
from collections.abc import Sequence
from typing import Any

import streamlit as st

from fedviz.carriers.fetch import fetch, is_present
from fedviz.carriers.records import CARRIERS, Carrier
from fedviz.core.config import RunConfig
from fedviz.core.errors import FedvizError
from fedviz.core.i18n import _
from fedviz.core.registry import MODELS, SCENARIOS
from fedviz.scenarios import load as scenarios
from fedviz.ui import warm
from fedviz.ui.sentences import sentence
from fedviz.ui.text import plain


def keys_of(config: RunConfig) -> tuple[str, ...]:
    """Keys of the carriers that a run of this configuration needs."""
    return tuple(dict.fromkeys((*SCENARIOS.get(config.scenario.name).carriers, *MODELS.get(config.model.name).carriers)))


def missing(config: RunConfig) -> tuple[str, ...]:
    """Those of them that have not been fetched."""
    return tuple(key for key in keys_of(config) if not is_present(key))


def show(config: RunConfig) -> None:
    """What one should know of the data, the records of its packages, and the papers behind it; read when somebody opens it."""
    box = st.expander(_("Where does this come from?"), key="provenance", on_change="rerun")
    if not box.open:
        return
    with box:
        try:
            data = scenarios.load(config)
        except FedvizError:  # not fetched yet, which the page says elsewhere
            data = None
        if data is not None and data.warnings:
            st.markdown("\n".join(f"- {plain(_(warning))}" for warning in data.warnings))
        for key in keys_of(config):
            _record(CARRIERS[key])
        if data is not None and data.references:
            st.markdown(_("The frequencies were counted in {count} published papers; PMID is the number in PubMed.").format(count=len(data.references)))
            with st.container(height=140):
                st.caption(plain(", ".join(data.references), 10_000))


def _record(carrier: Carrier) -> None:
    st.markdown(f"**{plain(_(carrier.title))}**")
    st.markdown(plain(_(carrier.says)))
    rows = {
        _("Package"): f"{carrier.package} {carrier.version}",
        _("Licence"): carrier.licence,
        _("Source"): carrier.source,
        _("Date"): carrier.date,
        _("Citation"): carrier.citation,
    }
    st.caption("  \n".join(f"{name}: {plain(value)}" for name, value in rows.items() if value))


class _Fetcher:
    """One fetch at a time for the whole server; pages look at it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self.step, self.done, self.total = "", 0, 0
        self.trouble = ""

    def start(self, keys: Sequence[str]) -> None:
        """Fetch on a thread of its own, unless one is at it."""
        with self._lock:
            if self.running:
                return
            self.trouble = ""
            self._thread = threading.Thread(target=self._work, args=(tuple(keys),), name="fedviz-fetch", daemon=True)
            self._thread.start()

    @property
    def running(self) -> bool:
        """Whether something is being fetched."""
        return self._thread is not None and self._thread.is_alive()

    def _work(self, keys: tuple[str, ...]) -> None:
        try:
            fetch(keys, self._progress)
        except FedvizError as error:
            self.trouble = str(error)
        else:
            warm.start()

    def _progress(self, step: str, done: int, total: int) -> None:
        self.step, self.done, self.total = step, done, total


@st.cache_resource(show_spinner=False)
def _fetcher() -> _Fetcher:
    return _Fetcher()


def offer(keys: Sequence[str]) -> None:
    """Say what is missing and fetch it at a click, with progress; the page comes again when it is there."""
    fetcher = _fetcher()
    titles = ", ".join(_(CARRIERS[key].title) for key in keys)
    st.warning(plain(_("Not here yet: {titles}.").format(titles=titles)), icon=":material/download:")
    if fetcher.trouble:
        st.error(plain(sentence(fetcher.trouble)))
    st.button(_("Fetch the data"), on_click=fetcher.start, args=(keys,), disabled=fetcher.running, key="fetch-" + "-".join(keys))
    if fetcher.running:
        _watch(fetcher)


@st.fragment(run_every=1)
def _watch(fetcher: Any) -> None:
    if not fetcher.running:
        st.rerun()
    share = fetcher.done / fetcher.total if fetcher.total else 0.0
    st.progress(min(max(share, 0.0), 1.0), text=plain(_(fetcher.step)))
