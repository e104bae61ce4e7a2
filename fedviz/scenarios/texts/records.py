"""What is known about a data set of one's own: how its files are read, which columns mean what, what came in and what did not."""

from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from fedviz.core.errors import InputError
from fedviz.core.options import Options
from fedviz.core.types import Record

MAX_BYTES = 256 << 20
"""Of all files of a data set together."""
MAX_ROWS = 200_000
MAX_CLASSES = 200
MAX_CLIENTS = 1000
MAX_FILES = 1000
MAX_NAME = 120
"""Characters of a label or of a client's name."""
_EXAMPLES = 50


class TextsOptions(Options):
    """How files are read, and which of their columns are what. A column is named as in the file's first line, or `column 2` where that has no names."""

    format: Annotated[
        Literal["ending", "csv", "jsonl", "parquet"], Field(title="Format", description="What the files are. `ending` goes by the ending of each file's name.")
    ] = "ending"
    text: Annotated[str, Field(min_length=1, max_length=200, title="Column of the text", description="What the model reads.")] = "text"
    label: Annotated[str, Field(min_length=1, max_length=200, title="Column of the label", description="What the model is to answer: the class of the text.")] = "label"
    client: Annotated[str, Field(max_length=200, title="Column of the client", description="Who holds the text; empty where the texts name nobody and a partition deals them out.")] = ""
    date: Annotated[str, Field(max_length=200, title="Column of the date", description="When the text was written (ISO 8601), so that the newest ones can be the test; empty for none.")] = ""
    client_is_file: Annotated[bool, Field(title="Each file is a client", description="Whether every file is the texts of one client, which is named as the file is.")] = False
    delimiter: Annotated[
        Literal["auto", "comma", "tab", "semicolon", "pipe"], Field(title="Separator", description="Of CSV: what stands between columns. `auto` looks at the first line.")
    ] = "auto"
    header: Annotated[bool, Field(title="First line is a header", description="Of CSV: whether the first line names the columns.")] = True
    encoding: Annotated[
        Literal["utf-8", "windows-1252", "gb18030"],
        Field(title="Encoding", description="Of CSV and JSON lines: how letters are written as bytes. UTF-16 is known by its first bytes, whatever stands here."),
    ] = "utf-8"


class Row(NamedTuple):
    """A text with its label, and its client and date (canonical ISO 8601 in UTC) where these are known, else empty."""

    text: str
    label: str
    client: str = ""
    date: str = ""


class BadRow(Record):
    """A row that could not be used: in which file, at which line (of Parquet: row, from 1), and why."""

    file: str
    line: int
    reason: str


class TextsInfo(Record):
    """A data set of one's own, as it is kept.

    `digest`: of the rows as they are kept, 16 hex digits; `origin`: the files or the address that they came from; `sha256`: of the files as they were read;
    `columns`: how they were read; `skipped`: rows that could not be used, of which `examples` names the first; `left_out`: whole files that were not
    wanted, by reason. `dated`: whether every row has a date.
    """

    name: str
    title: str
    created: str
    digest: str
    rows: int
    classes: dict[str, int]
    clients: dict[str, int] = Field(default_factory=dict)
    dated: bool = False
    first_date: str = ""
    last_date: str = ""
    origin: str = ""
    licence: str = ""
    sha256: str = ""
    columns: TextsOptions = TextsOptions()
    skipped: int = 0
    examples: tuple[BadRow, ...] = ()
    left_out: dict[str, int] = Field(default_factory=dict)

    @property
    def pinned(self) -> str:
        """Name and digest, as a run's configuration holds them."""
        return f"{self.name}@{self.digest}"


class Intake:
    """What a reader tells while it reads: the file it is in, and the rows that it could not use."""

    def __init__(self) -> None:
        self.file = ""
        self.skipped = 0
        self.examples: list[BadRow] = []
        self.left: dict[str, int] = {}

    def skip(self, line: int, reason: str, rows: int = 1) -> None:
        """Note that a row (its first line, from 1) could not be used; `rows` where several went with it."""
        self.skipped += rows
        if len(self.examples) < _EXAMPLES:
            self.examples.append(BadRow(file=self.file[:120], line=line, reason=reason[:300]))

    def leave(self, reason: str) -> None:
        """Count a whole file that was not wanted."""
        self.left[reason] = self.left.get(reason, 0) + 1

    def nothing(self) -> InputError:
        """The error for files of which no row can be used, with the first reason."""
        first = self.examples[0] if self.examples else None
        return InputError(f"No row can be used; line {first.line} of {first.file}: {first.reason.rstrip('.')}." if first else "The files hold no row.")
