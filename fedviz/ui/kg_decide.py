"""Deciding about proposals: rows are chosen, then accepted or rejected, one by one or several; both are remembered in the graph."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol, TypeVar

import streamlit as st

from fedviz.core.errors import FedvizError
from fedviz.core.i18n import N_, _
from fedviz.kg.embed.decide import Proposed, accept, reject
from fedviz.kg.store.memory import LABELS
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import compact, value
from fedviz.ui.text import clean, plain

P = TypeVar("P", bound=Proposed)
_STALE = N_("These proposals are of an earlier version of the graph; look for them again.")


class Ends(Protocol):
    """What has two ends that are terms."""

    @property
    def subject(self) -> str:
        """The first one."""
        ...

    @property
    def object(self) -> str:
        """The second one."""
        ...


def show(store: GraphStore, digest: str, proposals: Sequence[P], rows: dict[str, list[Any]], key: str) -> tuple[P, ...] | None:
    """The table and its two buttons; what is left of the proposals after a decision, None where none was taken. `digest`: of the version that they are of."""
    event = st.dataframe(rows, hide_index=True, on_select="rerun", selection_mode="multi-row", key=f"{key}-{store.name}-{digest}")
    picked = {row for row in event.selection.rows if row < len(proposals)}
    if digest != store.digest:
        st.warning(_(_STALE))
        return None
    if told := st.session_state.pop(f"{key}-told", ""):
        st.success(plain(told))
    left, right, _space = st.columns((1, 1, 2))
    chosen = [proposals[row] for row in sorted(picked)]
    try:
        if left.button(_("Accept {count} chosen").format(count=len(picked)), disabled=not picked, key=f"{key}-accept", icon=":material/check:"):
            told = _("{count} statements were added.").format(count=accept(store.name, chosen))
        elif right.button(_("Reject {count} chosen").format(count=len(picked)), disabled=not picked, key=f"{key}-reject", icon=":material/close:"):
            told = _("{count} proposals are remembered as rejected.").format(count=reject(store.name, chosen))
        else:
            return None
    except FedvizError as error:
        st.error(plain(error))
        return None
    st.session_state[f"{key}-told"] = told
    return tuple(entry for row, entry in enumerate(proposals) if row not in picked)


def names(store: GraphStore, proposals: Iterable[Ends]) -> dict[str, str]:
    """How each end is called: its label where it has one, else its short name."""
    ends = {end for entry in proposals for end in (entry.subject, entry.object)}
    return {end: name(store, end) for end in ends}


def name(store: GraphStore, term: str) -> str:
    """What a term is called."""
    said = next((row.object for label in LABELS for row in (store.match(term, label) if term.startswith("<") else ())), None)
    return clean(value(said) if said else compact(term))
