"""To keep or send a view of *Explain*: its link, a file that needs nothing else, a picture."""

from typing import Any
from urllib.parse import urlencode, urlsplit

import streamlit as st

from fedviz.charts.contrast import Contrast
from fedviz.charts.explain_graph import explain_record
from fedviz.charts.probabilities import probabilities_record, probabilities_spec
from fedviz.charts.safe import signed
from fedviz.charts.standalone import standalone
from fedviz.charts.waterfall import triple_label, waterfall_record, waterfall_spec
from fedviz.core.errors import FedvizError
from fedviz.core.i18n import _
from fedviz.explain.permalink import to_query
from fedviz.explain.records import Explanation
from fedviz.models.predictor import Predictor
from fedviz.ui import bundle, explain_texts, explain_words
from fedviz.ui.text import clean, plain

_SHOT = st.components.v2.component("fedviz_shot", js=bundle.script("shot.js"), css=bundle.style("shot.css"))


def show(predictor: Predictor, asked: Any, before: Explanation, after: Explanation, title: str) -> None:
    """`asked` is the page's `Question`; `title`: of the run."""
    box = st.expander(_("Keep or send this view"), key="explain-keep-box", on_change="rerun", icon=":material/ios_share:")
    if not box.open:
        return
    with box:
        try:
            query = to_query(explain_texts.asked_of(asked.text, asked.edits, asked.contrast.target, asked.contrast.against))
        except FedvizError as error:
            st.warning(plain(error))
        else:
            query |= {name: str(value) for name, value in (("run", asked.model.run), ("round", asked.model.round), ("client", asked.model.client)) if value is not None}
            here = urlsplit(st.context.url or "")
            st.markdown(_("A link to this question, with the text and the changes in it; it works for whoever can open this server:"))
            st.code(f"{here.scheme}://{here.netloc}{here.path}?{urlencode(query)}" if here.netloc else f"?{urlencode(query)}", language=None, wrap_lines=True)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.download_button(
                _("Save as HTML"), lambda: document(predictor, asked.contrast, asked.edits, before, after, title), "explanation.html", "text/html", on_click="ignore",
                key="explain-save-html", icon=":material/download:", help=_("One file of about 6 MB with charts and graph in it. It loads nothing from anywhere."),
            )
            if before.contributions:
                _SHOT(
                    key="explain-shot",
                    data={
                        "charts": ["explain-probabilities", "explain-waterfall"], "graph": "explain-graph", "name": "explanation.png",
                        "title": f"{clean(after.text, 300)} → {clean(after.classes[after.predicted])}", "words": {"save": _("Save as PNG")},
                    },
                )
        st.caption(_("The picture is made by your browser from what it shows. Both files hold the text."))


def document(predictor: Predictor, contrast: Contrast, edits: Any, before: Explanation, after: Explanation, title: str) -> bytes:
    """The view as an HTML file."""
    charts = [
        (_("What it answers"), probabilities_spec(probabilities_record(after, contrast.target))),
        (_("How the score comes about"), waterfall_spec(waterfall_record(after, contrast))),
    ]
    graph = (_("Which triples matter"), explain_record(predictor.graph, before, after, contrast, edits)) if before.contributions else None
    rows = [(triple_label(c.head_name, c.relation, c.tail_name), f"{c.scale:g}", signed(contrast.of(c.values), 4)) for c in after.contributions]
    sentences = [explain_words.answer(before, after).replace("**", "").replace("\\", ""), explain_words.sum_sentence(after, contrast).replace("\\", "")]
    foot = _("Made by fedviz from the run “{title}”. The numbers are logits of this model; they say nothing about what is true.").format(title=clean(title))
    return standalone(_("Explanation of one prediction"), after.text, sentences, charts, graph, ((_("Triple"), _("Strength"), _("Influence")), rows), foot).encode()
