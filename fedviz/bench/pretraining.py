"""Masked language modelling continued by eight clients: what it leaves of each one's perplexity, and what it does to a task with five texts a class.

MiniLM goes on reading medicine's vignettes with adapters in its top two layers, with masks by chance and with the graph's entities first. It comes without
a head for masked tokens, so that a part of the fall is that head being learned. The task: a linear classifier on the vectors of five training texts of each
class, drawn several times, with the encoder before and after; labels were not read before. The held-out texts are the clients' test parts.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fedviz.bench.report import Check, Result, Say, at_least, at_most

if TYPE_CHECKING:
    from torch import Tensor

TASK, CLIENTS, SHOTS, DRAWS = "medicine-vignettes", 8, 5, 5
OBJECTIVES: dict[str, dict[str, Any]] = {
    "masks by chance": {"name": "masked", "masks": 2},
    "entities masked first": {"name": "masked", "masks": 2, "entities": True},
}
DECAY = 1e-2
"""The ridge of the linear classifier, as a part of all squared lengths together."""


@dataclass(frozen=True)
class Found:
    """One run: clients' names and perplexities before and after, and the accuracies of the task before and after, draw by draw, in [0, 1]."""

    names: tuple[str, ...]
    before: tuple[float, ...]
    after: tuple[float, ...]
    shots_before: tuple[float, ...]
    shots_after: tuple[float, ...]


def measure(quick: bool, say: Say) -> Result:
    """A row for each client, and one for all of them with the task, by way of masking. `quick` takes one seed and one round."""
    seeds, rounds = (range(1), 1) if quick else (range(3), 3)
    rows: list[dict[str, Any]] = []
    checks: list[Check] = []
    for way, options in OBJECTIVES.items():
        found = [_run(seed, rounds, options, say) for seed in seeds]
        rows += [_client_row(way, client, found) for client in range(CLIENTS)]
        gains = [100 * (statistics.mean(one.shots_after) - statistics.mean(one.shots_before)) for one in found]
        rows.append(_row(way, "all", _mean([p for one in found for p in one.before]), _mean([p for one in found for p in one.after])) | {
            f"{SHOTS}-shot accuracy before, %": 100 * _mean([a for one in found for a in one.shots_before]),
            f"{SHOTS}-shot accuracy after, %": 100 * _mean([a for one in found for a in one.shots_after]),
            "points gained": _mean(gains), "spread": statistics.stdev(gains) if len(gains) > 1 else None,
        })  # fmt: skip
        checks.append(at_most(f"{way}: the largest part of a client's perplexity that is left, over clients and seeds", max(b / a for one in found for a, b in zip(one.before, one.after, strict=True)), 1.0))
        checks.append(at_least(f"{way}: points of {SHOTS}-shot accuracy gained", _mean(gains), 0.0))
    return Result("pretraining", rows, checks, [f"{len(seeds)} seeds, {rounds} rounds; the spread is the standard deviation of the gain over seeds."])


def _mean(values: Sequence[float]) -> float:
    return statistics.mean(values)


def _row(way: str, client: str, before: float, after: float) -> dict[str, Any]:
    return {
        "objective": way, "client": client, "perplexity before": before, "perplexity after": after,
        f"{SHOTS}-shot accuracy before, %": None, f"{SHOTS}-shot accuracy after, %": None, "points gained": None, "spread": None,
    }  # fmt: skip


def _client_row(way: str, client: int, found: Sequence[Found]) -> dict[str, Any]:
    return _row(way, found[0].names[client], _mean([one.before[client] for one in found]), _mean([one.after[client] for one in found]))


def _run(seed: int, rounds: int, objective: dict[str, Any], say: Say) -> Found:
    from fedviz.core.config import RunConfig
    from fedviz.core.events import ClientFinished
    from fedviz.federation.assemble import assemble
    from fedviz.federation.rounds import Hooks, Rounds

    config = RunConfig.parse({
        "seed": seed, "scenario": {"name": TASK, "train_texts": 240, "test_texts": 144}, "model": {"name": "minilm", "max_tokens": 64},
        "objective": objective,
        "federation": {"clients": CLIENTS, "rounds": rounds, "batch_size": 16, "learning_rate": 1e-3, "compare": False},
    })  # fmt: skip
    experiment = assemble(config)
    told: dict[int, dict[int, float]] = {}

    def emit(event: Any) -> None:
        if isinstance(event, ClientFinished) and event.phase == "evaluate":
            told.setdefault(event.round, {})[event.client] = next(metric.value for metric in event.metrics if metric.key.name == "perplexity")

    ended = Rounds(experiment, Hooks(emit=emit)).run()
    before, after = (tuple(told[number][client] for client in range(CLIENTS)) for number in (0, rounds))
    shots = [_shots(experiment, arrays, seed) for arrays in (experiment.initial, ended.state.arrays)]
    say(f"seed {seed}, {objective}: perplexity {_mean(before):,.0f} to {_mean(after):,.0f}, {SHOTS}-shot {100 * _mean(shots[0]):.1f} % to {100 * _mean(shots[1]):.1f} %")
    return Found(experiment.shards.names, before, after, *shots)


def _shots(experiment: Any, arrays: Any, seed: int) -> tuple[float, ...]:
    """Accuracy on all test texts, for each draw of training texts."""
    import numpy as np
    import torch

    from fedviz.core.seeds import generator
    from fedviz.models.loading import backbone_of

    learner, data = experiment.learner, experiment.data
    learner.load(arrays)
    tokenize = backbone_of(experiment.config).tokenize
    with torch.no_grad():
        train, test = (_vectors(learner.model.encoder, tokenize(part.texts, 64)) for part in (data.train, data.test))
    labels, wanted = (torch.from_numpy(np.array(part.labels, np.int64)) for part in (data.train, data.test))
    found = []
    for draw in range(DRAWS):
        chance = generator(seed, "shots", draw)
        rows = [row for label in np.unique(data.train.labels) for row in chance.permutation(np.flatnonzero(data.train.labels == label))[:SHOTS]]
        found.append(_classified(train[rows], labels[rows], test, wanted, len(data.classes)))
    return tuple(found)


def _vectors(encoder: Any, tokens: Sequence[Any]) -> "Tensor":
    import torch

    inputs = encoder.inputs(tokens)
    return torch.cat([encoder(inputs[start : start + 32]) for start in range(0, len(inputs), 32)])


def _classified(vectors: "Tensor", labels: "Tensor", test: "Tensor", wanted: "Tensor", classes: int) -> float:
    """Accuracy of the linear classifier by ridge regression on one-hot labels, a part `DECAY` of the mean squared length of a vector as its ridge."""
    import torch

    centre = vectors.mean(0)
    known, asked, hot = (vectors - centre).double(), (test - centre).double(), torch.nn.functional.one_hot(labels, classes).double()
    products = known @ known.T
    ridge = DECAY * products.trace() * torch.eye(len(known), dtype=torch.float64)
    weights = torch.linalg.solve(products + ridge, hot - hot.mean(0))
    return float((asked @ (known.T @ weights)).argmax(1).eq(wanted).float().mean())
