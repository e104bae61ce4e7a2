"""Federated embeddings: who holds what, what is averaged, what travels, and what a server infers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedviz.core.errors import InputError
from fedviz.federation.embeddings.inference import area, infer
from fedviz.federation.embeddings.parties import deal, pooled
from fedviz.federation.embeddings.rounds import WAYS, averaged, federate
from fedviz.kg.embed.models import ENTITY, RELATION
from fedviz.kg.embed.training import EmbedOptions
from fedviz.kg.embed.triples import indexed

GRAPH = indexed((f"n{k:02}", f"shift{step}", f"n{(k + step) % 30:02}") for step in range(1, 9) for k in range(30))
SIZES = {ENTITY: len(GRAPH.entities), RELATION: len(GRAPH.relations)}
OPTIONS = EmbedOptions(width=8, epochs=4, every=2, batch=64, negatives=16)


@pytest.mark.parametrize("by", ["relation", "triple"])
def test_triples_are_dealt_once_and_no_party_learns_from_what_another_holds_out(by):
    parties = deal(GRAPH, 3, by, 1.0, 0)
    parts = [np.concatenate([party.whole(getattr(party.parts, name)) for name in ("train", "valid", "test")]) for party in parties]
    assert sorted(map(tuple, np.concatenate(parts))) == sorted(map(tuple, GRAPH.rows))
    everything = pooled(GRAPH, parties)
    assert not set(map(tuple, everything.parts.train)) & set(map(tuple, everything.parts.test))
    assert len(everything.parts.test) == sum(len(party.parts.test) for party in parties)
    kinds = [set(party.places[RELATION]) for party in parties]
    assert bool(set.intersection(*kinds)) == (by == "triple")


def test_too_little_for_a_party_is_told():
    with pytest.raises(InputError, match="at least 20 triples"):
        deal(GRAPH, 3, "triple", 0.1, 0)
    with pytest.raises(InputError, match="by relation or by triple"):
        deal(GRAPH, 3, "luck", 1.0, 0)


def test_a_row_becomes_the_mean_of_those_who_hold_it():
    parties = deal(GRAPH, 3, "relation", 1.0, 0)
    server = {ENTITY: np.zeros((SIZES[ENTITY], 2), np.float32), RELATION: np.full((SIZES[RELATION], 2), 7, np.float32)}
    sent = [{name: np.full((party.count(name), 2), number, np.float32) for name in (ENTITY, RELATION)} for number, party in enumerate(parties, 1)]
    after = averaged(server, parties, sent, (ENTITY, RELATION))
    for place in range(SIZES[ENTITY]):
        assert after[ENTITY][place, 0] == pytest.approx(np.mean([k for k, party in enumerate(parties, 1) if place in party.places[ENTITY]]))
    for number, party in enumerate(parties, 1):
        assert (after[RELATION][party.places[RELATION]] == number).all()
    assert (averaged(server, parties, sent, (ENTITY,))[RELATION] == 7).all()


def test_only_what_is_shared_travels():
    parties = deal(GRAPH, 3, "triple", 1.0, 0)
    found = {way: federate(parties, SIZES, shared, OPTIONS, epochs=2) for way, shared in WAYS.items()}
    for way, shared in WAYS.items():
        assert all(set(tables) == set(shared) for tables in found[way].sent)
    up = {way: each.up_bytes for way, each in found.items()}
    assert up["isolation"] == 0 < up["FedR"] < up["FedE"] < up["FedE and FedR"]
    again = federate(parties, SIZES, WAYS["FedE"], OPTIONS, epochs=2)
    assert again.judged == found["FedE"].judged and all(each.count == 2 * len(party.parts.test) for each, party in zip(again.judged, parties, strict=True))


def test_a_federation_of_one_is_isolation_by_another_start():
    """With one party an average is what that party sent: nothing is lost on the way there and back."""
    (alone,) = [pooled(GRAPH, deal(GRAPH, 2, "triple", 1.0, 0))]
    found = federate([alone], SIZES, (ENTITY, RELATION), OPTIONS, epochs=2)
    server = averaged({ENTITY: np.zeros((SIZES[ENTITY], 8), np.float32), RELATION: np.zeros((SIZES[RELATION], 8), np.float32)}, [alone], found.sent, (ENTITY, RELATION))
    assert all((server[name] == found.sent[0][name]).all() for name in server)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=8), st.lists(st.integers(0, 5), min_size=1, max_size=8))
def test_the_area_counts_pairs(true, false):
    expected = np.mean([1.0 if a > b else 0.5 if a == b else 0.0 for a in true for b in false])
    assert area(np.array(true), np.array(false)) == pytest.approx(expected)


@pytest.mark.slow
def test_entities_tell_triples_and_relations_tell_no_more_than_the_hints():
    parties = deal(GRAPH, 2, "triple", 1.0, 0)
    options = OPTIONS.model_copy(update={"epochs": 40, "every": 10, "width": 16})
    fede, fedr = (federate(parties, SIZES, WAYS[way], options, epochs=2) for way in ("FedE", "FedR"))
    told = infer(parties[0], fede.sent[0], options, 3, 0)
    assert told.auc > 0.7 and told.auc > told.control + 0.15
    assert abs((cured := infer(parties[0], fedr.sent[0], options, 3, 0)).auc - cured.control) < 0.15
