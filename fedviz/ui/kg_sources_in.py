"""Bringing a source in: a file with its reader and options, a slice of a SPARQL endpoint, or the graph of a scenario."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st

from fedviz.core.errors import FedvizError
from fedviz.core.i18n import N_, _
from fedviz.core.options import Options
from fedviz.core.registry import SCENARIOS, SOURCES
from fedviz.kg.sources.load import import_file, import_graph, import_slice, into, suggested
from fedviz.kg.sources.whole import Restored, format_of, import_whole, is_whole
from fedviz.kg.store import folder
from fedviz.kg.store.change import Intake
from fedviz.kg.store.records import SourceInfo
from fedviz.ui import forms, jobs, kg_graphs, kg_sources_preview
from fedviz.ui.sentences import sentence
from fedviz.ui.text import clean, plain

_JOB = "kg-import"
_STARTED = "kg-import-started"
"""Session key: the graph that this viewer's import adds to."""
_KINDS = {"file": N_("A file"), "endpoint": N_("A SPARQL endpoint"), "scenario": N_("A scenario's graph")}


class _Ready(NamedTuple):
    """What is ready to come in: what it is called, and the work that adds it to a graph."""

    title: str
    work: Callable[[str, SourceInfo, jobs.Job], SourceInfo | Restored]


def show() -> None:
    """The form, and the button that begins."""
    kind = st.segmented_control(_("What comes in"), list(_KINDS), default="file", format_func=lambda key: _(_KINDS[key]), key="kg-kind", required=True)
    ready = {"file": _file, "endpoint": _endpoint, "scenario": _scenario}[kind]()
    title = st.text_input(
        _("Name of the graph"), key="kg-title", max_chars=120, placeholder=ready.title if ready and kind == "scenario" else "",
        help=_("A graph of that name is added to; a new name makes a new graph."),
    )  # fmt: skip
    about = _about()
    wanted = title.strip() or (ready.title if ready and kind == "scenario" else "")
    if st.button(_("Import"), type="primary", disabled=ready is None or not wanted or jobs.running(_JOB), key="kg-import") and ready:
        _start(ready, wanted, about)


def progress() -> None:
    """The import that goes on or has ended: how far, what came in, what did not and why."""
    job = jobs.show(_JOB)
    if job is None or job.result is None:
        return
    graph, added = job.result
    if st.session_state.pop(_STARTED, None) == graph:
        kg_graphs.turn_to(graph)
    if isinstance(added, Restored):
        _restored(added)
    else:
        st.success(plain(_("{count} statements came in; {skipped} things were skipped.").format(count=f"{sum(added.counts.values()):,}", skipped=f"{added.skipped:,}")))
    skipped(added)
    st.button(_("Put this away"), key="kg-import-away", on_click=jobs.forget, args=(_JOB,))


def _restored(graph: Restored) -> None:
    st.success(plain(_("{count} statements of {sources} sources came back, with statuses, evidence and merges.").format(count=f"{graph.statements:,}", sources=f"{len(graph.sources):,}")))
    if not graph.same:
        st.warning(_("This is not all of the graph that was exported: its digest differs from the one that the file names."), icon=":material/difference:")


def skipped(source: SourceInfo | Restored) -> None:
    """What a source could not use, line by line, and what was whole but not wanted, by reason."""
    key = source.key if isinstance(source, SourceInfo) else "restored"
    if source.examples:
        st.caption(_("Skipped, the first {count} of {total}:").format(count=len(source.examples), total=f"{source.skipped:,}"))
        st.dataframe(
            {_("Line"): [str(entry.line) if entry.line else "" for entry in source.examples], _("Reason"): [clean(sentence(entry.reason), 200) for entry in source.examples]},
            hide_index=True, key=f"kg-skipped-{key}",
        )  # fmt: skip
    if source.left_out:
        st.caption(_("Left out, because it was not asked for:"))
        st.dataframe(
            {_("What"): [clean(sentence(_(reason)), 200) for reason in source.left_out], _("How many"): list(source.left_out.values())}, hide_index=True, key=f"kg-left-{key}"
        )


def _file() -> _Ready | None:
    upload = st.file_uploader(_("A file with a graph"), key="kg-upload")
    st.caption(_("At most 20 MB, also as .gz or .bz2. A larger file comes in from the command line: {command}").format(command="`python -m fedviz kg import NAME FILE`"))
    if upload is None:
        return None
    data: bytes = upload.getvalue()
    key = f"kg-reader-{upload.file_id}"
    try:
        guess: Options | None = suggested(upload.name)
    except FedvizError:
        guess = None
    if (format := format_of(upload.name)) and _wanted_whole(data, format, key):
        return _Ready(upload.name, partial(_whole, data, format))
    options = _reader(guess, key)
    if options is None:
        return None
    options = kg_sources_preview.show(data, options, key)
    if options is None:
        return None
    chosen = options

    def work(graph: str, about: SourceInfo, job: jobs.Job) -> SourceInfo:
        with _kept(data) as path:
            return import_file(graph, path, chosen, _intake(job), about.model_copy(update={"title": about.title or upload.name, "origin": upload.name}))

    return _Ready(upload.name, work)


def _wanted_whole(data: bytes, format: str, key: str) -> bool:
    """Whether an export of ours is to come back as the graph that it was; no question where the file is none."""
    with _kept(data) as path:
        if not is_whole(path, format):
            return False
    return st.toggle(_("As it was exported: sources, statuses, evidence and merges"), value=True, key=f"{key}.whole", help=_("This file was exported with its sources. It comes back under a new name; otherwise its statements come in as one source."))


def _whole(data: bytes, format: str, graph: str, about: SourceInfo, job: jobs.Job) -> Restored:
    with _kept(data) as path:
        return import_whole(graph, path, format, _intake(job))


@contextmanager
def _kept(data: bytes) -> Iterator[Path]:
    """An upload as a file that is there for a moment."""
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / "upload"
        path.write_bytes(data)
        yield path


def _reader(guess: Options | None, key: str) -> Any:
    """The reader, as the file's name suggests it or as the viewer chooses, with its options."""
    entries = {entry.name: entry for entry in SOURCES if entry.fetch is None}
    names = list(entries)
    name = st.selectbox(_("Reader"), names, index=names.index(guess.name) if guess else None, format_func=lambda each: _(entries[each].title), key=f"{key}.name", placeholder=_("Choose what reads this file"))
    if name is None:
        return None
    st.caption(_(entries[name].summary))
    value = guess if guess is not None and guess.name == name else None
    return forms.show(entries[name].options, value, f"{key}.{name}", hidden=kg_sources_preview.MAPPED.get(name, ()))


def _endpoint() -> _Ready | None:
    entry = SOURCES.get("endpoint")
    st.caption(_("The address is asked from this machine, page by page. What came is kept, so that an import that broke off goes on from there."))
    options = forms.show(entry.options, None, "kg-endpoint", advanced=("languages", "page", "pause_s", "again", "backwards"))
    if options is None or not (options.url.strip() and options.seeds.strip()):
        return None
    chosen = options

    def work(graph: str, about: SourceInfo, job: jobs.Job) -> SourceInfo:
        return import_slice(graph, chosen, _intake(job), about.model_copy(update={"title": about.title or chosen.url}))

    return _Ready(options.url, work)


def _scenario() -> _Ready | None:
    names = list(SCENARIOS.names())
    name = st.selectbox(_("Scenario"), names, format_func=lambda each: _(SCENARIOS.get(each).title), key="kg-scenario")

    def work(graph: str, about: SourceInfo, job: jobs.Job) -> SourceInfo:
        from fedviz.scenarios.load import graph_of

        found, licence = graph_of(name)
        known = {"title": about.title or found.name, "origin": found.source, "reader": "scenario", "licence": about.licence or licence}
        return import_graph(graph, found, about.model_copy(update=known))

    return _Ready(_(SCENARIOS.get(name).title), work)


def _about() -> SourceInfo:
    with st.expander(_("About this source")):
        left, right = st.columns(2)
        title = left.text_input(_("Title"), key="kg-about-title", max_chars=120, help=_("Empty for the name of the file."))
        party = right.text_input(_("Party"), key="kg-about-party", max_chars=120, help=_("Whose knowledge it is, such as Hospital B."))
        licence = left.text_input(_("Licence"), key="kg-about-licence", max_chars=200)
        confidence = right.slider(_("Confidence"), 0.0, 1.0, 1.0, 0.05, key="kg-about-confidence", help=_("How sure its statements are, unless one says otherwise of itself."))
    return SourceInfo(key="", title=title.strip(), reader="", party=party.strip(), licence=licence.strip(), confidence=confidence)


def _intake(job: jobs.Job) -> Intake:
    return Intake(lambda done, total: job.progress(done, total), job.cancelled)


def _start(ready: _Ready, title: str, about: SourceInfo) -> None:
    named = {info.title: info.name for info in folder.list_graphs()}
    graph = named.get(title) or folder.slug(title)

    def work(job: jobs.Job) -> tuple[str, SourceInfo | Restored]:
        with into(graph, title):
            return graph, ready.work(graph, about, job)

    st.session_state[_STARTED] = graph
    jobs.start(_JOB, ready.title, work)
