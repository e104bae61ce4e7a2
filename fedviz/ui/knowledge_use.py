"""The part of *Configure* that says what else the graph does beside speaking in the logits: in the loss, with more texts, with fewer, and whether it is the right one."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from fedviz.core.config import RunConfig
from fedviz.core.i18n import _
from fedviz.core.knowledge_use import GraphConfig, TextsConfig
from fedviz.core.registry import AUGMENTATIONS, LOSSES, SELECTIONS
from fedviz.ui import forms, knowledge_texts
from fedviz.ui.text import plain

Slots = dict[str, Any]
LOOKS = {"augmentation": knowledge_texts.written, "selection": knowledge_texts.suspected}
"""By section: a look at what it does with the texts of this configuration."""


def texts(base: RunConfig, key: str) -> Any:
    """The form of what is done to the texts; None where it breaks a rule."""
    with st.expander(_("Make the texts harder"), expanded=base.texts != TextsConfig()):
        st.caption(_("To find out what a graph is worth where labels are wrong, words are misspelt or patients speak in words of their own. Exactly so much is changed, and test labels stay right."))
        return forms.show(TextsConfig, base.texts, f"{key}.texts")


def show(base: RunConfig, key: str, clients: Mapping[int, str]) -> tuple[dict[str, Any], Slots]:
    """The forms of guidance, augmentation, selection and graph, by section; None where one of them breaks a rule. `clients`: their names.

    Beside them the places that `look` fills once the whole configuration is known.
    """
    slots: Slots = {}
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
        slots[name] = st.container()
    st.subheader(_("A graph that is wrong or old"))
    answers["graph"] = forms.show(GraphConfig, base.graph, f"{key}.graph", choices={"poisoned_by": clients})
    return answers, slots


def look(slots: Slots, config: RunConfig, key: str, clients: Mapping[int, str]) -> None:
    """What clients write and whose labels the graph suspects, each below its form and behind a button."""
    for name, show_texts in LOOKS.items():
        with slots[name]:
            show_texts(config, clients, key)


def rule(entry: Any) -> None:
    """What an entry computes, when it helps, and whose it is."""
    if entry.equation:
        st.latex(entry.equation)
    st.markdown(_(entry.when))
    if entry.paper:
        st.caption(plain(entry.paper))
