"""Things of a graph on a page: choosing one by its name, tables with names, and statements as a picture."""

from collections.abc import Collection, Iterable, Sequence

import streamlit as st

from fedviz.charts.graph_view import GraphRecord
from fedviz.charts.statement_graph import MAX_STATEMENTS, statement_record
from fedviz.core.errors import FedvizError
from fedviz.core.i18n import _
from fedviz.core.types import Triple
from fedviz.kg.ask.examples import relations
from fedviz.kg.ask.names import names, relation_word, resolve
from fedviz.kg.store.memory import MAX_TRIPLES, in_memory
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import Statement, compact, expand, is_iri, value
from fedviz.ui import graph_component
from fedviz.ui.text import clean, plain

_NAMED = 2000
_MATCHES = 20
_SAID = ("asserted", "disputed")


def pick(store: GraphStore, label: str, key: str) -> str | None:
    """The thing that the viewer means, as a term: a text field, and a choice where more than one has such a name; None while nothing is chosen."""
    words = st.text_input(label, key=key, placeholder=_("Type the beginning of a name"), max_chars=200).strip()
    if not words:
        return None
    try:
        if store.info.version is None or sum(source.counts.get("asserted", 0) for source in store.info.sources) > MAX_TRIPLES:
            return resolve(store, words)
        graph = in_memory(store, _SAID)
        found = graph.find(words, _MATCHES)
    except FedvizError as error:
        st.warning(plain(error))
        return None
    if not found:
        st.caption(_("No entity has a name that begins like this."))
        return None
    if len(found) == 1:
        st.caption(plain(f"{found[0].name} · {found[0].id}"))
        return expand(found[0].id)
    chosen = st.selectbox(
        _("Which one?"), [entity.id for entity in found], key=f"{key}-which-{hash(words)}", label_visibility="collapsed",
        format_func=lambda entity: clean(f"{graph.entities[entity].name} · {entity}"),
    )  # fmt: skip
    return expand(chosen)


def pick_relation(store: GraphStore, key: str) -> str | None:
    """A relation between things that the graph has, as a term."""
    return st.selectbox(_("Relation"), relations(store), key=key, format_func=lambda term: clean(relation_word(term)))


def shown(store: GraphStore, terms: Iterable[str]) -> dict[str, str]:
    """How a table writes each term: its name with the compact IRI behind it, or the text of a value."""
    every = list(dict.fromkeys(terms))
    things = [term for term in every if is_iri(term)]
    named = names(store, things[:_NAMED])
    out = {term: clean(value(term), 300) for term in every if not is_iri(term)}
    for term in things:
        short = compact(term)
        name = named.get(term, short)
        out[term] = clean(short if name == short else f"{name} · {short}", 300)
    return out


def table(store: GraphStore, columns: Sequence[str], rows: Sequence[Sequence[str | None]], key: str) -> None:
    """Rows of terms as a table with names."""
    words = shown(store, (term for row in rows for term in row if term is not None))
    st.dataframe({name: [words.get(row[place] or "", "") for row in rows] for place, name in enumerate(columns)}, hide_index=True, key=key, height=min(38 + 35 * len(rows), 420))


def between(store: GraphStore, terms: Collection[str], most: int = 120) -> list[Statement]:
    """What the graph says between some things, at most `MAX_STATEMENTS`."""
    wanted = list(dict.fromkeys(term for term in terms if is_iri(term)))[:most]
    inside = set(wanted)
    found: list[Statement] = []
    for term in wanted:
        for row in store.match(term):
            if row.object in inside:
                found.append(row)
                if len(found) >= MAX_STATEMENTS:
                    return found
    return found


def picture(store: GraphStore, rows: Sequence[Statement], key: str, title: str, ringed: Collection[str] = (), concluded: Collection[Statement] = ()) -> None:
    """Statements as a graph, the conclusions among them dashed; a sentence where there are none."""
    if not rows:
        st.info(_("The graph says nothing between these things, so there is no picture."))
        return
    record = _record(store, rows, ringed, concluded)
    graph_component.show(record, key, f"{store.digest}/{hash(tuple(rows))}", title)
    if record.truncated:
        st.caption(_("The picture shows the first {count} statements.").format(count=MAX_STATEMENTS))


def _record(store: GraphStore, rows: Sequence[Statement], ringed: Collection[str], concluded: Collection[Statement]) -> GraphRecord:
    ends = dict.fromkeys(end for row in rows for end in (row.subject, row.object))
    words = names(store, (end for end in ends if is_iri(end))) | {end: clean(value(end), 120) for end in ends if not is_iri(end)}
    values = {end for end in ends if not is_iri(end)}
    return statement_record([_triple(row) for row in rows], words, values, ringed, {_triple(row) for row in concluded})


def _triple(row: Statement) -> Triple:
    return Triple(row.subject, relation_word(row.predicate), row.object)


def sentence_of(store: GraphStore, row: Statement, named: dict[str, str] | None = None) -> str:
    """A statement in words, for a line of a page."""
    words = named if named is not None else names(store, (row.subject, row.object))
    tail = words.get(row.object, compact(row.object)) if is_iri(row.object) else value(row.object)
    return clean(f"{words.get(row.subject, compact(row.subject))} — {relation_word(row.predicate)} — {tail}", 240)

