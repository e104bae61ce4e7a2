"""`medicine-vignettes`: a short clinical note -> the disease. Generated patients, published frequencies, graph of the HPO.

The graph holds names, synonyms and is_a of phenotypes; which disease shows which phenotype is what the notes are made from and
is never part of it, since it would give the label away.
"""

from functools import lru_cache
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from fedviz.core import seeds
from fedviz.core.i18n import N_
from fedviz.kg.graph import KnowledgeGraph
from fedviz.kg.hpo import hpo_graph, lay_names
from fedviz.scenarios.base import Examples, ScenarioData, ScenarioEntry, ScenarioOptions
from fedviz.scenarios.limit import limit
from fedviz.scenarios.vignettes.diseases import PER_SYSTEM, Disease, choose
from fedviz.scenarios.vignettes.patients import findings
from fedviz.scenarios.vignettes.words import Style, note

HOSPITALS: dict[str, tuple[str, Style]] = {
    N_("Heart Centre"): ("HP:0001626", "formal"),
    N_("Lung Clinic"): ("HP:0002086", "lay"),
    N_("Neurology Hospital"): ("HP:0000707", "mixed"),
    N_("Eye Clinic"): ("HP:0000478", "lay"),
    N_("Bone and Muscle Hospital"): ("HP:0033127", "mixed"),
    N_("Kidney Centre"): ("HP:0000119", "formal"),
    N_("Immunology Institute"): ("HP:0002715", "formal"),
    N_("Metabolic Clinic"): ("HP:0001939", "mixed"),
}
"""Invented hospitals: the organ system of their specialty (a branch of the HPO) and the words in which their notes are written."""


class MedicineVignettesOptions(ScenarioOptions):
    """Options of `medicine-vignettes`."""

    name: Literal["medicine-vignettes"] = "medicine-vignettes"
    train_texts: Annotated[
        int, Field(ge=48, le=50_000, title="Training texts", description="How many notes to generate for training; all diseases are equally frequent.")
    ] = 1920
    test_texts: Annotated[int, Field(ge=24, le=50_000, title="Test texts", description="How many notes to generate for the test, of other patients.")] = 720
    specialty_share: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            title="Specialty share",
            description="Share of a disease's patients who go to the hospital of its specialty; the others go anywhere. "
            "0: all hospitals alike; 1: each sees three diseases alone.",
        ),
    ] = 0.6
    noise: Annotated[
        float,
        Field(ge=0, le=5, title="Noise", description="Findings in each note that have nothing to do with the disease, on average."),
    ] = 0.5


def load(options: MedicineVignettesOptions, seed: int) -> ScenarioData:
    """The notes, drawn anew for each seed; more notes contain the fewer. `CarrierError` where the carrier is not fetched."""
    graph = hpo_graph()
    diseases = choose(graph, [system for system, _ in HOSPITALS.values()])
    train = _notes(graph, diseases, options, options.train_texts, seed, "train")
    return ScenarioData(
        name="medicine-vignettes",
        classes=tuple(disease.name for disease in diseases),
        parties=tuple(HOSPITALS),
        train=limit(train, options.train_texts, options.labels_per_class, seeds.generator(seed, "vignettes", "labels")),
        test=_notes(graph, diseases, options, options.test_texts, seed, "test"),
        graph=graph,
        lay_names=_lay(graph),
        carriers=("hpo",),
        warnings=(
            N_("These patients do not exist: the notes are generated from how often published papers saw each phenotype in each disease."),
            N_("Phenotypes are drawn independently of each other; a quarter is named by a broader term, and some have nothing to do with the disease."),
            N_("The notes use the names and synonyms of the ontology, so nearly every finding can be linked; real notes are harder."),
            N_("Age and sex are drawn by chance and say nothing about the disease. The hospitals are invented."),
            N_("The graph knows no disease: it holds names, synonyms and is_a of phenotypes alone."),
        ),
        samples=(
            N_("34-year-old man with dilatation of the ascending aorta and ectopia lentis. Examination shows arachnodactyly and scoliosis."),
            N_("My daughter is 5 years old and has frequent lung infections and salty sweat. We also noticed poor weight gain."),
            N_("I am 41 years old and have kidney failure. The doctor also found gout and high blood pressure."),
            N_("Girl, 2 years. Findings: nystagmus and blindness; absent light reflex of the pupil."),
            N_("The patient, a 19-year-old man, presented with eczema and recurrent skin abscesses. Also noted: pneumonia and raised immunoglobulin E."),
        ),
        references=tuple(sorted({paper for disease in diseases for paper in disease.references})),
    )


def _notes(graph: KnowledgeGraph, diseases: tuple[Disease, ...], options: MedicineVignettesOptions, count: int, seed: int, split: str) -> Examples:
    """`count` notes of as many patients; diseases take turns, and every patient has a generator of its own."""
    lay = _lay(graph)
    strange = sorted({key for disease in diseases for key, *_ in disease.phenotypes})
    styles = [style for _, style in HOSPITALS.values()]
    texts, labels, parties = [], [], []
    for number in range(count):
        generator = seeds.generator(seed, "vignettes", split, number)
        label = number % len(diseases)
        at_home = generator.random() < options.specialty_share
        party = label // PER_SYSTEM if at_home else int(generator.integers(len(HOSPITALS)))
        texts.append(note(graph, findings(graph, diseases[label], strange, options.noise, generator), styles[party], lay, generator))
        labels.append(label)
        parties.append(party)
    return Examples(tuple(texts), np.array(labels), np.array(parties))


@lru_cache(maxsize=2)
def _lay(graph: KnowledgeGraph) -> dict[str, tuple[str, ...]]:
    """The plain-language names, read once for each graph."""
    return dict(lay_names())


MEDICINE_VIGNETTES = ScenarioEntry(
    "medicine-vignettes",
    N_("Medicine: which disease?"),
    N_("Generated clinical notes of patients with one of 24 rare diseases, drawn from published frequencies and written in formal, mixed or plain words."),
    MedicineVignettesOptions,
    load,
    N_("hospital"),
    ("hpo",),
    N_("A patient with a rare disease can be known again from a few findings, so that notes may leave no hospital; and no hospital alone sees enough of such patients."),
)
