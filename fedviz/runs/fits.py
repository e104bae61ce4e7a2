"""Whether a run fits into this machine's memory, and what to lower where it does not."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from fedviz.core.config import RunConfig
from fedviz.core.errors import FedvizError, RunError
from fedviz.runs.estimate import memory
from fedviz.runs.sizes import encoder, sizes

MODES = ("head", "lora", "full")
"""What may be trained, from the least memory to the most."""
_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
_GB = 1e9


def machine_bytes() -> int:
    """Memory that this process may use at most: the machine's, or less where a container limits it."""
    found = psutil.virtual_memory().total
    for place in _LIMITS:
        try:
            found = min(found, int(Path(place).read_text()))
        except (OSError, ValueError):  # no such limit, or the word "max"
            continue
    return found


def by_mode(config: RunConfig) -> dict[str, int]:
    """Bytes that a run of this configuration needs at its peak, by what is trained; raises what `sizes` and `encoder` do."""
    found = sizes(config)
    return {mode: memory(config.updated({"model.tuning": mode}), found) for mode in MODES}


def refuse_too_large(config: RunConfig) -> None:
    """`RunError` where the run needs more memory than there is, with what to lower. What cannot be counted, since its texts are not here, is let through.

    Also raises what a model says that is none, so that this is told before anything starts.
    """
    depth = encoder(config).layers
    if config.model.tuning == "lora" and config.model.lora_layers > depth:  # type: ignore[attr-defined]
        raise RunError(f"`model.lora_layers` must be at most the model's {depth} layers, but got lora_layers={config.model.lora_layers}.")  # type: ignore[attr-defined]
    try:
        found = sizes(config)
    except FedvizError:
        return
    there, needed = machine_bytes(), memory(config, found)
    if needed <= there:
        return
    for key, value in _smaller(config):
        if memory(config.updated({key: value}), found) <= there:
            raise RunError(f"A run must fit into this machine's memory of {there / _GB:.1f} GB, but this one needs {needed / _GB:.1f} GB; set `{key}={value}`.")
    raise RunError(f"A run must fit into this machine's memory of {there / _GB:.1f} GB, but this one needs {needed / _GB:.1f} GB; choose a smaller model.")


def _smaller(config: RunConfig) -> Iterator[tuple[str, Any]]:
    """Changes that need less memory, the gentlest first."""
    for size in (16, 8, 4):
        if size < config.federation.batch_size:
            yield "federation.batch_size", size
    for tokens in (128, 64, 32):
        if tokens < config.model.max_tokens:  # type: ignore[attr-defined]
            yield "model.max_tokens", tokens
    if config.model.cache and config.model.tuning != "full":  # type: ignore[attr-defined]
        yield "model.cache", "false"
    for mode in reversed(MODES[: MODES.index(config.model.tuning)]):  # type: ignore[attr-defined]
        yield "model.tuning", mode
