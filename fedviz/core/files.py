"""Files that are whole or not there: write beside, then rename."""

import os
import secrets
from pathlib import Path


def write_atomic(path: Path, data: bytes | str, durable: bool = True) -> None:
    """Write `data` to `path` so that a reader sees the old file or the whole new one, also after a crash.

    `durable` waits for the disk; without it a file written just before the machine itself goes down may be lost or damaged.
    Raises `OSError` where the disk refuses; the half-written neighbour is removed then.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    payload = data.encode("utf-8") if isinstance(data, str) else data
    try:
        with beside.open("wb") as file:
            file.write(payload)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
