"""Frozen layers: cached or not, packed or padded, alone or in company, a text's vector is the same."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fedviz.models.cache import ActivationCache
from fedviz.models.families import BERT
from fedviz.models.frozen import FrozenLayers
from fedviz.models.toy import ToyOptions, load
from fedviz.models.vectors import unit_vectors

BACKBONE = load(ToyOptions(width=16, layers=2))
TOKENS = st.lists(st.lists(st.integers(1, 2000), min_size=1, max_size=20).map(tuple), min_size=1, max_size=6)


@settings(max_examples=12, deadline=None)
@given(tokens=TOKENS)
def test_packed_is_padded(tokens: list[tuple[int, ...]]) -> None:
    lengths = [len(text) for text in tokens]
    packed = BERT.pool_packed(BERT.run_packed(BACKBONE.layers, BERT.embed(BACKBONE.embeddings, tokens), lengths), lengths)
    padded = BERT.pool_padded(BERT.run_padded(BACKBONE.layers, BERT.embed_padded(BACKBONE.embeddings, tokens, 24), lengths), lengths)
    torch.testing.assert_close(packed, padded, rtol=0, atol=1e-5)


@settings(max_examples=12, deadline=None)
@given(tokens=TOKENS, company=TOKENS)
def test_company_changes_no_bit(tokens: list[tuple[int, ...]], company: list[tuple[int, ...]]) -> None:
    few, many = (FrozenLayers(BACKBONE, 2, pooled=False, cache=ActivationCache()) for _ in range(2))
    together = many.activations([*company, *tokens])[len(company) :]
    for one, other, text in zip(few.activations(tokens), together, tokens, strict=True):
        assert one.shape == (len(text), 16)
        assert one.equal(other)


def test_the_cache_forgets_the_least_recently_used() -> None:
    cache = ActivationCache(limit_bytes=3 * 400)
    for key in "abc":
        cache.put(key, torch.full((100,), float(ord(key))))
    assert cache.get("a") is not None
    cache.put("d", torch.zeros(100))
    assert [cache.get(key) is not None for key in "abcd"] == [True, False, True, True]
    assert cache.held_bytes == 3 * 400
    cache.put("d", torch.ones(100))
    assert cache.held_bytes == 3 * 400
    cache.clear()
    assert cache.held_bytes == 0 and cache.get("a") is None


def test_a_forgetful_cache_breaks_nothing() -> None:
    tokens = [(1, word) for word in range(2, 40)]
    tiny, roomy = (FrozenLayers(BACKBONE, 1, pooled=True, cache=ActivationCache(limit)) for limit in (1, 2**20))
    for one, other in zip(tiny.activations(tokens), roomy.activations(tokens), strict=True):
        assert one.equal(other)


def test_unit_vectors_have_length_one_whatever_their_number() -> None:
    vectors = unit_vectors(BACKBONE, ["a chain", "the pendulum stopped", "a chain"])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert np.array_equal(vectors[0], vectors[2]) and not np.allclose(vectors[0], vectors[1])
    assert unit_vectors(BACKBONE, []).shape == (0, 16)
