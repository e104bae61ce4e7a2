"""Predicted links: filtered ranks, gradients, held-out triples, and proposals that nobody adds unasked."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedviz.core.errors import InputError
from fedviz.kg.embed.decide import accept, reject
from fedviz.kg.embed.models import ENTITY, MODELS, RELATION
from fedviz.kg.embed.propose import linked, propose
from fedviz.kg.embed.ranking import judged, ranking, ranks
from fedviz.kg.embed.training import EmbedOptions, train
from fedviz.kg.embed.triples import Known, Parts, indexed, split
from fedviz.kg.store import folder
from fedviz.kg.store.change import change
from fedviz.kg.store.memory import LABELS
from fedviz.kg.store.records import SourceInfo
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import Statement, literal


class Oracle:
    """A scorer of every triple from a table [entities, relations, entities], with the interface of a model."""

    def __init__(self, table):
        self.table = table

    def query(self, known, relation, tail_is_known):
        return np.concatenate([known, relation, np.full_like(known, tail_is_known)], axis=1)

    def scores(self, query, candidates):
        h, r, side = (query[:, k].astype(int) for k in range(3))
        c = candidates[:, 0].astype(int)
        return np.where(side[:, None] == 1, self.table[c[None, :], r[:, None], h[:, None]], self.table[h[:, None], r[:, None], c[None, :]])


def numbers(entities, relations):
    return {ENTITY: np.arange(entities, dtype=np.float32)[:, None], RELATION: np.arange(relations, dtype=np.float32)[:, None]}


def some_rows(seed, entities=9, relations=2, count=40):
    random = np.random.default_rng(seed)
    return np.unique(np.stack([random.integers(n, size=count) for n in (entities, relations, entities)], axis=1), axis=0)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_a_scorer_that_knows_has_mrr_one_and_filtered_ranks_are_those_of_the_definition(seed):
    rows = some_rows(seed)
    known = Known(rows, 9, 2)
    true = np.zeros((9, 2, 9))
    true[tuple(rows.T)] = 1
    assert judged(Oracle(true), numbers(9, 2), rows, known).mrr == 1
    noise = np.random.default_rng(seed + 1).normal(size=(9, 2, 9))
    found, left = ranks(Oracle(noise), numbers(9, 2), rows, known)
    for place, (h, r, t) in enumerate(rows):
        others = [e for e in range(9) if e != t and not true[h, r, e]]
        assert found[place] == 1 + sum(noise[h, r, e] > noise[h, r, t] for e in others) and left[place] == 1 + len(others)
        others = [e for e in range(9) if e != h and not true[e, r, t]]
        assert found[len(rows) + place] == 1 + sum(noise[e, r, t] > noise[h, r, t] for e in others)


def test_a_random_scorer_has_the_mrr_of_chance_and_a_constant_one_gains_nothing():
    rows = some_rows(3, 12, 2, 60)
    known = Known(rows, 12, 2)
    drawn = [judged(Oracle(np.random.default_rng(k).normal(size=(12, 2, 12))), numbers(12, 2), rows, known) for k in range(60)]
    mean = np.mean([each.mrr for each in drawn])
    assert abs(mean - drawn[0].chance) < 0.01
    assert judged(Oracle(np.zeros((12, 2, 12))), numbers(12, 2), rows, known).mrr < drawn[0].chance
    assert judged(Oracle(np.zeros((12, 2, 12))), numbers(12, 2), rows[:0], known) == ranking(np.zeros(0), np.zeros(0, int))


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("tail_is_known", [False, True])
def test_gradients_are_those_of_the_score(name, tail_is_known):
    model, random = MODELS[name], np.random.default_rng(0)
    known, relation, candidates, weights = (random.normal(size=shape) for shape in ((3, 4), (3, 4), (5, 4), (3, 5)))

    def total(known, relation, candidates):
        return float((weights * model.scores(model.query(known, relation, tail_is_known), candidates)).sum())

    to_query, to_candidates = model.pulls(model.query(known, relation, tail_is_known), candidates, weights)
    for given_, pull in zip((known, relation, candidates), (*model.through(to_query, known, relation, tail_is_known), to_candidates), strict=True):
        for place in ((0, 0), (2, 3)):
            step = np.zeros_like(given_)
            step[place] = 1e-5
            ends = [[value + sign * step if value is given_ else value for value in (known, relation, candidates)] for sign in (1, -1)]
            assert pull[place] == pytest.approx((total(*ends[0]) - total(*ends[1])) / 2e-5, abs=1e-5)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_what_is_held_out_names_nothing_new(seed):
    rows = indexed((f"e{h}", f"r{r}", f"e{t}") for h, r, t in some_rows(seed)).rows
    parts = split(rows, 0.2, seed)
    everything = np.concatenate([parts.train, parts.valid, parts.test])
    assert sorted(map(tuple, everything)) == sorted(map(tuple, rows)) and len(parts.valid) >= len(parts.test)
    assert set(parts.train[:, [0, 2]].ravel()) == set(rows[:, [0, 2]].ravel()) and set(parts.train[:, 1]) == set(rows[:, 1])


def ring(count=12):
    """Positions on a line: `next`, `second` and `third` are shifts by one, two, three."""
    return indexed((f"n{k:02}", relation, f"n{k + step:02}") for step, relation in ((1, "next"), (2, "second"), (3, "third")) for k in range(count - step))


@pytest.mark.parametrize("name", MODELS)
def test_training_learns_and_repeats(name):
    graph = ring()
    parts = split(graph.rows, 0.1, 1)
    options = EmbedOptions(model=name, width=8, epochs=20, every=10, negatives=16, batch=16)
    found, again = (train(parts, len(graph.entities), len(graph.relations), options) for _ in range(2))
    assert all((found.tables[key] == again.tables[key]).all() for key in found.tables)
    fitted = judged(found.model, found.tables, parts.train, Known(graph.rows, len(graph.entities), len(graph.relations)))
    assert fitted.mrr > 2 * fitted.chance if name == "transe" else fitted.mrr > fitted.chance
    assert found.valid.mrr >= max(found.checks) - 1e-12


def test_training_stops_when_held_out_triples_are_ranked_no_better():
    graph = ring()
    parts = Parts(graph.rows, graph.rows[:0], graph.rows[:0])
    options = EmbedOptions(width=4, epochs=50, every=1, patience=2, rate=1e-9)
    parts = split(graph.rows, 0.1, 0)
    assert train(parts, len(graph.entities), len(graph.relations), options).epochs < 50


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path / "home"))
    folder.create("line", "Line")
    rows = [Statement(f"<urn:{graph.entities[h]}>", f"<urn:{graph.relations[r]}>", f"<urn:{graph.entities[t]}>") for graph in (ring(),) for h, r, t in graph.rows]
    rows += [Statement(f"<urn:n{k:02}>", "<urn:half>", literal("low" if k < 6 else "high")) for k in range(12)]
    rows += [Statement(f"<urn:n{k:02}>", LABELS[0], literal(f"node {k}")) for k in range(12)]
    with change("line", "Made") as write:
        key = write.new_source(SourceInfo(key="", title="made", reader="hand")).key
        write.add(key, [(row, None) for row in rows if row != Statement("<urn:n03>", "<urn:next>", "<urn:n04>")])
    return GraphStore("line")


OPTIONS = EmbedOptions(width=8, epochs=4, every=2, batch=16, negatives=16)


def test_proposals_are_missing_and_added_only_by_hand(store):
    before = set(store.match())
    found = propose(store, OPTIONS, count=20)
    assert set(store.match()) == before and len(found.proposals) == 20
    assert not {entry.statement for entry in found.proposals} & before
    assert not [entry for entry in found.proposals if entry.predicate == LABELS[0]]
    assert [entry.score for entry in found.proposals] == sorted((entry.score for entry in found.proposals), reverse=True)
    assert accept("line", found.proposals[:2]) == 2
    assert set(store.match()) - before == {entry.statement for entry in found.proposals[:2]}
    (entry,) = store.evidence(found.proposals[0].statement)
    assert entry.method == "link prediction" and entry.confidence == found.proposals[0].share


def test_what_was_rejected_is_not_proposed_again(store):
    first = propose(store, OPTIONS, count=1).proposals[0]
    accept("line", [first])
    with change("line", "No") as write:
        write.set_status(store.info.sources[-1].key, [first.statement], "rejected")
    assert first.statement not in {entry.statement for entry in propose(store, OPTIONS, count=50).proposals}


def test_what_a_person_rejects_is_remembered_and_decisions_share_a_source(store):
    first, second = propose(store, OPTIONS, count=2).proposals
    before = set(store.match())
    assert reject("line", [first]) == 1 and set(store.match()) == before
    assert reject("line", [second]) == 1 and reject("line", [second]) == 0
    assert len(store.info.sources) == 2 and set(store.match(statuses=("rejected",))) == {first.statement, second.statement}
    assert not {first.statement, second.statement} & {entry.statement for entry in propose(store, OPTIONS, count=50).proposals}


def test_values_that_things_share_are_proposed_as_links_are_and_single_values_are_not(store):
    assert {row.predicate for row in linked(store.match())} == {"<urn:next>", "<urn:second>", "<urn:third>", "<urn:half>"}
    found = propose(store, OPTIONS, count=5, predicate="<urn:half>")
    assert {entry.object for entry in found.proposals} <= {literal("low"), literal("high")} and [each.predicate for each in found.relations] == ["<urn:half>"]
    with pytest.raises(InputError, match="no links of the relation"):
        propose(store, OPTIONS, predicate="<urn:none>")
