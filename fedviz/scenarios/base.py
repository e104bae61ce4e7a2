"""What every scenario is: examples with labels and parties, classes, a graph, and the words that go with them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from fedviz.core.errors import ConfigError
from fedviz.core.options import Options
from fedviz.kg.graph import KnowledgeGraph

Ints = NDArray[np.int64]


class ScenarioOptions(Options):
    """The options that all scenarios share; a scenario narrows `name` and sets its own defaults."""

    name: str
    labels_per_class: Annotated[
        int,
        Field(
            ge=0,
            le=10_000,
            title="Labels per class",
            description="How many labelled training texts each class has in the whole federation, chosen by the seed. 0 keeps all. Few labels "
            "show what a graph is worth.",
        ),
    ] = 0
    train_texts: Annotated[
        int, Field(ge=1, le=100_000, title="Training texts", description="At most this many training texts, chosen by the seed before labels are limited.")
    ] = 100_000
    test_texts: Annotated[int, Field(ge=1, le=100_000, title="Test texts", description="At most this many test texts, chosen by the seed.")] = 100_000
    graph: Annotated[
        str,
        Field(
            pattern=r"^([a-z0-9][a-z0-9-]{0,39}(@[0-9a-f]{1,32})?)?$",
            title="Knowledge graph",
            description="A graph of the data folder that takes the place of the scenario's own; empty: its own. A run keeps the digest behind an `@` and refuses another version.",
            json_schema_extra={"names": "graphs"},
        ),
    ] = ""


@dataclass(frozen=True, eq=False)
class Examples:
    """Texts with their class and party, row by row: `labels` and `parties` are read-only integer arrays of shape [n]."""

    texts: tuple[str, ...]
    labels: Ints
    parties: Ints

    def __post_init__(self) -> None:
        for name in ("labels", "parties"):
            column = np.array(getattr(self, name), dtype=np.int64)
            if column.shape != (len(self.texts),):
                raise ConfigError(f"`{name}` must have one entry a text, but got {column.shape} for {len(self.texts)} texts.")
            column.setflags(write=False)
            object.__setattr__(self, name, column)

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: Ints) -> "Examples":
        """The examples of these rows, in their order."""
        return Examples(tuple(self.texts[row] for row in rows), self.labels[rows], self.parties[rows])


@dataclass(frozen=True)
class Provenance:
    """Where data comes from that no carrier brought: what it is called, its source, its licence and its date (ISO 8601); empty where nobody said."""

    title: str
    source: str = ""
    licence: str = ""
    date: str = ""


@dataclass(frozen=True, eq=False)
class ScenarioData:
    """A scenario, loaded.

    `class_entities`: entity id -> class index where the graph leads to a class; empty where it does not. `carriers`: keys of
    the packages that the data comes from. `references`: identifiers of the papers whose figures went into the texts.
    `warnings`: sentences that belong beside every number measured on this data. `samples`: texts to try. `party_word`: what
    a party is called ("hospital"); `scenarios.load` sets it from the registry's entry. `provenance`: of data that no carrier brought. `lay_names`: names of
    entities in plain words, by id, where the graph's source marks such.
    """

    name: str
    classes: tuple[str, ...]
    parties: tuple[str, ...]
    train: Examples
    test: Examples
    graph: KnowledgeGraph
    class_entities: Mapping[str, int] = field(default_factory=dict)
    carriers: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    party_word: str = "client"
    provenance: Provenance | None = None
    lay_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class ScenarioEntry:
    """A scenario in the registry. `load(options, seed)` is deterministic; `CarrierError` where its data is not fetched."""

    name: str
    title: str
    summary: str
    options: type[ScenarioOptions]
    load: Callable[[Any, int], ScenarioData]
    party_word: str = "client"
    carriers: tuple[str, ...] = ()
    """Keys of the packages that `load` reads, so that a page can ask for them before."""
    why: str = ""
    """Why the parties cannot put their texts together: a sentence or two for the card of the scenario (a message)."""
    parties: int = 8
    """How many parties it has: as many clients a run has where nothing else is said."""
    language: str = "en"
    """What its texts are written in (BCP 47); empty where that is not known."""
    model: str = "minilm"
    """Name of a model that reads them, which a run has where nothing else is said."""
