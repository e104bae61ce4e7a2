"""Things and statements of a graph in words, for the tables of *Fuse*."""

from collections.abc import Iterable
from functools import lru_cache
from itertools import islice
from typing import Any

from fedviz.core.i18n import N_, _
from fedviz.kg.store.memory import LABELS, SYNONYMS
from fedviz.kg.store.records import Evidence
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import compact, is_iri, value
from fedviz.ui.text import clean

MOST_FACTS = 12
STATUSES: dict[str, str] = {"asserted": N_("stands"), "derived": N_("derived"), "disputed": N_("disputed"), "rejected": N_("rejected")}


def named(store: GraphStore, term: str, id_only: bool = False) -> str:
    """A term as a person reads it: the name that the graph gives it, or its short name; a literal by its text."""
    if not is_iri(term):
        return value(term)
    return compact(term) if id_only else _named(store.name, store.digest, term)


@lru_cache(maxsize=5_000)
def _named(name: str, digest: str, term: str) -> str:
    """`digest` is part of the key alone: it changes with every version."""
    store = GraphStore(name)
    found = (row.object for label in LABELS for row in store.match(term, label, None))
    return value(next(found, compact(term)))


def facts_of(store: GraphStore, key: str) -> list[dict[str, Any]]:
    """What the sources say of a thing, its names left out: relation, value, source and where it stands there; at most `MOST_FACTS` rows."""
    titles = {source.key: source.title for source in store.info.sources}
    rows = ((row, source) for row, source, _status in store.said(key) if row.predicate not in (*LABELS, *SYNONYMS))
    backwards = ((row, source) for row, source, _status in store.said(None, None, key))
    out = [
        {_("Relation"): clean(compact(row.predicate), 60), _("Value"): clean(named(store, row.object), 80), _("Source"): clean(titles.get(source, source), 40), _("Evidence"): where(store.evidence(row))}
        for row, source in islice(rows, MOST_FACTS)
    ]
    out += [
        {_("Relation"): f"\u2190 {clean(compact(row.predicate), 60)}", _("Value"): clean(named(store, row.subject), 80), _("Source"): clean(titles.get(source, source), 40), _("Evidence"): where(store.evidence(row))}
        for row, source in islice(backwards, MOST_FACTS - len(out))
    ]
    return out


def where(found: Iterable[Evidence]) -> str:
    """Where a statement stands: the sentence, or the line of its document, of the first evidence that has one."""
    for entry in found:
        if entry.sentence:
            return clean(entry.sentence, 160)
        if entry.line:
            return _("{document}, line {line}").format(document=clean(entry.document, 60), line=entry.line)
    return ""
