"""The ledger of a run: what left each client and what it got, by name and bytes, what stayed, and who could see what.

The facts come from the journal, where the loop wrote what every message looked like (`fedviz.federation.contents`); the words that go with
them are in `fedviz.runs.ledger_words`. `ledger` is pure, and the record reads back from its JSON.
"""

import csv
import io
from collections import defaultdict

from fedviz.core.config import RunConfig
from fedviz.core.errors import RunError
from fedviz.core.passed import Content, Direction, Entry
from fedviz.core.types import Record
from fedviz.runs import ledger_words
from fedviz.runs.run_view import RunView

COLUMNS = ("direction", "message", "record", "name", "type", "shape", "bytes each", "messages", "bytes", "clients")


class LedgerClient(Record):
    """One client's messages and bytes over the whole run, rounds that were broken off included.

    `unlisted_bytes`: what the journal says passed beyond that, in a round whose worker was killed before it could say what it was.
    """

    index: int
    name: str
    sent_messages: int
    sent_bytes: int
    received_messages: int
    received_bytes: int
    unlisted_bytes: int


class LedgerContent(Record):
    """One kind of message: what is in it, how many there were, their bytes, and which clients received or sent it. Without entries where it was only counted."""

    message: str
    direction: Direction
    entries: tuple[Entry, ...]
    messages: int
    bytes: int
    clients: tuple[int, ...]


class Seen(Record):
    """Who, and what was to be seen from there: sentences."""

    who: str
    what: tuple[str, ...]


class Ledger(Record):
    """A run's ledger. `recorded` is False for a run older than the books: then `contents` and the messages are empty, and only `clients`' bytes are known.

    `epsilon` at `delta`: the smaller of two upper bounds of what the global models tell about a client, None where nothing bounds it.
    """

    run_id: str
    title: str
    rounds_done: int
    recorded: bool
    secure: bool
    clients: tuple[LedgerClient, ...]
    contents: tuple[LedgerContent, ...]
    stayed: tuple[str, ...]
    seen: tuple[Seen, ...]
    epsilon: float | None
    delta: float | None

    def total_bytes(self, direction: Direction) -> int:
        """Bytes of all messages that the clients sent, or received."""
        return sum(content.bytes for content in self.contents if content.direction == direction)

    def rows(self) -> list[tuple[str, ...]]:
        """The entries of all contents as text, in the order of `COLUMNS`; the bytes add up to those of the messages."""
        found = []
        for content in self.contents:
            clients = " ".join(map(str, content.clients))
            for entry in content.entries:
                shape = "x".join(map(str, entry.shape))
                what = (content.direction, content.message, entry.record, entry.name, entry.type, shape)
                found.append((*what, str(entry.bytes), str(content.messages), str(entry.bytes * content.messages), clients))
            if not content.entries:
                found.append((content.direction, content.message, "", "", "", "", "", str(content.messages), str(content.bytes), clients))
        return found

    def to_csv(self) -> str:
        """`rows` as CSV with a header."""
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows([COLUMNS, *self.rows()])
        return out.getvalue()


def ledger(view: RunView, config: RunConfig) -> Ledger:
    """The ledger of a run so far. Its sentences are in the language of whoever asks. `RunError` where no client has been met yet."""
    if not view.clients:
        raise RunError(f"The run {view.run_id} has no ledger yet: its first round has not begun.")
    sums: dict[tuple[int, Direction], list[int]] = defaultdict(lambda: [0, 0])
    by_content: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    known = {content.id: content for content in view.contents}
    for _number, rows in view.passed:
        for row in rows:
            content = known.get(row.content)
            places = [by_content[row.content][row.client]]
            if content is not None:
                places.append(sums[row.client, content.direction])
            for place in places:
                place[0] += row.messages
                place[1] += row.bytes
    described = sorted(view.contents, key=lambda content: content.direction != "sent")  # what left comes first
    contents = tuple(_content(content, by_content[content.id]) for content in described)
    clients = []
    for client in view.clients:
        sent, received = sums[client.info.index, "sent"], sums[client.info.index, "received"]
        unlisted = max(client.sent_bytes + client.received_bytes - sent[1] - received[1], 0)
        clients.append(
            LedgerClient(
                index=client.info.index, name=client.info.name, sent_messages=sent[0], sent_bytes=sent[1],
                received_messages=received[0], received_bytes=received[1], unlisted_bytes=unlisted,
            )  # fmt: skip
        )
    spent = view.privacy[-1][1] if view.privacy else None
    facts = ledger_words.Facts(view, config, frozenset((c.direction, c.message, e.record) for c in contents for e in c.entries))
    return Ledger(
        run_id=view.run_id, title=view.title, rounds_done=view.rounds_done, recorded=bool(view.passed), secure=view.secure, clients=tuple(clients),
        contents=contents, stayed=ledger_words.stayed(facts), seen=tuple(Seen(who=who, what=what) for who, what in ledger_words.seen(facts)),
        epsilon=spent.epsilon if spent else None, delta=spent.delta if spent and spent.epsilon is not None else None,
    )  # fmt: skip


def _content(content: Content, clients: dict[int, list[int]]) -> LedgerContent:
    return LedgerContent(
        message=content.message, direction=content.direction, entries=content.entries, messages=sum(count for count, _ in clients.values()),
        bytes=sum(size for _, size in clients.values()), clients=tuple(sorted(clients)),
    )  # fmt: skip
