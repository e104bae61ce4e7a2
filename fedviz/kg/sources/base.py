"""What every reader of graphs is, and the opening of files: plain, gz or bz2, with their digest and how far reading is."""

import bz2
import gzip
import hashlib
import lzma
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from fedviz.core.errors import InputError
from fedviz.kg.store import lines
from fedviz.kg.store.change import Intake
from fedviz.kg.store.lines import Block
from fedviz.kg.store.terms import Statement, literal

MAX_LINE_BYTES = 16 << 20
"""A longer line is left out: no literal of a graph needs it, and memory stays bounded."""
BLOCK_LINES = 20_000
BLOCK_BYTES = 8 << 20
"""A block ends at so many lines or bytes, so that long literals do not pile up."""
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*\Z")
DAMAGED = (OSError, EOFError, zlib.error, lzma.LZMAError)
"""What a damaged or truncated compressed file raises while it is read."""


@dataclass(frozen=True)
class SourceEntry:
    """A reader in the registry. `read(file, options, intake, scope)` streams blocks from a binary file that is decompressed already; `scope` is unique to the
    import, for names of blank nodes. `extensions`: endings of file names (without .gz or .bz2) that suggest this reader. `fetch(options, intake)`, where a reader has
    it, asks an endpoint and gives the files that were kept of it, which `read` then reads one after the other; there is no file to choose then.
    """

    name: str
    title: str
    summary: str
    options: type[Any]
    extensions: tuple[str, ...]
    read: Callable[[IO[bytes], Any, Intake, str], Iterator[Block]]
    fetch: Callable[[Any, Intake], list[Path]] | None = None


class _Counted:
    """A binary file that counts what was read of it and digests it."""

    def __init__(self, file: IO[bytes], tell: Callable[[int], None]) -> None:
        self._file, self._tell = file, tell
        self.done = 0
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.done += len(data)
        self.digest.update(data)
        self._tell(self.done)
        return data

    def seekable(self) -> bool:
        return False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    @property
    def closed(self) -> bool:
        return False


@contextmanager
def opened(path: Path, intake: Intake) -> Iterator[tuple[IO[bytes], Callable[[], str]]]:
    """A file as its content, decompressed by its first bytes and not by its name, and its SHA-256 so far. Progress counts bytes on the disk. `InputError` where it cannot be opened."""
    try:
        size, raw = path.stat().st_size, path.open("rb")
    except OSError as error:
        raise InputError(f"The file {path.name} cannot be opened: {error.strerror or error}.") from None
    with raw:
        magic = raw.read(3)
        raw.seek(0)
        counted = _Counted(raw, lambda done: intake.progress(done, size))
        plain = cast(IO[bytes], counted)
        if magic[:2] == b"\x1f\x8b":
            plain = cast(IO[bytes], gzip.GzipFile(fileobj=plain))
        elif magic == b"BZh":
            plain = cast(IO[bytes], bz2.BZ2File(plain))
        yield plain, lambda: counted.digest.hexdigest()


def chunks(file: IO[bytes], intake: Intake) -> Iterator[tuple[int, bytes]]:
    """(number of its first line, whole lines with their ends) of a file; too long lines are skipped and told; a file that breaks off ends there, and that is told."""
    number, rest, skipping = 1, b"", False
    while True:
        intake.check()
        try:
            data = file.read(1 << 20)
        except DAMAGED as error:
            intake.skip(number, f"the file cannot be read further: {error}")
            data = b""
        if skipping and data:
            _gone, found, data = data.partition(b"\n")
            if not found:
                continue
            number, skipping = number + 1, False
        buffer = rest + data
        cut = buffer.rfind(b"\n") + 1
        if cut:
            yield number, buffer[:cut]
            number += buffer.count(b"\n", 0, cut)
        rest = buffer[cut:]
        if not data and not skipping:
            if rest:
                yield number, rest + b"\n"
            return
        if not data:
            return
        if len(rest) > MAX_LINE_BYTES:
            intake.skip(number, f"a line has at most {MAX_LINE_BYTES >> 20} MB")
            rest, skipping = b"", True


def numbered(file: IO[bytes], intake: Intake) -> Iterator[tuple[int, bytes]]:
    """(line number from 1, line without its end) of a file, as `chunks` reads it."""
    for first, lines_ in chunks(file, intake):
        yield from enumerate(lines_.split(b"\n")[:-1], first)


def text(line: bytes, number: int, intake: Intake) -> str | None:
    """The line as text without its end; None, told, where it is not UTF-8."""
    try:
        return line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        intake.skip(number, f"it is not UTF-8: byte {line[error.start]:#04x} at position {error.start + 1}")
        return None


def listed(text: str) -> tuple[str, ...]:
    """`en, zh` as ("en", "zh"): what a text option lists, split at commas and white space."""
    return tuple(dict.fromkeys(text.replace(",", " ").split()))


def tagged(text: str, language: str, intake: Intake, line: int = 0) -> str | None:
    """A literal with a language; None, told, where the language is none that RDF allows (BCP 47)."""
    if language and not _LANGUAGE.match(language):
        intake.skip(line, f"{language[:40]!r} is no language tag of BCP 47")
        return None
    return literal(text, language)


def blocks(rows: Iterable[tuple[int, Statement]]) -> Iterator[Block]:
    """(line number, statement) as blocks; the number 0 everywhere says that lines are not known."""
    waiting: list[bytes] = []
    places: list[int] = []
    held = 0
    for number, statement in rows:
        waiting.append(statement.line)
        places.append(number)
        held += len(waiting[-1])
        if len(waiting) >= BLOCK_LINES or held >= BLOCK_BYTES:
            yield Block(waiting, lines.numbers(places) if any(places) else None)
            waiting, places, held = [], [], 0
    if waiting:
        yield Block(waiting, lines.numbers(places) if any(places) else None)
