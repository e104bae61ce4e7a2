"""Parts that stay home: what travels, what every client has of its own, and what the global model is."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flwr.app import ArrayRecord
from safetensors import safe_open

from fedviz.core import events as e
from fedviz.core.config import RunConfig
from fedviz.core.errors import ConfigError
from fedviz.federation import messages, task, wire
from fedviz.federation.assemble import Experiment, assemble
from fedviz.federation.local.parts import HOME
from fedviz.federation.reports import Reports
from fedviz.federation.rounds import Hooks, Rounds, RoundState
from fedviz.runs.states import dump_state, parse_state
from tests.runs.small import small

HEAD = ("head.weight", "head.bias", "graph.weight")


def config(parts: str = "head", **federation: Any) -> RunConfig:
    """The small run; norms need full fine-tuning."""
    some = small(**federation).updated({"model.tuning": "lora" if parts == "head" else "full"})
    return some.updated({"federation.strategy.name": "local-parts", "federation.strategy.parts": parts})


def observed(experiment: Experiment, state: RoundState | None = None) -> tuple[list[RoundState], list[e.Event], dict[tuple[int, int], Any]]:
    states: list[RoundState] = []
    events: list[e.Event] = []
    sent: dict[tuple[int, int], Any] = {}
    hooks = Hooks(emit=events.append, save=states.append, keep_client=lambda number, client, arrays: sent.update({(number, client): dict(arrays)}))
    Rounds(experiment, hooks, state).run()
    return states, events, sent


def own(state: RoundState, client: int) -> dict[str, np.ndarray]:
    """What a client remembers of its own; nothing before the first round."""
    kept = state.clients[client] if state.clients else {}
    return {name.removeprefix(HOME): values for name, values in messages.arrays_of(kept[wire.MEMORY]).items()} if wire.MEMORY in kept else {}  # type: ignore[arg-type]


def whole(state: RoundState, client: int) -> dict[str, np.ndarray]:
    return {**state.arrays, **own(state, client)}


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    return assemble(config(rounds=3, watch_local=True))


@pytest.fixture(scope="module")
def seen(experiment: Experiment) -> Any:
    return observed(experiment)


@pytest.mark.parametrize("parts", ["head", pytest.param("norms", marks=pytest.mark.slow)])
def test_no_message_in_either_direction_has_a_part_that_stays_home(parts: str, monkeypatch: pytest.MonkeyPatch) -> None:
    experiment, passed = assemble(config(parts)), []
    for way in ("message", "reply"):
        told = getattr(Reports, way)

        def heard(self: Reports, client: int, message: Any, way: str = way, told: Any = told) -> None:
            names = {name for record in message.content.values() if isinstance(record, ArrayRecord) for name in record}
            passed.append((way, message.metadata.message_type, names))
            told(self, client, message)

        monkeypatch.setattr(Reports, way, heard)
    Rounds(experiment, Hooks()).run()
    home = {name for name in experiment.initial if (name in HEAD if parts == "head" else "LayerNorm" in name)}
    travelling = set(experiment.initial) - home
    assert len(home) == (3 if parts == "head" else 6) and travelling
    assert {(way, kind): names for way, kind, names in passed} == {
        ("message", "train"): travelling, ("reply", "train"): travelling, ("message", "evaluate"): travelling, ("reply", "evaluate"): set(),
    }  # fmt: skip
    assert not any(names & home for _way, _kind, names in passed)


def test_the_global_model_averages_what_travels_and_keeps_the_first_values_of_the_rest(experiment: Experiment, seen: Any) -> None:
    states, _, sent = seen
    weights = np.array([len(rows) for rows in experiment.shards.train], float)
    for state in states[1:]:
        for name, values in state.arrays.items():
            if name in HEAD:
                assert values.tobytes() == experiment.initial[name].tobytes()
            else:
                mean = np.average([sent[state.round, client][name].astype(float) for client in range(3)], axis=0, weights=weights)
                np.testing.assert_allclose(values, mean, atol=1e-6)
        assert all(len({own(state, client)[name].tobytes() for client in range(3)}) == 3 for name in HEAD), "every client has a head of its own"


def test_a_personal_model_is_the_global_parts_with_the_client_s_own(experiment: Experiment, seen: Any) -> None:
    states, events, _ = seen
    measured = {(event.round, event.client): event for event in events if isinstance(event, e.ClientFinished) and event.phase == "evaluate"}
    for (number, client), event in measured.items():
        for model, told in ((whole(states[number], client), event.personal), (states[number].arrays, {metric.key.name: metric.value for metric in event.metrics})):
            experiment.learner.load(model)
            assert task.evaluate(experiment.learner, experiment.shards.test[client]).metrics() == told
    assert measured[0, 1].personal == {metric.key.name: metric.value for metric in measured[0, 1].metrics}, "before training it is the global one"


def test_the_local_model_that_is_watched_is_the_whole_one(experiment: Experiment, seen: Any) -> None:
    states, events, sent = seen
    for event in events:
        if isinstance(event, e.ClientFinished) and event.phase == "train":
            experiment.learner.load({**sent[event.round, event.client], **own(states[event.round], event.client)})
            assert task.evaluate(experiment.learner, experiment.shards.test[event.client]).metrics() == event.own


def test_messages_weigh_less_and_say_so(experiment: Experiment, seen: Any) -> None:
    _, events, _ = seen
    home = messages.array_record({name: experiment.initial[name] for name in HEAD})
    less = messages.content_bytes(messages.RecordDict({"": home}))
    plain = assemble(small())
    assert experiment.message_bytes() == plain.message_bytes() - less == next(event.message_bytes for event in events if isinstance(event, e.RunStarted))
    told = len(wire.RULE + "local-parts") + len(wire.ROUND) + 8 + len(wire.WATCH) + 8
    assert {event.received_bytes for event in events if isinstance(event, e.ClientStarted)} == {experiment.message_bytes() + told}


@pytest.mark.slow
@pytest.mark.parametrize("parts", ["head", "norms"])
def test_a_client_alone_has_fedavg_s_model_to_the_bit(parts: str) -> None:
    found, _, _ = observed(assemble(config(parts, clients=1, rounds=3)))
    plain, _, _ = observed(assemble(config(parts, clients=1, rounds=3).updated({"federation.strategy.name": "fedavg"})))
    assert [messages.weights_digest(whole(state, 0)) for state in found[1:]] == [messages.weights_digest(state.arrays) for state in plain[1:]]


@pytest.mark.slow
def test_a_client_that_is_not_drawn_keeps_its_parts_and_a_resumed_run_has_the_same_bits(tmp_path: Path) -> None:
    experiment = assemble(config(rounds=4, fraction=0.5, clients=4, faulty_clients=[2]))
    states, events, sent = observed(experiment)
    for state in states[1:]:
        for client in range(4):
            former, now = own(states[state.round - 1], client), own(state, client)
            assert (messages.weights_digest(former) != messages.weights_digest(now)) == ((state.round, client) in sent)
    assert own(states[-1], 2) == {} and any(isinstance(event, e.ClientFailed) for event in events)
    (tmp_path / "state").write_bytes(dump_state(states[2]))
    with safe_open(tmp_path / "state", "np") as file:
        kept = parse_state(json.loads(file.metadata()["state"]), {name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118 - no mapping
    resumed, _, _ = observed(experiment, kept)
    for client in range(4):
        assert messages.weights_digest(whole(resumed[-1], client)) == messages.weights_digest(whole(states[-1], client))


@pytest.mark.slow
def test_a_sum_under_masks_is_enough() -> None:
    open_, hidden = (observed(assemble(config(clients=4, secure_aggregation=secure)))[0][-1] for secure in (False, True))
    for name, values in open_.arrays.items():
        np.testing.assert_allclose(hidden.arrays[name], values, atol=1e-5)
    for client in range(4):
        for name in HEAD:
            np.testing.assert_allclose(own(hidden, client)[name], own(open_, client)[name], atol=1e-4)


@pytest.mark.slow
def test_private_noise_falls_on_what_travels_alone() -> None:
    experiment = assemble(config(clients=4, weighting="even").updated({"privacy.name": "central"}))
    states, _, _ = observed(experiment)
    assert all(states[-1].arrays[name].tobytes() == experiment.initial[name].tobytes() for name in HEAD)
    moved = np.concatenate([(states[-1].arrays[name] - values).ravel() for name, values in experiment.initial.items() if name not in HEAD])
    assert moved.std() == pytest.approx(2**0.5 / 4, rel=0.2), "two rounds of noise 1 on the sum of four clients"


@pytest.mark.slow
@pytest.mark.parametrize("adversary", ["free-rider", "replacement", "label-flipping", "sign-flip", "noise"])
def test_attackers_send_what_travels(adversary: str) -> None:
    experiment = assemble(config(clients=4, aggregation="median").updated({"adversary.name": adversary, "adversary.clients": [1]}))
    states, events, _ = observed(experiment)
    assert len(states) == 3 and not any(isinstance(event, e.ClientFailed) for event in events)


@pytest.mark.parametrize(("parts", "tuning", "reason"), [
    ("head", "head", "must be lora or full where the head stays home, .* nothing is left to send"),
    ("norms", "lora", "must be full where the norms stay home, .* nobody trains them, but got tuning=lora"),
])  # fmt: skip
def test_parts_that_cannot_stay_home_are_refused_with_the_reason(parts: str, tuning: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        config(parts).updated({"model.tuning": tuning})
