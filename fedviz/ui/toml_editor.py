"""The configuration as TOML, shown and editable: what is typed fills the form, and a slip keeps what was typed."""

import streamlit as st

from fedviz.core.config import RunConfig
from fedviz.core.errors import FedvizError
from fedviz.core.i18n import _
from fedviz.ui import drafts
from fedviz.ui.drafts import Draft
from fedviz.ui.sentences import sentence
from fedviz.ui.text import plain

MAX_TOML = 20_000
"""Characters; a configuration needs about 1,500."""
_SLIP = "fedviz-toml-slip"
"""(text, sentence) of an edit that could not be used."""


def show(draft: Draft) -> None:
    """The editor, in an expander."""
    slip: tuple[str, str] | None = st.session_state.get(_SLIP)
    with st.expander(_("This configuration as TOML"), expanded=slip is not None):
        words = _("What you type here fills the form above. The same text in a file repeats the run: {command}")
        st.caption(words.format(command="`python -m fedviz run config.toml`"))
        # While an edit holds a slip its field keeps one name, so that the text stays whatever else changes on the page.
        key = "fedviz-toml-slipped" if slip else f"fedviz-toml-{draft.config.digest()}"
        with st.container(key="fedviz-toml"):
            st.text_area(
                _("TOML"), value=slip[0] if slip else draft.config.to_toml(), height=420, max_chars=MAX_TOML, key=key, on_change=_edited, args=(key,),
                label_visibility="collapsed",
            )
        if slip:
            st.error(plain(sentence(slip[1])))
            st.button(_("Drop the edit"), on_click=lambda: st.session_state.pop(_SLIP, None))


def _edited(key: str) -> None:
    text = st.session_state[key]
    try:
        drafts.fill(RunConfig.from_toml(text))
    except FedvizError as error:
        st.session_state[_SLIP] = (text, str(error))
    else:
        st.session_state.pop(_SLIP, None)
