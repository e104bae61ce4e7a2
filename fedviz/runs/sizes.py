"""How many texts a configuration deals to whom, and which arrays it trains: what an estimate needs, without loading the model.

Counting needs the scenario once; the counts are kept in the data folder, since a page asks for them at every change.
"""

import hashlib
import json
import math
from dataclasses import asdict, dataclass, replace
from functools import lru_cache

from fedviz import __version__
from fedviz.carriers.home import data_home
from fedviz.core.config import RunConfig
from fedviz.core.files import write_atomic
from fedviz.core.registry import ADAPTERS, AGGREGATIONS, MODELS, OBJECTIVES
from fedviz.models.shapes import Shape
from fedviz.scenarios.pins import versions


@dataclass(frozen=True)
class Sizes:
    """Texts of each client, classes, and the mean number of characters of a text; `held`: texts that each client holds out of its training, empty where none does."""

    train: tuple[int, ...]
    test: tuple[int, ...]
    classes: int
    characters: float
    held: tuple[int, ...] = ()


def encoder(config: RunConfig) -> Shape:
    """The size of the model that a configuration names. `ConfigError`, `InputError` or `CarrierError` where there is none."""
    return MODELS.get(config.model.name).shape(config.model)


def sizes(config: RunConfig) -> Sizes:
    """The counts of a configuration; raises `CarrierError` where they are not known yet and the data is not fetched."""
    data = config.to_data()
    parts = [data["scenario"], data["partition"], config.federation.clients, config.seed, __version__, *versions(config)]
    aggregation = config.federation.aggregation
    if root := AGGREGATIONS.get(aggregation.name).root_texts(aggregation):
        parts.append(root)
    key = hashlib.blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=12).hexdigest()
    return _without_held(config, _kept(key) or _count(key, config))


def _without_held(config: RunConfig, found: Sizes) -> Sizes:
    from fedviz.federation.validation import held

    federation = config.federation
    if not federation.validation_share:
        return found
    out = tuple(0 if client in federation.absent_clients else held(texts, federation.validation_share) for client, texts in enumerate(found.train))
    return replace(found, train=tuple(texts - count for texts, count in zip(found.train, out, strict=True)), held=out)


@lru_cache(maxsize=256)
def _read(path: str) -> Sizes:
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 - the cache needs a plain string
        data = json.load(file)
    return Sizes(tuple(data["train"]), tuple(data["test"]), int(data["classes"]), float(data["characters"]))


def _kept(key: str) -> Sizes | None:
    try:
        return _read(str(data_home() / "sizes" / f"{key}.json"))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _count(key: str, config: RunConfig) -> Sizes:
    from fedviz.federation.beside import withheld
    from fedviz.scenarios import load as scenarios

    data = scenarios.load(config)
    _root, dealt = withheld(config, data, scenarios.shards(config, data))
    texts = [*data.train.texts, *data.test.texts]
    counted = Sizes(tuple(map(len, dealt.train)), tuple(map(len, dealt.test)), len(data.classes), sum(map(len, texts)) / max(1, len(texts)))
    try:
        write_atomic(data_home() / "sizes" / f"{key}.json", json.dumps(asdict(counted)))
    except OSError:
        return counted  # a data folder that cannot be written costs time at the next question, nothing else
    return counted


def trained_shapes(config: RunConfig, found: Sizes) -> dict[str, tuple[int, ...]]:
    """Name and shape of every trained array, as the learner will have them."""
    size, options = encoder(config), config.model
    if config.model.name == "scratch":  # type: ignore[attr-defined]
        return _built(config, found)
    objective = OBJECTIVES.get(config.objective.name)
    shapes: dict[str, tuple[int, ...]] = {"head.weight": (found.classes, size.width), "head.bias": (found.classes,)} if objective.labels else {}
    shapes |= objective.shapes(config.objective, size.width, size.vocabulary)
    directions = getattr(config.knowledge, "dimensions", 0) + getattr(config.knowledge, "feature_dimensions", 0)
    if directions:
        shapes["graph.weight"] = (found.classes, directions)
    if options.tuning == "lora":  # type: ignore[attr-defined]
        arrays = size.adapters(options.lora_layers, options.lora_rank, options.lora_targets)  # type: ignore[attr-defined]
    else:
        arrays = size.arrays() if options.tuning == "full" else {}  # type: ignore[attr-defined]
    return shapes | {f"encoder.{name}": shape for name, shape in arrays.items()}


def added_shapes(config: RunConfig) -> dict[str, tuple[int, ...]]:
    """Name and shape of every array that the run adds to a frozen matrix, as the learner will have them."""
    options = config.model
    if not ADAPTERS.get(config.federation.adapters.name).based:
        return {}
    return {f"encoder.{name}": shape for name, shape in encoder(config).adapted(options.lora_layers, options.lora_targets).items()}  # type: ignore[attr-defined]


def _built(config: RunConfig, found: Sizes) -> dict[str, tuple[int, ...]]:
    """The same of a model that must be made to be known, since its vocabulary is learned."""
    from fedviz.models.encoder import Encoder as Built
    from fedviz.models.loading import backbone_of

    backbone, objective = backbone_of(config), OBJECTIVES.get(config.objective.name)
    shapes = {f"encoder.{name}": tuple(weight.shape) for name, weight in Built(backbone, config.model, 0).named_parameters() if weight.requires_grad}  # type: ignore[arg-type]
    shapes |= {"head.weight": (found.classes, backbone.width), "head.bias": (found.classes,)} if objective.labels else {}
    return shapes | objective.shapes(config.objective, backbone.width, len(backbone.family.words(backbone.embeddings)))


def weights(shapes: dict[str, tuple[int, ...]]) -> int:
    """Numbers in all arrays of these shapes."""
    return sum(math.prod(shape) for shape in shapes.values())
