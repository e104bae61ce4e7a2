"""*Graph*: the knowledge graph of a scenario, and graphs of one's own."""

import streamlit as st

from fedviz.core.i18n import _
from fedviz.ui import graph_sections

with st.container(gap=None):
    st.title(_("Graph"))
graph_sections.show()
