"""Section *Features* of the page *Graph*: what the entities of a graph carry beside words, brought in and looked at."""

import tempfile
from pathlib import Path

import streamlit as st

from fedviz.core.errors import FedvizError
from fedviz.core.i18n import N_, _
from fedviz.kg.feature_files import read_features
from fedviz.kg.features import EntityFeatures
from fedviz.kg.store import features, memory
from fedviz.kg.store.store import GraphStore
from fedviz.ui import entity_features, kg_graphs
from fedviz.ui.text import clean, plain

_KINDS = {"vector": N_("a vector of numbers each"), "series": N_("a series each"), "picture": N_("a picture each")}
_SHOWN = 2000
_COUNT = "kg-features-done"


def show() -> None:
    """What it is, the upload, and one entity's features after another."""
    st.markdown(_("Entities may carry a picture, a series or a vector of numbers. With the knowledge “Triple evidence and features” a model reads these beside the text, and each entity's share is one summand of the logits."))
    st.caption(
        _(
            "What was measured is small: pictures of scikit-learn's digits as entities show that the mechanism works, since there the text says nothing; measured numbers of real car models add "
            "a few points of accuracy at five and ten labels a class, no more than their spread over seeds, and nothing at twenty. No package was found with data of machine components that texts speak of (python -m fedviz bench features)."
        )
    )
    store = kg_graphs.chosen("kg-features-graph")
    if store is None:
        return
    try:
        _work(store)
    except FedvizError as error:
        st.error(plain(error))


def _work(store: GraphStore) -> None:
    number = st.session_state.setdefault(_COUNT, 0)
    upload = st.file_uploader(
        _("A table (CSV, TSV: entity, numbers) or an npz (ids, values)"), type=["csv", "tsv", "npz"], key=f"kg-features-upload-{number}",
        help=_("The first column names an entity by its id or its name. In an npz, values of the shape [entities, height, width] are pictures."),
    )  # fmt: skip
    kind = st.segmented_control(_("A table holds"), ["vector", "series"], default="vector", format_func=lambda key: _(_KINDS[key]), key="kg-features-kind", required=True)
    if st.button(_("Give these to the entities"), type="primary", disabled=upload is None, key="kg-features-import"):
        named = _uploaded(upload.name, upload.getvalue(), kind)
        kept = features.write(memory.in_memory(store), store.name, named)
        st.success(plain(_("{count} entities carry features now; {unknown} rows name no entity of this graph.").format(count=f"{len(kept or ()):,}", unknown=f"{len(named) - len(kept or ()):,}")))
    held = features.read(store.info)
    if held is None:
        st.info(_("The entities of this graph carry nothing yet."), icon=":material/category:")
        return
    st.markdown(plain(_("Carried: {what}, of {numbers} numbers; entities that do: {count}.").format(count=f"{len(held):,}", what=_(_KINDS[held.kind]), numbers=f"{held.values.shape[1]:,}")))
    graph = memory.in_memory(store)
    if graph.features is None:
        return
    names = graph.features.ids[:_SHOWN]
    entity = st.selectbox(_("Entity"), names, format_func=lambda key: clean(graph.entities[key].name, 80), key=f"kg-features-entity-{held.digest}")
    entity_features.show(graph, entity)
    if st.button(_("Take all features away"), key="kg-features-remove"):
        features.write(graph, store.name, None)
        st.session_state[_COUNT] = number + 1
        st.rerun()


def _uploaded(name: str, data: bytes, kind: str) -> EntityFeatures:
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / f"upload{Path(name).suffix.lower()}"
        path.write_bytes(data)
        return read_features(path, kind)  # type: ignore[arg-type]
