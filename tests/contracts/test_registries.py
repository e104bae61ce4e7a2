"""What every plug-in must offer, so that one file and one line in `ENTRIES` are enough for form, help, docs and TOML."""

import ast
import importlib
from functools import cache
from pathlib import Path
from typing import Literal, get_args, get_origin

import numpy as np
import pytest

from fedviz.core.config import FederationConfig, RunConfig
from fedviz.core.errors import ConfigError, UnknownNameError
from fedviz.core.options import Options, parse
from fedviz.core.registry import ALL, COMPRESSION, PARTITIONS, SCENARIOS, STRATEGIES

ROOT = Path(__file__).parents[2]
EVERY = [pytest.param(registry, name, id=f"{registry.kind}-{name}") for registry in ALL for name in registry.names()]
OWN_HOMES = [registry for registry in ALL if registry.home.rpartition(".")[2] in ("partitions", "strategies", "knowledge")]
"""Folders that hold plug-ins and their helpers, nothing else; the other homes are blocks with modules of their own."""


def modules(registry):
    """Dotted names of the modules that lie in a registry's folder itself."""
    return {f"{registry.home}.{path.stem}" for path in (ROOT / registry.home.replace(".", "/")).glob("*.py") if path.stem != "__init__"}


def registered(registry):
    return {f"{registry.home}.{path.partition(':')[0]}" for path in importlib.import_module(registry.home).ENTRIES.values()}


@cache
def imports(module):
    """Every module of fedviz that a module imports, anywhere in it."""
    tree = ast.parse((ROOT / module.replace(".", "/")).with_suffix(".py").read_text("utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


@pytest.mark.parametrize("registry", OWN_HOMES, ids=lambda r: r.kind)
def test_every_file_of_a_plugin_folder_is_registered_or_helps_one_that_is(registry):
    reached, waiting = set(), registered(registry)
    while waiting:
        module = waiting.pop()
        reached.add(module)
        waiting |= (imports(module) & modules(registry)) - reached
    assert modules(registry) - reached == set(), "add them to ENTRIES, or remove them"


@pytest.mark.parametrize("registry", ALL, ids=lambda r: r.kind)
def test_no_entry_is_forgotten(registry):
    kinds = {type(entry) for entry in registry}
    assert len(kinds) == 1
    found = [value for module in modules(registry) for value in vars(importlib.import_module(module)).values() if type(value) in kinds]
    assert {entry.name for entry in found} == set(registry.names())


@pytest.mark.parametrize("registry", ALL, ids=lambda r: r.kind)
def test_an_unknown_name_lists_the_known_ones(registry):
    with pytest.raises(UnknownNameError) as unknown:
        registry.get("nobody")
    assert all(name in str(unknown.value) for name in registry.names())


@pytest.mark.parametrize(("registry", "name"), EVERY)
def test_the_entry_is_named_as_it_is_registered(registry, name):
    entry = registry.get(name)
    assert entry.name == name
    literal = entry.options.model_fields["name"].annotation
    assert get_origin(literal) is Literal and get_args(literal) == (name,)
    assert name == name.lower() and name.replace("-", "").isalnum()


@pytest.mark.parametrize(("registry", "name"), EVERY)
def test_the_entry_says_what_it_is(registry, name):
    entry = registry.get(name)
    assert entry.title.strip() and not entry.title.endswith(".")
    assert len(entry.summary) > 20 and entry.summary.endswith(".")
    assert "!" not in entry.title + entry.summary


@pytest.mark.parametrize(("registry", "name"), EVERY)
def test_the_default_options_are_valid(registry, name):
    declared = registry.get(name).options
    assert issubclass(declared, Options)
    assert parse(declared, declared().model_dump()) == declared(name=name)
    with pytest.raises(ConfigError, match="not an option"):
        parse(declared, {"name": name, "no_such_option": 1})


def fields():
    declared = [RunConfig, FederationConfig, *(entry.options for registry in ALL for entry in registry)]
    return {f"{group.__name__}.{key}": field for group in declared for key, field in group.model_fields.items() if key != "name"}


@pytest.mark.parametrize("key", fields())
def test_every_option_has_a_title_and_a_description(key):
    field = fields()[key]
    assert field.title and field.title[0].isupper() and field.title[-1] not in ".:!?"
    assert field.description and (field.description[0].isupper() or field.description[0].isdigit())
    assert field.description.endswith((".", "?")) and "!" not in field.description


def test_titles_are_unique_within_a_group():
    for registry in ALL:
        for entry in registry:
            titles = [field.title for key, field in entry.options.model_fields.items() if key != "name"]
            assert len(titles) == len(set(titles)), entry.name
        assert len({entry.title for entry in registry}) == len(registry.names())


@pytest.mark.parametrize("name", STRATEGIES.names())
def test_a_strategy_names_its_equation_paper_and_use(name):
    entry = STRATEGIES.get(name)
    assert "w_{t+1}" in entry.equation or r"\min_w" in entry.equation
    assert entry.equation.count("{") == entry.equation.count("}") and "$" not in entry.equation
    assert any(year in entry.paper for year in map(str, range(2010, 2027))) and len(entry.paper) > 20
    assert len(entry.when) > 20 and entry.when.endswith(".")


@pytest.mark.parametrize("name", COMPRESSION.names())
def test_a_compression_names_its_equation_paper_and_use(name):
    entry = COMPRESSION.get(name)
    assert bool(entry.equation) == (name != "none") == (entry.build(entry.options()) is not None)
    assert entry.equation.count("{") == entry.equation.count("}") and "$" not in entry.equation
    assert any(year in entry.paper for year in map(str, range(2010, 2027))) and "arXiv:" in entry.paper
    assert len(entry.when) > 20 and entry.when.endswith(".")
    assert 0 <= entry.remembered(entry.options()) <= 2


@pytest.fixture(scope="module")
def toy():
    entry = SCENARIOS.get("toy")
    return entry.load(entry.options(), 11)


@pytest.mark.parametrize("name", PARTITIONS.names())
def test_a_partition_deals_out_every_text_once(name, toy):
    entry = PARTITIONS.get(name)
    possible = []
    for clients in range(1, 9):
        try:
            dealt, again = (entry.split(toy, clients, entry.options(), np.random.default_rng(clients)) for _ in range(2))
        except ConfigError:
            continue
        possible.append(clients)
        assert len(dealt.names) == len(set(dealt.names)) == len(dealt.train) == len(dealt.test) == clients
        for split, same, whole in ((dealt.train, again.train, toy.train), (dealt.test, again.test, toy.test)):
            assert sorted(np.concatenate(split).tolist()) == list(range(len(whole)))
            assert all(np.array_equal(rows, np.sort(rows)) and np.array_equal(rows, other) for rows, other in zip(split, same, strict=True))
        assert all(len(rows) for rows in dealt.train)
    assert 8 in possible and len(possible) >= 4, "the toy's own number of clients and most others must be possible"


@pytest.mark.parametrize("name", PARTITIONS.names())
def test_a_partition_refuses_more_clients_than_texts(name, toy):
    entry = PARTITIONS.get(name)
    with pytest.raises(ConfigError, match="clients"):
        entry.split(toy, len(toy.train) + 1, entry.options(), np.random.default_rng(0))
