"""The language model of a configuration."""

from fedviz.core.config import RunConfig
from fedviz.core.registry import MODELS
from fedviz.models.backbone import Backbone, placed


def backbone_of(config: RunConfig) -> Backbone:
    """The backbone that a run trains, on the device that it names. Raises `CarrierError` where its weights were not fetched, `ConfigError` where there is no such device."""
    entry = MODELS.get(config.model.name)  # type: ignore[attr-defined]
    return placed(entry.load(config.model) if entry.load_for is None else entry.load_for(config), config.model.device)  # type: ignore[attr-defined]
