"""Other frameworks as oracles: the same few rounds through ours, through theirs, and through the papers' equations in NumPy.

Softmax regression on the rows of docs/vectors, three clients with unequal numbers of rows, the same start, batches and rounds. Where ours and theirs
differ, the equations say who left the paper, and the difference must be named: a rule that meets the other's weights (`fedviz.bench.oracles_named`).
The page *Proofs* shows docs/results/oracles.json: `python -m fedviz bench oracles --out docs/results/oracles.json`.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from fedviz.bench.foreign import Framework, answer
from fedviz.bench.oracles_named import NAMED
from fedviz.bench.oracles_paper import RULES, Vector, World
from fedviz.bench.papers_vectors import federation, vectors
from fedviz.bench.report import Check, Result, Say, at_most
from fedviz.bench.tables import TableLearner
from fedviz.core.registry import STRATEGIES
from fedviz.federation import messages, wire
from fedviz.federation.local.ditto import PERSONAL
from fedviz.federation.rounds import Hooks, Rounds, RoundState

LIMIT = 1e-5
"""The same weights: what single precision leaves of a difference after the rounds."""
FRAMEWORKS = {
    "pfl": Framework("pfl", "pfl", "0.6.0", ("pfl==0.6.0", "torch==2.13.0"), 2.0),
    "fluke": Framework("fluke", "fluke-fl", "0.8.1", ("fluke-fl==0.8.1", "torch==2.14.1", "torchvision==0.29.1"), 7.0),
}
UNPRINTED = ("reason",)


@dataclass(frozen=True)
class Case:
    """An algorithm as it runs everywhere: its name in the registry, its options, whether clients count the same, and which frameworks have it."""

    name: str
    options: dict[str, Any] = field(default_factory=dict)
    even: bool = False
    frameworks: tuple[str, ...] = ("pfl", "fluke")

    def question(self) -> dict[str, Any]:
        """What a framework is told."""
        return {"name": self.name, "options": self.options, "even": self.even}


MOMENTS = {"server_rate": 0.1, "beta_1": 0.9, "beta_2": 0.99, "tau": 1e-2}
RATE = 0.2
CASES = (
    Case("fedavg"),
    Case("fedsgd"),
    Case("fedprox", {"mu": 0.5}),
    Case("fedavgm", {"server_rate": 1.0, "momentum": 0.5}),
    Case("fedopt-sgd", {"server_rate": 0.5}),
    Case("fedadagrad", {"server_rate": 0.1, "tau": 1e-2}),
    Case("fedadam", MOMENTS),
    Case("fedyogi", MOMENTS, frameworks=("fluke",)),
    Case("scaffold", {"server_rate": 1.0}, even=True),
    Case("fednova", frameworks=("fluke",)),
    Case("feddyn", {"alpha": 0.5}, even=True, frameworks=("fluke",)),
    Case("ditto", {"lam": 0.5, "passes": 2}, frameworks=("fluke",)),
    Case("pfedme", {"lam": 1.0, "inner_steps": 3, "eta": RATE, "beta": 0.5}, even=True, frameworks=("fluke",)),
)
"""SCAFFOLD, FedDyn and pFedMe count clients the same, as their papers do."""


class InOrder(TableLearner):
    """Takes the rows of a client in their order, in every epoch."""

    def weigh(self, indices: Sequence[int], change: Any = None) -> None:
        """All count the same."""

    def batches(self, split: str, indices: Sequence[int], batch_size: int, generator: np.random.Generator | None = None) -> Iterator[Any]:
        """The rows at `indices` in theirs."""
        yield from super().batches(split, indices, batch_size)


def document(rounds: int) -> dict[str, Any]:
    """The federation in plain data: rows, labels, who holds which, initial weights, and how everybody trains: rows in their order, in batches of 5."""
    published = vectors()
    return {key: published[key] for key in ("inputs", "labels", "clients", "initial")} | {"rounds": rounds, "local_epochs": 2, "batch_size": 5, "learning_rate": RATE}


def ours(world: World, case: Case) -> list[Vector]:
    """The weights after each round by our clients, strategy and loop, laid out as `World` lays them."""
    states: list[RoundState] = []
    settings = {"strategy": {"name": case.name, **case.options}, "weighting": "even" if case.even else "examples"}
    Rounds(federation(world.document, InOrder, **settings), Hooks(save=states.append)).run()  # type: ignore[arg-type]
    return [np.concatenate([_flat(state.arrays), *(_own(state) if case.name == "ditto" else ())]) for state in states[1:]]


def measure(quick: bool, say: Say) -> Result:
    """A row for each framework and algorithm; `quick` asks those that are installed already, over two rounds, and installs nothing."""
    logging.getLogger("flwr").setLevel(logging.ERROR)
    told, rows, notes = document(2 if quick else 5), list[dict[str, Any]](), list[str]()
    say("Ours, and the papers' equations")
    worlds = {case.name: World(told, case.even) for case in CASES}
    reached = {case.name: ours(worlds[case.name], case) for case in CASES}
    papers = {case.name: RULES[case.name](worlds[case.name], case.options) for case in CASES}
    checks = [at_most(f"{_title(name)}: ours from the paper's equations", apart(reached[name], papers[name]), LIMIT) for name in papers]
    for framework in FRAMEWORKS.values():
        cases = [case for case in CASES if framework.name in case.frameworks]
        say(f"The same under {framework.project}")
        found = _asked(framework, told, cases, not quick, notes, say)
        for case in cases:
            named, theirs = NAMED.get((framework.name, case.name)), None if found is None else [np.array(w) for w in found[case.name]]
            told_rule = None if named is None else named.rule(worlds[case.name], case.options)
            rows.append(compared(f"{framework.project} {framework.version}", case.name, reached[case.name], papers[case.name], theirs, told_rule, named.reason if named else ""))
            if theirs is not None:
                checks.append(Check(f"{_title(case.name)} under {framework.project}: the same, or named", rows[-1]["left"], f"at most {LIMIT:g}", rows[-1]["state"] in ("same", "named")))
        if found is None and not quick:  # a figure that is stated must be measured
            checks.append(Check(f"rows under {framework.project}", 0.0, "not measured", False))
    return Result("oracles", rows, checks, notes, UNPRINTED)


def compared(framework: str, name: str, ours: list[Vector], paper: list[Vector], theirs: list[Vector] | None, named: list[Vector] | None, reason: str) -> dict[str, Any]:
    """One row. `difference` is ours from theirs, `paper` ours from the equations, and `left` what no word explains: theirs from ours, or from the rule that is named.

    `state`: "same", "named" (a difference, and the rule named meets theirs), "unexplained" or "not installed".
    """
    row: dict[str, Any] = {"framework": framework, "algorithm": _title(name), "difference": None, "paper": apart(ours, paper), "left": None, "state": "not installed", "reason": ""}
    if theirs is None:
        return row
    difference = apart(ours, theirs)
    if difference <= LIMIT:
        return row | {"difference": difference, "left": difference, "state": "same"}
    left = difference if named is None else apart(theirs, named)
    return row | {"difference": difference, "left": left, "state": "named" if left <= LIMIT else "unexplained", "reason": reason if left <= LIMIT else ""}


def apart(one: list[Vector], other: list[Vector]) -> float:
    """The greatest difference of a weight after any round; infinite where the shapes differ or a weight is not a number."""
    if [w.shape for w in one] != [w.shape for w in other]:
        return float("inf")
    return float(np.nan_to_num(np.abs(np.stack(one) - np.stack(other)), nan=np.inf).max())


def _asked(framework: Framework, told: dict[str, Any], cases: list[Case], install: bool, notes: list[str], say: Say) -> dict[str, Any] | None:
    def heard(line: str) -> None:
        said.append(line)
        say(line)

    said: list[str] = []
    python = framework.python(install, heard)
    if python is None:
        notes.append(said[-1] if said else f"{framework.project} {framework.version} is not installed; without --quick this bench installs it.")
        return None
    try:
        return answer([python, str(Path(__file__).with_name(f"oracles_{framework.name}.py"))], {"document": told, "cases": [case.question() for case in cases]}, limit_s=1800.0)
    except ValueError as error:
        notes.append(f"{framework.project} {framework.version} was not measured: it did not run ({error}).")
        return None


def _own(state: RoundState) -> list[Vector]:
    """The clients' personal models."""
    return [_flat(messages.within(messages.arrays_of(client[wire.MEMORY]), PERSONAL)) for client in state.clients]  # type: ignore[arg-type]


def _flat(arrays: Any) -> Vector:
    return np.concatenate([np.asarray(arrays[name]).ravel() for name in ("weight", "bias")])


def _title(name: str) -> str:
    return STRATEGIES.get(name).title
