"""How well each step of construction does on annotated sentences: the figures of `python -m fedviz bench construct`, where somebody has measured them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from fedviz.core.i18n import N_, _
from fedviz.ui.text import clean

RESULTS = Path(__file__).parents[2] / "docs" / "results" / "construct.json"
COMMAND = "python -m fedviz bench construct --out docs/results/construct.json"
NEAR, PLAIN, DISTANT, NOUN, VALUES = "and near names by embedding", "and other spellings, abbreviations", "distant supervision alone", "noun of a new thing", "values with units"
_WHAT = {"mentions": N_("mentions"), "triples": N_("triples"), "denied triples": N_("denied triples"), "values with units": N_("values with units"), "is_a of new things": N_("is_a of new things")}
Row = Mapping[str, Any]


def show() -> None:
    """The verdicts in words and the table, folded; or which command measures it."""
    with st.expander(_("How well each step does")):
        rows = read()
        if not rows:
            st.markdown(_("No figure was measured here yet; this command measures them:"))
            st.code(COMMAND, language="bash")
            return
        for words in verdicts(rows):
            st.markdown(f"- {words}")
        st.dataframe(
            {
                _("Sentences"): [clean(row["scenario"]) for row in rows],
                _("What"): [_(_WHAT.get(row["what"], row["what"])) for row in rows],
                _("Found by"): [clean(row["method"]) for row in rows],
                _("Precision"): [round(row["precision"], 2) for row in rows],
                _("Recall"): [round(row["recall"], 2) if row["gold"] else None for row in rows],
                _("F1"): [round(row["F1"], 2) if row["gold"] else None for row in rows],
            },
            hide_index=True, key="kg-build-measured",
        )  # fmt: skip
        st.caption(_("Sentences annotated by one reader, who also wrote the patterns; guidelines and doubts are in {folder}. Measured by {command}.").format(folder="`tests/gold/README.md`", command=f"`{COMMAND}`"))


def verdicts(rows: Sequence[Row]) -> list[str]:
    """What the figures say about the steps that can be switched, in sentences."""
    found = []
    for row in _rows(rows, "mentions", NEAR):
        without = next((one for one in _rows(rows, "mentions", PLAIN) if one["scenario"] == row["scenario"]), None)
        if without is None:
            continue
        if row["F1"] > without["F1"]:
            words = _("Near names help on {scenario}: F1 {with_near} instead of {without}.")
        elif row["F1"] < without["F1"]:
            words = _("Near names harm on {scenario}: F1 {with_near} instead of {without}; they are off by default.")
        else:
            words = _("Near names change nothing on {scenario}: F1 {with_near}, and {without} without them; they are off by default.")
        found.append(words.format(scenario=clean(row["scenario"]), with_near=f"{row['F1']:.2f}", without=f"{without['F1']:.2f}"))
    for row in _rows(rows, "triples", DISTANT):
        if row["gold"]:
            found.append(_("Distant supervision alone on {scenario}: precision {precision}, recall {recall}.").format(scenario=clean(row["scenario"]), precision=f"{row['precision']:.2f}", recall=f"{row['recall']:.2f}"))
    found += [
        _("A new thing linked by its noun is right in {right} of {found} distinct cases that were read.").format(right=row["right"], found=row["found"]) for row in _rows(rows, "is_a of new things", NOUN)
    ]
    found += [
        _("Values with units on sentences that were never looked at before: precision {precision}, recall {recall}.").format(precision=f"{row['precision']:.2f}", recall=f"{row['recall']:.2f}")
        for row in rows if row["what"] == VALUES and row["scenario"] == "quantities-held-out"
    ]  # fmt: skip
    return found


def read() -> list[Row]:
    """The rows of the last measurement; none where there was none or the file is not to be read."""
    try:
        rows = json.loads(RESULTS.read_text("utf-8"))["rows"]
        return [row for row in rows if {"scenario", "what", "method", "gold", "found", "right", "precision", "recall", "F1"} <= row.keys()]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []


def _rows(rows: Sequence[Row], what: str, method: str) -> list[Row]:
    return [row for row in rows if row["what"] == what and row["method"] == method]
