"""Privacy that the clients keep themselves: noised updates (local) and DP-SGD (example), by their laws and their accounts."""


from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from dp_accounting import pld

from fedviz.bench.quadratics import Quadratics, quadratics
from fedviz.core import events as e
from fedviz.core import seeds
from fedviz.core.config import RunConfig
from fedviz.core.errors import ConfigError
from fedviz.core.registry import PRIVACY, STRATEGIES
from fedviz.core.types import PrivacySpent
from fedviz.federation import messages, task
from fedviz.federation.assemble import assemble
from fedviz.federation.privacy import accounting, accounting_texts, dp_sgd
from fedviz.federation.privacy.dp_sgd_plan import plan
from fedviz.federation.privacy.local import LocalOptions, Noised
from fedviz.federation.rounds import Hooks, Rounds, RoundState
from fedviz.federation.task import FitSettings
from fedviz.models.learner import Learner
from fedviz.runs.estimate import estimate

LOOSE = {"clip_norm": 1e6, "noise_multiplier": 0}


def local(rounds: int = 3, privacy: dict[str, Any] | None = None, **options: Any) -> Quadratics:
    return quadratics(options.pop("strategy", "fedavg"), rounds, privacy={"name": "local", **(privacy or {})}, **{"weighting": "even", **options})


def toy(tuning: str = "lora", privacy: Any = "none", **federation: Any) -> RunConfig:
    model = {"name": "toy", "width": 16, "layers": 1, "tuning": tuning, "lora_rank": 2}
    return RunConfig.parse({"scenario": {"name": "toy", "train_texts": 48, "test_texts": 24}, "model": model, "privacy": privacy,
                            "federation": {"rounds": 2, "clients": 4, "compare": False, "optimizer": "sgd", "learning_rate": 0.1, **federation}})  # fmt: skip


def events_of(experiment: Any, state: RoundState | None = None) -> tuple[list[e.Event], list[RoundState]]:
    events: list[e.Event] = []
    states: list[RoundState] = []
    Rounds(experiment, Hooks(emit=events.append, save=states.append), state).run()
    return events, states


def told(experiment: Any) -> list[PrivacySpent]:
    return [event.privacy for event in events_of(experiment)[0] if isinstance(event, e.RoundAggregated) and event.privacy is not None]


@pytest.fixture(scope="module")
def learner() -> Learner:
    """LoRA on packed, cached texts of unlike lengths, away from its start, where half of the gradients are zero."""
    learner = assemble(toy()).learner
    rng = np.random.default_rng(0)
    learner.load({name: values + 0.2 * rng.standard_normal(values.shape).astype(np.float32) for name, values in learner.arrays().items()})
    return learner


@pytest.mark.parametrize("strategy", ["fedavg", "fedadam"])
def test_local_without_noise_and_with_a_huge_norm_is_the_even_mean_to_the_bit(strategy: str) -> None:
    plain = quadratics(strategy, 4, weighting="even", fraction=0.75).run().arrays["w"]
    assert np.array_equal(local(4, LOOSE, strategy=strategy, fraction=0.75).run().arrays["w"], plain)


@pytest.mark.parametrize("other", [1e300, -1e30, 3.0, 0.0, np.nan, np.inf])
def test_a_client_sends_no_longer_update_than_the_norm_whatever_it_has_learned(other: float) -> None:
    _job, outcome = sent(np.array([other, 1.0, 0.0]), clip_norm=0.7, noise_multiplier=0)
    assert np.linalg.norm(outcome.arrays["w"] - 1) <= 0.7 + 1e-12
    if np.isfinite(other):
        assert np.linalg.norm(outcome.arrays["w"] - 1) == pytest.approx(0.7 if abs(other) < 1e154 else 0.0)


def sent(update: np.ndarray, **options: Any) -> Any:
    """What the shield makes of an update from the vector of ones."""
    from fedviz.federation.local.base import Job, Outcome

    job = Job(None, [], FitSettings(), 9, lambda *_: None, {"w": np.ones(update.shape)})  # type: ignore[arg-type]
    outcome = Outcome({"w": 1 + update}, task.FitResult(17, (0.5,), 0.5, 0.7), {"more": update}, {"kept": update})
    return job, Noised(LocalOptions(**options)).cover(outcome, job)


def test_what_arrives_has_noise_of_the_stated_variance_and_says_nothing_else() -> None:
    """Chi-square: the mean square of d normal numbers is within 6 sqrt(2/d) of its expectation."""
    size = 40_000
    update = np.zeros(size)
    update[0] = 3.0
    _job, outcome = sent(update, clip_norm=0.5, noise_multiplier=3.0)
    noise = (outcome.arrays["w"] - 1) - update / 6
    assert np.mean(noise**2) == pytest.approx((0.5 * 3.0) ** 2, rel=6 * (2 / size) ** 0.5)
    assert abs(noise.mean()) < 6 * 1.5 / size**0.5
    result = outcome.result
    assert (result.examples, result.losses, result.loss_before, outcome.extra) == (1, (), 0.0, {}) and np.isnan(result.mean_loss)
    assert outcome.memory["kept"] is update, "what stays with the client stays as it is"


def test_no_message_of_a_local_client_has_its_loss_its_steps_or_its_number_of_texts() -> None:
    seen: list[messages.TrainReport] = []
    experiment = local(2, adversary={"name": "sign-flip", "clients": [3]})
    read, count = messages.read_train_reply, len(experiment.examples)

    class Listening(Rounds):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            see = self.strategy.see
            self.strategy.see = lambda report, weight: (seen.append(report), see(report, weight))[1]  # type: ignore[method-assign]

    events: list[e.Event] = []
    Listening(experiment, Hooks(emit=events.append)).run()
    honest = [report for report in seen if report.client != 3]
    assert len(honest) == 2 * (count - 1) and read is messages.read_train_reply
    assert {(report.examples, report.steps, report.loss_before) for report in honest} == {(1, 0, 0.0)}
    assert all(np.isnan(report.loss) for report in honest)
    finished = [event for event in events if isinstance(event, e.ClientFinished) and event.phase == "train" and event.client != 3]
    assert all(event.metrics == () for event in finished)


def test_local_noise_is_new_for_every_client_and_round_and_divided_by_the_root_of_the_clients() -> None:
    experiment = local(3, {"clip_norm": 0.5, "noise_multiplier": 2.0}, dimensions=20_000)
    kept: dict[tuple[int, int], np.ndarray] = {}
    states: list[RoundState] = []
    hooks = Hooks(save=states.append, keep_client=lambda number, client, arrays: kept.update({(number, client): arrays["w"] - states[-1].arrays["w"]}))
    Rounds(experiment, hooks).run()
    assert np.abs(np.corrcoef(list(kept.values())) - np.eye(len(kept))).max() < 0.06 and len(kept) == 12
    moved = states[2].arrays["w"] - states[1].arrays["w"]
    spent = told(experiment)
    assert spent[-1].noise == pytest.approx(0.5 * 2.0 / 4**0.5) == pytest.approx(moved.std(), rel=0.03)
    assert (spent[-1].mechanism, spent[-1].clipped) == ("local", None)


@pytest.mark.slow
def test_local_epsilon_is_that_of_a_replaced_client_in_every_round() -> None:
    """Two updates in a ball of radius C are at most 2 C apart: z = 5 is a Gaussian of multiplier 2.5, whoever was drawn."""
    spent = told(local(10, {"noise_multiplier": 5.0}, fraction=0.5))
    theirs = pld.PLDAccountant()
    from dp_accounting import GaussianDpEvent

    theirs.compose(GaussianDpEvent(2.5), 10)
    assert spent[-1].pld == pytest.approx(theirs.get_epsilon(1e-5), abs=1e-3)
    assert all(a.rdp < b.rdp and a.pld < b.pld for a, b in zip(spent, spent[1:], strict=False))  # type: ignore[operator]
    assert told(local(1, {"noise_multiplier": 0}))[0].epsilon is None


@pytest.mark.parametrize("tuning", ["head", pytest.param("lora", marks=pytest.mark.slow), pytest.param("full", marks=pytest.mark.slow)])
@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_dp_sgd_without_noise_and_with_a_huge_norm_is_plain_training(tuning: str, optimizer: Any) -> None:
    """With batches that hold all texts; FedProx's term included."""
    experiment = assemble(toy(tuning))
    learner, rows = experiment.learner, experiment.shards.train[0]
    settings = FitSettings(epochs=4, batch_size=10_000, learning_rate=0.01, optimizer=optimizer, proximal_mu=0.3)
    reached = []
    for private in (False, True):
        learner.load(experiment.initial)
        _ = dp_sgd.fit(learner, rows, settings, 5, 1e6, 0.0, lambda *_: None) if private else task.fit(learner, rows, settings, 5)
        reached.append(learner.arrays())
    for name, values in reached[0].items():
        if optimizer == "sgd" or "key.bias" not in name:  # whose gradient is zero but for rounding, which Adam blows up
            np.testing.assert_allclose(reached[1][name], values, atol=1e-6 if optimizer == "sgd" else 5e-5)
    assert messages.weights_digest(reached[0]) != messages.weights_digest(experiment.initial)


@pytest.mark.slow
def test_dp_sgd_is_plain_sgd_on_the_batches_that_the_coins_draw(learner: Learner) -> None:
    start, rows = learner.arrays(), np.arange(20)
    settings = FitSettings(epochs=2, batch_size=5, learning_rate=0.1, optimizer="sgd")
    dp_sgd.fit(learner, rows, settings, 5, 1e6, 0.0, lambda *_: None)
    reached = learner.arrays()
    learner.load(start)
    coins, optimizer = seeds.generator(5, "poisson"), torch.optim.SGD(learner.parameters(), lr=0.1)
    sizes = []
    for _step in range(8):
        batch = dp_sgd.poisson(rows, 0.25, coins)
        sizes.append(len(batch))
        optimizer.zero_grad()
        for texts in learner.batches("train", batch, 100):  # type: ignore[arg-type]
            (learner.loss(texts) * len(batch) / 5).backward()
        optimizer.step()
    assert len(set(sizes)) > 2, "Poisson batches differ in size"
    for name, values in learner.arrays().items():
        np.testing.assert_allclose(reached[name], values, atol=1e-6)
    learner.load(start)


def test_no_text_moves_the_sum_of_a_step_further_than_the_norm(learner: Learner) -> None:
    rows = np.arange(8)
    for clip in (0.05, 0.5):
        whole, _ = dp_sgd.clipped_sum(learner, rows, clip)
        for left_out in rows:
            rest, _ = dp_sgd.clipped_sum(learner, rows[rows != left_out], clip)
            moved = torch.cat([(a - b).flatten() for a, b in zip(whole, rest, strict=True)]).norm().item()
            assert moved <= clip * (1 + 1e-4)
            assert clip > 0.1 or moved == pytest.approx(clip, rel=1e-3), "so small a norm shortens every gradient"


def test_an_empty_batch_is_a_step_of_noise_alone_and_the_noise_is_as_stated(learner: Learner) -> None:
    start = learner.arrays()
    steps: list[tuple[int, int]] = []
    seed = next(s for s in range(100) if not len(dp_sgd.poisson(np.arange(2), 0.5, seeds.generator(s, "poisson"))))
    settings = FitSettings(epochs=1, batch_size=1, learning_rate=1.0, optimizer="sgd", limit=1)
    dp_sgd.fit(learner, [0, 1], settings, seed, 0.5, 3.0, lambda step, of, texts, loss: steps.append((step, texts)))
    moved = np.concatenate([(learner.arrays()[name] - start[name]).reshape(-1) for name in start])
    learner.load(start)
    assert steps == [(0, 0)], "an empty step tells nothing"
    assert moved.std() == pytest.approx(0.5 * 3.0, rel=6 / (2 * moved.size) ** 0.5)


def test_the_accounts_of_dp_sgd_give_the_known_example() -> None:
    """60 epochs of batches of 256 of 60,000 at noise 1.12 and delta 1e-5."""
    known = accounting_texts.worst(1.12, [(256 / 60_000, 60 * 60_000 // 256)], 1, 1e-5)
    assert known is not None and (known.rdp, known.pld) == (pytest.approx(2.519, abs=0.001), pytest.approx(2.310, abs=0.001))
    assert plan(60_000, 60, 256) == (256 / 60_000, 60 * 235), "an epoch here has 235 steps, where the example has 234.4"


@pytest.mark.slow
def test_epsilon_of_texts_grows_with_rounds_and_falls_with_noise_and_with_the_number_of_texts() -> None:
    def spent(noise: float, rounds: int, texts: int) -> float:
        found = accounting_texts.worst(noise, [plan(texts, 1, 16)], rounds, 1e-5)
        assert found is not None and found.pld < found.rdp
        return found.pld

    assert spent(1.0, 1, 100) < spent(1.0, 5, 100) < spent(1.0, 20, 100)
    assert spent(2.0, 5, 100) < spent(1.0, 5, 100) < spent(0.5, 5, 100)
    assert spent(1.0, 5, 1000) < spent(1.0, 5, 100) < spent(1.0, 5, 20)
    assert accounting_texts.worst(0.0, [plan(10, 1, 1)], 1, 1e-5) is None
    assert accounting_texts.worst(1.0, [plan(0, 1, 16)], 3, 1e-5) == accounting.Epsilons(0.0, 0.0)


@pytest.mark.slow
def test_the_worst_client_is_found_without_asking_all_of_them() -> None:
    plans = [plan(n, 2, 16) for n in (3, 17, 40, 41, 160, 900)]
    found = accounting_texts.worst(0.8, plans, 10, 1e-5)
    each = [accounting_texts.spent(0.8, rate, 10 * steps, 1e-5) for rate, steps in plans]
    assert found is not None and found.pld == max(one.pld for one in each if one) and found.rdp == max(one.rdp for one in each if one)
    assert accounting_texts.by_rdp(0.8, plans, 10, 1e-5) == tuple(one.rdp for one in each if one)


@pytest.mark.slow
@pytest.mark.parametrize(("epsilon", "texts"), [(8.0, (60, 45, 80)), (1.0, (400,)), (300.0, (20, 0)), (2.0, (5,))])
def test_the_calculator_gives_the_least_noise_for_all_clients(epsilon: float, texts: tuple[int, ...]) -> None:
    plans = tuple(plan(n, 1, 16) for n in texts)
    noise = accounting_texts.noise_for(epsilon, plans, 10, 1e-5)
    enough, less = (accounting_texts.worst(noise * factor, plans, 10, 1e-5) for factor in (1.0, 0.985))
    assert enough is not None and less is not None
    assert min(enough.rdp, enough.pld) <= epsilon < min(less.rdp, less.pld)


@pytest.mark.parametrize("name", ["local", "example", "central"])
def test_the_calculator_and_the_estimate_agree_for_every_mechanism(name: str) -> None:
    config = toy(privacy={"name": name}, weighting="even", rounds=5)
    entry, texts = PRIVACY.get(name), [13, 9, 11, 15]
    noise = entry.noise_for(20.0, 1e-5, config.federation, tuple(texts))
    spent = entry.build(entry.options(noise_multiplier=noise), config.federation, 0, texts).spent(5)
    assert 19 < spent.epsilon <= 20 and spent.mechanism == name
    assert spent.noise == pytest.approx(entry.learned(noise, config.federation, texts))
    assert estimate(config).epsilon == pytest.approx(entry.build(config.privacy, config.federation, 0, _held(config)).spent(5).epsilon)


def _held(config: RunConfig) -> list[int]:
    return [len(rows) for rows in assemble(config).shards.train]


def test_each_round_tells_the_largest_epsilon_and_every_client_its_own() -> None:
    experiment = quadratics("fedavg", 3, privacy={"name": "example", "noise_multiplier": 1.5}, local_epochs=2, absent_clients=[1])
    spent = told(experiment)
    plans = [plan(n, 2, 1) if k != 1 else (1.0, 0) for k, n in enumerate(experiment.examples)]
    for number, one in enumerate(spent, 1):
        assert one.clients == accounting_texts.by_rdp(1.5, plans, number, 1e-5) and one.clients[1] == 0
        assert one.rdp == max(one.clients) and one.epsilon == one.pld < one.rdp  # type: ignore[operator]
    assert spent[0].pld < spent[1].pld < spent[2].pld  # type: ignore[operator]
    assert np.argmax(spent[-1].clients) == min((n, k) for k, n in enumerate(experiment.examples) if k != 1)[1], "the smallest client pays most"


@pytest.mark.parametrize("privacy", [{"name": "local"}, pytest.param({"name": "example"}, marks=pytest.mark.slow)])
def test_it_repeats_and_resumes_to_the_bit_and_another_seed_has_other_noise(privacy: dict[str, Any]) -> None:
    config = toy("head", privacy, weighting="even", rounds=3, fraction=0.75, batch_size=4)
    experiment = assemble(config)
    _, states = events_of(experiment)
    digests = {messages.weights_digest(state.arrays) for state in (states[-1], events_of(assemble(config))[1][-1], events_of(experiment, states[2])[1][-1])}
    assert len(digests) == 1 and states[2].round == 2
    other = events_of(assemble(config.updated({"seed": 1})))[1][-1]
    assert messages.weights_digest(other.arrays) not in digests


@pytest.mark.slow
@pytest.mark.parametrize("privacy", ["local", "example"])
def test_behind_secure_aggregation_it_is_the_same_run(privacy: str) -> None:
    """The masks hide the noised updates too; a loss that nobody tells counts as 0 there."""
    plain, hidden = (
        quadratics("fedavg", 4, privacy={"name": privacy}, weighting="even", secure_aggregation=on).run().arrays["w"] for on in (False, True)
    )
    np.testing.assert_allclose(hidden, plain, atol=1e-5)


def test_attackers_do_not_keep_to_it() -> None:
    """An attacker's update is as long as it likes."""
    kept: dict[int, float] = {}
    experiment = local(1, {"clip_norm": 0.01, "noise_multiplier": 0}, adversary={"name": "replacement", "clients": [2]})
    Rounds(experiment, Hooks(keep_client=lambda number, client, arrays: kept.update({client: float(np.linalg.norm(arrays["w"]))}))).run()
    assert kept.pop(2) > 0.1 and max(kept.values()) <= 0.01 + 1e-9


UNEVEN = {"weighting": "examples"}


@pytest.mark.parametrize(("name", "options"), [
    ("local", UNEVEN),
    ("local", {"participation": {"over_selection": 0.5}}),
    ("local", {"network": {"deadline_s": 3.0}}),
    *((name, {"strategy": one.name}) for name in ("local", "example") for one in STRATEGIES if not one.private or one.personal or (one.rule and name == "example")),
])  # fmt: skip
def test_what_would_make_the_accounts_false_is_refused(name: str, options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"^`[a-z_.]+`.* must .* but .*[a-z0-9)]\.$"):
        quadratics(options.pop("strategy", "fedavg"), 2, privacy=name, **{"weighting": "even", **options})


def test_dp_sgd_never_takes_the_place_of_another_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """A strategy may send nothing but a model and still train in a way of its own, which DP-SGD would leave out without a word."""
    entry = replace(STRATEGIES.get("fedprox"), rule="feddyn")
    monkeypatch.setattr("fedviz.federation.strategies.fedprox.FEDPROX", entry)
    local(1, strategy="fedprox")
    with pytest.raises(ConfigError, match="must leave the clients to plain training .*, but fedprox trains by a rule of its own"):
        quadratics("fedprox", 1, privacy="example")


def test_what_is_public_for_texts_is_allowed() -> None:
    """Numbers of texts are public where single texts are protected: weights by examples, deadlines, any combination of noised models."""
    quadratics("fedavg", 2, privacy="example", network={"deadline_s": 3.0}, weighting="examples", aggregation="median")
    local(2, aggregation="median")


def test_old_events_still_open() -> None:
    old = {"rdp": 3.0, "pld": 2.0, "delta": 1e-5, "clip_norm": 1.0, "clipped": 0.5, "noise": 0.1}
    spent = PrivacySpent.model_validate(old)
    assert (spent.mechanism, spent.clients, spent.epsilon) == ("central", (), 2.0)
