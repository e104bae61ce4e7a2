"""What a graphics processor computes is what the processor computes, for every objective; needs one."""

import numpy as np
import pytest
import torch

from fedviz.bench.gpu import SHAPES, written
from fedviz.core.config import RunConfig
from fedviz.core.events import GlobalEvaluated
from fedviz.federation.assemble import assemble
from fedviz.federation.rounds import Hooks, Rounds

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no graphics processor here")
SMALL = {"width": 48, "layers": 3, "inner": 96, "vocabulary": 400, "heads": 4}
SCRATCH = {"name": "scratch", "width": 32, "layers": 3, "heads": 2, "vocabulary": 400, "least_count": 1, "tuning": "full"}


def trained(model, objective, device):
    """The weights after two rounds, and the losses on the way."""
    losses = []
    config = RunConfig.parse({
        "scenario": {"name": "toy", "train_texts": 48, "test_texts": 16}, "partition": "iid", "knowledge": "none", "objective": objective,
        "model": {**model, "device": device, "max_tokens": 64}, "federation": {"clients": 2, "rounds": 2, "batch_size": 8, "learning_rate": 1e-3, "optimizer": "sgd", "compare": False},
    })  # fmt: skip
    run = Rounds(assemble(config), Hooks(emit=lambda event: losses.extend(one.value for one in event.metrics if one.key.name == "loss") if isinstance(event, GlobalEvaluated) else None)).run()
    return run.state.arrays, losses


def same(model, objective):
    (here, losses), (there, others) = (trained(model, objective, device) for device in ("cpu", "cuda"))
    assert losses and np.allclose(losses, others, atol=1e-3)
    for name, values in here.items():
        assert np.allclose(values, there[name], atol=1e-3), name


@pytest.mark.parametrize("tuning", ["lora", "full"])
@pytest.mark.parametrize(("shape", "objective"), [("MiniLM", "classify"), ("RoBERTa-base", "pairs"), ("SmolLM2-135M", "classify"), ("SmolLM2-135M", "causal"), ("SmolLM2-135M", "instruct")])
def test_a_run_of_a_stored_model_ends_with_the_same_weights(tmp_path, shape, objective, tuning):
    small = SHAPES[shape] | SMALL | ({"keys": 2} if "keys" in SHAPES[shape] else {})
    same({"name": "pretrained", "source": str(written(tmp_path / "model", small)), "tuning": tuning, "lora_layers": 2}, objective)


@pytest.mark.parametrize("objective", ["masked", "causal"])
def test_a_run_from_scratch_ends_with_the_same_weights(objective):
    same(SCRATCH | ({"family": "gpt2"} if objective == "causal" else {}), objective)
