"""DBpedia's dumps in Turtle or N-Triples (https://www.dbpedia.org/resources/): labels, ontology, mapping-based objects and literals; redirects become other names."""

import io
from collections.abc import Iterator
from typing import IO, Annotated, Literal, cast
from urllib.parse import unquote

from pydantic import Field

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.kg.sources import guards, ntriples
from fedviz.kg.sources.base import DAMAGED, SourceEntry, blocks, listed
from fedviz.kg.sources.wikidata import ALIAS, OTHER, OTHER_LANGUAGE, VALUES
from fedviz.kg.store import oxi
from fedviz.kg.store.change import Intake
from fedviz.kg.store.lines import Block
from fedviz.kg.store.memory import TYPE
from fedviz.kg.store.terms import PREFIXES, Statement, is_iri, language, literal

_REDIRECT = f"<{PREFIXES['dbo']}wikiPageRedirects>"
_PAGE = f"<{PREFIXES['dbo']}wikiPage"
_RAW = f"<{PREFIXES['dbp']}"
_OWN = (f"<{PREFIXES['dbo']}", f"<{PREFIXES['owl']}")
PAGES, RAW, OTHER_TYPES = N_("links and counts of pages"), N_("raw values of infoboxes"), N_("types of other vocabularies")


class DbpediaOptions(Options):
    """Options of `dbpedia`."""

    name: Literal["dbpedia"] = "dbpedia"
    languages: Annotated[str, Field(title="Languages", description="Codes of the languages whose texts come in, as in `en, zh`; empty for all.", max_length=500)] = "en"
    values: Annotated[bool, Field(title="Values", description="Whether statements come in whose value is a text, a number or a date instead of an entity.")] = True
    redirects: Annotated[bool, Field(title="Redirects are other names", description="Whether the title of a redirecting page becomes another name of its target.")] = True
    types: Annotated[
        Literal["dbpedia", "all", "none"], Field(title="Types", description="Which classes come in: those of DBpedia's own ontology, all, or none.")
    ] = "dbpedia"
    raw: Annotated[bool, Field(title="Raw infoboxes", description="Whether values of infoboxes come in that no mapping has cleaned (`dbp:`).")] = False


def read(file: IO[bytes], options: DbpediaOptions, intake: Intake, scope: str) -> Iterator[Block]:
    """The wanted statements of a file, whether it has one a line or abbreviations; what is left out is counted by its reason."""
    peeked = io.BufferedReader(cast(io.RawIOBase, _Raw(file)), 1 << 16)
    try:
        start = peeked.peek(1 << 16)
    except DAMAGED:
        start = b""  # reading on tells it
    if _is_turtle(start):
        plain = oxi.statements(cast(IO[bytes], guards.turtle(cast(IO[bytes], peeked))), "turtle", lambda fault: intake.skip(fault.line, fault.reason), scope=scope)
        rows = ((0, row) for row in plain)
    else:
        rows = ntriples.statements(cast(IO[bytes], peeked), intake, scope)
    return blocks((number, said) for number, row in rows for said in _said(row, options, intake))


class _Raw(io.RawIOBase):
    """A file as `io.BufferedReader` wants it; what the disk or a damaged archive says is told by who reads on."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _is_turtle(start: bytes) -> bool:
    """Whether the first line that is no comment is anything but a statement of N-Triples."""
    line = next((row.strip() for row in start.split(b"\n") if row.strip() and not row.lstrip().startswith(b"#")), b"<")
    return not line.startswith((b"<", b"_:"))


def _said(row: Statement, options: DbpediaOptions, intake: Intake) -> Iterator[Statement]:
    reason = ""
    if row.predicate == _REDIRECT:
        if options.redirects and is_iri(row.object):
            yield Statement(row.object, ALIAS, literal(_title(row.subject), (listed(options.languages) or ("",))[0]))
            return
        reason = PAGES
    elif row.predicate.startswith(_PAGE):
        reason = PAGES
    elif row.predicate.startswith(_RAW) and not options.raw:
        reason = RAW
    elif row.predicate == TYPE and (options.types == "none" or (options.types == "dbpedia" and not row.object.startswith(_OWN))):
        reason = OTHER_TYPES
    elif not is_iri(row.object) and language(row.object):
        reason = "" if not (chosen := listed(options.languages.lower())) or language(row.object) in chosen else OTHER_LANGUAGE
    elif not is_iri(row.object) and not options.values:
        reason = VALUES
    elif row.object.startswith("<urn:fedviz:genid:"):
        reason = OTHER
    if reason:
        intake.leave(reason)
    else:
        yield row


def _title(subject: str) -> str:
    return unquote(subject[1:-1].rpartition("/resource/")[2] or subject[1:-1]).replace("_", " ")


DBPEDIA = SourceEntry(
    "dbpedia", "DBpedia", N_("Labels, ontology, mapping-based objects and literals; the titles of redirects become other names."), DbpediaOptions, (), read
)
