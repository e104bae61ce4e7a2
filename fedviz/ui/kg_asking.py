"""Section *Ask together* of the page *Graph*: a question over several parties' graphs, each of which stays where it is."""

from itertools import islice

import streamlit as st

from fedviz.core.errors import FedvizError
from fedviz.core.i18n import N_, _
from fedviz.federation.asking.ask import Answered, Cell, Said, ask
from fedviz.federation.asking.party import Party
from fedviz.federation.asking.question import read_question
from fedviz.federation.asking.split import WAYS, parties_of
from fedviz.kg.store.memory import DEFINITIONS, KIND, LABELS, SYNONYMS
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import Statement, compact, is_iri
from fedviz.ui import kg_graphs
from fedviz.ui.text import clean, plain

_SPLITS = {"party": N_("by the party of each source"), "source": N_("by source"), "random": N_("at random, to see how it would be")}
_KINDS = {"count": N_("how many fit?"), "bindings": N_("all that fits"), "semi-join": N_("what fits these ids"), "names": N_("names of ids")}
_TEMPLATES = {"steps": N_("Two steps from a thing"), "common": N_("What else has the same?"), "back": N_("What leads to it, in two steps?")}
MAX_SHOWN = 500


def show() -> None:
    """Parties, the question, the rows, who said what and what moved."""
    st.markdown(_(
        "Several parties hold a graph each and show it to nobody. The asker takes a question apart; each party answers one pattern at a time, by keyed ids instead of names, "
        "and only what still fits. The parties share the key and the asker does not have it; whoever gets the key can guess names."
    ))  # fmt: skip
    store = kg_graphs.chosen()
    if store is None:
        return
    left, middle, right = st.columns(3)
    by = left.selectbox(_("Parties"), WAYS, index=WAYS.index("random"), key="kg-asking-by", format_func=lambda way: _(_SPLITS[way]))
    count = int(middle.number_input(_("How many parties"), 2, 8, 4, key="kg-asking-count", disabled=by != "random"))
    named = right.toggle(_("The asker may see names"), value=True, key="kg-asking-named", help=_("Without that, answers show ids, except what the question named itself."))
    template = st.selectbox(_("Kind of question"), list(_TEMPLATES), key="kg-asking-template", format_func=lambda name: _(_TEMPLATES[name]))
    try:
        text = st.text_area(
            _("Patterns, one a line"), _example(store, template), key=f"kg-asking-{store.name}-{template}", height=110,
            help=_("Three terms each: ?names are wanted, the others are short names, IRIs in angle brackets or quoted values."),
        )  # fmt: skip
        if st.button(_("Ask"), type="primary", key="kg-asking-go"):
            st.session_state["kg-asked"] = (store.name, store.digest, by, count, named, text)
        asked = st.session_state.get("kg-asked")
        if asked is None or asked[0] != store.name:
            return
        parties = _parties(*asked[:5])
        found = _answered(asked, parties)
    except FedvizError as error:
        st.error(plain(error))
        return
    _draw(found, parties)


def _answered(asked: tuple[str, str, str, int, bool, str], parties: tuple[Party, ...]) -> Answered:
    """The answer to what was asked, kept for this viewer until something else is asked."""
    kept = st.session_state.get("kg-asked-answer")
    if kept is None or kept[0] != asked:
        with st.spinner(_("The parties are asked.")):
            kept = st.session_state["kg-asked-answer"] = (asked, ask(read_question(asked[5]), parties))
    found: Answered = kept[1]
    return found


@st.cache_resource(max_entries=4, show_spinner=False)
def _parties(name: str, digest: str, by: str, count: int, named: bool) -> tuple[Party, ...]:
    """`digest` is a part of the key: another version is another split."""
    return parties_of(GraphStore(name), by, count, named)


def _draw(found: Answered, parties: tuple[Party, ...]) -> None:
    columns = st.columns(3)
    columns[0].metric(_("Rows"), f"{len(found.rows):,}")
    columns[1].metric(_("Values moved"), f"{found.moved:,}", help=_("Ids, names, counts and given terms, both ways, all parties."))
    columns[2].metric(_("Of shipping the graphs"), f"{100 * found.share:.2f} %", help=_("Shipping all graphs to the asker would move {count} values.").format(count=f"{found.shipped:,}"))
    if found.rows:
        shown = found.rows[:MAX_SHOWN]
        st.dataframe({name: [_cell(row[place]) for row in shown] for place, name in enumerate(found.variables)}, hide_index=True)
        if len(found.rows) > MAX_SHOWN:
            st.caption(_("The first {shown} of {count} rows are shown.").format(shown=MAX_SHOWN, count=f"{len(found.rows):,}"))
        row = int(st.number_input(_("Proof of row"), 1, len(shown), 1, key="kg-asking-row"))
        for support in found.proofs[row - 1]:
            said = " ".join(_cell(cell) for cell in support.triple)
            st.markdown("- " + plain(said) + " · " + _("held by {parties}").format(parties=plain(", ".join(clean(parties[k].name, 40) for k in support.parties))))
    else:
        st.info(_("No row fits all patterns."))
    st.markdown(_("**Who was told and who said how much**"))
    moved = found.by_party(len(parties))
    st.dataframe(
        {
            _("Party"): [clean(party.name, 60) for party in parties],
            _("Statements"): [party.triples for party in parties],
            _("Values sent to it"): [sent for sent, _got in moved],
            _("Values it sent"): [got for _sent, got in moved],
        },
        hide_index=True,
    )
    with st.expander(_("Every exchange, in order")):
        said: list[Said] = list(found.said)
        st.dataframe(
            {
                _("Party"): [clean(parties[each.party].name, 60) for each in said],
                _("Asked for"): [_(_KINDS[each.kind]) for each in said],
                _("Pattern"): ["" if each.pattern is None else str(each.pattern + 1) for each in said],
                _("Values sent to it"): [each.sent for each in said],
                _("Values it sent"): [each.got for each in said],
            },
            hide_index=True,
        )


def _cell(cell: Cell) -> str:
    return f"#{cell.id:016x}" if cell.name is None else clean(compact(cell.name) if is_iri(cell.name) else cell.name)


def _example(store: GraphStore, template: str) -> str:
    """Patterns about something that the graph holds, to be edited; a neutral one for a graph without links."""
    aside = {*LABELS, *SYNONYMS, *DEFINITIONS, KIND}
    links = [row for row in islice(store.match(), 5000) if is_iri(row.object) and row.predicate not in aside]
    starts = {row.subject: row for row in links}
    first = next((row for row in links if row.object in starts), links[0] if links else Statement("?x", "?relation", "?y"))
    second = starts.get(first.object, first)
    if template == "common":
        return f"{first.subject} {first.predicate} ?same\n?other {first.predicate} ?same"
    if template == "back":
        return f"?x {first.predicate} ?y\n?y {second.predicate} {second.object}"
    return f"{first.subject} {first.predicate} ?x\n?x {second.predicate} ?y"
