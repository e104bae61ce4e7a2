"""Languages of the page: gettext catalogues read from their `.po` files, and whose language a message takes.

The language of a viewer comes, in this order, from `?lang=`, from what they chose in the sidebar, from their browser.
It lives in the session, not in the script's thread: fragments and callbacks run without `app.py`.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

import streamlit as st
from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from streamlit.runtime.scriptrunner import get_script_run_ctx

from fedviz.core import i18n

LANGUAGES = {"en": "English", "zh": "中文"}
"""Languages of the page by code, each in its own words."""

SENTENCE = "sentence"
"""Context, in gettext's meaning, of messages that reach a page with their placeholders already filled: see `fedviz.ui.sentences`."""

LOCALE = Path(__file__).parent / "locale"
_LANGUAGE = "fedviz-language"
_SEEN = "fedviz-language-in-url"


def po_path(language: str) -> Path:
    """Where the catalogue of a language is kept."""
    return LOCALE / language / "LC_MESSAGES" / "fedviz.po"


class Catalogue(GNUTranslations):
    """The messages of a language; `sentences` holds those of the context `SENTENCE`, English -> translation."""

    def __init__(self, messages: Catalog) -> None:
        binary = io.BytesIO()
        write_mo(binary, messages)
        binary.seek(0)
        super().__init__(binary)
        self.sentences = {str(one.id): str(one.string) for one in messages if one.context == SENTENCE and one.string}


@lru_cache(maxsize=len(LANGUAGES))
def catalogue(language: str) -> Catalogue:
    """The messages of a language, compiled in memory once per process; English, which the messages are written in, needs none."""
    if language not in LANGUAGES or not po_path(language).exists():
        return Catalogue(Catalog())
    with po_path(language).open("rb") as file:
        return Catalogue(read_po(file))


def in_use() -> Catalogue:
    """The catalogue of this context, or of whoever is looking where the context has chosen none."""
    chosen = i18n.in_use()
    return chosen if isinstance(chosen, Catalogue) else catalogue(language())


def language() -> str:
    """Code of the language of whoever is looking; English outside a page."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return "en"
    return st.session_state.get(_LANGUAGE) or _browser_language()


@contextmanager
def once() -> Iterator[None]:
    """Ask once, and not at every message, who is looking; also a decorator, for a part of a page with hundreds of messages that must follow at once."""
    with i18n.using(catalogue(language())):
        yield


def choose(code: str) -> None:
    """Turn the viewer's page to a language, from its next run on."""
    if code in LANGUAGES:
        st.session_state[_LANGUAGE] = code


def follow_address() -> None:
    """Take over a new `?lang=` of the address, and keep the language in the address wherever it is not the browser's own."""
    asked = st.query_params.get("lang")
    if asked in LANGUAGES and asked != st.session_state.get(_SEEN):
        choose(asked)
    wanted = language()
    if asked is not None or wanted != _browser_language():
        if asked != wanted:
            st.query_params["lang"] = wanted
        st.session_state[_SEEN] = wanted


def switch() -> None:
    """The language switch of the sidebar."""
    key = f"fedviz-language-switch-{language()}"
    st.segmented_control(
        i18n._("Language"), list(LANGUAGES), format_func=LANGUAGES.get, default=language(), required=True, key=key,
        on_change=lambda: choose(st.session_state.get(key) or ""), label_visibility="collapsed",
    )


def _browser_language() -> str:
    """The language that the browser asks for, where we speak it."""
    code = (st.context.locale or "en").split("-")[0].lower()
    return code if code in LANGUAGES else "en"


class _Viewer(NullTranslations):
    """The catalogue of whoever is looking, looked up message by message."""

    def gettext(self, message: str) -> str:
        return catalogue(language()).gettext(message)


i18n.use_by_default(_Viewer())
