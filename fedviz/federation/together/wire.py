"""What server and parties say to each other while they build a graph, typed once. Its keys stand here and nowhere else.

offer: down the agreement; up tags in an order of chance, with how often each counts. blind: down another party's points; up the same, blinded once more.
release: down the agreement and, unless consent alone decides, places in the party's own list; up the triples there, in clear. fused: down the fused graph; up nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from flwr.app import ConfigRecord, Message, RecordDict
from numpy.typing import NDArray

from fedviz.core.errors import RunError
from fedviz.core.options import parse
from fedviz.federation import messages, wire
from fedviz.federation.together.names import Tags, triple_name
from fedviz.federation.together.options import TogetherOptions
from fedviz.kg.store.memory import relation_name

OFFER, BLIND, RELEASE, FUSED = "together_offer", "together_blind", "together_release", "together_fused"
_AGREED, _TAGS, _COUNTS, _PLACES, _TRIPLES = "agreement", "tags", "counts", "places", "triples"
_TEXTS = ("heads", "relations", "tails", "head-names", "tail-names", "methods")
_CONFIDENCE, _PARTIES, _STATUS = "confidence", "parties", "status"
Places = NDArray[np.int64]


class Clear(NamedTuple):
    """A triple in clear: its terms as N-Triples, what they are called, how it was won and how surely (0 where that is not told)."""

    head: str
    relation: str
    tail: str
    head_name: str
    tail_name: str
    method: str
    confidence: float


@dataclass(frozen=True)
class Told:
    """A triple of the fused graph as a party is told it: `parties` that hold it (empty where that is not told), the count it was released by, and whether it is disputed."""

    triple: Clear
    parties: tuple[int, ...]
    count: int
    disputed: bool

    @property
    def name(self) -> str:
        """What the triple is compared by."""
        return triple_name(self.triple.head_name, relation_name(self.triple.relation), self.triple.tail_name)


def question(step: str, client: int, number: int, content: Mapping[str, Any]) -> Message:
    """A message of a step to a party."""
    return Message(RecordDict(dict(content)), dst_node_id=messages.node_of(client), message_type=f"query.{step}", group_id=str(number))


def agreement(options: TogetherOptions) -> dict[str, Any]:
    """The options as a record."""
    plain = options.model_dump(mode="json")
    return {_AGREED: ConfigRecord({key: value for key, value in plain.items() if value != []})}


def check_agreement(message: Message, options: TogetherOptions) -> None:
    """`RunError` where a server asks under other options than the party's own."""
    asked = parse(TogetherOptions, dict(message.content[_AGREED]) | {key: () for key in ("refused", "functional") if key not in message.content[_AGREED]})
    if asked != options:
        raise RunError("A party answers only under the release rule that it agreed to, but the server asks under another one.")


def offer(tags: Tags, counts: Sequence[int]) -> RecordDict:
    """What a party offers: tags [n, width] and counts [n]."""
    return RecordDict({wire.ARRAYS: messages.array_record({_TAGS: tags, _COUNTS: np.asarray(counts, np.int64)})})


def read_offer(message: Message) -> tuple[Tags, NDArray[np.int64]]:
    """Tags and counts; `RunError` where they are none."""
    arrays = messages.arrays_of(message.content[wire.ARRAYS])
    tags, counts = arrays[_TAGS], arrays[_COUNTS]
    if tags.dtype != np.uint8 or tags.ndim != 2 or counts.shape != tags.shape[:1] or counts.dtype != np.int64 or (counts < 1).any():
        raise RunError("An offer has one row of bytes and one positive count for each triple.")
    return tags, counts


def points(tags: Tags) -> RecordDict:
    """Points on their way to be blinded, or back."""
    return RecordDict({wire.ARRAYS: messages.array_record({_TAGS: tags})})


def read_points(message: Message, rows: int | None = None) -> Tags:
    """Points; `RunError` where they are none, or not `rows`."""
    tags = messages.arrays_of(message.content[wire.ARRAYS])[_TAGS]
    if tags.dtype != np.uint8 or tags.ndim != 2 or tags.shape[1] != 32 or rows not in (None, len(tags)):
        raise RunError("Blinded points come back as many as they were, of 32 bytes each.")
    return tags


def places(found: Sequence[int]) -> dict[str, Any]:
    """Places in a party's own list, as a record."""
    return {wire.ARRAYS: messages.array_record({_PLACES: np.asarray(found, np.int64)})}


def read_places(message: Message) -> list[int]:
    """Places in one's own list."""
    return [int(place) for place in messages.arrays_of(message.content[wire.ARRAYS])[_PLACES]]


def clear(triples: Sequence[Clear]) -> RecordDict:
    """Triples in clear."""
    return RecordDict({_TRIPLES: _columns(triples)})


def read_clear(message: Message, rows: int | None = None) -> tuple[Clear, ...]:
    """Triples in clear; `RunError` where they are not `rows`."""
    found = _triples(message.content[_TRIPLES])
    if rows not in (None, len(found)):
        raise RunError(f"A party that is asked for {rows} triples sends as many, but this one sent {len(found)}.")
    return found


def fused(told: Sequence[Told]) -> RecordDict:
    """The fused graph as the parties are told it."""
    record = _columns([entry.triple for entry in told])
    if told:
        record[_PARTIES] = [" ".join(map(str, entry.parties)) for entry in told]
        record[_COUNTS] = [entry.count for entry in told]
        record[_STATUS] = ["disputed" if entry.disputed else "asserted" for entry in told]
    return RecordDict({_TRIPLES: record})


def read_fused(message: Message) -> tuple[Told, ...]:
    """The fused graph."""
    record: Any = message.content[_TRIPLES]
    rows = zip(_triples(record), record.get(_PARTIES, []), record.get(_COUNTS, []), record.get(_STATUS, []), strict=True)
    return tuple(Told(triple, tuple(map(int, parties.split())), count, status == "disputed") for triple, parties, count, status in rows)


def _columns(triples: Sequence[Clear]) -> ConfigRecord:
    """Columns of texts; a record without triples is empty, since Flower keeps no empty list."""
    record = ConfigRecord()
    if triples:
        for place, name in enumerate(_TEXTS):
            record[name] = [str(triple[place]) for triple in triples]
        record[_CONFIDENCE] = [float(triple.confidence) for triple in triples]
    return record


def _triples(record: Any) -> tuple[Clear, ...]:
    columns = [record.get(name, []) for name in (*_TEXTS, _CONFIDENCE)]
    return tuple(Clear(*row) for row in zip(*columns, strict=True))


def sample(message: Message, most: int = 3) -> tuple[str, ...]:
    """The first tags of an offer in hexadecimal, to be shown; nothing of other messages."""
    record = message.content.get(wire.ARRAYS)
    if record is None or _TAGS not in record or _COUNTS not in record:
        return ()
    return tuple(row.tobytes().hex() for row in messages.arrays_of(record)[_TAGS][:most])
