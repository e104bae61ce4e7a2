"""Proof of correctness: every algorithm against the law, closed form or published figure of its paper, through the real clients and loop.

The page *Proofs* shows docs/results/papers.json: `python -m fedviz bench papers --out docs/results/papers.json`.
"""

import logging
from collections.abc import Callable, Iterator

from fedviz.bench.papers_async import async_laws
from fedviz.bench.papers_attacks import attack_laws
from fedviz.bench.papers_compression import compression_laws
from fedviz.bench.papers_knowledge import knowledge_laws
from fedviz.bench.papers_laws import distances, strategy_laws
from fedviz.bench.papers_leakage import leakage_laws
from fedviz.bench.papers_lora import lora_laws
from fedviz.bench.papers_mnist import mnist_laws
from fedviz.bench.papers_objectives import objective_laws
from fedviz.bench.papers_personal import personal_laws
from fedviz.bench.papers_privacy import privacy_laws
from fedviz.bench.papers_prox import prox_laws
from fedviz.bench.papers_robust import robust_laws
from fedviz.bench.papers_vectors import vector_laws
from fedviz.bench.proof import UNPRINTED, Proof
from fedviz.bench.report import Check, Result, Say
from fedviz.core.errors import CarrierError

LAWS: dict[str, Callable[[], Iterator[Proof]]] = {
    "Strategies on quadratic losses": strategy_laws,
    "Asynchronous and clustered": async_laws,
    "Edges, contrast, and models of one's own": personal_laws,
    "FedAvg against plain NumPy": vector_laws,
    "Combinations under attack": robust_laws,
    "Attacks, trust, and who comes": attack_laws,
    "Compression": compression_laws,
    "Privacy and masks": privacy_laws,
    "Averaging adapters": lora_laws,
    "Ways of the graph": knowledge_laws,
    "Objectives": objective_laws,
}


def measure(quick: bool, say: Say) -> Result:
    """All rows; `quick` takes a lower target on MNIST, with one learning rate for each setting, and fewer rounds on Synthetic(1, 1)."""
    logging.getLogger("flwr").setLevel(logging.ERROR)
    proofs: list[Proof] = []
    notes: list[str] = []
    series: dict[str, dict[str, list[float]]] = {}
    for title, laws in LAWS.items():
        say(title)
        proofs += laws()
    series["quadratics"] = distances()
    say("FedProx and stragglers on Synthetic(1, 1)")
    proofs += prox_laws(quick, say)
    carried: dict[str, Callable[[], Iterator[Proof]]] = {"MNIST": lambda: mnist_laws(quick, say, series.setdefault("mnist", {})), "What MiniLM's gradient gives away": leakage_laws}
    for title, laws in carried.items():
        say(title)
        try:
            proofs += laws()
        except CarrierError as error:
            notes.append(f"{title} was not measured: {error}")
    checks = [proof.check() for proof in proofs]
    if notes and not quick:  # a figure that is stated must be measured
        checks.append(Check("rows that need data or a model", 0.0, "not measured", False))
    return Result("papers", [proof.row() for proof in proofs], checks, notes, UNPRINTED, series)
