"""Every plug-in of a federation in whole runs: they repeat, they resume, they survive a client that fails, and they end clearly where all fail.

Real training on the toy scenario, in a run's folder and through its journal. A client fails in every round of the two runs that are compared, so that
they answer for three laws at once. What is registered is tested unasked; what cannot run as it stands has its least settings in `NEEDS` of
`fedviz.bench.every`.
"""

import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from safetensors import safe_open

from fedviz.bench.every import every, tiny_run
from fedviz.core import events as e
from fedviz.core.config import RunConfig
from fedviz.federation.assemble import forget
from fedviz.models import compute
from fedviz.runs.folder import RunFolder, create, view_of
from fedviz.runs.journal import read
from fedviz.runs.worker import work

FAILING = 1
EVERY = [pytest.param(*one, id="-".join(one).removeprefix("federation.")) for one in every()]
TOLD = (e.RoundStarted, e.BatchTrained, e.ClientFinished, e.ClientFailed, e.SecureStep, e.RoundAggregated, e.GlobalEvaluated)
TIMES = {"seq": 0, "at": 0.0, "elapsed_s": 0.0}


def failing(section: str, name: str) -> RunConfig:
    """The tiny run of a plug-in, in which one client fails in every round."""
    return tiny_run(section, name, **{"federation.faulty_clients": [FAILING]})


class Runs:
    """Runs by configuration, each done once however many laws and plug-ins ask for it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._done: dict[tuple[str, bool], RunFolder] = {}

    def straight(self, config: RunConfig) -> RunFolder:
        """A run without a stop, two clients at a time."""
        return self._run(config, False)

    def stepped(self, config: RunConfig) -> RunFolder:
        """A run that stops after each round, whose experiment is assembled anew each time and whose clients work one by one."""
        return self._run(config, True)

    def _run(self, config: RunConfig, steps: bool) -> RunFolder:
        key, rounds = (config.digest(), steps), config.federation.rounds
        if key not in self._done:
            folder = self._done[key] = create(self._root, config, "contract")
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(compute, "cores", lambda: 1 if steps else 2)
                for stop in range(1, rounds + 1 if steps else 2):
                    forget()
                    if steps and stop < rounds:
                        folder.control.ask("step")
                    work(folder, threading.Event())
                    assert not steps or view_of(folder).status == ("paused" if stop < rounds else "finished"), view_of(folder).reason
            forget()
        return self._done[key]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    yield Runs(tmp_path_factory.mktemp("runs"))


def kinds(folder: RunFolder, *types: type[e.Event]) -> list[Any]:
    return [event for event in read(folder.journal_path) if isinstance(event, types)]


def told(folder: RunFolder, last: int) -> list[str]:
    """What the journal tells of the rounds up to `last`, without times and in an order that the clients' threads do not change."""
    lines = [event.model_copy(update={key: zero for key, zero in TIMES.items() if hasattr(event, key)}).model_dump_json() for event in kinds(folder, *TOLD) if event.round <= last]
    return sorted(lines) + [f"{event.round} {event.weights_digest} {event.sent_bytes} {event.received_bytes}" for event in kinds(folder, e.RoundEnded) if event.round <= last]


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


@pytest.mark.parametrize(("section", "name"), EVERY)
def test_a_run_whose_clients_all_fail_ends_with_one_sentence(section: str, name: str, runs: Runs, caplog: pytest.LogCaptureFixture) -> None:
    config = failing(section, name)
    with caplog.at_level(logging.INFO):
        folder = runs.straight(config.updated({"federation.faulty_clients": list(range(config.federation.clients)), "federation.rounds": 1}))
    ended = read(folder.journal_path)[-1]
    assert isinstance(ended, e.RunEnded) and ended.status == "failed" and ended.rounds_done == 0
    assert ended.reason.startswith("Round 1 ") and ended.reason.endswith(".") and "\n" not in ended.reason and len(ended.reason) < 300
    assert folder.checkpoints() == (0,), "the model before training is there to look at"
    assert [record.getMessage() for record in caplog.records if record.exc_info] == [], "nobody needs a traceback to understand it"
