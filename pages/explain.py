"""*Explain*: which triples moved a prediction."""

import streamlit as st

from fedviz.core.i18n import _
from fedviz.ui import explain, graph_component

with st.container(gap=None):
    st.title(_("Explain"))
    graph_component.prepare()
explain.show()
