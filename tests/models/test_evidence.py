"""The graph's terms: they add up, they say nothing where nothing is linked, and the control keeps the shape only."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedviz.core.errors import ConfigError
from fedviz.core.registry import KNOWLEDGE
from fedviz.core.types import Triple
from fedviz.kg.control import shuffled
from fedviz.kg.graph import IS_A, Entity, KnowledgeGraph
from fedviz.models.knowledge.base import Knowledge, KnowledgeInputs, Term
from fedviz.scenarios.load import load
from tests.models.small import config

DATA = load(config())
NAMES = sorted({name for item in DATA.graph.entities.values() for name in (item.name, *item.synonyms)})
TEXTS = st.lists(st.sampled_from([*NAMES, "and", "the", "is broken", "xyzzy"]), min_size=1, max_size=6).map(" ".join)


def knowledge(graph: KnowledgeGraph = DATA.graph, **options: object) -> Knowledge:
    """Evidence over the toy's graph."""
    entry = KNOWLEDGE.get("evidence")
    inputs = KnowledgeInputs(graph, DATA.classes, DATA.class_entities, None, 64, 0)
    return entry.build(entry.options(**{"dimensions": 64, **options}), inputs)


def terms(some: Knowledge, text: str, *added: Triple) -> list[Term]:
    """The terms of one text."""
    return some.terms(some.mentions([text])[0], added)


PLAIN = knowledge()


@settings(max_examples=25, deadline=None)
@given(texts=st.lists(TEXTS, min_size=1, max_size=4))
def test_sums_are_the_sums_of_the_terms(texts: list[str]) -> None:
    features, priors = PLAIN.sums(texts)
    assert features.shape == (len(texts), 64) and priors.shape == (len(texts), 4)
    for row, text in enumerate(texts):
        own = terms(PLAIN, text)
        np.testing.assert_allclose(features[row], sum((t.gate * t.features for t in own), np.zeros(64)), atol=1e-4)
        np.testing.assert_allclose(priors[row], sum((t.gate * t.prior for t in own), np.zeros(4)), atol=1e-5)


@pytest.mark.parametrize("text", ["", "Nothing is known about this.", "chainsaws, spokesmen", "<b>&nbsp;</b>"])
def test_a_text_without_a_linked_entity_has_no_term(text: str) -> None:
    features, priors = PLAIN.sums([text])
    assert terms(PLAIN, text) == []
    assert not features.any() and not priors.any()


@given(text=TEXTS)
@settings(max_examples=20, deadline=None)
def test_every_term_is_a_path_up_from_a_linked_entity(text: str) -> None:
    mentions = PLAIN.mentions([text])[0]
    own = PLAIN.terms(mentions)
    assert len({term.triple for term in own}) == len(own)
    for term in own:
        assert mentions[term.mention].entity == term.triple.head
        assert term.triple.tail in PLAIN.graph.ancestors(term.triple.head)
        assert (term.triple in PLAIN.graph.triples) == (term.triple.relation == IS_A)
        assert 0 < term.gate < 1 and term.weight > 0


def test_class_evidence_adds_up_to_beta() -> None:
    _, priors = knowledge(beta=2.0).sums(["The spoke and the chain and a pedal."])
    gate = terms(PLAIN, "spoke")[0].gate
    np.testing.assert_allclose(priors[0], [2.0 * gate, 0, 0, 0], atol=1e-5)


def test_beta_zero_is_silent_and_dimensions_zero_trains_nothing() -> None:
    assert not knowledge(beta=0.0).sums(["The spoke."])[1].any()
    nothing = knowledge(dimensions=0)
    assert nothing.dimensions == 0 and nothing.sums(["The spoke."])[0].shape == (1, 0)


def test_an_added_triple_adds_its_own_terms_and_leaves_the_others() -> None:
    text = "The spoke and the pendulum."
    added = Triple("toy:spoke", IS_A, "toy:sound-part")
    before, after = terms(PLAIN, text), terms(PLAIN, text, added)
    assert {term.triple for term in after} - {term.triple for term in before} == {added, Triple("toy:spoke", "is_a*", "toy:radio")}
    old = {term.triple: term for term in after}
    for term in before:
        same = old[term.triple]
        assert (term.gate, term.weight) == (same.gate, same.weight)
        assert np.array_equal(term.features, same.features) and np.array_equal(term.prior, same.prior)


def test_the_control_links_the_same_and_says_something_else() -> None:
    control = knowledge(graph=shuffled(DATA.graph, 0))
    text = DATA.train.texts[0]
    assert control.mentions([text]) == PLAIN.mentions([text])
    triples = [{term.triple for one in DATA.train.texts for term in terms(some, one)} for some in (PLAIN, control)]
    assert len(triples[0] & triples[1]) < len(triples[0]) / 2
    assert control.graph.entities == PLAIN.graph.entities
    assert not np.allclose(control.sums(DATA.train.texts)[0], PLAIN.sums(DATA.train.texts)[0])


def test_no_knowledge_is_nothing() -> None:
    entry = KNOWLEDGE.get("none")
    none = entry.build(entry.options(), KnowledgeInputs(DATA.graph, DATA.classes, {}, None, 64, 0))
    features, priors = none.sums(["The spoke."])
    assert none.dimensions == 0 and features.shape == (1, 0) and not priors.any()
    assert none.terms(none.mentions(["The spoke."])[0]) == []


def test_linking_by_embedding_finds_what_the_graph_has_no_name_for(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path))

    def letters(texts: list[str]) -> np.ndarray:
        counts = np.array([[text.count(chr(97 + letter)) for letter in range(26)] for text in texts], np.float32) + 1e-3
        return counts / np.linalg.norm(counts, axis=1, keepdims=True)

    entry = KNOWLEDGE.get("evidence")
    inputs = KnowledgeInputs(DATA.graph, DATA.classes, DATA.class_entities, letters, 64, 0, "letters")
    text = "The mainspirng, and the antenna"  # two letters change places
    exact, near = (entry.build(entry.options(dimensions=64, link=way), inputs) for way in ("exact", "exact+embedding"))
    assert [mention.entity for mention in exact.mentions([text])[0]] == ["toy:antenna"]
    seen: list[tuple[int, int]] = []
    found = near.mentions([text], lambda done, total: seen.append((done, total)))[0]
    assert [(mention.entity, mention.method) for mention in found] == [("toy:mainspring", "embedding"), ("toy:antenna", "exact")]
    assert seen[-1][0] == seen[-1][1] > 0
    gates = {term.triple.head: term.gate for term in near.terms(found)}
    assert gates["toy:mainspring"] <= gates["toy:antenna"]


def test_linking_by_embedding_needs_a_model_that_knows_a_language() -> None:
    with pytest.raises(ConfigError, match="pretrained"):
        knowledge(link="exact+embedding")


def test_paths_reach_further_and_weigh_less_with_every_step() -> None:
    graph = KnowledgeGraph("g", "s", {key: Entity(key, key) for key in "abcdet"}, (
        Triple("a", "part_of", "b"), Triple("b", "causes", "c"), Triple("c", "causes", "d"), Triple("a", IS_A, "e"), Triple("e", "causes", "c"), Triple("b", "has", "a"), Triple("e", IS_A, "t"),
    ))  # fmt: skip
    entry = KNOWLEDGE.get("paths")
    inputs = KnowledgeInputs(graph, ("one", "two"), {"c": 0, "e": 1}, None, 64, 0)
    some, short, plain = (entry.build(entry.options(dimensions=16, **options), inputs) for options in ({}, {"hops": 1}, {"decay": 0.0}))
    own = {(term.triple.relation, term.triple.tail): term for term in some.terms(some.mentions(["a"])[0])}
    assert set(own) - {("is_a*", "t")} == {("is_a", "e"), ("part_of", "b"), ("part_of / causes", "c"), ("is_a / causes", "c")}
    assert own["part_of / causes", "c"].weight == pytest.approx(own["part_of", "b"].weight / 2)
    assert own["is_a / causes", "c"].weight == pytest.approx(own["part_of", "b"].weight)
    assert own["part_of / causes", "c"].prior[0] > 0 == own["part_of / causes", "c"].prior[1]
    assert {term.triple.relation for term in short.terms(short.mentions(["a"])[0])} <= {"is_a", "is_a*", "part_of"}
    evidence = KNOWLEDGE.get("evidence")
    same = evidence.build(evidence.options(dimensions=16), inputs)
    for one, other in zip(plain.sums(["a and b"]), same.sums(["a and b"]), strict=True):
        np.testing.assert_array_equal(one, other)
    for part, summed in zip(some.sums(["a"]), (sum(t.gate * t.features for t in own.values()), sum(t.gate * t.prior for t in own.values())), strict=True):
        np.testing.assert_allclose(part[0], summed, atol=1e-5)
