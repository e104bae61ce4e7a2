"""Mask and rebuild are what they say, Shapley values are the contributions where these add up, and a smallest set is none too large."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedviz.core.types import Triple
from fedviz.explain.influence import explain
from fedviz.explain.minimal import smallest_set
from fedviz.explain.removal import Removal, shapley, without
from fedviz.models.predictor import Predictor
from tests.explain.random_models import CLASSES, TEXTS, predictors
from tests.models.small import trained_predictor

CLOSE = 1e-5
SMALL = "The spoke is bent. Also check the antenna."


@settings(max_examples=30, deadline=None)
@given(predictors(), TEXTS, st.data())
def test_removal_is_what_a_forward_pass_without_the_triples_says(model: Predictor, text: str, data: st.DataObject) -> None:
    removal = Removal(model, text)
    gone = data.draw(st.sets(st.sampled_from(removal.triples))) if removal.triples else set()
    cut = without(model.graph, gone)
    reading = model.read(text)
    left = [term for term in reading.terms if term.triple.tail in cut.ancestors(term.triple.head)]
    np.testing.assert_allclose(removal.logits(gone, "mask"), model.logits(reading, left), atol=CLOSE)
    anew = model.knowledge.on(cut).terms(reading.mentions)
    np.testing.assert_allclose(removal.logits(gone, "rebuild"), model.logits(reading, anew), atol=CLOSE)
    np.testing.assert_allclose(removal.logits((), "rebuild"), removal.logits((), "mask"), atol=CLOSE)


def test_rebuilding_is_not_masking() -> None:
    removal = Removal(trained_predictor(), SMALL)
    assert np.abs(removal.effects("mask") - removal.effects("rebuild")).max() > 0.01


@settings(max_examples=20, deadline=None)
@given(predictors(nodes=6), TEXTS)
def test_shapley_values_are_the_contributions_where_these_add_up(model: Predictor, text: str) -> None:
    said = explain(model, text)
    values = np.array([c.values for c in said.contributions]).reshape(len(said.contributions), 4)
    found, error = shapley(lambda present: np.array(said.text_logits) + values[sorted(present)].sum(0), len(values), 4, seed=1)
    np.testing.assert_allclose(found, values, atol=CLOSE)
    np.testing.assert_allclose(error, 0, atol=CLOSE)


@settings(max_examples=15, deadline=None)
@given(predictors(nodes=6), TEXTS, st.sampled_from(["mask", "rebuild"]))
def test_shapley_values_share_out_the_whole_effect(model: Predictor, text: str, mode: str) -> None:
    removal = Removal(model, text)
    values, _error = removal.shapley(mode, 4, seed=2)
    whole = removal.logits((), mode) - removal.logits(removal.triples, mode)
    np.testing.assert_allclose(values.sum(0), whole, atol=CLOSE)


def test_the_standard_error_is_honest() -> None:
    """Against the value from very many orders, in units of the stated error: what is normally distributed leaves 4 once in 16,000."""
    removal = Removal(trained_predictor(), SMALL)
    exact, _none = removal.shapley("rebuild", 3000, seed=3)
    few, error = removal.shapley("rebuild", 40, seed=4)
    moving = error > 1e-4
    assert moving.any()
    away = np.abs(few - exact)[moving] / error[moving]
    assert away.max() < 6 and away.max() > 0.05


@settings(max_examples=40, deadline=None)
@given(predictors(nodes=7), TEXTS)
def test_the_smallest_set_flips_the_answer_and_no_smaller_one_does(model: Predictor, text: str) -> None:
    removal = Removal(model, text)
    if len(removal.triples) > 12:
        return
    whole = removal.logits((), "mask")
    answer, found = int(np.argmax(whole)), smallest_set(removal)
    assert found.exact
    for count in range(len(found.triples) if found.triples else len(removal.triples) + 1):
        for gone in combinations(removal.triples, count):
            logits = removal.logits(gone, "mask")
            assert logits.max() <= logits[answer] + 1e-9
    if found.triples:
        logits = removal.logits(found.triples, "mask")
        assert logits[found.target] - logits[answer] == pytest.approx(found.margin) and found.margin > 0
        if found.margin > 1e-4 and (logits.argmax() == found.target):
            assert found.ran == found.target != answer


def test_beyond_the_limit_the_bound_is_below_what_greed_found(monkeypatch) -> None:
    monkeypatch.setattr("fedviz.explain.minimal.EXACT", 0)
    model = trained_predictor()
    seen = 0
    for text in ("The spoke is bent.", SMALL, "The antenna and the chain.", "The long hand, the spring and the lid."):
        found = smallest_set(Removal(model, text))
        if found.triples:
            seen += 1
            assert 1 <= found.at_least <= len(found.triples) and found.ran == found.target
    assert seen


def test_a_triple_elsewhere_is_none_of_the_texts() -> None:
    removal = Removal(trained_predictor(), SMALL)
    assert Triple("toy:lid", "is_a", "toy:vessel-part") not in removal.triples
    assert len(CLASSES) == len(removal.logits((Triple("toy:lid", "is_a", "toy:vessel-part"),), "mask"))
