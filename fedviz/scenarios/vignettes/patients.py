"""Patients drawn from the published frequencies: which findings a short note about one of them names."""

from collections.abc import Sequence

import numpy as np

from fedviz.kg.graph import KnowledgeGraph
from fedviz.kg.hpo import ROOT
from fedviz.scenarios.vignettes.diseases import Disease

PARENT_SHARE = 0.25
"""Share of the findings that are named by a broader term of the ontology, as a hurried note would."""
MOST_FINDINGS = 4


def findings(graph: KnowledgeGraph, disease: Disease, strange: Sequence[str], noise: float, generator: np.random.Generator) -> tuple[str, ...]:
    """HPO ids of two to four findings of one patient, in the order in which the note names them; noise comes on top.

    Every phenotype of the disease is present with its published frequency, independently of the others; the note names a few of those that are
    (the most frequent two where fewer than two are). A quarter of them is replaced by a parent term, never one as broad as an organ system.
    Each place of `noise` findings on average holds one of `strange`, the phenotypes of all diseases, whatever the patient has.
    """
    shares = np.array([share for _, share, _ in disease.phenotypes])
    present = np.flatnonzero(generator.random(len(shares)) < shares)
    if len(present) < 2:
        present = np.argsort(-shares, kind="stable")[:2]
    count = int(generator.integers(2, MOST_FINDINGS + 1))
    named = [disease.phenotypes[position][0] for position in generator.permutation(present)[:count]]
    named = [_broader(graph, key, generator) if generator.random() < PARENT_SHARE else key for key in named]
    named += [strange[position] for position in generator.integers(len(strange), size=generator.poisson(noise))]
    distinct = tuple(dict.fromkeys(named[position] for position in generator.permutation(len(named))))
    if len(distinct) > 1:
        return distinct
    # two findings shared a parent, or chance named one twice: the disease's most frequent phenotypes fill up
    frequent = (disease.phenotypes[position][0] for position in np.argsort(-shares, kind="stable"))
    return (*distinct, next(key for key in frequent if key not in distinct))


def _broader(graph: KnowledgeGraph, key: str, generator: np.random.Generator) -> str:
    """A parent of `key`, by chance where there are several; itself where all parents are organ systems."""
    parents = [parent for parent in graph.parents(key) if parent != ROOT and ROOT not in graph.parents(parent)]
    return parents[generator.integers(len(parents))] if parents else key
