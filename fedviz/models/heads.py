"""From what a layer says of a token back to tokens: the language-model head, and its loss without holding all logits.

`logits = W t(h) + b`. W is the table of the tokens' own vectors (tied: Press and Wolf 2017, arXiv 1608.05859) or one of its own where the model was stored
with one. BERT and RoBERTa transform first, `t(h) = norm(gelu(dense(h)))`; the causal families have their final norm there and no bias.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from fedviz.models.backbone import Backbone

CHUNK = 256
"""So many tokens' logits are held at a time: a vocabulary of 49,000 takes 50 MB for these."""
DENSE_WEIGHT, DENSE_BIAS, NORM_WEIGHT, NORM_BIAS, BIAS, WEIGHT = "dense.weight", "dense.bias", "norm.weight", "norm.bias", "bias", "weight"
"""Names of a head's stored weights; `weight` only where it is not tied."""


class LanguageHead(nn.Module):
    """Logits over the vocabulary of states [n, width].

    `table` [tokens, width] is the tied one. With `train`, every weight is trained. Otherwise what was stored with the model stays as it is, and a
    head that was not stored, as MiniLM's, is trained from a transform that begins as the identity and a bias of zero.
    """

    def __init__(self, backbone: Backbone, table: nn.Parameter, train: bool) -> None:
        super().__init__()
        stored = backbone.head()
        self.untied = WEIGHT in stored
        self.weight = nn.Parameter(stored[WEIGHT].clone(), requires_grad=train) if WEIGHT in stored else table
        self.dense: nn.Linear | None = None
        self.norm: nn.LayerNorm | None = None
        self.bias: nn.Parameter | None = None
        if backbone.family.causal:
            return
        width, learns = backbone.width, train or not stored
        self.dense, self.norm = nn.Linear(width, width), nn.LayerNorm(width, eps=1e-12)
        with torch.no_grad():
            self.dense.weight.copy_(stored.get(DENSE_WEIGHT, torch.eye(width)))
            self.dense.bias.copy_(stored.get(DENSE_BIAS, torch.zeros(width)))
            self.norm.weight.copy_(stored.get(NORM_WEIGHT, torch.ones(width)))
            self.norm.bias.copy_(stored.get(NORM_BIAS, torch.zeros(width)))
        self.bias = nn.Parameter(stored.get(BIAS, torch.zeros(len(table))).clone())
        for weight in (*self.dense.parameters(), *self.norm.parameters(), self.bias):
            weight.requires_grad_(learns)

    def transformed(self, states: Tensor) -> Tensor:
        """`t(h)` [n, width]."""
        return states if self.dense is None or self.norm is None else self.norm(nn.functional.gelu(self.dense(states)))

    def forward(self, states: Tensor) -> Tensor:
        """Logits [n, tokens]."""
        return nn.functional.linear(self.transformed(states), self.weight, self.bias)

    def loss(self, states: Tensor, targets: Tensor) -> Tensor:
        """Mean cross-entropy in nats of `targets` [n], n at least 1; gradients flow."""
        return _Loss.apply(self.transformed(states), self.weight, self.bias, targets)

    @torch.no_grad()
    def score(self, states: Tensor, targets: Tensor) -> tuple[float, int]:
        """The sum of the cross-entropies, and how many targets are the likeliest token."""
        loss_sum, right = 0.0, 0
        for rows, wanted in zip(states.split(CHUNK), targets.split(CHUNK), strict=True):
            logits = self(rows)
            loss_sum += nn.functional.cross_entropy(logits, wanted, reduction="none").double().sum().item()
            right += int((logits.argmax(1) == wanted).sum())
        return loss_sum, right


class _Loss(torch.autograd.Function):
    """The mean cross-entropy of `linear(x, W, b)`, chunk by chunk; a chunk's gradient is taken where its logits are, so that these are worked out once and
    thrown away (as Liger's fused loss does: Hsu et al. 2024, arXiv 2410.10989).
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor) -> Tensor:
        n = len(targets)
        total = x.new_zeros((), dtype=torch.float64)
        slopes = [torch.zeros_like(part) if part is not None and needed else None for part, needed in zip((x, weight, bias), ctx.needs_input_grad[:3], strict=True)]
        on_x, on_weight, on_bias = slopes
        for start in range(0, n, CHUNK):
            rows, wanted = x[start : start + CHUNK], targets[start : start + CHUNK, None]
            logits = nn.functional.linear(rows, weight, bias)
            sums = logits.logsumexp(1, keepdim=True)
            total += (sums - logits.gather(1, wanted)).double().sum()
            slope = logits.sub_(sums).exp_()
            slope.scatter_add_(1, wanted, slope.new_full((len(rows), 1), -1.0))
            slope /= n
            if on_x is not None:
                on_x[start : start + CHUNK] = slope @ weight
            if on_weight is not None:
                on_weight.addmm_(slope.T, rows)
            if on_bias is not None:
                on_bias += slope.sum(0)
        ctx.slopes = slopes
        return (total / n).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, *slope: Tensor) -> tuple[Tensor | None, ...]:
        return (*(None if part is None else part * slope[0] for part in ctx.slopes), None)


def stored_head(state: Mapping[str, Tensor], kind: str, tied: bool) -> dict[str, Tensor]:
    """The head's weights out of those of a whole model of `kind` (`model_type`), under this module's names; empty where the file has none or only parts."""
    if kind in ("gpt2", "llama"):
        return {} if tied or "lm_head.weight" not in state else {WEIGHT: state["lm_head.weight"]}
    state = {name.replace(".gamma", ".weight").replace(".beta", ".bias"): values for name, values in state.items()}  # as the first BERTs were stored
    start, norm = ("cls.predictions.transform.", "LayerNorm") if kind == "bert" else ("lm_head.", "layer_norm")
    names = {DENSE_WEIGHT: f"{start}dense.weight", DENSE_BIAS: f"{start}dense.bias", NORM_WEIGHT: f"{start}{norm}.weight", NORM_BIAS: f"{start}{norm}.bias"}
    names[BIAS] = "cls.predictions.bias" if kind == "bert" else "lm_head.bias"
    own = "cls.predictions.decoder.weight" if kind == "bert" else "lm_head.decoder.weight"
    if not all(name in state for name in names.values()):
        return {}
    return {ours: state[name] for ours, name in names.items()} | ({} if tied or own not in state else {WEIGHT: state[own]})
