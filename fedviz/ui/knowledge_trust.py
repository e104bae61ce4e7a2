"""The part of *Live* that says how far a run trusts the graph, and what its clients measured to find that out."""

import streamlit as st

from fedviz.charts.trust import TrustRecord, trust_record, trust_spec
from fedviz.core.i18n import _
from fedviz.core.types import GraphTrust, TrustTried
from fedviz.ui import theme


def show(trust: GraphTrust | None, key: str) -> None:
    """The factors, a sentence, the losses as a chart and as a table; nothing where a run asked nobody."""
    record = None if trust is None else trust_record(trust)
    if trust is None or record is None:
        return
    with st.expander(_("How far this run trusts the graph"), key=key, expanded=True):
        st.markdown(said(record))
        left, right = st.columns([5, 6], gap="medium")
        with left:
            theme.plot(trust_spec(record), f"{key}-chart")
        with right:
            st.dataframe(
                {
                    _("Evidence"): [one.evidence for one in trust.tried],
                    _("Structure"): [one.structure for one in trust.tried],
                    _("Loss"): [one.loss for one in trust.tried],
                    _("Saved"): [f"{one.saved:+.3f} ± {one.saved_error:.3f}" for one in trust.tried],
                    _("Accuracy"): [100 * one.accuracy for one in trust.tried],
                    _("Kept"): [one == record.chosen for one in trust.tried],
                },
                hide_index=True, key=f"{key}-table",
                column_config={
                    _("Evidence"): st.column_config.NumberColumn(format="%.2f"),
                    _("Structure"): st.column_config.NumberColumn(format="%.2f"),
                    _("Loss"): st.column_config.NumberColumn(format="%.3f"),
                    _("Accuracy"): st.column_config.NumberColumn(format="%.1f %%"),
                },
            )
        st.caption(_(
            "Before the first round the clients held out a part of their texts in turns, trained a head on the others and measured it on these: only heads and sums travelled. "
            "A factor of 0 leaves that part of the graph out, 1 counts it in full. The least loss decides, if it saves more than one standard error against the least of the graph; else that is kept."
        ))


def said(record: TrustRecord) -> str:
    """What was kept, and by how much it is better than without the graph."""
    chosen = record.chosen
    factors = {"evidence": f"{chosen.evidence:g}", "structure": f"{chosen.structure:g}"}
    if chosen.evidence == chosen.structure == 0:
        return _("**The graph is not trusted:** on held-out texts it saved no more than chance would, so this run learns from the texts alone.")
    words = _("Class evidence counts with the factor **{evidence}**, the structure of the graph with **{structure}**.").format(**factors)
    return words + " " + _against(chosen, record.nothing)


def _against(chosen: TrustTried, nothing: TrustTried | None) -> str:
    if nothing is None:
        return _("More of it saved no more than chance would.")
    return _("The held-out loss is {loss} nats with it and {without} with the least of it, the accuracy {accuracy} % and {other} %.").format(
        loss=f"{chosen.loss:.3f}", without=f"{nothing.loss:.3f}", accuracy=f"{100 * chosen.accuracy:.1f}", other=f"{100 * nothing.accuracy:.1f}",
    )
