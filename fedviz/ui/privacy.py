"""A calculator on the page *Configure*: how much noise buys how much privacy with this many rounds and clients."""

import streamlit as st

from fedviz.core.config import FederationConfig
from fedviz.core.i18n import _
from fedviz.core.options import Options

DEFAULT_DELTA, DEFAULT_EPSILON = 1e-5, 8.0


def calculator(options: Options, federation: FederationConfig, key: str) -> None:
    """An epsilon to aim at, and the noise multiplier that reaches it by the last round; the form is left as it is."""
    from fedviz.federation.privacy import accounting

    delta = getattr(options, "delta", DEFAULT_DELTA)
    rounds, drawn, there = federation.rounds, federation.participants, federation.present
    with st.expander(_("What noise for what privacy?")):
        target = st.number_input(
            _("Epsilon after the last round"), min_value=0.01, max_value=1e4, value=DEFAULT_EPSILON, format="%g", key=f"{key}.privacy-target",
            help=_("How much the global models may tell about any one client: up to 1 is strong, 10 is weak, and 100 promises nothing."),
        )
        noise = accounting.noise_for(target, rounds, drawn, there, delta)
        st.markdown(_(
            "**A noise multiplier of {noise}** keeps epsilon at {target} or below for {rounds} rounds with {drawn} of {there} clients in each (delta {delta})."
        ).format(noise=f"{noise:g}", target=f"{target:g}", rounds=rounds, drawn=drawn, there=there, delta=f"{delta:g}"))
        st.caption(_(
            "Every weight of the mean update then gets noise of standard deviation {share} times the clip norm. Twice as many clients, in all and in each round, halve it."
        ).format(share=f"{noise / drawn:.2g}"))
