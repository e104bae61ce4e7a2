"""Wikidata's dump of entities as JSON, one entity a line (https://doc.wikimedia.org/Wikibase/master/php/docs_topics_json.html); ranks decide which statements count."""

import json
import re
from collections.abc import Iterator
from typing import IO, Annotated, Any, Literal

from pydantic import Field

from fedviz.core.i18n import N_
from fedviz.kg.sources.base import SourceEntry, blocks, numbered, tagged, text
from fedviz.kg.sources.wikidata import ALIAS, DESCRIPTION, LABEL, OTHER_LANGUAGE, OTHER_PROPERTY, UNKNOWN, VALUES, NamesOptions
from fedviz.kg.store.change import Intake
from fedviz.kg.store.lines import Block
from fedviz.kg.store.terms import PREFIXES, XSD, Statement, iri, is_iri, literal

_ID = re.compile(r"[QPL]\d+(?:-[FS]\d+)?\Z")
_TIME = re.compile(r"([+-])(\d{1,16})-(\d\d)-(\d\d)T")
_AMOUNT = re.compile(r"[+-]?\d+(?:\.\d+)?\Z")
DEPRECATED, OUTRANKED = N_("deprecated statements"), N_("statements that preferred ones outrank")


class WikidataJsonOptions(NamesOptions):
    """Options of `wikidata-json`."""

    name: Literal["wikidata-json"] = "wikidata-json"
    ranks: Annotated[
        Literal["best", "normal"],
        Field(title="Ranks", description="Which statements of a property come in: with `best`, the preferred ones, or the normal ones where none is preferred; with `normal`, both. Deprecated ones never come in."),
    ] = "best"


def read(file: IO[bytes], options: WikidataJsonOptions, intake: Intake, scope: str) -> Iterator[Block]:
    """The names and statements of every entity; a line that is no entity is told."""
    return blocks(_rows(file, options, intake))


def _rows(file: IO[bytes], options: WikidataJsonOptions, intake: Intake) -> Iterator[tuple[int, Statement]]:
    for number, raw in numbered(file, intake):
        line = (text(raw, number, intake) or "").strip().rstrip(",")
        if line in ("", "[", "]"):
            continue
        try:
            item = json.loads(line)
            key = item["id"]
            if not _ID.match(key):
                raise ValueError("its id is none of Wikidata's")
            yield from ((number, row) for row in _entity(iri(PREFIXES["wd"] + key), item, options, intake, number))
        except RecursionError:
            intake.skip(number, "its objects are too deep")
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            intake.skip(number, f"it is no entity of Wikidata: {type(error).__name__} {str(error)[:80]}")


def _entity(subject: str, item: dict[str, Any], options: WikidataJsonOptions, intake: Intake, line: int) -> Iterator[Statement]:
    for kind, predicate, chosen in (("labels", LABEL, True), ("aliases", ALIAS, options.aliases), ("descriptions", DESCRIPTION, options.descriptions)):
        # an empty map is written as [] in some dumps
        for code, entries in (item.get(kind) or {}).items() if chosen else ():
            for entry in entries if isinstance(entries, list) else [entries]:
                if not options.speaks(code):
                    intake.leave(OTHER_LANGUAGE)
                elif (term := tagged(str(entry["value"]), code, intake, line)) is not None:
                    yield Statement(subject, predicate, term)
    for number, claims in (item.get("claims") or {}).items():
        if not options.asks_for(number):
            intake.leave(OTHER_PROPERTY, len(claims))
            continue
        for claim in _ranked(claims, options, intake):
            term = _value(claim["mainsnak"], intake, line)
            if term is not None and (is_iri(term) or options.values):
                yield Statement(subject, iri(PREFIXES["wdt"] + number), term)
            elif term is not None:
                intake.leave(VALUES)


def _ranked(claims: list[dict[str, Any]], options: WikidataJsonOptions, intake: Intake) -> list[dict[str, Any]]:
    by_rank: dict[str, list[dict[str, Any]]] = {"preferred": [], "normal": [], "deprecated": []}
    for claim in claims:
        by_rank[claim.get("rank", "normal")].append(claim)
    if by_rank["deprecated"]:
        intake.leave(DEPRECATED, len(by_rank["deprecated"]))
    if options.ranks == "normal" or not by_rank["preferred"]:
        return by_rank["preferred"] + by_rank["normal"]
    if by_rank["normal"]:
        intake.leave(OUTRANKED, len(by_rank["normal"]))
    return by_rank["preferred"]


def _value(snak: dict[str, Any], intake: Intake, line: int) -> str | None:
    """The value of a statement as a term; None, counted or told, where it has none that can be used."""
    if snak.get("snaktype") != "value":
        intake.leave(UNKNOWN)
        return None
    kind, value = snak["datavalue"]["type"], snak["datavalue"]["value"]
    if kind == "wikibase-entityid":
        key = value.get("id") or f"{'P' if value.get('entity-type') == 'property' else 'Q'}{int(value['numeric-id'])}"
        return iri(PREFIXES["wd"] + key)
    if kind == "string":
        return iri(value) if snak.get("datatype") == "url" else literal(value)
    if kind == "monolingualtext":
        return tagged(value["text"], value["language"], intake, line)
    if kind == "quantity" and _AMOUNT.match(value["amount"]):
        return literal(value["amount"], datatype=f"{XSD}decimal")
    if kind == "time" and (found := _TIME.match(value["time"])):
        return _date(found, int(value["precision"]))
    if kind == "globecoordinate":
        return literal(f"Point({float(value['longitude'])!r} {float(value['latitude'])!r})", datatype="http://www.opengis.net/ont/geosparql#wktLiteral")
    intake.skip(line, f"a value of the kind {str(kind)[:40]!r} cannot be read")
    return None


def _date(found: re.Match[str], precision: int) -> str:
    """A date as exact as it is known: a day (precision 11), a month (10), else a year."""
    sign, year, month, day = found.groups()
    year = f"{'-' if sign == '-' else ''}{int(year):04d}"
    if precision >= 11 and month != "00" and day != "00":
        return literal(f"{year}-{month}-{day}", datatype=f"{XSD}date")
    if precision == 10 and month != "00":
        return literal(f"{year}-{month}", datatype=f"{XSD}gYearMonth")
    return literal(year, datatype=f"{XSD}gYear")


WIKIDATA_JSON = SourceEntry(
    "wikidata-json", N_("Wikidata, entities as JSON lines"), N_("The dump of whole entities: names in every language, statements by rank, dates as exact as they are known."),
    WikidataJsonOptions, (".json", ".jsonl", ".ndjson"), read,
)  # fmt: skip
