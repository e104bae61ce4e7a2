"""The state of a run as one safetensors file: the loop's, the strategy's, the drift's and every client's memory."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from flwr.app import ArrayRecord, ConfigRecord, MetricRecord, RecordDict
from numpy.typing import NDArray
from safetensors.numpy import save

from fedviz.federation.messages import array_record, arrays_of, within
from fedviz.federation.rounds import RoundState

_FORMAT = "1"
BEST = "best/"
"""Before the names of the best round's arrays, where that is another than the newest."""


def dump_state(state: RoundState) -> bytes:
    """A state as one safetensors file, whose metadata says what the arrays are."""
    arrays, plain = _parts(state)
    if state.best is not None:
        more, plain["best"] = _parts(state.best, BEST)
        arrays |= more
    meta = {"format": _FORMAT, "state": json.dumps(plain)}
    return save({name: np.ascontiguousarray(values) for name, values in arrays.items()}, metadata=meta)


def _parts(state: RoundState, prefix: str = "") -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """The arrays of a state, under names with a prefix, and what else there is in it."""
    arrays: dict[str, NDArray[Any]] = {}
    for group in ("arrays", "strategy", "drift"):
        arrays |= {f"{prefix}{group}/{name}": values for name, values in getattr(state, group).items()}
    clients = []
    for index, records in enumerate(state.clients):
        plain: dict[str, Any] = {}
        for name, record in records.items():
            if isinstance(record, ArrayRecord):
                arrays |= {f"{prefix}client/{index}/{name}/{key}": values for key, values in arrays_of(record).items()}
                plain[name] = {"kind": "arrays", "keys": list(record)}
            else:
                plain[name] = {"kind": "metrics" if isinstance(record, MetricRecord) else "config", "values": {k: _to_json(v) for k, v in record.items()}}
        clients.append(plain)
    found: dict[str, Any] = {"round": state.round, "clients": clients}
    return arrays, found | ({"validation": list(state.validation)} if state.validation else {})


def parse_state(meta: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> RoundState:
    """The state that `dump_state` wrote."""
    best = parse_state(meta["best"], within(arrays, BEST)) if "best" in meta else None
    clients = []
    for index, plain in enumerate(meta["clients"]):
        records = RecordDict()
        for name, record in plain.items():
            if record["kind"] == "arrays":
                records[name] = array_record({key: arrays[f"client/{index}/{name}/{key}"] for key in record["keys"]})
            else:
                kind = MetricRecord if record["kind"] == "metrics" else ConfigRecord
                records[name] = kind({key: _from_json(value) for key, value in record["values"].items()})
        clients.append(records)
    return RoundState(int(meta["round"]), within(arrays, "arrays/"), within(arrays, "strategy/"), within(arrays, "drift/"), tuple(clients), tuple(meta.get("validation", ())), best)


def _to_json(value: Any) -> Any:
    return {"base64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def _from_json(value: Any) -> Any:
    return base64.b64decode(value["base64"]) if isinstance(value, dict) else value
