"""`medicine-vignettes`: a short clinical note -> the disease. Generated patients, published frequencies, graph of the HPO.

The graph holds names, synonyms and is_a of phenotypes; which disease shows which phenotype is what the notes are made from and
is never part of it, since it would give the label away.
"""

from functools import lru_cache
from typing import Literal

from fedviz.core.i18n import N_
from fedviz.kg.graph import KnowledgeGraph
from fedviz.kg.hpo import hpo_graph, lay_names
from fedviz.scenarios.base import ScenarioData, ScenarioEntry
from fedviz.scenarios.vignettes.cases import WARNINGS, WHY, VignettesOptions, cases, diseases, references
from fedviz.scenarios.vignettes.words import note

HOSPITALS = (
    N_("Heart Centre"),
    N_("Lung Clinic"),
    N_("Neurology Hospital"),
    N_("Eye Clinic"),
    N_("Bone and Muscle Hospital"),
    N_("Kidney Centre"),
    N_("Immunology Institute"),
    N_("Metabolic Clinic"),
)
"""Invented hospitals, in the order of the specialties."""


class MedicineVignettesOptions(VignettesOptions):
    """Options of `medicine-vignettes`."""

    name: Literal["medicine-vignettes"] = "medicine-vignettes"


def load(options: MedicineVignettesOptions, seed: int) -> ScenarioData:
    """The notes, drawn anew for each seed; more notes contain the fewer. `CarrierError` where the carrier is not fetched."""
    graph, chosen = hpo_graph(), diseases()
    lay = _lay(graph)
    train, test = cases(options, seed, lambda found, style, generator: note(graph, found, style, lay, generator))
    return ScenarioData(
        name="medicine-vignettes",
        classes=tuple(disease.name for disease in chosen),
        parties=HOSPITALS,
        train=train,
        test=test,
        graph=graph,
        lay_names=lay,
        carriers=("hpo",),
        warnings=WARNINGS,
        samples=(
            N_("34-year-old man with dilatation of the ascending aorta and ectopia lentis. Examination shows arachnodactyly and scoliosis."),
            N_("My daughter is 5 years old and has frequent lung infections and salty sweat. We also noticed poor weight gain."),
            N_("I am 41 years old and have kidney failure. The doctor also found gout and high blood pressure."),
            N_("Girl, 2 years. Findings: nystagmus and blindness; absent light reflex of the pupil."),
            N_("The patient, a 19-year-old man, presented with eczema and recurrent skin abscesses. Also noted: pneumonia and raised immunoglobulin E."),
        ),
        references=references(chosen),
    )


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
    WHY,
)
