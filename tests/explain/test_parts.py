"""However a prediction is cut into parts, the parts add up to it; over random graphs, models and texts."""

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fedviz.core.types import Triple
from fedviz.explain.above import Above
from fedviz.explain.influence import explain
from fedviz.explain.parts import NOBODY, TEXT, UNKNOWN, Parts, above, by_entity, by_path, by_source, by_teacher, source_shares
from fedviz.explain.records import Edits, Explanation
from fedviz.models.predictor import Predictor
from tests.explain.random_models import TEXTS, predictors
from tests.models.small import trained_predictor

CLOSE = 1e-5


def holds(parts: Parts, said: Explanation) -> None:
    total = [math.fsum(column) for column in zip(parts.text, *(part.values for part in parts.parts), strict=True)]
    np.testing.assert_allclose(total, said.logits, atol=1e-9)
    assert len({part.key for part in parts.parts}) == len(parts.parts)


def said_by(triple: Triple) -> Sequence[str]:
    """Sources of a test: some triples have two, some none."""
    return [f"source {number}" for number in range(len(triple.head + triple.tail) % 3)]


@settings(max_examples=40, deadline=None)
@given(predictors(), TEXTS)
def test_the_sum_of_summands_is_the_forward_pass_and_every_way_of_cutting_adds_up(model: Predictor, text: str) -> None:
    said = explain(model, text)
    reading = model.read(text)
    np.testing.assert_allclose(said.logits, model.logits(reading, reading.terms), atol=CLOSE)
    over = above(model, said)
    holds(by_entity(said), said)
    holds(by_source(over, said, said_by), said)
    paths = by_path(over, said)
    np.testing.assert_allclose([math.fsum(column) for column in zip(said.text_logits, *(path.values for path in paths), strict=True)], said.logits, atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(predictors(), TEXTS, st.integers(1, 5), st.data())
def test_what_clients_taught_adds_up(model: Predictor, text: str, clients: int, data: st.DataObject) -> None:
    random = np.random.default_rng(data.draw(st.integers(0, 99)))
    matrices = {str(client): random.normal(size=model.matrix.shape) for client in range(clients - 1)}
    matrices["last"] = model.matrix - sum(matrices.values(), np.zeros_like(model.matrix))
    keys = [c.key for c in explain(model, text).contributions]
    said = explain(model, text, Edits(scale=data.draw(st.dictionaries(st.sampled_from(keys), st.floats(0, 2)))) if keys else Edits())
    width = len(model.read(text).vector)
    heads = data.draw(st.sampled_from([None, {key: (random.normal(size=(4, width)), random.normal(size=4)) for key in matrices}]))
    parts = by_teacher(model, said, matrices, heads)
    np.testing.assert_allclose([math.fsum(column) for column in zip(parts.text, *(part.values for part in parts.parts), strict=True)], said.logits, atol=CLOSE)
    assert {part.key for part in parts.parts} <= {*matrices, NOBODY, *(TEXT + key for key in matrices)}


@settings(max_examples=40, deadline=None)
@given(predictors(), st.data())
def test_paths_join_their_ends_and_the_shortest_is_among_them(model: Predictor, data: st.DataObject) -> None:
    graph = model.graph
    start = data.draw(st.sampled_from(sorted(graph.entities)))
    over = Above(graph, [start])
    assert over.reach(start) == frozenset(graph.ancestors(start))
    for end in graph.ancestors(start):
        paths = over.paths(start, end)
        for path in paths:
            assert path[0].head == start and path[-1].tail == end and set(path) <= set(graph.triples)
            assert all(one.tail == other.head for one, other in zip(path, path[1:], strict=False))
        assert over.shortest(start, end) in paths and len(over.shortest(start, end)) == min(map(len, paths))
        removed = data.draw(st.sets(st.sampled_from(over.triples)))
        assert (end in over.reach(start, removed)) == any(not removed & set(path) for path in paths)


@given(st.lists(st.lists(st.sampled_from("abc"), max_size=4), max_size=5))
def test_shares_of_sources_are_a_whole(said: list[list[str]]) -> None:
    path = tuple(Triple(str(place), "is_a", str(place + 1)) for place in range(len(said)))
    shares = source_shares(path, lambda triple: said[int(triple.head)])
    assert sum(shares.values()) == Fraction(1)
    if not any(said):
        assert set(shares) == {UNKNOWN}


def test_a_far_ancestor_is_shown_with_the_triples_between() -> None:
    model = trained_predictor()
    said = explain(model, "The spoke is bent.")
    paths = {path.triple: path for path in by_path(above(model, said), said)}
    far = paths[Triple("toy:spoke", "is_a*", "toy:bicycle")]
    assert far.path == (Triple("toy:spoke", "is_a", "toy:wheel-part"), Triple("toy:wheel-part", "is_a", "toy:bicycle")) and far.ways == 1
