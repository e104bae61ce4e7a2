"""Privacy: the known example of the accountants, what noise and clipping do to quadratic losses, and sums under masks."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from fedviz.bench.proof import Proof, lines, near
from fedviz.bench.quadratics import Quadratics, quadratics
from fedviz.core import events as e
from fedviz.core.i18n import N_
from fedviz.core.registry import PRIVACY
from fedviz.federation.privacy import accounting_texts
from fedviz.federation.privacy.dp_sgd_plan import plan
from fedviz.federation.rounds import Hooks, Rounds

TEXTS, BATCH, EPOCHS, NOISE, DELTA = 60_000, 256, 60, 1.12, 1e-5
KNOWN = {"rdp": 2.519, "pld": 2.310}
"""Epsilon of the example by the library dp-accounting itself."""
WIDE = 20_000
"""Weights over which the deviation of noise is measured: known to half a per cent."""
MASKS = "Bonawitz et al. 2017, Practical Secure Aggregation for Privacy-Preserving Machine Learning, CCS 2017, doi:10.1145/3133956.3133982"
UNMASKED = r"\sum_k \left( x_k + b_k + \sum_{j > k} s_{kj} - \sum_{j < k} s_{jk} \right) - \sum_k b_k = \sum_k x_k"


def privacy_laws() -> Iterator[Proof]:
    """A row for each law."""
    yield from _accounts()
    yield from _central()
    yield from _adaptive()
    yield from _clients()
    yield from _masks()


def _accounts() -> Iterator[Proof]:
    """A client that holds 60,000 texts trains 60 epochs in batches of 256 with noise 1.12: what our accounts say it spent."""
    entry = PRIVACY.get("example")
    found = accounting_texts.worst(NOISE, [plan(TEXTS, 1, BATCH)], EPOCHS, DELTA)
    equation = lines(entry.equation, r"q = \frac{256}{60000}, \quad z = 1.12, \quad 60 \text{ epochs}, \quad \delta = 10^{-5}")
    for name, law in (("rdp", N_("spends the epsilon of the known example, by Renyi divergences")), ("pld", N_("spends the epsilon of the known example, by privacy loss distributions"))):
        epsilon = float("nan") if found is None else getattr(found, name)
        yield Proof(entry.title, law, equation, f"{entry.paper}; dp-accounting", f"{epsilon:.4f}", f"{KNOWN[name]:.3f}", abs(epsilon - KNOWN[name]), 0.01)


def _central() -> Iterator[Proof]:
    """DP-FedAvg: the even mean where nothing binds, the bound on what one client can do, and noise as long as it says."""
    entry = PRIVACY.get("central")
    plain = quadratics("fedavg", 5, weighting="even").run().arrays["w"]
    yield near(entry.title, N_("without noise and with a huge norm is the even mean"), entry.equation, entry.paper, _private("central", 5, clip_norm=1e6, noise_multiplier=0.0).run().arrays["w"], plain, 1e-12)
    clip, clients = 0.05, 8
    moved = []
    for strength in (1.0, 1000.0):
        attack = {"name": "sign-flip", "clients": [3], "strength": strength}
        moved.append(_private("central", 1, clients=clients, adversary=attack, clip_norm=clip, noise_multiplier=0.0).run().arrays["w"])
    honest = _private("central", 1, clients=clients, clip_norm=clip, noise_multiplier=0.0).run().arrays["w"]
    farthest, bound = max(float(np.linalg.norm(one - honest)) for one in moved), 2 * clip / clients
    yield Proof(entry.title, N_("lets no client move the next model by more than twice the norm through the number of clients (a turned update, in that bound)"),
                lines(entry.equation, r"\lVert w_{t+1} - w'_{t+1} \rVert \le \frac{2C}{n}"), entry.paper, f"{farthest:.6f}", f"<= {bound:.6f}", farthest / bound, 1 + 1e-9)  # fmt: skip
    yield _noise("central", N_("has noise of the stated deviation on the mean of four clients (distance, in standard errors)"), 0.5 * 3.0 / 4, clip_norm=0.5, noise_multiplier=3.0)


def _adaptive() -> Iterator[Proof]:
    """Adaptive clipping: its paper's Theorem 1, its step in closed form, and where it comes to rest."""
    entry = PRIVACY.get("central")
    law = (3.0**-2 - (2 * 2.0) ** -2) ** -0.5
    split = lines(entry.equation, r"z_\Delta = \left( z^{-2} - (2 \sigma_b)^{-2} \right)^{-1/2}")
    yield _noise("central", N_("with adaptive clipping, whose count has noise of its own, adds what Theorem 1 asks (distance, in standard errors)"), 0.5 * law / 4, split,
                 clip_norm=0.5, noise_multiplier=3.0, adaptive=True, count_noise=2.0)  # fmt: skip
    options = {"clip_norm": 2.0, "noise_multiplier": 0.0, "adaptive": True, "quantile": 0.5, "clip_rate": 0.2}
    experiment = _private("central", 12, **options)
    clip, w, told = 2.0, np.zeros(5), []
    kept = (1 - 0.1 * experiment.curvatures[:, None]) ** np.array(experiment.examples)[:, None]
    for _ in range(12):
        updates = (1 - kept) * (experiment.optima - w)
        norms = np.linalg.norm(updates, axis=1)
        w = w + (np.minimum(1.0, clip / norms)[:, None] * updates).mean(0)
        told.append(clip)
        clip *= float(np.exp(-0.2 * ((norms <= clip).mean() - 0.5)))
    step = lines(entry.equation, r"C_{t+1} = C_t \exp\left( -\eta_C (\bar b_t - \gamma) \right), \qquad \bar b_t = \frac{1}{n} \sum_k [\lVert \delta_k \rVert \le C_t]")
    events: list[e.Event] = []
    Rounds(experiment, Hooks(emit=events.append)).run()  # type: ignore[arg-type]
    clips = [event.privacy.clip_norm for event in events if isinstance(event, e.RoundAggregated) and event.privacy]
    yield Proof(entry.title, N_("moves its norm by the paper's step in each of twelve rounds (largest difference)"), step, entry.paper,
                f"C = {clips[-1]:.9f}", f"C = {told[-1]:.9f}", float(np.abs(np.subtract(clips, told)).max()), 1e-9)  # fmt: skip


def _clients() -> Iterator[Proof]:
    """Noise that clients add themselves, and DP-SGD, whose steps are plain ones where nothing binds."""
    plain = quadratics("fedavg", 5, weighting="even").run().arrays["w"]
    entry = PRIVACY.get("local")
    yield near(entry.title, N_("without noise and with a huge norm is the even mean"), entry.equation, entry.paper, _private("local", 5, clip_norm=1e6, noise_multiplier=0.0).run().arrays["w"], plain, 1e-12)
    yield _noise("local", N_("leaves on the mean of four clients half the noise that each of them adds (distance, in standard errors)"), 0.5 * 3.0 / 2, clip_norm=0.5, noise_multiplier=3.0)
    entry, whole = PRIVACY.get("example"), {"batch_size": 16, "local_epochs": 3}
    reached = _private("example", 5, clip_norm=1e6, noise_multiplier=0.0, **whole).run().arrays["w"]
    yield near(entry.title, N_("without noise, with a huge norm and every text in each batch is plain training"), entry.equation, entry.paper,
               reached, quadratics("fedavg", 5, weighting="even", **whole).run().arrays["w"], 1e-12)  # fmt: skip
    clip = 0.2
    experiment = _private("example", 1, clip_norm=clip, noise_multiplier=0.0, **whole)
    models = np.zeros((4, 5))
    for _ in range(3):
        slopes = experiment.curvatures[:, None] * (models - experiment.optima)
        models = models - 0.1 * np.minimum(1.0, clip / np.linalg.norm(slopes, axis=1))[:, None] * slopes
    yield near(entry.title, N_("shortens the gradient of every text to the norm: three steps of its equation, computed in NumPy"), entry.equation, entry.paper, experiment.run().arrays["w"], models.mean(0), 1e-12)


def _masks() -> Iterator[Proof]:
    """A client is lost after the masks are agreed upon: what is left is still the sum of the others."""
    options: dict[str, Any] = {"clients": 6, "faulty_clients": [2]}
    hidden, open_ = (quadratics("fedavg", 4, secure_aggregation=secure, **options).run().arrays["w"] for secure in (True, False))
    yield near(N_("Secure aggregation"), N_("with a client lost behind its masks in every round is the plain mean of the others"), UNMASKED, MASKS, hidden, open_, 1e-6)


def _noise(name: str, law: str, stated: float, equation: str = "", **options: Any) -> Proof:
    """The deviation of what noise adds to a round's mean, over many weights."""
    entry = PRIVACY.get(name)
    quiet = options | {"noise_multiplier": 0.0}
    loud, still = (_private(name, 1, dimensions=WIDE, **some).run().arrays["w"] for some in (options, quiet))
    found = float((loud - still).std())
    return Proof(entry.title, law, equation or entry.equation, entry.paper, f"{found:.5f}", f"{stated:.5f}", abs(found / stated - 1) * (2 * WIDE) ** 0.5, 5.0)


def _private(name: str, rounds: int, *, clip_norm: float, noise_multiplier: float, adaptive: bool | None = None, count_noise: float | None = None, quantile: float | None = None,
             clip_rate: float | None = None, **federation: Any) -> Quadratics:  # fmt: skip
    """Quadratic losses under a privacy mechanism, everybody counting alike."""
    more = {"adaptive": adaptive, "count_noise": count_noise, "quantile": quantile, "clip_rate": clip_rate}
    privacy = {"name": name, "clip_norm": clip_norm, "noise_multiplier": noise_multiplier} | {key: value for key, value in more.items() if value is not None}
    return quadratics("fedavg", rounds, privacy=privacy, weighting="even", **federation)
