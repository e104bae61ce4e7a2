"""Who mentions what: counts by client against a plain count."""

from fedviz.charts.mentions import mention_index
from fedviz.core.config import RunConfig
from fedviz.scenarios import load as scenarios
from fedviz.scenarios.linked import linker

CONFIG = RunConfig.parse({"scenario": {"name": "toy"}, "model": "toy", "federation": {"clients": 3}})


def test_counts_are_those_of_a_plain_count():
    data = scenarios.load(CONFIG)
    shards = scenarios.shards(CONFIG, data)
    index = mention_index(data, shards)
    find = linker(data.graph)
    for client, rows in enumerate(shards.train):
        texts = [data.train.texts[row] for row in rows]
        for entity in data.graph.entities:
            assert index.by_client[client][entity] == sum(any(mention.entity == entity for mention in find.link(text)) for text in texts)
    assert index.total["toy:antenna"] == sum(index.of("toy:antenna")) == index.counts(None)["toy:antenna"]


def test_examples_mention_the_entity_and_clients_take_turns():
    data = scenarios.load(CONFIG)
    index = mention_index(data, scenarios.shards(CONFIG, data))
    find = linker(data.graph)
    found = index.examples("toy:screw", None, 6)
    assert found and all("toy:screw" in {mention.entity for mention in find.link(text)} for _client, text in found)
    holders = [client for client, count in enumerate(index.of("toy:screw")) if count]
    assert [client for client, _text in found][: len(holders)] == holders
    assert all(client == holders[0] for client, _text in index.examples("toy:screw", holders[0], 6))
    assert index.examples("toy:radio", None, 6) == ()
