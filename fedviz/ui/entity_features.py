"""What an entity carries beside words, on its card: its picture, its series as a line, or its numbers as a table."""

import streamlit as st

from fedviz.charts.entity_features import pixels, series_record, series_spec, vector_record
from fedviz.core.i18n import _
from fedviz.kg.graph import KnowledgeGraph
from fedviz.ui import figure
from fedviz.ui.text import clean

_WIDTH_PX = 160


def show(graph: KnowledgeGraph, entity: str) -> None:
    """The features of `entity`; nothing where it carries none."""
    carried = graph.features
    values = None if carried is None else carried.of(entity)
    if carried is None or values is None:
        return
    st.markdown("**" + _("What it carries") + "**")
    if carried.kind == "picture":
        st.image(pixels(values), width=_WIDTH_PX, caption=_("its picture, {height} x {width} grey values").format(height=values.shape[0], width=values.shape[1]))
    elif carried.kind == "series":
        record = series_record(values)
        about = _("its series of {count} values").format(count=f"{record.count:,}")
        figure.show(series_spec(record), key=f"card-series-{graph.digest}-{entity}", about=about)
        st.caption(about)
    else:
        rows = vector_record(carried, entity)
        st.dataframe({_("Number"): [clean(row.name, 80) for row in rows], _("Value"): [row.value for row in rows], _("Against all"): [row.standardised for row in rows]}, hide_index=True)
        st.caption(_("Against all: how many standard deviations it lies above the mean of all entities that carry numbers."))
    st.caption(_("A model with the knowledge “Triple evidence and features” reads this beside the text."))
