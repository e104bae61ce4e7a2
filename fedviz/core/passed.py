"""What passes between server and clients, as facts about messages: names, types, shapes, bytes. No value of a message is in them."""

from typing import Literal, NamedTuple

from fedviz.core.types import Record

Direction = Literal["received", "sent"]
"""Seen from the client: `received` from the server, `sent` to it."""


class Entry(Record):
    """One thing in a message: the record that holds it, its name there, its type, its shape (of a list or a text its length; of a number nothing), and its bytes with its name."""

    record: str
    name: str
    type: str
    shape: tuple[int, ...]
    bytes: int


class Content(Record):
    """One kind of message as it passed: `id` is a digest over everything else, so that two messages share it exactly when they look the same."""

    id: str
    message: str
    direction: Direction
    entries: tuple[Entry, ...]


class Passed(NamedTuple):
    """How many messages of a content passed to or from a client, and their bytes."""

    client: int
    content: str
    messages: int
    bytes: int
