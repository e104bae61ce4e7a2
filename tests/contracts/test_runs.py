"""Every plug-in of a federation in whole runs: they repeat, they resume, they survive a client that fails, they end clearly where all fail, and
they go over Flower's wire.

Real training on the toy scenario, in a run's folder and through its journal. A client fails in every round of the runs that are compared, so that few
runs answer for four laws. What is registered is tested unasked; what cannot run as it stands has its least settings in `NEEDS` of
`fedviz.bench.every`.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
from safetensors import safe_open

from fedviz.bench.every import every, tiny_run
from fedviz.core import events as e
from fedviz.core.config import RunConfig
from fedviz.federation.assemble import forget
from fedviz.federation.grid import InProcessGrid
from fedviz.models import compute
from fedviz.runs.folder import RunFolder, create, view_of
from fedviz.runs.journal import read
from fedviz.runs.worker import work
from tests.contracts.wire import over_the_wire

FAILING = 1
EVERY = [pytest.param(*one, id="-".join(one).removeprefix("federation.")) for one in every()]
TOLD = (e.RoundStarted, e.BatchTrained, e.ClientFinished, e.ClientFailed, e.SecureStep, e.RoundAggregated, e.GlobalEvaluated)
TIMES = {"seq": 0, "at": 0.0, "elapsed_s": 0.0}
USUAL = {"federation.strategy": "fedavg", "federation.aggregation": "mean", "federation.compression": "none", "federation.adapters": "fedit", "adversary": "none", "privacy": "none",
         "participation.availability": "always", "partition": "natural", "knowledge": "evidence",
         "augmentation": "none", "selection": "all", "objective": "classify"}  # fmt: skip
SAME = {"fedopt-sgd": "with a server rate of 1 it is FedAvg to the bit", "suspicion": "no label of the toy contradicts its graph, so that nothing is left out",
        "paths": "the toy's graph has no relation but is_a"}
"""Entries that change nothing with their own settings, and why."""


def failing(section: str, name: str) -> RunConfig:
    """The tiny run of a plug-in, in which one client fails in every round."""
    return tiny_run(section, name, **{"federation.faulty_clients": [FAILING]})


class Runs:
    """Runs by configuration, each done once however many laws and plug-ins ask for it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._done: dict[tuple[str, str], RunFolder] = {}

    def straight(self, config: RunConfig) -> RunFolder:
        """A run without a stop, two clients at a time."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(compute, "cores", lambda: 2)
            return self._kept("straight", config, lambda folder: work(folder, threading.Event()))

    def stepped(self, config: RunConfig) -> RunFolder:
        """A run that stops after each round, whose experiment is assembled anew each time and whose clients work one by one."""

        def steps(folder: RunFolder) -> None:
            for number in range(1, config.federation.rounds + 1):
                forget()
                folder.control.ask("step")
                work(folder, threading.Event())
                assert view_of(folder).status == ("paused" if number < config.federation.rounds else "finished"), view_of(folder).reason

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(compute, "cores", lambda: 1)
            return self._kept("stepped", config, steps)

    def wired(self, config: RunConfig) -> RunFolder:
        """A run whose messages and memories are serialised on every way."""
        plain = InProcessGrid.__init__

        def over(grid: InProcessGrid, app: Any, *others: Any) -> None:
            plain(grid, partial(over_the_wire, app), *others)  # type: ignore[arg-type]

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(compute, "cores", lambda: 2)
            patch.setattr(InProcessGrid, "__init__", over)
            return self._kept("wired", config, lambda folder: work(folder, threading.Event()))

    def _kept(self, how: str, config: RunConfig, do: Callable[[RunFolder], None]) -> RunFolder:
        key = (how, config.digest())
        if key not in self._done:
            forget()
            folder = create(self._root, config, how)
            do(folder)
            self._done[key] = folder
        return self._done[key]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    yield Runs(tmp_path_factory.mktemp("runs"))
    forget()
    for kept in (journal, told, state):
        kept.cache_clear()


@cache
def journal(folder: RunFolder) -> tuple[e.Event, ...]:
    """The journal of a run that is over."""
    return read(folder.journal_path)


def kinds(folder: RunFolder, *types: type[e.Event]) -> list[Any]:
    return [event for event in journal(folder) if isinstance(event, types)]


@cache
def told(folder: RunFolder, last: int) -> list[str]:
    """What the journal tells of the rounds up to `last`, without times and in an order that the clients' threads do not change."""
    lines = [event.model_copy(update={key: zero for key, zero in TIMES.items() if hasattr(event, key)}).model_dump_json() for event in kinds(folder, *TOLD) if event.round <= last]
    return sorted(lines) + [f"{event.round} {event.weights_digest} {event.sent_bytes} {event.received_bytes}" for event in kinds(folder, e.RoundEnded) if event.round <= last]


@cache
def state(folder: RunFolder) -> dict[str, Any]:
    """Everything that a next round would depend on: weights, and the memories of the strategy, the drift and every client."""
    with safe_open(folder.checkpoints_path / "state.safetensors", "np") as opened:
        arrays = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 - no mapping
        return {"meta": opened.metadata()} | {name: (str(values.dtype), values.shape, values.tobytes()) for name, values in arrays.items()}


@pytest.mark.slow
@pytest.mark.parametrize(("section", "name"), EVERY)
def test_a_run_repeats(section: str, name: str, runs: Runs) -> None:
    """The same configuration and seed tell the same first round, whether clients work side by side or one by one."""
    config = failing(section, name)
    straight, stepped = runs.straight(config), runs.stepped(config)
    assert told(straight, 1) == told(stepped, 1)
    assert view_of(straight).weights_digest == view_of(stepped).weights_digest != ""


@pytest.mark.slow
@pytest.mark.parametrize(("section", "name"), EVERY)
def test_a_run_that_stops_after_every_round_ends_as_one_that_never_stopped(section: str, name: str, runs: Runs) -> None:
    config = failing(section, name)
    straight, stepped = runs.straight(config), runs.stepped(config)
    assert told(straight, config.federation.rounds) == told(stepped, config.federation.rounds)
    assert state(straight) == state(stepped)
    assert view_of(straight).rounds_done == view_of(stepped).rounds_done == config.federation.rounds


@pytest.mark.slow
@pytest.mark.parametrize(("section", "name"), EVERY)
def test_a_run_goes_on_without_a_client_that_fails_and_says_so(section: str, name: str, runs: Runs) -> None:
    folder = runs.straight(failing(section, name))
    assert (view_of(folder).status, view_of(folder).reason) == ("finished", "")
    asked = [event.round for event in kinds(folder, e.RoundStarted) if FAILING in event.clients]
    failures = [(event.round, event.client) for event in kinds(folder, e.ClientFailed)]
    assert failures == [(number, FAILING) for number in asked] and asked
    assert all("fails in every round" in reason for _, reason in view_of(folder).clients[FAILING].failures)
    for event in kinds(folder, e.RoundAggregated):
        assert FAILING not in {entry.client for entry in event.drift}


@pytest.mark.slow
@pytest.mark.parametrize(("section", "name"), [one for one in EVERY if one.values[0] == "guidance" or USUAL.get(one.values[0], one.values[1]) != one.values[1]])
def test_a_plugin_makes_a_difference(section: str, name: str, runs: Runs) -> None:
    """Else the laws above would be held for nothing."""
    config = failing(section, name)
    plain = {f"guidance.{name}.weight": 0.0} if section == "guidance" else {f"{section}.name": USUAL[section]}
    chosen, usual = runs.straight(config), runs.straight(config.updated(plain))
    assert (told(chosen, config.federation.rounds) == told(usual, config.federation.rounds)) == (name in SAME)


@pytest.mark.slow
@pytest.mark.parametrize(("section", "name"), EVERY)
def test_a_run_over_flowers_wire_is_the_run_in_process(section: str, name: str, runs: Runs) -> None:
    config = failing(section, name)
    straight, wired = runs.straight(config), runs.wired(config)
    assert told(straight, config.federation.rounds) == told(wired, config.federation.rounds)
    assert state(straight) == state(wired)


@pytest.mark.slow
@pytest.mark.parametrize(("section", "name"), EVERY)
def test_a_run_whose_clients_all_fail_ends_with_one_sentence(section: str, name: str, runs: Runs, caplog: pytest.LogCaptureFixture) -> None:
    config = failing(section, name)
    with caplog.at_level(logging.INFO):
        folder = runs.straight(config.updated({"federation.faulty_clients": list(range(config.federation.clients)), "federation.rounds": 1}))
    ended = journal(folder)[-1]
    assert isinstance(ended, e.RunEnded) and ended.status == "failed" and ended.rounds_done == 0
    assert ended.reason.startswith("Round 1 ") and ended.reason.endswith(".") and "\n" not in ended.reason and len(ended.reason) < 300
    assert folder.checkpoints() == (0,), "the model before training is there to look at"
    assert [record.getMessage() for record in caplog.records if record.exc_info] == [], "nobody needs a traceback to understand it"
