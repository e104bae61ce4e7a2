"""The stresses of the bench robust_knowledge: what is changed in a run, at which levels and on which tasks, and in which order they are measured."""

from typing import Any, NamedTuple

VIGNETTES, CODING = "medicine-vignettes", "medicine-coding"
LABELS, SEEDS, QUICK_SEEDS = 5, 5, 2
ABSENT, UNSEEN, POISONER = 3, 6, 0
TEXT, GRAPH, VALIDATED = "text alone", "with graph", "validated trust"
WAYS: dict[str, dict[str, Any]] = {TEXT: {"name": "none"}, GRAPH: {"name": "evidence"}, VALIDATED: {"name": "evidence", "trust": "validated"}}
FEDERATION = {"rounds": 10, "clients": 8, "local_epochs": 4, "optimizer": "sgd", "learning_rate": 0.1, "compare": False}


class Stress(NamedTuple):
    """A stress of one strength: the changes of the configuration that make it."""

    name: str
    level: float
    changes: dict[str, Any]


def _levels(key: str, name: str, *levels: float) -> tuple[Stress, ...]:
    return tuple(Stress(name, level, {key: level}) for level in levels)


_PLAIN = Stress("none", 0.0, {})
_REWIRED = _levels("graph.rewired", "rewired", 0.1, 0.25, 0.5)
_TRUE = Stress("missing client", 0.0, {"scenario.specialty_share": 1.0})
"""The same hospitals with nobody away: each has specialties of its own, which the others' texts say nothing about."""
_LABELS = _levels("texts.wrong_labels", "wrong labels", 0.1, 0.2, 0.4)
Group = tuple[str, tuple[Stress, ...]]
FULL: tuple[Group, ...] = (
    (VIGNETTES, (_PLAIN, *_REWIRED)),
    (CODING, (_PLAIN, *_REWIRED)),
    (VIGNETTES, _LABELS),
    (VIGNETTES, _levels("texts.typos", "typos", 0.1, 0.3)),
    (VIGNETTES, _levels("texts.lay_words", "lay words", 1.0)),
    (VIGNETTES, _levels("texts.unseen_entities", "unseen entities", 0.5)),
    (VIGNETTES, (Stress("unseen classes", float(UNSEEN), {"texts.unseen_classes": UNSEEN}),)),
    (VIGNETTES, (_TRUE, Stress("missing client", 1.0, _TRUE.changes | {"federation.absent_clients": [ABSENT]}))),
    (VIGNETTES, _levels("graph.stale", "stale", 0.5, 1.0)),
    (VIGNETTES, tuple(Stress("poisoned", level, {"graph.poisoned": level, "graph.poisoned_by": POISONER}) for level in (0.5, 1.0))),
    (CODING, _LABELS),
    (CODING, _levels("texts.lay_words", "lay words", 1.0)),
    (VIGNETTES, _levels("texts.lay_words", "lay words", 0.5)),
    (VIGNETTES, _levels("texts.unseen_entities", "unseen entities", 0.25)),
)
QUICK: tuple[Group, ...] = ((VIGNETTES, (_PLAIN, _REWIRED[-1])),)
"""A group is the part of a seed's work that is done at one go: its stresses mostly share their texts. The most wanted groups come first."""


class Found(NamedTuple):
    """One run: accuracy on all test texts, on those of the unseen classes or the missing client (None where there are none), and the trust in evidence and structure."""

    accuracy: float
    apart: float | None
    trust: tuple[float, float] | None
