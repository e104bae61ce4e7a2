"""The section `[graph]`: one treated graph for all that reads it, the texts untouched."""

import pytest

from fedviz.core.errors import ConfigError
from fedviz.kg.branches import branches_of
from fedviz.kg.control import poisoned, stale
from fedviz.scenarios.linked import entities_of
from fedviz.scenarios.load import load, shards
from tests.models.small import config


def test_the_graph_is_treated_once_for_everybody_and_nothing_else_changes() -> None:
    plain = load(config())
    assert load(config().updated({"graph.rewired": 0.0})) is plain
    for changes in ({"graph.control": "shuffled"}, {"graph.control": "random"}, {"graph.rewired": 0.5}):
        treated = load(config().updated(changes))
        assert treated.graph.digest != plain.graph.digest
        assert dict(treated.graph.entities) == dict(plain.graph.entities)
        assert (treated.train, treated.test, treated.classes) == (plain.train, plain.test, plain.classes)
        assert load(config().updated(changes)) is treated


def test_an_old_graph_lacks_exactly_so_many_leaves_with_their_names_and_triples() -> None:
    plain = load(config())
    leaves = {key for key in plain.graph.entities if not plain.graph.children(key)} - plain.class_entities.keys()
    old = load(config().updated({"graph.stale": 0.5}))
    gone = plain.graph.entities.keys() - old.graph.entities.keys()
    assert len(gone) == round(0.5 * len(leaves)) and gone < leaves
    assert set(old.graph.triples) == {triple for triple in plain.graph.triples if not gone & {triple.head, triple.tail}}
    assert (old.train, old.test) == (plain.train, plain.test)
    assert not gone & frozenset().union(*entities_of(old)[1]) and gone & frozenset().union(*entities_of(plain)[1])
    nothing = stale(plain.graph, 1.0, plain.class_entities.keys(), 0)
    assert plain.class_entities.keys() <= nothing.entities.keys()


def test_a_poisoner_turns_the_triples_of_what_its_own_texts_name_and_no_others() -> None:
    asked = config().updated({"graph.poisoned": 1.0, "graph.poisoned_by": 2})
    plain, wrong = load(config()), load(asked)
    named = frozenset().union(*(entities_of(plain)[0][row] for row in shards(config(), plain).train[2]))
    turned = [(old, new) for old, new in zip(plain.graph.triples, wrong.graph.triples, strict=True) if old != new]
    assert {old.head for old, _ in turned} == {key for key in named if plain.graph.outgoing(key)}
    for old, new in turned:
        assert (old.head, old.relation) == (new.head, new.relation)
        assert not set(branches_of(plain.graph, old.head)) & set(branches_of(plain.graph, new.tail))
    assert (wrong.train, wrong.test, dict(wrong.graph.entities)) == (plain.train, plain.test, dict(plain.graph.entities))
    half = poisoned(plain.graph, named, 0.5, 1)
    assert len({old.head for old, new in zip(plain.graph.triples, half.triples, strict=True) if old != new}) == round(0.5 * len({old.head for old, _ in turned}))
    assert all(key not in half.ancestors(key) for key in half.entities), "what was without cycles stays so"


def test_who_poisons_is_a_client() -> None:
    with pytest.raises(ConfigError, match="graph.poisoned_by, but got 8 with clients=8"):
        config().updated({"graph.poisoned": 0.5, "graph.poisoned_by": 8})
