"""Missing attributes: the majority of siblings, tested on values that are known, against a control that must fail where kinds tell nothing."""

import numpy as np
import pytest

from fedviz.core.errors import InputError
from fedviz.kg.embed.decide import accept, reject
from fedviz.kg.embed.siblings import METHOD, gaps
from fedviz.kg.store import folder
from fedviz.kg.store.change import change
from fedviz.kg.store.memory import BROADER, LABELS
from fedviz.kg.store.records import SourceInfo
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import Statement, literal

COLOURS = {"apple": "red", "lemon": "yellow", "lime": "green", "plum": "blue"}


def made(name, colour_of):
    """Four kinds of twelve things each; one thing of each kind has no colour."""
    folder.create(name, name)
    rows = []
    for kind in COLOURS:
        for number in range(12):
            thing = f"<urn:{kind}{number}>"
            rows += [Statement(thing, BROADER[0], f"<urn:{kind}>"), Statement(thing, LABELS[0], literal(f"{kind} {number}")), Statement(thing, "<urn:seen>", literal(f"day {number}"))]
            rows += [Statement(thing, "<urn:likes>", literal(other)) for other in ("sun", "rain")]
            if number:
                rows.append(Statement(thing, "<urn:colour>", literal(colour_of(kind, number))))
    with change(name, "Made") as write:
        write.add(write.new_source(SourceInfo(key="", title="made", reader="hand")).key, [(row, None) for row in rows])
    return GraphStore(name)


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path / "home"))
    return made("fruit", lambda kind, number: "brown" if number == 11 else COLOURS[kind])


def test_the_majority_of_siblings_is_proposed_with_how_often_it_is_right(store):
    before = set(store.match())
    found = gaps(store)
    assert {(gap.subject, gap.object) for gap in found.gaps if gap.predicate == "<urn:colour>"} == {(f"<urn:{kind}0>", literal(colour)) for kind, colour in COLOURS.items()}
    (test,) = [one for one in found.tested if one.predicate == "<urn:colour>"]
    assert (test.known, test.asked, test.right) == (44, 44, 40) and found.gaps[0].confidence == pytest.approx(40 / 44, abs=1e-4)
    assert test.control_accuracy < 0.5 and (found.gaps[0].siblings, found.gaps[0].agree) == (11, 10)
    assert "<urn:likes>" not in {one.predicate for one in found.tested}, "a relation with two values for a thing is no attribute"
    assert set(store.match()) == before


def test_where_kinds_tell_nothing_the_rule_is_no_better_than_its_control(tmp_path, monkeypatch):
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path / "home"))
    random = np.random.default_rng(3)
    colours = {(kind, number): random.choice([*COLOURS.values()], p=[0.7, 0.1, 0.1, 0.1]) for kind in COLOURS for number in range(12)}
    (test,) = [one for one in gaps(made("mixed", lambda kind, number: str(colours[kind, number]))).tested if one.predicate == "<urn:colour>"]
    assert test.accuracy <= test.control_accuracy + 0.05


def test_what_was_decided_is_proposed_no_more_and_carries_its_method(store):
    first, second = gaps(store).gaps[:2]
    assert accept("fruit", [first]) == 1 and reject("fruit", [second]) == 1
    assert not {first.statement, second.statement} & {gap.statement for gap in gaps(store).gaps}
    (evidence,) = store.evidence(first.statement)
    assert (evidence.method, evidence.confidence) == (METHOD, first.confidence) and second.statement not in set(store.match())


def test_a_graph_without_attributes_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path / "home"))
    folder.create("bare", "Bare")
    with change("bare", "Made") as write:
        write.add(write.new_source(SourceInfo(key="", title="made", reader="hand")).key, [(Statement("<urn:a>", BROADER[0], "<urn:b>"), None)])
    with pytest.raises(InputError, match="no such attribute"):
        gaps(GraphStore("bare"))
