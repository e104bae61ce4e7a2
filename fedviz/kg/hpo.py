"""The Human Phenotype Ontology as a graph: names, synonyms, definitions and is_a of all phenotypes, and nothing about diseases."""

from collections.abc import Mapping
from functools import lru_cache

from fedviz.carriers.derived import derived_path, load_derived
from fedviz.carriers.store import carrier_path
from fedviz.core.types import Triple
from fedviz.kg.graph import IS_A, Entity, KnowledgeGraph

ROOT = "HP:0000118"
"""Phenotypic abnormality: everything in this graph is one."""


def hpo_graph() -> KnowledgeGraph:
    """The ontology, read once for each version of its file. `CarrierError` where it is not fetched."""
    carrier_path("hpo")
    return _graph(str(derived_path("hpo-graph")))


def lay_names() -> Mapping[str, tuple[str, ...]]:
    """Names in plain words ("layperson" synonyms) by phenotype id, where the ontology has any."""
    return {key: tuple(names) for key, names in load_derived("hpo-lay").items()}


def organ_systems(graph: KnowledgeGraph) -> tuple[str, ...]:
    """The organ systems of the ontology: the children of "Phenotypic abnormality", sorted by id; empty for another graph."""
    return graph.children(ROOT)


@lru_cache(maxsize=2)
def _graph(path: str) -> KnowledgeGraph:
    """`path` is the key of the cache alone: it changes with the data folder, the version and our reader."""
    data = load_derived("hpo-graph")
    entities = {key: Entity(key, name, tuple(synonyms), definition, kind) for key, name, synonyms, definition, kind in data["entities"]}
    triples = tuple(Triple(head, IS_A, tail) for head, tail in data["is_a"])
    return KnowledgeGraph(f"Human Phenotype Ontology {data['version']}", "https://hpo.jax.org", entities, triples)
