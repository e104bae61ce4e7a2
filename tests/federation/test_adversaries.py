"""What attackers send, what the server makes of it, and that nobody else is touched."""

from functools import cache
from typing import Any

import numpy as np
import pytest

from fedviz.bench.quadratics import Quadratics, quadratics
from fedviz.core import events as e
from fedviz.core.config import RunConfig
from fedviz.core.errors import ConfigError
from fedviz.core.registry import ADVERSARIES, AGGREGATIONS
from fedviz.federation import messages
from fedviz.federation.assemble import assemble
from fedviz.federation.rounds import Hooks, Rounds
from tests.federation.fakes import config

ATTACKS = [name for name in ADVERSARIES.names() if name != "none"]
ROBUST = [name for name in AGGREGATIONS.names() if name != "mean"]


def attack(name: str, clients: list[int], **options: Any) -> dict[str, Any]:
    return {"name": name, "clients": clients, **options}


def after(experiment: Quadratics) -> np.ndarray:
    """Each client's honest model after one round from zero [clients, d]."""
    kept = (1 - experiment.config.federation.learning_rate * experiment.curvatures) ** np.array(experiment.examples)
    return experiment.optima * (1 - kept)[:, None]


@pytest.mark.parametrize(("name", "factor"), [("sign-flip", -3.0), ("replacement", 3.0)])
def test_an_update_is_turned_or_lengthened(name: str, factor: float) -> None:
    experiment = quadratics("fedavg", 1, adversary=attack(name, [2], strength=3.0))
    sent = after(experiment)
    sent[2] *= factor
    np.testing.assert_allclose(experiment.run().arrays["w"], experiment.weights() @ sent, atol=1e-12)


def test_a_free_rider_sends_back_what_it_received_and_counts_all_the_same() -> None:
    experiment = quadratics("fedavg", 1, adversary=attack("free-rider", [0]))
    sent = after(experiment)
    sent[0] = 0
    events: list[e.Event] = []
    ended = Rounds(experiment, Hooks(emit=events.append)).run()  # type: ignore[arg-type]
    np.testing.assert_allclose(ended.state.arrays["w"], experiment.weights() @ sent, atol=1e-12)
    assert not [event for event in events if isinstance(event, e.BatchTrained) and event.client == 0]


def test_noise_is_as_long_as_asked_and_repeats() -> None:
    lengths = []
    for strength in (2.0, 20.0):
        experiment = quadratics("fedavg", 1, dimensions=2000, adversary=attack("noise", [1], strength=strength))
        reached = experiment.run().arrays["w"]
        assert np.array_equal(reached, experiment.run().arrays["w"])
        sent = after(experiment)
        others = experiment.weights()[[0, 2, 3]] @ sent[[0, 2, 3]]
        noise = (reached - others) / experiment.weights()[1]
        lengths.append(np.linalg.norm(noise) / np.linalg.norm(sent[1]))
    assert lengths == pytest.approx([2.0, 20.0], rel=0.1)


def test_flipped_labels_are_the_next_class_in_training_and_nowhere_else() -> None:
    plain = {"scenario": "toy", "model": "toy", "federation": {"rounds": 1, "clients": 4}}
    reached, stories = [], []
    for adversary in ({"name": "none"}, attack("label-flipping", [1])):
        experiment = assemble(RunConfig.parse({**plain, "adversary": adversary}))
        events: list[e.Event] = []
        sent: dict[int, str] = {}
        Rounds(experiment, Hooks(emit=events.append, keep_client=lambda number, client, arrays, sent=sent: sent.update({client: messages.weights_digest(arrays)}))).run()
        reached.append(sent)
        tested = [event for event in events if isinstance(event, e.ClientFinished) and event.phase == "evaluate" and event.round == 0]
        stories.append({event.client: event.metrics for event in tested})
    assert {client for client in range(4) if reached[0][client] != reached[1][client]} == {1}
    assert stories[0] == stories[1]


@cache
def reached(name: str, aggregation: str) -> np.ndarray:
    """The model after eight rounds of eleven clients of which two attack (`name` none: never train)."""
    options = {"name": aggregation} | ({"f": 2} if "f" in AGGREGATIONS.get(aggregation).options.model_fields else {})
    absent = [3, 7] if name == "none" else []
    adversary = attack(name, [3, 7], strength=500.0) if name != "none" else "none"
    return quadratics("fedavg", 8, clients=11, weighting="even", adversary=adversary, aggregation=options, absent_clients=absent).run().arrays["w"]


@pytest.mark.parametrize("aggregation", ROBUST)
@pytest.mark.parametrize("name", [pytest.param("sign-flip", marks=pytest.mark.slow), "replacement"])
def test_two_of_eleven_attackers_ruin_the_mean_and_no_robust_combination(name: str, aggregation: str) -> None:
    honest = reached("none", "mean")
    spread = np.linalg.norm(quadratics("fedavg", 1, clients=11).optima - honest, axis=1).max()
    assert np.linalg.norm(reached(name, "mean") - honest) > 10 * spread
    assert np.linalg.norm(reached(name, aggregation) - honest) < spread


@pytest.mark.parametrize("name", ATTACKS)
def test_every_attack_repeats_resumes_and_works_with_every_kind_of_strategy(name: str) -> None:
    for strategy in ("fedavg", "scaffold", "q-ffl"):
        states = []
        experiment = quadratics(strategy, 2, adversary=attack(name, [0, 3]))
        Rounds(experiment, Hooks(save=states.append)).run()  # type: ignore[arg-type]
        digests = {messages.weights_digest(state.arrays) for state in (states[-1], experiment.run(), experiment.run(states[1]))}
        assert len(digests) == 1 and np.isfinite(states[-1].arrays["w"]).all()


def test_attackers_must_be_clients_and_leave_somebody_honest() -> None:
    with pytest.raises(ConfigError, match="0 <= client < clients.*got 9 with clients=4"):
        config(clients=4).updated({"adversary": attack("noise", [9])})
    with pytest.raises(ConfigError, match="at least one honest client"):
        config(clients=2).updated({"adversary": attack("noise", [0, 1])})


def test_too_few_clients_for_a_combination_are_refused_with_the_rule() -> None:
    with pytest.raises(ConfigError, match="krum.*at least 7 updates.*only 4 clients"):
        config(clients=8, fraction=0.5, aggregation={"name": "krum", "f": 2})


def test_the_share_of_each_client_is_told() -> None:
    for aggregation in AGGREGATIONS.names():
        events: list[e.Event] = []
        Rounds(quadratics("fedavg", 1, clients=10, aggregation=aggregation, adversary=attack("replacement", [4], strength=500.0)), Hooks(emit=events.append)).run()  # type: ignore[arg-type]
        shares = {entry.client: entry.share for event in events if isinstance(event, e.RoundAggregated) for entry in event.drift}
        assert set(shares) == set(range(10)) and all(share is not None and 0 <= share <= 1 for share in shares.values())
        if aggregation in ("krum", "multi-krum", "bulyan"):
            assert shares[4] == 0
        elif aggregation == "mean":
            assert sum(shares.values()) == pytest.approx(1)
        else:
            assert shares[4] < 0.1


@pytest.mark.parametrize("strategy", ["fedavg", "ditto"])
def test_a_free_rider_of_a_language_model_answers_in_every_round(strategy: str) -> None:
    """On shards as they are dealt out, which nobody may write to; and it never has a personal model of its own."""
    plain = {"scenario": "toy", "model": "toy", "federation": {"rounds": 2, "clients": 4, "strategy": strategy, "compare": False}, "adversary": attack("free-rider", [1])}
    events: list[e.Event] = []
    Rounds(assemble(RunConfig.parse(plain)), Hooks(emit=events.append)).run()
    assert not [event for event in events if isinstance(event, e.ClientFailed)]
    assert [event.drift[1].norm for event in events if isinstance(event, e.RoundAggregated)] == [0, 0]
    for event in events:
        if isinstance(event, e.ClientFinished) and event.phase == "evaluate" and event.client == 1 and strategy == "ditto":
            shared = {metric.key.name: metric.value for metric in event.metrics}
            assert event.personal == shared
