"""Does the graph help? The measured figures of `python -m fedviz bench knowledge`, where somebody has measured them."""

import json
from pathlib import Path
from typing import Any

import streamlit as st

from fedviz.core.i18n import _
from fedviz.ui.text import clean, plain

RESULTS = Path(__file__).parents[2] / "docs" / "results" / "knowledge.json"
COMMAND = "python -m fedviz bench knowledge"


def show() -> None:
    """The table, or the sentence that nothing was measured yet and which command does it."""
    st.subheader(_("Does the graph help?"))
    found = read()
    if not found["rows"]:
        st.markdown(_("One prediction shows how the graph is used, not whether it helps. No figure was measured here yet; this command measures them:"))
        st.code(COMMAND, language="bash")
        return
    st.markdown(
        _(
            "One prediction shows how the graph is used, not whether it helps. Measured over several seeds, beside text alone and beside a shuffled graph "
            "that should not help:"
        )
    )
    columns = list(found["rows"][0])
    st.dataframe({clean(column): [row.get(column) for row in found["rows"]] for column in columns}, hide_index=True)
    for note in found["notes"]:
        st.caption(plain(note))
    st.caption(_("Measured by {command}.").format(command=f"`{COMMAND}`"))


def read(path: Path = RESULTS) -> dict[str, list[Any]]:
    """Rows (equal keys) and notes of the file; none where it is absent or damaged."""
    try:
        data = json.loads(path.read_text("utf-8"))
        rows = [row for row in data["rows"] if isinstance(row, dict)]
        return {"rows": rows, "notes": [str(note) for note in data.get("notes", ())]}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {"rows": [], "notes": []}
