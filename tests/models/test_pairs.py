"""Sentence pairs: how texts are cut, and whose halves meet."""

import pytest

from fedviz.core.config import RunConfig
from fedviz.core.registry import OBJECTIVES
from fedviz.core.seeds import generator
from fedviz.federation import task
from fedviz.federation.task import FitSettings
from fedviz.models.pair_learner import halves
from fedviz.scenarios.load import load


def built(**options):
    some = RunConfig.parse({
        "scenario": {"name": "toy", "train_texts": 24, "test_texts": 12}, "model": {"name": "toy", "width": 16, "layers": 1, "tuning": "full"}, "objective": {"name": "pairs", **options},
    })  # fmt: skip
    return OBJECTIVES.get("pairs").prepare(some, load(some), lambda *_: None)


def test_texts_are_cut_between_sentences_or_words():
    assert halves("One two. Three four. Five six. Seven.") == ("One two. Three four.", "Five six. Seven.")
    assert halves("one two three four") == ("one two", "three four")
    assert halves("alone") == ("alone", "")


@pytest.mark.parametrize(("form", "left"), [("contrastive", 0.7), ("next sentence", 0.999)])
def test_training_finds_who_belongs_to_whom(form, left):
    learner = built(form=form)
    before = task.evaluate(learner, range(24), "train").metrics()
    task.fit(learner, range(24), FitSettings(epochs=12, batch_size=12, learning_rate=3e-3), 1)
    after = task.evaluate(learner, range(24), "train").metrics()
    assert after["loss"] < left * before["loss"] and after["accuracy"] >= before["accuracy"]


def test_halves_meet_only_those_of_the_rows_that_were_asked_for():
    learner = built(form="next sentence")
    rows = [1, 4, 9]
    firsts, seconds = ([learner._parts["train"][row][k] for row in rows] for k in (0, 1))
    follows = 0
    for epoch in range(20):
        for batch in learner.batches("train", rows, 2, generator(0, epoch)):
            for read, own in zip(batch.inputs, batch.follows.tolist(), strict=True):
                pairs = [(a, b) for a in range(3) for b in range(3) if (*firsts[a], *seconds[b][1:]) == read]
                assert pairs and any((a == b) == bool(own) for a, b in pairs)
                follows += own
    assert 15 < follows < 45
