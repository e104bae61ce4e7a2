"""Missing attributes of a graph: what a thing lacks and most of its siblings have, with how often that is right."""

import streamlit as st

from fedviz.core.i18n import _
from fedviz.kg.embed.siblings import Gaps, gaps
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import compact
from fedviz.ui import jobs, kg_decide
from fedviz.ui.text import clean

_JOB = "kg-gaps"


def show(store: GraphStore) -> None:
    """The button, the work, the test of each attribute and the proposals."""
    st.markdown(_(
        "Things of one kind often have the same attributes. Where most siblings of a thing have an attribute that it lacks, the value that most of them give is proposed. The rule is tested on every known value "
        "by asking without it, beside a control that gives the commonest value whatever the kind: where the rule is no better, the kinds tell nothing."
    ))  # fmt: skip
    count = st.number_input(_("Proposals"), 1, 500, 50, key="kg-gaps-count", help=_("At most so many, the surest first."))
    if st.button(_("Look for missing attributes"), type="primary", disabled=jobs.running(_JOB), key="kg-gaps-go"):
        jobs.start(_JOB, store.info.title, lambda job: (store.name, store.digest, gaps(store, int(count))))
        st.rerun()
    job = jobs.show(_JOB)
    if job is not None and job.result is not None and job.result[0] == store.name:
        _results(store, job.result[1], job.result[2])


def _results(store: GraphStore, digest: str, found: Gaps) -> None:
    st.dataframe(
        {
            _("Attribute"): [clean(compact(one.predicate)) for one in found.tested],
            _("Known values"): [one.known for one in found.tested],
            _("Asked again"): [one.asked for one in found.tested],
            _("Right, held out"): [round(one.accuracy, 2) for one in found.tested],
            _("Right, control"): [round(one.control_accuracy, 2) for one in found.tested],
        },
        hide_index=True, key=f"kg-gaps-tested-{store.name}-{digest}",
    )  # fmt: skip
    if not found.gaps:
        st.info(_("Nothing lacks what most of its siblings have."))
        return
    names = kg_decide.names(store, found.gaps)
    rows = {
        _("Head"): [names[gap.subject] for gap in found.gaps],
        _("Attribute"): [clean(compact(gap.predicate)) for gap in found.gaps],
        _("Value"): [names[gap.object] for gap in found.gaps],
        _("Siblings of"): [kg_decide.name(store, gap.group) for gap in found.gaps],
        _("Agree"): [f"{gap.agree} / {gap.siblings}" for gap in found.gaps],
        _("Right, held out"): [round(gap.confidence, 2) for gap in found.gaps],
    }
    left = kg_decide.show(store, digest, found.gaps, rows, _JOB)
    if left is not None:
        jobs.replace(_JOB, (store.name, GraphStore(store.name).digest, found._replace(gaps=left)))
        st.rerun()
