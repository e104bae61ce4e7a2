"""Texts that come over the rounds: what is held is told by the round alone, in full at the end of a stream, and virtual time counts it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedviz.bench.quadratics import quadratics
from fedviz.core import events as e
from fedviz.core.config import RunConfig
from fedviz.federation import messages
from fedviz.federation.assemble import assemble
from fedviz.federation.rounds import Hooks, Rounds
from fedviz.federation.stream import Stream, window
from tests.runs.small import small

LABELS = np.repeat(np.arange(4), 10)
ROWS = np.arange(40)


def config(drift: str, share: float = 0.25, rounds: int = 5) -> RunConfig:
    return quadratics("fedavg", rounds, participation={"drift": drift, "drift_share": share}).config


@settings(max_examples=40)
@given(st.sampled_from(["none", "stream", "labels"]), st.floats(0.01, 1), st.integers(1, 30), st.integers(0, 50), st.integers(0, 40))
def test_a_window_lies_in_what_is_held(drift: str, share: float, rounds: int, held: int, number: int) -> None:
    start, end = window(config(drift, share, rounds), held, number)
    assert 0 <= start <= end <= held and (end > start or not held)


def test_a_stream_only_grows_from_its_share_to_everything() -> None:
    stream = Stream(config("stream"), LABELS)
    rounds = [set(stream.rows(number, 0, ROWS).tolist()) for number in range(1, 6)]
    assert [len(rows) for rows in rounds] == [10, 18, 25, 32, 40]
    assert all(before < after for before, after in zip(rounds, rounds[1:], strict=False))
    assert stream.rows(5, 0, ROWS).tolist() == ROWS.tolist()
    assert stream.rows(1, 0, ROWS).tolist() != stream.rows(1, 1, ROWS).tolist(), "each client in its own order"


def test_moving_labels_show_each_class_in_its_turn() -> None:
    stream = Stream(config("labels"), LABELS)
    seen = [np.bincount(LABELS[stream.rows(number, 0, ROWS)], minlength=4) for number in range(1, 6)]
    assert seen[0].tolist() == [10, 0, 0, 0] and seen[-1].tolist() == [0, 0, 0, 10] and all(mix.sum() == 10 for mix in seen)
    middle = [mix @ np.arange(4) / 10 for mix in seen]
    assert middle == sorted(middle)


def test_without_drift_the_rows_are_the_same_array() -> None:
    assert Stream(config("none"), LABELS).rows(3, 0, ROWS) is ROWS


@pytest.mark.parametrize("drift", ["stream", "labels"])
def test_clients_train_on_the_texts_of_the_round_and_virtual_time_counts_them(drift: str) -> None:
    experiment = quadratics("fedavg", 4, participation={"drift": drift, "drift_share": 0.5}, network={"latency_s": 0.0})
    events: list[e.Event] = []
    states: list[Any] = []
    Rounds(experiment, Hooks(emit=events.append, save=states.append)).run()  # type: ignore[arg-type]
    for number in range(1, 5):
        timing = next(event.timing for event in events if isinstance(event, e.RoundStarted) and event.round == number)
        for lane in timing.lanes:  # type: ignore[union-attr]
            steps = sum(isinstance(event, e.BatchTrained) and (event.round, event.client) == (number, lane.client) for event in events)
            start, end = window(experiment.config, experiment.examples[lane.client], number)
            assert steps == end - start
            assert lane.train_s == pytest.approx(steps * experiment.config.network.text_s)
    assert messages.weights_digest(experiment.run(states[2]).arrays) == messages.weights_digest(states[-1].arrays)
    assert messages.weights_digest(states[-1].arrays) != messages.weights_digest(quadratics("fedavg", 4).run().arrays)


@pytest.mark.slow
@pytest.mark.parametrize("drift", ["stream", "labels"])
def test_an_assembled_run_trains_on_the_rows_of_the_round(drift: str) -> None:
    experiment = assemble(small(rounds=3).updated({"participation.drift": drift, "participation.drift_share": 0.5}))
    events: list[e.Event] = []
    Rounds(experiment, Hooks(emit=events.append)).run()
    told = {(event.round, event.client): event.examples for event in events if isinstance(event, e.ClientFinished) and event.phase == "train"}
    labels = experiment.data.train.labels
    for (number, client), examples in told.items():
        rows = experiment.shards.train[client]
        held = experiment.held(number, client, rows)
        assert examples == len(held) and set(held) <= set(rows)
        if drift == "labels":
            left = np.setdiff1d(rows, held)
            assert number != 1 or labels[held].max() <= labels[left].min()
            assert number != 3 or labels[held].min() >= labels[left].max()
