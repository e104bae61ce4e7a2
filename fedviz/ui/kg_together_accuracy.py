"""Below the story of a construction: what the graphs are worth in points of accuracy, measured at a click."""

import streamlit as st

from fedviz.core.config import RunConfig
from fedviz.core.errors import FedvizError
from fedviz.core.i18n import N_, _
from fedviz.runs import together, together_accuracy
from fedviz.runs.together import Story
from fedviz.runs.together_accuracy import Accuracy
from fedviz.ui import jobs, provenance
from fedviz.ui.sentences import called
from fedviz.ui.text import clean, plain

_WAYS = {"none": N_("text alone"), "own": N_("with its own graph"), "fused": N_("with the fused graph too"), "shuffled": N_("the same, shuffled")}


def show(story: Story) -> None:
    """What was measured, or the button that measures it."""
    st.markdown(_(
        "**Points of accuracy.** Each party trains a head of its own on its own texts alone: without a graph, with its own graph, with the fused graph too, and with that one shuffled as control. "
        "Tested on the test texts of all parties, and on its own. Each seed has other texts and builds its graphs anew."
    ))
    key = f"kg-together-accuracy-{story.id}"
    left, right = st.columns([0.3, 0.7], vertical_alignment="bottom")
    seeds = int(left.number_input(_("Seeds"), 1, 10, 3, key=f"{key}-seeds"))
    if right.button(_("Train and measure (some minutes for each seed)"), disabled=jobs.running(key), key=f"{key}-go", icon=":material/model_training:"):
        _start(key, story, seeds)
    jobs.show(key)
    found = together_accuracy.accuracy(story.id)
    if found is not None:
        _table(story, found)


def _start(key: str, story: Story, seeds: int) -> None:
    try:
        config = RunConfig.from_toml((together.root() / story.id / "config.toml").read_text("utf-8"))
    except (OSError, FedvizError) as error:
        st.error(plain(error))
        return
    if lacking := provenance.missing(config):
        provenance.offer(lacking)
        return
    jobs.start(key, clean(story.title, 60), lambda job: together_accuracy.measure(story.id, seeds, job.progress, job.cancelled))
    st.rerun()


def _table(story: Story, found: Accuracy) -> None:
    ways = found.ways()
    seeds = len({row.seed for row in found.rows})
    st.dataframe(
        {
            _("Graph"): [_(_WAYS.get(way, way)) for way in ways],
            _("All test texts, %"): [_both(every, spread, seeds) for every, spread, *_rest in ways.values()],
            _("Own test texts, %"): [_both(home, spread, seeds) for *_rest, home, spread in ways.values()],
        },
        hide_index=True,
    )  # fmt: skip
    by_party = {(client, way): value for client, way, value in found.parties}
    st.dataframe(
        {_("Party"): [clean(called(party.name)) for party in story.parties]}
        | {_(_WAYS.get(way, way)): [f"{100 * by_party[party.client, way]:.1f}" if (party.client, way) in by_party else "" for party in story.parties] for way in ways},
        hide_index=True,
    )
    st.caption(_("Above: mean over the parties, then mean and standard deviation over {seeds} seeds. Below: each party's model on all test texts, mean over the seeds, in per cent.").format(seeds=seeds))
    gained, spread = (100 * value for value in found.gain())
    points = f"{gained:+.1f} ± {spread:.1f}" if seeds > 1 else f"{gained:+.1f}"
    if seeds > 1 and abs(gained) <= spread:
        st.markdown(_("Against its own graph the fused one changes the accuracy on all test texts by {points} points, seed by seed: not more than the spread.").format(points=points))
    else:
        st.markdown(_("Against its own graph the fused one changes the accuracy on all test texts by {points} points, seed by seed.").format(points=points))


def _both(mean: float, spread: float, seeds: int) -> str:
    return f"{100 * mean:.1f} ± {100 * spread:.1f}" if seeds > 1 else f"{100 * mean:.1f}"
