"""Prepared texts are honest, a file of texts is read or refused in one sentence, and a link gives back what it was made of."""

import csv
import io
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedviz.core.errors import InputError
from fedviz.core.types import Triple
from fedviz.explain import batch
from fedviz.explain.corpus import corpus_of
from fedviz.explain.influence import explain
from fedviz.explain.permalink import MAX_TEXT, Asked, from_query, to_query
from fedviz.explain.prepared import KINDS, Prepared, find, prepared, read, seen, tells, to_json
from fedviz.explain.records import Edits
from fedviz.scenarios.load import load, shards
from tests.models.small import config, predictor, trained_predictor

DATA = load(config())
LABELS = [int(label) for label in DATA.test.labels]


def label(head, relation, tail):
    return f"{head} {relation} {tail}"


def test_what_is_found_tells_its_story():
    random = np.random.default_rng(0)
    arrays = {"head.weight": (4, 64), "head.bias": (4,), "graph.weight": (4, 512)}
    wild = predictor(config(knowledge={"name": "evidence", "beta": 0}, tuning="head"), {name: random.normal(0, 0.3, shape).astype(np.float32) for name, shape in arrays.items()})
    corpus = corpus_of(wild, DATA.test.texts, LABELS, DATA.test.parties)
    learned = np.array([5, 0, 5, 5])
    found = find(wild, corpus, wild.text_logits(corpus.texts), learned, "toy")
    assert {one.kind for one in found} == set(KINDS)
    for one in found:
        place = DATA.classes.index(one.label)
        assert tells(one.kind, explain(wild, one.text), place, learned) and LABELS[DATA.test.texts.index(one.text)] == place
        assert not tells(one.kind, explain(wild, one.text), None, learned)
    assert read_again(found) == set(found)


def read_again(found):
    return {Prepared.model_validate(one) for one in json.loads(to_json(found))}


def test_a_class_is_seen_by_those_who_train():
    some = config().updated({"federation.clients": 4, "federation.absent_clients": [1]})
    dealt = shards(some, DATA)
    counts = [np.bincount(DATA.train.labels[rows], minlength=4) for rows in dealt.train]
    np.testing.assert_array_equal(seen(some, DATA, 3, None), counts[0] + counts[2] + counts[3])
    np.testing.assert_array_equal(seen(some, DATA, 1, 2), counts[2])
    np.testing.assert_array_equal(seen(some, DATA, 2, 2), counts[0] + counts[2] + counts[3])
    assert not seen(some, DATA, 0, None).any()


def test_the_prepared_texts_are_of_scenarios_and_kinds(tmp_path):
    keys = [(one.scenario, one.kind) for one in prepared()]
    assert keys and len(set(keys)) == len(keys)
    for scenario in ("medicine-coding", "medicine-vignettes", "medicine-vignettes-zh", "finance-lines", "finance-merchants", "manufacturing-orders", "manufacturing-cost"):
        assert {kind for one, kind in keys if one == scenario} == set(KINDS)
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(InputError, match=r"'x\.json' is none"):
        read(tmp_path / "x.json")


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=30).filter(str.strip), min_size=1, max_size=8))
def test_a_file_of_texts_is_read_as_it_was_written(texts):
    target = io.StringIO(newline="")
    csv.writer(target).writerows([["other", "text"], *(["1", text] for text in texts)])
    assert batch.read_texts(target.getvalue().encode()) == tuple(texts)


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"", "is empty"), (b"\xff\xfe\x00", "UTF-8"), (b"a,b\n1,2\n", "one called `text`"), (b"text\n", "1 to 2,000"), (b'text\n"open', "cannot be read"), (b"text\n" + b"x\n" * 2001, "has 2,001"), (b"x" * 5_000_001, "5,000,001")],
)
def test_a_file_that_is_none_is_one_sentence(data, words):
    with pytest.raises(InputError, match=words) as error:
        batch.read_texts(data)
    assert "\n" not in str(error.value) and str(error.value).endswith(".")


def test_many_texts_are_answered_as_one_by_one_and_a_bad_one_says_why():
    texts = ["The spoke is bent.", "\u200b", "=cmd|' /C calc'!A0 and the antenna"]
    rows = batch.predict(trained_predictor(), texts, label)
    assert rows[1].error.endswith(".") and not rows[1].answer
    for text, row in ((texts[0], rows[0]), (texts[2], rows[2])):
        said = explain(trained_predictor(), text)
        assert row.answer == said.classes[said.predicted] and row.probability == said.probabilities[said.predicted]
        assert row.triples[0][1] == said.contributions[0].values[said.predicted] and len(row.triples) <= batch.TOP
    table = list(csv.DictReader(io.StringIO(batch.to_csv(rows), newline="")))
    assert table[0]["answer"] == rows[0].answer and float(table[0]["logit_1"]) == pytest.approx(rows[0].triples[0][1], abs=1e-6)
    assert table[2]["text"].startswith("'=") and table[1]["error"] == rows[1].error


@given(
    st.text(min_size=1, max_size=100), st.dictionaries(st.text(max_size=9), st.floats(0, 10), max_size=3), st.lists(st.tuples(*[st.text(max_size=5)] * 3).map(lambda t: Triple(*t)), max_size=2),
    st.none() | st.integers(0, 30), st.none() | st.integers(-2, 30),
)
def test_a_link_gives_back_what_it_was_made_of(text, scale, added, target, against):
    asked = Asked(text=text, edits=Edits(scale=scale, added=tuple(added)), target=target, against=against)
    assert from_query(to_query(asked)) == asked


@pytest.mark.parametrize("query", [{"text": "x", "edits": "{"}, {"text": "x", "edits": '{"scale":{"a":-1}}'}, {"text": "x", "class": "one"}, {"text": "x" * (MAX_TEXT + 1)}, {"text": "x", "against": "9" * 99}])
def test_a_damaged_link_is_one_sentence(query):
    with pytest.raises(InputError) as error:
        from_query(query)
    assert len(str(error.value)) < 200
    assert from_query({"edits": "{"}) is None
