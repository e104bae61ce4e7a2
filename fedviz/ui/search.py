"""A search field that completes names of a graph's entities while one types; the graph is searched on the server."""

from collections.abc import Callable

import streamlit as st

from fedviz.charts.graph_kinds import kinds
from fedviz.charts.safe import line
from fedviz.core.i18n import _
from fedviz.kg.graph import KnowledgeGraph
from fedviz.ui import bundle

_SEARCH = st.components.v2.component("fedviz_search", js=bundle.script("search.js"), css=bundle.style("search.css"))
MATCHES = 12
_LONGEST = 200


@st.fragment
def entity_search(graph: KnowledgeGraph, key: str, label: str, picked: str | None, on_pick: Callable[[str], None]) -> None:
    """The field; `picked` is the entity whose name it shows. `on_pick(entity)` is called with an entity of the graph, then the page comes again."""

    def query() -> None:
        asked = st.session_state[key].query
        st.session_state[f"{key}-query"] = asked[:_LONGEST] if isinstance(asked, str) else ""

    def pick() -> None:
        entity = st.session_state[key].pick
        if isinstance(entity, str) and entity in graph.entities:
            on_pick(entity)
            st.session_state[f"{key}-again"] = True

    words = st.session_state.get(f"{key}-query", "")
    found = graph.find(words, MATCHES) if words else ()
    of = kinds(graph)
    _SEARCH(
        key=key,
        data={
            "query": words,
            "matches": [{"id": e.id, "name": line(e.name, 80), "note": line(of.names[of.of(e.id)], 40) if of.of(e.id) >= 0 else ""} for e in found],
            "shown": line(graph.entities[picked].name, 80) if picked in graph.entities else "",
            "words": {
                "label": label,
                "placeholder": _("Type the beginning of a name"),
                "none": _("No entity has a name that begins like this."),
                "count": _("{count} matches").format(count=len(found)),
            },
        },
        on_query_change=query,
        on_pick_change=pick,
    )
    if st.session_state.pop(f"{key}-again", False):
        st.rerun()
