"""The card of a scenario: who the parties are and why they keep their texts apart, where the data comes from, how large and uneven it is, what it cannot say, and a
demonstration at one click."""

from collections.abc import Callable, Iterator

import streamlit as st

from fedviz.carriers.records import CARRIERS
from fedviz.charts.class_sizes import class_sizes_record, class_sizes_spec
from fedviz.core.config import RunConfig
from fedviz.core.errors import FedvizError
from fedviz.core.i18n import _
from fedviz.core.registry import SCENARIOS
from fedviz.runs.presets import Preset, presets
from fedviz.scenarios import load as scenarios
from fedviz.scenarios.base import Provenance, ScenarioData, ScenarioEntry
from fedviz.ui import provenance, theme
from fedviz.ui.sentences import called
from fedviz.ui.text import clean, plain

_PARTIES = 10


def demonstration(scenario: str) -> Preset | None:
    """The first ready-made configuration of a scenario, if it has one."""
    return next((preset for preset in presets() if preset.config.scenario.name == scenario), None)


def show(config: RunConfig, start: Callable[[RunConfig, str], None]) -> None:
    """The card of the scenario that a configuration names; `start(config, title)` starts a demonstration. Call it where the texts have been read already."""
    entry: ScenarioEntry = SCENARIOS.get(config.scenario.name)
    try:
        data = None if _unread(entry, config) else scenarios.load(config)
    except FedvizError:  # told where the texts are dealt out
        data = None
    with st.container(border=True, key="scenario-card"):
        st.subheader(_(entry.title), anchor=False)
        left, right = st.columns(2, gap="large")
        with left:
            _story(entry, data)
            _offer(entry, start)
        with right:
            if data is not None:
                _size(data)
                st.markdown(_("**Its limits.**") + "\n" + "\n".join(f"- {plain(_(warning))}" for warning in data.warnings))


def _story(entry: ScenarioEntry, data: ScenarioData | None) -> None:
    """Why the texts lie apart, whose they are, and where they come from."""
    if entry.why:
        st.markdown(plain(_(entry.why)))
    if data is not None and data.parties:
        st.markdown(_("**The parties.** {names}").format(names=plain(_parties(data), 600)))
    if lines := list(_records(entry, data)):
        st.markdown(_("**The data.**") + "\n" + "\n".join(f"- {line}" for line in lines))


def _unread(entry: ScenarioEntry, config: RunConfig) -> bool:
    return any(key in provenance.missing(config) for key in entry.carriers)


def _parties(data: ScenarioData) -> str:
    names = [clean(called(name), 60) for name in data.parties]
    more = _(" and {count} more").format(count=len(names) - _PARTIES) if len(names) > _PARTIES else ""
    return ", ".join(names[:_PARTIES]) + more


def _size(data: ScenarioData) -> None:
    """How many texts and classes there are, and how uneven."""
    record = class_sizes_record(data, tuple(map(called, data.classes)))
    words = _("**Its size.** {train} texts to train on and {test} to test with, in {classes} classes.").format(
        train=f"{len(data.train):,}", test=f"{len(data.test):,}", classes=len(data.classes)
    )
    if record.ratio >= 1.05:
        words += " " + _("The largest class has {times} times as many as the smallest.").format(times=f"{record.ratio:.1f}")
    elif record.counts:
        words += " " + _("All classes have about as many.")
    if record.empty:
        words += " " + _("{count} of them have no text to train on.").format(count=record.empty)
    st.markdown(words)
    if record.counts:
        theme.plot(class_sizes_spec(record), "scenario-card-classes")


def _records(entry: ScenarioEntry, data: ScenarioData | None) -> Iterator[str]:
    """Source, licence and date of everything that the scenario is made of, a line each."""
    for key in entry.carriers:
        carrier = CARRIERS[key]
        yield _record(Provenance(_(carrier.title), carrier.source, carrier.licence, carrier.date))
    if data is not None and data.provenance is not None:
        yield _record(data.provenance)


def _record(known: Provenance) -> str:
    licence = plain(known.licence, 200) if known.licence else _("not said")
    return " · ".join((f"**{plain(_(known.title))}**", *([plain(known.source, 200)] if known.source else ()), _("licence: {licence}").format(licence=licence), *([plain(known.date)] if known.date else ())))


def _offer(entry: ScenarioEntry, start: Callable[[RunConfig, str], None]) -> None:
    preset = demonstration(entry.name)
    if preset is None:
        return
    lacking = bool(provenance.missing(preset.config))
    if st.button(_("Start the demonstration"), key=f"card-start-{entry.name}", icon=":material/play_arrow:", disabled=lacking, help=_(preset.summary)):
        start(preset.config, _(preset.title))
