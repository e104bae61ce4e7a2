"""Does the graph help? The measured figures of `python -m fedviz bench knowledge`, where somebody has measured them."""

import json
from pathlib import Path
from typing import Any

import streamlit as st

from fedviz.core.i18n import _

RESULTS = Path(__file__).parents[2] / "docs" / "results" / "knowledge.json"
COMMAND = "python -m fedviz bench knowledge"


def show() -> None:
    """The table, or the sentence that nothing was measured yet and which command does it."""
    st.subheader(_("Does the graph help?"))
    rows = read()
    if not rows:
        st.markdown(_("One prediction shows how the graph is used, not whether it helps. No figure was measured here yet; this command measures them:"))
        st.code(COMMAND, language="bash")
        return


def read(path: Path = RESULTS) -> list[dict[str, Any]]:
    """The rows of the file; none where it is absent or damaged."""
    try:
        return json.loads(path.read_text("utf-8"))["rows"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
