"""The language of the words on a page: `_("message")` at run time, English as the message.

A page sets the catalogue of its script run with `use`; the choice lives in a context variable, so that two viewers
with different languages do not meet. Blocks below `ui` never call `_` at import.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from gettext import NullTranslations

_catalogue: ContextVar[NullTranslations | None] = ContextVar("fedviz_catalogue", default=None)
_defaults = [NullTranslations()]


def use_by_default(catalogue: NullTranslations) -> None:
    """Translate by `catalogue` wherever no context has chosen its own; the interface puts one here that asks who is looking."""
    _defaults[0] = catalogue


def use(catalogue: NullTranslations) -> None:
    """Translate by `catalogue` from here on in this context (a script run, a thread, a task)."""
    _catalogue.set(catalogue)


@contextmanager
def using(catalogue: NullTranslations) -> Iterator[None]:
    """Translate by `catalogue` in the block, and as before after it."""
    token = _catalogue.set(catalogue)
    try:
        yield
    finally:
        _catalogue.reset(token)


def in_use() -> NullTranslations:
    """The catalogue of this context, or the default where the context has chosen none."""
    return _catalogue.get() or _defaults[0]


def _(message: str) -> str:
    """The message in the language of this context, or itself where the catalogue lacks it."""
    return in_use().gettext(message) if message else ""


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for "mark, translate later"
    """Mark a constant as a message; it is translated where it is shown."""
    return message
