"""The page *Start*: what this is, the demonstrations, how it works, and the newest runs."""

import streamlit as st

from fedviz.carriers.records import CARRIERS
from fedviz.core.config import RunConfig
from fedviz.core.errors import FedvizError
from fedviz.core.i18n import N_, _
from fedviz.runs.estimate import estimate
from fedviz.runs.folder import list_runs, runs_root
from fedviz.runs.presets import Preset, presets
from fedviz.ui import configure, provenance, shell, statuses
from fedviz.ui.text import duration, moment, plain

HIDDEN = ("toy",)
"""Presets for tests, which show the machinery and no learning."""
RECENT = 5

STEPS = (
    (
        N_("The texts stay where they are"),
        N_(
            "Every hospital holds its own patients' texts. In each round the server sends the current model to the hospitals; "
            "each trains it on its own texts and sends back changed weights, never a text."
        ),
    ),
    (
        N_("The server averages"),
        N_(
            "What comes back is combined into one model, the start of the next round. Hospitals with different patients pull it in "
            "different directions; the page Live shows how far they drift apart and how the average settles."
        ),
    ),
    (
        N_("A graph lends its knowledge"),
        N_(
            "Words in a text are linked to entities of a medical ontology. Each statement about them, a triple, adds its own term to "
            "the score of a class. The page Explain shows these terms; switch one off and the answer changes."
        ),
    ),
)


def show() -> None:
    """The whole page."""
    st.title(_("Several hospitals, one model, no shared text"))
    st.markdown(_(
        "fedviz trains a small language model across several parties that keep their texts to themselves, and shows every step while it happens. "
        "A knowledge graph takes part: you see which of its statements moved a prediction, and by how much. "
        "Everything runs on this computer, without a network."
    ))
    shown = [preset for preset in presets() if preset.name not in HIDDEN]
    missing = tuple(dict.fromkeys(key for preset in shown for key in provenance.missing(preset.config) if not CARRIERS[key].optional))
    if missing:
        provenance.offer(missing)
    for row in range(0, len(shown), 2):
        for column, preset in zip(st.columns(2, gap="medium"), shown[row : row + 2], strict=False):
            with column:
                _demonstration(preset, first=row == 0 and preset is shown[0])
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        if st.button(_("Bring your own texts"), key="bring-own", icon=":material/upload_file:"):
            configure.fill(RunConfig.parse({"scenario": "own", "partition": "iid"}))
        st.caption(_("CSV, JSON lines or Parquet with a text and a label in each row. They stay on this computer."))
    st.header(_("How it works"))
    for column, (number, (title, text)) in zip(st.columns(3, gap="large"), enumerate(STEPS, 1), strict=True):
        with column:
            st.markdown(f"### {number}. {_(title)}\n\n{_(text)}")
    _recent()


def _demonstration(preset: Preset, first: bool) -> None:
    """One ready-made run: what it is, what it takes, and one button."""
    with st.container(border=True, height="stretch"):
        st.markdown(f"## {_(preset.title)}")
        st.markdown(_(preset.summary))
        st.caption(_facts(preset))
        missing = provenance.missing(preset.config)
        if asked := [_(CARRIERS[key].title) for key in missing if CARRIERS[key].optional]:
            st.caption(plain(_("It needs {titles}, which is not here yet; “Change it first” leads to where it is fetched.").format(titles=", ".join(asked))))
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button(_("Start and watch"), key=f"start-{preset.name}", type="primary" if first else "secondary", disabled=bool(missing)):
                configure.start(preset.config, _(preset.title))
            if st.button(_("Change it first"), key=f"change-{preset.name}", type="tertiary"):
                configure.fill(preset.config)


def _facts(preset: Preset) -> str:
    """How many take part, for how long; what a figure needs that is not here yet is left out."""
    federation = preset.config.federation
    facts = [_("{clients} clients").format(clients=federation.clients), _("{rounds} rounds").format(rounds=federation.rounds)]
    try:
        expected = estimate(preset.config)
    except FedvizError:
        return " · ".join(facts)
    return " · ".join((*facts, _("about {time} on this computer").format(time=duration(expected.seconds))))


def _recent() -> None:
    """The newest runs, a line each."""
    runs = list_runs(runs_root())[:RECENT]
    if not runs:
        return
    st.header(_("Recent runs"))
    for run in runs:
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            shell.link("live", plain(run.title), run=run.id)
            st.caption(" · ".join(part for part in (statuses.words(run.status), statuses.accuracy(run), moment(run.queued_at)) if part))
    shell.link("runs", _("All runs"))
