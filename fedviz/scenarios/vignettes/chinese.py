"""Chinese notes: the part of the HPO that they speak of under Chinese names, and the sentences that they are written in.

The names are our own translation of the ontology's English ones and were reviewed by no clinician (docs/decisions/0018-chinese-names.md). Ids and relations are the
ontology's own.
"""

import csv
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

from fedviz.core.errors import CarrierError
from fedviz.kg.graph import Entity, KnowledgeGraph
from fedviz.scenarios.vignettes.cases import diseases
from fedviz.scenarios.vignettes.words import Language

NAMES, DISEASES = "names_zh.csv", "diseases_zh.csv"


class Named(NamedTuple):
    """What a thing is called: its name, and everyday names beside it."""

    name: str
    plain: tuple[str, ...] = ()


@lru_cache(maxsize=2)
def chinese_graph(graph: KnowledgeGraph) -> KnowledgeGraph:
    """`graph_of` the ontology with the names of this package."""
    return graph_of(graph, names())


def graph_of(graph: KnowledgeGraph, named: Mapping[str, Named]) -> KnowledgeGraph:
    """Findings of the notes and all that they are a kind of, under these names; a definition begins with the name that the ontology has. `CarrierError` where `named` is not of exactly these."""
    needed = needed_entities(graph)
    if lacking := sorted(needed - named.keys()):
        raise CarrierError(f"{NAMES} must name every phenotype of the notes and all above it, but {lacking[0]} is missing.")
    if odd := sorted(named.keys() - needed):
        raise CarrierError(f"{NAMES} must name phenotypes of the notes and what is above them alone, but {odd[0]} is none of these.")
    entities = {
        key: Entity(key, named[key].name, named[key].plain, f"{item.name}. {item.definition}".strip(), item.kind) for key, item in graph.entities.items() if key in named
    }
    triples = tuple(triple for triple in graph.triples if triple.head in entities and triple.tail in entities)
    return KnowledgeGraph(f"{graph.name}, Chinese names by fedviz", graph.source, entities, triples)


def needed_entities(graph: KnowledgeGraph) -> frozenset[str]:
    """Ids of the findings that notes can name and of everything above them."""
    found = {key for disease in diseases() for key, *_ in disease.phenotypes}
    return frozenset(found).union(*(graph.ancestors(key) for key in found))


@lru_cache(maxsize=1)
def names() -> Mapping[str, Named]:
    """`read_names`, once."""
    return read_names()


@lru_cache(maxsize=1)
def disease_names() -> Mapping[str, str]:
    """`read_diseases`, once."""
    return read_diseases()


def read_names() -> Mapping[str, Named]:
    """Chinese names by phenotype id, each a main name and at most two plain ones. `CarrierError` where a line of the file is broken or a main name stands twice."""
    read: dict[str, Named] = {}
    whose: dict[str, str] = {}
    for line, (key, name, plain) in _lines(NAMES, ("id", "name", "plain")):
        every = tuple(part.strip() for part in plain.split("|") if part.strip())
        if len(every) > 2 or not name:
            raise CarrierError(f"Every line of {NAMES} must hold a name and at most two plain names, but line {line} does not.")
        if whose.setdefault(name, key) != key:
            raise CarrierError(f"No two phenotypes of {NAMES} may have the same name, but {name} stands twice.")
        read[key] = Named(name, tuple(part for part in dict.fromkeys(every) if part != name))
    return read


def read_diseases() -> Mapping[str, str]:
    """Chinese names of the diseases by id. `CarrierError` where a line of the file is broken, or a disease of the notes is missing."""
    read = {key: name for _, (key, name) in _lines(DISEASES, ("id", "name"))}
    if lacking := [disease.id for disease in diseases() if not read.get(disease.id)]:
        raise CarrierError(f"{DISEASES} must name every disease of the notes, but {lacking[0]} is missing.")
    return read


def _text(file: str) -> str:
    try:
        return resources.files(__package__).joinpath(file).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise CarrierError(f"{file} must be in the package as UTF-8, but it cannot be read.") from None


def _lines(file: str, columns: tuple[str, ...]) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of a table of this package, whose ids are all different."""
    seen: set[str] = set()
    for number, row in enumerate(csv.reader(_text(file).splitlines()), 1):
        cells = [cell.strip() for cell in row]
        if len(cells) != len(columns) or (tuple(cells) != columns if number == 1 else not cells[0] or cells[0] in seen):
            raise CarrierError(f"Every line of {file} must hold {', '.join(columns)} and an id of its own, but line {number} does not.")
        seen.add(cells[0])
        if number > 1:
            yield number, cells


def _listed(some: list[str]) -> str:
    return some[0] if len(some) == 1 else "、".join(some[:-1]) + "和" + some[-1]


CHINESE = Language(
    clinic=(
        "{age}岁{sex}，因{first}就诊。查体见{rest}。",
        "{sex}，{age}岁。所见：{first}；{rest}。",
        "患者，{sex}，{age}岁。主诉：{first}。另见：{rest}。",
        "因{first}转诊。对这名{age}岁{sex}的检查发现：{rest}。",
    ),
    home=(
        "我的{child}今年{age}岁，有{first}。我们还注意到{rest}。",
        "我家{age}岁的{child}有{first}。医生还发现{rest}。",
    ),
    own=(
        "我今年{age}岁，有{first}。医生还发现{rest}。",
        "我{age}岁了，有{first}。另外还有{rest}。",
    ),
    adults=("男性", "女性"),
    minors=("男童", "女童"),
    children=("儿子", "女儿"),
    told=str,
    listed=_listed,
)
