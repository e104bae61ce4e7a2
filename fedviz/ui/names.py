"""What a run or an explanation says by names and sentences of its own, in the viewer's language where the catalogue knows them."""

from dataclasses import replace
from functools import lru_cache

from fedviz.core.types import ClientInfo
from fedviz.explain.records import Explanation
from fedviz.runs.client_view import ClientView
from fedviz.runs.run_view import RunView
from fedviz.ui.sentences import called, sentence


def in_words(view: RunView) -> RunView:
    """A view of a run with names and reasons in the viewer's language; all else are the same objects."""
    return replace(view, clients=tuple(map(_client, view.clients)), classes=tuple(map(called, view.classes)), reason=sentence(view.reason))


def _client(client: ClientView) -> ClientView:
    reasons = {reason: sentence(reason) for reason in {reason for _round, reason in client.failures}}  # a failing client has a reason a round, all alike
    failures = tuple((number, reasons[reason]) for number, reason in client.failures)
    return replace(client, info=_info(client.info, called(client.info.name)), failures=failures)


@lru_cache(maxsize=1024)
def _info(info: ClientInfo, name: str) -> ClientInfo:
    return info.model_copy(update={"name": name})


def explained(explanation: Explanation) -> Explanation:
    """An explanation with the names of its classes in the viewer's language."""
    return explanation.model_copy(update={"classes": tuple(map(called, explanation.classes))})
