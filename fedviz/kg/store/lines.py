"""Digests of lines: which line of its file a statement came from, and sums of them that make a graph's digest.

The digest of a statement is XXH3 (64 bits) of its canonical line of N-Triples. A graph's sum is the sum of its statements' digests modulo 2^64: it does
not depend on their order, and one statement more or less changes it by that statement's digest (an additive multiset hash; it guards against
mistakes, not against somebody who looks for a collision).
"""

import base64
import io
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import xxhash
from numpy.typing import NDArray

from fedviz.core.files import write_atomic
from fedviz.kg.store import oxi

UInts = NDArray[np.uint64]


class Block(NamedTuple):
    """Lines of N-Triples as bytes, each with its end, and the line of the source that each came from (from 1; None where nothing is known)."""

    lines: list[bytes]
    numbers: NDArray[np.uint32] | None = None


def digest(line: bytes) -> int:
    """The 64-bit digest of a canonical line, its end included."""
    return xxhash.xxh3_64_intdigest(line)


def digests(lines: Iterable[bytes], count: int) -> UInts:
    """The digests of `count` lines, uint64 [count]."""
    return np.fromiter(map(xxhash.xxh3_64_intdigest, lines), dtype=np.uint64, count=count)


class Feed:
    """Blocks as a file that Oxigraph reads, with each line's digest noted on the way.

    `after(block)` is told of every block (progress; an exception of it ends the reading). A block without numbers says that no lines are known.
    """

    def __init__(self, blocks: Iterator[Block], after: Callable[[Block], None] = lambda block: None) -> None:
        self._blocks, self._after = blocks, after
        self._rest = memoryview(b"")
        self._digests: list[UInts] = []
        self._numbers: list[NDArray[np.uint32]] = []
        self.known = True
        self.failure: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes; empty at the end. What fails in the reader is kept in `failure`, because Oxigraph gives it on as another error."""
        while not len(self._rest):
            try:
                block = next(self._blocks, None)
                if block is None:
                    return b""
                whole = b"".join(block.lines)
                kept = oxi.settled_lines(block.lines, whole)
                if kept is not block.lines:
                    whole = b"".join(kept)
                self._digests.append(digests(kept, len(kept)))
                if block.numbers is None:
                    self.known = False
                elif self.known:
                    self._numbers.append(block.numbers)
                self._after(block)
            except BaseException as error:
                self.failure = error
                raise OSError("reading was stopped") from error
            self._rest = memoryview(whole)
        out = self._rest if size < 0 else self._rest[:size]
        self._rest = self._rest[len(out) :]
        return bytes(out)

    def index(self) -> "LineIndex":
        """Digests and numbers of everything that was read: each statement once, with its first line."""
        every = np.concatenate(self._digests) if self._digests else np.empty(0, np.uint64)
        unique, first = np.unique(every, return_index=True)
        return LineIndex(unique, np.concatenate(self._numbers)[first] if self.known and self._numbers else None)


class LineIndex(NamedTuple):
    """Digests in ascending order, uint64 [n], and the line of each, uint32 [n], or None."""

    digests: UInts
    numbers: NDArray[np.uint32] | None

    @property
    def sum(self) -> int:
        """The sum of all digests modulo 2^64."""
        return int(self.digests.sum(dtype=np.uint64)) if len(self.digests) else 0

    def line(self, statement: bytes) -> int:
        """The line that a canonical N-Triples line came from; 0 where it is not known."""
        if self.numbers is None:
            return 0
        wanted = np.uint64(digest(statement))
        place = int(np.searchsorted(self.digests, wanted))
        return int(self.numbers[place]) if place < len(self.digests) and self.digests[place] == wanted else 0

    def of(self, digests: UInts) -> NDArray[np.uint32]:
        """The line of each of these digests, uint32 [n]; 0 where it is not known."""
        if self.numbers is None or not len(self.digests):
            return np.zeros(len(digests), np.uint32)
        places = np.minimum(np.searchsorted(self.digests, digests), len(self.digests) - 1)
        return np.where(self.digests[places] == digests, self.numbers[places], 0).astype(np.uint32)

    def save(self, path: Path) -> None:
        """Write the index beside, then rename."""
        buffer = io.BytesIO()
        np.savez(buffer, digests=self.digests, numbers=np.empty(0, np.uint32) if self.numbers is None else self.numbers)
        write_atomic(path, buffer.getvalue())


def load(path: Path) -> LineIndex:
    """The index of a source; empty where there is none."""
    try:
        with np.load(path, allow_pickle=False) as file:
            numbers = file["numbers"]
            return LineIndex(file["digests"], numbers if len(numbers) else None)
    except (OSError, ValueError, KeyError):
        return LineIndex(np.empty(0, np.uint64), None)


def numbers(values: Iterable[int]) -> NDArray[np.uint32]:
    """Line numbers as uint32 [n]."""
    return np.fromiter(values, dtype=np.uint32)


def merged(parts: Iterable[UInts]) -> UInts:
    """Digests of several indices together, ascending, each once; uint64 [n]."""
    return np.unique(np.concatenate([np.empty(0, np.uint64), *parts]))


def packed(numbers_: NDArray[np.uint32]) -> str:
    """Line numbers as text: little-endian, compressed (zlib), in base64."""
    return base64.b64encode(zlib.compress(numbers_.astype("<u4").tobytes())).decode("ascii")


def unpacked(text: str, count: int) -> NDArray[np.uint32]:
    """What `packed` wrote, uint32 [count]; `ValueError` where the text is none of it or holds another number of lines."""
    unpacker = zlib.decompressobj()
    try:
        data = unpacker.decompress(base64.b64decode(text, validate=True), 4 * count + 1)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if len(data) != 4 * count:
        raise ValueError(f"{len(data)} bytes are not the numbers of {count} lines")
    return np.frombuffer(data, "<u4").astype(np.uint32)
