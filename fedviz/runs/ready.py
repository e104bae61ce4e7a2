"""What a configuration is asked before it becomes a run."""

from fedviz.core.config import RunConfig
from fedviz.models.pretrained import pinned


def ready(config: RunConfig) -> RunConfig:
    """The configuration as it is run: a model of the hub is held to its commit. Raises `FedvizError` in one sentence where the model cannot be had."""
    return pinned(config)
