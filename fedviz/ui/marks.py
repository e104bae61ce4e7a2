"""A text with the entities that the model found in it, marked and named."""

from collections.abc import Callable, Sequence

import streamlit as st

from fedviz.charts.safe import line
from fedviz.core.i18n import _
from fedviz.explain.records import LinkedMention
from fedviz.ui import bundle

_MARKS = st.components.v2.component("fedviz_marks", js=bundle.script("marks.js"), css=bundle.style("marks.css"))


def show(text: str, mentions: Sequence[LinkedMention], key: str, chosen: str | None, on_pick: Callable[[str], None]) -> None:
    """Show `text`; each mention is a button with the entity's name, and `on_pick(entity)` is called when it is pressed."""
    known = {mention.entity for mention in mentions}

    def pick() -> None:
        if st.session_state[key].pick in known:
            on_pick(st.session_state[key].pick)

    words = {"text": _("The text; marked words are entities of the graph")}
    _MARKS(key=key, data={"parts": parts(text, mentions), "chosen": chosen, "words": words}, on_pick_change=pick)


def parts(text: str, mentions: Sequence[LinkedMention]) -> list[dict[str, str]]:
    """The text cut into plain parts and mentions, in order; joined again they are the text."""
    found: list[dict[str, str]] = []
    place = 0
    for mention in sorted(mentions, key=lambda some: some.start):
        if mention.start > place:
            found.append({"text": text[place : mention.start]})
        how = _("exact name") if mention.method == "exact" else _("similar meaning, {score}").format(score=f"{mention.score:.2f}")
        same = mention.surface.lower() == mention.entity_name.lower()
        found.append(
            {
                "text": text[mention.start : mention.end],
                "entity": mention.entity,
                "name": "" if same else line(mention.entity_name, 60),
                "tip": f"{line(mention.entity_name, 120)} ({line(mention.entity, 60)}), {how}",
            }
        )
        place = mention.end
    if place < len(text):
        found.append({"text": text[place:]})
    return found
