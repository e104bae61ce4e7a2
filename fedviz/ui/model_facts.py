"""What one should know of the chosen model before a run: size, languages, licence, version, and the memory that each way to train it needs."""

from collections.abc import Callable

import streamlit as st

from fedviz.core.config import RunConfig
from fedviz.core.errors import FedvizError
from fedviz.core.i18n import _
from fedviz.core.options import Options
from fedviz.core.registry import MODELS, SCENARIOS
from fedviz.models.languages import unread
from fedviz.runs.fits import by_mode, machine_bytes, refuse_too_large
from fedviz.ui.labels import label
from fedviz.ui.sentences import sentence
from fedviz.ui.text import plain, size


def show(config: RunConfig, model: Options) -> None:
    """A caption on the model, and the memory that the run needs by what is trained; one sentence where the model is none."""
    entry = MODELS.get(model.name)
    try:
        facts, parameters = entry.facts(model), entry.shape(model).parameters
    except FedvizError as error:
        st.warning(plain(sentence(error)))
        return
    said = {_("Weights"): f"{parameters / 1e6:.1f} M", _("Languages"): _(facts.languages), _("Licence"): _(facts.licence), _("Version"): _(facts.revision)}
    st.caption("  \n".join(f"{name}: {plain(value)}" for name, value in said.items()))
    try:
        needs, there = by_mode(config.updated({"model": model.model_dump()})), machine_bytes()
    except FedvizError:  # the texts are not here yet, which the page says elsewhere
        return
    too_much = _("does not fit")
    words = (f"{label(mode, 'tuning')} {size(need)}" + ("" if need <= there else f" ({too_much})") for mode, need in needs.items())
    st.caption(_("Memory that this run needs: {needs}. This machine has {there}.").format(needs=plain("; ".join(words)), there=size(there)))


def language(config: RunConfig, fill: Callable[[RunConfig], None]) -> None:
    """A warning where the model does not read the texts, and one that does at a click; nothing where it reads them."""
    words = unread(config, _)
    if not words:
        return
    st.warning(plain(words))
    fitting = SCENARIOS.get(config.scenario.name).model
    changed = config.updated({"model": {"name": fitting, "tuning": config.model.tuning}})  # type: ignore[attr-defined]
    st.button(_("Take {model}").format(model=_(MODELS.get(fitting).title)), on_click=lambda: fill(changed), key="configure-fitting-model")


def refusal(config: RunConfig) -> str:
    """Why this machine cannot do the run, in one sentence; empty where it can."""
    try:
        refuse_too_large(config)
    except FedvizError as error:
        return sentence(error)
    return ""
