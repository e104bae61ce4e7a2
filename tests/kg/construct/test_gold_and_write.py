"""The gold files are well formed; scores count what they say; what is built is written with its evidence; a classifier learns from a graph."""

from pathlib import Path

import numpy as np
import pytest

from fedviz.core.errors import InputError
from fedviz.kg.construct import distant, gold
from fedviz.kg.construct.gazetteer import Gazetteer, from_list
from fedviz.kg.construct.pipeline import ConstructOptions, Constructor
from fedviz.kg.construct.records import Document, Found
from fedviz.kg.construct.write import write
from fedviz.kg.store import folder
from fedviz.kg.store.memory import in_memory
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import Statement, expand, relation

GOLD = Path(__file__).parents[2] / "gold"
NAMES = from_list(["Anemia", "Deafness; hearing loss", "Neoplasm"], "names")


@pytest.mark.parametrize("name", ["medicine-coding", "medicine-vignettes", "finance"])
def test_gold_is_well_formed(name):
    sentences = gold.read(GOLD / f"{name}.txt")
    assert len({sentence.text for sentence in sentences}) == len(sentences)
    for sentence in sentences:
        spans = sorted((start, end) for start, end, _entity in sentence.mentions)
        assert all(left[1] <= right[0] for left, right in zip(spans, spans[1:], strict=False)), sentence.text
        assert not sentence.triples & sentence.denied
        assert all(end in gold._plain(sentence.text) for head, _relation, tail in sentence.triples | sentence.denied for end in (head, tail)), sentence.text


def test_scores_count():
    sentence = gold.GoldSentence("a b", frozenset({(0, 1, "x")}), frozenset({("a", "of", "b")}), frozenset())
    right, wrong = Found(0, 1, "a", "x", 1, "exact"), Found(2, 3, "b", "y", 1, "exact")
    score = gold.score_mentions([(sentence, [right, wrong])])
    assert (score.precision, score.recall) == (0.5, 1.0) and score.f1 == pytest.approx(2 / 3)


def test_a_broken_gold_file_names_its_line(tmp_path):
    (tmp_path / "x.txt").write_text("One\n  @ Two = HP:1\n")
    with pytest.raises(InputError, match="Line 2"):
        gold.read(tmp_path / "x.txt")


@pytest.fixture
def built(tmp_path, monkeypatch):
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path))
    steps = Constructor(ConstructOptions(), Gazetteer(NAMES))
    texts = [Document("Anemia due to lead, without deafness", "text 1", "Hospital A"), Document("Malignant neoplasm [cancer] of lip", "text 2", "Hospital B")]
    return [*steps.extract_many(texts)]


def test_what_is_written_has_its_sentence_document_and_party(built):
    added = write("made", built, "notes", NAMES)
    assert [source.party for source in added] == ["Hospital A", "Hospital B"] and GraphStore("made").info.version.number == 1
    fact = Statement(expand("anemia"), relation("due_to"), expand("lead"))
    (evidence,) = GraphStore("made").evidence(fact)
    assert (evidence.sentence, evidence.document, evidence.party, evidence.method) == ("Anemia due to lead, without deafness", "text 1", "Hospital A", "phrase pattern")
    assert 0 < evidence.confidence < 1
    assert GraphStore("made").status(Statement(expand("anemia"), relation("associated_with"), expand("deafness"))) is None


def test_what_is_written_is_a_graph_to_train_with(built):
    write("made", built, "notes", NAMES)
    graph = in_memory(GraphStore("made"))
    assert graph.entities["malignant neoplasm"].synonyms == ("cancer",) and graph.entities["anemia"].name == "Anemia"
    assert {tuple(triple) for triple in graph.triples} == {("anemia", "due_to", "lead"), ("malignant neoplasm", "is_a", "neoplasm"), ("malignant neoplasm", "located_in", "lip")}


def test_nothing_to_write_makes_no_graph(built):
    with pytest.raises(InputError, match="no triple"):
        write("other", [one._replace(triples=()) for one in built], "notes")
    assert [info.name for info in folder.list_graphs()] == []


def by_letters(texts):
    """Unit rows of letter counts: enough to tell the words between two ends apart."""
    rows = np.array([[text.lower().count(letter) + 0.01 for letter in "abcdefghijklmnopqrstuvwxyz"] for text in texts], np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.slow
def test_a_graph_teaches_how_its_relations_are_said():
    def sentence(between):
        text = f"x {between} y"
        return text, (Found(0, 1, "x", f"x {between}", 1, "exact"), Found(len(text) - 1, len(text), "y", "y", 1, "exact"))

    caused, beside = [sentence(f"caused by {n}") for n in "abcdefghij"], [sentence(f"found at {n}") for n in "abcdefghij"]
    known = {(mentions[0].key, "y"): "due_to" for _text, mentions in caused}
    model = distant.train(known, [*caused, *beside], by_letters, threshold=0.6)
    assert model.relations == ("due_to",)
    new = sentence("caused by k")
    assert [(one.relation, one.held) for one in model.in_sentence(*new)] == [("due_to", "")]
    assert model.in_sentence(*sentence("found at k")) == []
    text = "not caused x caused by k y"
    ends = (Found(11, 12, "x", "x", 1, "exact"), Found(25, 26, "y", "y", 1, "exact"))
    assert [one.held for one in model.in_sentence(text, ends)] == ["negated: not"]


def test_a_graph_that_says_nothing_of_the_texts_teaches_nothing():
    with pytest.raises(InputError, match="too few"):
        distant.train({}, [("x y", (Found(0, 1, "x", "x", 1, "exact"), Found(2, 3, "y", "y", 1, "exact")))], by_letters)
