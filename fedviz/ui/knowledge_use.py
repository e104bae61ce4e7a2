"""The part of *Configure* that says what else the graph does beside speaking in the logits: in the loss, with more texts, with fewer, and whether it is the right one."""

from typing import Any

import streamlit as st

from fedviz.core.config import RunConfig
from fedviz.core.i18n import _
from fedviz.core.knowledge_use import GraphConfig
from fedviz.core.registry import AUGMENTATIONS, LOSSES, SELECTIONS
from fedviz.ui import forms
from fedviz.ui.text import plain


def show(base: RunConfig, key: str) -> dict[str, Any]:
    """The forms of guidance, augmentation, selection and graph, by section; None where one of them breaks a rule."""
    answers: dict[str, Any] = {}
    st.subheader(_("In the loss"))
    st.caption(_("Terms that the graph adds to what every client learns. They can be combined with each other and with all that is on this page."))
    terms = {}
    for term in LOSSES:
        options = getattr(base.guidance, term.name)
        with st.expander(_(term.title), expanded=bool(options.weight)):
            terms[term.name] = forms.show(term.options, options, f"{key}.guidance.{term.name}")
            rule(term)
    answers["guidance"] = None if None in terms.values() else base.guidance.model_copy(update=terms)
    for name, registry, title in (("augmentation", AUGMENTATIONS, _("More texts")), ("selection", SELECTIONS, _("Which texts"))):
        st.subheader(title)
        field = RunConfig.model_fields[name]
        answers[name] = forms.show_plugin(registry, getattr(base, name), f"{key}.{name}", forms.title_of(field, name), forms.help_of(field))
        rule(registry.get((answers[name] or getattr(base, name)).name))
    st.subheader(_("A graph that should not help"))
    answers["graph"] = forms.show(GraphConfig, base.graph, f"{key}.graph")
    return answers


def rule(entry: Any) -> None:
    """What an entry computes, when it helps, and whose it is."""
    if entry.equation:
        st.latex(entry.equation)
    st.markdown(_(entry.when))
    if entry.paper:
        st.caption(plain(entry.paper))
