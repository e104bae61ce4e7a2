"""Features in a prediction: exact summands that removal confirms, silent where there are none, and no effect on what the triples say."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedviz.charts.waterfall import triple_label
from fedviz.core.registry import KNOWLEDGE
from fedviz.explain.influence import explain, verify
from fedviz.kg.control import shuffled
from fedviz.kg.features import EntityFeatures
from fedviz.kg.graph import CARRIES, KnowledgeGraph
from fedviz.models.knowledge.base import Knowledge, KnowledgeInputs
from fedviz.models.learner import build_model
from fedviz.models.predictor import Predictor
from tests.models.small import config
from tests.models.test_evidence import DATA, TEXTS

CARRIED = EntityFeatures("vector", tuple(sorted(DATA.graph.entities))[::2], np.random.default_rng(0).normal(size=(len(sorted(DATA.graph.entities)[::2]), 7)).astype(np.float32))
GRAPH: KnowledgeGraph = replace(DATA.graph, features=CARRIED)


def knowledge(graph: KnowledgeGraph = GRAPH, **options: object) -> Knowledge:
    """Evidence with features over the toy's graph."""
    entry = KNOWLEDGE.get("features")
    return entry.build(entry.options(**{"dimensions": 16, "feature_dimensions": 8, **options}), KnowledgeInputs(graph, DATA.classes, DATA.class_entities, None, 64, 0))


SOME = knowledge()


@settings(max_examples=20, deadline=None)
@given(text=TEXTS, wide=st.booleans())
def test_sums_are_the_sums_of_the_terms_and_a_removed_one_takes_its_own_share_alone(text: str, wide: bool) -> None:
    some = SOME if wide else knowledge(feature_dimensions=3)
    features, priors = some.sums([text])
    own = some.terms(some.mentions([text])[0])
    assert features.shape == (1, some.dimensions)
    np.testing.assert_allclose(features[0], sum((t.gate * t.features for t in own), np.zeros(some.dimensions)), atol=1e-4)
    np.testing.assert_allclose(priors[0], sum((t.gate * t.prior for t in own), np.zeros(4)), atol=1e-5)
    linked = {mention.entity for mention in some.mentions([text])[0]}
    assert {t.triple.head for t in own if t.triple.relation == CARRIES} == linked & set(CARRIED.ids)


def test_what_triples_say_is_what_plain_evidence_says() -> None:
    entry = KNOWLEDGE.get("evidence")
    plain = entry.build(entry.options(dimensions=16), KnowledgeInputs(DATA.graph, DATA.classes, DATA.class_entities, None, 64, 0))
    texts = DATA.train.texts[:8]
    for some in (SOME, knowledge(DATA.graph)):
        assert np.array_equal(some.sums(texts)[0][:, :16], plain.sums(texts)[0]) and np.array_equal(some.sums(texts)[1], plain.sums(texts)[1])
    assert not knowledge(DATA.graph).sums(texts)[0][:, 16:].any()
    assert SOME.sums(texts)[0][:, 16:].any()


def test_a_texts_feature_vector_has_the_stated_length_with_open_gates() -> None:
    entity = next(key for key in CARRIED.ids if DATA.graph.entities[key].name)
    own = [t for t in SOME.terms(SOME.mentions([DATA.graph.entities[entity].name])[0]) if t.triple.relation == CARRIES]
    assert np.linalg.norm(sum(t.features for t in own)) == pytest.approx(8.0, abs=1e-4)  # sqrt(64), the strength is 1


def test_the_control_takes_the_features_of_others() -> None:
    texts = DATA.train.texts[:8]
    control = knowledge(graph=shuffled(GRAPH, 0))
    assert control.mentions(texts) == SOME.mentions(texts)
    assert not np.allclose(control.sums(texts)[0][:, 16:], SOME.sums(texts)[0][:, 16:])


def test_an_explanation_adds_up_and_leaving_features_out_confirms_them() -> None:
    some = config(knowledge={"name": "features", "dimensions": 16, "feature_dimensions": 8})
    draw = np.random.default_rng(1)
    model = build_model(some, DATA.classes, GRAPH, DATA.class_entities)[0]
    weights = {name: draw.normal(scale=0.1, size=tuple(w.shape)).astype(np.float32) for name, w in model.named_parameters() if w.requires_grad}
    predictor = Predictor(some, DATA.classes, GRAPH, weights, DATA.class_entities)
    name = GRAPH.entities[CARRIED.ids[1]].name
    found = explain(predictor, f"The {name} and the {GRAPH.entities[CARRIED.ids[3]].name}.")
    np.testing.assert_allclose(np.array(found.text_logits) + sum(np.array(c.values) for c in found.contributions), found.logits, atol=1e-5)
    own = [c for c in found.contributions if c.relation == CARRIES]
    assert len(own) == 2 and all(verify(predictor, found.text, c).error < 1e-5 and any(c.values) for c in own)
    assert triple_label(own[0].head_name, own[0].relation, own[0].tail_name) == f"features of {own[0].head_name}"
