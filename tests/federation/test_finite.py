"""An update that is not finite takes no part: the run goes on as if that client had failed in that round, whoever notices and whatever combines the others."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from fedviz.bench.every import every, tiny_run
from fedviz.core import events as e
from fedviz.core import seeds
from fedviz.core.config import RunConfig
from fedviz.core.errors import RunError
from fedviz.federation import assemble, wire
from fedviz.federation.adversaries.base import Attack
from fedviz.federation.client_app import Conduct
from fedviz.federation.messages import weights_digest
from fedviz.federation.privacy.base import Shield
from fedviz.federation.rounds import Hooks, Rounds

CLIENT, ROUND = 1, 1
SECTIONS = ("federation.strategy", "federation.adapters", "federation.compression")
SOME = [one for one in every() if one[0] in SECTIONS or one in (("federation.secure_aggregation", "on"), ("privacy", "central"), ("federation.aggregation", "median"))]


class Broken(Shield, Attack):
    """Trains as others do, and in one training ends with a number that is none. `seed`: that training's; None: every training is."""

    def __init__(self, seed: int | None, value: float = np.nan) -> None:
        self._seed, self._value = seed, value

    def train(self, rule, job, classes):
        outcome = rule.train(job)
        if self._seed not in (None, job.seed):
            return outcome
        arrays = {name: values.copy() for name, values in outcome.arrays.items()}
        next(iter(arrays.values())).reshape(-1)[-1] = self._value
        return replace(outcome, arrays=arrays)


def told(config: RunConfig, patch: pytest.MonkeyPatch, change: Callable[[Conduct], Conduct]):
    events: list[e.Event] = []
    conduct_of = assemble.conduct_of
    with patch.context() as patched:
        patched.setattr(assemble, "conduct_of", lambda *all_of_it: change(conduct_of(*all_of_it)))
        ended = Rounds(assemble.assemble(config), Hooks(emit=events.append)).run()
    failed = [(event.round, event.client, event.reason) for event in events if isinstance(event, e.ClientFailed)]
    return ended.state, failed, events


def lost(conduct: Conduct) -> Conduct:
    return replace(conduct, fate=lambda number, client: ("Lost.", 1.0) if (number, client) == (ROUND, CLIENT) else conduct.fate(number, client))


def broken(config: RunConfig) -> Broken:
    return Broken(seeds.derive(seeds.derive(config.seed, "clients"), "fit", ROUND, CLIENT))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_the_event_says_who_when_and_why_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch, value: float) -> None:
    config = tiny_run("federation.strategy", "fedavg")
    seed = broken(config)._seed
    state, failed, events = told(config, monkeypatch, lambda conduct: replace(conduct, shield=Broken(seed, value)))
    assert failed == [(1, 1, "The update of client 1 in round 1 is refused, since its `graph.weight` is not finite.")]
    assert all(np.isfinite(values).all() for values in state.arrays.values())
    assert not [event for event in events if isinstance(event, e.ClientFinished) and (event.client, event.round, event.phase) == (1, 1, "train")], "nothing was sent"


@pytest.mark.slow
@pytest.mark.parametrize(("section", "name"), SOME)
def test_a_run_is_that_without_the_client_in_that_round_to_the_bit(section: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether an honest client notices before it sends, or the server in what an attacker has sent."""
    config = tiny_run(section, name)
    without, failed, _ = told(config, monkeypatch, lost)
    honest, refused, _ = told(config, monkeypatch, lambda conduct: replace(conduct, shield=broken(config)))
    assert [one[:2] for one in refused] == [one[:2] for one in failed]
    assert all("not finite" in reason for *_, reason in refused)
    assert weights_digest(honest.arrays) == weights_digest(without.arrays)
    assert weights_digest(honest.strategy) == weights_digest(without.strategy)
    attacked, caught, _ = told(config, monkeypatch, lambda conduct: replace(conduct, attacks={CLIENT: broken(config)}))
    assert [one[:2] for one in caught] == [one[:2] for one in failed]
    if any(state.get(wire.MEMORY) for state in without.clients):  # the attacker's own memory has gone on
        assert all(np.isfinite(values).all() for values in (*attacked.arrays.values(), *attacked.strategy.values()) if values.shape != (config.federation.clients,))
        return
    assert weights_digest(attacked.arrays) == weights_digest(without.arrays)
    assert weights_digest(attacked.strategy) == weights_digest(without.strategy)


def test_a_client_does_not_remember_what_was_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    config = tiny_run("federation.strategy", "scaffold")
    state, failed, _ = told(config, monkeypatch, lambda conduct: replace(conduct, shield=broken(config)))
    assert failed
    assert all(np.isfinite(array.numpy()).all() for record in state.clients[CLIENT].array_records.values() for array in record.values())


def test_a_round_in_which_all_are_refused_fails_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RunError, match=r"^Round 1 has no surviving client: all 4 failed; the first reason: The update of client 0 in round 1 is refused, since its `.*` is not finite\.$"):
        told(tiny_run("federation.strategy", "fedavg"), monkeypatch, lambda conduct: replace(conduct, shield=Broken(None)))


def test_training_that_diverges_is_refused() -> None:
    """Steps that are too long for a strong proximal term overshoot by more each time."""
    config = tiny_run("federation.strategy", "fedprox", **{"federation.strategy.mu": 100.0, "federation.optimizer": "sgd", "federation.learning_rate": 10.0, "federation.local_epochs": 20})
    with np.errstate(all="ignore"), pytest.raises(RunError, match="all 4 failed; the first reason: The update of client 0 in round 1 is refused, since its"):
        Rounds(assemble.assemble(config), Hooks()).run()
