"""What the knowledge bench measures: the places of its grid, the ways in which the graph enters, and the runs that belong to them.

Strength and weight of the evidence of a task were chosen on seeds from 100 on, whose texts are other ones; the seeds reported here count from 0. The weights of
the terms of the loss, the amount of augmentation and the selections were not tuned: they have the value 1, or their entries' own.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from fedviz.carriers.fetch import is_present
from fedviz.core.config import RunConfig
from fedviz.core.registry import MODELS, SCENARIOS
from fedviz.scenarios.excavators.orders import MACHINES

SEEDS = 8
LABELS = (5, 1, 2, 4, 8, 0)
"""Labels a class, the stated one first; 0: all."""
REWIRED = 0.5
NO_STUDY = ("toy", "own")
"""Scenarios that are none of a study: the toy's texts are made up, and one's own are not ours to measure."""

TEXT, GRAPH, VALIDATED, SHUFFLED, RANDOM = "text alone", "with graph", "validated trust", "shuffled graph", "random graph"
_TERM = {"weight": 1.0}
_LOSSES: dict[str, Any] = {"consistency": {"consistency": _TERM}, "rules": {"rules": _TERM}, "representation": {"representation": _TERM}, "links": {"links": _TERM}}
_BESIDE: dict[str, dict[str, Any]] = {
    "augmentation": {"augmentation": {"name": "graph"}},
    "without suspects": {"selection": {"name": "suspicion"}},
    "curriculum": {"selection": {"name": "coverage"}},
}
HEAD_WAYS = (TEXT, GRAPH, SHUFFLED, VALIDATED, RANDOM, "consistency", "rules", *_BESIDE, "all together")
CURVE_WAYS = (TEXT, GRAPH, SHUFFLED, VALIDATED)
"""The ways that are followed over the amount of labels; the others are measured at the stated one."""
ALL_WAYS = (TEXT, GRAPH, SHUFFLED)
"""Those with all labels: validated trust trains anew for every part of every party's texts, which takes ten times as long as the run there."""
REWIRED_WAYS = (TEXT, GRAPH, VALIDATED)
LORA_WAYS = (TEXT, "representation", "links")
"""These terms act on the encoder, so that a head alone learns nothing from them."""
QUICK_WAYS = (TEXT, GRAPH, SHUFFLED, VALIDATED, RANDOM)
CONTROLS = (SHUFFLED, RANDOM)


class Away(NamedTuple):
    """A party that stays away from training, and what the scenario must know of that."""

    client: int
    scenario: dict[str, Any]


@dataclass(frozen=True)
class Setting:
    """How a task is measured: how many parties, what its evidence is set to, who stays away in turn, and from how many labels a class every party has a text.

    `model`: what reads its texts; `ways` of the head that are measured. `brief`: only with the stated number of labels and
    all parties, with the graph as it is and partly wrong.
    """

    clients: int = 8
    evidence: dict[str, Any] = field(default_factory=dict)
    away: tuple[Away, ...] = (Away(3, {}),)
    least_labels: int = 1
    model: str = "minilm"
    ways: tuple[str, ...] = HEAD_WAYS
    brief: bool = False


_HOSPITALS = Setting(away=(Away(3, {"specialty_share": 1.0}),))  # so that its classes are known to nobody else
_EXCAVATORS = Setting(len(MACHINES), {"strength": 0.5}, tuple(Away(MACHINES.index(one), {"graph_without": one}) for one in MACHINES[1:]))  # A has 32 test orders, too few to tell points
SETTINGS = {
    "medicine-vignettes": _HOSPITALS,
    "medicine-coding": _HOSPITALS,
    "manufacturing-orders": _EXCAVATORS,
    "manufacturing-cost": replace(_EXCAVATORS, least_labels=2),  # three classes, five machines
    "medicine-vignettes-zh": Setting(evidence={"strength": 1.0}, model="e5-small", ways=QUICK_WAYS, brief=True),
    "finance-lines": Setting(),
    "finance-merchants": Setting(7, {"dimensions": 0}),
}
"""A task that is not here is measured with the defaults."""
VIGNETTES, ORDERS = "medicine-vignettes", "manufacturing-orders"


class Cell(NamedTuple):
    """A place of the grid: task, labels a class (0: all), what is trained, whether a party stays away, and the share of wrong triples."""

    task: str
    labels: int
    tuning: str = "head"
    missing: bool = False
    rewired: float = 0.0


class Job(NamedTuple):
    """A cell with the ways that are measured in it."""

    cell: Cell
    ways: tuple[str, ...]


def tasks(only: str = "") -> tuple[str, ...]:
    """Names of the scenarios of the study, or of those that begin with `only`; `UnknownNameError` where none does."""
    from fedviz.core.errors import UnknownNameError

    known = tuple(name for name in SCENARIOS.names() if name not in NO_STUDY)
    chosen = tuple(name for name in known if name.startswith(only))
    if not chosen:
        raise UnknownNameError("scenario of the study", only, known)
    return chosen


def fetched(task: str) -> bool:
    """Whether the packages of a task are there."""
    return all(is_present(key) for key in (*SCENARIOS.get(task).carriers, *MODELS.get(setting_of(task).model).carriers))


def jobs(quick: bool, only: str = "") -> tuple[Job, ...]:
    """What is measured, in the order in which it is: first what the stated figures are about, then few labels before many. `quick`: a part of the first two."""
    chosen = tasks(only)
    first = next((name for name in (VIGNETTES, ORDERS) if name in chosen), chosen[0])
    if quick:
        return (Job(Cell(first, 5), QUICK_WAYS), Job(Cell(first, 5, rewired=REWIRED), REWIRED_WAYS))
    long = tuple(task for task in chosen if not setting_of(task).brief)
    planned = [
        Job(Cell(VIGNETTES, 5), HEAD_WAYS), Job(Cell(VIGNETTES, 5, rewired=REWIRED), REWIRED_WAYS), Job(Cell(ORDERS, 5, missing=True), HEAD_WAYS),
        *(Job(Cell(task, LABELS[0], missing=missing), setting_of(task).ways) for missing in (False, True) for task in (long if missing else chosen)),
        *(Job(Cell(task, LABELS[0], rewired=REWIRED), REWIRED_WAYS) for task in chosen),
        *(Job(Cell(task, labels), CURVE_WAYS if labels else ALL_WAYS) for labels in LABELS[1:] for task in long if labels == 0 or labels >= setting_of(task).least_labels),
        *(Job(Cell(task, 5, "lora"), LORA_WAYS) for task in (VIGNETTES, ORDERS)),
    ]  # fmt: skip
    return tuple(dict.fromkeys(job for job in planned if job.cell.task in chosen))


def runs(cell: Cell, way: str, seed: int) -> Iterator[tuple[RunConfig, int | None]]:
    """The runs of a way in a cell with one seed, each with the party whose texts nobody trains on: one run, or one for each party that stays away in turn."""
    setting = setting_of(cell.task)
    federation: dict[str, Any] = {"rounds": 10, "clients": setting.clients, "local_epochs": 4, "compare": False}
    if cell.tuning == "head":
        federation |= {"optimizer": "sgd", "learning_rate": 0.1}
    for away in setting.away if cell.missing else (Away(-1, {}),):
        absent = {"absent_clients": [away.client]} if cell.missing else {}
        yield RunConfig.parse({
            "seed": seed, "scenario": {"name": cell.task, "labels_per_class": cell.labels} | away.scenario, "model": {"name": setting.model, "tuning": cell.tuning},
            "federation": federation | absent, **_way(way, setting.evidence, cell.rewired),
        }), (away.client if cell.missing else None)  # fmt: skip


def setting_of(task: str) -> Setting:
    """How a task is measured."""
    return SETTINGS.get(task, Setting())


def _way(way: str, evidence: dict[str, Any], rewired: float) -> dict[str, Any]:
    """The sections of a run that a way sets."""
    if way == TEXT:
        return {"knowledge": {"name": "none"}}  # the same run whatever becomes of the graph, so that it is made once
    graph: dict[str, Any] = {"graph": {"rewired": rewired}} if rewired else {}
    with_graph = {"name": "evidence"} | evidence
    if way in (GRAPH, *CONTROLS):
        control = {"graph": {"control": way.partition(" ")[0]}} if way in CONTROLS else graph
        return {"knowledge": with_graph, **control}
    if way == VALIDATED:
        return {"knowledge": with_graph | {"trust": "validated"}, **graph}
    if way == "all together":
        return {
            "knowledge": with_graph | {"trust": "validated"}, "guidance": _LOSSES["consistency"] | _LOSSES["rules"],
            **_BESIDE["augmentation"], **_BESIDE["without suspects"], **graph,
        }  # fmt: skip
    return {"knowledge": {"name": "none"}, **({"guidance": _LOSSES[way]} if way in _LOSSES else _BESIDE[way]), **graph}
