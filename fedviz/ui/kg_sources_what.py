"""What a graph is made of: its sources with their provenance, its versions, and how much of what it holds."""

from typing import Any

import streamlit as st

from fedviz.core.i18n import N_, _
from fedviz.core.registry import SOURCES
from fedviz.kg.store.records import SourceInfo, Status
from fedviz.kg.store.store import GraphStore
from fedviz.ui import kg_sources_in
from fedviz.ui.text import clean, plain

STATUS_WORDS: dict[Status, str] = {"asserted": N_("asserted"), "derived": N_("derived"), "disputed": N_("disputed"), "rejected": N_("rejected")}
"""What a status is called (messages)."""
_KINDS = {"scenario": N_("Scenario"), "rules": N_("Rules"), "hand": N_("By hand")}
_MOST = 200


def sources(store: GraphStore) -> None:
    """The table of sources, what the chosen one skipped, and the versions."""
    info = store.info
    if not info.sources:
        st.caption(_("This graph has no source yet."))
        return
    st.dataframe(
        {
            _("Source"): [clean(source.title) for source in info.sources],
            **{_(words): [source.counts.get(status, 0) for source in info.sources] for status, words in STATUS_WORDS.items()},
            _("Skipped"): [source.skipped for source in info.sources],
            _("Party"): [clean(source.party) for source in info.sources],
            _("Licence"): [clean(source.licence) for source in info.sources],
            _("Confidence"): [source.confidence for source in info.sources],
            _("Reader"): [reader_words(source) for source in info.sources],
            _("From"): [clean(source.origin) for source in info.sources],
            _("Date"): [source.date[:16].replace("T", " ") for source in info.sources],
            _("SHA-256"): [source.sha256[:16] for source in info.sources],
            _("Key"): [source.key for source in info.sources],
        },
        hide_index=True, key="kg-source-table",
    )  # fmt: skip
    told = {source.key: source for source in info.sources if source.examples or source.left_out}
    if told:
        with st.expander(_("What was skipped or left out")):
            key = st.selectbox(_("Source"), list(told), format_func=lambda each: clean(told[each].title), key="kg-skipped-source")
            kg_sources_in.skipped(told[key].model_copy(update={"key": f"{key}-again"}))
    st.markdown(f"**{_('Versions')}**")
    st.caption(_("Two versions have the same digest exactly when their sources and statuses hold the same triples."))
    versions = info.versions[::-1][:_MOST]
    st.dataframe(
        {
            _("Version"): [version.number for version in versions],
            _("What was done"): [clean(version.what) for version in versions],
            _("Statements"): [version.triples for version in versions],
            _("Digest"): [version.digest for version in versions],
            _("Date"): [version.date[:16].replace("T", " ") for version in versions],
        },
        hide_index=True, key="kg-version-table",
    )  # fmt: skip


def statistics(store: GraphStore) -> None:
    """How many statements, entities and values there are, and which relations and types."""
    found = _statistics(store.name, f"{store.digest}-{len(store.info.versions)}")
    for column, (words, count) in zip(
        st.columns(4), ((_("Statements"), found.triples), (_("Entities"), found.entities), (_("Values"), found.literals), (_("Relations"), len(found.relations))), strict=True
    ):
        column.metric(words, f"{count:,}")
    left, right = st.columns(2)
    left.dataframe(_counted(_("Relation"), found.relations), hide_index=True, key="kg-relations")
    if found.types:
        right.dataframe(_counted(_("Type"), found.types), hide_index=True, key="kg-types")
    else:
        right.caption(_("No entity has a type."))


def reader_words(source: SourceInfo) -> str:
    """What brought a source in, in the viewer's language."""
    return _(SOURCES.get(source.reader).title) if source.reader in SOURCES.names() else _(_KINDS.get(source.reader, clean(source.reader)))


@st.cache_data(max_entries=16, show_spinner=False)
def _statistics(name: str, version: str) -> Any:
    """`version` is part of the key alone."""
    return GraphStore(name).statistics()


def _counted(words: str, rows: tuple[tuple[str, int], ...]) -> dict[str, list[Any]]:
    return {words: [clean(name) for name, _count in rows[:_MOST]], _("Statements"): [count for _name, count in rows[:_MOST]]}


def titled(store: GraphStore) -> dict[str, str]:
    """Key of each source -> its title as Markdown."""
    return {source.key: plain(source.title) for source in store.info.sources}
