"""CN-DBpedia as OpenKG publishes it (Xu et al. 2017, https://doi.org/10.1007/978-3-319-60045-1_44): entity, attribute and value in Chinese, with tabs."""

from collections.abc import Iterator
from typing import IO, Literal

from fedviz.core.i18n import N_
from fedviz.kg.sources.attributes import AttributesOptions, rows
from fedviz.kg.sources.base import SourceEntry, blocks, numbered, text
from fedviz.kg.store.change import Intake
from fedviz.kg.store.lines import Block


class CnDbpediaOptions(AttributesOptions):
    """Options of `cn-dbpedia`."""

    name: Literal["cn-dbpedia"] = "cn-dbpedia"


def read(file: IO[bytes], options: CnDbpediaOptions, intake: Intake, scope: str) -> Iterator[Block]:
    """The statements of a file, line by line; lines that are no triple are told."""
    return blocks(rows(_cells(file, intake), options, intake))


def _cells(file: IO[bytes], intake: Intake) -> Iterator[tuple[int, list[str]]]:
    for number, raw in numbered(file, intake):
        line = text(raw, number, intake)
        if line is not None and line.strip():
            yield number, line.split("\t")


CN_DBPEDIA = SourceEntry("cn-dbpedia", "CN-DBpedia", N_("Entity, attribute and value in Chinese with tabs, as OpenKG publishes it."), CnDbpediaOptions, (), read)
