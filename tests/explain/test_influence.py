"""A prediction is a sum, and a triple's influence is its summand: checked against the model's own forward pass."""

from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fedviz.core.errors import InputError
from fedviz.core.text import MAX_CHARACTERS
from fedviz.core.types import Triple
from fedviz.explain.influence import compare, explain, smallest_flip, verify
from fedviz.explain.records import Edits, Explanation
from fedviz.kg.graph import IS_A
from fedviz.scenarios.load import load
from tests.models.small import config, predictor, trained, trained_predictor

DATA = load(config())
SMALL = "The spoke is bent. Also check the antenna."
NAMES = sorted({name for item in DATA.graph.entities.values() for name in (item.name, *item.synonyms)})
TEXTS = st.lists(st.sampled_from([*NAMES, "is broken", "xyzzy", "<b>", "&amp;"]), min_size=1, max_size=6).map(" ".join)
CLOSE = 1e-5


def rows(explanation: Explanation) -> dict[Triple, np.ndarray]:
    """Each triple's values per class."""
    return {c.triple: np.array(c.values) for c in explanation.contributions}


def logits(text: str, **scale: float) -> np.ndarray:
    """Logits of a text with some triples scaled."""
    return np.array(explain(trained_predictor(), text, Edits(scale=scale)).logits)


def off(*keys: str) -> Edits:
    return Edits(scale=dict.fromkeys(keys, 0.0))


@settings(max_examples=25, deadline=None)
@given(text=TEXTS, data=st.data())
def test_text_and_contributions_add_up_to_the_forward_pass(text: str, data: st.DataObject) -> None:
    keys = [c.key for c in explain(trained_predictor(), text).contributions]
    edits = Edits(scale=data.draw(st.dictionaries(st.sampled_from(keys), st.floats(0, 3)))) if keys else Edits()
    said = explain(trained_predictor(), text, edits)
    np.testing.assert_allclose(said.logits, sum(rows(said).values(), np.array(said.text_logits)), atol=CLOSE)
    assert sum(said.probabilities) == pytest.approx(1) and said.predicted == int(np.argmax(said.probabilities))
    if not edits.scale:
        reading = trained_predictor().read(text)
        np.testing.assert_allclose(said.logits, trained_predictor().logits(reading, reading.terms), atol=CLOSE)


def test_every_text_of_the_scenario_is_classified_as_in_the_evaluation() -> None:
    from fedviz.federation.task import evaluate
    from tests.models.small import learner

    some = learner(config())
    some.load(trained(config()))
    confusion = np.zeros((4, 4), int)
    for text, label in zip(DATA.test.texts, DATA.test.labels, strict=True):
        confusion[label, explain(trained_predictor(), text).predicted] += 1
    assert np.array_equal(confusion, evaluate(some, range(len(DATA.test))).confusion)


@pytest.mark.slow
@pytest.mark.parametrize("text", [SMALL, *DATA.samples])
def test_switching_off_takes_the_summand_and_nothing_else(text: str) -> None:
    before = explain(trained_predictor(), text)
    assert before.contributions
    for contribution in before.contributions:
        without, weaker = (np.array(explain(trained_predictor(), text, Edits(scale={contribution.key: scale})).logits) for scale in (0.0, 0.5))
        np.testing.assert_allclose(np.array(before.logits) - without, contribution.values, atol=CLOSE)
        np.testing.assert_allclose(2 * (np.array(before.logits) - weaker), contribution.values, atol=CLOSE)
        checked = verify(trained_predictor(), text, contribution)
        assert checked.error < CLOSE
        np.testing.assert_allclose(checked.measured, contribution.values, atol=CLOSE)


def test_a_summand_does_not_depend_on_what_else_is_off() -> None:
    values = rows(explain(trained_predictor(), SMALL))
    keys = {triple: "|".join(triple) for triple in values}
    for one, other in combinations(values, 2):
        both = logits(SMALL, **{keys[one]: 0.0, keys[other]: 0.0})
        np.testing.assert_allclose(logits(SMALL, **{keys[other]: 0.0}) - both, values[one], atol=CLOSE)
    for triple, left in rows(explain(trained_predictor(), SMALL, off(*list(keys.values())[1:]))).items():
        assert np.allclose(left, values[triple]) or not left.any()


def test_contributions_are_shapley_values_of_the_forward_pass() -> None:
    reading = trained_predictor().read(SMALL)
    places = range(len(reading.terms))
    assert 3 <= len(places) <= 5
    subsets = [some for count in range(len(places) + 1) for some in combinations(places, count)]
    value = {some: trained_predictor().logits(reading, [reading.terms[place] for place in some]).astype(float) for some in subsets}
    shapley = {term.triple: np.zeros(4) for term in reading.terms}
    orders = list(permutations(places))
    for order in orders:
        for count, place in enumerate(order):
            before, after = (tuple(sorted(order[:n])) for n in (count, count + 1))
            shapley[reading.terms[place].triple] += (value[after] - value[before]) / len(orders)
    for triple, said in rows(explain(trained_predictor(), SMALL)).items():
        np.testing.assert_allclose(shapley[triple], said, atol=CLOSE)


def test_an_added_triple_changes_the_logits_by_its_summands_alone() -> None:
    added = Triple("toy:spoke", IS_A, "toy:radio")
    before, after = explain(trained_predictor(), SMALL), explain(trained_predictor(), SMALL, Edits(added=(added,)))
    fresh = [c for c in after.contributions if c.added]
    assert [c.triple for c in fresh] == [added] and fresh[0].values[DATA.classes.index("Radio")] > 0
    for triple, values in rows(before).items():
        np.testing.assert_array_equal(rows(after)[triple], values)
    np.testing.assert_allclose(np.array(after.logits) - before.logits, fresh[0].values, atol=CLOSE)
    again = explain(trained_predictor(), SMALL, Edits(added=(added,), scale={fresh[0].key: 0.0}))
    np.testing.assert_allclose(again.logits, before.logits, atol=CLOSE)
    assert verify(trained_predictor(), SMALL, fresh[0], Edits(added=(added,))).error < CLOSE


def test_an_added_triple_elsewhere_changes_nothing() -> None:
    elsewhere = Edits(added=(Triple("toy:lid", IS_A, "toy:clock"),), scale={"no|such|triple": 0.0})
    assert explain(trained_predictor(), SMALL, elsewhere) == explain(trained_predictor(), SMALL)


@settings(max_examples=20, deadline=None)
@given(text=TEXTS)
def test_the_smallest_flip_flips_and_nothing_smaller_does(text: str) -> None:
    said = explain(trained_predictor(), text)
    assume(len(said.contributions) <= 9)
    flip = smallest_flip(said)
    smaller = len(said.contributions) + 1 if flip is None else len(flip.keys)
    for count in range(smaller):
        for keys in combinations([c.key for c in said.contributions], count):
            assert explain(trained_predictor(), text, off(*keys)).predicted == said.predicted
    if flip is not None:
        after = explain(trained_predictor(), text, off(*flip.keys))
        assert after.predicted == flip.target != said.predicted
        assert after.logits[flip.target] - after.logits[said.predicted] == pytest.approx(flip.margin, abs=CLOSE)


def test_some_flips_exist() -> None:
    flips = [smallest_flip(explain(trained_predictor(), text)) for text in DATA.test.texts]
    assert any(flip is not None for flip in flips)


def test_the_difference_of_two_models_is_a_sum_too() -> None:
    other = predictor(config(knowledge="none"), trained(config(knowledge="none")))
    first, second = explain(other, SMALL), explain(trained_predictor(), SMALL)
    assert first.contributions == () and first.text_logits == first.logits
    both = compare(first, second)
    total = np.array(both.text_difference) + sum(np.array(t.second) - np.array(t.first) for t in both.triples)
    np.testing.assert_allclose(total, both.logits_difference, atol=CLOSE)
    with pytest.raises(InputError, match="on one text"):
        compare(first, explain(trained_predictor(), "The lid."))


@pytest.mark.parametrize(
    ("triple", "words"),
    [
        (Triple("toy:spoke", IS_A, "toy:dragon"), "'toy:dragon'"),
        (Triple("<script>" * 99, IS_A, "toy:radio"), "entities of the graph"),
        (Triple("toy:spoke", "part_of", "toy:radio"), "'part_of'"),
        (Triple("toy:spoke", IS_A, "toy:spoke"), "two different entities"),
    ],
)
def test_an_impossible_added_triple_is_one_sentence(triple: Triple, words: str) -> None:
    with pytest.raises(InputError, match=words) as error:
        explain(trained_predictor(), SMALL, Edits(added=(triple,)))
    assert str(error.value).endswith(".") and "\n" not in str(error.value) and len(str(error.value)) < 300


@pytest.mark.parametrize(
    ("text", "words"), [("", "empty"), (" \n\t ", "empty"), ("x" * (MAX_CHARACTERS + 1), "20,001"), ("\x00\u202e\ud800", "visible character")]
)
def test_unusable_texts_are_one_sentence(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as error:
        explain(trained_predictor(), text)
    assert str(error.value).endswith(".")


def test_html_is_text() -> None:
    text = "<script>alert('spoke')</script> &lt;b&gt; the <i>aerial</i> {{7*7}}"
    said = explain(trained_predictor(), text)
    assert said.text == text and [m.entity for m in said.mentions] == ["toy:spoke", "toy:antenna"]
    assert all(text[m.start : m.end] == m.surface for m in said.mentions)


def test_a_text_without_links_is_text_alone() -> None:
    said = explain(trained_predictor(), "Nothing is known.")
    assert said.contributions == () and said.mentions == () and said.logits == said.text_logits
    assert smallest_flip(said) is None
    with pytest.raises(InputError, match="has no triple"):
        verify(trained_predictor(), "Nothing is known.", explain(trained_predictor(), SMALL).contributions[0])


def test_scales_outside_the_range_are_refused() -> None:
    for scale in (-1.0, float("nan"), float("inf"), 11.0):
        with pytest.raises(ValueError, match="scale"):
            Edits(scale={"a|is_a|b": scale})
