"""Which trained weights of a run are meant: the federation's after a round, or one client's own."""

from dataclasses import dataclass
from typing import Any, Literal

from numpy.typing import NDArray

from fedviz.core.errors import RunError
from fedviz.runs.folder import RunFolder

Kind = Literal["global", "sent", "personal"]
_REMEMBERED = ("personal/", "home/")
"""Prefixes under which clients remember a model of their own (Ditto), or the parts of the model that stay with them (local parts)."""


@dataclass(frozen=True, eq=False)
class Version:
    """Trained weights by name. `kind`: the federation's global model, what `client` sent in the round, or its personalised model after it."""

    round: int
    client: int | None
    kind: Kind
    arrays: dict[str, NDArray[Any]]


def version(folder: RunFolder, number: int | None = None, client: int | None = None, personal: bool = True) -> Version:
    """The weights after round `number` (None: the newest): the global ones, or with `client` that client's.

    A client's are its personalised ones where it remembers such and `personal` is true, which is so after the newest round alone, else what it sent in that round.
    `RunError` where they are not kept.
    """
    rounds = folder.checkpoints()
    if not rounds:
        raise RunError(f"The run {folder.id} has no checkpoint yet; wait for its first round.")
    number = rounds[-1] if number is None else number
    if client is None:
        return Version(number, None, "global", folder.load_checkpoint(number).arrays)
    if personal and (own := _remembered(folder, number, client)) is not None:
        return Version(number, client, "personal", own)
    kept = folder.client_arrays(number, client)
    if kept is None:
        known = ", ".join(map(str, folder.client_models(number))) or "none"
        raise RunError(f"The model that client {client} sent in round {number} of the run {folder.id} is not kept; kept: {known}.")
    return Version(number, client, "sent", kept)


def export_name(run_id: str, number: int, client: int | None, adapter: bool = False, onnx: bool = False) -> str:
    """What the folder of an export is called where nobody says it."""
    parts = ["fedviz", run_id, f"round-{number}", *([f"client-{client}"] if client is not None else []), *["adapter"] * adapter, *["onnx"] * onnx]
    return "-".join(parts)


def _remembered(folder: RunFolder, number: int, client: int) -> dict[str, NDArray[Any]] | None:
    """The client's personalised weights in the run's state; None where it is of another round or remembers none."""
    from fedviz.federation.client_app import memory_of
    from fedviz.federation.messages import within
    from fedviz.runs.checkpoint import Checkpoints

    if number not in folder.checkpoints():
        return None
    state = Checkpoints(folder.checkpoints_path).load_state()
    if state is None or state.round != number or not 0 <= client < len(state.clients):
        return None
    memory = memory_of(state.clients[client])
    own = {name: values for prefix in _REMEMBERED for name, values in within(memory, prefix).items()}
    return {**state.arrays, **own} if own else None
