"""What is known about a graph beside its triples: sources, evidence, statuses, versions."""

from typing import Annotated, Literal

from pydantic import Field

from fedviz.core.types import Record

Status = Literal["asserted", "derived", "disputed", "rejected"]
"""`asserted`: a source says it; `derived`: a rule concluded it; `disputed`: it contradicts another and nobody has settled it yet; `rejected`: it lost, and stays with its evidence."""

ACTIVE: tuple[Status, ...] = ("asserted", "derived", "disputed")
"""What questions, exports and training see unless they ask for more."""


class Skipped(Record):
    """One thing that a reader could not use: the line (from 1; 0 where the format has none) and why."""

    line: int
    reason: str


class SourceInfo(Record):
    """Where triples came from (a prov:Activity): one import, one extraction, one set of rules, one party's release.

    `key`: its name in the graph; `reader`: what read it; `origin`: file name, address or person; `method`: how the triples were won ("file", "pattern",
    "rule", "by hand" ...); `confidence`: of each of its triples unless its evidence says otherwise, in [0, 1]; `date`: when it was added, ISO 8601;
    `sha256`: of the file as it was read; `lines`: whether the line of each triple is known; `skipped`: how many things could not be used, of which `examples` names the first;
    `left_out`: how many things were whole but not wanted, by reason.
    `counts`: triples by status; `sums`: for each status the sum of all line digests modulo 2^64, from which the graph's digest is made.
    """

    key: str
    title: str
    reader: str
    origin: str = ""
    method: str = "file"
    party: str = ""
    confidence: Annotated[float, Field(ge=0, le=1)] = 1.0
    licence: str = ""
    date: str = ""
    sha256: str = ""
    lines: bool = False
    skipped: int = 0
    examples: tuple[Skipped, ...] = ()
    left_out: dict[str, int] = Field(default_factory=dict)
    counts: dict[Status, int] = Field(default_factory=dict)
    sums: dict[Status, int] = Field(default_factory=dict)


class Evidence(Record):
    """Why a triple is believed, or was: the source that says it, by which method, from which line or sentence, how surely, for which party, when, and its status there.

    `premises`: for a derived triple, the statements (as N-Triples lines) that the rule `method` concluded it from.
    """

    source: str
    status: Status
    method: str
    confidence: float
    party: str = ""
    date: str = ""
    line: int = 0
    sentence: str = ""
    document: str = ""
    premises: tuple[str, ...] = ()


class Version(Record):
    """One state that the graph was in: `digest` is equal exactly when sources and statuses hold the same triples; `what` says what was done."""

    number: int
    digest: str
    date: str
    what: str
    triples: int


class GraphInfo(Record):
    """A graph's description, as its file `graph.json` holds it. `name` is its folder; `language` is that of the names to be preferred.

    `features`: the digest of what its entities carry beside words; empty where they carry nothing.
    """

    name: str
    title: str
    created: str
    language: str = "en"
    sources: tuple[SourceInfo, ...] = ()
    versions: tuple[Version, ...] = ()
    next_source: int = 1
    features: Annotated[str, Field(pattern=r"^([0-9a-f]{16})?$")] = ""

    @property
    def version(self) -> Version | None:
        """The newest version; None for an empty graph."""
        return self.versions[-1] if self.versions else None

    @property
    def digest(self) -> str:
        """The newest version's digest, with that of the features behind it where there are any; empty for an empty graph."""
        return self.versions[-1].digest + self.features if self.versions else ""

    @property
    def triples(self) -> int:
        """Statements of the newest version; 0 for an empty graph."""
        return self.versions[-1].triples if self.versions else 0

    @property
    def state(self) -> str:
        """Differs between any two states of any two graphs: what a handle on the store was opened for."""
        return f"{self.created}/{len(self.versions)}/{self.digest}"

    def source(self, key: str) -> SourceInfo | None:
        """The source of that key, or None."""
        return next((source for source in self.sources if source.key == key), None)


class Statistics(Record):
    """What a graph holds: active statements by status, entities, literals, and how often each relation occurs (compact name, most frequent first)."""

    triples: int
    by_status: dict[Status, int]
    entities: int
    literals: int
    relations: tuple[tuple[str, int], ...]
    types: tuple[tuple[str, int], ...]
