"""Section *Fuse* of the page *Graph*: which things are the same, and what contradicts what."""

from collections.abc import Callable

import streamlit as st

from fedviz.core.i18n import N_, _
from fedviz.ui import kg_fuse_conflicts, kg_fuse_queue, kg_graphs, state

_PARTS: dict[str, tuple[str, Callable[..., None]]] = {
    "same": (N_("Same things"), kg_fuse_queue.show),
    "contradictions": (N_("Contradictions"), kg_fuse_conflicts.show),
}


def show() -> None:
    """The chosen graph's queue of pairs, or its contradictions."""
    st.markdown(_("Several sources call the same thing by different names, and contradict each other. What is decided here destroys nothing and can be taken back."))
    store = kg_graphs.chosen()
    if store is None:
        return
    asked = st.query_params.get("fuse", "same")
    chosen = st.segmented_control(
        _("What to look at"), list(_PARTS), default=asked if asked in _PARTS else "same", format_func=lambda key: _(_PARTS[key][0]), key="fuse-part",
        label_visibility="collapsed", required=True,
    )  # fmt: skip
    state.keep_in_address(fuse=None if chosen == "same" else chosen)
    _PARTS[chosen][1](store)
