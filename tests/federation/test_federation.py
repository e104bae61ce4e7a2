"""The whole federation on the toy scenario: real clients, real training, small enough for seconds."""

import numpy as np
import pytest

from fedviz.core import events as e
from fedviz.core.config import RunConfig
from fedviz.federation import task
from fedviz.federation.assemble import Experiment, assemble, borrowed, forget
from fedviz.federation.compare import compare, epochs
from fedviz.federation.messages import weights_digest
from fedviz.federation.rounds import Hooks, Rounds


def toy(**federation) -> RunConfig:
    scenario = {"name": "toy", "train_texts": 48, "test_texts": 24}
    model = {"name": "toy", "width": 16, "layers": 1}
    return RunConfig.parse({"scenario": scenario, "model": model, "federation": {"rounds": 2, "clients": 4, **federation}})


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    return assemble(toy())


def events_of(experiment: Experiment) -> list[e.Event]:
    events: list[e.Event] = []
    Rounds(experiment, Hooks(emit=events.append)).run()
    return events


def test_the_same_config_and_seed_give_the_same_bits(experiment: Experiment) -> None:
    first = events_of(experiment)[-1].weights_digest
    assert events_of(experiment)[-1].weights_digest == first
    assert events_of(assemble(toy()))[-1].weights_digest == first
    assert events_of(assemble(toy().updated({"seed": 1})))[-1].weights_digest != first


@pytest.mark.slow
def test_fedprox_with_mu_0_trains_like_fedavg_to_the_bit() -> None:
    """Several steps a round, since the proximal term is 0 at the first."""
    fedavg = events_of(assemble(toy(batch_size=4)))[-1].weights_digest
    assert events_of(assemble(toy(batch_size=4, strategy={"name": "fedprox", "mu": 0.0})))[-1].weights_digest == fedavg
    assert events_of(assemble(toy(batch_size=4, strategy={"name": "fedprox", "mu": 1.0})))[-1].weights_digest != fedavg


def test_one_client_without_anybody_else_is_plain_training() -> None:
    experiment = assemble(toy(clients=1, rounds=1, compare=False))
    ended = Rounds(experiment, Hooks()).run()
    from fedviz.core import seeds
    from fedviz.federation.rounds import fit_settings

    experiment.learner.load(experiment.initial)
    seed = seeds.derive(seeds.derive(experiment.config.seed, "clients"), "fit", 1, 0)
    task.fit(experiment.learner, experiment.shards.train[0], fit_settings(experiment), seed)
    assert weights_digest(experiment.learner.arrays()) == weights_digest(ended.state.arrays)


def test_a_faulty_client_fails_in_every_round_and_the_rest_goes_on() -> None:
    events = events_of(assemble(toy(faulty_clients=[2])))
    failed = [event for event in events if isinstance(event, e.ClientFailed)]
    assert [(event.round, event.client) for event in failed] == [(1, 2), (2, 2)]
    assert all("faulty_clients" in event.reason for event in failed)


@pytest.mark.slow
def test_message_bytes_are_what_is_sent(experiment: Experiment) -> None:
    events = events_of(experiment)
    received = {event.received_bytes for event in events if isinstance(event, e.ClientStarted)}
    started = next(event for event in events if isinstance(event, e.RunStarted))
    round_key = len("server-round") + 8
    assert {size - round_key for size in received} == {started.message_bytes}
    assert started.trainable_parameters == sum(v.size for v in experiment.initial.values())


def experiment_steps(experiment: Experiment) -> int:
    """Steps of the pooled model and of all clients alone."""
    sizes = [len(rows) for rows in experiment.shards.train]
    federation = experiment.config.federation
    return epochs(experiment) * sum(-(-size // federation.batch_size) for size in (sum(sizes), *sizes))


def test_learners_share_what_is_frozen_and_nothing_that_is_trained(experiment: Experiment) -> None:
    learner, twin = experiment.learner, experiment.learner.twin()
    frozen = {id(weight) for weight in learner.model.parameters() if not weight.requires_grad}
    assert frozen and frozen == {id(weight) for weight in twin.model.parameters() if not weight.requires_grad}
    learner.load(experiment.initial)
    twin.load({name: values + 1 for name, values in experiment.initial.items()})
    assert weights_digest(learner.arrays()) == weights_digest(experiment.initial) != weights_digest(twin.arrays())


@pytest.mark.slow
def test_comparison_trains_alone_and_pooled_from_the_same_start(experiment: Experiment) -> None:
    ended = Rounds(experiment, Hooks()).run()
    events: list[e.Event] = []
    assert compare(experiment, ended.state.arrays, Hooks(emit=events.append))
    compared = [event for event in events if isinstance(event, e.Compared)]
    assert [event.client for event in compared] == [0, 1, 2, 3]
    experiment.learner.load(ended.state.arrays)
    for event in compared:
        assert event.examples == len(experiment.shards.test[event.client])
        assert event.federated == task.evaluate(experiment.learner, experiment.shards.test[event.client], "test").metrics()
        assert set(event.local) == set(event.pooled) == {"loss", "accuracy", "macro_f1"}
    again: list[e.Event] = []
    compare(experiment, ended.state.arrays, Hooks(emit=again.append))
    assert [event for event in again if isinstance(event, e.Compared)] == compared
    told = [(event.done, event.total) for event in events if isinstance(event, e.RunPreparing)]
    assert told == sorted(told) and told[0][0] == 0 and told[-1][0] == told[-1][1] == experiment_steps(experiment)


@pytest.mark.slow
def test_comparison_stops_when_cancelled_and_leaves_failing_clients_out(experiment: Experiment) -> None:
    events: list[e.Event] = []
    assert not compare(experiment, experiment.initial, Hooks(emit=events.append, command=lambda: "cancel"))
    assert not [event for event in events if isinstance(event, e.Compared)]
    faulty = assemble(toy(faulty_clients=[1], absent_clients=[3]))
    compare(faulty, faulty.initial, Hooks(emit=events.append))
    local = {event.client: event.local for event in events if isinstance(event, e.Compared)}
    assert local[1] is None and None not in (local[0], local[2], local[3])


@pytest.mark.parametrize(
    ("federation", "expected"), [({"local_epochs": 3}, 6), ({"fraction": 0.5, "rounds": 4, "local_epochs": 2}, 4), ({"absent_clients": [0]}, 2), ({"strategy": "fedsgd", "optimizer": "sgd", "local_epochs": 5}, 2)]
)
def test_epochs_alone_are_those_of_an_average_client(federation: dict, expected: int) -> None:
    assert epochs(assemble(toy(**federation))) == expected


def test_an_experiment_is_borrowed_by_one_at_a_time_and_kept() -> None:
    forget()
    config = toy(rounds=1)
    with borrowed(config) as first, borrowed(config) as second:
        assert first is not second
    with borrowed(config) as third:
        assert third in (first, second)
    with pytest.raises(RuntimeError), borrowed(config) as broken:
        raise RuntimeError
    with borrowed(config) as fourth:
        assert fourth is not broken
    forget()


def test_the_initial_weights_are_not_touched_by_training(experiment: Experiment) -> None:
    before = {name: values.copy() for name, values in experiment.initial.items()}
    events_of(experiment)
    for name, values in before.items():
        np.testing.assert_array_equal(values, experiment.initial[name])
