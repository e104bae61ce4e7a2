"""The notes in Chinese: the same patients as in English, a graph that is the ontology's under other names, and every finding found again without blanks between words."""

import csv
import io

import numpy as np
import pytest

from fedviz.bench.knowledge_cells import QUICK_WAYS, Cell, jobs, runs
from fedviz.carriers.store import is_present
from fedviz.core.config import RunConfig
from fedviz.core.errors import CarrierError
from fedviz.core.registry import SCENARIOS
from fedviz.kg.hpo import hpo_graph
from fedviz.kg.link import surface_forms
from fedviz.kg.surface import fold, is_chinese
from fedviz.models.augmentation.ways import WAYS, Words
from fedviz.scenarios.linked import entities_of, linker
from fedviz.scenarios.stress import other_names, stressed
from fedviz.scenarios.vignettes import chinese
from fedviz.scenarios.vignettes.cases import SPECIALTIES, cases
from fedviz.scenarios.vignettes.words import ENGLISH

pytestmark = pytest.mark.skipif(not is_present("hpo"), reason="the carrier hpo is not in the data folder: run `python -m fedviz fetch`")
SIZES = {"train_texts": 480, "test_texts": 240}


def loaded(name, seed=3):
    entry = SCENARIOS.get(name)
    return entry.load(entry.options(**SIZES), seed)


@pytest.fixture(scope="module")
def notes():
    return loaded("medicine-vignettes-zh")


def test_the_graph_is_the_ontologys_part_under_other_names(notes):
    whole, part = hpo_graph(), notes.graph
    assert set(part.triples) == {triple for triple in whole.triples if triple.head in part.entities}, "nothing above an entity is left out"
    assert all(part.ancestors(key) == whole.ancestors(key) for key in part.entities)
    assert part.relations == ("is_a",) and part.entities.keys() == chinese.needed_entities(whole)
    for key, item in part.entities.items():
        assert is_chinese(item.name[-1]) or any(map(is_chinese, item.name)), key
        assert item.definition.startswith(whole.entities[key].name) and item.kind == whole.entities[key].kind


def test_every_name_stands_for_one_phenotype(notes):
    forms = surface_forms(notes.graph)
    assert len({item.name for item in notes.graph.entities.values()}) == len(notes.graph.entities)
    for key, item in notes.graph.entities.items():
        assert forms[fold(item.name)] == key
        assert {forms[fold(name)] for name in item.synonyms} <= {key}, "an everyday name is nobody else's"


def test_diseases_and_hospitals_have_names_of_their_own(notes):
    assert len(set(notes.classes)) == 24 and len(set(notes.parties)) == len(SPECIALTIES) == 8
    assert all(any(map(is_chinese, name)) for name in (*notes.classes, *notes.parties))


def test_patients_are_those_of_the_english_notes(notes):
    english = loaded("medicine-vignettes")
    for part, other in ((notes.train, english.train), (notes.test, english.test)):
        assert (part.labels == other.labels).all() and (part.parties == other.parties).all()
    for some, others in zip(entities_of(notes), entities_of(english), strict=True):
        assert sum(a == b for a, b in zip(some, others, strict=True)) >= 0.99 * len(some)


def test_every_finding_of_a_note_is_linked_and_nothing_else(notes):
    found = []

    def tell(findings, style, generator):
        found.append(frozenset(findings))
        return ""

    entry = SCENARIOS.get(notes.name)
    cases(entry.options(**SIZES), 3, tell)
    train, test = entities_of(notes)
    assert sum(linked == meant for linked, meant in zip((*train, *test), found, strict=True)) >= 0.99 * len(found)


def test_no_note_names_its_disease_and_the_graph_knows_none(notes):
    named = {fold(name) for item in notes.graph.entities.values() for name in (item.name, *item.synonyms)}
    assert not named & {fold(name) for name in notes.classes}
    for part in (notes.train, notes.test):
        assert not any(notes.classes[label] in text for text, label in zip(part.texts, part.labels, strict=True))


def test_notes_are_chinese_sentences_and_plain_words_are_told_at_home(notes):
    for text, party in zip(notes.train.texts, notes.train.parties, strict=True):
        assert text.endswith("。") and "{" not in text and " " not in text
        assert text.startswith("我") == (SPECIALTIES[party][1] == "lay")


def test_there_are_as_many_ways_to_tell_as_in_english():
    for kind in ("clinic", "home", "own"):
        ours, theirs = getattr(chinese.CHINESE, kind), getattr(ENGLISH, kind)
        assert len(set(ours)) == len(theirs) and all("{first}" in one and "{rest}" in one and "{age}" in one for one in ours)


def test_samples_speak_of_what_the_graph_knows(notes):
    assert len(notes.samples) == 5
    assert all(len(linker(notes.graph).link(text)) >= 2 for text in notes.samples)


GOOD = "id,name,plain\nHP:1,\u7532,\nHP:2,\u4e59,\u4e19|\u4e01\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "HP:"), (GOOD.replace("plain", "lay"), "line 1"), (GOOD + "HP:3\n", "line 4"), (GOOD + "HP:2,\u620a,\n", "line 4"), (GOOD + ",\u620a,\n", "line 4"),
     (GOOD + "HP:3,,\n", "line 4"), (GOOD + "HP:3,\u620a,a|b|c\n", "line 4"), (GOOD + "HP:3,\u7532,\n", "\u7532 stands twice"), (GOOD, "is missing"), (GOOD + '"HP:3', "line 4")],
)  # fmt: skip
def test_a_broken_table_is_one_clear_sentence(text, words, monkeypatch):
    monkeypatch.setattr(chinese, "_text", lambda file: text)
    with pytest.raises(CarrierError, match=words) as error:
        chinese.graph_of(hpo_graph(), chinese.read_names())
    assert "\n" not in str(error.value) and str(error.value).endswith(".") and "names_zh.csv" in str(error.value)


def test_a_disease_without_a_name_is_one_clear_sentence(monkeypatch):
    monkeypatch.setattr(chinese, "_text", lambda file: "id,name\nOMIM:154700,\u9a6c\u65b9\u7efc\u5408\u5f81\n")
    with pytest.raises(CarrierError, match="diseases_zh.csv must name every disease"):
        chinese.read_diseases()


def test_a_name_that_nothing_needs_is_refused(monkeypatch):
    table = io.StringIO()
    csv.writer(table).writerows([("id", "name", "plain"), *((key, item.name, "") for key, item in chinese.names().items()), ("HP:0", "\u591a", "")])
    monkeypatch.setattr(chinese, "_text", lambda file: table.getvalue())
    with pytest.raises(CarrierError, match="HP:0 is none"):
        chinese.graph_of(hpo_graph(), chinese.read_names())


def test_a_run_takes_a_model_that_reads_its_texts_unless_somebody_says_so():
    assert RunConfig.parse({"scenario": "medicine-vignettes-zh"}).model.name == "e5-small"
    assert RunConfig.parse({"scenario": "medicine-vignettes-zh", "model": "minilm"}).model.name == "minilm"
    assert RunConfig.parse({"scenario": "medicine-vignettes"}).model.name == "minilm"


def test_harder_texts_are_harder_in_chinese_too(notes):
    def texts(**options):
        return stressed(notes, RunConfig.parse({"scenario": notes.name, "texts": options}).texts, 5)

    lay, typos = texts(lay_words=1.0), texts(typos=0.5)
    assert entities_of(lay)[1] == entities_of(notes)[1], "the graph still knows them"
    plain = {name for names in notes.lay_names.values() for name in names}
    before, after = (sum(name in text for text in data.test.texts for name in plain) for data in (notes, lay))
    assert after > 1.5 * before
    assert lay.train is notes.train and (typos.test.labels == notes.test.labels).all()
    lost = sum(len(a) > len(a & b) for a, b in zip(entities_of(notes)[1], entities_of(typos)[1], strict=True))
    assert lost > 0.3 * len(notes.test)


def test_other_names_and_broader_terms_are_written_as_chinese(notes):
    words, generator = Words(notes, 0.3), np.random.default_rng(0)
    kinds = set()
    for row, text in enumerate(notes.train.texts[:60]):
        for mention in words.mentions(row):
            assert all(any(map(is_chinese, name)) for name in other_names(notes, mention))
            for way in ("synonyms", "hypernyms", "siblings", "neighbours"):
                made = WAYS[way](words, text, 0, mention, generator)
                if made is None:
                    continue
                kinds.add(way)
                assert made.text.endswith("。") and "。。" not in made.text and " " not in made.text and made.new in made.text
                assert all(any(map(is_chinese, one.surface)) for one in linker(notes.graph).link(made.text))
    assert kinds == {"synonyms", "hypernyms", "siblings", "neighbours"}


def test_the_bench_measures_it_briefly_and_with_its_own_model():
    own = [job for job in jobs(False) if job.cell.task == "medicine-vignettes-zh"]
    assert [job.cell for job in own] == [Cell("medicine-vignettes-zh", 5), Cell("medicine-vignettes-zh", 5, rewired=0.5)]
    assert own[0].ways == QUICK_WAYS
    assert {config.model.name for job in own for way in job.ways for config, _ in runs(job.cell, way, 0)} == {"e5-small"}
