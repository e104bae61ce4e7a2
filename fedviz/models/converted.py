"""Models whose carrier stores them in a form of its own, as folders in Hugging Face's form: made once, whole or not at all."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from fedviz.carriers.home import data_home
from fedviz.carriers.store import carrier, carrier_path
from fedviz.core.errors import CarrierError

Convert = Callable[[Path, Path], None]
"""`convert(file, folder)` writes configuration, weights and tokenizer of the carrier's `file` into the empty `folder`."""


def converted_path(key: str, revision: int) -> Path:
    """Where the model of a carrier lies once it is converted, by the carrier's version and the revision of our converter."""
    return data_home() / "derived" / f"{key}-{carrier(key).version}-r{revision}"


def converted(key: str, file: str, revision: int, convert: Convert) -> Path:
    """The converted model of a carrier; made now where it is not there. Raises `CarrierError` where the carrier is not fetched, cannot be read or the disk refuses.

    Written beside and then renamed: a conversion that was killed leaves nothing that would be taken for a model, and starts again.
    """
    place = converted_path(key, revision)
    if place.is_dir():
        return place
    source = carrier_path(key, file)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(place.with_name(f"{place.name}.lock")):
            if place.is_dir():  # another process made it while this one waited
                return place
            for left in place.parent.glob(f".{place.name}.*"):
                shutil.rmtree(left, ignore_errors=True)
            with tempfile.TemporaryDirectory(prefix=f".{place.name}.", dir=place.parent, ignore_cleanup_errors=True) as beside:
                fresh = Path(beside) / "model"
                fresh.mkdir()
                convert(source, fresh)
                fresh.rename(place)
    except OSError as error:
        raise CarrierError(f"{carrier(key).title} could not be converted in the data folder {place.parent}: {error.strerror or error}.") from None
    except (KeyError, IndexError):
        raise CarrierError(f"{carrier(key).title} cannot be read; run `python -m fedviz fetch {key} --check`.") from None
    return place
