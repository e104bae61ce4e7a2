"""The sections of the page *Graph*: each is one function that draws it, here by its name in the address."""

from collections.abc import Callable

import streamlit as st

from fedviz.core.i18n import N_, _
from fedviz.ui import graph, graph_component, graph_source, kg_features, kg_sources, state

_FIRST = "explore"


def _explore() -> None:
    graph_component.prepare()
    config = graph_source.choose()
    if config is not None:
        graph.show(config)


SECTIONS: dict[str, tuple[str, Callable[[], None]]] = {
    "explore": (N_("Explore"), _explore),
    "sources": (N_("Sources"), kg_sources.show),
    "features": (N_("Features"), kg_features.show),
}


def show() -> None:
    """The choice of a section, and the section."""
    asked = st.query_params.get("section", _FIRST)
    chosen = st.segmented_control(
        _("Section"), list(SECTIONS), default=asked if asked in SECTIONS else _FIRST, format_func=lambda key: _(SECTIONS[key][0]), key="graph-section",
        label_visibility="collapsed", required=True,
    )  # fmt: skip
    state.keep_in_address(section=None if chosen == _FIRST else chosen)
    SECTIONS[chosen][1]()
