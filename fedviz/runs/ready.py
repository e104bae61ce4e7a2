"""What a configuration is asked before it becomes a run."""

from fedviz.core.config import RunConfig
from fedviz.models.pretrained import pinned
from fedviz.runs.fits import refuse_too_large


def ready(config: RunConfig) -> RunConfig:
    """The configuration as it is run: a model of the hub is held to its commit. Raises `FedvizError` in one sentence where the model cannot be had or the machine is too small for it."""
    config = pinned(config)
    refuse_too_large(config)
    return config
