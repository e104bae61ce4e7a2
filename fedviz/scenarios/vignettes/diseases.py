"""Which diseases the vignettes are about: a rule over the HPO annotations, not a choice by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from fedviz.carriers.derived import derived_path, load_derived
from fedviz.kg.branches import branches_of
from fedviz.kg.graph import KnowledgeGraph

PER_SYSTEM = 3
MIN_PATIENTS = 5
MIN_SHARE = 0.02
MIN_PHENOTYPES = 10


@dataclass(frozen=True)
class Disease:
    """A disease with the findings that papers counted: `phenotypes` are (HPO id, share of the patients in [0, 1], patients counted)."""

    id: str
    name: str
    phenotypes: tuple[tuple[str, float, int], ...]
    references: tuple[str, ...]


def choose(graph: KnowledgeGraph, systems: Sequence[str]) -> tuple[Disease, ...]:
    """For each organ system (ids of `graph`) three diseases, in the order of `systems`.

    A disease is a candidate when at least ten of its phenotypes were looked for in five or more patients and seen in 2 % of them or more; only
    these phenotypes are used. It belongs to the organ system that sets it apart most from the other candidates (the greatest term of the
    Kullback-Leibler divergence of its frequencies by system from theirs). Of a system's diseases those with most papers come first, then those with
    most patients, then the smaller id.
    """
    return _choose(graph, tuple(systems), str(derived_path("hpo-diseases")))


@lru_cache(maxsize=2)
def _choose(graph: KnowledgeGraph, systems: tuple[str, ...], path: str) -> tuple[Disease, ...]:
    """`path` is part of the key of the cache alone."""
    candidates = [disease for disease in map(_candidate, load_derived("hpo-diseases")["diseases"]) if disease is not None]
    candidates = [disease for disease in candidates if all(key in graph.entities for key, *_ in disease.phenotypes)]
    every = tuple(sorted({branch for disease in candidates for key, *_ in disease.phenotypes for branch in branches_of(graph, key)}))
    mixes = np.array([_mix(graph, disease, every) for disease in candidates])
    usual = mixes.mean(axis=0)
    belongs = np.argmax(mixes * np.log(np.maximum(mixes, 1e-12) / usual), axis=1)
    chosen: list[Disease] = []
    for system in systems:
        own = [disease for disease, position in zip(candidates, belongs, strict=True) if every[position] == system]
        own.sort(key=lambda disease: (-len(disease.references), -max(count for *_, count in disease.phenotypes), disease.id))
        chosen += own[:PER_SYSTEM]
    return tuple(chosen)


def _candidate(row: list) -> Disease | None:
    """The disease of a row of the derived file with the phenotypes that count, or None where they are too few."""
    key, name, phenotypes = row
    counted = [item for item in phenotypes if item[2] >= MIN_PATIENTS and item[1] >= MIN_SHARE]
    if len(counted) < MIN_PHENOTYPES:
        return None
    papers = sorted({paper for *_, some in counted for paper in some})
    return Disease(key, name, tuple((phenotype, share, count) for phenotype, share, count, _ in counted), tuple(papers))


def _mix(graph: KnowledgeGraph, disease: Disease, systems: tuple[str, ...]) -> np.ndarray:
    """How a disease's frequencies spread over the organ systems, adding up to 1; a phenotype of several systems is shared among them."""
    mix = dict.fromkeys(systems, 0.0)
    for key, share, _ in disease.phenotypes:
        branches = branches_of(graph, key)
        for branch in branches:
            mix[branch] += share / len(branches)
    total = sum(mix.values())
    return np.array([part / total for part in mix.values()])
