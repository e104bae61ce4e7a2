"""Where another framework does something else than the paper: what its source says, in a sentence and as a rule in NumPy.

A named difference is only believed where that rule meets the framework's weights. Each was read in the release that `fedviz.bench.oracles` installs.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from fedviz.bench.oracles_paper import Options, Rule, Vector, World, scaffold
from fedviz.core.i18n import N_


@dataclass(frozen=True)
class Named:
    """A difference: `reason` is a message, `rule` what the framework computes instead of the paper's."""

    reason: str
    rule: Rule


def _averaged(step: Any) -> Rule:
    """A rule of plainly trained clients: `step(number, memory, w, mean)` gives the server's next weights."""

    def rule(world: World, options: Options) -> list[Vector]:
        w, memory, after = world.start, dict[str, Any](), []
        for number in world.rounds:
            w = step(options, number, memory, w, world.shares @ world.all_trained(w))
            after.append(w)
        return after

    return rule


def _first_dropped(options: Options, number: int, memory: dict[str, Any], w: Vector, mean: Vector) -> Vector:
    memory["v"] = np.zeros_like(w) if number == 1 else options["momentum"] * memory["v"] + w - mean
    return w - memory["v"]


def _scaled(second: Any) -> Rule:
    """fluke's FedOpt: delta is multiplied by the server's rate before the moments are, and v begins at 0."""

    def step(options: Options, number: int, memory: dict[str, Any], w: Vector, mean: Vector) -> Vector:
        delta, b1, b2 = options["server_rate"] * (mean - w), options.get("beta_1", 0.0), options.get("beta_2", 0.0)
        memory["m"] = b1 * memory.get("m", 0.0) + (1 - b1) * delta
        memory["v"] = second(memory.get("v", np.zeros_like(w)), delta, b2)
        return w + options["server_rate"] * memory["m"] / (np.sqrt(memory["v"]) + options["tau"])

    return _averaged(step)


def _torch_adam(options: Options, number: int, memory: dict[str, Any], w: Vector, mean: Vector) -> Vector:
    b1, b2, delta = options["beta_1"], options["beta_2"], mean - w
    memory["m"] = b1 * memory.get("m", 0.0) + (1 - b1) * delta
    memory["v"] = b2 * memory.get("v", 0.0) + (1 - b2) * delta**2
    return w + options["server_rate"] * memory["m"] / (1 - b1**number) / (np.sqrt(memory["v"] / (1 - b2**number)) + options["tau"])


def _models_summed(world: World, options: Options) -> list[Vector]:
    w, after, mean_steps = world.start, [], world.shares @ world.steps
    for _ in world.rounds:
        w = (world.shares * mean_steps / world.steps) @ world.all_trained(w)
        after.append(w)
    return after


def _pulled_away(world: World, options: Options) -> list[Vector]:
    w, after, rows = world.start, [], np.array([len(labels) for _, labels in world.rows])
    alphas, pulls = options["alpha"] * rows.mean() / rows, np.zeros((len(rows), len(w)))
    for _ in world.rounds:
        reached = np.stack([world.trained(k, w, lambda v, k=k, w=w, pull=pull: alphas[k] * (v - w + pull)) for k, pull in enumerate(pulls)])
        pulls = pulls + alphas[:, None] * (w - reached)
        w = reached.mean(axis=0) + pulls.mean(axis=0)
        after.append(w)
    return after


def _not_pulled(world: World, options: Options) -> list[Vector]:
    w, after = world.start, []
    for _ in world.rounds:
        sent = []
        for k in range(len(world.rows)):
            theta = w
            for batch in world.batches(k):
                for _ in range(options["inner_steps"]):
                    theta = theta - world.rate * world.gradient(theta, batch)
            sent.append(theta)
        w = (1 - options["beta"]) * w + options["beta"] * (world.shares @ np.stack(sent))
        after.append(w)
    return after


_RATE_TWICE = N_("Its server multiplies the mean update by the server's rate before it takes the moments, and by the rate again after; and v begins at 0, where the paper wants tau squared or more (FedOptServer.aggregate).")

NAMED: dict[tuple[str, str], Named] = {
    ("pfl", "fedadam"): Named(
        N_("Its central optimiser is PyTorch's Adam, with the bias correction of Kingma and Ba and with v from 0; Algorithm 2 of the FedAdam paper has no correction and begins v at tau squared or more."),
        _averaged(_torch_adam),
    ),
    ("pfl", "scaffold"): Named(
        N_("It makes the control variates of the model's change with its sign turned round (local_c_plus adds the new weights less the old ones), so that its correction pushes the clients apart."),
        partial(scaffold, sign=-1.0),
    ),
    ("fluke", "fedavgm"): Named(
        N_("It sets the momentum to zero in the first round instead of to the first update, so that the first round is lost (FedAVGMServer.aggregate)."), _averaged(_first_dropped)
    ),
    ("fluke", "fedadagrad"): Named(_RATE_TWICE, _scaled(lambda v, delta, b2: v + delta**2)),
    ("fluke", "fedadam"): Named(_RATE_TWICE, _scaled(lambda v, delta, b2: b2 * v + (1 - b2) * delta**2)),
    ("fluke", "fedyogi"): Named(_RATE_TWICE, _scaled(lambda v, delta, b2: v - (1 - b2) * delta**2 * np.sign(v - delta**2))),
    ("fluke", "fednova"): Named(
        N_("It weighs the clients' models by tau over tau_k, and not their updates; such weights do not sum to 1 where clients take different numbers of steps, so that the model shrinks or grows (FedNovaServer.aggregate)."),
        _models_summed,
    ),
    ("fluke", "feddyn"): Named(
        N_("It adds the clients' linear term where the paper takes it away, multiplies it by alpha a second time, and does not divide by alpha on the server; and its alpha is smaller for a client with more rows (FedDynClient.fit and FedDynServer.aggregate)."),
        _pulled_away,
    ),
    ("fluke", "pfedme"): Named(
        N_("It gives its optimiser the personal weights themselves as the point to stay near, so that the pull is zero, and sends the personal model instead of the moved copy (PFedMeClient.fit)."),
        _not_pulled,
    ),
}
