"""Each client's questions come from its own texts, and no held-out entity occurs in what anybody is taught."""

import pytest

from fedviz.core.config import RunConfig
from fedviz.core.errors import InputError
from fedviz.kg.control import shuffled
from fedviz.scenarios import load as scenarios
from fedviz.scenarios.instructions import instructions
from fedviz.scenarios.linked import entities_of

CONFIG = RunConfig.parse({"scenario": "toy", "federation": {"clients": 4}})


def made(seed=0, **named):
    data = scenarios.load(CONFIG)
    shards = scenarios.shards(CONFIG, data)
    return data, shards, instructions(data, shards, seed, **named)


@pytest.mark.parametrize("seed", range(3))
def test_no_held_out_entity_is_taught(seed):
    data, shards, found = made(seed)
    taught = {entity for some in found.train for pair in some for entity in pair.entities}
    assert found.held_out and not taught & {pair.entity for pair in found.held_out}
    train, test = entities_of(data)
    for client, (rows, tests) in enumerate(zip(shards.train, shards.test, strict=True)):
        named = frozenset().union(*(train[row] for row in rows), *(test[row] for row in tests))
        assert {pair.entity for pair in (*found.train[client], *found.asked[client])} <= named
        assert all(pair.entity in train[pair.text] and pair.text in rows for pair in found.train[client] if pair.text >= 0)


def test_a_held_out_question_is_asked_of_one_client():
    _data, _shards, found = made()
    assert len(found.held_out) == len({(pair.entity, pair.question) for pair in found.held_out})


def test_the_seed_decides_and_the_limits_hold():
    assert made(1)[2].train == made(1)[2].train != made(2)[2].train
    few = made(1, most_pairs=3, most_asked=1)[2]
    assert [len(some) for some in few.train] == [3] * 4 and max(len(some) for some in few.asked) == 1


def test_a_control_teaches_another_graph_and_asks_by_the_true_one():
    data, shards, found = made()
    control = instructions(data, shards, 0, teacher=shuffled(data.graph, 1))
    assert control.held_out == found.held_out and control.train != found.train
    wrong = [pair for some in control.train for pair in some for triple in pair.triples if triple not in data.graph.triples and triple.relation == "is_a"]
    assert wrong


def test_texts_that_name_nothing_are_refused_in_one_sentence():
    data, shards, _found = made()
    from dataclasses import replace

    from fedviz.kg.graph import KnowledgeGraph

    with pytest.raises(InputError, match="too few"):
        instructions(replace(data, graph=KnowledgeGraph("empty", "", {}, ())), shards, 0)
