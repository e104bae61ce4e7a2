"""The unpacked carriers on disk: which are there, whole, and where their files are."""

import hashlib
import json
from pathlib import Path

from fedviz.carriers.home import data_home
from fedviz.carriers.records import BENCH_CARRIERS, CARRIERS, Carrier
from fedviz.core.errors import CarrierError, UnknownNameError

MANIFEST = "manifest.json"
WAY_OUT = "run `python -m fedviz fetch`"


def carrier(key: str) -> Carrier:
    """The record of that key; `UnknownNameError` lists the known keys."""
    known = CARRIERS | BENCH_CARRIERS
    if key not in known:
        raise UnknownNameError("carrier", key, known)
    return known[key]


def folder(key: str) -> Path:
    """The folder of a carrier's files, by key and version, whether it is there or not."""
    return data_home() / "carriers" / f"{key}-{carrier(key).version}"


def is_present(key: str, thorough: bool = False) -> bool:
    """Whether every file of a carrier is there with the size that it was unpacked with; `thorough` compares SHA-256 too."""
    place = folder(key)
    try:
        manifest = json.loads((place / MANIFEST).read_text(encoding="utf-8"))
        for name, _ in carrier(key).files:
            size, digest = manifest[name]
            if (place / name).stat().st_size != size or (thorough and file_digest(place / name) != digest):
                return False
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return True


def carrier_path(key: str, file: str = "") -> Path:
    """Where a carrier's file lies, or its folder for "". `CarrierError` says what to run where it is not there."""
    place = folder(key)
    if file and file not in dict(carrier(key).files):
        raise UnknownNameError(f"file of carrier {key}", file, dict(carrier(key).files))
    if not is_present(key):
        if carrier(key).optional:
            raise CarrierError(f"{carrier(key).title} is not in the data folder; run `python -m fedviz fetch {key}`.")
        raise CarrierError(f"{carrier(key).title} is not in the data folder; {WAY_OUT}.")
    return place / file


def write_manifest(place: Path) -> None:
    """Note size and SHA-256 of every file that lies in `place`."""
    manifest = {path.name: [path.stat().st_size, file_digest(path)] for path in sorted(place.iterdir()) if path.name != MANIFEST}
    (place / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")


def file_digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
