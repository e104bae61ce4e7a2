"""Data sets of one's own in the data folder: made from files, listed, read again, removed.

Each is a folder with its description `texts.json` and its rows in a file whose name holds their digest. The description names the rows that belong to it and is
written last, so that a data set is there whole or not at all; rows that no description names are left-overs of a write that was killed.
"""

import hashlib
import json
import re
import shutil
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from fedviz.carriers.home import data_home
from fedviz.core.errors import ConfigError, InputError, UnknownNameError
from fedviz.core.files import write_atomic
from fedviz.core.i18n import N_
from fedviz.kg.store.folder import slug
from fedviz.scenarios.texts.records import MAX_BYTES, MAX_FILES, Intake, Row, TextsInfo, TextsOptions
from fedviz.scenarios.texts.rows import read as read_rows
from fedviz.scenarios.texts.tables import File, known_ending

_MANIFEST = "texts.json"
_ENCODE = json.JSONEncoder(ensure_ascii=False).encode
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}\Z")


def texts_root() -> Path:
    """The folder of all data sets. It need not exist yet."""
    return data_home() / "texts"


def name_of(title: str) -> str:
    """A valid name made of a title; "texts" where nothing of it can stay."""
    return slug(title) if re.search(r"[a-z0-9]", title.lower()) else "texts"


def _place(name: str) -> Path:
    if not _NAME.match(name):
        raise InputError(f"A data set's name has 1 to 40 lower-case letters, digits and hyphens, but got {name[:60]!r}.")
    return texts_root() / name


def exists(name: str) -> bool:
    """Whether there is a data set of that name; `InputError` for an impossible one."""
    return (_place(name) / _MANIFEST).exists()


def keep(
    name: str, files: Sequence[File], options: TextsOptions, *, title: str = "", licence: str = "", origin: str = "", replace: bool = False, intake: Intake | None = None
) -> TextsInfo:
    """Read the files and keep their rows under a name. `replace`: in the place of what is there; runs of the former version then refuse to go on.

    `InputError`, and nothing changes, where the name is taken or impossible, where a file cannot be read, and where less than two classes come in.
    """
    place, told = _place(name), intake or Intake()
    if exists(name) and not replace:
        raise InputError(f"There is a data set named {name!r} already; choose another name, or replace it.")
    check_size(files)
    found = list(read_rows(files, options, told))
    if not found:
        raise told.nothing()
    classes = Counter(row.label for row in found)
    if len(classes) < 2:
        raise InputError(f"`classes >= 2` must hold, but all {len(found)} texts have the label {next(iter(classes))!r}.")
    clients = Counter(row.client for row in found)
    dates = sorted(row.date for row in found if row.date)
    payload = "".join(_ENCODE(row) + "\n" for row in found).encode()
    info = TextsInfo(
        name=name, title=" ".join(title.split())[:120] or name, created=datetime.now(UTC).replace(microsecond=0).isoformat(), digest=_digest(payload), rows=len(found),
        classes=dict(sorted(classes.items())), clients={} if set(clients) == {""} else dict(sorted(clients.items())), dated=len(dates) == len(found),
        first_date=dates[0] if dates else "", last_date=dates[-1] if dates else "", origin=origin[:400] or ", ".join(file.name for file in files[:5])[:400],
        licence=" ".join(licence.split())[:200], sha256=_sha256(files), columns=options, skipped=told.skipped, examples=tuple(told.examples), left_out=dict(told.left),
    )  # fmt: skip
    former = read(name).digest if exists(name) else ""
    write_atomic(place / f"rows-{info.digest}.jsonl", payload)
    write_atomic(place / _MANIFEST, info.model_dump_json(indent=1))
    if former not in ("", info.digest):
        (place / f"rows-{former}.jsonl").unlink(missing_ok=True)
    return info


def check_size(files: Sequence[File]) -> None:
    """`InputError` where there are no files, too many, or too large ones."""
    if not 1 <= len(files) <= MAX_FILES:
        raise InputError(f"`1 <= files <= {MAX_FILES}` must hold, but got files={len(files)}.")
    size = sum(len(file.data) for file in files)
    if size > MAX_BYTES:
        raise InputError(f"`bytes <= {MAX_BYTES}` must hold for all files together, but got bytes={size}.")


def from_paths(paths: Sequence[Path], options: TextsOptions, intake: Intake) -> list[File]:
    """Files and, of folders, all files below them whose ending is known, by name; others are counted as left out. `InputError` where one is not there or too large."""
    chosen: list[tuple[str, Path]] = []
    for path in paths:
        if path.is_dir():
            below = sorted(one for one in path.rglob("*") if one.is_file() and not any(part.startswith(".") for part in one.relative_to(path).parts))
            for one in below:
                if known_ending(one.name):
                    chosen.append((one.relative_to(path).as_posix(), one))
                else:
                    intake.leave(N_("files of another format"))
        elif path.is_file():
            chosen.append((path.name, path))
        else:
            raise InputError(f"There is no file {str(path)[:200]!r}.")
    size = sum(path.stat().st_size for _name, path in chosen)  # before anything is read
    if size > MAX_BYTES:
        raise InputError(f"`bytes <= {MAX_BYTES}` must hold for all files together, but got bytes={size}.")
    try:
        return [File(name, path.read_bytes()) for name, path in chosen]
    except OSError as error:
        raise InputError(f"A file cannot be read: {error.strerror or error}.") from None


def read(name: str) -> TextsInfo:
    """A data set's description; `UnknownNameError` where there is none, `InputError` where it is damaged."""
    path = _place(name) / _MANIFEST
    try:
        return TextsInfo.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise UnknownNameError("data set", name, (info.name for info in kept())) from None
    except (ValidationError, ValueError):
        raise InputError(f"The description of the data set {name!r} is damaged ({_MANIFEST}); import its files again.") from None


def rows(info: TextsInfo) -> list[Row]:
    """The rows of a data set, in the order of its files; `InputError` where they are not those of its digest."""
    try:
        payload = (_place(info.name) / f"rows-{info.digest}.jsonl").read_bytes()
    except OSError:
        payload = b""
    if _digest(payload) != info.digest:
        raise InputError(f"The rows of the data set {info.name!r} are missing or damaged; import its files again.")
    return [Row(*json.loads(line)) for line in payload.decode().split("\n")[:-1]]


def kept() -> tuple[TextsInfo, ...]:
    """All data sets whose description can be read, by name."""
    found = []
    for path in sorted(texts_root().glob(f"*/{_MANIFEST}")):
        try:
            found.append(TextsInfo.model_validate_json(path.read_bytes()))
        except (OSError, ValidationError, ValueError):
            continue
    return tuple(found)


def remove(name: str) -> None:
    """Remove a data set, its description first; runs that used it stay, and cannot be resumed."""
    if not exists(name):
        raise UnknownNameError("data set", name, (info.name for info in kept()))
    (_place(name) / _MANIFEST).unlink()
    shutil.rmtree(_place(name), ignore_errors=True)


def chosen(wanted: str) -> TextsInfo:
    """The data set that a configuration names, as `name` or `name@digest`. `ConfigError` where none is named or where it has changed since."""
    if not wanted:
        raise ConfigError("`scenario.data` must name a data set of the data folder, but it is empty; bring texts of your own, or choose among those that are kept.")
    name, _at, digest = wanted.partition("@")
    info = read(name)
    if digest not in ("", info.digest):
        raise ConfigError(f"The data set {name!r} has changed since: its digest was {digest[:32]} and is {info.digest}; choose it anew to take it as it is.")
    return info


def _digest(payload: bytes) -> str:
    return hashlib.blake2b(payload, digest_size=8).hexdigest()


def _sha256(files: Sequence[File]) -> str:
    """Of the one file, or of the digests of several."""
    each = [hashlib.sha256(file.data).hexdigest() for file in files]
    return each[0] if len(each) == 1 else hashlib.sha256("".join(each).encode()).hexdigest()
