"""The sections of the page *Graph*: each is one function that draws it, here by its name in the address."""

from collections.abc import Callable

import streamlit as st

from fedviz.core.i18n import N_, _
from fedviz.ui import (
    graph,
    graph_component,
    graph_source,
    kg_ask,
    kg_asking,
    kg_build,
    kg_embeddings,
    kg_features,
    kg_fuse,
    kg_links,
    kg_reason,
    kg_sources,
    kg_together,
    state,
)

_FIRST = "explore"


def _explore() -> None:
    graph_component.prepare()
    config = graph_source.choose()
    if config is not None:
        graph.show(config)


SECTIONS: dict[str, tuple[str, Callable[[], None]]] = {
    "explore": (N_("Explore"), _explore),
    "sources": (N_("Sources"), kg_sources.show),
    "build": (N_("Build"), kg_build.show),
    "fuse": (N_("Fuse"), kg_fuse.show),
    "ask": (N_("Ask"), kg_ask.show),
    "reason": (N_("Reason"), kg_reason.show),
    "propose": (N_("Propose"), kg_links.show),
    "features": (N_("Features"), kg_features.show),
    "together": (N_("Together"), kg_together.show),
    "embeddings": (N_("Embed together"), kg_embeddings.show),
    "asking": (N_("Ask together"), kg_asking.show),
}


def show() -> None:
    """The choice of a section, and the section."""
    asked = st.query_params.get("section", _FIRST)
    chosen = st.pills(  # pills keep their borders where they wrap, as eleven sections do on a narrow screen
        _("Section"), list(SECTIONS), default=asked if asked in SECTIONS else _FIRST, format_func=lambda key: _(SECTIONS[key][0]), key="graph-section",
        label_visibility="collapsed", required=True,
    )  # fmt: skip
    state.keep_in_address(section=None if chosen == _FIRST else chosen)
    SECTIONS[chosen][1]()
