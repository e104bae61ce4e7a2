"""Objectives: the loss that a client's step makes smaller against its equation in plain NumPy, on a batch of a real run; and the share of tokens that masking hides."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from fedviz.bench.every import tiny_run
from fedviz.bench.proof import Proof
from fedviz.core.i18n import N_
from fedviz.core.registry import OBJECTIVES
from fedviz.core.seeds import generator
from fedviz.federation.assemble import assemble

LAW = N_("is the mean negative logarithm of the probability that its equation names (largest difference over three batches)")
DRAWS = 200


def objective_laws() -> Iterator[Proof]:
    """A row for each objective, and one for how many tokens are hidden."""
    for name in OBJECTIVES.names():
        entry, learner, rows = _prepared(name)
        worst = 0.0
        with torch.no_grad():
            for batch, _ in zip(learner.batches("train", rows, 8, generator(0, "proof", name)), range(3), strict=False):
                worst = max(worst, abs(float(learner.objective(batch)[0]) - _plain(learner, batch)))
        yield Proof(entry.title, LAW, entry.equation, entry.paper, f"{worst:.1e}", "0", worst, 1e-5)
    entry, learner, rows = _prepared("masked")
    draw = generator(0, "proof", "shares")
    asked = [learner.questions.ask("train", int(row), draw) for _ in range(DRAWS) for row in rows]
    texts = [learner.questions.lengths("train")[int(row)] - 1 for _ in range(DRAWS) for row in rows]  # the toy's one special token stands at the start
    share = sum(len(question.places) for question in asked) / sum(texts)
    yield Proof(entry.title, N_("hides 15 % of the tokens on average"), entry.equation, entry.paper, f"{100 * share:.2f} %", "15 %", abs(share - 0.15), 0.005)


def _prepared(name: str) -> tuple[Any, Any, NDArray[np.int64]]:
    """An objective's entry, its learner in a tiny run, and the first client's rows."""
    changes = {"model.tuning": "lora", "model.max_tokens": 512, "scenario.train_texts": 64} if name == "instruct" else {}
    experiment = assemble(tiny_run("objective", name, **changes))
    return OBJECTIVES.get(name), experiment.learner, experiment.shards.train[0]


def _plain(learner: Any, batch: Any) -> float:
    """The loss by its equation, in float64."""
    if hasattr(batch, "labels"):
        return _missed(learner.logits(batch).numpy(), batch.labels.numpy())
    if hasattr(batch, "targets"):
        return _missed(learner.model.language(learner.model(batch)).numpy(), batch.targets.numpy())
    vectors = learner.model.encoder(batch.inputs).numpy().astype(np.float64)
    if batch.follows is not None:
        return _missed(learner.model.head(torch.from_numpy(vectors.astype(np.float32))).numpy(), batch.follows.numpy())
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines, own = unit[: batch.texts] @ unit[batch.texts :].T / learner.temperature, np.arange(batch.texts)
    return (_missed(cosines, own) + _missed(cosines.T, own)) / 2


def _missed(logits: NDArray[Any], wanted: NDArray[np.int64]) -> float:
    """`-mean log p(wanted)` of the softmax of `logits` [n, answers]."""
    logits = logits.astype(np.float64)
    top = logits.max(1, keepdims=True)
    return float(np.mean(np.log(np.exp(logits - top).sum(1)) + top[:, 0] - logits[np.arange(len(wanted)), wanted]))
