"""A chart that changes in place. `st.plotly_chart` would build it anew at every change; this one is patched and does not blink."""

import hashlib
import json

import streamlit as st

from fedviz.charts import palette
from fedviz.charts.theme import Spec
from fedviz.core.i18n import _
from fedviz.ui import bundle
from fedviz.ui.stream import PLOTLY_URL

# Not isolated: plotly.js puts its style sheet into the document's head, which a shadow root does not see.
_FIGURE = st.components.v2.component("fedviz_figure", js=bundle.script("page.js", "paths.js", "figure.js"), isolate_styles=False)


def show(spec: Spec, key: str, about: str) -> None:
    """Show a spec; `about` says in words what a reader who does not see it should know."""
    version = hashlib.blake2b(json.dumps(spec, sort_keys=True).encode(), digest_size=6).hexdigest()
    _FIGURE(
        key=key,
        data={
            "spec": spec,
            "about": about,
            "version": version,
            "plotly": PLOTLY_URL,
            "colours": {"light": palette.tokens(False), "dark": palette.tokens(True)},
            "trouble": _("The chart cannot be drawn, because plotly.js could not be read from the server; the table says the same."),
        },
    )
