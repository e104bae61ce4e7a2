"""Membership and properties: exact on made-up scores, and 0.5 where there is nothing to tell."""

import numpy as np
import pytest

from fedviz.federation.leakage import membership, properties
from fedviz.federation.leakage.membership import by_loss, by_shadows, confidence, told

RNG = np.random.default_rng


def test_confidence_is_the_logit_of_the_true_class_even_where_it_is_certain():
    logits = np.array([[0.0, 2.0, -1.0], [500.0, 0.0, 0.0]])
    p = np.exp(logits[0]) / np.exp(logits[0]).sum()
    found = confidence(logits, np.array([1, 0]))
    assert found[0] == pytest.approx(np.log(p[1] / (1 - p[1]))) and found[1] == pytest.approx(500 - np.log(2))
    assert by_loss(found)[0] == pytest.approx(np.log(p[1]))


def test_scores_that_know_nothing_tell_nothing_and_those_that_know_all_tell_all():
    members = np.arange(4000) % 2 == 0
    assert told(RNG(0).standard_normal(4000), members).auc == pytest.approx(0.5, abs=0.03)
    assert told(RNG(0).standard_normal(4000), members).tpr == pytest.approx(0.01, abs=0.015)
    assert told(members.astype(float), members) == membership.Told(1.0, 1.0)


def test_shadows_see_members_that_the_loss_hides_behind_hard_texts():
    """Texts differ more in how hard they are than training changes them; only who knows how hard each one is can tell."""
    rng = RNG(1)
    hard, halves = 5 * rng.standard_normal(600), rng.random((9, 600)) < 0.5
    found = hard + 2 * halves + 0.5 * rng.standard_normal((9, 600))
    by_threshold = told(by_loss(found[0]), halves[0]).auc
    lira = told(by_shadows(found[0], found[1:], halves[1:]), halves[0])
    assert lira.auc > 0.95 > 0.75 > by_threshold > 0.5 and lira.tpr > 0.6


def test_a_text_that_every_shadow_saw_is_still_scored():
    shadows, trained = RNG(2).standard_normal((3, 4)), np.array([[True, False, True, False]] * 3)
    assert np.isfinite(by_shadows(np.zeros(4), shadows, trained)).all()


def test_classes_are_told_by_the_bias_and_not_by_another_clients():
    rng = RNG(3)
    counts = np.concatenate([rng.multinomial(20, rng.dirichlet(np.full(6, 0.3)), size=1) for _ in range(80)])
    bias = counts / 20 - rng.random(6) + 0.02 * rng.standard_normal(counts.shape)
    found = properties.revealed(bias, counts)
    assert found.auc > 0.9 and found.correlation > 0.9
    assert properties.revealed(bias, np.roll(counts, 1, axis=0)).auc == pytest.approx(0.5, abs=0.1)
