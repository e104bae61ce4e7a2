"""*Graph*: the knowledge graph of a scenario."""

import streamlit as st

from fedviz.core.i18n import _
from fedviz.ui import graph, graph_component, graph_source

with st.container(gap=None):
    st.title(_("Graph"))
    graph_component.prepare()
config = graph_source.choose()
if config is not None:
    graph.show(config)
