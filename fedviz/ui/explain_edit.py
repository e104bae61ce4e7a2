"""Changes to the graph's evidence for one text: triples off, weaker, or added. They live in the session and belong to a text and a graph."""

import streamlit as st

from fedviz.charts.safe import line
from fedviz.charts.waterfall import triple_label
from fedviz.core.errors import FedvizError
from fedviz.core.i18n import _
from fedviz.core.types import Triple
from fedviz.explain.influence import check_added
from fedviz.explain.records import Edits, Explanation, triple_key
from fedviz.kg.graph import IS_A, KnowledgeGraph
from fedviz.models.predictor import Predictor
from fedviz.ui.search import entity_search
from fedviz.ui.text import clean, plain

_KEY = "explain-edits"
MAX_ADDED = 20


def owner(predictor: Predictor, text: str) -> str:
    """Whose the edits are: this text's under this graph."""
    return f"{predictor.graph.digest}/{text}"


def current(owner: str) -> Edits:
    """The edits of this owner; another text, or another graph, starts without any."""
    kept, edits = st.session_state.get(_KEY, ("", Edits()))
    return edits if kept == owner else Edits()


def keep(owner: str, edits: Edits) -> None:
    """These are the edits of this owner from now on."""
    st.session_state[_KEY] = (owner, edits)


def set_scale(owner: str, key: str, scale: float) -> None:
    """Multiply one triple's summand by `scale`; 1 takes the edit back."""
    edits = current(owner)
    rest = {other: value for other, value in edits.scale.items() if other != key}
    keep(owner, Edits(scale=rest if scale == 1 else rest | {key: scale}, added=edits.added))


def toggle(owner: str, triple: Triple, shown: Explanation) -> None:
    """Switch a triple of the prediction off, or on again."""
    found = next((c for c in shown.contributions if c.triple == triple), None)
    if found is not None:
        set_scale(owner, found.key, 1.0 if found.scale == 0 else 0.0)


def summary(owner: str, predictor: Predictor, edits: Edits) -> None:
    """How many edits there are, and a way back."""
    if not edits.scale and not edits.added:
        return
    off = sum(value == 0 for value in edits.scale.values())
    words = _("Changed: {off} triples off, {weaker} weakened, {added} added.").format(off=off, weaker=len(edits.scale) - off, added=len(edits.added))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(words)
        st.button(_("Undo all changes"), on_click=keep, args=(owner, Edits()), icon=":material/undo:", key="explain-undo")
    for triple in edits.added:
        names = (predictor.graph.entities[end].name for end in (triple.head, triple.tail))
        head, tail = names
        label = _("Remove the added triple {triple}").format(triple=plain(triple_label(head, triple.relation, tail)))
        rest = Edits(scale=edits.scale, added=tuple(other for other in edits.added if other != triple))
        st.button(label, on_click=keep, args=(owner, rest), icon=":material/delete:", key=f"explain-remove-{triple_key(triple)}", type="tertiary")


def add(predictor: Predictor, plain_one: Explanation) -> None:
    """Two search fields and a button: what if the graph said this, too?"""
    graph = predictor.graph
    box = st.expander(_("Add a triple"), key="explain-add-box", on_change="rerun")
    if not box.open:  # its search fields would slow down every switch
        return
    with box:
        st.markdown(
            _(
                "What if the graph also said that one known entity is a kind of another? Only triples that start at an entity named in the text, "
                "or above one, can change this prediction."
            )
        )
        heads = tuple(dict.fromkeys(mention.entity for mention in plain_one.mentions))
        if heads:
            st.caption(_("Named in the text: {names}").format(names=plain(", ".join(graph.entities[head].name for head in heads), 300)))
        columns = st.columns([0.42, 0.16, 0.42], gap="small", vertical_alignment="top")
        with columns[0]:
            _end(graph, "head", _("Head"))
        with columns[1]:
            st.selectbox(_("Relation"), [IS_A], key="explain-relation", format_func=line, help=_("Only is_a carries evidence in this model."))
        with columns[2]:
            _end(graph, "tail", _("Tail"))
        st.button(_("Add"), on_click=_add, args=(predictor, owner(predictor, plain_one.text)), icon=":material/add:", key="explain-add")
        trouble = st.session_state.pop("explain-add-trouble", None)
        if trouble:
            st.warning(plain(trouble))


def _end(graph: KnowledgeGraph, end: str, label: str) -> None:
    key = f"explain-{end}-picked"
    entity_search(graph, f"explain-{end}", label, st.session_state.get(key), lambda entity: st.session_state.update({key: entity}))


def _add(predictor: Predictor, owner: str) -> None:
    ends = [st.session_state.get(f"explain-{end}-picked") for end in ("head", "tail")]
    edits = current(owner)
    if not all(ends):
        trouble = _("A triple needs a head and a tail; choose both from the lists.")
    else:
        triple = Triple(ends[0], st.session_state.get("explain-relation", IS_A), ends[1])
        trouble = _refused(predictor, edits, triple)
        if not trouble:
            keep(owner, Edits(scale=edits.scale, added=(*edits.added, triple)))
    if trouble:
        st.session_state["explain-add-trouble"] = trouble


def _refused(predictor: Predictor, edits: Edits, triple: Triple) -> str:
    """Why a triple cannot be added, or nothing."""
    if triple in edits.added or triple in predictor.graph.outgoing(triple.head):
        return _("The graph says this already.")
    if triple.tail in predictor.graph.ancestors(triple.head):
        return _("The graph says this already, in several steps.")
    if len(edits.added) >= MAX_ADDED:
        return _("At most {count} triples can be added to one text.").format(count=MAX_ADDED)
    try:
        check_added(predictor, (triple,))
    except FedvizError as error:
        return clean(error, 300)
    return ""
