"""Registries: one home a kind, one file an entry, one line in the folder's `ENTRIES`.

A folder that holds plug-ins (say `fedviz/federation/strategies/`) has in its `__init__` a dictionary
`ENTRIES = {"fedavg": "fedavg:FEDAVG", ...}`: name -> module in that folder, colon, attribute. Entries are imported when
they are asked for, so listing names costs nothing and a missing optional library hurts only its own entry.

The homes are named by string here because core is the lowest block: it knows where plug-ins are kept, not what they are.
"""

import importlib
from collections.abc import Iterator
from typing import Any, Protocol

from fedviz.core.errors import UnknownNameError


class Entry(Protocol):
    """What every plug-in record offers: the form, the help, the docs and the contract tests need no more."""

    name: str
    title: str
    summary: str
    options: type[Any]
    """A subclass of `fedviz.core.options.Options`, with `name: Literal[...]` as its first field."""


class Registry:
    """The entries of one kind by name, in the order of the home's `ENTRIES`."""

    def __init__(self, kind: str, home: str) -> None:
        self.kind = kind
        self.home = home

    def _paths(self) -> dict[str, str]:
        return importlib.import_module(self.home).ENTRIES

    def names(self) -> tuple[str, ...]:
        """Names of all entries, without importing any of them."""
        return tuple(self._paths())

    def get(self, name: str) -> Any:
        """The entry of that name; `UnknownNameError` lists the known names."""
        paths = self._paths()
        if name not in paths:
            raise UnknownNameError(self.kind, name, paths)
        module, _, attribute = paths[name].partition(":")
        return getattr(importlib.import_module(f"{self.home}.{module}"), attribute)

    def __iter__(self) -> Iterator[Any]:
        return (self.get(name) for name in self.names())


SCENARIOS = Registry("scenario", "fedviz.scenarios")
PARTITIONS = Registry("partition", "fedviz.scenarios.partitions")
MODELS = Registry("model", "fedviz.models")
KNOWLEDGE = Registry("knowledge fusion", "fedviz.models.knowledge")
STRATEGIES = Registry("strategy", "fedviz.federation.strategies")
AGGREGATIONS = Registry("aggregation", "fedviz.federation.aggregation")
ADVERSARIES = Registry("adversary", "fedviz.federation.adversaries")
PRIVACY = Registry("privacy mechanism", "fedviz.federation.privacy")
AVAILABILITY = Registry("availability", "fedviz.federation.availability")
COMPRESSION = Registry("compression", "fedviz.federation.compression")
ADAPTERS = Registry("combination of adapters", "fedviz.federation.adapters")
LOSSES = Registry("knowledge loss", "fedviz.models.losses")
AUGMENTATIONS = Registry("augmentation", "fedviz.models.augmentation")
SELECTIONS = Registry("selection", "fedviz.models.selection")
OBJECTIVES = Registry("objective", "fedviz.models.objectives")

SOURCES = Registry("reader", "fedviz.kg.sources")

ALL = (SCENARIOS, PARTITIONS, MODELS, KNOWLEDGE, STRATEGIES, AGGREGATIONS, ADVERSARIES, PRIVACY, AVAILABILITY, COMPRESSION, ADAPTERS, LOSSES, AUGMENTATIONS, SELECTIONS, OBJECTIVES, SOURCES)
