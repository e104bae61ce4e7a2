"""Section *Reason* of the page *Graph*: rules that derive more, why a conclusion holds, taking premises back, and the check of the schema."""

from itertools import islice

import streamlit as st

from fedviz.core.errors import FedvizError
from fedviz.core.i18n import _
from fedviz.kg.ask.names import names
from fedviz.kg.reason import derive, owl, proof, rules, support
from fedviz.kg.reason.engine import Limits, Watch
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import Statement
from fedviz.ui import graph_component, jobs, kg_graphs, kg_shapes, kg_terms
from fedviz.ui.text import clean, plain

_JOB = "kg-reason"
_FEW = 200
_OWN = "CONSTRUCT { ?a rel:related_to ?c } WHERE { ?a rdfs:subClassOf ?b . ?c rdfs:subClassOf ?b FILTER(?a != ?c) }"


def show() -> None:
    """The rules, the work that goes on, the conclusions with their proofs, and the schema check."""
    graph_component.prepare()
    st.markdown(_("Rules derive statements that no source says. Every conclusion keeps its proof, and goes when the proof breaks."))
    store = kg_graphs.chosen()
    if store is None:
        return
    known = derive.rule_set(store)
    _rules(store, known)
    job = jobs.show(_JOB)
    if job is not None and isinstance(job.result, str):
        st.success(plain(job.result))
    known = derive.rule_set(store)
    if known is not None:
        _conclusions(store, known)
    with st.expander(_("Check the schema (SHACL)")):
        kg_shapes.show(store)


def _rules(store: GraphStore, known: derive.RuleSet | None) -> None:
    usual = derive.usual(store)
    chosen = st.multiselect(
        _("Rules"), list(rules.BUILT_IN), default=list(usual), key=f"kg-rules-{store.name}", format_func=lambda name: clean(f"{_(rules.BUILT_IN[name].title)} ({name})", 140),
        help=_("Chosen are those for which the graph has what they begin with."),
    )  # fmt: skip
    with st.expander(_("The rules as SPARQL, and a rule of your own")):
        for name in chosen:
            st.code(rules.BUILT_IN[name].sparql, language="sparql")
        own = st.text_area(_("A rule of your own"), key="kg-rule-own", placeholder=_OWN, help=_("CONSTRUCT what follows WHERE some patterns hold; FILTERs may be added."))
        columns = st.columns(2)
        most = columns[0].number_input(_("Most conclusions"), 1, 2_000_000, Limits().derived, key="kg-rules-most")
        time_s = columns[1].number_input(_("Time limit in seconds"), 1.0, 3600.0, Limits().time_s, key="kg-rules-time")
    limits = Limits(derived=most, time_s=time_s)
    columns = st.columns([0.3, 0.35, 0.35], gap="small")
    if columns[0].button(_("Derive"), type="primary", key="kg-derive", disabled=jobs.running(_JOB) or not (chosen or own.strip())):
        try:
            picked = [*(rules.BUILT_IN[name] for name in chosen), *(rules.read(own, "own") if own.strip() else ())]
            _start(store, picked, limits)
            st.rerun()
        except FedvizError as error:
            st.error(plain(error))
    if columns[1].button(_("OWL 2 RL, without proofs"), key="kg-derive-owl", disabled=jobs.running(_JOB) or not owl.available(), help=_("By the library reasonable: more rules, no proofs.")):
        _start_owl(store, limits)
        st.rerun()
    if known is not None and columns[2].button(_("Remove all conclusions"), key="kg-derive-forget", disabled=jobs.running(_JOB)):
        try:
            derive.forget(store.name)
            st.rerun()
        except FedvizError as error:
            st.error(plain(error))
    if known is not None and known.given != derive.state(store):
        st.warning(_("The graph has changed since these conclusions were derived: derive again."))


def _watch(job: jobs.Job, limits: Limits) -> Watch:
    return Watch(limits, lambda count, number: job.progress(count, limits.derived, _("{count} conclusions, round {round}").format(count=f"{count:,}", round=number)), job.cancelled)


def _start(store: GraphStore, picked: list[rules.Rule], limits: Limits) -> None:
    def work(job: jobs.Job) -> str:
        found = derive.derive(store.name, picked, _watch(job, limits))
        return _("{count} conclusions in {rounds} rounds.").format(count=f"{found.count:,}", rounds=found.rounds)

    jobs.start(_JOB, store.info.title, work)


def _start_owl(store: GraphStore, limits: Limits) -> None:
    def work(job: jobs.Job) -> str:
        added = owl.derive(store.name, _watch(job, limits))
        return _("{count} conclusions of OWL 2 RL.").format(count=f"{sum(added.counts.values()):,}")

    jobs.start(_JOB, store.info.title, work)


def _conclusions(store: GraphStore, known: derive.RuleSet) -> None:
    source = store.info.source(known.key)
    count = source.counts.get("derived", 0) if source is not None else 0
    st.subheader(_("What follows"))
    st.markdown(_("{count} statements follow by {rules}.").format(count=f"{count:,}", rules=plain(", ".join(dict.fromkeys(rule.name for rule in known.rules)))))
    about = kg_terms.pick(store, _("Conclusions about"), "kg-conclusions-about")
    held = list(islice(store.match(about, statuses=("derived",), sources=[known.key]), _FEW))
    if not held:
        st.info(_("Nothing follows about this."))
        return
    named = names(store, (end for row in held for end in (row.subject, row.object)))
    row = st.selectbox(
        _("Conclusion"), sorted(held, key=lambda row: kg_terms.sentence_of(store, row, named)), key=f"kg-conclusion-{store.name}-{hash(about)}",
        format_func=lambda row: kg_terms.sentence_of(store, row, named), help=_("At most {count} are listed; name a thing above to see those about it.").format(count=_FEW),
    )  # fmt: skip
    try:
        _proof(store, proof.proof(store, row), proof.alternatives(store, row))
    except FedvizError as error:
        st.warning(plain(error))


def _proof(store: GraphStore, steps: tuple[proof.Step, ...], ways: int) -> None:
    named = names(store, (end for step in steps for end in (step.statement.subject, step.statement.object)))
    words = [kg_terms.sentence_of(store, step.statement, named) for step in steps]
    lines = []
    for number, step in enumerate(steps):
        if step.rule:
            places = ", ".join(str(premise + 1) for premise in step.premises)
            why = _("follows from {steps}: {rule}").format(steps=places, rule=plain(_title(step.rule)))
        else:
            why = _("said by {sources}").format(sources=plain(", ".join(step.sources)))
        lines.append(f"{number + 1}. **{plain(words[number])}** ({why})")
    st.markdown("\n".join(lines))
    if ways > 1:
        st.caption(_("This is the shortest of {count} proofs that are kept.").format(count=ways))
    last = steps[-1].statement
    kg_terms.picture(
        store, [step.statement for step in steps], "kg-proof-graph", _("The proof as a graph; the list says the same"), ringed=(last.subject, last.object),
        concluded=[step.statement for step in steps if step.rule],
    )  # fmt: skip
    premise = st.selectbox(_("Take a premise back"), [number for number, step in enumerate(steps)], key=f"kg-premise-{hash(last)}", format_func=lambda number: words[number])
    if st.button(_("Reject it, with what hangs on it alone"), key="kg-reject", disabled=jobs.running(_JOB)):
        _reject(store, steps[premise].statement)
        st.rerun()


def _title(rule: str) -> str:
    return _(rules.BUILT_IN[rule].title) if rule in rules.BUILT_IN else rule


def _reject(store: GraphStore, row: Statement) -> None:
    def work(job: jobs.Job) -> str:
        settled = support.reject(store.name, [row])
        return _("Rejected: {count} conclusions went with it, {kept} hold by another proof.").format(count=f"{len(settled.retracted):,}", kept=f"{len(settled.proved_anew):,}")

    jobs.start(_JOB, store.info.title, work)
