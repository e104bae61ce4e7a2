"""Wikidata's "truthy" dump in N-Triples (https://www.wikidata.org/wiki/Wikidata:Database_download): names, and the best statements of each property."""

from collections.abc import Iterator
from typing import IO, Annotated, Literal

from pydantic import Field

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.kg.sources import ntriples
from fedviz.kg.sources.base import SourceEntry, blocks, listed
from fedviz.kg.store.change import Intake
from fedviz.kg.store.lines import Block
from fedviz.kg.store.terms import PREFIXES, RDFS, SKOS, Statement, is_iri, language

ENTITY, DIRECT = f"<{PREFIXES['wd']}", f"<{PREFIXES['wdt']}"
LABEL, ALIAS, DESCRIPTION = f"<{RDFS}label>", f"<{SKOS}altLabel>", f"<{PREFIXES['schema']}description>"
OTHER_LANGUAGE, OTHER_PROPERTY, VALUES, UNKNOWN, OTHER = (
    N_("names in other languages"), N_("statements of other properties"), N_("values that are no entities"), N_("values that nobody knows"), N_("what is neither a name nor a statement")
)  # fmt: skip


class NamesOptions(Options):
    """What readers of Wikidata choose."""

    languages: Annotated[str, Field(title="Languages", description="Codes of the languages whose names come in, as in `en, zh`; empty for all.", max_length=500)] = "en"
    properties: Annotated[
        str, Field(title="Properties", description="Numbers of the properties whose statements come in, as in `P31, P279, P780`; empty for all.", max_length=5000)
    ] = ""
    aliases: Annotated[bool, Field(title="Aliases", description="Whether other names come in.")] = True
    descriptions: Annotated[bool, Field(title="Descriptions", description="Whether the short descriptions come in.")] = True
    values: Annotated[bool, Field(title="Values", description="Whether statements come in whose value is a text, a number or a date instead of an entity.")] = True

    def speaks(self, code: str) -> bool:
        """Whether a language is chosen."""
        chosen = listed(self.languages.lower())
        return not chosen or code.lower() in chosen

    def asks_for(self, number: str) -> bool:
        """Whether a property, such as "P31", is chosen."""
        chosen = listed(self.properties.upper())
        return not chosen or number.upper() in chosen


class WikidataOptions(NamesOptions):
    """Options of `wikidata`."""

    name: Literal["wikidata"] = "wikidata"


def read(file: IO[bytes], options: WikidataOptions, intake: Intake, scope: str) -> Iterator[Block]:
    """Names in the chosen languages and statements of the chosen properties; everything else is counted by its reason."""
    return blocks((number, row) for number, row in ntriples.statements(file, intake, scope) if _wanted(row, options, intake))


def _wanted(row: Statement, options: WikidataOptions, intake: Intake) -> bool:
    reason = OTHER
    if row.subject.startswith(ENTITY):
        if row.predicate == LABEL or (row.predicate == ALIAS and options.aliases) or (row.predicate == DESCRIPTION and options.descriptions):
            if options.speaks(language(row.object)):
                return True
            reason = OTHER_LANGUAGE
        elif row.predicate.startswith(DIRECT):
            if not options.asks_for(row.predicate[len(DIRECT) : -1]):
                reason = OTHER_PROPERTY
            elif row.object.startswith(("<http://www.wikidata.org/.well-known/genid/", "<urn:fedviz:genid:")):
                reason = UNKNOWN
            elif is_iri(row.object) or options.values:
                return True
            else:
                reason = VALUES
    intake.leave(reason)
    return False


WIKIDATA = SourceEntry(
    "wikidata", N_("Wikidata, truthy N-Triples"), N_("The dump with the best statements of each property: labels, aliases and properties of your choice."), WikidataOptions, (), read
)
