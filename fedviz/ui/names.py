"""Names that a scenario gives to its parties and classes, in the viewer's language where its catalogue knows them."""

import re
from dataclasses import replace
from functools import lru_cache

from fedviz.core.i18n import _
from fedviz.core.types import ClientInfo
from fedviz.explain.records import Explanation
from fedviz.runs.view import RunView

_NUMBERED = re.compile(r"(\w+) (\d+)")


def called(name: str) -> str:
    """A name as the viewer reads it; "Hospital 3" is the word for a party and its number, any other unknown name stays as it is."""
    numbered = _NUMBERED.fullmatch(name)
    if numbered is None:
        return _(name)
    word = numbered[1].lower()
    return name if _(word) == word else f"{_(word)} {numbered[2]}"


def in_words(view: RunView) -> RunView:
    """A view of a run with the names of clients and classes in the viewer's language; all else are the same objects."""
    clients = tuple(replace(client, info=_info(client.info, called(client.info.name))) for client in view.clients)
    return replace(view, clients=clients, classes=tuple(map(called, view.classes)))


@lru_cache(maxsize=1024)
def _info(info: ClientInfo, name: str) -> ClientInfo:
    return info.model_copy(update={"name": name})


def explained(explanation: Explanation) -> Explanation:
    """An explanation with the names of its classes in the viewer's language."""
    return explanation.model_copy(update={"classes": tuple(map(called, explanation.classes))})
