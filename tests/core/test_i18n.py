"""The language belongs to the context: two viewers with different languages do not meet."""

import threading
from contextvars import copy_context
from gettext import NullTranslations

import pytest

from fedviz.core import i18n
from fedviz.core.i18n import N_, _


class Shouting(NullTranslations):
    """A catalogue that knows every message."""

    def gettext(self, message: str) -> str:
        return message.upper()


class Greeting(NullTranslations):
    """A catalogue that knows one message and, as gettext does, gives its header for the empty one."""

    def gettext(self, message: str) -> str:
        return {"Hello": "Grüezi", "": "Project-Id-Version: 1"}.get(message, message)


@pytest.fixture(autouse=True)
def default_stays(monkeypatch):
    monkeypatch.setattr(i18n, "_defaults", [NullTranslations()])


def inside(catalogue, message):
    i18n.use(catalogue)
    return _(message)


def test_english_is_the_message_itself():
    assert copy_context().run(inside, NullTranslations(), "{count} texts") == "{count} texts"
    assert N_("Toy") == "Toy"


def test_a_context_keeps_its_catalogue_to_itself():
    one, other = copy_context(), copy_context()
    assert one.run(inside, Shouting(), "Hello") == "HELLO"
    assert other.run(_, "Hello") == "Hello"
    assert other.run(inside, Greeting(), "Hello") == "Grüezi"
    assert one.run(_, "Hello") == "HELLO"


def test_a_thread_starts_without_the_choice_of_its_maker():
    heard = []

    def maker():
        i18n.use(Shouting())
        thread = threading.Thread(target=lambda: heard.append(_("Hello")))
        thread.start()
        thread.join()

    copy_context().run(maker)
    assert heard == ["Hello"]


def test_the_default_holds_where_no_context_chose():
    i18n.use_by_default(Shouting())
    assert copy_context().run(_, "Hello") == "HELLO"
    assert copy_context().run(inside, Greeting(), "Hello") == "Grüezi"


def test_the_empty_message_stays_empty():
    assert copy_context().run(inside, Greeting(), "") == ""
