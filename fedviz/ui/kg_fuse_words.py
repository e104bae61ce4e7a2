"""Things and statements of a graph in words, for the tables of *Fuse*."""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

from fedviz.core.i18n import N_, _
from fedviz.kg.store.memory import LABELS, SYNONYMS
from fedviz.kg.store.records import Evidence
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import compact, is_iri, shown, value
from fedviz.ui.text import clean

MOST_FACTS = 12
STATUSES: dict[str, str] = {"asserted": N_("stands"), "derived": N_("derived"), "disputed": N_("disputed"), "rejected": N_("rejected")}


Name = Callable[[str], str]
"""A term as a person reads it: the name that the graph gives it, or its short name; a literal by its text."""


def names_of(store: GraphStore, terms: Iterable[str]) -> Name:
    """Names for these terms by one question to the store; other terms get their short names."""
    asked = " ".join(sorted({term for term in terms if is_iri(term)}))
    sparql = f"SELECT ?s ?n {{ VALUES ?s {{ {asked} }} VALUES ?p {{ {' '.join(LABELS)} }} ?s ?p ?n }} ORDER BY ?s ?n"
    known: dict[str, str] = {}
    for term, name in store.ask(sparql).rows if asked else ():
        if term and name:
            known.setdefault(term, value(name))
    return lambda term: known.get(term) or shown(term)


def facts_of(store: GraphStore, key: str) -> list[dict[str, Any]]:
    """What the sources say of a thing, its names left out: relation, value, source and where it stands there; at most `MOST_FACTS` rows."""
    titles = {source.key: source.title for source in store.info.sources}
    said = [(row, row.object, "", source) for row, source, _status in islice(store.said(key), 4 * MOST_FACTS) if row.predicate not in (*LABELS, *SYNONYMS)][:MOST_FACTS]
    said += [(row, row.subject, "\u2190 ", source) for row, source, _status in islice(store.said(None, None, key), MOST_FACTS - len(said))]
    name = names_of(store, [other for _row, other, _arrow, _source in said])
    return [
        {
            _("Relation"): f"{arrow}{clean(compact(row.predicate), 60)}", _("Value"): clean(name(other), 80), _("Source"): clean(titles.get(source, source), 40),
            _("Evidence"): where(store.evidence(row)),
        }
        for row, other, arrow, source in said
    ]  # fmt: skip


def where(found: Iterable[Evidence]) -> str:
    """Where a statement stands: the sentence, or the line of its document, of the first evidence that has one."""
    for entry in found:
        if entry.sentence:
            return clean(entry.sentence, 160)
        if entry.line:
            return _("{document}, line {line}").format(document=clean(entry.document, 60), line=entry.line)
    return ""
