"""The configuration that a session is working on: filled by a preset, a link or a run, changed by the form and the TOML editor."""

from dataclasses import dataclass, replace

import streamlit as st

from fedviz.core.config import RunConfig
from fedviz.core.errors import InputError
from fedviz.runs.presets import presets
from fedviz.ui import link
from fedviz.ui.state import keep_in_address

_DRAFT = "fedviz-draft"
_SEEN = "fedviz-config-in-url"
_TROUBLE = "fedviz-link-trouble"
FIRST = "medicine-coding"
"""The preset that an untouched form shows."""


@dataclass(frozen=True)
class Draft:
    """`base`: what the form's fields were filled from; `config`: the newest one without a broken rule; `version`: one more with each filling."""

    base: RunConfig
    config: RunConfig
    version: int = 0

    @property
    def key(self) -> str:
        """Name of the form in the session; another version is another form."""
        return f"configure-{self.version}"


def current() -> Draft:
    """The draft of this session, after a new `?config=` of the address was taken over."""
    asked = st.query_params.get("config")
    if asked and asked != st.session_state.get(_SEEN):
        st.session_state[_SEEN] = asked
        try:
            fill(link.decode(asked))
        except InputError as error:
            st.session_state[_TROUBLE] = str(error)
    if _DRAFT not in st.session_state:
        ready = {preset.name: preset.config for preset in presets()}
        first = ready.get(FIRST) or next(iter(ready.values()))
        st.session_state[_DRAFT] = Draft(first, first)
    draft: Draft = st.session_state[_DRAFT]
    if f"{draft.key}.seed" not in st.session_state:
        # The page was left meanwhile and Streamlit forgot its fields: they are filled anew from where they stood.
        draft = st.session_state[_DRAFT] = replace(draft, base=draft.config)
    return draft


def fill(config: RunConfig) -> None:
    """Fill the form from a configuration; what stood there goes."""
    version = st.session_state[_DRAFT].version + 1 if _DRAFT in st.session_state else 0
    st.session_state[_DRAFT] = Draft(config, config, version)
    st.session_state.pop(_TROUBLE, None)


def keep(config: RunConfig) -> Draft:
    """Remember what the form holds now, and put it into the address."""
    st.session_state[_DRAFT] = draft = replace(st.session_state[_DRAFT], config=config)
    if _TROUBLE not in st.session_state:
        parameter = link.encode(config)
        st.session_state[_SEEN] = parameter
        keep_in_address(config=parameter)
    return draft


def trouble() -> str:
    """Why the link that was opened could not be used, once; the address follows the form again afterwards."""
    return st.session_state.pop(_TROUBLE, "")
