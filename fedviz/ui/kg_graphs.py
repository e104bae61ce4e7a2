"""Which graph of the data folder is meant: one select box for all sections that work on one."""

import streamlit as st

from fedviz.core.i18n import _
from fedviz.kg.store import folder
from fedviz.kg.store.store import GraphStore
from fedviz.ui import state
from fedviz.ui.text import clean, plain

_KEY = "kg-graph"


def chosen(key: str = _KEY) -> GraphStore | None:
    """The graph that the viewer works on, from `?graph=` or the select box; None, said in a sentence, where there is none yet."""
    infos = {info.name: info for info in folder.list_graphs()}
    if not infos:
        st.info(_("There is no graph of your own yet: bring one in under Sources, or build one from texts under Build."), icon=":material/hub:")
        return None
    asked = st.query_params.get("graph") or st.session_state.get("kg-last")
    names = list(infos)
    if st.query_params.get("graph") not in (None, *names):
        st.warning(plain(_("There is no graph named {name}; known: {known}.").format(name=repr(clean(st.query_params["graph"], 60)), known=", ".join(names))))
    name = st.selectbox(
        _("Graph"), names, index=names.index(asked) if asked in names else 0, key=key,
        format_func=lambda name: _("{title} ({count} statements)").format(title=clean(infos[name].title, 60), count=f"{infos[name].triples:,}"),
    )  # fmt: skip
    st.session_state["kg-last"] = name
    state.keep_in_address(graph=name)
    return GraphStore(name)


def names(now: str) -> dict[str, str]:
    """What a scenario's graph may be, with words for each: its own, or one of the data folder; `now` is among them, also where it is gone or another version."""
    found = {"": _("the scenario's own")}
    found |= {info.name: _("{title} ({count} statements)").format(title=clean(info.title, 60), count=f"{info.triples:,}") for info in folder.list_graphs()}
    if now not in found:
        found[now] = _("{name} as it was").format(name=clean(now, 60))
    return found


def names_or_none(now: str) -> dict[str, str]:
    """`names` for texts that bring no graph of their own."""
    return names(now) | {"": _("no graph")}


def turn_to(name: str, key: str = _KEY) -> None:
    """Look at this graph from now on; to be called before `chosen` draws its select box."""
    st.session_state[key] = st.session_state["kg-last"] = name
    st.query_params["graph"] = name
