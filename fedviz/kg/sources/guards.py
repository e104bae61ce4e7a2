"""Limits that hostile files run into before the parser behind them does: depth, size and expansion of XML, depth of JSON, open brackets of Turtle.

Measured with pyoxigraph 0.5.13: entities of XML that name each other, ten thousand nested JSON objects and twenty thousand nested triple terms hang or end the process.
"""

import re
import zlib
from collections.abc import Callable
from typing import IO
from xml.parsers import expat

import numpy as np

MAX_DEPTH = 500
MAX_TEXT = 16 << 20
_EXPANSION = 10
_OPEN_BRACKETS = 500_000
_OPEN_TRIPLES = 200
_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_STRINGS = re.compile(rb'"""(?:[^"\\]|\\.|"(?!""))*"""|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'', re.DOTALL)
_STEPS = np.zeros(256, np.int32)
_STEPS[[ord("["), ord("{")]] = 1
_STEPS[[ord("]"), ord("}")]] = -1


class Guarded:
    """A binary file each of whose pieces `look` sees first; what `look` raises (`OSError` with a reason) ends the reading."""

    def __init__(self, file: IO[bytes], look: Callable[[bytes], None]) -> None:
        self._file, self._look = file, look

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, and never more than 1 MB at a time."""
        try:
            data = self._file.read(1 << 20 if size < 0 else min(size, 1 << 20))
        except (EOFError, zlib.error) as error:
            raise OSError(str(error)) from None
        self._look(data)
        return data


class XmlLimits:
    """XML pushed through expat: at most `MAX_DEPTH` elements inside each other, `MAX_TEXT` bytes of one element's own text or markup, and entities that make a
    document ten times longer. `feed` raises `OSError` with a reason; expat itself reads nothing from outside.

    `start(name, attributes)`, `end(name)` and `text(words)` are told what there is, names as `namespace local`.
    """

    def __init__(
        self,
        start: Callable[[str, dict[str, str]], None] = lambda name, attributes: None,
        end: Callable[[str], None] = lambda name: None,
        text: Callable[[str], None] = lambda words: None,
    ) -> None:
        self._start, self._end, self._text = start, end, text
        self.depth = 0
        self._own, self._since, self._read, self._said = 0, 0, 0, 0
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.buffer_size = 1 << 16
        self._parser.StartElementHandler = self._begins
        self._parser.EndElementHandler = self._ends
        self._parser.CharacterDataHandler = self._says

    @property
    def line(self) -> int:
        """The line that reading has come to, from 1."""
        return self._parser.CurrentLineNumber

    def feed(self, data: bytes, last: bool = False) -> None:
        """Look at the next piece. Empty data or `last` ends the document."""
        self._read += len(data)
        self._since += len(data)
        try:
            self._parser.Parse(data, last or not data)
        except expat.ExpatError as error:
            reason = f"it is no well-formed XML: {error}"
            raise OSError(reason) from None
        if self._since > MAX_TEXT:
            reason = f"a tag or a text has at most {MAX_TEXT >> 20} MB"
            raise OSError(reason)

    def _begins(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        self._own = self._since = 0
        self._count(sum(map(len, attributes.values())))
        if self.depth > MAX_DEPTH:
            reason = f"elements are at most {MAX_DEPTH} deep"
            raise OSError(reason)
        self._start(name, attributes)

    def _ends(self, name: str) -> None:
        self.depth -= 1
        self._own = self._since = 0
        self._end(name)

    def _says(self, words: str) -> None:
        self._count(len(words))
        self._text(words)

    def _count(self, letters: int) -> None:
        self._own += letters
        self._said += letters
        if self._own > MAX_TEXT or self._said > _EXPANSION * self._read + MAX_TEXT:
            reason = "its entities or texts become too long"
            raise OSError(reason)


def xml(file: IO[bytes]) -> Guarded:
    """An XML file within `XmlLimits`."""
    return Guarded(file, XmlLimits().feed)


def json(file: IO[bytes]) -> Guarded:
    """A JSON file whose objects and lists are at most `MAX_DEPTH` deep."""
    depth, quoted, cut = 0, False, b""

    def look(data: bytes) -> None:
        nonlocal depth, quoted, cut
        data = cut + data
        cut = b"\\" if (len(data) - len(data.rstrip(b"\\"))) % 2 else b""
        parts = _ESCAPE.sub(b"", data[: len(data) - len(cut)]).split(b'"')
        outside = np.frombuffer(b" ".join(parts[int(quoted) :: 2]), np.uint8)
        quoted ^= len(parts) % 2 == 0
        if len(outside):
            deep = depth + np.cumsum(_STEPS[outside])
            if int(deep.max()) > MAX_DEPTH:
                reason = f"objects and lists are at most {MAX_DEPTH} deep"
                raise OSError(reason)
            depth = int(deep[-1])

    return Guarded(file, look)


def turtle(file: IO[bytes]) -> Guarded:
    """A file of Turtle, TriG or N-Quads with a bounded number of brackets and statements about statements that are open at a time."""
    brackets, triples = 0, 0

    def look(data: bytes) -> None:
        nonlocal brackets, triples
        brackets = max(0, brackets + data.count(b"[") + data.count(b"(") - data.count(b"]") - data.count(b")"))
        if b"<<" in data or triples:
            plain = _STRINGS.sub(b"", data)
            triples = max(0, triples + plain.count(b"<<") - plain.count(b">>"))
        if brackets > _OPEN_BRACKETS or triples > _OPEN_TRIPLES:
            reason = "too many brackets are open"
            raise OSError(reason)

    return Guarded(file, look)
