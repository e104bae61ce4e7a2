"""What entities carry, on the page Graph: the section, the card, and files that are none."""

import numpy as np
import pytest

from fedviz.kg.features import EntityFeatures, to_bytes
from fedviz.kg.sources.load import import_graph
from fedviz.kg.store import features
from fedviz.kg.store import folder as graphs
from fedviz.kg.store.records import SourceInfo
from tests.kg.small import graph_of
from tests.pages.test_graph import words

GRAPH = graph_of([("a", "c"), ("b", "c")], {"a": ("Pump A",), "b": ("Pump B",), "c": ("Pump",)})
KINDS = {
    "vector": EntityFeatures("vector", ("a", "b"), np.array([[1, np.nan], [3, 4]], np.float32), columns=("<b>heat</b>", "speed")),
    "series": EntityFeatures("series", ("a",), np.arange(9, dtype=np.float32)[None]),
    "picture": EntityFeatures("picture", ("a",), np.eye(3, dtype=np.float32).reshape(1, 9), (3, 3)),
}


@pytest.fixture
def pumps(open_page):
    graphs.create("pumps", "Pumps")
    import_graph("pumps", GRAPH, SourceInfo(key="", title="pumps", reader="hand"))
    return open_page


@pytest.mark.parametrize("kind", ["vector", pytest.param("series", marks=pytest.mark.slow), pytest.param("picture", marks=pytest.mark.slow)])
def test_what_an_entity_carries_stands_in_the_section(pumps, kind) -> None:
    features.write(GRAPH, "pumps", KINDS[kind])
    at = pumps("graph", section="features", graph="pumps")
    assert not at.exception and "What it carries" in words(at) and f"a {kind}" in words(at)


def test_an_upload_is_kept_taken_away_and_refused_in_a_sentence(pumps) -> None:
    at = pumps("graph", section="features", graph="pumps")
    assert "carry nothing yet" in words(at)
    at.file_uploader[0].upload("x.npz", to_bytes(KINDS["picture"])).run()
    at.button(key="kg-features-import").click().run()
    assert not at.exception and features.read(graphs.read("pumps")).kind == "picture"
    at.button(key="kg-features-remove").click().run()
    assert features.read(graphs.read("pumps")) is None
    at.file_uploader[0].upload("x.csv", b"pump,heat\na,very\n").run()
    at.button(key="kg-features-import").click().run()
    assert not at.exception and "numbers" in at.error[0].value and features.read(graphs.read("pumps")) is None
