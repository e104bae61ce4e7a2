"""The triples of a prediction as a table with switches and strengths, and the edits that these make."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from fedviz.charts.contrast import Contrast
from fedviz.charts.palette import influence_colors
from fedviz.charts.safe import signed
from fedviz.charts.waterfall import triple_label
from fedviz.core.i18n import _
from fedviz.explain.records import Contribution, Explanation
from fedviz.ui import bundle

_TRIPLES = st.components.v2.component("fedviz_triples", js=bundle.script("page.js", "triples.js"), css=bundle.style("triples.css"))
_FEW = 8


def show(plain: Explanation, edited: Explanation, contrast: Contrast, key: str, on_edit: Callable[[str, float], None]) -> None:
    """All triples of `plain` and those that edits added, by their influence on a score before edits.

    The bars show `edited`. `on_edit(key, scale)` is called for a switch (0 or 1) or a strength in [0, 1].
    """
    now = {c.key: c for c in edited.contributions}
    before = {c.key: c for c in plain.contributions}
    ranked = sorted({**now, **before}.values(), key=lambda c: (c.key in before, -abs(contrast.of(c.values)), c.key))
    rows = [_row(now.get(c.key, c), edited, contrast) for c in ranked]

    def edit() -> None:
        got: Any = st.session_state[key].edit
        if not isinstance(got, dict) or got.get("key") not in {row["key"] for row in rows}:
            return
        scale = got.get("scale")
        if isinstance(scale, int | float) and 0 <= scale <= 1:
            on_edit(got["key"], float(scale))

    _TRIPLES(
        key=key,
        data={
            "rows": rows,
            "few": _FEW,
            "colours": {name: dict(zip(("negative", "positive"), influence_colors(name == "dark"), strict=True)) for name in ("light", "dark")},
            "scale": max((abs(contrast.of(c.values)) for c in ranked), default=0.0) or 1.0,
            "words": {
                "caption": _("Triples of this prediction and their influence on {name}").format(name=contrast.name(edited.classes)),
                "columns": [_("On"), _("Triple"), _("Influence"), _("Strength")],
                "on": _("On"),
                "strength": _("Strength"),
                "more": _("Show all {count} triples").format(count=len(rows)),
                "fewer": _("Show fewer"),
            },
        },
        on_edit_change=edit,
    )


def _row(c: Contribution, edited: Explanation, contrast: Contrast) -> dict[str, Any]:
    notes = []
    if c.mention is not None:
        notes.append(_("through “{surface}” in the text").format(surface=edited.mentions[c.mention].surface[:60]))
    if c.relation.endswith("*"):
        notes.append(_("several steps taken as one"))
    if c.added:
        notes.append(_("added here"))
    value = contrast.of(c.values)
    words = triple_label(c.head_name, c.relation, c.tail_name)
    return {"key": c.key, "words": words, "note": ", ".join(notes), "value": value, "text": signed(value, 3), "scale": c.scale}


