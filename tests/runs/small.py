"""A run that takes less than a second, for tests of everything around it."""

from typing import Any

from fedviz.core.config import RunConfig


def small(**federation: Any) -> RunConfig:
    """The toy scenario with a tiny model, few texts, no comparison."""
    return RunConfig.parse(
        {
            "scenario": {"name": "toy", "train_texts": 32, "test_texts": 16},
            "model": {"name": "toy", "width": 16, "layers": 1},
            "federation": {"rounds": 2, "clients": 3, "compare": False, "batch_size": 4, **federation},
        }
    )
