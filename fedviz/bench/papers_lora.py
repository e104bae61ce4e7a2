"""Averaging low-rank adapters: the mean of the factors is not the mean of their products; with one A for all, or stacked factors, it is."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fedviz.bench.proof import Proof
from fedviz.core.config import RunConfig
from fedviz.core.i18n import N_
from fedviz.federation.assemble import assemble
from fedviz.federation.rounds import Hooks, Rounds

ROUNDS = 3
FEDIT = "Zhang et al. 2024, Towards Building the Federated GPT: Federated Instruction Tuning (FedIT), arXiv:2305.05644"
FFA = "Sun, Li, Li and Ding 2024, Improving LoRA in Privacy-preserving Federated Learning (FFA-LoRA), arXiv:2403.12313"
FLORA = "Wang et al. 2024, FLoRA: Federated Fine-Tuning Large Language Models with Heterogeneous Low-Rank Adaptations, arXiv:2409.05976"


def lora_laws() -> Iterator[Proof]:
    """Three rows, from the adapters that four clients send in the last of three rounds of a real run of the toy encoder."""
    sent, mean = _trained()
    layers = sorted(name for name in mean if "lora_A" in name)
    gaps, stacked, frozen = [], [], []
    for name in layers:
        a, b = name, name.replace("lora_A", "lora_B")
        products = np.mean([client[b].astype(float) @ client[a] for client in sent], axis=0)
        gaps.append(_relative(mean[b].astype(float) @ mean[a], products))
        kept = np.mean([client[b].astype(float) @ mean[a] for client in sent], axis=0)
        frozen.append(_relative(np.mean([client[b] for client in sent], axis=0) @ mean[a], kept))
        wide = np.concatenate([client[b] for client in sent], axis=1) / np.float32(len(sent))
        stacked.append(_relative(wide @ np.concatenate([client[a] for client in sent], axis=0), products))
    yield Proof("FedIT", N_("averages A and B apart, which is not the average of the products: the gap, relative to it"),
                r"\bar B \, \bar A \ne \frac{1}{K} \sum_k B_k A_k, \quad \bar A = \frac{1}{K} \sum_k A_k, \; \bar B = \frac{1}{K} \sum_k B_k",
                FEDIT, f"{max(gaps):.2g}", "> 0", max(gaps), 1e-3, "at least")  # fmt: skip
    yield Proof("FFA-LoRA", N_("keeps one A for all, so that the average of the B is that of the products (the arithmetic, in float32; no strategy here)"),
                r"\left( \frac{1}{K} \sum_k B_k \right) A = \frac{1}{K} \sum_k B_k A", FFA, f"{max(frozen):.1e}", "0", max(frozen), 1e-6)  # fmt: skip
    yield Proof("FLoRA", N_("stacks the clients' factors, which is the average of the products (the arithmetic, in float32; no strategy here)"),
                r"\frac{1}{K} \left[ B_1 \cdots B_K \right] \begin{bmatrix} A_1 \\ \vdots \\ A_K \end{bmatrix} = \frac{1}{K} \sum_k B_k A_k",
                FLORA, f"{max(stacked):.1e}", "0", max(stacked), 1e-6)  # fmt: skip


def _trained() -> tuple[list[dict[str, NDArray[Any]]], dict[str, NDArray[Any]]]:
    """What each client sent in the last round, and the global model that FedAvg made of it."""
    config = RunConfig.parse({
        "scenario": "toy", "model": {"name": "toy", "tuning": "lora"},
        "federation": {"clients": 4, "rounds": ROUNDS, "weighting": "even", "compare": False},
    })  # fmt: skip
    sent: list[dict[str, NDArray[Any]]] = []

    def keep(number: int, client: int, arrays: Any) -> None:
        if number == ROUNDS:
            sent.append({name: values.copy() for name, values in arrays.items() if "lora_" in name})

    ended = Rounds(assemble(config), Hooks(keep_client=keep)).run()
    return sent, ended.state.arrays


def _relative(found: NDArray[Any], expected: NDArray[Any]) -> float:
    return float(np.linalg.norm(found - expected) / np.linalg.norm(expected))
