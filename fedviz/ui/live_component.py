"""The live component: the summary and the charts of one run, fed by server-sent events and drawn by plotly.js in the page."""

from pathlib import Path
from typing import Any

import streamlit as st

from fedviz.charts import palette
from fedviz.charts.head import COLUMNS
from fedviz.core.i18n import _
from fedviz.ui import i18n
from fedviz.ui.stream import PLOTLY_URL, events_url

_ASSETS = Path(__file__).parent / "assets"
_SCRIPT = "\n".join((_ASSETS / name).read_text("utf-8") for name in ("paths.js", "live_stream.js", "live_head.js", "live_grow.js", "live_charts.js"))
# Not isolated: plotly.js puts its style sheet into the document's head, which a shadow root does not see. All classes begin with fv.
_LIVE = st.components.v2.component("fedviz_live", js=_SCRIPT, css=(_ASSETS / "live.css").read_text("utf-8"), isolate_styles=False)


def head(run_id: str, status: str) -> None:
    """The summary of a run. `status` is what the page was made for: when the run's status becomes another, the page runs once more."""
    words = {
        "progress": _("Progress of the run"),
        "connection": {
            "connecting": _("Connecting"),
            "live": _("Live"),
            "reconnecting": _("Connection lost, trying again"),
            "ended": _("Complete"),
        },
        "numbers": [
            ["round", _("Round")],
            ["accuracy", _("Accuracy")],
            ["macro_f1", _("Macro-F1")],
            ["loss", _("Loss")],
            ["elapsed", _("Time")],
            ["traffic", _("On the network")],
        ],
    }
    _LIVE(key=f"live-head-{run_id}", data={"part": "head", "status": status, "words": words} | _source(run_id), on_status_change=lambda: None)


def charts(run_id: str) -> None:
    """All charts of a run and the table of its rounds."""
    words = {
        "reset": _("Show all"),
        "described": _("The numbers are in the table below the charts."),
        "table": _("The numbers of every round as a table"),
        "caption": _("The global model on the test texts of all clients; bytes, time and failures of each round."),
        "columns": [_(column) for column in COLUMNS],
    }
    colours = {"light": palette.tokens(False), "dark": palette.tokens(True)}
    _LIVE(key=f"live-charts-{run_id}", data={"part": "charts", "words": words, "colours": colours, "plotly": PLOTLY_URL} | _source(run_id))


def _source(run_id: str) -> dict[str, Any]:
    return {"url": events_url(run_id, i18n.language())}
