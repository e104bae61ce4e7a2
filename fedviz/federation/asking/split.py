"""A graph of the data folder as several parties' graphs: by who its sources belong to, by source, or dealt at random to show what would happen."""

import secrets

from fedviz.core import seeds
from fedviz.core.errors import InputError
from fedviz.federation.asking.party import Party
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import Statement

MAX_STATEMENTS = 200_000
WAYS = ("party", "source", "random")


def parties_of(store: GraphStore, by: str, count: int = 3, names_shown: bool = True, seed: int = 0) -> tuple[Party, ...]:
    """The parties, with a fresh key of theirs. `by`: "party" (sources without one belong to nobody and stay out), "source", or "random" over `count` parties.

    `names_shown` False: no party names anything, so that the asker sees names that it gave itself and ids else. `InputError` where fewer than two parties come out, or too much.
    """
    version = store.info.version
    if version is not None and version.triples > MAX_STATEMENTS:
        raise InputError(f"Questions to several parties are asked here over at most {MAX_STATEMENTS:,} statements, but the graph has {version.triples:,}.")
    held: dict[str, set[Statement]] = {}
    if by == "random":
        rows = sorted(store.match())
        drawn = seeds.generator(seed, "asking", "split").integers(count, size=len(rows))
        for row, party in zip(rows, drawn, strict=True):
            held.setdefault(f"Party {party + 1}", set()).add(row)
    elif by in WAYS:
        names = {source.key: source.party if by == "party" else source.title for source in store.info.sources}
        for row, key, _status in store.said():
            if names[key]:
                held.setdefault(names[key], set()).add(row)
    else:
        raise InputError(f"A graph is split by {', '.join(WAYS)}, but got {by[:40]!r}.")
    if len(held) < 2:
        raise InputError(f"Split by {by} the graph belongs to {len(held)} parties, but a question to several needs two at least; split it at random to see one.")
    key = secrets.token_bytes(32)
    return tuple(Party(name, held[name], key, () if names_shown else {term for row in held[name] for term in row}) for name in sorted(held))
