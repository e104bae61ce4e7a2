"""The paragraph says the exact contributions, and a model's words pass only with the same numbers and names."""

import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fedviz.core.errors import InputError
from fedviz.explain.checked import difference, reworded
from fedviz.explain.influence import explain
from fedviz.explain.paragraph import facts, paragraph
from fedviz.models.predictor import Predictor
from tests.explain.random_models import TEXTS, predictors


def names(predictor: Predictor) -> list[str]:
    """Every name of the graph."""
    return [item.name for item in predictor.graph.entities.values()]


@settings(max_examples=40, deadline=None)
@given(predictors(), TEXTS)
def test_the_paragraph_passes_its_own_check_and_its_numbers_are_the_contributions(predictor: Predictor, text: str) -> None:
    said = explain(predictor, text)
    words = paragraph(said, str)
    assert difference(said, words, names(predictor)) == ""
    values = {round(c.values[said.predicted], 2) for c in said.contributions}
    told = [fact for fact in facts(said) if len(fact.names) == 2]
    assert all(fact.value in values for fact in told) and all(fact.written in words for fact in facts(said))
    working = [c for c in said.contributions if c.values[said.predicted]]
    if working:
        text_part, graph_part, total = (fact.value for fact in facts(said)[2:5])
        assert text_part + graph_part == pytest.approx(total, abs=0.0151)
        assert graph_part == pytest.approx(sum(c.values[said.predicted] for c in working), abs=0.0051)


@settings(max_examples=40, deadline=None)
@given(predictors(), TEXTS, st.data())
def test_a_number_that_differs_is_refused(predictor: Predictor, text: str, data: st.DataObject) -> None:
    said = explain(predictor, text)
    words = paragraph(said, str)
    places = list(re.finditer(r"(?<![\w.])[+-]?\d+(?:\.\d+)?(?!\w)", words))
    found = data.draw(st.sampled_from(places))
    other = data.draw(st.sampled_from(["17.31", "+8.88", "99.97", "-3.21"]))
    assume(all(abs(abs(float(other)) - abs(fact.value)) > 0.01 for fact in facts(said)))
    assert difference(said, words[: found.start()] + other + words[found.end() :], names(predictor))


def some() -> tuple[Predictor, object]:
    """A prediction with at least one triple at work."""
    from tests.explain.random_models import random_predictor

    for seed in range(16):
        predictor = random_predictor(seed)
        said = explain(predictor, "part1 part2 part3 part4 part5")
        if any(c.values[said.predicted] for c in said.contributions):
            return predictor, said
    raise LookupError


def test_what_is_not_the_predictions_is_refused() -> None:
    predictor, said = some()
    known, words = names(predictor), paragraph(said, str)
    other = next(name for name in said.classes if not re.search(rf"\b{name}\b", words))
    assert "name" in difference(said, f"{words} It might be a {other} too.", known)
    assert "digits" in difference(said, f"{words} That is twice as much.", known)
    assert "tell at least one number" in difference(said, f"It is a {said.classes[said.predicted]}.", known)
    assert "name the answer" in difference(said, words.replace(said.classes[said.predicted], "thing"), known)
    top = max(said.contributions, key=lambda c: abs(c.values[said.predicted]))
    value = round(top.values[said.predicted], 2)
    flipped = f"{-value:+.2f}"
    assume_new = all(fact.value != -value for fact in facts(said))
    assert not assume_new or difference(said, f"The answer is {said.classes[said.predicted]}: {top.head_name} adds {flipped}.", known)


def test_a_models_words_are_given_or_refused() -> None:
    predictor, said = some()
    assert reworded(said, lambda words: words.replace("The model answers", "Its answer is"), names(predictor)).startswith("Its answer is")
    with pytest.raises(InputError, match="contributions"):
        reworded(said, lambda words: f"{words} Also 123.45 %.", names(predictor))
