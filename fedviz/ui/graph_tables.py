"""The picture in words: a select box of its nodes and a table of its triples, for the keyboard and for screen readers."""

from collections.abc import Callable

import streamlit as st

from fedviz.charts.graph_view import GraphRecord
from fedviz.core.i18n import _
from fedviz.kg.graph import KnowledgeGraph
from fedviz.ui.text import clean

_KEY = "graph-node"


def show(graph: KnowledgeGraph, record: GraphRecord, selected: str | None, on_entity: Callable[[str], None]) -> None:
    """Select box and table of what `record` shows; `on_entity(id)` is called for the node or the head of the row that is chosen."""
    names = {node.entity: node.name for node in record.nodes}
    st.session_state[_KEY] = selected if selected in names else None

    def chosen() -> None:
        if st.session_state[_KEY] is not None:
            on_entity(st.session_state[_KEY])

    st.selectbox(
        _("Node in the picture"), sorted(names, key=lambda node: (names[node].lower(), node)), index=None, key=_KEY, on_change=chosen,
        format_func=lambda node: clean(names[node]), placeholder=_("Choose a node"), help=_("The same as a click on the node, by keyboard."),
    )
    triples = sorted((edge.triple for edge in record.edges), key=lambda t: (names[t.head].lower(), t))
    about = "graph-triples"

    def row() -> None:
        rows = st.session_state[about].selection.rows
        if rows and rows[0] < len(triples):
            on_entity(triples[rows[0]].head)

    with st.expander(_("The triples in the picture, as a table")):
        st.dataframe(
            {
                _("Head"): [clean(names[triple.head]) for triple in triples],
                _("Relation"): [clean(triple.relation) for triple in triples],
                _("Tail"): [clean(names[triple.tail]) for triple in triples],
            },
            hide_index=True, height=min(38 + 35 * len(triples), 420), on_select=row, selection_mode="single-row", key=about,
        )
        st.caption(_("Choosing a row opens the card of its head."))
