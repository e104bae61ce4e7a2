"""Section *Sources* of the page *Graph*: bring a file in, and see what every graph is made of."""

import tempfile
from pathlib import Path

import streamlit as st

from fedviz.core.errors import FedvizError
from fedviz.core.i18n import _
from fedviz.kg.sources.load import import_file, suggested
from fedviz.kg.store import folder
from fedviz.kg.store.change import Intake
from fedviz.kg.store.records import SourceInfo
from fedviz.ui import jobs, kg_graphs
from fedviz.ui.text import plain

_JOB = "kg-import"


def show() -> None:
    """The upload, the work that goes on, and the sources of the chosen graph."""
    st.markdown(_("A graph of your own lies in the data folder of this machine. Every triple in it remembers where it came from."))
    upload = st.file_uploader(_("A file with a graph"), key="kg-upload")
    title = st.text_input(_("Name of the graph"), key="kg-title", help=_("A graph of that name is added to; a new name makes a new graph."))
    if st.button(_("Import"), type="primary", disabled=upload is None or not title.strip() or jobs.running(_JOB), key="kg-import"):
        _start(upload.name, upload.getvalue(), title)
    job = jobs.show(_JOB)
    if job is not None and job.result is not None:
        st.success(plain(_("{count} statements came in; {skipped} things were skipped.").format(count=f"{sum(job.result.counts.values()):,}", skipped=f"{job.result.skipped:,}")))
    store = kg_graphs.chosen()
    if store is not None:
        st.dataframe([{_("Source"): source.title, _("Statements"): sum(source.counts.values()), _("Date"): source.date} for source in store.info.sources], hide_index=True)


def _start(name: str, data: bytes, title: str) -> None:
    def work(job: jobs.Job) -> SourceInfo:
        graph = folder.slug(title)
        options = suggested(name)
        if graph not in {info.name for info in folder.list_graphs()}:
            folder.create(graph, title)
        with tempfile.TemporaryDirectory() as temporary:
            path = Path(temporary) / "upload"
            path.write_bytes(data)
            return import_file(graph, path, options, Intake(job.progress, job.cancelled), SourceInfo(key="", title=name, reader="", origin=name))

    try:
        jobs.start(_JOB, name, work)
    except FedvizError as error:
        st.error(plain(error))
