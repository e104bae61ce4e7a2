"""The queue of a graph: pairs that wait for a person, kept beside the graph so that the page and the command line see the same."""

from collections.abc import Callable, Mapping
from functools import lru_cache

from pydantic import TypeAdapter, ValidationError

from fedviz.core.errors import InputError
from fedviz.core.files import write_atomic
from fedviz.core.types import Record
from fedviz.kg.fuse import merge
from fedviz.kg.fuse.contradictions import clashes
from fedviz.kg.fuse.records import Proposal, ResolveOptions, Verdict
from fedviz.kg.fuse.resolve import resolve
from fedviz.kg.graph import Entity, KnowledgeGraph
from fedviz.kg.store import folder
from fedviz.kg.store.links import READER
from fedviz.kg.store.memory import MAX_TRIPLES, graph_of
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import compact, expand
from fedviz.kg.vectors import Embed

_FILE = "queue.json"
_LIST = TypeAdapter(tuple[Proposal, ...])
MOST = 5_000
"""Pairs that a queue keeps, the best ones."""


class Found(Record):
    """What a search for the same things did: pairs merged by score, decided as a person had decided before, and left in the queue."""

    merged: int
    remembered: int
    waiting: int


def search(
    graph: str, options: ResolveOptions | None = None, meaning: Callable[[list[KnowledgeGraph]], Embed | None] = lambda graphs: None,
    progress: Callable[[int, int, str], None] = lambda done, total, step: None, check: Callable[[], None] = lambda: None,
) -> Found:  # fmt: skip
    """Look for the same things in all sources of a graph: each source against those before it, and inside each where that is asked for or there is but one.

    Merges what is sure, decides as was decided before, and keeps the rest as the queue. `meaning(graphs)` gives an `Embed` for the names of these graphs, or None; `check()` raises to cancel.
    """
    chosen = options or ResolveOptions()
    store = GraphStore(graph)
    keys = [source.key for source in store.info.sources if source.reader != READER]
    if not keys:
        raise InputError(f"The graph {graph!r} is empty; import something first.")
    singles = [part(store, (key,)) for key in keys]
    embed = meaning(singles) if chosen.meaning else None
    proposals: list[Proposal] = []
    steps = [(number, number) for number in range(len(keys)) if chosen.within or len(keys) == 1] + [(0, number) for number in range(1, len(keys))]
    for place, (first, number) in enumerate(steps):
        check()
        right = singles[number]
        left = right if first == number else part(store, tuple(keys[:number]))

        def told(done: int, total: int, step: str, place: int = place) -> None:
            check()
            progress(place * 4 + done, 4 * len(steps), step)

        proposals += resolve(left, right, chosen, embed, told)
    entities = {expand(key): item for single in singles for key, item in single.entities.items()}
    terms = [one.model_copy(update={"left": expand(one.left), "right": expand(one.right)}) for one in sorted(proposals, key=lambda one: -one.score)]
    merged, taken, waiting = merge.sort(terms, entities, merge.remembered(store), merge.decided(store), chosen.automatic, clashes(store))
    check()
    scores = {(one.left, one.right): one.score for one in merged}
    merge.decide(graph, [(one.left, one.right, "same") for one in merged], entities, merge.BY_SCORE, scores)
    merge.decide(graph, taken, entities, merge.REMEMBERED)
    _write(graph, waiting)
    return Found(merged=len(merged), remembered=len(taken), waiting=len(waiting))


def waiting(store: GraphStore) -> tuple[Proposal, ...]:
    """The pairs that nobody has decided about yet, best first; empty where nobody has searched."""
    try:
        held = _LIST.validate_json((store.path / _FILE).read_bytes())
    except (OSError, ValidationError, ValueError):
        return ()
    done = {frozenset(pair) for pair in merge.decided(store)}
    return tuple(one for one in held if frozenset((one.left, one.right)) not in done)


def answer(store: GraphStore, left: str, right: str, verdict: Verdict) -> int:
    """A person's decision about a pair, with what the two are called; gives how many decisions changed."""
    return merge.decide(store.name, [(left, right, verdict)], named(store, (left, right)))


def named(store: GraphStore, keys: tuple[str, ...]) -> Mapping[str, Entity]:
    """The entities (by IRI) as the sources call them, without following merges."""
    rows = (row for key in keys for row in store.match(key))
    graph = graph_of(rows, store.name, "", store.info.language)
    return {key: graph.entities[compact(key)] for key in keys if compact(key) in graph.entities}


def part(store: GraphStore, sources: tuple[str, ...]) -> KnowledgeGraph:
    """The graph of some sources as they are, without following merges."""
    return _part(store.name, store.digest, sources)


@lru_cache(maxsize=8)
def _part(name: str, digest: str, sources: tuple[str, ...]) -> KnowledgeGraph:
    """`digest` is part of the key alone: it changes with every version."""
    store = GraphStore(name)
    info = store.info
    if info.triples > MAX_TRIPLES:
        raise InputError(f"The same things can be looked for among at most {MAX_TRIPLES:,} statements, but {info.title!r} has {info.triples:,}; import a part of it.")
    return graph_of(store.match(sources=sources), info.title, "", info.language)


def _write(graph: str, proposals: list[Proposal]) -> None:
    write_atomic(folder.graph_folder(graph) / _FILE, _LIST.dump_json(tuple(proposals[:MOST])))
