"""Start: what this is."""

import streamlit as st

from fedviz.core.i18n import _

st.title(_("Federated learning you can watch"))
