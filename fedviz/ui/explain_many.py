"""Over all test texts of a run: which triples carry a class, a client, a round; what clients give each other; what goes when a triple goes for everyone."""

import time
from collections.abc import Callable

import numpy as np
import streamlit as st

from fedviz.charts.carried import SHOWN, CarriedRecord, carried_spec, gains_spec, moved_spec
from fedviz.charts.graph_kinds import kinds
from fedviz.charts.graph_places import places
from fedviz.charts.graph_scope import subgraph
from fedviz.charts.graph_view import GraphEdge, GraphNode, GraphRecord
from fedviz.charts.safe import line
from fedviz.charts.waterfall import triple_label
from fedviz.core.errors import FedvizError
from fedviz.core.i18n import _
from fedviz.core.types import Triple
from fedviz.explain.corpus import Carried, Corpus
from fedviz.models.predictor import Predictor
from fedviz.runs.folder import RunFolder
from fedviz.runs.many import Many, corpus, gains, over_rounds
from fedviz.ui import explain_source as source
from fedviz.ui import explain_triple, figure, graph_component
from fedviz.ui.sentences import called
from fedviz.ui.text import clean, plain

_ALL = -1


@st.fragment
def show(folder: RunFolder, model: source.Model, predictor: Predictor) -> None:
    """One question at a time; without one nothing is computed."""
    panels: dict[str, tuple[str, Callable[[RunFolder, source.Model, Many], None]]] = {
        "carry": (_("Which triples carry the texts?"), _carry),
        "gain": (_("What do clients give each other?"), _gain),
        "remove": (_("Remove something for everyone"), _remove),
    }
    st.subheader(_("Over all test texts"))
    chosen = st.segmented_control(_("Question"), list(panels), key="explain-many", format_func=lambda key: panels[key][0], label_visibility="collapsed")
    with st.container(key="explain-many-panel"):
        if chosen is None:
            st.caption(_("The same sums, over every test text of the run: choose a question. The first one reads the texts once."))
            return
        try:
            with st.spinner(_("Reading the test texts"), show_time=True):
                many = _many(model)
            if not len(many.corpus.triples):
                st.info(_("No triple of the graph is at work in the test texts of this run."), icon=":material/info:")
                return
            panels[chosen][1](folder, model, many)
        except FedvizError as error:
            st.warning(plain(error))


@st.cache_resource(max_entries=3, show_spinner=False)
def _texts(run: str, digest: str) -> tuple[Corpus, int]:
    """`digest`: of the graph, so that the key says what the summands depend on."""
    from fedviz.runs.folder import open_run, runs_root

    folder = open_run(runs_root(), run)
    return corpus(folder, source.predictor(source.Model(run, source.rounds_of(run)[-1])))


@st.cache_resource(max_entries=6, show_spinner=False)
def _many(model: source.Model) -> Many:
    predictor = source.predictor(model)
    found, clients = _texts(model.run, predictor.graph.digest)
    return Many(found, clients, predictor, predictor.text_logits(found.texts))


def _words(many: Many, triple: Triple) -> str:
    names = many.predictor.graph.entities
    return triple_label(names[triple.head].name, triple.relation, names[triple.tail].name)


def _carry(folder: RunFolder, model: source.Model, many: Many) -> None:
    """Mean signed contributions of a class, a client and a round; the slider replays the rounds on the graph."""
    names, classes = source.client_names(folder.id), many.predictor.classes
    columns = st.columns(3, gap="medium")
    label = columns[0].selectbox(_("Texts of class"), [_ALL, *range(len(classes))], key="explain-many-class", format_func=lambda one: _("all") if one == _ALL else clean(called(classes[one])))
    client = columns[1].selectbox(_("Texts of client"), [_ALL, *range(many.clients)], key="explain-many-client", format_func=lambda one: _("all") if one == _ALL else clean(source.model_owner(one, names)))
    rounds = folder.checkpoints()
    with columns[2]:
        number = st.select_slider(_("Round"), rounds, value=model.round, key=f"explain-many-round-{model}", help=_("Replays how the triples' weights were learned; the texts stay the same.")) if len(rounds) > 1 else rounds[0]
    rows = np.ones(len(many.corpus.texts), bool)
    rows &= (many.corpus.labels == label) if label != _ALL else True
    rows &= (many.corpus.clients == client) if client != _ALL else True
    if not rows.any():
        st.info(_("There is no such test text."), icon=":material/info:")
        return
    here = model if number == model.round else source.Model(model.run, number)
    matrix = many.predictor.matrix if here == model else source.predictor(here).matrix
    carried = many.corpus.carried(many.corpus.values(matrix), rows)
    newest = many.corpus.carried(many.corpus.values(many.predictor.matrix), rows)
    record = CarriedRecord(tuple((_words(many, one.triple), one.mean, one.share) for one in carried))
    left, right = st.columns([0.46, 0.54], gap="large")
    with left:
        figure.show(carried_spec(record, _("mean contribution (logit)")), "explain-many-bars", _("Mean contribution of the strongest triples to the true class"))
    with right:
        shown = _picture(many, newest[: 2 * SHOWN], {one.triple: one.mean for one in carried})
        graph_component.show(shown, "explain-many-graph", f"{model.run}/{model}/{label}/{client}", _("The triples that carry these texts; the bars say the same"), on_triple=explain_triple.choose)
    st.caption(
        _("Over {count} texts: what a triple adds to the true class against the average class, as a mean over the texts (0 in a text without it), and in how many of them it is at work.").format(count=int(rows.sum()))
    )
    if len(rounds) > 1:
        triples = tuple(one.triple for one in newest[:6])
        kept, means = over_rounds(folder, many.corpus, rows, triples)
        figure.show(moved_spec([_words(many, triple) for triple in triples], kept, means.tolist(), number, _("round"), _("mean contribution (logit)")), "explain-many-moved", _("How the strongest triples moved over the rounds"))


def _picture(many: Many, some: tuple[Carried, ...], means: dict[Triple, float]) -> GraphRecord:
    """The strongest triples as a graph whose places do not depend on the round."""
    graph = many.predictor.graph
    ends = tuple(dict.fromkeys(end for one in some for end in one.triple[::2]))
    inside = subgraph(graph, ends)
    spots, of = places(inside), kinds(graph)
    heads = {one.triple.head for one in some}
    nodes = tuple(GraphNode(node, line(graph.entity(node).name, 200), of.of(node), *spots[node], seed=node in heads) for node in inside.nodes)
    known = {one.triple for one in some}
    edges = [GraphEdge(triple, means.get(triple) if triple in known else None) for triple in inside.triples]
    edges += [GraphEdge(one.triple, means.get(one.triple, 0.0)) for one in some if one.triple not in set(inside.triples) and set(one.triple[::2]) <= set(inside.nodes)]
    return GraphRecord(nodes, tuple(edges), of.names)


def _gain(folder: RunFolder, model: source.Model, many: Many) -> None:
    """A matrix: rows are clients, columns those who taught."""
    names = source.client_names(folder.id)
    units = {"accuracy": _("points of accuracy"), "logits": _("logits of the true class")}
    unit = st.segmented_control(_("Measured in"), list(units), default="accuracy", key="explain-gain-unit", format_func=units.get) or "accuracy"
    found = gains(folder, model.round, many, unit == "accuracy") if model.client is None else _("Choose the model of the federation: a single client's model was taught by itself last.")
    if isinstance(found, str):
        st.info(_("Which client taught what cannot be told for this model.") + " " + _(found).format(round=model.round), icon=":material/info:")
        return
    teachers, points = found
    learners = [clean(source.model_owner(client, names)) for client in range(many.clients)]
    figure.show(gains_spec(learners, [clean(source.model_owner(client, names)) for client in teachers], points, _("taught by")), "explain-many-gains", _("What each client has from what each client taught"))
    others = [value for row, values in enumerate(points) for column, value in enumerate(values) if value is not None and teachers[column] != row]
    own = [value for row, values in enumerate(points) for column, value in enumerate(values) if value is not None and teachers[column] == row]
    words = _(
        "What goes on a client's own test texts (row) when what another taught about triples (column) is taken out of the trained matrix and all else stays, in "
        "{unit} (logits: against the average class). Mean and spread over what others taught: {others}; over what a client taught itself: {own}. With few test texts a client one text is many points."
    )
    st.caption(words.format(unit=units[unit], others=_points(others), own=_points(own)))


def _points(values: list[float]) -> str:
    return f"{np.mean(values):+.2f} ± {np.std(values):.2f}" if values else "–"


def _remove(folder: RunFolder, model: source.Model, many: Many) -> None:
    """Each client's accuracy with and without a triple, a relation or a source."""
    graph = many.predictor.graph
    what = st.segmented_control(_("Remove"), ["triple", "relation", "source"], default="triple", key="explain-remove-what", format_func={"triple": _("a triple"), "relation": _("a relation"), "source": _("a source")}.get) or "triple"
    modes = {"mask": _("Mask"), "rebuild": _("Rebuild")}
    mode = st.segmented_control(_("What does removing mean?"), list(modes), default="mask", key="explain-remove-mode", format_func=modes.get) or "mask"
    removed: tuple[Triple, ...]
    if what == "triple":
        chosen = st.multiselect(_("Triples"), many.corpus.above.triples, key="explain-remove-triples", format_func=lambda triple: clean(_words(many, triple)), max_selections=20)
        removed = tuple(Triple(*triple) for triple in chosen)
    elif what == "relation":
        relation = st.selectbox(_("Relation"), graph.relations, key="explain-remove-relation", format_func=line)
        removed = tuple(triple for triple in graph.triples if triple.relation == relation)
    else:
        said = explain_triple.sources(folder, many.predictor)
        parties = list(dict.fromkeys(said.parties.get(key) or title for key, title in said.titles.items()))
        party = st.selectbox(_("Source"), parties, key="explain-remove-source", format_func=clean, help=_("What this source alone says goes; what another says too stays."))
        removed = said.said(party, "party") if party else ()
    if not removed:
        st.caption(_("Choose what is to go."))
        return
    before, whole = many.accuracy()
    start = time.perf_counter()
    after, less = many.accuracy(removed, mode)
    elapsed = time.perf_counter() - start
    names = source.client_names(folder.id)
    st.dataframe(
        {
            _("Client"): [clean(source.model_owner(client, names)) for client in range(many.clients)] + [_("all texts")],
            _("Accuracy"): [None if value is None else 100 * value for value in (*before, whole)],
            _("without it"): [None if value is None else 100 * value for value in (*after, less)],
            _("change in points"): [None if one is None or two is None else 100 * (two - one) for one, two in zip((*before, whole), (*after, less), strict=True)],
        },
        hide_index=True, key="explain-remove-table",
        column_config={name: st.column_config.NumberColumn(format="%.1f") for name in (_("Accuracy"), _("without it"))} | {_("change in points"): st.column_config.NumberColumn(format="%+.1f")},
    )
    words = _("{triples} triples of the graph removed for everyone, {texts} texts looked at again in {ms} ms from what is kept of them; nothing is trained again.")
    st.caption(words.format(triples=f"{len(removed):,}", texts=f"{len(many.corpus.texts):,}", ms=f"{1000 * elapsed:.0f}"))
