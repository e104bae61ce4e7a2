"""OwnThink's knowledge graph as OpenKG publishes it: a table of entity, attribute and value in Chinese, with commas."""

import csv
from collections.abc import Iterator
from typing import IO, Literal

from fedviz.core.i18n import N_
from fedviz.kg.sources.attributes import AttributesOptions, rows
from fedviz.kg.sources.base import SourceEntry, blocks, numbered, text
from fedviz.kg.store.change import Intake
from fedviz.kg.store.lines import Block

_HEADERS = (["实体", "属性", "值"], ["entity", "attribute", "value"])


class OwnthinkOptions(AttributesOptions):
    """Options of `ownthink`."""

    name: Literal["ownthink"] = "ownthink"


def read(file: IO[bytes], options: OwnthinkOptions, intake: Intake, scope: str) -> Iterator[Block]:
    """The statements of a file, line by line; lines that are no triple are told."""
    return blocks(rows(_cells(file, intake), options, intake))


def _cells(file: IO[bytes], intake: Intake) -> Iterator[tuple[int, list[str]]]:
    for number, raw in numbered(file, intake):
        line = text(raw, number, intake)
        if line is None or not line.strip():
            continue
        try:
            cells = next(csv.reader([line], strict=True))
        except (csv.Error, StopIteration) as error:
            intake.skip(number, f"it is no line of a table: {error}")
            continue
        if number > 1 or [cell.strip().lower() for cell in cells] not in _HEADERS:
            yield number, cells


OWNTHINK = SourceEntry("ownthink", "OwnThink", N_("Entity, attribute and value in Chinese with commas, as OpenKG publishes it."), OwnthinkOptions, (), read)
