"""The section `[graph]`: one treated graph for all that reads it, the texts untouched."""

from fedviz.scenarios.load import load
from tests.models.small import config


def test_the_graph_is_treated_once_for_everybody_and_nothing_else_changes() -> None:
    plain = load(config())
    assert load(config().updated({"graph.rewired": 0.0})) is plain
    for changes in ({"graph.control": "shuffled"}, {"graph.control": "random"}, {"graph.rewired": 0.5}):
        treated = load(config().updated(changes))
        assert treated.graph.digest != plain.graph.digest
        assert dict(treated.graph.entities) == dict(plain.graph.entities)
        assert (treated.train, treated.test, treated.classes) == (plain.train, plain.test, plain.classes)
        assert load(config().updated(changes)) is treated
