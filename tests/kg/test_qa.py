"""Questions and answers from a graph: pairs say what the graph says, and a claim is contradicted only by what the graph says."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedviz.core.types import Triple
from fedviz.kg.construct.gazetteer import Gazetteer
from fedviz.kg.graph import IS_A
from fedviz.kg.qa import scores
from fedviz.kg.qa.claims import Checker, path, rate
from fedviz.kg.qa.pairs import about
from fedviz.kg.qa.recall import recall
from fedviz.kg.qa.wording import CALLED
from tests.kg.conftest import make
from tests.kg.small import hierarchies

NAMES = {
    "t": ("Sense disorder",),
    "e": ("Eye finding", "Finding of the eye"),
    "c": ("Cataract", "Cloudy lens"),
    "n": ("Nuclear cataract",),
    "d": ("Deafness", "Hearing loss"),
    "p": ("Pump",),
}


@pytest.fixture
def checker():
    graph = make(["e>t", "c>e", "n>c", "d>t"], {key: (names[0], names[1:]) for key, names in NAMES.items()}, (Triple("e", "disjointWith", "p"), Triple("c", "found_in", "e")))
    return Checker(Gazetteer(graph), "medicine", functional=["found_in"])


@pytest.mark.parametrize(("answer", "verdicts"), [
    ("Cataract is a kind of Eye finding.", ["supported"]),
    ("A nuclear cataract is a type of sense disorder.", ["supported"]),  # several steps of is_a, in words that are no template
    ("Eye finding is a kind of Cataract.", ["contradicted"]),  # the other direction
    ("Cataract is a kind of Deafness.", ["unknown"]),  # the graph says nothing of it
    ("Cataract is a kind of Bone fracture.", ["unknown"]),
    ("Nuclear cataract is a kind of Pump.", ["contradicted"]),  # its ancestor is declared disjoint from pumps
    ("Cataract is not a kind of Eye finding.", ["contradicted"]),
    ("Eye finding is not a kind of Cataract.", ["supported"]),
    ("Cataract is not a kind of Deafness.", ["unknown"]),
    ("Cataract is also called cloudy lens.", ["supported"]),
    ("Cataract is also called Eye finding.", ["contradicted"]),  # the graph says that one is a kind of the other
    ("Cataract is also called Deafness.", ["unknown"]),
    ("The found in of Cataract is Eye finding.", ["supported"]),
    ("The found in of Cataract is Deafness.", ["contradicted"]),  # a relation with one value
    ("Cataract is a kind of Eye finding and Deafness.", ["supported", "unknown"]),
    ("Yes, Cataract is a kind of Eye finding. Deafness is caused by noise.", ["supported", "unknown"]),
    ("Cataract is a kind of cataract.", []),
    ("Yes.", []),
    ("", []),
])  # fmt: skip
def test_a_claim_is_judged_by_what_the_graph_says(checker, answer, verdicts):
    claims = checker.claims(answer)
    assert [claim.verdict for claim in claims] == verdicts
    assert all(0 <= claim.start < claim.end <= len(answer) for claim in claims)
    assert all(bool(claim.because) == (claim.verdict != "unknown") for claim in claims)
    assert rate(claims) == {verdict: verdicts.count(verdict) for verdict in ("supported", "contradicted", "unknown")}


@settings(deadline=None, max_examples=40)
@given(hierarchies(cycles=True), st.integers(0, 5))
def test_every_pair_says_what_the_graph_says(graph, seed):
    checker = Checker(Gazetteer(graph))
    for entity in graph.entities:
        for pair in about(graph, entity, "thing", seed):
            assert set(pair.triples) <= set(graph.triples)
            for answer in pair.accepted:
                assert [claim.verdict for claim in checker.claims(answer)] == ["supported"]


@settings(deadline=None)
@given(hierarchies(cycles=True), st.data())
def test_support_is_a_path_and_silence_is_unknown(graph, data):
    checker = Checker(Gazetteer(graph))
    head, tail = (data.draw(st.sampled_from(sorted(graph.entities))) for _ in range(2))
    verdict, because = checker.judge(head, IS_A, tail)
    assert set(because) <= set(graph.triples)
    assert verdict == ("unknown" if head == tail else "supported" if tail in graph.ancestors(head) else "contradicted" if head in graph.ancestors(tail) else "unknown")
    if verdict == "supported":
        assert because[0].head == head and because[-1].tail == tail and all(one.tail == other.head for one, other in zip(because, because[1:], strict=False))


def test_an_entity_has_no_path_to_itself(checker):
    assert path(checker.graph, "c", "c") == ()


def test_names_are_asked_for_and_kept_as_provenance(checker):
    pairs = about(checker.graph, "c", "finding", 0, text=7)
    assert {pair.kind for pair in pairs} >= {"kind", "name", "relation"}
    assert Triple("c", CALLED, "Cloudy lens") in [triple for pair in pairs for triple in pair.triples]
    assert {pair.text for pair in pairs} == {7} and {pair.source for pair in pairs} == {"test"}


def test_retrieval_takes_turns_between_the_entities_of_a_question(checker):
    found = recall(checker.graph, checker._gazetteer.linker.link, "Is a cataract a kind of deafness?", most=3)
    assert [one.triple.head for one in found] == ["c", "d", "c"]
    assert found[0].sentence == "Cataract is a kind of Eye finding." and found[0].source == "test"
    assert recall(checker.graph, checker._gazetteer.linker.link, "What is this?") == ()


@pytest.mark.parametrize(("answer", "accepted", "exact", "f1"), [
    ("The cataract is a kind of eye finding", ["Cataract is a kind of Eye finding."], 1, 1),
    ("It is an eye finding", ["Cataract is a kind of Eye finding."], 0, 6 / 10),
    ("Deafness", ["Cataract", "Deafness."], 1, 1),
    ("", ["Cataract"], 0, 0),
])  # fmt: skip
def test_exact_match_and_f1_are_those_of_squad(answer, accepted, exact, f1):
    assert scores.exact_match(answer, accepted) == exact
    assert scores.f1(answer, accepted) == pytest.approx(f1)
