"""Writing a graph: one change is one new version, or nothing.

    with change("my-graph", "Imported people.nt") as write:
        write.source(NewSource(...), blocks)

A change that fails or is killed leaves the version before it: what it had begun is not in `graph.json`, and the next change clears it away.
"""

import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice

from fedviz.core.errors import InputError
from fedviz.kg.store import evidence, folder, lines, oxi
from fedviz.kg.store.evidence import EVIDENCE
from fedviz.kg.store.lines import Block, Feed, LineIndex, UInts, digest
from fedviz.kg.store.records import Evidence, GraphInfo, Skipped, SourceInfo, Status, Version
from fedviz.kg.store.store import graph_iri, locked
from fedviz.kg.store.terms import Statement

_EXAMPLES = 50
_CHUNK = 20_000
_STATUSES: tuple[Status, ...] = ("asserted", "derived", "disputed", "rejected")
_WHOLE = 1 << 64


@dataclass
class Intake:
    """What a reader tells while it reads: what it skipped, how far it is, and whether somebody has cancelled."""

    progress: Callable[[int, int], None] = lambda done, total: None
    cancelled: Callable[[], bool] = lambda: False
    skipped: int = 0
    examples: list[Skipped] = field(default_factory=list)
    left: dict[str, int] = field(default_factory=dict)

    def leave(self, reason: str, count: int = 1) -> None:
        """Count what is whole but not wanted, such as an obsolete term or another language, by its reason (at most fifty reasons)."""
        if reason in self.left or len(self.left) < _EXAMPLES:
            self.left[reason] = self.left.get(reason, 0) + count

    def skip(self, line: int, reason: str) -> None:
        """Note that something in a line (0: not known) could not be used."""
        self.skipped += 1
        if len(self.examples) < _EXAMPLES:
            self.examples.append(Skipped(line=line, reason=reason[:300]))

    def check(self) -> None:
        """Raise `Cancelled` where somebody has cancelled."""
        if self.cancelled():
            raise Cancelled("The import was cancelled; the graph is as it was before.")


class Cancelled(InputError):
    """Somebody cancelled; nothing has changed."""


class Change:
    """What may be written within one change. Numbers and digests are kept as it goes; `change` makes the version at the end."""

    def __init__(self, store: oxi.Store, info: GraphInfo) -> None:
        self._store, self.info = store, info

    def close(self) -> None:
        """Let go of the store: nothing more can be written."""
        del self._store

    def source(self, new: SourceInfo, read: Callable[[Intake], Iterator[Block]], intake: Intake | None = None) -> SourceInfo:
        """Add a source with everything that a reader gives. `read` is called again, slowly and line by line, where a line is no N-Triples.

        `new.key` is set here. Raises what the reader raises, and `Cancelled`; then nothing of the source is left.
        """
        told = intake or Intake()
        key = self._new_key(new)
        evidence.forget(self._store, key)  # of a source that a killed change began under this key
        status: Status = "derived" if new.reader == "rules" else "asserted"
        graph = graph_iri(key, status)
        index = self._load(graph, read, told)
        if new.lines or index.numbers is not None:
            index.save(folder.graph_folder(self.info.name) / "lines" / f"{key}.npz")
        added = new.model_copy(
            update={
                "key": key, "date": new.date or folder.now(), "lines": index.numbers is not None, "skipped": told.skipped, "examples": tuple(sorted(told.examples, key=lambda entry: entry.line)),
                "left_out": dict(told.left), "counts": {status: len(index.digests)}, "sums": {status: index.sum},
            }
        )  # fmt: skip
        self.info = self.info.model_copy(update={"sources": (*self.info.sources, added), "next_source": self.info.next_source + 1})
        return added

    def bring_back(self, source: SourceInfo, parts: Mapping[Status, Callable[[Intake], Iterator[Block]]], intake: Intake, lines_of: Callable[[UInts], LineIndex | None]) -> SourceInfo:
        """Add a source under the key that it had elsewhere, with its statements by status. `lines_of(digests)` gives their lines, where they are known. `InputError` where the key is taken."""
        if self.info.source(source.key) is not None or not (number := source.key.partition("-")[0]).isdecimal():
            raise InputError(f"The graph {self.info.name!r} cannot take a source of the key {source.key[:60]!r}.")
        evidence.forget(self._store, source.key)
        indices = {status: self._load(graph_iri(source.key, status), read, intake) for status, read in parts.items()}
        index = lines_of(lines.merged(index.digests for index in indices.values()))
        if index is not None:
            index.save(folder.graph_folder(self.info.name) / "lines" / f"{source.key}.npz")
        counts = {status: len(index.digests) for status, index in indices.items()}
        added = source.model_copy(update={"counts": counts, "sums": {status: index.sum for status, index in indices.items()}, "lines": index is not None})
        self.info = self.info.model_copy(update={"sources": (*self.info.sources, added), "next_source": max(self.info.next_source, int(number) + 1)})
        return added

    def evidence_lines(self, blocks: Iterator[Block]) -> None:
        """Add evidence as lines of N-Triples 1.2, such as an export has them."""
        oxi.load_lines(self._store, Feed(blocks), EVIDENCE)

    def add(self, key: str, said: Iterable[tuple[Statement, Evidence | None]], status: Status = "asserted") -> int:
        """Add statements to a source that is there, with their evidence; gives how many it did not have yet. `Evidence.source` is set here."""
        rows, notes = [], []
        for statement, entry in ((oxi.settled(row), entry) for row, entry in said):
            rows.append(statement)
            if entry is not None:
                notes.append(evidence.to_lines(statement, entry.model_copy(update={"source": key})))
        fresh = [row for row in dict.fromkeys(rows) if not self._holds(row, graph_iri(key, status))]
        oxi.insert(self._store, fresh, graph_iri(key, status))
        oxi.insert_lines(self._store, b"".join(notes), EVIDENCE)
        self._count(key, status, fresh, 1)
        return len(fresh)

    def evidence(self, key: str, said: Iterable[tuple[Statement, Evidence]]) -> None:
        """Add evidence in bulk for statements of a source that is there already; `Evidence.source` is set here."""
        self._known(key)
        self.evidence_lines(Block([evidence.to_lines(row, entry.model_copy(update={"source": key})) for row, entry in chunk]) for chunk in _chunks(said))

    def amend(self, key: str, **known: str) -> SourceInfo:
        """Change what is said about a source (title, origin, sha256 ...), not what it says."""
        changed = self._known(key).model_copy(update=known)
        self._replace(changed)
        return changed

    def set_status(self, key: str, statements: Iterable[Statement], status: Status) -> int:
        """Give statements of a source another status; gives how many had another one. What the source never said is left alone."""
        moved, usual = 0, self._usual(key)
        wanted = usual if status in ("asserted", "derived") else status
        waiting = list(dict.fromkeys(map(oxi.settled, statements)))
        for old in (usual, "disputed", "rejected"):
            if old != wanted:
                held = [row for row in waiting if self._holds(row, graph_iri(key, old))]
                fresh = [row for row in held if not self._holds(row, graph_iri(key, wanted))]
                oxi.move(self._store, held, graph_iri(key, old), graph_iri(key, wanted))
                self._count(key, old, held, -1)
                self._count(key, wanted, fresh, 1)
                moved += len(held)
        return moved

    def retract(self, key: str, statements: Iterable[Statement]) -> int:
        """Take derived statements out again, whose premises are gone. Of other sources nothing can be retracted: reject it instead."""
        if self._usual(key) != "derived":
            raise InputError(f"Only what rules derived can be retracted, but the source {key!r} is not of rules; reject it instead.")
        rows = [row for row in dict.fromkeys(map(oxi.settled, statements)) if self._holds(row, graph_iri(key, "derived"))]
        oxi.remove(self._store, rows, graph_iri(key, "derived"))
        self._count(key, "derived", rows, -1)
        return len(rows)

    def remove_source(self, key: str) -> None:
        """Take a whole source out, with its evidence. `InputError` where there is none of that key."""
        self._known(key)
        for status in _STATUSES:
            oxi.drop(self._store, graph_iri(key, status))
        evidence.forget(self._store, key)
        self.info = self.info.model_copy(update={"sources": tuple(source for source in self.info.sources if source.key != key)})

    def new_source(self, new: SourceInfo) -> SourceInfo:
        """An empty source, to be filled by `add`."""
        return self.source(new, lambda intake: iter(()))

    def _load(self, graph: str, read: Callable[[Intake], Iterator[Block]], told: Intake) -> LineIndex:
        feed = Feed(read(told), lambda block: told.check())
        try:
            oxi.load_lines(self._store, feed, graph)
        except (SyntaxError, OSError):
            if feed.failure is not None:
                raise feed.failure from None
            oxi.drop(self._store, graph)
            told.skipped, told.examples, told.left = 0, [], {}
            feed = Feed(_checked(read(told), told), lambda block: told.check())
            try:
                oxi.load_lines(self._store, feed, graph)
            except (SyntaxError, OSError):
                if feed.failure is not None:
                    raise feed.failure from None
                raise
        return feed.index()

    def _new_key(self, new: SourceInfo) -> str:
        return f"{self.info.next_source}-{folder.slug(new.title)}"[:48].rstrip("-")

    def _known(self, key: str) -> SourceInfo:
        source = self.info.source(key)
        if source is None:
            raise InputError(f"The graph {self.info.name!r} has no source {key[:60]!r}; it has: {', '.join(known.key for known in self.info.sources) or 'none'}.")
        return source

    def _usual(self, key: str) -> Status:
        return "derived" if self._known(key).reader == "rules" else "asserted"

    def _holds(self, row: Statement, graph: str) -> bool:
        return next(oxi.match(self._store, *row, graph), None) is not None

    def _count(self, key: str, status: Status, rows: list[Statement], sign: int) -> None:
        source = self._known(key)
        count = source.counts.get(status, 0) + sign * len(rows)
        total = (source.sums.get(status, 0) + sign * sum(digest(row.line) for row in rows)) % _WHOLE
        changed = source.model_copy(update={"counts": source.counts | {status: count}, "sums": source.sums | {status: total}})
        self._replace(changed)

    def _replace(self, changed: SourceInfo) -> None:
        self.info = self.info.model_copy(update={"sources": tuple(changed if known.key == changed.key else known for known in self.info.sources)})


def _chunks(rows: Iterable[tuple[Statement, Evidence]]) -> Iterator[list[tuple[Statement, Evidence]]]:
    waiting = iter(rows)
    while chunk := list(islice(waiting, _CHUNK)):
        yield chunk


@contextmanager
def change(name: str, what: str) -> Iterator[Change]:
    """One change of a graph. At the end it becomes a version that says `what`; an exception leaves the version before."""
    with locked(name):
        info = folder.read(name)
        place = folder.graph_folder(name) / "store"
        store = oxi.open_writable(place)
        mark = folder.graph_folder(name) / ".writing"
        if mark.exists():
            info = _mended(store, info)
        mark.touch()
        under_way = Change(store, info)
        try:
            yield under_way
            store.flush()
        except BaseException as error:
            folder.write(_mended(store, info))
            mark.unlink(missing_ok=True)
            _let_go(error)
            raise
        finally:
            under_way.close()
        folder.write(_versioned(under_way.info, what))
        mark.unlink(missing_ok=True)


def _let_go(error: BaseException) -> None:
    """Oxigraph closes a store when its last reference goes: the frames of what failed, and of what that came from, must not keep theirs."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            traceback.clear_frames(one.__traceback__)
            waiting += [one.__cause__, one.__context__]


def _mended(store: oxi.Store, info: GraphInfo) -> GraphInfo:
    """The description, with what no description knows removed from the store, and counted anew where a killed write may have moved statements."""
    known = {graph_iri(source.key, status) for source in info.sources for status in _STATUSES} | {EVIDENCE}
    for graph in oxi.graphs(store):
        if graph not in known:
            oxi.drop(store, graph)
    sources = []
    for source in info.sources:
        counts: dict[Status, int] = {}
        sums: dict[Status, int] = {}
        status: Status
        for status in ("derived" if source.reader == "rules" else "asserted", "disputed", "rejected"):
            rows = oxi.match(store, None, None, None, graph_iri(source.key, status))
            counts[status], sums[status] = 0, 0
            while chunk := [row.line for row, _graph in islice(rows, _CHUNK)]:
                counts[status] += len(chunk)
                sums[status] = (sums[status] + int(lines.digests(chunk, len(chunk)).sum())) % _WHOLE
        held = {status for status, count in counts.items() if count or status in source.counts}
        kept = {"counts": {key: counts[key] for key in held}, "sums": {key: sums[key] for key in held}}
        sources.append(source.model_copy(update=kept))
    return info.model_copy(update={"sources": tuple(sources)})


def _versioned(info: GraphInfo, what: str) -> GraphInfo:
    triples = sum(count for source in info.sources for status, count in source.counts.items() if status != "rejected")
    said = sorted(f"{status}:{total}" for source in info.sources for status, total in source.sums.items() if source.counts.get(status))
    version = Version(number=len(info.versions) + 1, digest=f"{digest(' '.join(said).encode()):016x}", date=folder.now(), what=what[:300], triples=triples)
    return info.model_copy(update={"versions": (*info.versions, version)})


def _checked(blocks: Iterator[Block], told: Intake) -> Iterator[Block]:
    """The blocks without the lines that are no N-Triples, which are noted."""
    for block in blocks:
        kept, numbers = [], []
        for place, line in enumerate(block.lines):
            canonical, reason = oxi.check_line(line)
            number = int(block.numbers[place]) if block.numbers is not None else 0
            if canonical is not None:
                kept.append(canonical)
                numbers.append(number)
            elif reason:
                told.skip(number, reason)
        yield Block(kept, lines.numbers(numbers) if block.numbers is not None else None)
