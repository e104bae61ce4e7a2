"""What each client contributed to a run, from the clients' models that its folder keeps: nothing is trained again.

The model of a set of clients is the mean of their models of a round, weighted as the federation weighs; the empty set is the model that the round
began with. Its utility is measured on the test texts of all clients together. Values are summed over the rounds that are looked at.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fedviz.core.errors import RunError
from fedviz.core.registry import ADAPTERS, STRATEGIES
from fedviz.core.seeds import derive
from fedviz.federation import task
from fedviz.federation.aggregation.mean import WeightedMean
from fedviz.federation.assemble import Experiment, borrowed
from fedviz.federation.contribution import Values, estimated, exact
from fedviz.runs.contribution_record import ClientValue, Contribution, Measure
from fedviz.runs.folder import RunFolder, view_of

EXACT_UP_TO = 8
"""Up to so many clients in a round all subsets are evaluated."""
ORDERS = 60
"""Random orders of a round with more clients."""
TOLERANCE = 1e-3
"""Below this difference of accuracy (or nats of loss) an order is cut off."""
EVALUATIONS = 256
"""Models that are evaluated at most, unless somebody asks for more rounds."""

Progress = Callable[[int, int], None]
"""`progress(done, total)` in evaluations; the total is an upper bound. What it raises ends the work."""


def usable(folder: RunFolder) -> tuple[int, ...]:
    """Rounds whose clients' models and whose model before are kept, in order."""
    kept = set(folder.checkpoints())
    return tuple(number for number in sorted(kept) if number - 1 in kept and folder.client_models(number))


def plan(folder: RunFolder, last: int | None = None) -> tuple[tuple[int, ...], int]:
    """The rounds to look at, and how many models that evaluates at most: the last `last` usable ones, or as many as `EVALUATIONS` allows, at least one.

    `RunError` where the run keeps nothing that could be looked at, or its strategy makes no mean of whole models.
    """
    rounds, strategy = usable(folder), folder.config().federation.strategy.name
    if not STRATEGIES.get(strategy).whole_models:
        raise RunError(f"The strategy of the run {folder.id} must make its next model of the clients' whole models, or a mean of some of them says nothing, but {strategy} does not.")
    if not ADAPTERS.get(adapters := folder.config().federation.adapters.name).plain:
        raise RunError(f"The run {folder.id} must average adapters plainly, or a mean of some clients' models says nothing, but it combines them by {adapters}.")
    if not rounds:
        if folder.config().federation.secure_aggregation:
            raise RunError(f"The run {folder.id} keeps no client's model, since secure aggregation hides them: no contribution can be told.")
        raise RunError(f"The run {folder.id} keeps no round with its clients' models and the model before, so that no contribution can be told.")
    chosen: list[int] = []
    total = 0
    for number in reversed(rounds):
        cost = _cost(len(folder.client_models(number)))
        if chosen and (len(chosen) >= last if last is not None else total + cost > EVALUATIONS):
            break
        chosen.append(number)
        total += cost
    return tuple(reversed(chosen)), total


def contribution(folder: RunFolder, measure: Measure = "accuracy", last: int | None = None, progress: Progress = lambda done, total: None) -> Contribution:
    """Every client's contribution over the rounds of `plan`. The same run gives the same numbers.

    `RunError` where nothing is kept, `CarrierError` where the scenario's or the model's data is not fetched.
    """
    rounds, total = plan(folder, last)
    clients = view_of(folder).clients
    examples = {client.info.index: client.info.train_examples for client in clients}
    done = 0

    def tell() -> None:
        nonlocal done
        progress(done, total)
        done += 1

    with borrowed(folder.config()) as experiment:
        found = [_round(folder, experiment, number, examples, measure, tell) for number in rounds]
    progress(total, total)
    return Contribution(
        run_id=folder.id,
        measure=measure,
        rounds=rounds,
        left_out=tuple(number for number in usable(folder) if number not in rounds),
        exact=all(len(one.clients) <= EXACT_UP_TO for one in found),
        orders=0 if all(len(one.clients) <= EXACT_UP_TO for one in found) else ORDERS,
        evaluations=sum(one.evaluations for one in found),
        gain=sum(one.gain for one in found),
        clients=tuple(_summed(client.info.index, client.info.name, found) for client in clients),
    )


def _cost(clients: int) -> int:
    """Models that a round of so many clients evaluates at most."""
    return 2**clients if clients <= EXACT_UP_TO else ORDERS * clients + clients + 2


def _round(folder: RunFolder, experiment: Experiment, number: int, examples: Mapping[int, int], measure: Measure, tell: Callable[[], None]) -> Values:
    before = folder.load_checkpoint(number - 1).arrays
    models = dict(_models(folder, number))
    even = experiment.config.federation.weighting == "even"
    rows = np.concatenate(experiment.shards.test)

    def utility(chosen: frozenset[int]) -> float:
        experiment.learner.load(mean(before, models, {client: 1.0 if even else float(examples[client]) for client in chosen}))
        found = task.evaluate(experiment.learner, rows, "test").metrics()
        return found["accuracy"] if measure == "accuracy" else -found["loss"]

    if len(models) <= EXACT_UP_TO:
        return exact(tuple(models), utility, tell)
    return estimated(tuple(models), utility, derive(experiment.config.seed, "contribution", number), ORDERS, TOLERANCE, tell)


def mean(before: Mapping[str, NDArray[Any]], models: Mapping[int, Mapping[str, NDArray[Any]]], weights: Mapping[int, float]) -> Mapping[str, NDArray[Any]]:
    """The weighted mean of the models that have a weight; the model before where these weigh nothing together."""
    if sum(weights.values()) <= 0:
        return before
    combined = WeightedMean()
    for client in sorted(weights):
        combined.add(client, models[client], weights[client])
    return combined.result().arrays


def _models(folder: RunFolder, number: int) -> Iterator[tuple[int, Mapping[str, NDArray[Any]]]]:
    for client in folder.client_models(number):
        arrays = folder.client_arrays(number, client)
        if arrays is not None:
            yield client, arrays


def _summed(client: int, name: str, rounds: Sequence[Values]) -> ClientValue:
    """Values add up over rounds; errors of independent estimates add up in their squares."""
    mine = [(one, one.clients.index(client)) for one in rounds if client in one.clients]
    return ClientValue(
        client=client,
        name=name,
        shapley=float(sum(one.shapley[place] for one, place in mine)),
        error=float(sum(one.errors[place] ** 2 for one, place in mine) ** 0.5),
        leave_one_out=float(sum(one.leave_one_out[place] for one, place in mine)),
        rounds=len(mine),
    )
