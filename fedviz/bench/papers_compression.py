"""Compression: what each method promises of one update, and what error feedback promises of many in a run's own loop.

A law of averages is measured over many draws and judged by its z, the largest distance of the mean from what must come out, in standard
errors that follow from the method's own variance. Five of them are the limit, which not one in a thousand such laws misses by chance.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fedviz.bench.proof import Proof, lines, near, same_bits
from fedviz.bench.quadratics import Vector, quadratics
from fedviz.core.i18n import N_
from fedviz.core.registry import COMPRESSION
from fedviz.federation import messages, wire
from fedviz.federation.compression.base import FEEDBACK
from fedviz.federation.compression.flat import ERROR
from fedviz.federation.rounds import Hooks, Rounds, RoundState

DRAWS, SIZE, ERRORS, UPDATES = 1000, 256, 5.0, 12
REMEMBERING: tuple[dict[str, Any], ...] = ({"name": "top-k", "share": 0.2}, {"name": "random-k", "share": 0.2}, {"name": "signsgd"})
_MEAN = N_("is right on average over 1,000 draws (largest distance of a weight from its value, in standard errors)")


def compression_laws() -> Iterator[Proof]:
    """A row for each law."""
    yield from _rounding()
    yield from _qsgd()
    yield from _sparse()
    yield from _signs()
    yield from _low_rank()
    yield from _feedback()


def _rounding() -> Iterator[Proof]:
    """Half precision is wrong by half a unit at most; eight bits by less than one step, and right on average."""
    entry, x = COMPRESSION.get("float16"), _vector() * 10.0 ** np.random.default_rng(2).uniform(-9, 3, SIZE)
    worst = float((np.abs(_through("float16", x) - x) / np.maximum(2.0**-11 * np.abs(x), 2.0**-25)).max())
    yield Proof(entry.title, N_("is wrong by no more than half a unit of its last place (largest error, in these bounds)"), entry.equation, entry.paper, f"{worst:.4f}", "<= 1", worst, 1.0)
    entry, x = COMPRESSION.get("int8"), _vector()
    found, step = _draws("int8", x), np.abs(x).max() / 127
    worst = float(np.abs(found - x).max() / step)
    yield Proof(entry.title, N_("is wrong by less than one step, since it rounds by chance (largest error, in steps; to the nearest would be half a step)"), entry.equation, entry.paper,
                f"{worst:.4f}", "< 1", worst, 1.0)  # fmt: skip
    above = np.mod(x / step, 1.0)
    yield _on_average(entry, found, x, step * np.sqrt(above * (1 - above)))


def _qsgd() -> Iterator[Proof]:
    """The paper's two laws: no bias, and the bound of the variance."""
    entry, x = COMPRESSION.get("qsgd"), _vector()
    for levels in (1, 7):
        found, norm = _draws("qsgd", x, levels=levels, bucket=SIZE), np.linalg.norm(x)
        if levels == 7:
            above = np.mod(levels * np.abs(x) / norm, 1.0)
            yield _on_average(entry, found, x, norm / levels * np.sqrt(above * (1 - above)))
        bound = min(SIZE / levels**2, np.sqrt(SIZE) / levels)
        varied = float(np.square(found - x).sum(1).mean() / norm**2)
        law = N_("varies no more than its paper's bound, with one level (share of the bound)") if levels == 1 else N_("varies no more than its paper's bound, with seven levels (share of the bound)")
        yield Proof(entry.title, law, entry.equation, entry.paper, f"{varied:.4f}", f"<= {bound:.4f}", varied / bound, 1.0)


def _sparse() -> Iterator[Proof]:
    """Top-k and random-k: all values are the update itself; what is left out of a part, as their paper says."""
    share, x = 0.1, _vector()
    for name in ("top-k", "random-k"):
        entry = COMPRESSION.get(name)
        yield same_bits(entry.title, N_("with a share of 1 is the update itself, to the bit"), entry.equation, entry.paper, _through(name, x, share=1.0), x)
    entry, k = COMPRESSION.get("top-k"), round(share * SIZE)
    left = float(np.square(_through("top-k", x, share=share) - x).sum() / np.square(x).sum())
    contraction = lines(entry.equation, r"\lVert x - C(x) \rVert^2 \le \left( 1 - \frac{k}{d} \right) \lVert x \rVert^2")
    yield Proof(entry.title, N_("leaves out no more than a random choice would (share of the squared length, in that bound)"), contraction, entry.paper,
                f"{left:.4f}", f"<= {1 - k / SIZE:.4f}", left / (1 - k / SIZE), 1.0)  # fmt: skip
    entry = COMPRESSION.get("random-k")
    found = _draws("random-k", x, share=share, error_feedback=False)
    yield _on_average(entry, found, x, np.abs(x) * np.sqrt(SIZE / k - 1))


def _signs() -> Iterator[Proof]:
    """EF-signSGD's contraction is an identity for every array."""
    entry, x = COMPRESSION.get("signsgd"), _vector()
    left = float(np.square(_through("signsgd", x, error_feedback=False) - x).sum() / np.square(x).sum())
    law = float(1 - np.abs(x).sum() ** 2 / (SIZE * np.square(x).sum()))
    equation = lines(entry.equation, r"\lVert C(x) - x \rVert^2 = \left( 1 - \frac{\lVert x \rVert_1^2}{d \, \lVert x \rVert_2^2} \right) \lVert x \rVert_2^2")
    yield Proof(entry.title, N_("leaves out exactly what its paper's contraction says (share of the squared length)"), equation, entry.paper, f"{left:.12f}", f"{law:.12f}", abs(left - law), 1e-6)


def _low_rank() -> Iterator[Proof]:
    """A matrix of no higher rank arrives as it was; of another the best possible, which the singular values tell, is near."""
    entry, rng = COMPRESSION.get("low-rank"), np.random.default_rng(4)
    exact, full = rng.standard_normal((30, 2)) @ rng.standard_normal((2, 40)), rng.standard_normal((30, 40))
    for rank in (2, 3):
        law = N_("is exact for a matrix of rank 2 at rank 2") if rank == 2 else N_("is exact for a matrix of rank 2 at rank 3")
        yield near(entry.title, law, entry.equation, entry.paper, _through("low-rank", exact, rank=rank).ravel(), exact.ravel(), 1e-6)
    best = float(np.sqrt(np.square(np.linalg.svd(full, compute_uv=False)[2:]).sum()))
    left = float(np.linalg.norm(_through("low-rank", full, rank=2) - full))
    yield Proof(entry.title, N_("of a matrix of full rank leaves out little more than the best product of rank 2 does, which its singular values tell (times as much)"), entry.equation, entry.paper,
                f"{left:.4f}", f"{best:.4f}", left / best, 1.5)  # fmt: skip
    compressor, memory, meant, sent = entry.build(entry.options(rank=1)), dict[str, Any](), np.zeros((30, 40)), np.zeros((30, 40))
    for number in range(UPDATES):
        update = {"w": rng.standard_normal((30, 40))}
        payload, memory = compressor.encode(update, memory, number)
        meant, sent = meant + update["w"], sent + compressor.decode(payload, update)["w"]
    equation = lines(FEEDBACK, r"\sum_{t < T} C(x_t) + e_T = \sum_{t < T} (w_t^k - w_t)")
    yield near(entry.title, N_("loses nothing for good: of twelve updates of a matrix, what the server got and what the client remembers are all of them"),
               equation, entry.paper, sent.ravel() + memory[ERROR], meant.ravel(), 1e-6)  # fmt: skip


def _feedback() -> Iterator[Proof]:
    """In a run: the model, and what the clients remember, are together all that the clients have learned."""
    sums = r"w_T + \sum_k p_k \, e_T^k = \sum_{t < T} \sum_k p_k \, (w_t^k - w_t)"
    for options in REMEMBERING:
        entry, states = COMPRESSION.get(options["name"]), list[RoundState]()
        experiment = quadratics("fedavg", 6, rate=0.05, compression=options)
        Rounds(experiment, Hooks(save=states.append)).run()  # type: ignore[arg-type]
        steps = 1 - (1 - 0.05 * experiment.curvatures) ** np.array(experiment.examples)
        meant = sum(experiment.weights() @ (steps[:, None] * (experiment.optima - state.arrays["w"])) for state in states[:-1])
        remembered = np.array([messages.arrays_of(client[wire.LEFT_OUT])[ERROR] for client in states[-1].clients])  # type: ignore[arg-type]
        reached = states[-1].arrays["w"] + experiment.weights() @ remembered
        yield near(entry.title, N_("loses nothing for good: what the server got, and what clients remember, are all that they meant to send in six rounds"),
                   lines(FEEDBACK, sums), entry.paper, reached, np.asarray(meant), 1e-6)  # fmt: skip


def _on_average(entry: Any, found: NDArray[Any], x: Vector, deviation: Vector) -> Proof:
    """`found` [draws, d] against x [d], where one draw has these standard deviations [d]; a weight that does not vary must be right."""
    mean, errors = found.mean(0), deviation / np.sqrt(len(found))
    off = np.abs(mean - x) / np.maximum(errors, 1e-9 * np.abs(x).max())
    return Proof(entry.title, _MEAN, entry.equation, entry.paper, f"|mean| = {np.linalg.norm(mean):.4f}", f"|x| = {np.linalg.norm(x):.4f}", float(off.max()), ERRORS)


def _vector() -> Vector:
    return np.random.default_rng(3).standard_normal(SIZE)


def _draws(name: str, x: Vector, **options: Any) -> NDArray[np.float64]:
    """What the server reads of x in so many rounds [draws, d]."""
    return np.array([_through(name, x, seed, **options) for seed in range(DRAWS)])


def _through(name: str, x: Vector, seed: int = 5, **options: Any) -> Vector:
    """What the server reads of an update x."""
    entry = COMPRESSION.get(name)
    compressor = entry.build(entry.options(**options))
    return compressor.decode(compressor.encode({"w": x}, {}, seed)[0], {"w": x})["w"]
