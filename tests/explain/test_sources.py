"""Who says a triple: one party, two, none; line and sentence come with it; what a party alone says is what goes when it goes."""

import pytest

from fedviz.core.config import RunConfig
from fedviz.core.types import Triple
from fedviz.explain.influence import explain
from fedviz.explain.parts import above, by_source
from fedviz.explain.sources import Sources
from fedviz.kg.graph import IS_A
from fedviz.kg.sources.load import import_graph
from fedviz.kg.store import folder
from fedviz.kg.store.change import change
from fedviz.kg.store.memory import in_memory, statements_of
from fedviz.kg.store.records import Evidence, SourceInfo
from fedviz.kg.store.store import GraphStore
from fedviz.scenarios import load as scenarios
from tests.models.small import trained_predictor

SPOKE = Triple("toy:spoke", IS_A, "toy:wheel-part")
WHEEL = Triple("toy:wheel-part", IS_A, "toy:bicycle")


@pytest.fixture
def sources(tmp_path, monkeypatch):
    """The toy's graph from the party North; East says one of its triples, too, with a sentence."""
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path))
    toy = scenarios.load(RunConfig.parse({"scenario": "toy", "model": "toy"})).graph
    folder.create("mine", "Mine")
    import_graph("mine", toy, SourceInfo(key="", title="list of parts", reader="hand", party="North"))
    rows = [row for row in statements_of(toy) if "spoke" in row.subject and "wheel-part" in row.object]
    with change("mine", "a sentence") as write:
        key = write.new_source(SourceInfo(key="", title="tickets", reader="hand", party="East")).key
        said = Evidence(source=key, status="asserted", method="pattern", confidence=0.9, sentence="A spoke is a part of a wheel.", document="ticket 7", line=3)
        assert write.add(key, [(row, said) for row in rows]) == 1
    return Sources("mine", in_memory(GraphStore("mine")))


def test_sources_parties_and_sentences_of_a_triple(sources):
    assert sources.party_of(SPOKE) == ("North", "East") and sources.party_of(WHEEL) == ("North",)
    assert sources.of(Triple("toy:spoke", IS_A, "toy:radio")) == ()
    (sentence,) = [entry for entry in sources.evidence(SPOKE) if entry.sentence]
    assert sentence.sentence == "A spoke is a part of a wheel." and sentence.document == "ticket 7" and sentence.line == 3
    assert sources.said("East", "party") == () and SPOKE not in sources.said("North", "party") and WHEEL in sources.said("North", "party")


def test_parties_share_a_prediction(sources):
    model = trained_predictor()
    said = explain(model, "The spoke is bent.")
    parts = {part.key: part.values[0] for part in by_source(above(model, said), said, sources.party_of).parts}
    near, far = (next(c.values[0] for c in said.contributions if c.triple.tail == tail) for tail in ("toy:wheel-part", "toy:bicycle"))
    assert parts["East"] == pytest.approx(near / 2 + far / 4) and parts["North"] == pytest.approx(near / 2 + 3 * far / 4)


def test_a_scenarios_own_graph_is_one_source_without_lines():
    graph = trained_predictor().graph
    own = Sources("", graph)
    assert own.party_of(SPOKE) == (graph.source,) and own.evidence(SPOKE) == () and set(own.said(graph.source)) == set(graph.triples)
