"""Options of a federation that no plug-in stands for go over Flower's wire without a change of a bit, as plug-ins do."""

from functools import partial
from typing import Any

import pytest

from fedviz.bench.every import tiny_run
from fedviz.core import events as e
from fedviz.core.errors import RunError
from fedviz.federation.assemble import assemble
from fedviz.federation.grid import InProcessGrid
from fedviz.federation.messages import weights_digest
from fedviz.federation.rounds import Hooks, Rounds
from tests.contracts.wire import over_the_wire

TOLD = (e.ClientFailed, e.Validated, e.RoundAggregated, e.GlobalEvaluated)
OPTIONS: dict[str, dict[str, Any]] = {
    "patience": {"federation.validation_share": 0.3, "federation.patience": 1, "federation.rounds": 4},
    "class weights": {"objective.class_weights": "global"},
    "training that runs away": {"federation.strategy.name": "fedprox", "federation.strategy.mu": 100.0, "federation.optimizer": "sgd", "federation.learning_rate": 10.0, "federation.local_epochs": 20},
    "self-pruning": {"model.tuning": "lora", "federation.adapters.name": "hetlora", "federation.adapters.self_pruning": True, "federation.adapters.kept_share": 0.5, "federation.adapters.pull": 50.0},
}


def story(options: dict[str, Any]) -> tuple[str, list[str]]:
    """The last weights, or why the run failed, and what it told."""
    events: list[e.Event] = []
    try:
        ended = weights_digest(Rounds(assemble(tiny_run("federation.strategy", "fedavg", **options)), Hooks(emit=events.append)).run().state.arrays)
    except RunError as error:
        ended = str(error)
    zero = {"seq": 0, "at": 0.0, "elapsed_s": 0.0}
    return ended, sorted(event.model_copy(update={key: value for key, value in zero.items() if hasattr(event, key)}).model_dump_json() for event in events if isinstance(event, TOLD))


@pytest.mark.slow
@pytest.mark.parametrize("name", OPTIONS)
def test_the_wire_changes_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    here, plain = story(OPTIONS[name]), InProcessGrid.__init__

    def over(grid: InProcessGrid, app: Any, *others: Any) -> None:
        plain(grid, partial(over_the_wire, app), *others)  # type: ignore[arg-type]

    monkeypatch.setattr(InProcessGrid, "__init__", over)
    assert story(OPTIONS[name]) == here
    assert here[1], "something was told"
    assert ("not finite" in here[0]) == (name == "training that runs away")
