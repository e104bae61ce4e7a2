"""Taking a graph out as a file, and removing one of its sources or the whole of it."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from fedviz.core.errors import FedvizError
from fedviz.core.i18n import _
from fedviz.kg.export import FORMATS, Exported, export
from fedviz.kg.store import folder
from fedviz.kg.store.change import change
from fedviz.kg.store.records import ACTIVE
from fedviz.kg.store.store import GraphStore
from fedviz.ui import jobs, kg_sources_what
from fedviz.ui.text import clean, plain, size

_JOB = "kg-export"
_MAX_BYTES = 200_000_000


def export_form(store: GraphStore) -> None:
    """The format and the statuses; the file is made in the background, and downloaded then."""
    left, right = st.columns(2)
    format = left.selectbox(_("Format"), list(FORMATS), format_func=lambda key: _(FORMATS[key][1]), key="kg-export-format")
    with_graphs = format in ("n-quads", "trig")
    known = [*ACTIVE, "rejected"]
    statuses = right.multiselect(
        _("Statuses"), known, default=known if with_graphs else list(ACTIVE), format_func=lambda key: _(kg_sources_what.STATUS_WORDS[key]), key=f"kg-export-statuses-{with_graphs}"
    )
    key = f"{_JOB}-{store.name}"
    if st.button(_("Prepare the file"), disabled=not statuses or jobs.running(key), key="kg-export-start"):
        chosen = tuple(statuses)

        def work(job: jobs.Job) -> tuple[Exported, str, bytes]:
            with tempfile.TemporaryDirectory() as temporary:
                path = Path(temporary) / f"{store.name}{FORMATS[format][0]}.gz"
                done = export(store.name, path, format, chosen, progress=lambda made, total: job.progress(made, total), cancelled=job.cancelled)
                if done.bytes > _MAX_BYTES:
                    return done, "", b""
                return done, path.name, path.read_bytes()

        jobs.start(key, store.name, work)
        st.rerun()
    job = jobs.show(key)
    if job is not None and job.result is not None:
        done, name, data = job.result
        if name:
            words = _("Download {name} ({count} statements, {size})").format(name=name, count=f"{done.statements:,}", size=size(done.bytes))
            st.download_button(words, data, name, "application/gzip", on_click="ignore", key="kg-export-download", icon=":material/download:")
        else:
            st.warning(_("The file is too large for a page; the command line writes it: {command}").format(command=f"`python -m fedviz kg export {store.name} FILE`"))


def remove(store: GraphStore) -> None:
    """One source, or the graph; each asks again."""
    info = store.info
    sources = {source.key: source for source in info.sources}
    if sources:
        key = st.selectbox(_("Source"), list(sources), format_func=lambda each: clean(sources[each].title), key="kg-remove-source")
        with st.popover(_("Remove this source")):
            st.markdown(_("This takes the source {title} out of the graph, with its statements and their evidence.").format(title=f"**{plain(sources[key].title)}**"))
            if st.button(_("Remove for good"), key=f"kg-remove-source-{key}"):
                _do(lambda: _remove_source(store.name, key))
    with st.popover(_("Remove the whole graph")):
        st.markdown(_("This removes the graph {title} with all its sources, versions and evidence.").format(title=f"**{plain(info.title)}**"))
        if st.button(_("Remove for good"), key=f"kg-remove-graph-{store.name}"):
            _do(lambda: folder.delete(store.name))


def _remove_source(name: str, key: str) -> None:
    with change(name, f"Removed {key}") as write:
        write.remove_source(key)


def _do(work: Callable[[], None]) -> None:
    try:
        work()
    except FedvizError as error:
        st.error(plain(error))
        return
    st.query_params.pop("graph", None)
    st.rerun()
