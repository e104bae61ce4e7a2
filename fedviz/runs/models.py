"""The trained models of a run, ready to be asked about a text."""

from fedviz.core.errors import RunError
from fedviz.core.registry import OBJECTIVES
from fedviz.core.types import FULL_TRUST
from fedviz.models.predictor import Predictor
from fedviz.runs.folder import RunFolder, view_of
from fedviz.runs.versions import Version, version
from fedviz.scenarios import load as scenarios


def predictor(folder: RunFolder, number: int | None = None, client: int | None = None) -> Predictor:
    """The global model after round `number` (None: the newest), or the model that a client sent in that round.

    `RunError` where that model is not kept, `CarrierError` where the scenario's or the model's data is not fetched.
    """
    return predictor_of(folder, version(folder, number, client, personal=False))


def predictor_of(folder: RunFolder, chosen: Version) -> Predictor:
    """A version of a run's model, ready to be asked. `CarrierError` where the scenario's or the model's data is not fetched."""
    config = folder.config()
    if not OBJECTIVES.get(config.objective.name).labels:  # type: ignore[attr-defined]
        raise RunError(f"A model must be a classifier to be asked about classes, but the run {folder.id} has the objective {config.objective.name}.")  # type: ignore[attr-defined]
    data = scenarios.load(config)
    return Predictor(config, data.classes, data.graph, chosen.arrays, data.class_entities, view_of(folder).trust or FULL_TRUST)
