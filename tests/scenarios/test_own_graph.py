"""A graph of the data folder in the place of a scenario's own: a run keeps its version, and refuses another."""

import pytest

from fedviz.core.config import RunConfig
from fedviz.core.errors import ConfigError, UnknownNameError
from fedviz.kg.sources.load import import_graph
from fedviz.kg.store import folder
from fedviz.kg.store.change import change
from fedviz.kg.store.records import SourceInfo
from fedviz.kg.store.terms import Statement
from fedviz.runs.folder import create
from fedviz.scenarios import load as scenarios
from fedviz.scenarios.own_graph import WARNING

OWN = RunConfig.parse({"scenario": {"name": "toy", "graph": "mine"}, "model": "toy"})


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """The toy's graph as a graph of one's own."""
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path))
    toy = scenarios.load(RunConfig.parse({"scenario": "toy", "model": "toy"}))
    folder.create("mine", "Mine")
    import_graph("mine", toy.graph, SourceInfo(key="", title="toy", reader="hand"))
    return toy


def test_the_same_knowledge_from_the_data_folder_is_the_same_scenario(mine):
    own = scenarios.load(OWN)
    assert own.graph.digest == mine.graph.digest and own.class_entities == mine.class_entities
    assert own.train.texts == mine.train.texts and own.warnings[0] == WARNING


def test_a_run_keeps_the_version_of_its_graph_and_refuses_another(mine, tmp_path):
    kept = create(tmp_path / "runs", OWN, "own").config()
    assert kept.scenario.graph == f"mine@{folder.read('mine').digest}" and scenarios.load(kept).graph.digest == mine.graph.digest
    with change("mine", "One more") as write:
        write.add(write.info.sources[0].key, [(Statement("<urn:a>", "<urn:b>", "<urn:c>"), None)])
    with pytest.raises(ConfigError, match="has changed since"):
        scenarios.load(kept)
    assert len(scenarios.load(OWN).graph.triples) == len(mine.graph.triples) + 1, "by its name alone it is taken as it is now"


def test_an_unknown_graph_and_an_impossible_name_are_one_sentence(mine, tmp_path):
    other = OWN.updated({"scenario.graph": "other"})
    with pytest.raises(UnknownNameError, match="mine"):
        create(tmp_path / "runs", other, "other")
    with pytest.raises(ConfigError, match=r"scenario\.graph"):
        OWN.updated({"scenario.graph": "../x"})
