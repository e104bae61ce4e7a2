"""Whole runs under Flower's own simulation on Ray: the loop, the strategies and the clients of a run in process, reached through Flower's grid.

`python -m fedviz.bench.simulated [SECTION ...]` does every tiny run (`fedviz.bench.every`) in process and under the simulation and prints a line of
JSON for each: whether the two tell the same of their rounds. It needs `ray` (`requirements-bench.txt`).

A client app that Ray carries to its workers cannot bring a model along. So the workers get `Remote`, which assembles a run's experiment from the
configuration that comes with every message, and keeps it. Flower draws the numbers of its nodes; each is asked once which client it is.
"""

import json
import logging
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import lru_cache, partial
from typing import Any

from flwr.app import ConfigRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from flwr.serverapp import Grid

from fedviz.bench.every import every, tiny_run
from fedviz.core import events as e
from fedviz.core import seeds
from fedviz.core.config import RunConfig
from fedviz.core.errors import FedvizError
from fedviz.federation import messages, wire
from fedviz.federation.assemble import Experiment, assemble
from fedviz.federation.grid import GridOver
from fedviz.federation.rounds import Hooks, Rounds
from fedviz.federation.secure.client import SecureSettings, protect
from fedviz.federation.secure.keys import seeded

_RUN, _TOML, _WHO = "fedviz-run", "toml", "query.who"
_NODES = 8


@lru_cache(maxsize=2)
def _clients(toml: str) -> ClientApp:
    """The clients' app of a run, as the loop makes it."""
    experiment = assemble(RunConfig.from_toml(toml))
    federation, seed = experiment.config.federation, experiment.config.seed
    app = experiment.app(lambda *step: None)
    if federation.secure_aggregation:
        protect(app, SecureSettings(federation.threshold, federation.weighting == "even"), lambda number, client: seeded(seeds.derive(seed, "secure", number, client)))
    return app


class Remote(ClientApp):
    """The clients of whichever run a message belongs to. What a client remembers of another run is forgotten."""

    def __call__(self, message: Message, context: Context) -> Message:
        """The client's reply."""
        if message.metadata.message_type == _WHO:
            return Message(RecordDict({wire.METRICS: MetricRecord({wire.PARTITION: int(context.node_config[wire.PARTITION])})}), reply_to=message)
        run = message.content.pop(_RUN)
        if context.state.get(_RUN) != run:
            context.state = RecordDict({_RUN: run})
        return _clients(str(run[_TOML]))(message, context)


class SimulatedGrid(GridOver):
    """Flower's grid, on which nodes are numbered as in process: `nodes[k]` is Flower's node of client k. Its messages say which run they belong to."""

    def __init__(self, inner: Grid, nodes: list[int], toml: str, before: Callable[[int, Message], None], after: Callable[[int, Message], None]) -> None:
        super().__init__(inner)
        self._nodes, self._run_record, self._before, self._after = nodes, ConfigRecord({_TOML: toml}), before, after

    def get_node_ids(self) -> Iterable[int]:
        """All clients, in order."""
        return [messages.node_of(client) for client in range(len(self._nodes))]

    def send_and_receive(self, orders: Iterable[Message], *, timeout: float | None = None) -> Iterator[Message]:  # type: ignore[override]
        """Replies in the clients' order, once all are there."""
        sent = []
        for order in orders:
            client, metadata = messages.client_of(order.metadata.dst_node_id), order.metadata
            self._before(client, order)
            content = RecordDict({**order.content, _RUN: self._run_record})
            sent.append(Message(content, dst_node_id=self._nodes[client], message_type=metadata.message_type, group_id=metadata.group_id))
        clients = {node: client for client, node in enumerate(self._nodes)}
        replies = sorted(self._inner.send_and_receive(sent, timeout=timeout), key=lambda reply: clients[reply.metadata.src_node_id])
        for reply in replies:
            client = clients[reply.metadata.src_node_id]
            reply.metadata.__dict__["_src_node_id"] = messages.node_of(client)
            self._after(client, reply)
            yield reply


def nodes_by_client(grid: Grid, count: int) -> list[int]:
    """Flower's nodes in the clients' order; waits until all are there."""
    while len(known := list(grid.get_node_ids())) < count:
        time.sleep(0.1)
    asked = [Message(RecordDict({_RUN: ConfigRecord({_TOML: ""})}), dst_node_id=node, message_type=_WHO) for node in known]
    answers = {int(reply.content[wire.METRICS][wire.PARTITION]): reply.metadata.src_node_id for reply in grid.send_and_receive(asked)}  # type: ignore[arg-type]
    return [answers[client] for client in range(count)]


def story(experiment: Experiment, reached: Callable[..., Any] | None = None) -> dict[str, Any]:
    """What a run tells of its rounds: the digests of the weights, and the metrics of the global model and of every client; or why it failed."""
    events: list[e.Event] = []
    try:
        Rounds(experiment, Hooks(emit=events.append), **({"engine": reached} if reached else {})).run()
    except FedvizError as error:
        return {"failed": str(error), "digests": [], "metrics": []}
    shown = (e.ClientFinished, e.ClientFailed, e.GlobalEvaluated)
    return {
        "failed": "",
        "digests": [event.weights_digest for event in events if isinstance(event, e.RoundEnded)],
        "metrics": sorted(event.model_dump_json(exclude={"seq", "at", "elapsed_s"}) for event in events if isinstance(event, shown)),
    }


def compared(here: dict[str, Any], there: dict[str, Any]) -> dict[str, Any]:
    """Two stories side by side: the last digest of each, whether they are equal in everything, and the first thing in which they are not."""
    why = there["failed"].partition("; the first reason")[0]  # Ray's own reason is a traceback
    if not why and here["digests"] != there["digests"]:
        same = sum(1 for one, other in zip(here["digests"], there["digests"], strict=False) if one == other)
        why = f"the weights differ from round {same + 1} on"
    elif not why and here["metrics"] != there["metrics"]:
        why = "the weights are equal, and what clients measured is not"
    return {"rounds": len(here["digests"]), "here": (here["digests"] or [""])[-1], "there": (there["digests"] or [""])[-1], "equal": here == there, "why": why}


def simulate(serve: Callable[[Grid, list[int]], None], clients: int) -> None:
    """`serve(grid, nodes)` as the server of one simulation with so many nodes on Ray, `nodes` in the clients' order; each worker has a core."""
    from flwr.serverapp import ServerApp
    from flwr.simulation import run_simulation

    server = ServerApp()

    @server.main()
    def begin(grid: Grid, context: Context) -> None:
        serve(grid, nodes_by_client(grid, clients))

    logging.getLogger("flwr").setLevel(logging.CRITICAL)
    run_simulation(server, Remote(), num_supernodes=clients, backend_config={"client_resources": {"num_cpus": 1, "num_gpus": 0.0}})


def main(sections: Collection[str]) -> None:
    """The tiny runs of these sections (none: of all) in process and under the simulation, in one simulation for all; a line of JSON for each."""
    from flwr.supercore.task_identity import TaskIdentity

    def serve(grid: Grid, nodes: list[int]) -> None:
        for section, name in every():
            if sections and section not in sections:
                continue
            config = tiny_run(section, name)
            experiment, clients = assemble(config), config.federation.clients
            flowers = TaskIdentity.run_id, TaskIdentity.node_id, TaskIdentity.task_id
            here = story(experiment)
            TaskIdentity.run_id, TaskIdentity.node_id, TaskIdentity.task_id = flowers  # an in-process grid has set its own
            print(json.dumps({"section": section, "name": name, **compared(here, story(experiment, partial(engine, grid, nodes[:clients], config.to_toml())))}), flush=True)

    simulate(serve, _NODES)


def engine(grid: Grid, nodes: list[int], toml: str, app: Any, contexts: Any, before: Any, after: Any, shares: Any) -> Grid:
    """The grid of one run; the clients' app and contexts are those of Ray's workers."""
    return SimulatedGrid(grid, nodes, toml, before, after)


if __name__ == "__main__":
    from fedviz.bench import simulated  # by its own name, so that Ray's workers import it instead of getting a copy

    simulated.main(sys.argv[1:])
