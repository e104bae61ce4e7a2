"""Who says so: find an entity, see what is said with it, and for one statement every source, line, sentence and premise behind it."""

import streamlit as st

from fedviz.core.i18n import _
from fedviz.kg.store.records import Evidence, Status
from fedviz.kg.store.search import about, name_of, search
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import Statement, compact
from fedviz.ui import kg_sources_what
from fedviz.ui.text import clean, plain


def show(store: GraphStore) -> None:
    """The search, the statements of the entity that was found, and the evidence of the chosen one."""
    words = st.text_input(_("Search for an entity"), key="kg-evidence-search", max_chars=200, placeholder=_("A name, a short name such as HP:0000118, or an IRI"))
    if not words.strip():
        st.caption(_("Choose a statement to see who says so."))
        return
    found = {entry.term: entry for entry in search(store, words)}
    if not found:
        st.info(plain(_("Nothing in this graph is named {words}.").format(words=clean(words, 60))))
        return
    term = st.selectbox(_("Entity"), list(found), format_func=lambda each: f"{clean(found[each].name, 80)} ({clean(compact(each), 60)})", key=f"kg-evidence-entity-{len(found)}")
    rows = about(store, term)
    if not rows:
        st.info(_("Nothing is said with this entity."))
        return
    chosen = st.dataframe(_table(store, rows), hide_index=True, key=f"kg-evidence-rows-{compact(term)}-{len(rows)}", on_select="rerun", selection_mode="single-row")
    places = chosen["selection"]["rows"]
    if places and places[0] < len(rows):
        _evidence(store, rows[places[0]][0])
    else:
        st.caption(_("Choose a statement to see who says so."))


def _table(store: GraphStore, rows: tuple[tuple[Statement, Status], ...]) -> dict[str, list[str]]:
    return {
        _("Head"): [clean(name_of(store, row.subject), 80) for row, _status in rows],
        _("Relation"): [clean(compact(row.predicate), 60) for row, _status in rows],
        _("Tail"): [clean(name_of(store, row.object), 120) for row, _status in rows],
        _("Status"): [_(kg_sources_what.STATUS_WORDS[status]) for _row, status in rows],
    }


def _evidence(store: GraphStore, row: Statement) -> None:
    titles = kg_sources_what.titled(store)
    entries = store.evidence(row)
    st.markdown(f"**{plain(name_of(store, row.subject), 80)}** — {plain(compact(row.predicate), 60)} — **{plain(name_of(store, row.object), 120)}**")
    for entry in entries:
        with st.container(border=True):
            st.markdown(f"**{titles.get(entry.source, plain(entry.source))}** · {_(kg_sources_what.STATUS_WORDS[entry.status])} · " + _("confidence {value}").format(value=f"{entry.confidence:.2f}"))
            if entry.sentence:
                st.markdown(f"> {plain(entry.sentence, 600)}")
            st.caption(" · ".join(_details(entry)))
            if entry.premises:
                st.caption(_("Concluded from:"))
                st.code("\n".join(clean(premise, 300) for premise in entry.premises[:20]), language=None)


def _details(entry: Evidence) -> list[str]:
    said = [plain(entry.document, 200)] if entry.document else []
    if entry.line:
        said.append(_("line {number}").format(number=f"{entry.line:,}"))
    said += [plain(words, 120) for words in (entry.party, entry.method) if words]
    return [*said, entry.date[:10]] if entry.date else said or [_("nothing more is known")]
