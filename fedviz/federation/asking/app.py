"""The parties of a federated question as a Flower `ClientApp`, and their stand-ins on the asker's side, over any Flower grid.

A message names the step and a pattern, whose given terms are the asker's own; ids travel as arrays of 64-bit numbers, and names only where a party may say them.
"""

from collections.abc import Sequence

import numpy as np
from flwr.app import ConfigRecord, Context, Message, RecordDict
from flwr.clientapp import ClientApp
from flwr.serverapp import Grid
from numpy.typing import NDArray

from fedviz.core.errors import RunError
from fedviz.federation import messages, wire
from fedviz.federation.asking.party import Ids, Names, Party
from fedviz.federation.asking.question import Pattern

_COUNT, _BINDINGS, _JOINED, _NAMED, _SIZE = "count", "bindings", "joined", "named", "size"
_NONE = Pattern("", "", "")


def asking_app(parties: Sequence[Party]) -> ClientApp:
    """The app of all parties; a party's context says which one it is."""
    app = ClientApp()

    @app.query("asking")
    def answer(message: Message, context: Context) -> Message:
        party = parties[int(context.node_config[wire.PARTITION])]
        config = message.content[wire.CONFIG]
        step, pattern = str(config[wire.STEP]), Pattern(*config[wire.PATTERN])  # type: ignore[index, misc]
        ids = messages.arrays_of(message.content[wire.ARRAYS])[wire.IDS]  # type: ignore[arg-type]
        if step == _COUNT:
            return _reply(message, {wire.IDS: np.array([party.count(pattern)])})
        if step == _SIZE:
            return _reply(message, {wire.IDS: np.array([party.triples])})
        if step == _BINDINGS:
            return _reply(message, {wire.IDS: party.bindings(pattern)})
        if step == _JOINED:
            which, rest = party.joined(pattern, tuple(config[wire.SHARED]), ids)  # type: ignore[arg-type]
            return _reply(message, {wire.PLACES: which, wire.IDS: rest})
        told = party.named(ids)
        return _reply(message, {wire.IDS: _array(told.names), wire.PLACES: _array(told.held_back)}, list(told.names.values()))

    return app


class PartyAway:
    """A party that is asked by messages; it answers what the party itself would (`fedviz.federation.asking.party.Party`). `RunError` where it fails."""

    def __init__(self, grid: Grid, number: int, name: str) -> None:
        self._grid, self._number, self.name = grid, number, name
        self.triples = int(self._ask(_SIZE)[0][wire.IDS][0])

    def count(self, pattern: Pattern) -> int:
        """How many of its statements fit a pattern."""
        return int(self._ask(_COUNT, pattern)[0][wire.IDS][0])

    def bindings(self, pattern: Pattern) -> Ids:
        """All solutions of a pattern: ids [n, variables]."""
        return self._ask(_BINDINGS, pattern)[0][wire.IDS]

    def joined(self, pattern: Pattern, shared: tuple[str, ...], asked: Ids) -> tuple[NDArray[np.int64], Ids]:
        """Solutions that fit rows of `asked`: (which row [n], the other variables' ids [n, rest])."""
        arrays, _names = self._ask(_JOINED, pattern, shared, asked)
        return arrays[wire.PLACES], arrays[wire.IDS]

    def named(self, ids: Ids) -> Names:
        """The names behind ids, where the party may say them."""
        arrays, names = self._ask(_NAMED, ids=ids)
        return Names(dict(zip(map(int, arrays[wire.IDS]), names, strict=True)), frozenset(map(int, arrays[wire.PLACES])))

    def _ask(
        self, step: str, pattern: Pattern = _NONE, shared: tuple[str, ...] = (), ids: Ids | None = None
    ) -> tuple[dict[str, NDArray[np.int64] | Ids], list[str]]:
        config = ConfigRecord({wire.STEP: step, wire.PATTERN: list(pattern), wire.SHARED: list(shared)})
        arrays = messages.array_record({wire.IDS: np.zeros((0, 0), np.uint64) if ids is None else ids})
        order = self._grid.create_message(RecordDict({wire.CONFIG: config, wire.ARRAYS: arrays}), wire.ASKING, messages.node_of(self._number), step)
        (reply,) = self._grid.send_and_receive([order])
        if reply.has_error():
            raise RunError(f"Party {self.name} failed: {reply.error.reason}")
        return messages.arrays_of(reply.content[wire.ARRAYS]), list(reply.content[wire.CONFIG][wire.NAMES])  # type: ignore[arg-type, index]


def _reply(message: Message, arrays: dict[str, np.ndarray], names: Sequence[str] = ()) -> Message:
    return Message(RecordDict({wire.ARRAYS: messages.array_record(arrays), wire.CONFIG: ConfigRecord({wire.NAMES: list(names)})}), reply_to=message)


def _array(numbers: Sequence[int] | dict[int, str] | frozenset[int]) -> Ids:
    return np.array(list(numbers), dtype=np.uint64)
