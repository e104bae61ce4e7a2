"""The bench of costs: its ways keep the rules of a run, and a row says what was reached and nothing more."""

import pytest

from fedviz.bench import costs
from fedviz.core.config import RunConfig
from fedviz.runs.target import Reached


def test_every_way_is_a_run_and_differs_from_plain_averaging() -> None:
    base = RunConfig.parse(costs.BASE)
    digests = {name: base.updated(changes).digest() for name, changes in costs.WAYS.items()}
    assert len(set(digests.values())) == len(costs.WAYS) and digests["FedAvg"] == base.digest()
    asked = base.updated(costs.WAYS["FedAvg, 8 asked, the first 6 count"]).federation.participants
    assert asked == 6 and set(costs.QUICK) <= set(costs.WAYS)


def test_a_row_is_the_mean_of_the_seeds_that_got_there() -> None:
    row = costs.told([Reached(2, 16, 1_000_000, 2_000_000, 10.0, 500.0, 0.1), Reached(4, 32, 3_000_000, 4_000_000, 30.0, 1500.0, 0.3), None], [Reached(1, 8, 2_000_000, 2_000_000, 40.0, 500.0, 0.1), None, None])
    assert (row["pairs"], row["MB up to FedAvg's"], row["virtual s to FedAvg's"]) == (1, 0.5, 0.25), "only where both got there"
    assert (row["reached"], row["of"], row["rounds"], row["MB both ways"], row["MB up"]) == (2, 3, 3, 5.0, 2.0)
    assert row["virtual s"] == 20.0 and row["virtual s spread"] == pytest.approx(200**0.5)
    nothing = costs.told([None, None], [None, None])
    assert nothing.pop("reached") == 0 and nothing.pop("of") == 2 and nothing.pop("pairs") == 0 and set(nothing.values()) == {None}
    assert costs.told([None, Reached(2, 1, 1, 1, 1.0, 1.0, 1.0)], [None, None])["rounds spread"] is None
