"""Many texts at once say the same as one by one, and removing a triple for everyone is recomputing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedviz.explain.corpus import Corpus, corpus_of
from fedviz.explain.influence import explain
from fedviz.explain.removal import Removal, without
from fedviz.runs.many import Many
from fedviz.scenarios.load import load
from tests.explain.random_models import TEXTS, predictors
from tests.models.small import config, trained_predictor

DATA = load(config())
TEST = DATA.test


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return corpus_of(trained_predictor(), TEST.texts, TEST.labels, TEST.parties)


@settings(max_examples=12, deadline=None)
@given(predictors(), st.lists(TEXTS, min_size=1, max_size=4), st.data())
def test_many_texts_at_once_are_the_same_as_one_by_one(model, texts, data):
    many = corpus_of(model, texts, [0] * len(texts), [0] * len(texts))
    text_logits, values = model.text_logits(texts), many.values(model.matrix)
    np.testing.assert_allclose(many.logits(text_logits, values), [explain(model, text).logits for text in texts], atol=2e-5)
    known = many.above.triples
    gone = data.draw(st.sets(st.sampled_from(known))) if known else set()
    expected = [Removal(model, text).logits(gone, "mask") for text in texts]
    np.testing.assert_allclose(many.logits(text_logits, values, many.kept(gone)), expected, atol=2e-5)
    anew = model.knowledge.on(without(model.graph, gone))
    features, priors = anew.sums(texts)
    rebuilt = text_logits + features.astype(float) @ model.matrix.T + priors
    one_by_one = [model.logits(reading, anew.terms(reading.mentions)) for reading in map(model.read, texts)]
    np.testing.assert_allclose(rebuilt, one_by_one, atol=2e-5)


def test_what_carries_the_texts_is_the_mean_of_their_contributions(corpus):
    values = corpus.values(trained_predictor().matrix)
    rows = corpus.labels == 1
    carried = {one.triple: one for one in corpus.carried(values, rows)}
    sums: dict = {}
    for text in (text for text, label in zip(TEST.texts, TEST.labels, strict=True) if label == 1):
        for c in explain(trained_predictor(), text).contributions:
            sums.setdefault(c.triple, []).append(c.values[1] - sum(c.values) / 4)
    assert carried.keys() == sums.keys() and carried
    for triple, some in sums.items():
        assert carried[triple].mean == pytest.approx(sum(some) / rows.sum(), abs=1e-5) and carried[triple].share == pytest.approx(len(some) / rows.sum())


@settings(max_examples=10, deadline=None)
@given(predictors(), st.lists(TEXTS, min_size=1, max_size=4), st.data())
def test_weights_above_the_texts_are_those_of_the_whole_graph(model, texts, data):
    many = Many(some := corpus_of(model, texts, [0] * len(texts), [0] * len(texts)), 1, model, model.text_logits(texts))
    gone = tuple(data.draw(st.sets(st.sampled_from(model.graph.triples), max_size=3)))
    features, priors = model.knowledge.on(without(model.graph, gone)).sums(some.texts)
    np.testing.assert_allclose(many.logits(gone, "rebuild"), many.text_logits + features.astype(float) @ model.matrix.T + priors, atol=2e-5)


def test_accuracy_by_client_adds_up(corpus):
    logits = corpus.logits(trained_predictor().text_logits(TEST.texts), corpus.values(trained_predictor().matrix))
    each, whole = corpus.accuracy(logits, 8)
    sizes = np.bincount(TEST.parties, minlength=8)
    assert sum(share * size for share, size in zip(each, sizes, strict=True) if share is not None) / sizes.sum() == pytest.approx(whole)
    assert whole == pytest.approx(np.mean([explain(trained_predictor(), text).predicted == label for text, label in zip(TEST.texts, TEST.labels, strict=True)]))


def test_without_texts_or_graph_nothing_fails():
    assert corpus_of(trained_predictor(), [], [], []).carried(np.zeros((0, 4)), np.zeros(0, bool)) == ()
