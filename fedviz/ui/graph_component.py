"""The graph component: a pyvis document in a sandboxed frame, and what comes back from it."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import streamlit as st

from fedviz.charts import palette
from fedviz.charts.graph_document import LIBRARY_MARK, graph_document, library
from fedviz.charts.graph_kinds import kind_colors
from fedviz.charts.graph_view import GraphRecord, edge_key, node_key, node_of, picture
from fedviz.charts.safe import line
from fedviz.core.i18n import _
from fedviz.core.types import Triple
from fedviz.ui import bundle

_GRAPH = st.components.v2.component("fedviz_graph", js=bundle.script("page.js", "graph.js"), css=bundle.style("graph.css"))
_STORE = st.components.v2.component("fedviz_store", js=bundle.script("store.js"))


def prepare() -> None:
    """Give the page the drawing library; once a page, outside of fragments, before or after the graphs on it."""
    _STORE(data={"name": "library", "value": library()}, key="graph-library")


def show(
    record: GraphRecord,
    key: str,
    about: str,
    title: str,
    selected: str | None = None,
    on_entity: Callable[[str, str], None] | None = None,
    on_triple: Callable[[Triple], None] | None = None,
    parties: Sequence[str] = (),
    also: Collection[Triple] = (),
) -> None:
    """Show a record in a frame.

    While `about` stays the same the frame stays too, with its zoom, and is only brought up to date; another `about` starts a fresh
    one. `title`: what a screen reader calls the frame. `on_entity(kind, entity)` is called with "select" (a click) or "expand" (a double
    click), `on_triple(triple)` with the edge that was clicked; an id that is not in the picture and not of `also` is ignored. `parties`: names of the clients whose colours
    the lines have, for the legend.
    """
    remembered = st.session_state.get(f"{key}-document")
    if remembered is None or remembered[0] != about:
        remembered = st.session_state[f"{key}-document"] = (about, graph_document(record))

    def event() -> None:
        got: Any = st.session_state[key].event
        if not isinstance(got, dict):
            return
        if got.get("kind") == "edge":
            triple = next((triple for triple in (*(edge.triple for edge in record.edges), *also) if edge_key(triple) == got.get("id")), None)
            if triple is not None and on_triple is not None:
                on_triple(triple)
        elif got.get("kind") in ("select", "expand") and on_entity is not None:
            entity = node_of(got.get("id"), record)
            if entity is not None:
                on_entity(got["kind"], entity)

    version = f"{hash((about, record)) & 0xFFFFFFFF:08x}"
    with st.container(gap=None):
        # The picture is large and seldom changes, the rest is small and changes at every click: two messages, of which Streamlit
        # sends the first one again only when it differs.
        _STORE(data={"name": key, "value": {"version": version, "document": remembered[1]} | picture(record)}, key=f"{key}-store")
        _mount(record, key, title, version, node_key(selected) if selected is not None else None, event, parties)


def _mount(record: GraphRecord, key: str, title: str, version: str, selected: str | None, event: Callable[[], None], parties: Sequence[str]) -> None:
    _GRAPH(
        key=key,
        data={
            "picture": key,
            "mark": LIBRARY_MARK,
            "version": version,
            "selected": selected,
            "legend": _legend(record, parties),
            "colours": {"light": _colours(False), "dark": _colours(True)},
            "kindColours": {"light": kind_colors(False), "dark": kind_colors(True)},
            "words": {
                "title": title,
                "loading": _("Drawing the graph"),
                "larger": _("Zoom in"),
                "smaller": _("Zoom out"),
                "whole": _("Show the whole graph"),
                "legend": _("Legend"),
                "more": _("show all kinds"),
            },
        },
        on_event_change=event,
    )


def _colours(dark: bool) -> dict[str, Any]:
    all_of_them = palette.tokens(dark)
    clients = [palette.client_color(index, dark) for index in range(palette.CLIENTS)]
    plain = {name: all_of_them[name] for name in ("text", "muted", "accent", "positive", "negative", *map("client{}".format, range(palette.CLIENTS)))}
    return plain | {"background": all_of_them["page"], "line": all_of_them["axis"], "parties": clients}


def _legend(record: GraphRecord, parties: Sequence[str]) -> list[list[Any]]:
    """[kind, name, special sign] of what is in the picture, most frequent kinds first; then what edges mean."""
    counts: dict[int, int] = {}
    for node in record.nodes:
        counts[node.kind] = counts.get(node.kind, 0) + 1
    kinds = sorted(counts, key=lambda kind: (kind < 0, -counts[kind]))
    legend: list[list[Any]] = [[kind, line(record.kinds[kind]) if kind >= 0 else _("above all branches"), ""] for kind in kinds]
    if any(edge.influence is not None for edge in record.edges):
        legend += [[-1, _("speaks for the class (+)"), "positive"], [-1, _("speaks against it (−)"), "negative"]]
    held = {party for edge in record.edges for party in edge.parties}
    legend += [[-1, line(parties[party]), f"client{party % palette.CLIENTS}"] for party in sorted(held) if party < len(parties)]
    return legend
