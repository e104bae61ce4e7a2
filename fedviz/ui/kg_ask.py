"""Section *Ask* of the page *Graph*: questions in words, in SPARQL, and paths between two things."""

import streamlit as st

from fedviz.core.errors import FedvizError
from fedviz.core.i18n import N_, _
from fedviz.kg.ask import paths, query
from fedviz.kg.ask.examples import examples, relations
from fedviz.kg.ask.names import names, relation_word
from fedviz.kg.ask.templates import TEMPLATES
from fedviz.kg.store.oxi import QuerySyntaxError
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import is_iri
from fedviz.ui import graph_component, kg_graphs, kg_terms
from fedviz.ui.text import clean, plain

_WAYS = {"words": N_("In words"), "sparql": N_("SPARQL"), "paths": N_("Paths")}
_TEXT = "kg-ask-sparql"
_BLANKS = {"first": N_("The first thing"), "second": N_("The second thing")}


def show() -> None:
    """The way to ask, the question and its answer."""
    graph_component.prepare()
    st.markdown(_("Ask the graph. Nothing that is asked here changes it, and nobody outside is asked."))
    store = kg_graphs.chosen()
    if store is None:
        return
    query.warm()
    way = st.segmented_control(_("How to ask"), list(_WAYS), default="words", format_func=lambda key: _(_WAYS[key]), key="kg-ask-way", required=True)
    {"words": _words, "sparql": _sparql, "paths": _paths}[way](store)


def _words(store: GraphStore) -> None:
    template = TEMPLATES[
        st.selectbox(_("Question"), list(TEMPLATES), key="kg-ask-template", format_func=lambda key: _(TEMPLATES[key].sentence).format(first="…", second="…", relation="…"))
    ]
    filled: dict[str, str] = {}
    columns = st.columns(max(2, len(template.blanks)), gap="medium")
    for column, blank in zip(columns, template.blanks, strict=False):
        with column:
            term = kg_terms.pick_relation(store, "kg-ask-relation") if blank == "relation" else kg_terms.pick(store, _(_BLANKS[blank]), f"kg-ask-{blank}")
            filled[blank] = term or ""
    if not all(filled.values()):
        return
    named = names(store, [term for blank, term in filled.items() if blank != "relation"])
    words = {blank: f"**{plain(relation_word(term) if blank == 'relation' else named[term])}**" for blank, term in filled.items()}
    st.markdown(_(template.sentence).format(**words))
    text = template.sparql(filled)
    with st.expander(_("The query that this stands for")):
        st.code(text, language="sparql")
    _answer(store, text, query.Limits(), "kg-ask-answer-words")


def _sparql(store: GraphStore) -> None:
    made = examples(store)
    if not st.session_state.get(_TEXT):
        st.session_state[_TEXT] = made[0].sparql

    def take() -> None:
        if st.session_state["kg-ask-example"] is not None:
            st.session_state[_TEXT] = made[st.session_state["kg-ask-example"]].sparql

    st.selectbox(
        _("Examples for this graph"), range(len(made)), index=None, key="kg-ask-example", on_change=take, format_func=lambda number: _(made[number].title),
        placeholder=_("Choose a query, or write your own below"),
    )  # fmt: skip
    st.session_state[_TEXT] = st.session_state[_TEXT]
    text = st.text_area(_("Query"), key=_TEXT, height=200, help=_("The prefixes of this graph's vocabularies are known, such as rdfs:, skos: and obo:."))
    columns = st.columns([0.25, 0.25, 0.5], vertical_alignment="bottom")
    timeout = columns[0].number_input(_("Time limit in seconds"), 0.5, 120.0, 10.0, key="kg-ask-timeout")
    rows = columns[1].number_input(_("Most rows"), 1, 20_000, 1000, key="kg-ask-rows")
    if columns[2].button(_("Ask"), type="primary", key="kg-ask-run"):
        st.session_state["kg-ask-asked"] = (store.name, text)
    if st.session_state.get("kg-ask-asked") == (store.name, text):
        _answer(store, text, query.Limits(timeout_s=timeout, rows=rows), "kg-ask-answer-sparql")


def _answer(store: GraphStore, text: str, limits: query.Limits, key: str) -> None:
    """The answer to a query, kept while graph, query and limits stay the same."""
    about = (store.name, store.digest, text, limits)
    kept = st.session_state.get(key)
    if kept is None or kept[0] != about:
        try:
            with st.spinner(_("Asking"), show_time=True):
                kept = (about, query.run(store, text, limits))
        except QuerySyntaxError as error:
            st.error(plain(error))
            _place(text, error)
            return
        except FedvizError as error:
            st.error(plain(error))
            return
        st.session_state[key] = kept
    _show(store, kept[1], key)


def _place(text: str, error: QuerySyntaxError) -> None:
    """The line of a query with an error, and a mark below the place."""
    lines = text.splitlines()
    number, column = error.fault.line, error.fault.column
    if 0 < number <= len(lines):
        st.code(f"{number}: {lines[number - 1]}\n{' ' * (len(str(number)) + 1 + max(column, 1))}^", language=None)


def _show(store: GraphStore, found: query.Result, key: str) -> None:
    if found.holds is not None:
        st.success(_("Yes.") if found.holds else _("No."))
        return
    rows = [tuple(row) for row in found.statements] if found.statements is not None else list(found.rows)
    columns = (_("Subject"), _("Relation"), _("Object")) if found.statements is not None else found.variables
    words = _("{count} rows; {ms} ms in the store.").format(count=f"{len(rows):,}", ms=f"{1000 * found.elapsed_s:,.1f}")
    if found.truncated:
        words += " " + _("There are more, which are left out.")
    st.caption(words)
    if not rows:
        st.info(_("Nothing in the graph fits."))
        return
    form = st.segmented_control(
        _("Show as"), ["table", "graph"], default="graph" if found.statements is not None else "table", key=f"{key}-form", required=True,
        format_func=lambda name: _("Table") if name == "table" else _("Graph"), label_visibility="collapsed",
    )  # fmt: skip
    if form == "table":
        kg_terms.table(store, [clean(name, 40) for name in columns], rows, f"{key}-table")
        return
    said = list(found.statements) if found.statements is not None else kg_terms.between(store, [term for row in rows for term in row if term and is_iri(term)])
    kg_terms.picture(store, [row for row in said if row.subject.startswith("<")], f"{key}-graph", _("The answer as a graph; the table says the same"))


def _paths(store: GraphStore) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        start = kg_terms.pick(store, _("From"), "kg-path-from")
    with right:
        end = kg_terms.pick(store, _("To"), "kg-path-to")
    columns = st.columns([0.5, 0.25, 0.25], gap="medium", vertical_alignment="bottom")
    chosen = columns[0].multiselect(_("Relations"), relations(store), key="kg-path-relations", format_func=lambda term: clean(relation_word(term)), placeholder=_("all"))
    count = columns[1].number_input(_("Most paths"), 1, 20, 5, key="kg-path-count")
    directed = columns[2].toggle(_("Only along the arrows"), key="kg-path-directed")
    if start is None or end is None:
        return
    try:
        with st.spinner(_("Looking for paths"), show_time=True):
            found = paths.find(store, start, end, paths.PathOptions(count=count, directed=directed), tuple(chosen) or None)
    except FedvizError as error:
        st.warning(plain(error))
        return
    if not found:
        st.info(_("No path leads from one to the other over these relations."))
        return
    named = names(store, (end for path in found for step in path for end in (step.subject, step.object)))
    named |= {step.predicate: relation_word(step.predicate) for path in found for step in path}
    st.markdown("\n".join(f"{number}. {plain(paths.words(path, named, start), 2000)}" for number, path in enumerate(found, 1)))
    rows = list(dict.fromkeys(step for path in found for step in path))
    kg_terms.picture(store, rows, "kg-path-graph", _("The paths as a graph; the list says the same"), ringed=(start, end))

