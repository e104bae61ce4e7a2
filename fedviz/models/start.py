"""A run that starts from a model that was exported: its trained weights in the place of untrained ones, or a refusal where it does not fit."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fedviz.carriers.home import data_home
from fedviz.core.config import RunConfig
from fedviz.core.errors import ConfigError, InputError
from fedviz.scenarios import pins

FORMAT = 1
ABOUT, WEIGHTS, ENCODER = "classifier.json", "classifier.safetensors", "model.safetensors"
"""Files of an exported model, see `fedviz.models.exchange`."""
_PINNED = re.compile(r"(.*)@([0-9a-f]{16})", re.DOTALL)

Arrays = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Asked:
    """What the run has that the model must fit: its classes, the digest of its language model's weights (0 where these lie in no folder), what of it is trained, and with what the graph enters."""

    classes: tuple[str, ...]
    base: str
    tuning: str
    knowledge: Mapping[str, Any]
    graph: str
    """The graph's digest."""


def exports_root() -> Path:
    """The folder of the data folder in which exported models are found by name."""
    return data_home() / "exports"


def place_of(start_from: str) -> Path:
    """The folder that the option names: a path, or a name in the folder `exports` of the data folder."""
    path = Path(_parts_of(start_from)[0]).expanduser()
    return path if path.is_absolute() else exports_root() / path


def pinned(config: RunConfig) -> RunConfig:
    """The configuration with the digests of the graph, the texts and the model to start from that it names, so that the run is repeated with the same ones or not at all. `ConfigError` where one is not there."""
    config = pins.pinned(config)
    wanted: str = config.model.start_from  # type: ignore[attr-defined]
    if not wanted:
        return config
    name, _digest = _parts_of(wanted)
    return config.updated({"model.start_from": f"{name}@{checked(wanted)}"})


def checked(start_from: str) -> str:
    """The digest of the exported model, sixteen hex digits over its files. `ConfigError` where there is none, or where the option names another digest."""
    place, (_name, digest) = place_of(start_from), _parts_of(start_from)
    state = hashlib.blake2b(digest_size=8)
    try:
        for name in (ABOUT, WEIGHTS, *([ENCODER] if (place / ENCODER).exists() else [])):
            with (place / name).open("rb") as file:
                state.update(f"{name}\x1f".encode())
                while piece := file.read(1 << 20):
                    state.update(piece)
    except (OSError, ValueError):
        raise ConfigError(f"`model.start_from` must name a folder that a model of fedviz was exported to, but {place.name[:80]!r} is none.") from None
    if digest not in ("", state.hexdigest()):
        raise ConfigError(f"The model {place.name!r} to start from has changed since: its digest was {digest} and is {state.hexdigest()}; choose it anew to take it as it is.")
    return state.hexdigest()


def start_arrays(start_from: str, asked: Asked, own: Arrays) -> dict[str, NDArray[np.float32]]:
    """The exported weights under the names that the run's model trains; `own`: those of its untrained model, kept for what only guides training.

    `InputError` in one sentence where classes, language model, tuning or graph differ; names and shapes are for the caller to compare.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    checked(start_from)
    place = place_of(start_from)
    try:
        about = json.loads((place / ABOUT).read_text("utf-8"))
        found = load_file(place / WEIGHTS)
        if about["format"] != FORMAT:
            raise KeyError("format")
        _check(about, asked, "graph.weight" in found or "graph.weight" in own)
        encoder = _encoder(place) if asked.tuning == "full" else {name: values for name, values in found.items() if name.startswith("encoder.")}
    except (OSError, ValueError, KeyError, TypeError, SafetensorError):
        raise InputError(f"The model {place.name!r} to start from is damaged, or was written by another version of fedviz.") from None
    rest = {name: values for name, values in found.items() if not name.startswith("encoder.") and (name in own or not name.startswith("guidance."))}
    return {**{name: values for name, values in own.items() if name.startswith("guidance.")}, **encoder, **rest}


def _check(about: Mapping[str, Any], asked: Asked, graph: bool) -> None:
    if tuple(about["classes"]) != asked.classes:
        raise InputError(f"A model to start from must have the run's {len(asked.classes)} classes in their order, but it has {len(about['classes'])} and they are others.")
    if about["base"] != asked.base:
        raise InputError(f"A model to start from must be trained on the run's language model, whose weights have the digest {asked.base}, but it was trained on {str(about['base'])[:16]}.")
    if asked.tuning not in ("full", about["tuning"]):
        raise InputError(f"`model.tuning` must be full, or {about['tuning']} as in the model to start from, but got tuning={asked.tuning}.")
    if asked.tuning == "full" and about["adapter"]:
        raise InputError("A model to start from must be a whole one where `model.tuning` is full, but this folder holds adapters alone.")
    if graph and (about["knowledge"] != asked.knowledge or about["graph"] != asked.graph):
        raise InputError("A model to start from must be trained with the run's graph and the run's section `knowledge`, since its matrix V reads that graph alone, but one of the two is another.")


def _encoder(place: Path) -> dict[str, NDArray[np.float32]]:
    """All weights of the exported encoder, as a model that trains every weight calls them."""
    from fedviz.models.folders import library_model, parts

    _family, embeddings, layers, final = parts(library_model(place))
    modules = {"encoder.embeddings": embeddings, "encoder.final": final, **{f"encoder.layers.{number}": layer for number, layer in enumerate(layers)}}
    return {f"{where}.{name}": weight.detach().numpy() for where, module in modules.items() if module is not None for name, weight in module.named_parameters()}


def _parts_of(start_from: str) -> tuple[str, str]:
    """The folder's name and the digest, which may be empty."""
    found = _PINNED.fullmatch(start_from)
    return (found[1], found[2]) if found else (start_from, "")
