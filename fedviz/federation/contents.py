"""Keeps the books of a run: what every message held, by name, type, shape and bytes, and how many of them each client received and sent.

What a message looks like is written down when it is met for the first time; after that it is only counted. So the journal stays small, and the
ledger of a run (`fedviz.runs.ledger`) rests on the messages themselves and not on a list that somebody wrote.
"""

import hashlib
import threading
from collections.abc import Iterator
from typing import Any

from flwr.app import ArrayRecord, Message, RecordDict

from fedviz.core.events import MessagesPassed
from fedviz.core.passed import Content, Direction, Entry, Passed
from fedviz.federation.messages import array_bytes, content_bytes

MOST = 64
"""Contents that a run describes; messages that look otherwise are only counted, under an empty id."""

_Look = tuple[str, str, str, tuple[int, ...]]


class Contents:
    """The books since the last `closed`. Messages may come on several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[tuple[Any, ...], str] = {}
        self._described = 0
        self._new: list[Content] = []
        self._counts: dict[tuple[int, str], tuple[int, int]] = {}

    def saw(self, client: int, message: Message, direction: Direction) -> int:
        """Enter a message; gives its bytes as Flower counts them."""
        kind, size = message.metadata.message_type, content_bytes(message.content)
        look = kind, direction, size, tuple(_looks(message.content))
        with self._lock:
            content = self._known.get(look)
            if content is None:
                content = self._known[look] = self._describe(kind, direction, message.content)
            count, total = self._counts.get((client, content), (0, 0))
            self._counts[client, content] = count + 1, total + size
        return size

    def closed(self, number: int) -> MessagesPassed:
        """What passed since the last time, as an event of that round; the counts begin anew."""
        with self._lock:
            rows = tuple(Passed(client, content, *counts) for (client, content), counts in sorted(self._counts.items()))
            new, self._new, self._counts = tuple(self._new), [], {}
        return MessagesPassed(round=number, contents=new, rows=rows)

    def _describe(self, kind: str, direction: Direction, content: RecordDict) -> str:
        if self._described >= MOST:
            return ""
        facts = tuple((*look, _bytes(content, look)) for look in _looks(content))
        digest = hashlib.blake2b(repr((kind, direction, facts)).encode(), digest_size=4).hexdigest()
        self._described += 1
        entries = tuple(Entry(record=record, name=name, type=dtype, shape=shape, bytes=size) for record, name, dtype, shape, size in facts)
        self._new.append(Content(id=digest, message=kind, direction=direction, entries=entries))
        return digest


def _looks(content: RecordDict) -> Iterator[_Look]:
    """(record, name, type, shape) of everything in a message."""
    for record, held in content.items():
        for name, value in held.items():
            if isinstance(held, ArrayRecord):
                yield record, name, value.dtype, tuple(value.shape)
            else:
                yield record, name, *_type(value)


def _bytes(content: RecordDict, look: _Look) -> int:
    """Bytes of one thing in a message with its name; they add up to `messages.content_bytes`."""
    held, name = content[look[0]], look[1]
    return array_bytes(name, held[name]) if isinstance(held, ArrayRecord) else type(held)({name: held[name]}).count_bytes()  # type: ignore[arg-type]


def _type(value: Any) -> tuple[str, tuple[int, ...]]:
    """The type and shape of what is no array: `int`, `list of bytes`, ..."""
    if isinstance(value, list):
        return f"list of {type(value[0]).__name__}" if value else "list", (len(value),)
    return type(value).__name__, (len(value),) if isinstance(value, str | bytes) else ()
