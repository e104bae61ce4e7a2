"""Whose graph is shown: that of the run one looks at, that of a ready-made demonstration, or one of the data folder."""

import streamlit as st

from fedviz.core.config import RunConfig
from fedviz.core.errors import FedvizError
from fedviz.core.i18n import _
from fedviz.core.registry import SCENARIOS
from fedviz.kg.store import folder as graphs
from fedviz.runs.folder import open_run, runs_root
from fedviz.runs.presets import presets
from fedviz.ui import state
from fedviz.ui.text import clean, plain


def choose() -> RunConfig | None:
    """A select box of what has a graph; the run of the session first. `?scenario=` of the address picks, too."""
    choices: dict[str, tuple[str, RunConfig]] = {}
    run_id = state.current_run()
    if run_id is not None:
        try:
            folder = open_run(runs_root(), run_id)
            choices["run"] = (_("the run “{title}”").format(title=clean(folder.title, 60)), folder.config())
        except FedvizError as error:
            st.warning(plain(error))
    for preset in presets():
        scenario = preset.config.scenario.name
        choices.setdefault(scenario, (_("the scenario “{title}”").format(title=_(SCENARIOS.get(scenario).title)), preset.config))
    texts = next(iter(choices.values()))[1]
    for info in graphs.list_graphs():
        words = _("your graph “{title}”, in the texts of {scenario}").format(title=clean(info.title, 60), scenario=_(SCENARIOS.get(texts.scenario.name).title))
        choices[f"graph-{info.name}"] = (words, texts.updated({"scenario.graph": info.name}))
    asked = st.query_params.get("scenario")
    if asked is not None and asked not in choices:
        st.warning(plain(_("There is no scenario {name}; known: {known}.").format(name=repr(clean(asked, 80)), known=", ".join(choices))))
    keys = list(choices)
    chosen = st.selectbox(
        _("Graph of"), keys, index=keys.index(asked) if asked in choices else 0, format_func=lambda key: choices[key][0], key="graph-source",
        help=_("Sizes and texts are those of the clients in this run or scenario."),
    )
    if chosen not in choices:
        return None
    state.keep_in_address(scenario=None if chosen == "run" else chosen)
    return choices[chosen][1]
