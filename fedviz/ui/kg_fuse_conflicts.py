"""Contradictions: who says what, whom to trust, what settling would change, and the way back."""

import streamlit as st

from fedviz.core.errors import FedvizError
from fedviz.core.i18n import N_, _
from fedviz.kg.fuse import contradictions, settle, truth
from fedviz.kg.fuse.records import Contradiction, Settled
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import compact
from fedviz.ui.kg_fuse_words import STATUSES, Name, names_of, where
from fedviz.ui.sentences import sentence
from fedviz.ui.text import clean, plain

_KINDS: dict[str, str] = {
    "functional": N_("One value, several answers"),
    "cardinality": N_("More values than allowed"),
    "disjoint": N_("Classes that exclude each other"),
    "value": N_("Impossible value"),
    "unit": N_("Unit of another kind"),
    "cycle": N_("Circle in is_a"),
}
_MOST = 500


def show(store: GraphStore) -> None:
    """The contradictions of a graph, open and settled."""
    try:
        with st.spinner(_("Looking for contradictions")):
            found, known, done, before = contradictions.find(store), settle.trust(store), contradictions.settled(store), settle.decided_before(store)
    except FedvizError as error:
        st.error(plain(error))
        return
    _copying(store, known)
    if before:
        st.warning(_("Settled by you, and open again because a newer source brought the other answers back: {count}").format(count=f"{len(before):,}"), icon=":material/history:")
        if st.button(_("Settle them as before"), key="fuse-before", icon=":material/replay:"):
            _apply(store, before)
    if found:
        counts = {kind: sum(one.kind == kind for one in found) for kind in _KINDS}
        st.caption(" · ".join(f"{_(_KINDS[kind])}: {count:,}" for kind, count in counts.items() if count))
        _one(store, _choice(store, found, "fuse-conflict"), known)
        _all(store, found)
    else:
        st.info(_("Nothing here contradicts anything else, as far as can be seen."), icon=":material/done_all:")
    if known.trust:
        _trust(store, known)
    if done:
        _done(store, done)


def _choice(store: GraphStore, found: tuple[Contradiction, ...], key: str) -> Contradiction:
    shown = {one.key: one for one in found[:_MOST]}
    name = names_of(store, [one.subject for one in shown.values()])
    chosen = st.selectbox(_("A contradiction"), list(shown), format_func=lambda which: _title(name, shown[which]), key=key)
    return shown.get(chosen, found[0])


def _title(name: Name, one: Contradiction) -> str:
    return clean(f"{name(one.subject)} · {compact(one.predicate)} ({len(one.claims)})", 120)


def _one(store: GraphStore, one: Contradiction, known: truth.Truth) -> None:
    st.markdown(plain(sentence(one.rule)))
    sources = {source.key: source for source in store.info.sources}
    name = names_of(store, [claim.value for claim in one.claims])
    rows = []
    for claim in one.claims:
        for source, statement, status in claim.said:
            rows.append(
                {
                    _("Value"): clean(name(claim.value), 80), _("Source"): clean(sources[source].title, 60), _("Trust"): known.trust.get(source),
                    _("Status"): _(STATUSES[status]), _("Date"): sources[source].date[:10], _("Evidence"): where(entry for entry in store.evidence(statement) if entry.source == source),
                }
            )  # fmt: skip
    st.dataframe(rows, hide_index=True, column_config={_("Trust"): st.column_config.NumberColumn(format="%.2f")})
    numbers = list(range(len(one.claims)))
    cycle = one.kind == "cycle"
    label = _("Which one is wrong?") if cycle else _("Which one is right?")
    answer = st.radio(label, [*numbers, -1] if not cycle else numbers, index=None, key=f"fuse-right-{one.key}", format_func=lambda number: clean(name(one.claims[number].value), 80) if number >= 0 else _("None of them"))
    if st.button(_("This is my answer"), key="fuse-hand", disabled=answer is None, icon=":material/gavel:") and answer is not None:
        right = [number for number in numbers if number != answer] if cycle else [answer] if answer >= 0 else []
        _settle_by_hand(store, one, right)


def _settle_by_hand(store: GraphStore, one: Contradiction, right: list[int]) -> None:
    try:
        _apply(store, (settle.by_hand(one, right),))
    except FedvizError as error:
        st.error(plain(error))


def _all(store: GraphStore, found: tuple[Contradiction, ...]) -> None:
    st.subheader(_("Settle all of them"))
    method = st.segmented_control(_("By what"), list(settle.METHODS), default="trust", format_func=lambda key: _(settle.METHODS[key]), key="fuse-method", required=True)
    plans = settle.plan(store, found, method)
    moves = [(one, move) for one in plans for move in one.moves]
    undecided = sum(not one.winners and one.contradiction.allowed > 0 for one in plans)
    st.caption(
        _("Statements that would change their status: {count}. Contradictions that stay open, as disputed, because nothing decides them: {undecided}.").format(
            count=f"{len(moves):,}", undecided=f"{undecided:,}"
        )
    )
    titles = {source.key: source.title for source in store.info.sources}
    name = names_of(store, [end for _one, move in moves[:_MOST] for end in (move.statement.subject, move.statement.object)])
    rows = [
        {
            _("Thing"): clean(name(move.statement.subject), 60), _("Relation"): clean(compact(move.statement.predicate), 40), _("Value"): clean(name(move.statement.object), 60),
            _("Source"): clean(titles.get(move.source, move.source), 40), _("Now"): _(STATUSES[move.old]), _("Then"): _(STATUSES[move.new]),
        }
        for _one, move in moves[:_MOST]
    ]  # fmt: skip
    if rows:
        st.dataframe(rows, hide_index=True, height=min(38 + 35 * len(rows), 300))
    if st.button(_("Settle {count} contradictions").format(count=f"{len(plans) - undecided:,}"), key="fuse-settle", type="primary", disabled=not moves, icon=":material/balance:"):
        _apply(store, plans)


def _apply(store: GraphStore, plans: tuple[Settled, ...]) -> None:
    try:
        with st.spinner(_("Statements change their status, and conclusions follow.")):
            settle.apply(store.name, plans)
    except FedvizError as error:
        st.error(plain(error))
        return
    st.rerun()


def _copying(store: GraphStore, known: truth.Truth) -> None:
    titles = {source.key: source.title for source in store.info.sources}
    for pair in known.copying:
        if pair.probability >= truth.WARNED:
            st.warning(
                plain(
                    _("{left} and {right} agree suspiciously well: of {shared} questions that both answer, they share {false} answers that seem to be wrong. One may copy from the other; what both say counts for less.").format(
                        left=clean(titles.get(pair.left, pair.left), 60), right=clean(titles.get(pair.right, pair.right), 60), shared=f"{pair.shared:,}", false=f"{pair.shared_false:,}"
                    )
                ),
                icon=":material/content_copy:",
            )  # fmt: skip


def _trust(store: GraphStore, known: truth.Truth) -> None:
    titles = {source.key: source.title for source in store.info.sources}
    with st.expander(_("Trust in the sources")):
        st.dataframe(
            [{_("Source"): clean(titles.get(key, key), 60), _("Estimated accuracy"): trust} for key, trust in sorted(known.trust.items(), key=lambda entry: -entry[1])],
            hide_index=True, column_config={_("Estimated accuracy"): st.column_config.ProgressColumn(format="%.2f", min_value=0, max_value=1)},
        )  # fmt: skip
        st.caption(_("Estimated from everything that several sources answer: a source is trusted where others that are trusted agree with it (Dong, Berti-Equille and Srivastava, 2009)."))


def _done(store: GraphStore, done: tuple[Contradiction, ...]) -> None:
    with st.expander(_("Settled ({count})").format(count=f"{len(done):,}")):
        one = _choice(store, done, "fuse-settled")
        name = names_of(store, [claim.value for claim in one.claims])
        st.dataframe(
            [{_("Value"): clean(name(claim.value), 80), _("Status"): ", ".join(dict.fromkeys(_(STATUSES[status]) for *_said, status in claim.said))} for claim in one.claims],
            hide_index=True,
        )
        with st.container(horizontal=True):
            this = st.button(_("Open this one again"), key="fuse-restore", icon=":material/undo:")
            every = st.button(_("Open all of them again"), key="fuse-restore-all", icon=":material/undo:")
        if this or every:
            try:
                with st.spinner(_("Statements change their status, and conclusions follow.")):
                    settle.restore(store.name, done if every else (one,))
            except FedvizError as error:
                st.error(plain(error))
                return
            st.rerun()
