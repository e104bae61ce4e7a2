"""A calculator on the page *Configure*: how much noise buys how much privacy with this many rounds, clients and texts."""

from typing import Any

import streamlit as st

from fedviz.core.config import FederationConfig, RunConfig
from fedviz.core.errors import FedvizError
from fedviz.core.i18n import _
from fedviz.core.options import Options
from fedviz.scenarios import load as scenarios

DEFAULT_DELTA, DEFAULT_EPSILON = 1e-5, 8.0


def calculator(mechanism: Any, options: Options, federation: FederationConfig, config: RunConfig, key: str) -> None:
    """An epsilon to aim at, and the noise multiplier that reaches it by the last round; the form is left as it is.

    `mechanism` is the entry of the registry; `config` is the last configuration that broke no rule, whose texts are counted.
    """
    delta = getattr(options, "delta", DEFAULT_DELTA)
    texts = _texts(config)
    with st.expander(_("What noise for what privacy?")):
        target = st.number_input(
            _("Epsilon after the last round"), min_value=0.01, max_value=1e4, value=DEFAULT_EPSILON, format="%g", key=f"{key}.privacy-target",
            help=_("{promise} Up to 1 is strong, 10 is weak, and 100 promises nothing.").format(promise=_(mechanism.promise)),
        )
        noise = mechanism.noise_for(target, delta, federation, texts)
        if not noise:
            st.caption(_("The answer appears once the texts can be counted."))
            return
        share = f"{mechanism.learned(noise, federation, texts):.2g}"
        words = {"noise": f"{noise:g}", "target": f"{target:g}", "rounds": federation.rounds, "delta": f"{delta:g}"}
        if mechanism.text_by_text:
            held = [n for k, n in enumerate(texts) if n and k not in federation.absent_clients]
            st.markdown(_(
                "**A noise multiplier of {noise}** keeps epsilon at {target} or below for {rounds} rounds, also for the client that has only {least} texts (delta {delta})."
            ).format(least=min(held), **words))
            st.caption(_("Every weight of a step's mean gradient then gets noise of standard deviation {share} times the clip norm.").format(share=share))
            return
        st.markdown(_(
            "**A noise multiplier of {noise}** keeps epsilon at {target} or below for {rounds} rounds with {drawn} of {there} clients in each (delta {delta})."
        ).format(drawn=federation.participants, there=federation.present, **words))
        st.caption(
            _("Every weight of the mean update then gets noise of standard deviation {share} times the clip norm.").format(share=share) + " " + _(mechanism.noise)
        )


def _texts(config: RunConfig) -> tuple[int, ...]:
    """How many training texts each client holds; none where they cannot be read."""
    try:
        return tuple(int(n) for n in scenarios.preview(config).train.sum(axis=1))
    except FedvizError:
        return ()
