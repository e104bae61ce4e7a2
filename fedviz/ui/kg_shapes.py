"""The check of a graph's schema with SHACL: shapes to edit or to upload, and the report."""

import streamlit as st

from fedviz.core.errors import FedvizError
from fedviz.core.i18n import _
from fedviz.kg.shape.check import CheckOptions, Report, check
from fedviz.kg.shape.starter import starter
from fedviz.kg.store.store import GraphStore
from fedviz.ui import jobs, kg_terms
from fedviz.ui.text import clean, plain

_JOB = "kg-shapes"
_TEXT = "kg-shapes-text"


def show(store: GraphStore) -> None:
    """The shapes, the work that goes on, and the report."""
    st.markdown(_("Shapes say what a graph should look like. A starter set says what is usual in this graph, so that exceptions show; change it, or bring your own."))

    def begin() -> None:
        st.session_state[_TEXT] = starter(store)

    st.button(_("Make a starter set from this graph"), on_click=begin, key="kg-shapes-starter")
    upload = st.file_uploader(_("A Turtle file with shapes"), type=["ttl"], key="kg-shapes-upload")
    text = st.text_area(_("Shapes in Turtle"), key=_TEXT, height=220)
    given = upload.getvalue().decode("utf-8", "replace") if upload is not None else text
    if st.button(_("Check"), type="primary", disabled=not given.strip() or jobs.running(_JOB), key="kg-shapes-check"):
        jobs.start(_JOB, store.info.title, lambda job: (store.name, check(store, given, CheckOptions(), cancelled=job.cancelled)))
        st.rerun()
    job = jobs.show(_JOB)
    if job is not None and job.result is not None and job.result[0] == store.name:
        _report(store, job.result[1])


def _report(store: GraphStore, report: Report) -> None:
    if report.conforms:
        st.success(_("The graph conforms to these shapes."))
    else:
        st.warning(_("The graph does not conform: {count} findings.").format(count=f"{report.count:,}"))
    if not report.findings:
        return
    try:
        words = kg_terms.shown(store, (term for one in report.findings for term in (one.focus, one.path, one.value) if term.startswith(("<", '"'))))
    except FedvizError as error:
        st.error(plain(error))
        return
    st.dataframe(
        {
            _("Focus node"): [words.get(one.focus, clean(one.focus)) for one in report.findings],
            _("Path"): [words.get(one.path, "") for one in report.findings],
            _("Value"): [words.get(one.value, "") for one in report.findings],
            _("Message"): [clean(one.message, 300) for one in report.findings],
            _("Severity"): [clean(one.severity) for one in report.findings],
        },
        hide_index=True, key="kg-shapes-report",
    )  # fmt: skip
