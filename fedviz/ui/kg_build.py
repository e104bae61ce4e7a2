"""Section *Build* of the page *Graph*: texts in; mentions, triples and what is held back to be looked at; what is accepted goes into a graph."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from fedviz.core.errors import FedvizError
from fedviz.core.i18n import N_, _
from fedviz.core.registry import SCENARIOS
from fedviz.kg.construct.gazetteer import from_list
from fedviz.kg.construct.pipeline import ConstructOptions
from fedviz.kg.construct.records import Document, Extraction
from fedviz.kg.graph import KnowledgeGraph
from fedviz.kg.store import folder
from fedviz.kg.store.memory import in_memory
from fedviz.kg.store.store import GraphStore
from fedviz.models import constructor
from fedviz.scenarios import documents, load
from fedviz.ui import forms, jobs, kg_built, kg_measured, names_of_texts
from fedviz.ui.sentences import called
from fedviz.ui.text import clean

_JOB = "kg-build"
_SAMPLE = "Toxic liver disease with hepatic necrosis, without coma. Deafness may be caused by noise. Mumps causes orchitis. Birth weight was 999 g on 3 May 2021."
_LONGEST = 20_000
_ADVANCED = ("names", "dependencies", "near", "near_threshold", "new_things", "head_nouns", "language_model", "least_confidence")
_WAYS = {"text": N_("A text of your own"), "scenario": N_("A scenario's texts")}


@dataclass(frozen=True, eq=False)
class _Asked:
    """What one presses the button with: where the names come from, the texts, the options, and the graph that teaches (empty: none)."""

    names: str
    listed: str
    scenario: str
    client: int | None
    limit: int
    text: str
    options: ConstructOptions
    teacher: str


def show() -> None:
    """The form, the work that goes on, and what was found."""
    st.markdown(_("Build a graph from texts, step by step: which names stand in them, which relations are said, and what is denied or doubted and therefore held back. Nothing is written before you accept it."))
    asked = _form()
    kg_measured.show()
    own = f"{_JOB}-{st.session_state.setdefault('kg-build-own', secrets.token_hex(8))}"  # a pasted text is nobody else's business
    if st.button(_("Find triples"), type="primary", key="kg-build-go", disabled=asked is None or jobs.running(own), icon=":material/manufacturing:") and asked is not None:
        kg_built.forget()
        jobs.start(own, _("Building from texts"), lambda job: _work(job, asked))
    job = jobs.show(own)
    if job is not None and job.result is not None:
        kg_built.show(*job.result)


def _form() -> _Asked | None:
    way = st.segmented_control(_("Texts"), list(_WAYS), default="text", format_func=lambda key: _(_WAYS[key]), key="kg-build-way", required=True)
    text, scenario, client, limit = "", "", None, 0
    if way == "text":
        text = st.text_area(_("Text"), _SAMPLE, max_chars=_LONGEST, height=120, key="kg-build-text", help=_("English, or Chinese where the names are Chinese. Each sentence is taken by itself."))
    else:
        scenario, client, limit = _scenario()
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        names, listed = _names(scenario)
    graphs = [info.name for info in folder.list_graphs()]
    with right:
        teacher = st.selectbox(
            _("Learn relations from"), ["", *graphs], format_func=lambda key: clean(key, 60) or _("No graph"), key="kg-build-teacher",
            help=_("Distant supervision: texts that name both ends of a triple of this graph teach a small classifier how its relations are said. Needs MiniLM."),
        )  # fmt: skip
    options = forms.show(ConstructOptions, None, key="kg-build-options", advanced=_ADVANCED)
    if options is None or (way == "text" and not text.strip()):
        return None
    return _Asked(names, listed, scenario, client, limit, text, options, teacher)


def _scenario() -> tuple[str, int | None, int]:
    left, middle, right = st.columns(3, vertical_alignment="bottom")
    names = names_of_texts.scenarios()
    name = left.selectbox(_("Scenario"), list(names), format_func=names.__getitem__, key="kg-build-scenario")
    try:
        config = names_of_texts.config_of(name)
        dealt = load.shards(config, load.load(config)).names
    except FedvizError:  # not fetched yet: the work says so
        dealt = ()
    client = middle.selectbox(
        _("Whose texts"), range(-1, len(dealt)), format_func=lambda one: _("All clients, each as a party") if one < 0 else called(dealt[one]), key=f"kg-build-client-{name}"
    )
    limit = right.number_input(_("At most so many texts"), 1, 100_000, 400, key="kg-build-limit")
    return name, None if client < 0 else client, int(limit)


def _names(scenario: str) -> tuple[str, str]:
    """Whose names are looked for, and the list where there is one."""
    known = {**{f"scenario:{name}": _("the scenario “{title}”").format(title=_(SCENARIOS.get(name).title)) for name in SCENARIOS.names() if name != "own"},
             **{f"graph:{info.name}": clean(info.title, 60) for info in folder.list_graphs()}, "list": _("A list of names"), "": _("No names: new things alone")}  # fmt: skip
    keys = list(known)
    first = "" if scenario.startswith("own/") else f"scenario:{scenario or 'medicine-coding'}"
    chosen = st.selectbox(_("Names of"), keys, index=keys.index(first), format_func=known.get, key=f"kg-build-names-{scenario}", help=_("The gazetteer: names and synonyms of a graph, which are looked for in the texts."))
    listed = st.text_area(_("Names, one thing a line; synonyms behind semicolons"), key="kg-build-list", max_chars=_LONGEST) if chosen == "list" else ""
    return chosen, listed


def _work(job: jobs.Job, asked: _Asked) -> tuple[tuple[Extraction, ...], KnowledgeGraph | None, str]:
    graph = _graph(asked)
    texts: Sequence[Document] = documents.documents(names_of_texts.config_of(asked.scenario), asked.client, asked.limit) if asked.scenario else (Document(asked.text, "text"),)
    steps = constructor.make(graph, asked.options, job.progress)
    if asked.teacher:
        steps = constructor.taught(in_memory(GraphStore(asked.teacher)), steps, texts, job.progress)
    return tuple(steps.extract_many(texts, job.progress, job.cancelled)), graph, asked.scenario or "text"


def _graph(asked: _Asked) -> KnowledgeGraph | None:
    kind, _colon, name = asked.names.partition(":")
    if kind == "scenario":
        return load.load(names_of_texts.config_of(name)).graph
    if kind == "graph":
        return in_memory(GraphStore(name))
    return from_list(asked.listed.splitlines()) if kind == "list" else None
