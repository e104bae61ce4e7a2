"""`medicine-coding`: a diagnosis in a few words -> the department that treats it. Phrases of ICD-10-CM, graph of the HPO.

A department is a chapter of the tabular list. Training and test phrases come from different three-character categories, so that
the diseases of the test are unseen.
"""

import re
from functools import lru_cache
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from fedviz.carriers.derived import derived_path, load_derived
from fedviz.carriers.store import carrier_path
from fedviz.core import seeds
from fedviz.core.i18n import N_
from fedviz.kg.hpo import hpo_graph, lay_names
from fedviz.scenarios.base import Examples, Ints, ScenarioData, ScenarioEntry, ScenarioOptions
from fedviz.scenarios.limit import limit

DEPARTMENTS = {
    1: N_("Infectious diseases"),
    2: N_("Oncology"),
    3: N_("Haematology"),
    4: N_("Endocrinology and metabolism"),
    5: N_("Psychiatry"),
    6: N_("Neurology"),
    7: N_("Ophthalmology"),
    8: N_("Ear medicine"),
    9: N_("Cardiology"),
    10: N_("Lung medicine"),
    11: N_("Gastroenterology"),
    12: N_("Dermatology"),
    13: N_("Bones, joints and muscles"),
    14: N_("Kidney, urology and gynaecology"),
    15: N_("Obstetrics"),
    16: N_("Newborn medicine"),
    17: N_("Congenital disorders"),
}
"""Chapter -> department. Chapters 18 to 22 (symptoms, injuries, external causes, contacts, special codes) are no departments and are left out."""

HOSPITALS = {
    N_("Heart and Lung Centre"): (9, 10),
    N_("Cancer and Blood Institute"): (2, 3),
    N_("Brain and Mind Hospital"): (5, 6),
    N_("Eye and Ear Clinic"): (7, 8),
    N_("Mother and Child Hospital"): (15, 16, 17),
    N_("Digestive and Kidney Centre"): (11, 14),
    N_("Bone and Skin Hospital"): (12, 13),
    N_("Infection and Hormone Clinic"): (1, 4),
}
"""Invented hospitals and the chapters of their specialty; every chapter has exactly one."""

# phrases that say where or that something is unspecified rather than what it is
_UNINFORMATIVE = re.compile(r"\b(right|left|bilateral|unspecified|classified)\b|^other\b", re.IGNORECASE)
_TEST_SHARE = 0.25


class MedicineCodingOptions(ScenarioOptions):
    """Options of `medicine-coding`."""

    name: Literal["medicine-coding"] = "medicine-coding"
    train_texts: Annotated[
        int, Field(ge=100, le=100_000, title="Training texts", description="At most this many training phrases, chosen by the seed before labels are limited.")
    ] = 4000
    test_texts: Annotated[int, Field(ge=50, le=100_000, title="Test texts", description="At most this many test phrases, chosen by the seed.")] = 1000
    specialty_share: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            title="Specialty share",
            description="Share of each department's phrases that lies at the hospital of that specialty; the rest is spread over all. "
            "0: all hospitals alike; 1: each knows its specialty alone.",
        ),
    ] = 0.7


def load(options: MedicineCodingOptions, seed: int) -> ScenarioData:
    """The phrases, split by category and dealt to hospitals anew for each seed. `CarrierError` where the carriers are not fetched."""
    graph = hpo_graph()
    carrier_path("icd10cm")
    phrases = _phrases(str(derived_path("icd10cm-phrases")))
    labels = np.array([label for _, label, _ in phrases])
    is_test = _test_categories(phrases, seeds.generator(seed, "coding", "split"))
    everything = Examples(
        tuple(words for words, _, _ in phrases), labels, _hospitals(labels, options.specialty_share, seeds.generator(seed, "coding", "hospitals"))
    )
    train, test = everything.take(np.flatnonzero(~is_test)), everything.take(np.flatnonzero(is_test))
    return ScenarioData(
        name="medicine-coding",
        classes=tuple(DEPARTMENTS.values()),
        parties=tuple(HOSPITALS),
        train=limit(train, options.train_texts, options.labels_per_class, seeds.generator(seed, "coding", "train")),
        test=limit(test, options.test_texts, 0, seeds.generator(seed, "coding", "test")),
        graph=graph,
        lay_names=dict(lay_names()),
        carriers=("icd10cm", "hpo"),
        warnings=(
            N_("The phrases come from a coding manual, not from patients' records."),
            N_("The hospitals are invented; phrases are dealt to them by specialty and chance."),
            N_("About half of the phrases name a phenotype of the ontology; on the others the graph can say nothing."),
        ),
        samples=(
            N_("Atrial fibrillation with rapid heart rate"),
            N_("Sudden hearing loss in one ear, with vertigo"),
            N_("Itchy rash with blisters on both hands"),
            N_("Cloudy lens, slowly worsening vision"),
            N_("Seizures and muscle weakness after a viral infection"),
            N_("Low platelet count with easy bruising"),
            N_("Baby born at 30 weeks with breathing difficulty"),
        ),
    )


@lru_cache(maxsize=2)
def _phrases(path: str) -> tuple[tuple[str, int, str], ...]:
    """(phrase, class, category) of the departments: each phrase once, none that stands in two chapters. `path` is the key of the cache alone."""
    chapters: dict[str, set[int]] = {}
    first: dict[str, tuple[str, int, str]] = {}
    index = {chapter: label for label, chapter in enumerate(DEPARTMENTS)}
    for words, chapter, category, *_ in load_derived("icd10cm-phrases")["phrases"]:
        if chapter in index and not _UNINFORMATIVE.search(words):
            chapters.setdefault(words.lower(), set()).add(chapter)
            first.setdefault(words.lower(), (words, index[chapter], category))
    return tuple(phrase for key, phrase in first.items() if len(chapters[key]) == 1)


def _test_categories(phrases: tuple[tuple[str, int, str], ...], generator: np.random.Generator) -> np.ndarray:
    """Which phrases are for the test: in every chapter, whole categories by chance until a quarter of its phrases is reached."""
    sizes: list[dict[str, int]] = [{} for _ in DEPARTMENTS]
    for _, label, category in phrases:
        sizes[label][category] = sizes[label].get(category, 0) + 1
    chosen: set[str] = set()
    for categories in sizes:
        wanted, names = _TEST_SHARE * sum(categories.values()), list(categories)
        for position in generator.permutation(len(names)):
            if wanted <= 0:
                break
            chosen.add(names[position])
            wanted -= categories[names[position]]
    return np.array([category in chosen for _, _, category in phrases])


def _hospitals(labels: Ints, share: float, generator: np.random.Generator) -> Ints:
    """The hospital of each phrase: that of its specialty with probability `share`, any of them otherwise."""
    home = {chapter: hospital for hospital, chapters in enumerate(HOSPITALS.values()) for chapter in chapters}
    homes = np.array([home[chapter] for chapter in DEPARTMENTS])[labels]
    return np.where(generator.random(len(labels)) < share, homes, generator.integers(len(HOSPITALS), size=len(labels)))


MEDICINE_CODING = ScenarioEntry(
    "medicine-coding",
    N_("Medicine: which department?"),
    N_("Phrases of the ICD-10-CM coding manual, sorted to the department that treats the disease; the diseases of the test were never seen in training."),
    MedicineCodingOptions,
    load,
    N_("hospital"),
    ("icd10cm", "hpo"),
    N_("A diagnosis is among the most personal things that can be written of somebody: professional secrecy and data protection law forbid hospitals to pool what they write."),
)
