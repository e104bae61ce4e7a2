"""Random graphs, models and texts for the laws of explanations: a directed graph without circles whose entities have one word each."""

from functools import cache, lru_cache

import numpy as np
from hypothesis import strategies as st

from fedviz.core.types import Triple
from fedviz.kg.graph import IS_A, Entity, KnowledgeGraph
from fedviz.models.predictor import Predictor
from tests.models.small import config, learner

CLASSES = ("Bicycle", "Radio", "Clock", "Kettle")


@cache
def shapes() -> dict[str, tuple[int, ...]]:
    """Names and shapes of a model's weights."""
    return {name: array.shape for name, array in learner(config(knowledge={"name": "evidence", "dimensions": 16})).arrays().items()}


def word(place: int) -> str:
    """The name of an entity, which a text may hold."""
    return f"part{place}"


@lru_cache(maxsize=64)
def random_predictor(seed: int, nodes: int = 9) -> Predictor:
    """A model with random weights on a random graph; some entities lead to classes. Another seed gives another."""
    random = np.random.default_rng(seed)
    count = int(random.integers(2, nodes + 1))
    triples = [
        Triple(f"e{low}", IS_A, f"e{high}")
        for low in range(1, count)
        for high in random.choice(low, size=int(random.integers(1, min(3, low) + 1)), replace=False)
    ]
    entities = {f"e{place}": Entity(f"e{place}", word(place)) for place in range(count + int(random.integers(0, 5)))}
    graph = KnowledgeGraph("random", "test", entities, tuple(triples))
    leads = {str(key): int(random.integers(4)) for key in random.choice(sorted(entities), size=int(random.integers(0, 3)), replace=False)}
    arrays = {name: random.normal(0, 0.3, shape).astype(np.float32) for name, shape in shapes().items()}
    some = config(knowledge={"name": "evidence", "dimensions": 16, "beta": float(random.uniform(0, 6)), "strength": float(random.uniform(0, 3))})
    return Predictor(some, CLASSES, graph, arrays, leads)


def predictors(nodes: int = 9) -> st.SearchStrategy[Predictor]:
    """Some of them."""
    return st.integers(0, 15).map(lambda seed: random_predictor(seed, nodes))


TEXTS = st.lists(st.sampled_from([*map(word, range(9)), "is broken", "xyzzy"]), min_size=1, max_size=5).map(" ".join)
