"""How many texts a configuration deals to whom, and which arrays it trains: what an estimate needs, without loading the model.

Counting needs the scenario once; the counts are kept in the data folder, since a page asks for them at every change.
"""

import hashlib
import json
import math
from dataclasses import asdict, dataclass
from functools import lru_cache

from fedviz import __version__
from fedviz.carriers.home import data_home
from fedviz.core.config import RunConfig
from fedviz.core.files import write_atomic
from fedviz.core.registry import ADAPTERS, AGGREGATIONS
from fedviz.scenarios.pins import versions

# width, layers, inner width, vocabulary, positions, token types of the encoders that are BERT models
_MINILM = (384, 6, 1536, 30522, 512, 2)


@dataclass(frozen=True)
class Sizes:
    """Texts of each client, classes, and the mean number of characters of a text."""

    train: tuple[int, ...]
    test: tuple[int, ...]
    classes: int
    characters: float


@dataclass(frozen=True)
class Encoder:
    """The size of a BERT encoder, all in numbers of units."""

    width: int
    layers: int
    inner: int
    vocabulary: int
    positions: int
    types: int

    @property
    def layer_weights(self) -> int:
        """Weights of the matrices of one layer: what a token is multiplied with."""
        return 4 * self.width**2 + 2 * self.width * self.inner


def encoder(config: RunConfig) -> Encoder:
    """The encoder that a configuration names."""
    options = config.model
    if options.name == "toy":  # type: ignore[attr-defined]
        return Encoder(options.width, options.layers, 2 * options.width, 2048, 512, 2)  # type: ignore[attr-defined]
    return Encoder(*_MINILM)


def sizes(config: RunConfig) -> Sizes:
    """The counts of a configuration; raises `CarrierError` where they are not known yet and the data is not fetched."""
    data = config.to_data()
    parts = [data["scenario"], data["partition"], config.federation.clients, config.seed, __version__, *versions(config)]
    aggregation = config.federation.aggregation
    if root := AGGREGATIONS.get(aggregation.name).root_texts(aggregation):
        parts.append(root)
    key = hashlib.blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=12).hexdigest()
    return _kept(key) or _count(key, config)


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
    shapes: dict[str, tuple[int, ...]] = {"head.weight": (found.classes, size.width), "head.bias": (found.classes,)}
    directions = getattr(config.knowledge, "dimensions", 0) + getattr(config.knowledge, "feature_dimensions", 0)
    if directions:
        shapes["graph.weight"] = (found.classes, directions)
    if options.tuning == "lora":  # type: ignore[attr-defined]
        rank = options.lora_rank  # type: ignore[attr-defined]
        for layer in range(options.lora_layers):  # type: ignore[attr-defined]
            for projection in ("query", "value"):
                start = f"encoder.layers.{layer}.attention.self.{projection}"
                shapes |= {f"{start}.lora_A.default.weight": (rank, size.width), f"{start}.lora_B.default.weight": (size.width, rank)}
    elif options.tuning == "full":  # type: ignore[attr-defined]
        shapes |= _bert(size)
    return shapes


def added_shapes(config: RunConfig) -> dict[str, tuple[int, ...]]:
    """Name and shape of every array that the run adds to a frozen matrix, as the learner will have them."""
    options, width = config.model, encoder(config).width
    if not ADAPTERS.get(config.federation.adapters.name).based:
        return {}
    places = [(layer, projection) for layer in range(options.lora_layers) for projection in ("query", "value")]  # type: ignore[attr-defined]
    return {f"encoder.layers.{layer}.attention.self.{projection}.base_layer.delta": (width, width) for layer, projection in places}


def _bert(size: Encoder) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}

    def norm(name: str) -> None:
        shapes[f"{name}.LayerNorm.weight"] = shapes[f"{name}.LayerNorm.bias"] = (size.width,)

    def dense(name: str, outputs: int, inputs: int) -> None:
        shapes[f"{name}.weight"], shapes[f"{name}.bias"] = (outputs, inputs), (outputs,)

    for table, rows in (("word", size.vocabulary), ("position", size.positions), ("token_type", size.types)):
        shapes[f"encoder.embeddings.{table}_embeddings.weight"] = (rows, size.width)
    norm("encoder.embeddings")
    for layer in range(size.layers):
        start = f"encoder.layers.{layer}"
        for part in ("query", "key", "value"):
            dense(f"{start}.attention.self.{part}", size.width, size.width)
        dense(f"{start}.attention.output.dense", size.width, size.width)
        norm(f"{start}.attention.output")
        dense(f"{start}.intermediate.dense", size.inner, size.width)
        dense(f"{start}.output.dense", size.width, size.inner)
        norm(f"{start}.output")
    return shapes


def weights(shapes: dict[str, tuple[int, ...]]) -> int:
    """Numbers in all arrays of these shapes."""
    return sum(math.prod(shape) for shape in shapes.values())
