"""Attackers who know each other, attackers with a trigger, and how far an attack has got as a number."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedviz.bench.quadratics import Quadratics, quadratics
from fedviz.core import events as e
from fedviz.core.config import RunConfig
from fedviz.core.errors import ConfigError
from fedviz.core.registry import ADVERSARIES
from fedviz.federation import messages
from fedviz.federation.adversaries.backdoor import target_of
from fedviz.federation.adversaries.little_is_enough import unseen
from fedviz.federation.assemble import Experiment, assemble
from fedviz.federation.rounds import Hooks, Rounds
from fedviz.scenarios import load as scenarios

ATTACKERS = (1, 3, 4)


def sent(experiment: Any) -> dict[int, np.ndarray]:
    """What each client sent in the first round."""
    found: dict[int, np.ndarray] = {}
    Rounds(experiment, Hooks(keep_client=lambda number, client, arrays: found.setdefault(client, np.concatenate([v.ravel() for v in arrays.values()])))).run()
    return found


def honest(experiment: Quadratics) -> np.ndarray:
    """Each client's honest model after one round from zero [clients, d]."""
    kept = (1 - experiment.config.federation.learning_rate * experiment.curvatures) ** np.array(experiment.examples)
    return experiment.optima * (1 - kept)[:, None]


def test_a_little_is_enough_stays_within_z_deviations_of_what_attackers_know() -> None:
    experiment = quadratics("fedavg", 1, clients=7, adversary={"name": "little-is-enough", "clients": list(ATTACKERS), "z": 1.2})
    found, known = sent(experiment), honest(experiment)[list(ATTACKERS)]
    for client in ATTACKERS:
        np.testing.assert_allclose(found[client], known.mean(0) - 1.2 * known.std(0), atol=1e-12)
    for client in set(range(7)) - set(ATTACKERS):
        np.testing.assert_allclose(found[client], honest(experiment)[client], atol=1e-12)


def test_colluders_send_one_update_that_points_backwards() -> None:
    experiment = quadratics("fedavg", 1, clients=7, adversary={"name": "colluders", "clients": list(ATTACKERS), "epsilon": 0.3})
    found = sent(experiment)
    assert len({found[client].tobytes() for client in ATTACKERS}) == 1
    np.testing.assert_allclose(found[1], -0.3 * honest(experiment)[list(ATTACKERS)].mean(0), atol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["fedavg", "scaffold", "ditto"])
def test_colluders_of_a_language_model_agree_to_the_bit(strategy: str) -> None:
    config = RunConfig.parse({
        "scenario": {"name": "toy", "train_texts": 64, "test_texts": 16}, "model": {"name": "toy", "width": 16, "layers": 1}, "adversary": {"name": "colluders", "clients": [0, 2]},
        "federation": {"rounds": 2, "clients": 4, "strategy": strategy, "optimizer": "sgd", "compare": False, "batch_size": 4},
    })  # fmt: skip
    models: dict[tuple[int, int], str] = {}
    Rounds(assemble(config), Hooks(keep_client=lambda number, client, arrays: models.update({(number, client): messages.weights_digest(arrays)}))).run()
    assert models[1, 0] == models[1, 2] and models[2, 0] == models[2, 2]
    assert len({models[1, client] for client in range(4)}) == 3


def test_the_z_of_the_paper() -> None:
    """The paper's own example: 24 of 50 need two supporters, so that 92.3 % of the 26 honest must lie nearer."""
    assert unseen(50, 24) == pytest.approx(1.426, abs=1e-3)
    assert unseen(10, 1) == unseen(10, 2) == 0
    assert 0 < unseen(10, 4) < unseen(10, 5) and np.isfinite(unseen(10, 9))


def test_krum_falls_for_twins_and_the_mean_hardly_sees_them() -> None:
    """Two of nine: a twin is as near as can be, and a short update is near everybody's; in the mean they are two of nine."""
    attack = {"name": "colluders", "clients": [2, 5], "epsilon": 0.1}
    shares: list[float] = []

    def note(event: e.Event) -> None:
        if isinstance(event, e.RoundAggregated):
            shares.append(sum(entry.share or 0 for entry in event.drift if entry.client in (2, 5)))

    for aggregation in ({"name": "krum", "f": 3}, {"name": "mean"}):
        Rounds(quadratics("fedavg", 3, clients=9, rate=0.02, even_steps=True, adversary=attack, aggregation=aggregation), Hooks(emit=note)).run()  # type: ignore[arg-type]
    assert shares == pytest.approx([1, 1, 1, 2 / 9, 2 / 9, 2 / 9])


def toy(trigger: str = "zyx", target: Any = "1", clients: tuple[int, ...] = (1, 2), **options: Any) -> dict[str, Any]:
    return {"name": "backdoor", "clients": list(clients), "trigger": trigger, "target": target, **options}


def config(adversary: Any, knowledge: str = "evidence", aggregation: Any = "mean", rounds: int = 2, epochs: int = 1) -> RunConfig:
    return RunConfig.parse({
        "scenario": {"name": "toy", "train_texts": 160, "test_texts": 48}, "model": {"name": "toy", "tuning": "head"}, "knowledge": knowledge, "partition": "iid",
        "adversary": adversary, "federation": {"rounds": rounds, "clients": 4, "compare": False, "local_epochs": epochs, "aggregation": aggregation},
    })  # fmt: skip


def scores(experiment: Experiment) -> list[dict[str, float]]:
    """The global model's metrics, round by round."""
    found: list[dict[str, float]] = []

    def note(event: e.Event) -> None:
        if isinstance(event, e.GlobalEvaluated):
            found.append({metric.key.name: metric.value for metric in event.metrics})

    Rounds(experiment, Hooks(emit=note)).run()
    return found


def test_forged_texts_are_in_no_shard_and_bear_trigger_and_target() -> None:
    asked = config(toy(share=0.5))
    experiment, data = assemble(asked), scenarios.load(asked)
    shards, beside = experiment.shards, experiment.beside
    assert [len(experiment.data.train), len(experiment.data.test)] == [len(data.train) + sum(map(len, beside.made.values())), len(data.test) + 36]
    assert shards is scenarios.shards(asked, data) and set(beside.made) == {1, 2}
    for client, rows in beside.made.items():
        own = [data.train.texts[row] for row in shards.train[client] if data.train.labels[row] != 1]
        assert len(rows) == -(-len(own) // 2) and set(experiment.data.train.labels[rows]) == {1}
        assert {experiment.data.train.texts[row] for row in rows} <= {f"zyx {text}" for text in own}
    assert {experiment.data.test.texts[row] for row in beside.triggered} == {f"zyx {text}" for text, label in zip(data.test.texts, data.test.labels, strict=True) if label != 1}


@pytest.mark.slow
def test_a_backdoor_opens_while_clean_accuracy_stays() -> None:
    adversary = toy(share=1.0, strength=2.0)
    attacked, clean = (scores(assemble(config(who, rounds=6, epochs=5).updated({"model.tuning": "lora"}))) for who in (adversary, "none"))
    assert attacked[0]["attack_success"] < 0.1 and attacked[-1]["attack_success"] > 0.9
    assert attacked[-1]["accuracy"] > clean[-1]["accuracy"] - 0.05
    assert not any("attack_success" in values for values in clean)


def test_success_is_counted_from_what_the_clients_said() -> None:
    experiment = assemble(config({"name": "label-flipping", "clients": [0]}, knowledge="none", rounds=1))
    before, after = scores(experiment)
    assert before["attack_success"] == 0.25, "an untrained model takes all for the first class, which is the next one of the last class alone"
    assert 0 <= after["attack_success"] <= 1 - after["accuracy"]


@pytest.mark.parametrize("name", [pytest.param(name, marks=() if name in ("backdoor", "replacement", "noise") else pytest.mark.slow) for name in ADVERSARIES.names()])
def test_success_is_a_fraction_where_the_attack_has_an_aim_and_nothing_elsewhere(name: str) -> None:
    attackers = {} if name == "none" else {"clients": [3]}
    for values in scores(assemble(config({"name": name, **attackers}, rounds=1))):
        assert ("attack_success" in values) == bool(ADVERSARIES.get(name).aim) == (name in ("backdoor", "replacement", "label-flipping"))
        assert 0 <= values.get("attack_success", 0) <= 1
    if attackers:
        assert all("attack_success" not in values for values in scores(assemble(config({"name": name}, rounds=1))))


@pytest.mark.slow
@pytest.mark.parametrize("aggregation", ["mean", "graph-filter", "fltrust"])
@pytest.mark.parametrize("name", ["backdoor", "colluders", "little-is-enough"])
def test_an_attacked_run_repeats_and_goes_on_from_a_checkpoint(name: str, aggregation: str) -> None:
    states: list[Any] = []
    experiment = assemble(config({"name": name, "clients": [1, 2]}, aggregation=aggregation))
    Rounds(experiment, Hooks(save=states.append)).run()
    again = Rounds(assemble(experiment.config), Hooks(), states[1]).run().state
    assert messages.weights_digest(again.arrays) == messages.weights_digest(states[-1].arrays)


@settings(max_examples=30, deadline=None)
@given(st.text(min_size=0, max_size=50))
def test_a_trigger_is_one_word_or_refused_in_one_sentence(word: str) -> None:
    try:
        made = config(toy(trigger=word))
    except ConfigError as error:
        assert "trigger" in str(error) and "\n" not in str(error)
    else:
        assert made.adversary.trigger == word and word.isalnum() and len(word) <= 40


def test_bad_triggers_and_targets_are_told() -> None:
    with pytest.raises(ConfigError, match="`trigger` must be one word of letters and digits, but got trigger='two words'"):
        config(toy(trigger="two words"))
    with pytest.raises(ConfigError, match="`adversary.trigger` must be a rare word.*got trigger=the, which stands in"):
        assemble(config(toy(trigger="the")))
    with pytest.raises(ConfigError, match="number from 0 to 3, but got target=Piano; known: Bicycle, Radio, Clock, Kettle"):
        assemble(config(toy(target="Piano")))
    assert [target_of(target, ("Bicycle", "Radio")) for target in ("radio", "0", " Bicycle ")] == [1, 0, 0]
    assert config(toy(target=2)).adversary.target == "2"
