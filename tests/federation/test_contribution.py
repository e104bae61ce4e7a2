"""Laws of contributions: they add up, equals get the same, who changes nothing gets nothing, and estimates stay within their errors."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedviz.federation.contribution import Utility, estimated, exact


def game(clients: int, seed: int) -> Utility:
    """Any utility: a number for every set."""
    rng = np.random.default_rng(seed)
    worth = {frozenset(chosen): float(rng.normal()) for size in range(clients + 1) for chosen in combinations(range(clients), size)}
    return worth.__getitem__


def saturating(chosen: frozenset[int]) -> float:
    """As learning does: every client more brings less; client 3 harms."""
    return 1 - 0.5 ** len(chosen - {3}) - 0.2 * (3 in chosen)


@settings(max_examples=30, deadline=None)
@given(clients=st.integers(1, 6), seed=st.integers(0, 2**32 - 1))
def test_exact_values_add_up_to_the_whole_gain(clients: int, seed: int) -> None:
    utility = game(clients, seed)
    values = exact(range(clients), utility)
    assert values.shapley.sum() == pytest.approx(utility(frozenset(range(clients))) - utility(frozenset()), abs=1e-9)
    assert values.gain == pytest.approx(values.shapley.sum(), abs=1e-9)
    assert values.evaluations == 2**clients and not values.errors.any()


@settings(max_examples=20, deadline=None)
@given(clients=st.integers(1, 5), seed=st.integers(0, 2**32 - 1))
def test_exact_values_are_the_mean_over_all_orders(clients: int, seed: int) -> None:
    """The definition by orders, written out, against the one by subsets."""
    from itertools import permutations

    utility = game(clients, seed)
    gains = np.array([[utility(frozenset(o[: o.index(k) + 1])) - utility(frozenset(o[: o.index(k)])) for k in range(clients)] for o in permutations(range(clients))])
    np.testing.assert_allclose(exact(range(clients), utility).shapley, gains.mean(axis=0), atol=1e-12)


def test_equal_clients_are_worth_the_same_and_one_who_changes_nothing_is_worth_nothing() -> None:
    inner = game(4, 1)
    utility: Utility = lambda chosen: inner(frozenset(min(k, 2) if k in (2, 3) else k for k in chosen - {4}))  # noqa: E731 - 3 is 2 again, 4 is nobody
    values = exact(range(5), utility)
    assert values.shapley[2] == pytest.approx(values.shapley[3], abs=1e-12)
    assert values.shapley[4] == pytest.approx(0.0, abs=1e-12) and values.leave_one_out[4] == 0.0
    guess = estimated(range(5), utility, 3, orders=10)
    assert guess.shapley[4] == guess.errors[4] == 0.0


@pytest.mark.parametrize("seed", range(4))
def test_an_estimate_lies_within_four_standard_errors(seed: int) -> None:
    for utility in (game(6, seed), saturating):
        truth, guess = exact(range(6), utility), estimated(range(6), utility, seed, orders=200)
        assert (np.abs(guess.shapley - truth.shapley) <= 4 * guess.errors + 1e-12).all()
        assert guess.shapley.sum() == pytest.approx(truth.gain, abs=1e-9), "every order that is not cut off adds up"
        np.testing.assert_array_equal(guess.leave_one_out, truth.leave_one_out)


def test_cutting_orders_off_saves_evaluations_and_biases_no_value_by_more_than_the_tolerance() -> None:
    def steep(chosen: frozenset[int]) -> float:
        return 1 - 0.1 ** len(chosen)

    whole = estimated(range(12), steep, 5, orders=60)
    cut = estimated(range(12), steep, 5, orders=60, tolerance=1e-3)
    assert cut.evaluations < 0.5 * whole.evaluations
    assert np.abs(cut.shapley - whole.shapley).max() <= 1e-3
    assert abs(cut.shapley.sum() - whole.gain) <= 1e-3


def test_an_estimate_repeats_with_its_seed_alone() -> None:
    utility = game(6, 7)
    one, again, other = (estimated(range(6), utility, seed, orders=20) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.shapley, again.shapley)
    assert (one.shapley != other.shapley).any()


def test_errors_shrink_as_one_over_the_root_of_the_orders() -> None:
    few, many = (estimated(range(6), saturating, 1, orders=orders).errors.mean() for orders in (50, 800))
    assert few / many == pytest.approx(4, rel=0.25)


def test_work_can_be_ended_between_two_evaluations() -> None:
    calls = []

    def tell() -> None:
        calls.append(1)
        if len(calls) > 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        exact(range(6), saturating, tell)
    assert len(calls) == 4
