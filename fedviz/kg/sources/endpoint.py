"""A slice of a SPARQL endpoint: what it says about seed entities, and about what these lead to, hop by hop, in pages that are kept.

Every page is one file of N-Triples in the data folder, named by the digest of its question: an import that broke off, or is repeated, asks only for what is missing.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Annotated, Any, Literal

import xxhash
from pydantic import Field

from fedviz.carriers.home import data_home
from fedviz.core.errors import InputError
from fedviz.core.files import write_atomic
from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.kg.sources import http, ntriples
from fedviz.kg.sources.base import SourceEntry, listed, tagged
from fedviz.kg.store.change import Intake
from fedviz.kg.store.lines import Block
from fedviz.kg.store.memory import LABELS, SYNONYMS
from fedviz.kg.store.terms import FEDVIZ, Statement, expand, iri, is_iri, literal

_BATCH = 50
_NAMES = (LABELS[1], LABELS[0], SYNONYMS[0])
BLANK = N_("things without a name")


class EndpointOptions(Options):
    """Options of `endpoint`."""

    name: Literal["endpoint"] = "endpoint"
    url: Annotated[str, Field(title="Address", description="Of the SPARQL endpoint, such as https://dbpedia.org/sparql. Private networks are asked only where whoever started fedviz has allowed it.", max_length=500)] = ""
    seeds: Annotated[str, Field(title="Seeds", description="The entities to begin with, as in `dbr:Aspirin, wd:Q18216` or whole IRIs.", max_length=20_000)] = ""
    relations: Annotated[
        str, Field(title="Relations", description="Which relations are followed, as in `dbo:class, wdt:P279`; empty for all. Names come in whichever are chosen.", max_length=5000)
    ] = ""
    hops: Annotated[int, Field(ge=0, le=4, title="Hops", description="How far from the seeds: with 0, their names alone; with 1, what is said about them.")] = 1
    backwards: Annotated[bool, Field(title="Both directions", description="Whether statements come in that lead to an entity, not only those that start from it.")] = False
    limit: Annotated[int, Field(ge=1, le=1_000_000, title="At most statements", description="Asking ends when so many have come.")] = 20_000
    languages: Annotated[str, Field(title="Languages", description="Codes of the languages whose texts come in, as in `en, zh`; empty for all.", max_length=500)] = "en"
    page: Annotated[int, Field(ge=1, le=10_000, title="Rows a page", description="How many statements one question asks for.")] = 1000
    pause_s: Annotated[float, Field(ge=0, le=60, title="Pause in seconds", description="Between two questions, so that the endpoint has time for others.")] = 1.0
    contact: Annotated[
        str, Field(title="Contact", description="An e-mail or web address that the endpoint is told, so that somebody can be asked. Needed outside this machine.", max_length=200)
    ] = ""
    again: Annotated[bool, Field(title="Ask again", description="Whether pages that were kept from before are asked for again.")] = False


def read(file: IO[bytes], options: EndpointOptions, intake: Intake, scope: str) -> Iterator[Block]:
    """The statements of pages that were kept."""
    return ntriples.read(file, ntriples.NTriplesOptions(), intake, scope)


def fetch(options: EndpointOptions, intake: Intake) -> list[Path]:
    """Ask until every hop is answered or the limit is reached; gives the files of the pages. `InputError` says what was wrong; pages that came are kept."""
    url = http.checked(options.url, options.contact)
    wave = [_entity(seed, "seed") for seed in listed(options.seeds)]
    if not wave:
        raise InputError("A slice of an endpoint begins with at least one seed, such as dbr:Aspirin or wd:Q18216.")
    relations = [_entity(name, "relation") for name in listed(options.relations)]
    place = folder_of(options)
    if options.again:
        shutil.rmtree(place, ignore_errors=True)
    asking = _Asking(url, options, place, intake)
    seen = set(wave)
    for hop in range(options.hops + 1):
        names_only = hop == options.hops
        predicates = list(_NAMES) if names_only else [*relations, *(_NAMES if relations else ())]
        found: dict[str, None] = {}
        for start in range(0, len(wave), _BATCH):
            batch = wave[start : start + _BATCH]
            for pattern in ("s",) if names_only or not options.backwards else ("s", "o"):
                for row in asking.statements(batch, predicates, pattern):
                    other = row.object if pattern == "s" else row.subject
                    if is_iri(other) and row.predicate not in _NAMES and other not in seen:
                        found[other] = None
            intake.progress(start + len(batch), len(wave))
            if asking.count >= options.limit:
                return asking.files
        seen.update(found)
        wave = list(found)
    return asking.files


def folder_of(options: EndpointOptions) -> Path:
    """Where the pages of such a slice are kept."""
    said = f"{options.url.strip()}\n{options.languages}\n{options.page}"
    return data_home() / "endpoints" / xxhash.xxh3_64_hexdigest(said.encode())


class _Asking:
    """Questions to one endpoint, the files of their answers, and how many statements have come."""

    def __init__(self, url: str, options: EndpointOptions, place: Path, intake: Intake) -> None:
        self._url, self._options, self._place, self._intake = url, options, place, intake
        self.files: list[Path] = []
        self.count = 0
        self._asked = False

    def statements(self, entities: list[str], predicates: list[str], pattern: str) -> Iterator[Statement]:
        """What is said with these entities at that place of the pattern, page by page."""
        offset = 0
        while self.count < self._options.limit:
            size = min(self._options.page, self._options.limit - self.count)
            rows, complete = self._page(_query(entities, predicates, pattern, self._options, size, offset), size)
            self.count += len(rows)
            yield from rows
            if complete:
                return
            offset += size

    def _page(self, query: str, size: int) -> tuple[list[Statement], bool]:
        """The statements of one page, and whether it is the last."""
        file = self._place / f"{xxhash.xxh3_128_hexdigest(query.encode())}.nt"
        if not file.exists():
            if self._asked:
                http.pause(self._options.pause_s, self._intake)
            self._intake.check()
            self._asked = True
            bindings = http.select(self._url, self._options.contact, query, self._intake)
            lines = [line for binding in bindings if (line := _line(binding, self._intake)) is not None]
            write_atomic(file, f"# {len(bindings)}\n".encode() + b"".join(lines))
        self.files.append(file)
        first, *lines = file.read_bytes().split(b"\n")
        rows = [Statement(*line.decode().removesuffix(" .").split(" ", 2)) for line in lines if line]
        return rows, int(first[2:]) < size


def _query(entities: list[str], predicates: list[str], pattern: str, options: EndpointOptions, limit: int, offset: int) -> str:
    languages = ", ".join(literal(code) for code in ("", *listed(options.languages)))
    spoken = f" FILTER(!isLiteral(?o) || LANG(?o) IN ({languages}))" if options.languages.strip() else ""
    chosen = f" VALUES ?p {{ {' '.join(predicates)} }}" if predicates else ""
    values = f"VALUES ?{pattern} {{ {' '.join(entities)} }}"
    return f"SELECT DISTINCT ?s ?p ?o WHERE {{ {values}{chosen} ?s ?p ?o .{spoken} }} ORDER BY ?s ?p ?o LIMIT {limit} OFFSET {offset}"


def _line(binding: dict[str, Any], intake: Intake) -> bytes | None:
    """A row of an answer as a line of N-Triples; None, counted or told, where it is no statement with names."""
    try:
        terms = [_term(binding[name], intake) for name in "spo"]
    except (KeyError, TypeError, AttributeError):
        intake.skip(0, "a row of an answer is no statement")
        return None
    subject, predicate, object = terms
    if not (subject and predicate and object and is_iri(subject) and is_iri(predicate)):
        return None
    return Statement(subject, predicate, object).line


def _term(said: dict[str, str], intake: Intake) -> str | None:
    if said["type"] == "uri":
        return iri(said["value"])
    if said["type"] in ("literal", "typed-literal"):
        code = said.get("xml:lang", "")
        return tagged(said["value"], code, intake) if code else literal(said["value"], datatype=said.get("datatype", ""))
    intake.leave(BLANK)
    return None


def _entity(name: str, what: str) -> str:
    term = expand(name)
    if term.startswith(f"<{FEDVIZ}entity:"):
        raise InputError(f"A {what} of an endpoint is an IRI or a short name such as wd:Q18216, but got {name[:60]!r}.")
    return term


ENDPOINT = SourceEntry(
    "endpoint", N_("SPARQL endpoint"), N_("A slice of a graph that somebody serves, such as DBpedia or Wikidata: seeds, relations, hops, with a limit."), EndpointOptions, (), read, fetch
)
