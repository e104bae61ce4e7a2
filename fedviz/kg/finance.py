"""The graphs of the finance scenarios: the concept tree of US GAAP, and the activities of ISIC Rev. 4."""

from functools import lru_cache

from fedviz.carriers.derived import derived_path, load_derived
from fedviz.carriers.store import carrier_path
from fedviz.core.types import Triple
from fedviz.kg.graph import IS_A, Entity, KnowledgeGraph


def gaap_graph() -> KnowledgeGraph:
    """Sections, standard concepts, headings, concepts of published trees and industries. `CarrierError` where the carrier is not fetched."""
    carrier_path("gaap")
    return _gaap(str(derived_path("gaap-graph")))


def isic_graph() -> KnowledgeGraph:
    """Activities and the things that their titles name. `CarrierError` where the carrier is not fetched."""
    carrier_path("isic")
    return _isic(str(derived_path("isic-graph")))


@lru_cache(maxsize=2)
def _gaap(path: str) -> KnowledgeGraph:
    """`path` is the key of the cache alone: it changes with the data folder, the version and our reader."""
    data = load_derived("gaap-graph")
    triples = tuple(Triple(*triple) for triple in data["triples"])
    return KnowledgeGraph(f"US GAAP concepts, edgartools mappings {data['version']}", "https://github.com/dgunning/edgartools", _entities(data["entities"]), triples)


@lru_cache(maxsize=2)
def _isic(path: str) -> KnowledgeGraph:
    """`path` as above."""
    data = load_derived("isic-graph")
    triples = tuple(Triple(below, IS_A, above) for below, above in data["is_a"])
    return KnowledgeGraph("ISIC Rev. 4", "https://unstats.un.org/unsd/classifications/Econ/isic", _entities(data["entities"]), triples)


def _entities(rows: list[list[object]]) -> dict[str, Entity]:
    return {str(key): Entity(str(key), str(name), tuple(others), kind=str(kind)) for key, name, others, kind in rows}  # type: ignore[arg-type]
