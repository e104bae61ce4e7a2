"""Faithfulness: curves start and end where they must, sums are the model's own, contributions beat chance and chance is near chance."""

from functools import lru_cache

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fedviz.core import seeds
from fedviz.explain.faithfulness import (
    GRID,
    RANKINGS,
    Faithfulness,
    Summands,
    area,
    comprehensiveness,
    deletion,
    faithfulness,
    insertion,
    scores,
    sufficiency,
    summands,
)
from fedviz.explain.influence import explain
from fedviz.explain.paraphrase import moved, rewritten
from fedviz.explain.records import Edits
from fedviz.scenarios.load import load
from tests.models.small import config, trained_predictor

DATA = load(config())
TEXTS = DATA.test.texts
BOTH = "The spoke is bent. Also check the antenna."
RANDOM = seeds.generator(0, "test")


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Texts of a few words are read no faster on two threads, and far slower where somebody else has one of the cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@lru_cache(maxsize=1)
def found() -> Faithfulness:
    """The toy's test texts, measured once."""
    return faithfulness(trained_predictor(), (*TEXTS, "Nothing is known."), 0)


@st.composite
def sums(draw):
    """Any text as a sum of at most twelve triples over two to five classes."""
    triples, classes = draw(st.integers(1, 12)), draw(st.integers(2, 5))
    numbers = st.floats(-6, 6, width=32)
    text = draw(arrays(np.float64, classes, elements=numbers))
    values = draw(arrays(np.float64, (triples, classes), elements=numbers))
    weights = draw(arrays(np.float64, triples, elements=st.floats(0, 1, width=32)))
    return Summands(text, values, weights, int(np.argmax(text + values.sum(0))))


@given(sums(), st.sampled_from(RANKINGS), st.integers(0, 99))
def test_curves_run_between_the_full_model_and_the_text_alone(some, ranking, seed):
    ranked = scores(some, ranking, np.random.default_rng(seed))
    full, alone = some.probability(some.text + some.values.sum(0)), some.probability(some.text)
    gone, put = deletion(some, ranked), insertion(some, ranked)
    assert len(gone) == len(put) == len(some.values) + 1
    np.testing.assert_allclose([gone[0], put[-1]], full, atol=1e-9)
    np.testing.assert_allclose([gone[-1], put[0]], alone, atol=1e-9)
    assert 0 <= area(gone) <= 1 + 1e-9 and 0 <= area(put) <= 1 + 1e-9


@given(sums())
def test_with_two_classes_the_gradient_has_the_best_order_there_is(some):
    """Two classes: the probability is a function of one sum, so that no order deletes better than that of the differences."""
    two = Summands(some.text[:2], some.values[:, :2], some.weights, int(np.argmax((some.text + some.values.sum(0))[:2])))
    best, tried = (deletion(two, scores(two, ranking, RANDOM)) for ranking in ("gradient", "greedy"))
    for seed in range(5):
        assert np.all(best <= deletion(two, scores(two, "random", np.random.default_rng(seed))) + 1e-9)
    np.testing.assert_allclose(best, tried, atol=1e-6)


@given(sums())
def test_the_gradient_is_the_slope_of_the_probability(some):
    logits, step = some.text + some.values.sum(0), 1e-5
    slopes = [(some.probability(logits + step * row) - some.probability(logits - step * row)) / (2 * step) for row in some.values]
    np.testing.assert_allclose(scores(some, "gradient", RANDOM), slopes, atol=1e-6)


@given(sums())
def test_what_says_nothing_has_nothing_to_lose(some):
    mute = Summands(some.text, np.zeros_like(some.values), some.weights, int(np.argmax(some.text)))
    ranked = scores(mute, "contribution", RANDOM)
    assert comprehensiveness(deletion(mute, ranked)) == pytest.approx(0) and sufficiency(insertion(mute, ranked)) == pytest.approx(0)


def test_one_triple_that_decides_is_all_there_is_to_lose():
    """By hand: of ten triples one speaks. Without it the answer has 1/2; each share takes at least one triple, so it goes first in each."""
    some = Summands(np.zeros(2), np.vstack([np.zeros((9, 2)), [[np.log(3), 0]]]), np.ones(10), 0)
    ranked = scores(some, "contribution", RANDOM)
    assert comprehensiveness(deletion(some, ranked)) == pytest.approx(0.75 - 0.5)
    assert sufficiency(insertion(some, ranked)) == pytest.approx(0)
    assert sufficiency(insertion(some, -ranked)) == pytest.approx(0.75 - 0.5)
    assert area(deletion(some, ranked)) == pytest.approx(0.5 + 0.1 * 0.25 / 2)


def test_removing_on_the_page_is_removing_in_the_curve():
    said = explain(trained_predictor(), BOTH)
    some = summands(trained_predictor(), trained_predictor().read(BOTH))
    curve = deletion(some, scores(some, "contribution", RANDOM))
    ours = sorted(said.contributions, key=lambda c: -c.values[said.predicted])
    for count in range(len(ours) + 1):
        edited = explain(trained_predictor(), BOTH, Edits(scale={c.key: 0.0 for c in ours[:count]}))
        assert edited.probabilities[said.predicted] == pytest.approx(curve[count], abs=1e-9)


def test_sums_are_the_models_own():
    assert found().additivity_error <= 1e-5 and found().removal_error <= 1e-5


def test_a_model_that_is_no_sum_is_found_out(monkeypatch):
    monkeypatch.setattr(type(trained_predictor()), "values", lambda self, term: np.full(len(self.classes), 0.25))
    wrong = faithfulness(trained_predictor(), TEXTS[:2], 0)
    assert wrong.additivity_error > 0.01 and wrong.removal_error > 0.01


def test_contributions_are_more_faithful_than_random_orders_and_than_weights():
    ours = found().of("contribution")
    for other in ("random", "weight"):
        assert ours.comprehensiveness.mean > found().of(other).comprehensiveness.mean
        assert ours.sufficiency.mean < found().of(other).sufficiency.mean
        assert ours.deletion_area.mean < found().of(other).deletion_area.mean
        assert ours.insertion_area.mean > found().of(other).insertion_area.mean


def test_chance_stays_near_chance():
    """Another draw of orders gives nearly the same; and taking out and putting in by chance mirror each other."""
    one, other = found().of("random"), faithfulness(trained_predictor(), TEXTS, 1).of("random")
    assert one.comprehensiveness.mean == pytest.approx(other.comprehensiveness.mean, abs=0.05)
    assert one.deletion_area.mean == pytest.approx(one.insertion_area.mean, abs=0.05)


def test_texts_without_triples_are_counted_and_left_out():
    assert found().texts == len(TEXTS) and found().without == 1
    nothing = faithfulness(trained_predictor(), ["Nothing is known."], 0)
    assert (nothing.texts, nothing.without, nothing.rankings, nothing.ratio) == (0, 1, (), None)


def test_the_same_seed_measures_the_same():
    assert faithfulness(trained_predictor(), TEXTS[:4], 3) == faithfulness(trained_predictor(), TEXTS[:4], 3)
    assert all(len(one.deletion) == len(one.insertion) == GRID for one in found().rankings)


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(TEXTS), st.integers(0, 999))
def test_other_names_keep_the_links_and_with_them_the_triples(text, seed):
    reading = trained_predictor().read(text)
    again = rewritten(trained_predictor(), reading, np.random.default_rng(seed))
    if again is None:
        return
    assert again != reading.text
    assert [mention.entity for mention in trained_predictor().read(again).mentions] == [mention.entity for mention in reading.mentions]
    move = moved(trained_predictor(), reading, np.random.default_rng(seed))
    assert move is not None and move.same_links and move.correlation in (None, pytest.approx(1.0))


def test_other_entities_move_the_triples():
    both = found()
    assert both.paraphrase is not None and both.exchange is not None
    assert both.paraphrase.same_links == 1.0 and both.exchange.same_links < 0.5
    assert (both.exchange.correlation or 0.0) < (both.paraphrase.correlation or 0.0) - 0.2
