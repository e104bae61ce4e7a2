"""GraphML (http://graphml.graphdrawing.org) of statements: every term is a node, every statement an edge, with names to look at and whole terms to come back by."""

import re
from collections.abc import Iterable
from typing import IO
from xml.sax.saxutils import escape, quoteattr

import xxhash

from fedviz.kg.sources.graphml import PREDICATE, TERM
from fedviz.kg.store.memory import relation_name
from fedviz.kg.store.search import name_of
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import Statement, is_iri

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
    + "".join(
        f'<key id="{key}" for="{place}" attr.name="{name}" attr.type="string"/>\n'
        for key, place, name in (("l", "node", "label"), ("t", "node", TERM), ("k", "node", "kind"), ("r", "edge", "relation"), ("p", "edge", PREDICATE))
    )
    + '<graph edgedefault="directed">\n'
)


def write_graphml(rows: Iterable[Statement], store: GraphStore, file: IO[bytes]) -> None:
    """Write statements as they come; a node stands before its first edge. Memory grows with the number of different terms alone (a digest each)."""
    file.write(_HEAD.encode())
    known: set[str] = set()
    for row in rows:
        ends = []
        for term in (row.subject, row.object):
            key = f"n{xxhash.xxh3_128_hexdigest(term.encode())}"
            ends.append(key)
            if key not in known:
                known.add(key)
                kind = "entity" if is_iri(term) else "value"
                name = name_of(store, term)
                file.write(f'<node id="{key}">{_data("l", name)}{_data("k", kind)}{_data("t", term)}</node>\n'.encode())
        file.write(f'<edge source={quoteattr(ends[0])} target={quoteattr(ends[1])}>{_data("r", relation_name(row.predicate))}{_data("p", row.predicate)}</edge>\n'.encode())
    file.write(b"</graph>\n</graphml>\n")


def _data(key: str, text: str) -> str:
    """What XML cannot hold becomes an escape of N-Triples in a term; in a name that is no loss."""
    return f'<data key="{key}">{escape(_FORBIDDEN.sub(lambda found: f"{chr(92)}u{ord(found[0]):04X}", text))}</data>'
