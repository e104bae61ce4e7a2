"""Where a triple of a prediction comes from: the sentence or line of a source, for each triple of the graph that it stands for."""

from collections.abc import Callable, Mapping

import streamlit as st

from fedviz.charts.contrast import Contrast
from fedviz.charts.safe import signed
from fedviz.charts.waterfall import triple_label
from fedviz.core.errors import FedvizError
from fedviz.core.i18n import _
from fedviz.core.types import Triple
from fedviz.explain.records import Contribution, Explanation, triple_key
from fedviz.explain.sources import Sources, sources_of
from fedviz.kg.store.records import Evidence
from fedviz.models.predictor import Predictor
from fedviz.runs.folder import RunFolder
from fedviz.ui.text import clean, plain

_KEY = "explain-triple"


def choose(triple: Triple) -> None:
    """Show this triple's sources from now on."""
    st.session_state[_KEY] = triple_key(triple)


def sources(folder: RunFolder, predictor: Predictor) -> Sources:
    """Who says the triples of a run's graph. `UnknownNameError` where that graph is gone."""
    return sources_of(folder.config().scenario.graph, predictor.graph)  # type: ignore[attr-defined]


def show(
    folder: RunFolder, predictor: Predictor, after: Explanation, contrast: Contrast, paths: Mapping[Triple, tuple[Triple, ...]], on_switch: Callable[[Triple], None]
) -> None:
    """A select box of the triples, for those who click no graph, and the sources of the chosen one."""
    known: dict[str, Contribution | Triple] = {c.key: c for c in after.contributions}
    for path in paths.values():
        for triple in path:
            known.setdefault(triple_key(triple), triple)
    chosen = st.session_state.get(_KEY)
    if chosen not in known:
        st.session_state[_KEY] = None
    key = st.selectbox(
        _("Where does a triple come from?"), list(known), index=None, key=_KEY, placeholder=_("Choose a triple, or click an arrow or a bar"),
        format_func=lambda some: _words(predictor, known[some]),
    )
    if key is None:
        return
    item = known[key]
    with st.container(border=True, key="explain-triple-card"):
        st.markdown(f"**{plain(_words(predictor, item))}**")
        if isinstance(item, Contribution):
            _value(after, item, contrast, on_switch)
        path = paths.get(item.triple, (item.triple,)) if isinstance(item, Contribution) else (item,)
        if len(path) > 1:
            st.markdown(_("Its path in the graph, step by step; the value is that of the path's end:"))
        try:
            said = sources(folder, predictor)
            for triple in path:
                _step(predictor, said, triple, len(path) > 1, isinstance(item, Contribution) and item.added)
        except FedvizError as error:
            st.warning(plain(error))


def _words(predictor: Predictor, item: Contribution | Triple) -> str:
    if isinstance(item, Contribution):
        return triple_label(item.head_name, item.relation, item.tail_name)
    head, tail = (predictor.graph.entities[end].name for end in item[::2])
    return triple_label(head, item.relation, tail)


def _value(after: Explanation, item: Contribution, contrast: Contrast, on_switch: Callable[[Triple], None]) -> None:
    through = "" if item.mention is None else " " + _("through “{surface}” in the text").format(surface=plain(after.mentions[item.mention].surface, 60))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(_("It adds {value} to {name}.").format(value=signed(contrast.of(item.values), 3), name=plain(contrast.name(after.classes))) + through)
        label, icon = (_("Switch it on"), ":material/toggle_on:") if item.scale == 0 else (_("Switch it off"), ":material/toggle_off:")
        st.button(label, icon=icon, key="explain-triple-switch", on_click=on_switch, args=(item.triple,))


def _step(predictor: Predictor, said: Sources, triple: Triple, several: bool, added: bool) -> None:
    if several:
        st.markdown(f"- {plain(_words(predictor, triple))}")
    if triple not in predictor.graph.outgoing(triple.head):
        st.caption(_("You added this triple; no source says it.") if added else _("No triple of the graph: an entity's own features."))
        return
    entries = said.evidence(triple)
    for entry in entries[:5]:
        if entry.sentence:
            st.markdown(f"> {plain(entry.sentence, 600)}")
        st.caption(" · ".join(_details(said, entry)))
    if not entries and said.store is not None:
        st.caption(_("No source in the store says this triple: under the control the graph is shuffled."))
    elif not entries:
        words = _("The graph of the scenario comes as a whole from {source}; which line says a triple is not kept.")
        st.caption(words.format(source=plain(", ".join(said.titles.values()), 300)))


def _details(said: Sources, entry: Evidence) -> list[str]:
    out = [plain(said.titles.get(entry.source, entry.source), 120), plain(entry.document, 200)] if entry.document else [plain(said.titles.get(entry.source, entry.source), 120)]
    if entry.line:
        out.append(_("line {number}").format(number=f"{entry.line:,}"))
    out += [plain(words, 120) for words in (entry.party, entry.method) if words]
    return [*out, _("confidence {value}").format(value=f"{entry.confidence:.2f}"), clean(entry.date[:10])] if entry.date else out
