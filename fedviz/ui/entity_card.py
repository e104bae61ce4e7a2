"""The card of an entity: what the graph calls it and says of it, its neighbours, and the texts that name it."""

from collections.abc import Callable

import streamlit as st

from fedviz.charts.graph_kinds import kinds
from fedviz.charts.mentions import MentionIndex
from fedviz.core.i18n import _
from fedviz.kg.branches import branches_of
from fedviz.kg.graph import KnowledgeGraph
from fedviz.scenarios.base import ScenarioData
from fedviz.ui import entity_features
from fedviz.ui.sentences import called
from fedviz.ui.text import clean, plain

_NEIGHBOURS = 24
_TEXTS = 6
_SYNONYMS = 12


def show(data: ScenarioData, index: MentionIndex, entity: str, client: int | None, hidden: int, on_entity: Callable[..., None]) -> None:
    """The card of `entity`. `hidden`: its neighbours that are not in the picture; `on_entity(id, kind)` is called for a neighbour, or with "expand"."""
    graph = data.graph
    item = graph.entity(entity)
    with st.container(border=True, key="entity-card"):
        st.subheader(plain(item.name, 200))
        st.caption(plain(f"{item.id} · {_kind(graph, entity)}"))
        st.text(clean(item.definition, 2000) if item.definition else _("The source gives no definition."))
        if item.synonyms:
            st.markdown("**" + _("Also called") + "**")
            st.text(clean(", ".join(item.synonyms[:_SYNONYMS]), 1000) + (" …" if len(item.synonyms) > _SYNONYMS else ""))
        entity_features.show(graph, entity)
        _neighbours(graph, entity, hidden, on_entity)
        _texts(index, entity, client)
        st.caption(_("Source: {source}").format(source=plain(graph.source)))


def _kind(graph: KnowledgeGraph, entity: str) -> str:
    """All branches of an entity, or its own kind."""
    above = branches_of(graph, entity)
    of = kinds(graph)
    if above or of.of(entity) < 0:
        return ", ".join(graph.entities[branch].name for branch in above) or _("above all branches")
    return of.names[of.of(entity)]


def _neighbours(graph: KnowledgeGraph, entity: str, hidden: int, on_entity: Callable[..., None]) -> None:
    ways: dict[str, list[str]] = {}
    for triple in graph.outgoing(entity):
        ways.setdefault(f"{triple.relation} →", []).append(triple.tail)
    for triple in graph.incoming(entity):
        ways.setdefault(f"← {triple.relation}", []).append(triple.head)
    for way, others in ways.items():
        key = f"card-{entity}-{way}"

        def go(key: str = key) -> None:
            if st.session_state.get(key) is not None:
                on_entity(st.session_state[key])

        more = len(others) - _NEIGHBOURS
        label = plain(way) + (" " + _("({count} more in the graph)").format(count=more) if more > 0 else "")
        st.pills(label, others[:_NEIGHBOURS], format_func=lambda other: plain(graph.entities[other].name, 60), key=key, on_change=go)
    if hidden:
        label = _("Expand: {count} neighbours are not shown yet").format(count=hidden)
        st.button(label, on_click=on_entity, args=(entity, "expand"), icon=":material/account_tree:", key="card-expand")


def _texts(index: MentionIndex, entity: str, client: int | None) -> None:
    counts = index.of(entity)
    total = sum(counts)
    st.markdown("**" + _("Training texts that name it: {count}").format(count=f"{total:,}") + "**")
    if not total:
        return
    holders = [(called(name), count) for name, count in zip(index.clients, counts, strict=True) if count]
    st.caption(plain(", ".join(f"{name}: {count:,}" for name, count in sorted(holders, key=lambda pair: -pair[1])), 1000))
    with st.expander(_("Some of these texts")):
        found = index.examples(entity, client, _TEXTS)
        if not found:
            st.text(_("{client} has none.").format(client=clean(called(index.clients[client or 0]))))
        for number, text in found:
            st.caption(plain(called(index.clients[number])))
            st.text(clean(text, 400))
