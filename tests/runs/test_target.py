"""What a target costs: the rounds until it, summed up; nothing where no round reaches it."""

import pytest

from fedviz.core import events as e
from fedviz.core.types import Metric, MetricKey
from fedviz.federation.assemble import assemble
from fedviz.federation.rounds import Hooks, Rounds
from fedviz.runs.run_view import RunView
from fedviz.runs.target import COSTS, reached, sensible
from fedviz.runs.view import apply_all
from tests.runs.fake import fake_events
from tests.runs.small import small


@pytest.fixture(scope="module")
def events() -> list[e.Event]:
    """A run of four rounds in which clients leave; its accuracies are made up: 0.2, 0.4, 0.6, 0.5, 0.7."""
    config = small(clients=4, rounds=4).updated({"participation.dropout": 0.4, "network.stragglers": [1]})
    told: list[e.Event] = []
    Rounds(assemble(config), Hooks(emit=told.append)).run()
    scores = dict(enumerate((0.2, 0.4, 0.6, 0.5, 0.7)))
    return [scored(event, scores[event.round]) if isinstance(event, e.GlobalEvaluated) else event for event in told]


def scored(event: e.GlobalEvaluated, accuracy: float) -> e.GlobalEvaluated:
    return event.model_copy(update={"metrics": (Metric(key=MetricKey(name="accuracy"), value=accuracy),)})


@pytest.mark.parametrize(("target", "number"), [(0.2, 0), (0.3, 1), (0.6, 2), (0.61, 4), (0.7, 4)])
def test_the_costs_are_the_sums_of_the_rounds_until_the_first_that_is_good_enough(events, target, number):
    found = reached(apply_all(RunView(), events), target)
    training = [event for event in events if getattr(event, "phase", "") == "train" and event.round <= number]
    timings = [event.timing for event in events if isinstance(event, e.RoundStarted) and event.round <= number]
    assert found.round == number
    assert found.updates == sum(isinstance(event, e.ClientFinished) for event in training)
    assert found.up_bytes == sum(event.sent_bytes for event in training if isinstance(event, e.ClientFinished))
    assert found.down_bytes == sum(event.received_bytes for event in training if isinstance(event, e.ClientStarted))
    assert found.wire_bytes == sum(timing.bytes for timing in timings)
    assert (found.seconds, found.joules, found.money) == tuple(pytest.approx(sum(getattr(one, name) for one in timings)) for name in ("elapsed_s", "joules", "money"))


def test_what_is_never_reached_costs_nothing_that_could_be_told(events):
    assert reached(apply_all(RunView(), events), 0.71) is None and reached(RunView(), 0.0) is None


def test_a_target_costs_the_same_however_long_the_run_goes_on(events):
    until = next(i for i, event in enumerate(events) if isinstance(event, e.RoundEnded) and event.round == 2)
    assert reached(apply_all(RunView(), events[: until + 1]), 0.6) == reached(apply_all(RunView(), events), 0.6)


def test_a_journal_older_than_the_books_tells_the_round_and_no_cost():
    found = reached(apply_all(RunView(), fake_events(3, 4)), 0.5)
    assert found.round > 0 and {cost.of(found) for name, cost in COSTS.items() if name != "target_rounds"} == {None}


@pytest.mark.parametrize(("best", "target"), [((), 0.5), ((0.67, 0.3), 0.6), ((0.5,), 0.45), ((1.0,), 0.9), ((0.02,), 0.05)])
def test_a_sensible_target_lies_below_the_best(best, target):
    assert sensible(best) == pytest.approx(target)
