"""What construction found, step by step: the texts with their mentions coloured, the triples with their sentences, what was held back and why, and accepting."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import streamlit as st

from fedviz.core.errors import FedvizError
from fedviz.core.i18n import N_, _
from fedviz.kg.construct.records import Extracted, Extraction, Found
from fedviz.kg.construct.write import write
from fedviz.kg.graph import KnowledgeGraph
from fedviz.kg.store import folder
from fedviz.ui import kg_graphs, kg_links
from fedviz.ui.sentences import called
from fedviz.ui.text import clean, plain

_COLOURS = {"exact": "green", "abbreviation": "green", "variant": "blue", "embedding": "violet", "quantity": "orange", "date": "orange", "name": "gray"}
_METHODS = {
    "exact": N_("name of the graph"), "abbreviation": N_("abbreviation that the text defines"), "variant": N_("other spelling"), "embedding": N_("near name"),
    "quantity": N_("quantity"), "date": N_("date"), "name": N_("proper name"),
    "pattern": N_("pattern"), "phrase pattern": N_("pattern in a phrase"), "maintenance pattern": N_("pattern of maintenance orders"), "dependency": N_("dependency"),
    "distant supervision": N_("distant supervision"), "head noun": N_("noun of a new thing"), "value pattern": N_("value"), "language model": N_("language model (invents names)"),
}  # fmt: skip
_REASONS = {
    "negated": N_("denied by “{words}”"), "speculative": N_("doubted by “{words}”"), "history": N_("past: “{words}”"), "unsure": N_("less sure than asked for: {words}"),
    "invented": N_("invented: “{words}” does not stand in the sentence"), "relation": N_("a relation that was not asked for: {words}"),
}  # fmt: skip
_TEXTS = 12
_ROWS = 500


def forget() -> None:
    """Begin afresh: what was accepted or left out before belongs to other triples."""
    st.session_state["kg-build-round"] = st.session_state.get("kg-build-round", 0) + 1


def show(built: tuple[Extraction, ...], graph: KnowledgeGraph | None, origin: str) -> None:
    """The steps in their order, each in a tab; the last one writes."""
    facts = [(one, fact) for one in built for fact in one.triples]
    held = [(one, fact) for one in built for fact in one.held]
    counts = (sum(len(one.mentions) for one in built), len(facts), len(held))
    st.markdown(_("Texts: {texts}. Mentions: {mentions}. Triples: {triples}. Held back: {held}.").format(texts=f"{len(built):,}", mentions=f"{counts[0]:,}", triples=f"{counts[1]:,}", held=f"{counts[2]:,}"))
    mentions, triples, back, accept, missing = st.tabs([_("Mentions"), _("Triples"), _("Held back"), _("Accept"), _("Missing")])
    with mentions:
        _mentions(built, graph)
    with triples:
        left_out = _triples(facts)
    with back:
        st.caption(_("What a sentence denies, doubts or tells of the past is never stored as a fact."))
        _table([{_("Why"): _why(fact), **_row(one, fact)} for one, fact in held[:_ROWS]], len(held))
    with accept:
        _accept(built, graph, origin, left_out)
    with missing:
        st.caption(_("Once triples are written, the graph's own structure proposes what it lacks. Nothing is added unless you accept it."))
        kg_links.show()


def _mentions(built: Sequence[Extraction], graph: KnowledgeGraph | None) -> None:
    used = Counter(mention.method for one in built for mention in one.mentions)
    legend = " ".join(f":{_COLOURS[method]}-background[{plain(_(_METHODS[method]))} ({count:,})]" for method, count in used.most_common() if method in _COLOURS)
    if legend:
        st.markdown(legend)
    for one in built[:_TEXTS]:
        st.markdown(coloured(one.document.text, one.mentions))
    if len(built) > _TEXTS:
        st.caption(_("The first {shown} of {count} texts.").format(shown=_TEXTS, count=f"{len(built):,}"))
    rows = [
        {_("Words"): clean(mention.surface, 80), _("Entity"): _name(mention, graph), _("Found by"): _(_METHODS.get(mention.method, mention.method)), _("Score"): round(mention.score, 2)}
        for one in built for mention in one.mentions
    ]  # fmt: skip
    _table(rows[:_ROWS], len(rows))


def coloured(text: str, mentions: Sequence[Found]) -> str:
    """A text as Markdown with its mentions on colour; joined, the words are those of the text."""
    parts, place = [], 0
    for mention in sorted(mentions):
        parts += [_escaped(text[place : mention.start]), f":{_COLOURS.get(mention.method, 'gray')}-background[**{plain(text[mention.start : mention.end], 400)}**]"]
        place = mention.end
    return "".join((*parts, _escaped(text[place:])))


def _escaped(words: str) -> str:
    """`plain` keeps no white space at the ends, which the words around a mention need."""
    before, after = words[: len(words) - len(words.lstrip())], words[len(words.rstrip()) :]
    return (" " if before else "") + plain(words, 20_000) + (" " if after and words.strip() else "")


def _triples(facts: Sequence[tuple[Extraction, Extracted]]) -> set[int]:
    """The triples, each with a box; gives the places of those that the viewer takes out."""
    if not facts:
        st.info(_("No triple was found. The cues of another domain, or names of another graph, may fit these texts better."), icon=":material/search_off:")
        return set()
    by = Counter(fact.relation for _one, fact in facts)
    st.caption(plain(", ".join(f"{name} {count:,}" for name, count in by.most_common(12))))
    rows = [{_("Accept"): True, **_row(one, fact)} for one, fact in facts[:_ROWS]]
    edited = st.data_editor(rows, hide_index=True, disabled=[key for key in rows[0] if key != _("Accept")], key=f"kg-build-rows-{st.session_state.get('kg-build-round', 0)}")
    if len(facts) > _ROWS:
        st.caption(_("The first {shown} of {count}; the others are accepted with them.").format(shown=_ROWS, count=f"{len(facts):,}"))
    return {place for place, row in enumerate(edited) if not row[_("Accept")]}


def _row(one: Extraction, fact: Extracted) -> dict[str, Any]:
    return {
        _("Head"): clean(fact.head.surface, 80), _("Relation"): fact.relation, _("Tail"): clean(fact.tail.value or fact.tail.surface, 80), _("Sentence"): clean(fact.sentence, 300),
        _("Found by"): _(_METHODS.get(fact.method, fact.method)), _("Confidence"): round(fact.confidence, 2), _("Party"): called(one.document.party) if one.document.party else "",
    }  # fmt: skip


def _why(fact: Extracted) -> str:
    kind, _colon, words = fact.held.partition(": ")
    return _(_REASONS[kind]).format(words=clean(words, 60)) if kind in _REASONS else clean(fact.held, 80)


def _name(mention: Found, graph: KnowledgeGraph | None) -> str:
    if mention.value:
        return mention.value
    item = graph.entities.get(mention.entity) if graph and mention.entity else None
    return f"{clean(item.name, 80)} ({clean(mention.entity, 40)})" if item else ""


def _table(rows: Sequence[dict[str, Any]], count: int) -> None:
    if not rows:
        st.caption(_("Nothing."))
        return
    st.dataframe(rows, hide_index=True)
    if count > len(rows):
        st.caption(_("The first {shown} of {count}.").format(shown=f"{len(rows):,}", count=f"{count:,}"))


def _accept(built: Sequence[Extraction], graph: KnowledgeGraph | None, origin: str, left_out: set[int]) -> None:
    kept, place = [], 0
    for one in built:
        kept.append(one._replace(triples=tuple(fact for number, fact in enumerate(one.triples, place) if number not in left_out)))
        place += len(one.triples)
    count = sum(len(one.triples) for one in kept)
    st.markdown(_("{count} triples are accepted. Each is written with its sentence, document, method, confidence and party; a party becomes a source of its own.").format(count=f"{count:,}"))
    title = st.text_input(_("Name of the graph"), key="kg-build-title", max_chars=80, help=_("A graph of that name is added to; a new name makes a new graph."))
    if st.button(_("Write into the graph"), disabled=not count or not title.strip(), key="kg-build-write", icon=":material/save:"):
        try:
            added = write(folder.slug(title), kept, origin if origin != "text" else _("a text"), graph, title)
        except FedvizError as error:
            st.error(plain(error))
            return
        kg_graphs.turn_to(folder.slug(title))
        st.success(plain(_("{count} statements were written to {title}.").format(count=f"{sum(sum(source.counts.values()) for source in added):,}", title=clean(title, 60))))
