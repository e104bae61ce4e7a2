"""Language models in a federation: perplexity falls, watched texts are told, and what stands around training is as it is for classifiers."""

import math

import pytest

from fedviz.core.config import RunConfig
from fedviz.core.events import ClientFinished, GlobalEvaluated, MessagesPassed, Watched, event_from_json
from fedviz.federation.assemble import assemble
from fedviz.federation.compare import compare
from fedviz.federation.rounds import Hooks, Rounds

SCRATCH = {"name": "scratch", "width": 16, "layers": 1, "heads": 2, "vocabulary": 400, "least_count": 1}


def run(family="roberta", **changes):
    objective = {"name": "causal", "watched": ["the old clock"]} if family in ("gpt2", "llama") else {"name": "masked", "watched": ["the [MASK] clock", "a [MASK]"]}
    config = RunConfig.parse({
        "scenario": {"name": "toy", "train_texts": 40, "test_texts": 16}, "model": {**SCRATCH, "family": family}, "objective": objective,
        "federation": {"rounds": 3, "clients": 4, "batch_size": 4, "learning_rate": 1e-2, "compare": False},
    }).updated(changes)  # fmt: skip
    events = []
    experiment = assemble(config)
    ended = Rounds(experiment, Hooks(emit=events.append)).run()
    return experiment, ended, events


def perplexities(events):
    return [next(metric.value for metric in event.metrics if metric.key.name == "perplexity") for event in events if isinstance(event, GlobalEvaluated)]


@pytest.mark.parametrize("family", ["roberta", "llama"])
def test_training_in_bfloat16_rounds_and_learns(family):
    exact, rounded = (perplexities(run(family, **{"model.train_bf16": on})[2]) for on in (False, True))
    assert exact != rounded and exact == pytest.approx(rounded, rel=0.05) and rounded[-1] < rounded[0]


@pytest.mark.parametrize("family", ["bert", "roberta", "gpt2", "llama"])
def test_perplexity_falls_and_is_that_of_all_answers(family):
    experiment, _ended, events = run(family)
    found = perplexities(events)
    assert len(found) == 4 and found[-1] < 0.8 * found[0]
    last = [event for event in events if isinstance(event, ClientFinished) and event.phase == "evaluate" and event.round == 3]
    losses = [(event.examples, next(m.value for m in event.metrics if m.key.name == "loss")) for event in last]
    assert found[-1] == pytest.approx(math.exp(sum(n * loss for n, loss in losses) / sum(n for n, _ in losses)))
    assert {metric.key.name for event in last for metric in event.metrics} == {"loss", "accuracy", "perplexity"}
    assert isinstance(next(event for event in events if event.type != "RunStarted"), MessagesPassed)


def test_watched_texts_are_told_after_every_round():
    _experiment, _ended, events = run()
    told = [event for event in events if isinstance(event, Watched)]
    assert [event.round for event in told] == [0, 1, 2, 3]
    for event in told:
        assert event_from_json(event.model_dump_json()) == event
        for answer in event.answers:
            chances = [chance for _token, chance in answer.likeliest]
            assert len(chances) == 5 and chances == sorted(chances, reverse=True) and 0 < sum(chances) <= 1 + 1e-9
    assert told[0].answers != told[-1].answers


@pytest.mark.parametrize(
    "changes",
    [{"federation.secure_aggregation": True}, {"federation.compression.name": "int8"}, {"federation.strategy.name": "scaffold", "federation.optimizer": "sgd"}, {"federation.strategy.name": "moon"}],
    ids=["secure", "compressed", "scaffold", "moon"],
)  # fmt: skip
def test_what_stands_around_training_stands_around_it_still(changes):
    _experiment, _ended, events = run(**changes)
    found = perplexities(events)
    assert found[-1] < found[0]


def test_the_comparison_speaks_of_perplexity():
    experiment, ended, _events = run()
    events = []
    assert compare(experiment, ended.state.arrays, Hooks(emit=events.append))
    told = [event for event in events if event.type == "Compared"]
    assert len(told) == 4 and all(set(event.federated) == set(event.pooled) == {"loss", "accuracy", "perplexity"} for event in told)


def test_entities_of_the_graph_are_hidden_first():
    plain, guided = (assemble(RunConfig.parse({
        "scenario": {"name": "toy", "train_texts": 40, "test_texts": 16}, "model": SCRATCH, "objective": {"name": "masked", "entities": entities}, "federation": {"clients": 4},
    })).learner.questions for entities in (False, True))  # fmt: skip
    assert any(named for named, _others in guided._units["train"]) and not any(named for named, _others in plain._units["train"])
    assert not any(named for named, _others in guided._units["test"])
