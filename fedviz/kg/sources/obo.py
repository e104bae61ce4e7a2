"""OBO 1.2 and 1.4 (https://owlcollab.github.io/oboformat/doc/GO.format.obo-1_4.html): terms with names, synonyms, is_a, relationships and cross-references."""

import re
from collections.abc import Iterator
from typing import IO, Annotated, Literal

from pydantic import Field

from fedviz.carriers.obo import DEFINITION, unescaped
from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.kg.sources.base import SourceEntry, blocks, numbered, text
from fedviz.kg.store.change import Intake
from fedviz.kg.store.lines import Block
from fedviz.kg.store.memory import BROADER, DEFINITIONS, LABELS
from fedviz.kg.store.terms import PREFIXES, RDFS, Statement, expand, literal, relation

_SYNONYM = re.compile(r'"((?:[^"\\]|\\.)*)" ([A-Z]+)(?: [^\s\[]+)?(?: \[|\Z)')
"""A synonym with its scope, maybe of a kind such as `layperson` or `HP:0034334`."""
_SCOPES = {"EXACT": "hasExactSynonym", "NARROW": "hasNarrowSynonym", "BROAD": "hasBroadSynonym", "RELATED": "hasRelatedSynonym"}
_KEPT = {"exact": ("EXACT",), "exact+narrow": ("EXACT", "NARROW"), "all": tuple(_SCOPES), "none": ()}
OBSOLETE = N_("obsolete terms")
_LABEL = LABELS[1]
_MAX_LINES = 100_000


class OboOptions(Options):
    """Options of `obo`."""

    name: Literal["obo"] = "obo"
    synonyms: Annotated[
        Literal["exact", "exact+narrow", "all", "none"],
        Field(title="Synonyms", description="Which other names come in. Broad and related ones may name something else, so that texts would be linked to what they do not say."),
    ] = "exact+narrow"
    relationships: Annotated[bool, Field(title="Relationships", description="Whether relations other than is_a, such as part_of, come in.")] = True
    references: Annotated[bool, Field(title="Cross-references", description="Whether identifiers in other vocabularies come in, as values.")] = False


def read(file: IO[bytes], options: OboOptions, intake: Intake, scope: str) -> Iterator[Block]:
    """The statements of all living terms; obsolete ones are counted, and lines that cannot be read are told."""
    return blocks((number, row) for stanza in _stanzas(file, intake) for number, row in _said(stanza, options, intake))


def _stanzas(file: IO[bytes], intake: Intake) -> Iterator[list[tuple[int, str, str]]]:
    """(line, tag, value) of each [Term] and [Typedef]; the tag of the first entry is the stanza's kind."""
    stanza: list[tuple[int, str, str]] = []
    for number, raw in numbered(file, intake):
        line = (text(raw, number, intake) or "").strip()
        if line.startswith("["):
            yield stanza
            stanza = [(number, line, "")] if line in ("[Term]", "[Typedef]") else []
            if line == "[Instance]":
                intake.leave(N_("instances"))
            continue
        tag, separator, said = line.partition(":")
        if not stanza or not line or line.startswith("!"):
            continue
        if not separator or not said.strip():
            intake.skip(number, "it is no tag with a value")
        elif len(stanza) > _MAX_LINES:
            intake.skip(number, "a term has too many lines")
        else:
            stanza.append((number, tag, said.strip()))
    yield stanza


def _said(stanza: list[tuple[int, str, str]], options: OboOptions, intake: Intake) -> Iterator[tuple[int, Statement]]:
    if not stanza:
        return
    key = next((said for _number, tag, said in stanza if tag == "id"), "").split(" ")[0]
    if not key:
        intake.skip(stanza[0][0], "a term must have an id")
        return
    if any(tag == "is_obsolete" and said.startswith("true") for _number, tag, said in stanza):
        intake.leave(OBSOLETE)
        return
    is_term = stanza[0][1] == "[Term]"
    subject = expand(key) if is_term or ":" in key else relation(key)
    for number, tag, said in stanza[1:]:
        if tag == "name":
            yield number, Statement(subject, _LABEL, literal(unescaped(_bare(said))))
        elif tag == "def":
            if found := DEFINITION.match(f"def: {said}"):
                yield number, Statement(subject, DEFINITIONS[1], literal(unescaped(found[1])))
            else:
                intake.skip(number, "a definition stands in quotation marks")
        elif tag == "synonym":
            yield from ((number, Statement(subject, *pair)) for pair in _synonym(number, said, options, intake))
        elif tag == "is_a":
            yield number, Statement(subject, BROADER[0] if is_term else f"<{RDFS}subPropertyOf>", _end(said, is_term))
        elif tag == "relationship" and is_term:
            name, _space, other = said.partition(" ")
            if not other.strip():
                intake.skip(number, "a relationship names a relation and a term")
            elif options.relationships:
                yield number, Statement(subject, expand(name) if ":" in name else relation(name), _end(other.strip(), True))
        elif tag == "xref" and options.references:
            yield number, Statement(subject, f"<{PREFIXES['oio']}hasDbXref>", literal(unescaped(said.split(" ")[0])))


def _synonym(number: int, said: str, options: OboOptions, intake: Intake) -> Iterator[tuple[str, str]]:
    found = _SYNONYM.match(said)
    if found is None or found[2] not in _SCOPES:
        intake.skip(number, "a synonym stands in quotation marks and has a scope")
    elif found[2] in _KEPT[options.synonyms]:
        yield f"<{PREFIXES['oio']}{_SCOPES[found[2]]}>", literal(unescaped(found[1]))
    else:
        intake.leave(N_("synonyms of other scopes"))


def _bare(said: str) -> str:
    """A value without its trailing comment."""
    return said.partition(" ! ")[0].strip()


def _end(said: str, is_term: bool) -> str:
    key = said.split(" ")[0]
    return expand(key) if is_term or ":" in key else relation(key)


OBO = SourceEntry("obo", "OBO", N_("Ontologies of biology and medicine: terms, synonyms by scope, is_a and relationships; obsolete terms are left out."), OboOptions, (".obo",), read)
