"""The language model of a configuration."""

from fedviz.core.config import RunConfig
from fedviz.core.registry import MODELS
from fedviz.models.backbone import Backbone


def backbone_of(config: RunConfig) -> Backbone:
    """The backbone that a run trains. Raises `CarrierError` where its weights were not fetched."""
    entry = MODELS.get(config.model.name)  # type: ignore[attr-defined]
    return entry.load(config.model) if entry.load_for is None else entry.load_for(config)
