"""Section *Sources* of the page *Graph*: bring knowledge in, and see what every graph is made of."""

import streamlit as st

from fedviz.core.errors import FedvizError
from fedviz.core.i18n import N_, _
from fedviz.kg.store.store import GraphStore
from fedviz.ui import kg_graphs, kg_sources_evidence, kg_sources_in, kg_sources_out, kg_sources_what
from fedviz.ui.text import plain

_PARTS = {
    "what": (N_("Sources and versions"), kg_sources_what.sources),
    "statistics": (N_("Statistics"), kg_sources_what.statistics),
    "evidence": (N_("Who says so"), kg_sources_evidence.show),
    "export": (N_("Export"), kg_sources_out.export_form),
    "remove": (N_("Remove"), kg_sources_out.remove),
}


def show() -> None:
    """What can be brought in, the work that goes on, and everything about the chosen graph."""
    st.markdown(_("A graph of your own lies in the data folder of this machine. Every triple in it remembers where it came from."))
    with st.expander(_("Bring a source in"), expanded=True, icon=":material/add_circle:"):
        kg_sources_in.show()
    kg_sources_in.progress()
    try:
        store = kg_graphs.chosen()
        if store is not None:
            _about(store)
    except FedvizError as error:
        st.error(plain(error))


def _about(store: GraphStore) -> None:
    part = st.segmented_control(
        _("About this graph"), list(_PARTS), default="what", format_func=lambda key: _(_PARTS[key][0]), key="kg-part", label_visibility="collapsed", required=True
    )
    _PARTS[part][1](store)
