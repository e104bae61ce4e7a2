"""The prediction as one paragraph: by a template from the exact contributions, and on demand in a language model's words, which are checked."""

import streamlit as st

from fedviz.carriers.fetch import is_present
from fedviz.core.errors import FedvizError
from fedviz.core.i18n import _
from fedviz.explain.influence import explain
from fedviz.explain.paragraph import paragraph
from fedviz.explain.records import Edits
from fedviz.models.predictor import Predictor
from fedviz.ui import provenance
from fedviz.ui.names import explained
from fedviz.ui.sentences import sentence
from fedviz.ui.text import plain

_MODEL = "smollm2"


@st.fragment
def show(predictor: Predictor, text: str, edits: Edits) -> None:
    """The prediction of a text under edits, in the viewer's language; the model writes English."""
    exact = explain(predictor, text, edits)
    st.subheader(_("In plain words"))
    st.markdown(plain(paragraph(explained(exact)), 4000))
    said = st.session_state.setdefault("explain-told", {})
    key = hash(exact.model_dump_json())
    pressed = st.button(
        _("Say it in a language model's words"), key="explain-tell", icon=":material/edit_note:",
        help=_("SmolLM2 rewrites the paragraph in English. Every number and name in its words is held against the contributions, and words that differ are refused."),
    )  # fmt: skip
    if pressed and not is_present(_MODEL):
        st.session_state["explain-tell-fetch"] = True
    if st.session_state.get("explain-tell-fetch") and not is_present(_MODEL):
        provenance.offer((_MODEL,))
        return
    if pressed:
        from fedviz.explain.told import told

        try:
            with st.spinner(_("Writing"), show_time=True):
                said[key] = told(exact, tuple(item.name for item in predictor.graph.entities.values())), ""
        except FedvizError as error:
            said[key] = "", str(error)
        while len(said) > 8:
            said.pop(next(iter(said)))
    if key not in said:
        return
    words, trouble = said[key]
    if words:
        with st.container(border=True):
            st.markdown(plain(words, 4000))
            st.caption(_("Written by SmolLM2. Its numbers and names are those of the contributions; how they are put is not checked."))
    else:
        st.warning(plain(_("The language model's words were refused, and the paragraph above stands: {reason}").format(reason=sentence(trouble))))
