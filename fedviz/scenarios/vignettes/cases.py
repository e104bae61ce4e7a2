"""Cases: which patients there are, who treats them and how much is written of them; what the notes say in which language is asked of `tell`."""

from collections.abc import Callable, Sequence
from typing import Annotated

import numpy as np
from pydantic import Field

from fedviz.core import seeds
from fedviz.core.i18n import N_
from fedviz.kg.hpo import hpo_graph
from fedviz.scenarios.base import Examples, ScenarioOptions
from fedviz.scenarios.limit import limit
from fedviz.scenarios.vignettes.diseases import PER_SYSTEM, Disease, choose
from fedviz.scenarios.vignettes.patients import findings
from fedviz.scenarios.vignettes.words import Style

SPECIALTIES: tuple[tuple[str, Style], ...] = (
    ("HP:0001626", "formal"),
    ("HP:0002086", "lay"),
    ("HP:0000707", "mixed"),
    ("HP:0000478", "lay"),
    ("HP:0033127", "mixed"),
    ("HP:0000119", "formal"),
    ("HP:0002715", "formal"),
    ("HP:0001939", "mixed"),
)
"""The invented hospitals in their order: the organ system of their specialty (a branch of the HPO), and the words in which their notes are written."""
WARNINGS = (
    N_("These patients do not exist: the notes are generated from how often published papers saw each phenotype in each disease."),
    N_("Phenotypes are drawn independently of each other; a quarter is named by a broader term, and some have nothing to do with the disease."),
    N_("The notes use the names and synonyms of the ontology, so nearly every finding can be linked; real notes are harder."),
    N_("Age and sex are drawn by chance and say nothing about the disease. The hospitals are invented."),
    N_("The graph knows no disease: it holds names, synonyms and is_a of phenotypes alone."),
)
"""What must be said of generated notes in any language."""
WHY = N_("A patient with a rare disease can be known again from a few findings, so that notes may leave no hospital; and no hospital alone sees enough of such patients.")

Tell = Callable[[tuple[str, ...], Style, np.random.Generator], str]
"""`tell(findings, style, generator)` writes the note of a patient; findings are HPO ids."""


class VignettesOptions(ScenarioOptions):
    """Options of all scenarios of generated notes, in whatever language."""

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


def diseases() -> tuple[Disease, ...]:
    """The diseases of the notes, three of each specialty. `CarrierError` where the carrier is not fetched."""
    return choose(hpo_graph(), [system for system, _ in SPECIALTIES])


def references(chosen: Sequence[Disease]) -> tuple[str, ...]:
    """The papers whose figures the notes are made from."""
    return tuple(sorted({paper for disease in chosen for paper in disease.references}))


def cases(options: VignettesOptions, seed: int, tell: Tell) -> tuple[Examples, Examples]:
    """Notes to train on and to test with, drawn anew for each seed; more notes contain the fewer, and every language tells of the same patients."""
    train = _notes(options, options.train_texts, seed, "train", tell)
    test = _notes(options, options.test_texts, seed, "test", tell)
    return limit(train, options.train_texts, options.labels_per_class, seeds.generator(seed, "vignettes", "labels")), test


def _notes(options: VignettesOptions, count: int, seed: int, split: str, tell: Tell) -> Examples:
    """`count` notes of as many patients; diseases take turns, and every patient has a generator of its own."""
    graph, chosen = hpo_graph(), diseases()
    strange = sorted({key for disease in chosen for key, *_ in disease.phenotypes})
    texts, labels, parties = [], [], []
    for number in range(count):
        generator = seeds.generator(seed, "vignettes", split, number)
        label = number % len(chosen)
        at_home = generator.random() < options.specialty_share
        party = label // PER_SYSTEM if at_home else int(generator.integers(len(SPECIALTIES)))
        texts.append(tell(findings(graph, chosen[label], strange, options.noise, generator), SPECIALTIES[party][1], generator))
        labels.append(label)
        parties.append(party)
    return Examples(tuple(texts), np.array(labels), np.array(parties))
