"""The queue of pairs that may be the same: both sides with their evidence, one key for each answer, and every answer can be taken back."""

from collections.abc import Mapping

import streamlit as st

from fedviz.core.errors import FedvizError, InputError
from fedviz.core.i18n import N_, _
from fedviz.kg.fuse import merge, queue
from fedviz.kg.fuse.records import Proposal, ResolveOptions, Verdict
from fedviz.kg.fuse.resolve import STEPS
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import compact
from fedviz.models.names import of_minilm
from fedviz.ui import forms, jobs
from fedviz.ui.kg_fuse_words import facts_of, names_of
from fedviz.ui.text import clean, plain

_JOB = "kg-fuse"
_KEYS = {"same": "s", "different": "d", "later": "l", "undo": "u"}
"""One key for each answer; "c" and "r" are Streamlit's own."""
_PART_WORDS = {
    "letters": N_("Letters"),
    "words": N_("Words"),
    "meaning": N_("Meaning"),
    "other names": N_("Their other names"),
    "opposites": N_("Opposites and numbers"),
    "special case": N_("One name says more"),
    "next best": N_("Distance to the next best"),
    "neighbours": N_("Neighbours"),
}
_VERDICTS: dict[str, str] = {"same": N_("the same"), "different": N_("different things")}


def show(store: GraphStore) -> None:
    """Search, the pair that is next, and what was decided."""
    _search(store)
    pairs, decided = queue.waiting(store), merge.decided(store)
    if pairs:
        st.caption(_("Pairs that wait: {waiting}. Decided: {decided}.").format(waiting=f"{len(pairs):,}", decided=f"{len(decided):,}"))
        later = st.session_state.setdefault(f"fuse-later-{store.name}", [])
        ordered = sorted(pairs, key=lambda pair: (_name(pair) in later, later.index(_name(pair)) if _name(pair) in later else 0))
        _pair(store, ordered[0])
    else:
        st.info(_("No pair waits for a decision."), icon=":material/done_all:")
    if decided:
        _decided(store, decided)


def _search(store: GraphStore) -> None:
    with st.expander(_("Look for the same things"), expanded=not queue.waiting(store) and not merge.decided(store)):
        options = forms.show(ResolveOptions, None, "fuse-options")
        if st.button(_("Look for the same things"), key="fuse-search", type="primary", disabled=options is None or jobs.running(_JOB), icon=":material/join:"):
            steps = {step: _(step) for step in STEPS}
            jobs.start(_JOB, _("Same things"), lambda job: _work(store.name, options, job, steps))
        st.caption(_("Merges by score are those that were right 19 times of 20 or more in `python -m fedviz bench fuse`; on other sources they may be right less often."))
    job = jobs.show(_JOB)
    if job is not None and job.result is not None:
        merged, remembered, waiting = job.result.merged, job.result.remembered, job.result.waiting
        st.success(
            plain(
                _("Pairs merged by their score: {merged}. Decided as you had decided before: {remembered}. Waiting for you: {waiting}.").format(
                    merged=f"{merged:,}", remembered=f"{remembered:,}", waiting=f"{waiting:,}"
                )
            )
        )
        jobs.forget(_JOB)


def _work(name: str, options: ResolveOptions | None, job: jobs.Job, steps: Mapping[str, str]) -> queue.Found:
    def check() -> None:
        if job.cancelled():
            raise InputError("The search was cancelled; nothing was merged.")

    return queue.search(name, options, of_minilm, lambda done, total, step: job.progress(done, total, steps[step]), check)


def _pair(store: GraphStore, pair: Proposal) -> None:
    known = queue.named(store, (pair.left, pair.right))
    for column, key, name in zip(st.columns(2), (pair.left, pair.right), pair.names, strict=True):
        with column, st.container(border=True):
            st.markdown(f"**{plain(name)}**")
            item = known.get(key)
            others = [other for other in (item.name, *item.synonyms) if other != name] if item else []
            if others:
                st.caption(plain(_("also: {names}").format(names=", ".join(clean(other, 60) for other in others[:6]))))
            st.caption(plain(compact(key), 120))
            if item and item.definition:
                st.markdown(plain(item.definition, 300))
            facts = facts_of(store, key)
            if facts:
                st.dataframe(facts, hide_index=True, height=min(38 + 35 * len(facts), 220))
            else:
                st.caption(_("No source says anything else of it."))
    st.progress(pair.score, text=plain(_("Score {score}: how likely it is that they are the same").format(score=f"{pair.score:.2f}")))
    clicked = _buttons()
    if clicked in ("same", "different"):
        _answer(store, pair, clicked)
    elif clicked == "later":
        later = st.session_state[f"fuse-later-{store.name}"]
        later[:] = [name for name in later if name != _name(pair)] + [_name(pair)]
        st.rerun()
    elif clicked == "undo":
        _undo_last(store)
    with st.expander(_("What speaks for it and what against it")):
        parts = sorted(pair.parts.items(), key=lambda entry: -abs(entry[1]))
        st.dataframe([{_("Evidence"): _(_PART_WORDS[part]), _("Adds to the log-odds"): round(added, 2)} for part, added in parts], hide_index=True)


def _buttons() -> str:
    """The answer that was clicked, or whose key was pressed; empty without one."""
    words = {"same": _("The same"), "different": _("Different"), "later": _("Later"), "undo": _("Take the last one back")}
    icons = {"same": ":material/join:", "different": ":material/close:", "later": ":material/schedule:", "undo": ":material/undo:"}
    clicked = ""
    with st.container(horizontal=True):
        for answer, key in _KEYS.items():
            kind = "primary" if answer == "same" else "secondary"
            disabled = answer == "undo" and not st.session_state.get("fuse-last")
            if st.button(words[answer], key=f"fuse-{answer}", shortcut=key, type=kind, icon=icons[answer], disabled=disabled):
                clicked = answer
    return clicked


def _answer(store: GraphStore, pair: Proposal, verdict: Verdict) -> None:
    try:
        queue.answer(store, pair.left, pair.right, verdict)
    except FedvizError as error:
        st.error(plain(error))
        return
    st.session_state["fuse-last"] = (store.name, pair.left, pair.right)
    st.rerun()


def _undo_last(store: GraphStore) -> None:
    name, left, right = st.session_state.pop("fuse-last")
    if name == store.name:
        _undo(store, left, right)


def _undo(store: GraphStore, left: str, right: str) -> None:
    try:
        merge.undo(store.name, left, right)
    except FedvizError as error:
        st.error(plain(error))
        return
    st.rerun()


def _decided(store: GraphStore, decided: dict[tuple[str, str], Verdict]) -> None:
    with st.expander(_("What was decided ({count})").format(count=f"{len(decided):,}")):
        pairs = list(decided)
        shown = pairs[:500]
        name = names_of(store, [end for pair in shown for end in pair])
        st.dataframe(
            [
                {_("Stands for both"): clean(name(left), 80), _("Verdict"): _(_VERDICTS[decided[left, right]]), _("Other thing"): clean(name(right), 80)}
                for left, right in shown
            ],
            hide_index=True, height=min(38 + 35 * len(shown), 300),
        )  # fmt: skip
        chosen = st.selectbox(_("A decision"), shown, format_func=lambda pair: clean(f"{name(pair[0])} \u2194 {name(pair[1])}", 120), key="fuse-decided")
        if st.button(_("Take this decision back"), key="fuse-take-back", icon=":material/undo:") and chosen is not None:
            _undo(store, *chosen)
        st.caption(_("Decisions are a source of their own in this graph: merged things are one entity wherever the graph is drawn or trained with."))


def _name(pair: Proposal) -> str:
    return f"{pair.left} {pair.right}"
