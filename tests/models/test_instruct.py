"""Instruction tuning: what is taught are the answers' tokens alone, and the loss is the one that the writer finds for the same answers."""

import numpy as np
import pytest

from fedviz.bench.every import tiny_run
from fedviz.federation.assemble import assemble
from fedviz.models.generation import chat
from fedviz.models.generation.writer import Writer
from fedviz.models.objectives.instruct import Answers
from fedviz.scenarios.instructions import of_run


@pytest.fixture(scope="module")
def experiment():
    return assemble(tiny_run("objective", "instruct", **{"model.tuning": "lora", "model.max_tokens": 512, "scenario.train_texts": 64, "objective.facts": 0.5, "objective.pairs": 12}))


def test_the_places_are_those_before_the_answers_tokens():
    asked = Answers({"test": [((1, 2, 3), (4, 5))]}).ask("test", 0, None)
    assert asked.tokens == (1, 2, 3, 4, 5) and asked.places == (2, 3) and asked.targets == (4, 5)
    assert [asked.tokens[place + 1] for place in asked.places] == list(asked.targets)


def test_each_client_holds_its_own_pairs_and_tests_what_nobody_was_taught(experiment):
    made, data, shards = of_run(experiment.config), experiment.data, experiment.shards
    for client, pairs in enumerate(made.train):
        texts = [data.train.texts[row] for row in shards.train[client]]
        assert [chat.parted(text)[1] for text in texts] == [pair.answer for pair in pairs]
        assert all(pair.question in text for text, pair in zip(texts, pairs, strict=True))
    assert [chat.parted(text)[1] for text in data.test.texts] == [pair.answer for pair in made.held_out]
    told = [text for text in data.train.texts if "Facts:" in text]
    assert 0 < len(told) < len(data.train)
    assert not any("Facts:" in text for text in data.test.texts)


def test_the_loss_is_that_of_the_answers(experiment):
    learner = experiment.learner
    writer = Writer(learner.model.encoder.frozen.backbone)
    both = [chat.parted(text) for text in experiment.data.test.texts]
    prompts = chat.prompt_tokens(writer.backbone, [prompt for prompt, _answer in both])
    answers = chat.answer_tokens(writer.backbone, [answer for _prompt, answer in both])
    expected = writer.losses(prompts, answers, [None] * len(both))  # before any training an adapter adds nothing
    learner.load(experiment.initial)
    (batch,) = learner.batches("test", range(len(both)), 100)
    found = learner.measure(batch)
    assert found.examples == sum(count for _loss, count in expected)
    assert found.loss_sum == pytest.approx(sum(loss for loss, _count in expected), rel=1e-4)
    assert np.isfinite(found.loss_sum)
