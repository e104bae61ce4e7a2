"""A configuration is its TOML, its digest tells it from any other, and a broken rule is said with key, rule and value."""

import pytest
from hypothesis import given, settings

from fedviz.core.assignments import parse_assignments
from fedviz.core.config import FederationConfig, RunConfig
from fedviz.core.errors import ConfigError, UnknownNameError
from fedviz.core.registry import ADAPTERS, ADVERSARIES, AGGREGATIONS, ALL, AVAILABILITY, COMPRESSION, LOSSES, OBJECTIVES, PRIVACY, SOURCES, STRATEGIES
from tests.core.arbitrary import PLUGINS, configs

TOY = RunConfig.parse({"scenario": "toy", "model": "toy"})
HOMES = [*PLUGINS.items(), ("federation.strategy", STRATEGIES), ("federation.aggregation", AGGREGATIONS), ("federation.adapters", ADAPTERS), ("adversary", ADVERSARIES), ("privacy", PRIVACY),
         ("participation.availability", AVAILABILITY), ("federation.compression", COMPRESSION), ("objective", OBJECTIVES)]  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(configs())
def test_toml_gives_back_an_equal_config(config):
    again = RunConfig.from_toml(config.to_toml())
    assert again == config
    assert again.digest() == config.digest()
    assert again.to_toml() == config.to_toml()


@settings(max_examples=25, deadline=None)
@given(configs(), configs())
def test_the_digest_tells_configs_apart(one, other):
    assert (one == other) == (one.digest() == other.digest())


@settings(max_examples=12, deadline=None)
@given(configs(), configs())
def test_updated_changes_one_key_and_leaves_the_rest(config, other):
    changed = config.updated({"seed": other.seed, "federation.local_epochs": other.federation.local_epochs})
    assert changed.seed == other.seed
    assert changed.federation.local_epochs == other.federation.local_epochs
    assert changed.updated({"seed": config.seed, "federation.local_epochs": config.federation.local_epochs}) == config


def test_the_digest_sees_every_option_and_no_spelling():
    assert RunConfig.parse({"scenario": {"name": "toy"}, "model": {"name": "toy"}, "seed": 0}).digest() == TOY.digest()
    assert TOY.updated({"federation.learning_rate": 1}).digest() == TOY.updated({"federation.learning_rate": 1.0}).digest()
    assert TOY.updated({"seed": 1}).digest() != TOY.digest()
    assert len(TOY.digest()) == 16


def test_another_plugin_drops_the_options_of_the_former_one():
    dirichlet = TOY.updated({"partition.alpha": 0.1, "partition.name": "dirichlet"})
    assert (dirichlet.partition.name, dirichlet.partition.alpha) == ("dirichlet", 0.1)
    assert dirichlet.updated({"partition.name": "iid"}) == TOY.updated({"partition.name": "iid"})
    assert dirichlet.updated({"partition.name": "dirichlet", "seed": 0}) == dirichlet, "naming the same plug-in again keeps its options"


def test_updated_leaves_the_former_config_alone():
    before = TOY.to_toml()
    TOY.updated({"federation.absent_clients": [1], "federation.strategy.name": "fedprox"})
    assert TOY.to_toml() == before


def test_assignments_are_toml_or_plain_words():
    given = ["a.b=3", "c=dirichlet", "d = 0.5", "e=[1, 2]", "f=true", 'g="3"', "h=x=y", "i="]
    assert parse_assignments(given) == {"a.b": 3, "c": "dirichlet", "d": 0.5, "e": [1, 2], "f": True, "g": "3", "h": "x=y", "i": ""}


@pytest.mark.parametrize("malformed", ["federation.rounds", "=3", ".=3", "federation..rounds=3", "federation.=3", ""])
def test_a_malformed_assignment_is_said(malformed):
    with pytest.raises(ConfigError, match="key=value"):
        parse_assignments([malformed])


def test_an_assignment_holds_one_value_alone():
    """What TOML reads as a second key must not vanish; the whole is then a word, which no number is."""
    assert parse_assignments(["federation.rounds=3\nseed = 4"]) == {"federation.rounds": "3\nseed = 4"}


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"federation.rounds": 0}, ("federation.rounds", "greater than or equal to 1", "rounds=0")),
        ({"federation.rounds": 1001}, ("federation.rounds", "less than or equal to 1000", "rounds=1001")),
        ({"federation.rounds": "many"}, ("federation.rounds", "valid integer", "rounds=many")),
        ({"federation.optimizer": "lion"}, ("federation.optimizer", "'adamw' or 'sgd'", "optimizer=lion")),
        ({"federation.strategy.name": "fedprox", "federation.strategy.mu": -1}, ("federation.strategy.mu", "greater than or equal to 0", "mu=-1")),
        ({"scenario.train_texts": 7}, ("scenario.train_texts", "greater than or equal to 8", "train_texts=7")),
        ({"federation.absent_clients": [8]}, ("absent_clients", "0 <= client < clients", "8", "clients=8")),
        ({"federation.faulty_clients": [-1]}, ("faulty_clients", "0 <= client < clients", "-1")),
        ({"federation.absent_clients": list(range(8))}, ("absent_clients", "at least one client", "[0, 1, 2, 3, 4, 5, 6, 7]")),
        ({"federation.round": 3}, ("federation.round", "not an option", "round=3")),
        ({"partition.alpha": 0.5}, ("partition.alpha", "not an option", "alpha=0.5")),
        ({"federation.name": "x"}, ("federation.name", "not an option", "name=x")),
        ({"name": "x"}, ("`name`", "not an option", "name=x")),
        ({"speed": 9}, ("speed", "not an option", "speed=9")),
        ({"federation": 3}, ("federation", "3")),
        ({"scenario": 3}, ("scenario", "table with a name", "3")),
        ({"seed.more": 3}, ("seed.more", "not a section")),
    ],
)
def test_a_broken_rule_is_one_sentence_with_key_rule_and_value(changes, parts):
    with pytest.raises(ConfigError) as broken:
        TOY.updated(changes)
    sentence = str(broken.value)
    assert all(part in sentence for part in parts), sentence
    assert sentence.endswith(".") and "\n" not in sentence and len(sentence) < 400


def test_a_long_value_is_cut():
    with pytest.raises(ConfigError) as broken:
        TOY.updated({"federation.rounds": "9" * 100_000})
    assert len(str(broken.value)) < 400


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("key", ["federation.learning_rate", "federation.fraction", "knowledge.beta", "model.lora_alpha"])
def test_numbers_that_are_not_finite_are_refused(key, value):
    with pytest.raises(ConfigError, match=key.rpartition(".")[2]):
        TOY.updated({key: value})


@pytest.mark.parametrize(("section", "registry"), HOMES)
def test_an_unknown_plugin_lists_the_known_ones(section, registry):
    with pytest.raises(UnknownNameError) as unknown:
        TOY.updated({f"{section}.name": "nobody"})
    sentence = str(unknown.value)
    assert "'nobody'" in sentence
    assert registry.kind in sentence
    assert all(name in sentence for name in registry.names())


def test_the_homes_of_the_test_are_all_homes():
    beside = {SOURCES, LOSSES}  # a reader of graphs is no part of a run, and all terms of the loss have a table each
    assert {registry for _, registry in HOMES} == set(ALL) - beside


def test_a_section_may_be_a_name_and_the_scenario_must_be_given():
    assert RunConfig.parse({"scenario": {"name": "toy"}, "model": "toy"}) == TOY
    with pytest.raises(ConfigError, match="`scenario` must be given"):
        RunConfig.parse({})


@pytest.mark.parametrize("text", ["seed = ", "[scenario", "seed = 1\nseed = 2", "\x00"])
def test_what_is_no_toml_is_said(text):
    with pytest.raises(ConfigError, match="must be TOML"):
        RunConfig.from_toml(text)


def test_a_config_is_frozen():
    with pytest.raises(ValueError, match="frozen"):
        TOY.seed = 1
    with pytest.raises(ValueError, match="frozen"):
        TOY.federation.rounds = 1
    assert FederationConfig().strategy.name == "fedavg"
