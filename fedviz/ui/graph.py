"""The page *Graph*: what the graph of a scenario says, which client's texts speak of it, and where it comes from."""

from dataclasses import dataclass, field, replace

import streamlit as st

from fedviz.charts import graph_scope
from fedviz.charts.graph_places import Place, places
from fedviz.charts.graph_view import MAX_NODES, graph_record
from fedviz.charts.mentions import MentionIndex, mention_index
from fedviz.charts.safe import line
from fedviz.core.config import RunConfig
from fedviz.core.i18n import _
from fedviz.core.registry import SCENARIOS
from fedviz.kg.graph import KnowledgeGraph
from fedviz.kg.subgraph import Subgraph
from fedviz.scenarios import load as scenarios
from fedviz.scenarios.base import ScenarioData
from fedviz.ui import entity_card, graph_component, graph_tables, provenance, state
from fedviz.ui.search import entity_search
from fedviz.ui.sentences import called
from fedviz.ui.text import clean, plain

_LIMITS = (50, 100, 200, 500, MAX_NODES)
_USUAL = 200


@dataclass(frozen=True)
class Scope:
    """What is in the picture: its nodes with their places, and the entity whose card is open. `about` names the picture's frame."""

    about: str
    subgraph: Subgraph
    places: dict[str, Place] = field(hash=False)
    selected: str | None = None


def show(config: RunConfig) -> None:
    """The graph of a configuration's scenario, with its counts and controls."""
    lacking = tuple(key for key in SCENARIOS.get(config.scenario.name).carriers if key in provenance.missing(config))
    if lacking:
        provenance.offer(lacking)
        return
    with st.spinner(_("Reading the graph"), show_time=True):
        data = scenarios.load(config)
        index = mention_index(data, scenarios.shards(config, data))
    graph = data.graph
    if not graph.entities:
        st.info(_("These texts have no graph. Bring one in under Sources or build one under Build; then choose it beside the texts on the page Configure."), icon=":material/hub:")
        return
    st.markdown(
        _("{name}: {entities} entities and {triples} triples. The training texts name {mentioned} of the entities.").format(
            name=plain(graph.name), entities=f"{len(graph.entities):,}", triples=f"{len(graph.triples):,}", mentioned=f"{len(index.total):,}"
        )
    )
    _explore(config, data, index)
    with st.expander(_("What does one see here?")):
        st.markdown(_EXPLANATION())
        for warning in data.warnings:
            st.markdown(plain(_(warning)))
    provenance.show(config)


def _EXPLANATION() -> str:  # noqa: N802 - a constant in the viewer's language
    return _(
        "A dot is an entity: something that the graph has a name for. An arrow is a triple, a statement that runs from its head to its tail; "
        "`is_a` says that the head is a kind of the tail. Colour and shape give the branch of the graph, size the number of training texts that "
        "name the entity, of all clients or of the one chosen above. The model reads a text, finds the entities that it names, and follows the arrows "
        "from there: what the graph adds to a prediction are these triples, one summand each. "
        "In a federation of real parties nobody could draw the sizes of all clients in one picture, because the texts stay where they are; "
        "this page can, since all clients live on this machine."
    )


@st.fragment
def _explore(config: RunConfig, data: ScenarioData, index: MentionIndex) -> None:
    graph = data.graph
    limit, client, relations = _controls(graph, index)
    scope = _scope(graph, index, limit, relations)

    def choose(entity: str, kind: str = "select") -> None:
        now = _current(scope)
        if kind == "expand":
            now = _grown(graph, now, entity, relations)
        elif entity not in now.places:
            now = _fresh(graph_scope.around(graph, entity, limit, relations), f"{scope.about}>{entity}")
        _keep(replace(now, selected=entity))

    left, right = st.columns([0.64, 0.36], gap="medium")
    # The card is written first, since it is what a click waits for; the picture only changes its ring.
    with right:
        if scope.selected is None:
            st.info(_("Click a node, search for a name, or choose one in the select box below the graph: its card appears here."), icon=":material/touch_app:")
        else:
            hidden = graph_scope.hidden_neighbours(graph, scope.selected, scope.places, relations)
            entity_card.show(data, index, scope.selected, client, hidden, on_entity=choose)
    with left:
        entity_search(graph, "graph-search", _("Find an entity"), scope.selected, choose)
        record = graph_record(graph, scope.subgraph, scope.places, texts=index.counts(client))
        graph_component.show(
            record, "graph-picture", scope.about, _("Graph of {count} entities; the tables below say the same").format(count=len(record.nodes)),
            scope.selected, on_entity=lambda kind, entity: choose(entity, kind), on_triple=lambda triple: choose(triple.head),
        )
        _say_how_much(graph, scope)
    graph_tables.show(graph, record, scope.selected, choose)


def _controls(graph: KnowledgeGraph, index: MentionIndex) -> tuple[int, int | None, tuple[str, ...] | None]:
    """(most nodes, client whose texts count or None, relations or None for all)."""
    columns = st.columns([0.32, 0.32, 0.36], gap="medium")
    client = columns[0].selectbox(
        _("Size of a node: texts of"), [-1, *range(len(index.clients))], key="graph-client",
        format_func=lambda number: _("all clients") if number < 0 else clean(called(index.clients[number])),
        help=_("How many training texts name the entity. Small dots are named by none."),
    )
    asked = st.query_params.get("nodes")
    usual = int(asked) if asked in map(str, _LIMITS) else _USUAL
    limit = columns[1].select_slider(_("Most nodes"), _LIMITS, value=usual, key="graph-limit", help=_("Larger pictures show more and are harder to read."))
    state.keep_in_address(nodes=None if limit == _USUAL else limit)
    chosen = columns[2].pills(
        _("Relations"), graph.relations, selection_mode="multi", default=list(graph.relations), key=f"graph-relations-{graph.digest}", format_func=line
    )
    return limit, None if client < 0 else client, None if set(chosen) == set(graph.relations) else tuple(chosen)


def _scope(graph: KnowledgeGraph, index: MentionIndex, limit: int, relations: tuple[str, ...] | None) -> Scope:
    """The picture as it stands; a new one where graph, limit or relations have changed, or the address asks for a node."""
    about = f"{graph.digest}/{limit}/{relations}"
    scope: Scope | None = st.session_state.get("graph-scope")
    asked = st.query_params.get("node")
    if asked == st.session_state.get("graph-node-written"):  # nobody came by a link: what is open stays open, where this graph has it
        asked = scope.selected if scope is not None and scope.selected in graph.entities else None
    if scope is None or not scope.about.startswith(about) or asked not in (None, scope.selected):
        scope = _fresh(graph_scope.overview(graph, index.total, limit, relations), about)
        if asked is not None and asked not in graph.entities:
            st.warning(plain(_("The graph has no entity {node}; this is its overview.").format(node=repr(clean(asked, 80)))))
            asked = None
        if asked is not None and asked not in scope.places:
            scope = _fresh(graph_scope.around(graph, asked, limit, relations), f"{about}>{asked}")
        scope = _keep(replace(scope, selected=asked))
    state.keep_in_address(node=scope.selected)
    st.session_state["graph-node-written"] = scope.selected
    return scope


def _current(scope: Scope) -> Scope:
    return st.session_state.get("graph-scope", scope)


def _keep(scope: Scope) -> Scope:
    st.session_state["graph-scope"] = scope
    return scope


def _fresh(subgraph: Subgraph, about: str) -> Scope:
    return Scope(about, subgraph, places(subgraph))


def _grown(graph: KnowledgeGraph, scope: Scope, entity: str, relations: tuple[str, ...] | None) -> Scope:
    grown = graph_scope.expanded(graph, scope.subgraph.nodes, entity, MAX_NODES, relations)
    return replace(scope, subgraph=grown, places=places(grown, scope.places, entity))


def _say_how_much(graph: KnowledgeGraph, scope: Scope) -> None:
    shown, every = len(scope.subgraph.nodes), len(graph.entities)
    triples = len(scope.subgraph.triples)
    words = _("{shown} of {every} entities and {triples} triples are shown.").format(shown=f"{shown:,}", every=f"{every:,}", triples=f"{triples:,}")
    if scope.subgraph.truncated:
        words += " " + _(
            "There is more around them: expand a node by a double click or on its card, search for a name, or raise the most nodes (a picture holds {limit})."
        ).format(limit=f"{MAX_NODES:,}")
    st.caption(words)

    def overview() -> None:
        st.session_state.pop("graph-scope", None)
        st.session_state.pop("graph-node-written", None)
        state.keep_in_address(node=None)

    if ">" in scope.about or scope.selected is not None:
        st.button(_("Back to the overview"), on_click=overview, icon=":material/zoom_out_map:", key="graph-overview")
