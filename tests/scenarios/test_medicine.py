"""The medical scenarios on the real carriers: what they promise, and that no label leaks."""

import re
from statistics import mean

import numpy as np
import pytest

from fedviz.carriers.store import is_present
from fedviz.core import seeds
from fedviz.core.registry import SCENARIOS
from fedviz.kg.branches import branches_of
from fedviz.kg.hpo import ROOT, hpo_graph, lay_names
from fedviz.scenarios import medicine_coding as coding
from fedviz.scenarios import medicine_vignettes as vignettes
from fedviz.scenarios.linked import entities_of, linker
from fedviz.scenarios.vignettes.cases import SPECIALTIES
from fedviz.scenarios.vignettes.diseases import Disease, choose
from fedviz.scenarios.vignettes.patients import findings
from fedviz.scenarios.vignettes.words import note

pytestmark = pytest.mark.skipif(
    not (is_present("icd10cm") and is_present("hpo")), reason="the carriers icd10cm and hpo are not in the data folder: run `python -m fedviz fetch`"
)


@pytest.fixture(scope="module")
def codes():
    return coding.load(coding.MedicineCodingOptions(train_texts=100_000, test_texts=100_000), 0)


@pytest.fixture(scope="module")
def notes():
    return vignettes.load(vignettes.MedicineVignettesOptions(), 0)


def test_coding_counts(codes):
    assert len(codes.classes) == 17 and len(codes.parties) == 8
    assert len(codes.train) + len(codes.test) == 19_533
    assert len(codes.test) / 19_533 == pytest.approx(0.25, abs=0.03)
    assert set(codes.train.labels) == set(codes.test.labels) == set(range(17))


def test_half_of_the_coding_phrases_are_linked(codes):
    train, test = entities_of(codes)
    assert mean(bool(entities) for entities in train + test) == pytest.approx(0.525, abs=0.005)


def test_every_department_has_one_hospital():
    chapters = [chapter for own in coding.HOSPITALS.values() for chapter in own]
    assert sorted(chapters) == sorted(coding.DEPARTMENTS)


@pytest.mark.parametrize(("share", "least", "most"), [(0.0, 0.10, 0.15), (0.7, 0.70, 0.78), (1.0, 1.0, 1.0)])
def test_specialty_share_decides_how_special_hospitals_are(share, least, most):
    data = coding.load(coding.MedicineCodingOptions(specialty_share=share), 0)
    home = {chapter: hospital for hospital, own in enumerate(coding.HOSPITALS.values()) for chapter in own}
    homes = np.array([home[chapter] for chapter in coding.DEPARTMENTS])[data.train.labels]
    assert least <= np.mean(homes == data.train.parties) <= most


def test_vignette_counts(notes):
    assert len(notes.classes) == len(set(notes.classes)) == 24
    assert np.bincount(notes.train.labels).tolist() == [80] * 24 and np.bincount(notes.test.labels).tolist() == [30] * 24
    assert not set(notes.train.texts) & set(notes.test.texts)
    assert len(notes.references) > 100 and all(re.fullmatch(r"PMID:\d+", paper) for paper in notes.references)


def test_the_diseases_keep_the_rule_that_chose_them(notes):
    graph = notes.graph
    systems = [system for system, _ in SPECIALTIES]
    assert set(systems) <= set(graph.children(ROOT))
    for disease in choose(graph, systems):
        assert len(disease.phenotypes) >= 10
        assert all(count >= 5 and 0.02 <= share <= 1 for _, share, count in disease.phenotypes)
    assert {"Marfan syndrome", "Cystic fibrosis"} <= set(notes.classes)


def test_no_note_names_its_disease_and_the_graph_knows_none(notes):
    assert not any(key.startswith(("OMIM", "ORPHA")) for key in notes.graph.entities)
    assert notes.graph.relations == ("is_a",)
    for text, label in zip(notes.train.texts, notes.train.labels, strict=True):
        assert notes.classes[label].lower() not in text.lower()


def test_notes_name_two_findings_or_more_that_can_be_linked(notes):
    linked = [len(entities) for entities in entities_of(notes)[0]]
    assert min(linked) >= 1 and mean(linked) > 2.5


def test_hospitals_differ_in_words(notes):
    """Lay notes use plain-language synonyms, formal ones never unless it is the preferred name."""
    plain = {name.lower() for names in lay_names().values() for name in names}
    preferred = {item.name.lower() for item in notes.graph.entities.values()}
    only_plain = plain - preferred
    shares = {"formal": [], "mixed": [], "lay": []}
    styles = [style for _, style in SPECIALTIES]
    for text, party in zip(notes.train.texts, notes.train.parties, strict=True):
        surfaces = [mention.surface.lower() for mention in linker(notes.graph).link(text)]
        shares[styles[party]].append(mean(surface in only_plain for surface in surfaces) if surfaces else 0)
    assert mean(shares["formal"]) < 0.02 < mean(shares["mixed"]) < mean(shares["lay"])


def test_more_notes_contain_the_fewer(notes):
    few = vignettes.load(vignettes.MedicineVignettesOptions(train_texts=48, test_texts=24), 0)
    assert few.train.texts == notes.train.texts[:48] and few.test.texts == notes.test.texts[:24]


def test_findings_follow_the_published_frequencies():
    graph = hpo_graph()
    keys = [key for key in graph.children("HP:0000478") if graph.children(key)][:1] + list(graph.children(ROOT)[:3])
    disease = Disease("x", "x", tuple(zip(keys, (1.0, 0.6, 0.3, 0.1), (9,) * 4, strict=True)), ())
    seen = dict.fromkeys(keys, 0)
    for number in range(400):
        for key in findings(graph, disease, keys, 0.0, seeds.generator(0, number)):
            seen[key] += 1
    # organ systems and their children have no parent that is narrow enough to stand in for them
    assert sum(seen.values()) >= 800
    assert seen[keys[0]] > seen[keys[1]] > seen[keys[2]] > seen[keys[3]]


def test_a_quarter_of_the_findings_is_named_by_a_parent():
    graph = hpo_graph()
    leaves = [key for key in graph.entities if len(graph.ancestors(key)) > 8 and not graph.children(key)]
    deep = leaves[:40]
    disease = Disease("x", "x", tuple((key, 1.0, 9) for key in deep), ())
    named = [key for number in range(500) for key in findings(graph, disease, deep, 0.0, seeds.generator(1, number))]
    assert mean(key not in deep for key in named) == pytest.approx(0.25, abs=0.04)


def test_there_are_always_two_findings():
    graph = hpo_graph()
    siblings = next(graph.children(key) for key in graph.entities if len(graph.children(key)) > 3 and len(graph.ancestors(key)) > 4)
    disease = Disease("x", "x", tuple((key, 1.0, 9) for key in siblings[:3]), ())
    for number in range(300):
        found = findings(graph, disease, siblings[:2], 2.0, seeds.generator(2, number))
        assert len(found) == len(set(found)) >= 2
        assert all(branches_of(graph, key) for key in found)


def test_notes_read_like_sentences():
    graph, lay = hpo_graph(), lay_names()
    for number in range(60):
        for style in ("formal", "mixed", "lay"):
            text = note(graph, ("HP:0000518", "HP:0001250", "HP:0002650"), style, lay, seeds.generator(3, number))
            assert text[0].isupper() or text[0].isdigit()
            assert text.endswith(".") and "{" not in text and "  " not in text
            assert not re.search(r"\ba (8|11|18)\b|\ban ([^18]|1[^18])", text)


@pytest.mark.parametrize("name", [name for name in SCENARIOS.names() if name not in ("toy", "own")])
def test_the_same_seed_gives_the_same_data_and_another_gives_other_data(name):
    entry = SCENARIOS.get(name)
    one, two, three = entry.load(entry.options(), 5), entry.load(entry.options(), 5), entry.load(entry.options(), 6)
    assert one.train.texts == two.train.texts and (one.train.parties == two.train.parties).all()
    few, others = (entry.load(entry.options(labels_per_class=3), seed).train.texts for seed in (5, 6))
    assert few != others, "which texts are labelled follows the seed"
    if name not in ("manufacturing-orders", "manufacturing-cost"):  # there time alone says who is tested, and all orders before it are trained on
        assert (one.train.texts, list(one.train.parties)) != (three.train.texts, list(three.train.parties))
