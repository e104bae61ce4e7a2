"""From the cells of files to texts with labels, clients and dates, and a guess at which column is what."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import islice
from pathlib import PurePosixPath
from typing import Any

from fedviz.core import text as core_text
from fedviz.core.errors import InputError
from fedviz.core.i18n import N_
from fedviz.scenarios.texts.records import MAX_CLASSES, MAX_CLIENTS, MAX_NAME, MAX_ROWS, Intake, Row, TextsOptions
from fedviz.scenarios.texts.tables import Cells, File, rows

_NAMES: dict[str, tuple[str, ...]] = {
    "text": ("text", "texts", "sentence", "content", "message", "description", "review", "note", "body", "document", "comment", "title", "文本", "内容", "描述"),
    "label": ("label", "labels", "class", "category", "target", "intent", "department", "system", "topic", "sentiment", "标签", "类别", "分类"),
    "client": ("client", "party", "hospital", "site", "branch", "company", "machine", "organisation", "organization", "source", "客户端", "参与方", "医院", "机构"),
    "date": ("date", "time", "timestamp", "datetime", "created", "created_at", "day", "when", "日期", "时间"),
}
_OTHER_DATE = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})\Z|(\d{1,2})\.(\d{1,2})\.(\d{4})\Z")


def read(files: Sequence[File], options: TextsOptions, intake: Intake) -> Iterator[Row]:
    """The rows of all files in their order. `InputError` where a file cannot be read, lacks a column, or where there are too many rows, classes or clients."""
    classes: set[str] = set()
    clients: set[str] = set()
    count = 0
    for file in files:
        seen: dict[str, None] = {}
        for line, cells in rows(file, options, intake):
            seen.update(dict.fromkeys(cells) if not cells.keys() <= seen.keys() else {})
            if (row := _row(line, cells, file, options, intake)) is None:
                continue
            count += 1
            classes.add(row.label)
            clients.add(row.client)
            _caps(count, len(classes), len(clients), options)
            yield row
        for column in (options.text, options.label, options.client, options.date):
            if column and seen and column not in seen:
                raise InputError(f"The file {file.name[:80]!r} has no column {column[:80]!r}; it has: {', '.join(repr(name[:40]) for name in list(seen)[:20])}.")


def _caps(count: int, classes: int, clients: int, options: TextsOptions) -> None:
    if count > MAX_ROWS:
        raise InputError(f"`rows <= {MAX_ROWS}` must hold, but the files hold more; bring a part of them.")
    if classes > MAX_CLASSES:
        raise InputError(f"`classes <= {MAX_CLASSES}` must hold, but the column {options.label[:80]!r} holds more different values; is it the label?")
    if clients > MAX_CLIENTS:
        raise InputError(f"`clients <= {MAX_CLIENTS}` must hold, but the column {options.client[:80]!r} holds more different values; is it the client?")


def _row(line: int, cells: Cells, file: File, options: TextsOptions, intake: Intake) -> Row | None:
    try:
        text = _text(cells.get(options.text))
        label = _name(cells.get(options.label), N_("label"))
        client = _name(str(PurePosixPath(file.name).with_suffix("")), "client") if options.client_is_file else _name(cells.get(options.client), "client") if options.client else ""
        when = _date(cells.get(options.date)) if options.date else ""
    except InputError as error:
        intake.skip(line, str(error))
        return None
    return Row(text, label, client, when)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise InputError("The text is missing." if value is None else f"The text must be words, but got {_shown(value)!r}.")
    # nearly every text is clean as it is; looking at each character in Python would take ten times as long
    short = 0 < len(value) <= core_text.MAX_CHARACTERS and value.strip() == value
    if short and value.replace("\n", "").replace("\t", "").isprintable() and unicodedata.is_normalized("NFC", value):
        return value
    return core_text.clean(value)


def _name(value: Any, what: str) -> str:
    """A label or the name of a client: one line."""
    if value is None or isinstance(value, (list, dict, bytes)) or value == "":
        raise InputError(f"The {what} is missing." if value is None or value == "" else f"The {what} must be a word or a number, but got {_shown(value)!r}.")
    said = str(value).lower() if isinstance(value, bool) else str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    return _one_line(said, what)


@lru_cache(maxsize=4096)
def _one_line(said: str, what: str) -> str:
    """Few names stand in very many rows: each is cleaned once."""
    name = " ".join(core_text.clean(said, core_text.MAX_CHARACTERS, what).split())
    if len(name) > MAX_NAME:
        raise InputError(f"A {what} must have at most {MAX_NAME} characters, but this one has {len(name)}.")
    return name


def _date(value: Any) -> str:
    """A date as ISO 8601 in UTC to the microsecond, so that their order is that of the texts."""
    found = value
    if isinstance(value, str):
        said = value.strip()
        if other := _OTHER_DATE.match(said):
            year, month, day = (other[1], other[2], other[3]) if other[1] else (other[6], other[5], other[4])
            said = f"{year}-{int(month):02}-{int(day):02}"
        try:
            found = datetime.fromisoformat(said)
        except ValueError:
            found = None
    if isinstance(found, date) and not isinstance(found, datetime):
        found = datetime(found.year, found.month, found.day)
    if not isinstance(found, datetime):
        raise InputError(f"A date must be ISO 8601, such as 2026-04-01, but got {_shown(value)!r}.")
    try:
        known = found.astimezone(UTC) if found.tzinfo else found
    except OverflowError:
        raise InputError(f"A date must be ISO 8601, such as 2026-04-01, but got {_shown(value)!r}.") from None
    return known.replace(tzinfo=None).isoformat(timespec="microseconds")


def _shown(value: Any) -> str:
    return " ".join(str(value).split())[:60]


def head(file: File, options: TextsOptions, count: int = 100) -> list[Cells]:
    """The first rows of a file, for a preview; rows that cannot be used are left out. `InputError` as when it is read, and where no row can be used."""
    told = Intake()
    found = list(islice((cells for _line, cells in rows(file, options, told)), count))
    if told.skipped and not found:
        raise told.nothing()
    return found


def columns(found: Iterable[Cells]) -> tuple[str, ...]:
    """Names of all columns that rows have, in the order in which they are met."""
    return tuple(dict.fromkeys(name for cells in found for name in cells))


def suggested(found: Sequence[Cells]) -> dict[str, str]:
    """Which column is likely the text, the label, the client (or "") and the date (or ""): by its name, else the longest words are the text and the fewest
    different values the label."""
    names = columns(found)
    chosen = {kind: next((name for known in _NAMES[kind] for name in names if name.strip().lower() == known), "") for kind in _NAMES}
    values = {name: [str(cells[name]) for cells in found if cells.get(name) is not None] for name in names}
    if not chosen["text"]:
        free = [name for name in names if name not in chosen.values()] or list(names)
        chosen["text"] = max(free, key=lambda name: sum(map(len, values[name])) / max(1, len(values[name])), default="")
    if not chosen["label"]:
        free = [name for name in names if name not in chosen.values()] or list(names)
        chosen["label"] = min(free, key=lambda name: (len(set(values[name])) < 2, len(set(values[name]))), default="")
    return chosen
