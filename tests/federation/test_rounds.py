"""The loop: its events, its failures, and that stopping anywhere changes no bit."""

import gc
import time
import tracemalloc
from functools import reduce

import numpy as np
import pytest

from fedviz.core import events as e
from fedviz.core.errors import RunError
from fedviz.federation import messages
from fedviz.federation.grid import AHEAD
from fedviz.federation.rounds import Hooks, Rounds
from fedviz.models.compute import Shares
from fedviz.runs.run_view import RunView
from fedviz.runs.view import apply
from tests.federation.fakes import Quadratic, config


def run(experiment: Quadratic, workers: int = 1, **hooks):
    events: list[e.Event] = []
    ended = Rounds(experiment, Hooks(emit=events.append, **hooks), shares=Shares(workers, 1)).run()
    return ended, events


def kinds(events: list[e.Event], *types: type[e.Event]) -> list[e.Event]:
    return [event for event in events if isinstance(event, types)]


def test_the_events_of_a_run_tell_its_story() -> None:
    experiment = Quadratic(config(rounds=2, clients=3), steps=2)
    ended, events = run(experiment)
    assert ended.status == "finished"
    evaluation = [e.ClientStarted, e.ClientFinished] * 3 + [e.GlobalEvaluated, e.MessagesPassed]
    client = [e.ClientStarted, e.BatchTrained, e.BatchTrained, e.ClientFinished]
    one_round = [e.RoundStarted, *client * 3, e.RoundAggregated, *evaluation, e.RoundEnded]
    assert [type(event) for event in events] == [e.RunStarted, *evaluation, *one_round * 2]
    assert [event.round for event in kinds(events, e.GlobalEvaluated)] == [0, 1, 2]
    last = kinds(events, e.RoundEnded)[-1]
    assert last.weights_digest == messages.weights_digest(ended.state.arrays)
    assert set(last.phases_s) == {"train", "aggregate", "evaluate", "checkpoint"}
    assert sum(last.phases_s.values()) <= last.elapsed_s * 1.001


@pytest.mark.parametrize("name", ["fedavg", "fedadam"])
def test_clients_that_work_side_by_side_change_no_bit_and_no_client_s_story(name: str) -> None:
    """More workers than clients, and fewer; the slowest client comes first, so that the others are done before it."""

    def slow(experiment: Quadratic) -> Quadratic:
        experiment.optimum = lambda client: time.sleep(0.02 * (client == 0)) or Quadratic.optimum(experiment, client)
        return experiment

    stories, digests = [], set()
    for workers in (1, 2, 7):
        ended, events = run(slow(Quadratic(config(rounds=2, clients=5, strategy=name), steps=2, failing=frozenset({(2, 3)}))), workers)
        digests.add(messages.weights_digest(ended.state.arrays))
        mine = kinds(events, e.ClientStarted, e.BatchTrained, e.ClientFinished, e.ClientFailed)
        stories.append([[event.model_copy(update={"elapsed_s": 0.0}) if isinstance(event, e.ClientFinished) else event for event in mine if event.client == k] for k in range(5)])
    assert len(digests) == 1
    assert stories[0] == stories[1] == stories[2]


def test_a_cancel_ends_all_that_work_side_by_side() -> None:
    experiment = Quadratic(config(rounds=5, clients=6), steps=50)
    experiment.optimum = lambda client: time.sleep(0.01) or Quadratic.optimum(experiment, client)
    events: list[e.Event] = []
    hooks = Hooks(emit=events.append, command=lambda: "cancel" if len(kinds(events, e.BatchTrained)) >= 6 else None)
    ended = Rounds(experiment, hooks, shares=Shares(3, 1)).run()
    assert (ended.status, ended.state.round) == ("cancelled", 0)
    assert len(kinds(events, e.BatchTrained)) <= 6 + 2, "each of the others may be in the middle of one batch"
    assert not kinds(events, e.ClientFailed)


def test_global_metrics_are_those_of_all_texts_together() -> None:
    _, events = run(Quadratic(config(rounds=1, clients=3)))
    values = {metric.key.name: metric.value for metric in kinds(events, e.GlobalEvaluated)[-1].metrics}
    # clients 0, 1, 2 answer 0, 1, 2 of 4 texts of class 0 rightly and name class 1 for the others
    f1 = 2 * 3 / (12 + 3)
    assert values == pytest.approx({"loss": (0 + 1 + 2) / 12, "accuracy": 3 / 12, "macro_f1": f1 / 2})


def test_bytes_add_up() -> None:
    _, events = run(Quadratic(config(rounds=1, clients=3)))
    ended = kinds(events, e.RoundEnded)[0]
    in_round = [event for event in kinds(events, e.ClientStarted, e.ClientFinished) if event.round == 1]
    assert ended.received_bytes == sum(event.received_bytes for event in kinds(in_round, e.ClientStarted))
    assert ended.sent_bytes == sum(event.sent_bytes for event in kinds(in_round, e.ClientFinished))


def test_a_failing_client_is_one_event_and_the_rest_goes_on() -> None:
    experiment = Quadratic(config(rounds=2, clients=3), failing=frozenset({(1, 1)}))
    ended, events = run(experiment)
    assert ended.status == "finished"
    (failed,) = kinds(events, e.ClientFailed)
    assert (failed.round, failed.client, failed.phase, failed.reason) == (1, 1, "train", "ValueError: client 1 has lost its data")
    assert [[d.client for d in event.drift] for event in kinds(events, e.RoundAggregated)] == [[0, 2], [0, 1, 2]]
    view = reduce(apply, events, RunView.empty())
    assert view.clients[1].failures == ((1, "ValueError: client 1 has lost its data"),)


def test_a_round_without_survivors_fails_with_one_sentence() -> None:
    experiment = Quadratic(config(rounds=3, clients=2), failing=frozenset({(2, 0), (2, 1)}))
    with pytest.raises(RunError, match=r"^Round 2 has no surviving client: all 2 failed; the first reason: ValueError: client 0 has lost its data$"):
        run(experiment)


def test_absent_clients_are_tested_and_never_trained() -> None:
    experiment = Quadratic(config(rounds=2, clients=4, absent_clients=[1, 3]))
    _, events = run(experiment)
    assert {client for _, client in experiment.seen} == {0, 2}
    assert {event.client for event in kinds(events, e.ClientFinished) if event.phase == "evaluate"} == {0, 1, 2, 3}


@pytest.mark.parametrize("name", ["fedavg", "fedadam"])
@pytest.mark.parametrize("stop", [0, 1, 2, 3])
def test_a_run_that_goes_on_ends_with_the_bits_and_the_events_of_one_that_never_stopped(name: str, stop: int) -> None:
    experiment = Quadratic(config(rounds=4, clients=5, fraction=0.6, strategy=name), steps=2)
    states = []
    straight, told = run(experiment, save=states.append)
    again = []
    ended = Rounds(experiment, Hooks(emit=again.append), states[stop], Shares(1, 1)).run()
    assert messages.weights_digest(ended.state.arrays) == messages.weights_digest(straight.state.arrays)

    def essence(events):
        keep = kinds(events, e.BatchTrained, e.RoundStarted, e.GlobalEvaluated, e.ClientFailed, e.RoundAggregated)
        return [event.model_copy(update={"elapsed_s": 0.0}) if isinstance(event, e.RoundAggregated) else event for event in keep if event.round > stop or not stop]

    assert essence(again) == essence(told)
    assert again[0].first_round == stop + 1


def test_a_cancel_takes_effect_after_the_current_batch() -> None:
    experiment = Quadratic(config(rounds=5, clients=3), steps=4)
    events: list[e.Event] = []
    hooks = Hooks(emit=events.append, command=lambda: "cancel" if len(kinds(events, e.BatchTrained)) >= 6 else None)
    ended = Rounds(experiment, hooks, shares=Shares(1, 1)).run()
    assert (ended.status, ended.state.round) == ("cancelled", 0)
    assert len(kinds(events, e.BatchTrained)) == 6
    assert not kinds(events, e.ClientFailed)


def test_pause_waits_for_the_round_and_step_does_exactly_one() -> None:
    experiment = Quadratic(config(rounds=3, clients=2))
    events: list[e.Event] = []
    paused = Rounds(experiment, Hooks(emit=events.append, command=lambda: "pause" if kinds(events, e.BatchTrained) else None)).run()
    assert (paused.status, paused.state.round) == ("paused", 1)
    before = Rounds(experiment, Hooks(command=lambda: "pause")).run()
    assert (before.status, before.state.round) == ("paused", 0)
    state, statuses = before.state, []
    while not statuses or statuses[-1] == "paused":
        ended = Rounds(experiment, Hooks(command=lambda: "step"), state).run()
        assert ended.state.round == state.round + 1
        state, statuses = ended.state, [*statuses, ended.status]
    assert statuses == ["paused", "paused", "finished"]


def test_what_a_client_remembers_lasts_over_rounds_and_checkpoints() -> None:
    from flwr.app import MetricRecord

    experiment = Quadratic(config(rounds=3, clients=2))
    rounds = Rounds(experiment, Hooks())
    rounds.contexts[1].state["mine"] = MetricRecord({"visits": 4})
    states = rounds.run().state.clients
    assert states[1]["mine"]["visits"] == 4
    again = Rounds(experiment, Hooks(), rounds.state)
    assert again.contexts[1].state["mine"]["visits"] == 4 and not again.contexts[0].state


def peak_bytes(clients: int) -> int:
    """Peak of Python's and NumPy's memory over one round with 1 MB of float32 weights, without what was there before."""
    experiment = Quadratic(config(rounds=1, clients=clients), size=250_000)
    experiment.optimum = lambda client: experiment.initial  # the test's own arrays must not count
    gc.collect()
    tracemalloc.start()
    Rounds(experiment, Hooks(), shares=Shares(2, 1)).run()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.mark.slow
@pytest.mark.alone
def test_memory_does_not_grow_with_the_number_of_clients() -> None:
    few, many = peak_bytes(4), peak_bytes(40)
    sketches = 36 * 4093 * 8 * 3  # what the drift holds for each client of a round: its folded update, while these are stacked
    assert many - few < sketches + AHEAD * 2 * 1_000_000, "replies that wait for their turn are as many, whatever the number of clients"
    assert many < 40_000_000


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning", "ignore:overflow:RuntimeWarning")
def test_weights_that_run_away_are_told_and_refused() -> None:
    """Also of a client app that does not look before it sends."""
    experiment = Quadratic(config(rounds=2, clients=2))
    experiment.optimum = lambda client: {name: np.full_like(values, np.inf) for name, values in experiment.initial.items()}
    events: list[e.Event] = []
    with pytest.raises(RunError, match=r"^Round 1 has no surviving client: all 2 failed; the first reason: The update of client 0 in round 1 is refused, since its `a` is not finite\.$"):
        Rounds(experiment, Hooks(emit=events.append)).run()
    assert [event.client for event in kinds(events, e.ClientFailed)] == [0, 1]
    assert all(e.event_from_json(event.model_dump_json()).type == event.type for event in events)
