"""Checkpoints: the global weights of every round, the clients' models of a round where they are small, and the state to go on from.

Files of `checkpoints/`: `round-0003.safetensors` (global weights), `round-0003-client-05.safetensors` (what a client sent), and
`state.safetensors` (everything that the next round depends on; only the newest is kept). The state is one file written
last and atomically, so that a crash leaves the state of the round before or the new one, and nothing between.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file, save

from fedviz.core.errors import RunError
from fedviz.core.files import write_atomic

if TYPE_CHECKING:
    from fedviz.federation.rounds import RoundState

Arrays = Mapping[str, NDArray[Any]]
CLIENT_MODELS_UP_TO = 1_000_000
"""Clients' models are kept where they have at most this many trainable weights."""
BUDGET_BYTES = 1 << 30
"""Above this many bytes for a run, only every n-th round is kept, and the newest one."""
_ROUND = re.compile(r"round-(\d+)\.safetensors")
_CLIENT = re.compile(r"round-(\d+)-client-(\d+)\.safetensors")


@dataclass(frozen=True)
class Checkpoint:
    """The global model after a round: trained weights by name. Round 0 is the model before training."""

    round: int
    arrays: dict[str, NDArray[Any]]


class Checkpoints:
    """The checkpoints of one run."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def rounds(self) -> tuple[int, ...]:
        """Rounds whose global model is kept, in order."""
        return tuple(sorted(int(match[1]) for match in self._matches(_ROUND)))

    def clients(self, number: int) -> tuple[int, ...]:
        """Clients whose model of a round is kept, in order."""
        return tuple(sorted(int(match[2]) for match in self._matches(_CLIENT) if int(match[1]) == number))

    def load(self, number: int) -> Checkpoint:
        """The global model after a round; `RunError` lists the rounds that are kept."""
        if number not in self.rounds():
            kept = ", ".join(map(str, self.rounds())) or "none"
            raise RunError(f"There is no checkpoint of round {number} in the run {self.path.parent.name}; kept: {kept}.")
        return Checkpoint(number, self._read(self._round(number)))

    def load_client(self, number: int, client: int) -> dict[str, NDArray[Any]] | None:
        """What a client sent in a round, or None where it is not kept."""
        file = self._client(number, client)
        return self._read(file) if file.exists() else None

    def save_client(self, number: int, client: int, arrays: Arrays) -> None:
        """Keep what a client sent."""
        write_atomic(self._client(number, client), save(_plain(arrays)), durable=False)  # for looking at only: nothing goes on from it

    def save_state(self, state: "RoundState") -> None:
        """Keep the global model of the round and, last, the state to go on from."""
        from fedviz.runs.states import dump_state

        write_atomic(self._round(state.round), save(_plain(state.arrays)), durable=False)  # the state below holds the same weights
        write_atomic(self.path / "state.safetensors", dump_state(state))

    def load_state(self) -> "RoundState | None":
        """The state to go on from, or None where the run has none yet."""
        from fedviz.runs.states import parse_state

        file = self.path / "state.safetensors"
        if not file.exists():
            return None
        try:
            with safe_open(file, "np") as opened:
                meta, arrays = opened.metadata(), {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 - no mapping
            return parse_state(json.loads(meta["state"]), arrays)
        except (OSError, SafetensorError, KeyError, ValueError, TypeError):
            raise RunError(f"The checkpoint of the run {self.path.parent.name} is damaged: {file.name} cannot be read.") from None

    def end_with(self, state: "RoundState") -> None:
        """Let the run end with an earlier round than its newest: the state becomes that one's, and models of later rounds are dropped."""
        self.save_state(state)
        for pattern in (_ROUND, _CLIENT):
            for match in self._matches(pattern):
                if int(match[1]) > state.round:
                    (self.path / match[0]).unlink(missing_ok=True)

    def prune(self, keep_every: int, newest: int) -> None:
        """Drop models of rounds that are neither a multiple of `keep_every` nor the newest."""
        for pattern in (_ROUND, _CLIENT):
            for match in self._matches(pattern):
                if int(match[1]) % keep_every and int(match[1]) != newest:
                    (self.path / match[0]).unlink(missing_ok=True)

    def _matches(self, pattern: re.Pattern[str]) -> list[re.Match[str]]:
        names = [file.name for file in self.path.iterdir()] if self.path.is_dir() else []
        return [match for name in names if (match := pattern.fullmatch(name))]

    def _round(self, number: int) -> Path:
        return self.path / f"round-{number:04d}.safetensors"

    def _client(self, number: int, client: int) -> Path:
        return self.path / f"round-{number:04d}-client-{client:02d}.safetensors"

    def _read(self, file: Path) -> dict[str, NDArray[Any]]:
        try:
            return load_file(file)
        except (OSError, SafetensorError, ValueError):
            raise RunError(f"The checkpoint {file.name} of the run {self.path.parent.name} is damaged.") from None


def keep_every(rounds: int, clients: int, weights: int, client_models: bool) -> int:
    """Every how many rounds models are kept so that a run stays below the budget; `weights` are float32."""
    models = 1 + (clients if client_models else 0)
    return max(1, -(-rounds * models * weights * 4 // BUDGET_BYTES))


def _plain(arrays: Arrays) -> dict[str, NDArray[Any]]:
    return {name: np.ascontiguousarray(values) for name, values in arrays.items()}
