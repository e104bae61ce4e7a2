"""Section *Propose* of the page *Graph*: links and attributes that the graph lacks and its own structure makes likely; nothing is added unasked."""

import streamlit as st

from fedviz.core.i18n import N_, _
from fedviz.kg.embed.propose import Proposed, linked, propose
from fedviz.kg.embed.training import EmbedOptions
from fedviz.kg.store.change import Cancelled
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import compact
from fedviz.ui import forms, jobs, kg_decide, kg_gaps, kg_graphs
from fedviz.ui.text import clean

_JOB, _ALL = "kg-propose", ""
_ADVANCED = ("width", "rate", "batch", "negatives", "decay", "epochs", "patience", "every", "seed")
MAX_READ = 1_000_000
_CANCELLED = N_("The training was cancelled; the graph is as it was before.")
_WAYS = {"links": N_("Missing links"), "attributes": N_("Missing attributes")}


def show() -> None:
    """The options, the work that goes on, what it found, and the button that adds what is chosen."""
    store = kg_graphs.chosen()
    if store is not None:
        panel(store)


def panel(store: GraphStore) -> None:
    """Proposals for one graph: links by its embeddings, attributes by what its siblings have."""
    way = st.segmented_control(_("What is missing"), list(_WAYS), default="links", format_func=lambda key: _(_WAYS[key]), key="kg-propose-way", required=True, label_visibility="collapsed")
    if way == "attributes":
        kg_gaps.show(store)
    else:
        _links(store)


def _links(store: GraphStore) -> None:
    st.markdown(_(
        "Each thing and each relation gets a vector, so that the triples of the graph score higher than corrupted ones. What scores high and is missing is "
        "proposed here. A tenth of the triples is held out to stop by and another tenth to judge by; look at those numbers before you believe a proposal."
    ))  # fmt: skip
    options = forms.show(EmbedOptions, None, key="kg-embed", advanced=_ADVANCED)
    left, right = st.columns(2)
    relations = [_ALL, *_relations(store.name, store.digest)]
    chosen = left.selectbox(_("Relation"), relations, key=f"kg-propose-{store.name}", format_func=lambda term: clean(compact(term)) if term else _("all relations"))
    count = right.number_input(_("Proposals"), 1, 500, 50, key="kg-propose-count", help=_("At most so many, the likeliest first."))
    if st.button(_("Train and propose"), type="primary", disabled=options is None or jobs.running(_JOB), key="kg-propose-go") and options is not None:
        _start(store, options, int(count), chosen)
    job = jobs.show(_JOB)
    if job is not None and job.result is not None:
        _results(store, *job.result)


def _start(store: GraphStore, options: EmbedOptions, count: int, predicate: str) -> None:
    def work(job: jobs.Job) -> tuple[str, str, Proposed]:
        def progress(done: int, total: int) -> None:
            if job.cancelled():
                raise Cancelled(_CANCELLED)
            job.progress(done, total)

        return store.name, store.digest, propose(store, options, count, predicate, progress)

    jobs.start(_JOB, store.info.title, work)
    st.rerun()


def _results(store: GraphStore, name: str, digest: str, found: Proposed) -> None:
    if name != store.name:
        return
    columns = st.columns(4)
    columns[0].metric(_("MRR, held out"), f"{found.test.mrr:.2f}", help=_("Mean of one over the rank of the right answer among all answers that are not known to be true; 1 is perfect."))
    columns[1].metric(_("MRR of chance"), f"{found.test.chance:.2f}", help=_("What a scorer that draws lots is expected to have."))
    columns[2].metric(_("Hits@10"), f"{100 * found.test.hits_10:.0f} %", help=_("How often the right answer is among the first ten."))
    columns[3].metric(_("Epochs"), found.epochs)
    st.caption(_("{held} ranks of held-out triples, out of {triples} triples that could be learned from.").format(held=f"{found.test.count:,}", triples=f"{found.triples:,}"))
    if not found.proposals:
        st.info(_("Nothing that the graph lacks scores high enough to be proposed."))
        return
    names = kg_decide.names(store, found.proposals)
    trust = {each.predicate: each for each in found.relations}
    rows = {
        _("Head"): [names[entry.subject] for entry in found.proposals],
        _("Relation"): [clean(compact(entry.predicate)) for entry in found.proposals],
        _("Tail"): [names[entry.object] for entry in found.proposals],
        _("Score"): [entry.score for entry in found.proposals],
        _("Rank as tail"): [entry.tail_rank for entry in found.proposals],
        _("Rank as head"): [entry.head_rank for entry in found.proposals],
        _("MRR of the relation"): [round(trust[entry.predicate].ranking.mrr, 2) if trust[entry.predicate].ranking.count else None for entry in found.proposals],
    }
    left = kg_decide.show(store, digest, found.proposals, rows, _JOB)
    st.caption(_("A score compares proposals of one training and is no probability. Choose rows, then accept or reject them: what is accepted comes into a source of its own, with its method; what is rejected is proposed no more."))
    if left is not None:
        jobs.replace(_JOB, (name, GraphStore(name).digest, found._replace(proposals=left)))
        st.rerun()


@st.cache_data(max_entries=16, show_spinner=False)
def _relations(name: str, digest: str) -> list[str]:
    """Relations that can be learned, of a graph of which links can be predicted; `digest` is a part of the key."""
    store = GraphStore(name)
    version = store.info.version
    return sorted({row.predicate for row in linked(store.match())}) if version is not None and version.triples <= MAX_READ else []
