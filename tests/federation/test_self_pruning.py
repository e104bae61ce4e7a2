"""HetLoRA's self-pruning: what is added to the loss, when a client lets ranks go, and that nothing changes without it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from fedviz.charts.adapters import ranks_record, ranks_spec
from fedviz.charts.live import document
from fedviz.core import events as e
from fedviz.core.config import RunConfig
from fedviz.federation import wire
from fedviz.federation.adapters.base import A, B, factors
from fedviz.federation.adapters.ranked import truncated
from fedviz.federation.assemble import assemble, strategy_of
from fedviz.federation.local.adapters import Adapters, weight_of
from fedviz.federation.local.base import Job
from fedviz.federation.messages import weights_digest
from fedviz.federation.rounds import Hooks, Rounds
from fedviz.federation.task import FitSettings
from fedviz.runs.run_view import RunView
from fedviz.runs.states import dump_state
from fedviz.runs.view import apply_all
from tests.federation.test_validation import reread

RANK = 4


def config(**adapters) -> RunConfig:
    return RunConfig.parse({
        "scenario": {"name": "toy", "train_texts": 24, "test_texts": 8}, "model": {"name": "toy", "width": 8, "layers": 1, "tuning": "lora", "lora_rank": RANK}, "knowledge": "none",
        "federation": {"rounds": 4, "clients": 3, "batch_size": 4, "compare": False, "learning_rate": 0.02, "adapters": {"name": "hetlora", "ranks": [1, 2, 4], **adapters}},
    })  # fmt: skip


def run(some: RunConfig, state=None, **hooks):
    events: list[e.Event] = []
    ended = Rounds(assemble(some), Hooks(emit=events.append, **hooks), state).run()
    return ended.state, events


def ranks_of(events) -> list[tuple[int, ...]]:
    return [event.ranks for event in events if isinstance(event, e.RoundAggregated)]


def test_it_is_off_by_default_and_nothing_of_it_is_told() -> None:
    plain = config()
    assert plain == config(self_pruning=False) and not {wire.PRUNE_TO, wire.PRUNE_PULL} & set(strategy_of(plain).numbers())
    state, events = run(plain.updated({"federation.rounds": 1}))
    assert ranks_of(events) == [()] and not [name for name in state.strategy if name.startswith("ranks")]
    kept, told = run(config(self_pruning=True, pull=0.0, kept_share=0.999, ranks=[1]).updated({"federation.rounds": 1}))
    without, _ = run(config(ranks=[1]).updated({"federation.rounds": 1}))
    assert weights_digest(kept.arrays) == weights_digest(without.arrays) and ranks_of(told) == [(1, 1, 1)], "a single rank is never pruned"


def test_ranks_fall_where_the_pull_is_strong_and_never_rise() -> None:
    saved: list[bytes] = []
    state, events = run(config(self_pruning=True, kept_share=0.5, pull=50.0), save=lambda state: saved.append(dump_state(state)))
    ranks = ranks_of(events)
    assert ranks[0] == (1, 2, 4), "before any training all of B is zero, which says nothing"
    assert all(later <= sooner for former, latter in zip(ranks, ranks[1:], strict=False) for sooner, later in zip(former, latter, strict=True))
    assert ranks[-1][0] == 1 and min(ranks[-1]) >= 1 and sum(ranks[-1]) < 7
    assert all(np.isfinite(values).all() for values in state.arrays.values())
    view = apply_all(RunView.empty(), [event.model_copy(update={"seq": seq}) for seq, event in enumerate(events, 1)])
    record = ranks_record(view)
    assert [rank for _number, rank in record.lines[2][2]] == [some[2] for some in ranks] and len(ranks_spec(record)["data"]) == 3
    assert "ranks" in document(view).charts
    for stop in (1, 3):
        again, more = run(config(self_pruning=True, kept_share=0.5, pull=50.0), reread(saved[stop]))
        assert weights_digest(again.arrays) == weights_digest(state.arrays) and ranks_of(more) == ranks[stop:]


def job(weak: bool, tail: float, **numbers) -> tuple[Job, Adapters]:
    """A training of a client of the full rank, whose adapters have this in the last two ranks."""
    experiment = assemble(config())
    rng = np.random.default_rng(0)
    arrays = {name: rng.standard_normal(values.shape).astype(np.float32) * 0.1 for name, values in experiment.initial.items()}
    for a, b in factors(arrays).values():
        arrays[a][2:], arrays[b][:, 2:] = tail, tail
    settings = FitSettings(batch_size=4, learning_rate=0.02, rule=wire.ADAPTERS, numbers={wire.STILL: 0.0, wire.PRUNE_TO: 0.5, wire.PRUNE_PULL: 0.0, **numbers})
    return Job(experiment.learner, [] if weak else experiment.shards.train[0], settings, 1, lambda *step: None, arrays), Adapters()


def sent_ranks(one: Job, rule: Adapters) -> set[int]:
    arrays = rule.train(one).arrays
    return {len(values) for name, values in arrays.items() if A in name} | {values.shape[1] for name, values in arrays.items() if B in name}


def test_a_client_whose_tail_is_zero_prunes_at_once() -> None:
    assert sent_ranks(*job(False, 0.0)) == {2}
    assert sent_ranks(*job(True, 0.0)) == {4}, "who holds no text has trained nothing"


def test_a_tail_that_a_pull_weakens_is_pruned_and_the_rest_is_what_training_left() -> None:
    one, rule = job(False, 0.2, **{wire.PRUNE_PULL: 50.0})
    outcome = rule.train(one)
    assert {len(values) for name, values in outcome.arrays.items() if A in name} == {2}
    left = one.learner.arrays()
    for name, values in outcome.arrays.items():
        np.testing.assert_array_equal(values, truncated(name, left[name], 2))
    assert weight_of(left, slice(2, 4)) < weight_of(one.received, slice(2, 4))


def test_the_loss_gains_the_product_of_the_tails_norms_and_tells_the_plain_one() -> None:
    one, rule = job(False, 0.2, **{wire.PRUNE_PULL: 3.0})
    rule.train(replace(one, indices=[]))  # sets what is pulled
    one.learner.load(one.received)
    (batch,) = one.learner.batches("train", one.indices, 100)
    plain, _ = one.learner.objective(batch)
    told, whole = rule.objective(one.learner, batch)
    assert told.item() == plain.item()
    assert (whole - told).item() == pytest.approx(3.0 * weight_of(one.received, slice(2, 4)), rel=1e-4)
    names = [name for name in sorted(one.received) if A in name]
    gradients = dict(zip(sorted(one.received), torch.autograd.grad(whole - told, one.learner.parameters(), allow_unused=True), strict=True))
    assert all(torch.count_nonzero(gradients[name][:2]) == 0 and torch.count_nonzero(gradients[name][2:]) for name in names), "only the tail is pulled"
