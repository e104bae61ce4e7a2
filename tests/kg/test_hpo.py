"""The real ontology: counts and facts of release 2025-01-16, read from its derived file in well under a second."""

import pytest

from fedviz.carriers.derived import derived_path
from fedviz.carriers.store import is_present
from fedviz.kg.branches import branches
from fedviz.kg.hpo import ROOT, hpo_graph, lay_names, organ_systems
from fedviz.kg.link import Linker
from fedviz.kg.subgraph import neighbourhood

pytestmark = pytest.mark.skipif(
    not is_present("hpo") or not derived_path("hpo-graph").exists(), reason="the carrier hpo is not in the data folder; run `python -m fedviz fetch`"
)
ATRIAL_FIBRILLATION, ARRHYTHMIA, HEART = "HP:0005110", "HP:0011675", "HP:0001626"


def test_counts_of_the_release() -> None:
    graph = hpo_graph()
    assert len(graph.entities) == 18_387
    assert len(graph.triples) == len(set(graph.triples)) == 22_741
    assert graph.relations == ("is_a",)
    assert len(organ_systems(graph)) == 23 and branches(graph) == organ_systems(graph)
    assert "2025-01-16" in graph.name


def test_facts() -> None:
    graph = hpo_graph()
    above = graph.ancestors(ATRIAL_FIBRILLATION)
    assert {ARRHYTHMIA, HEART, ROOT} <= set(above)
    assert graph.entities[ROOT].name == "Phenotypic abnormality" and graph.information_content(ROOT) < 1e-9
    assert all(ROOT in graph.ancestors(key) for key in graph.entities if key != ROOT)
    assert not any("obsolete" in item.name.lower() for item in graph.entities.values())
    assert not any(key.startswith(("OMIM", "ORPHA", "DECIPHER")) for key in graph.entities)


def test_search_and_links() -> None:
    graph = hpo_graph()
    assert graph.find("atrial fibr")[0].id == ATRIAL_FIBRILLATION
    assert graph.find("HP:0001250")[0].name == "Seizure"
    mentions = Linker(graph).link("Atrial fibrillation, then SEIZURES; no ataxia.")
    assert [graph.entities[m.entity].name for m in mentions] == ["Atrial fibrillation", "Seizure", "Ataxia"]
    assert "Poor gut motility" not in lay_names()[ATRIAL_FIBRILLATION] and len(lay_names()) > 1000


def test_a_neighbourhood_of_a_large_branch_is_cut() -> None:
    part = neighbourhood(hpo_graph(), [ROOT], limit=50, hops=2)
    assert len(part.nodes) == 50 and part.truncated
