"""A small graph that every test here knows by heart."""

import pytest

from fedviz.core.types import Triple
from fedviz.kg.graph import IS_A, Entity, KnowledgeGraph


def make(edges, names=None, extra=()):
    """A graph of is_a edges `child>parent`; names default to ids."""
    pairs = [edge.split(">") for edge in edges]
    keys = sorted({key for pair in pairs for key in pair} | set(names or {}))
    entities = {key: Entity(key, *((names or {}).get(key) or (key,))) for key in keys}
    return KnowledgeGraph("test", "the tests", entities, (*(Triple(head, IS_A, tail) for head, tail in pairs), *extra))


@pytest.fixture
def eyes():
    """thing > (eye finding > (cataract > nuclear cataract), ear finding > deafness), and nuclear cataract affects eye finding."""
    names = {
        "t": ("Thing",),
        "e": ("Eye finding", ("Finding of the eye",)),
        "c": ("Cataract", ("Cloudy lens",)),
        "n": ("Nuclear cataract",),
        "h": ("Ear finding",),
        "d": ("Deafness", ("Hearing loss", "cataract")),
    }
    return make(["e>t", "h>t", "c>e", "n>c", "d>h"], names, (Triple("n", "affects", "e"),))
