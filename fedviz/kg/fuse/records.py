"""What fusion speaks of: proposals that two things are the same, contradictions with their claims, plans of what would change."""

from typing import Annotated, Literal

from pydantic import Field

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.core.types import Record
from fedviz.kg.store.records import Status
from fedviz.kg.store.terms import Statement

Verdict = Literal["same", "different"]
"""What somebody decided about two things."""


class ResolveOptions(Options):
    """How the same things are looked for."""

    automatic: Annotated[
        float, Field(ge=0.5, le=1, title=N_("Merge by itself from"), description=N_("Pairs whose score reaches this are merged at once, if each is the best for the other; 1 leaves every pair to a person."))
    ] = 0.96  # fmt: skip
    least: Annotated[float, Field(ge=0, le=1, title=N_("Ask from"), description=N_("Pairs below this score are not shown to anybody."))] = 0.1
    candidates: Annotated[int, Field(ge=1, le=100, title=N_("Candidates"), description=N_("How many nearest names of each kind (letters, meaning) are compared with every name."))] = 10
    meaning: Annotated[bool, Field(title=N_("Compare meanings"), description=N_("Compare names by the vectors of MiniLM too, where it is fetched. Slower, and finds names that share no letters."))] = True
    within: Annotated[bool, Field(title=N_("Also inside one source"), description=N_("Look for doubles inside each source too, not between sources alone."))] = False


class Proposal(Record):
    """Two things that may be the same. `left`, `right`: IRIs as terms; `names`: of the two, those that fit best; `score`: estimated probability, in [0, 1].

    `parts`: what each kind of evidence adds to the score, in log-odds. `mutual`: whether each is the other's best.
    """

    left: str
    right: str
    names: tuple[str, str]
    score: float
    parts: dict[str, float]
    mutual: bool


class Claim(Record):
    """One of several answers to the same question: what it says, the statements that say it by source, and those sources' trust (0 where nobody estimated it).

    `said`: (source, statement, status there) for every source that says it; one source may say it in several statements that mean the same.
    """

    value: str
    said: tuple[tuple[str, Statement, Status], ...]
    date: str = ""
    confidence: float = 1.0

    @property
    def sources(self) -> tuple[str, ...]:
        """Keys of the sources that say it, each once."""
        return tuple(dict.fromkeys(source for source, _statement, _status in self.said))


Kind = Literal["functional", "cardinality", "disjoint", "value", "unit", "cycle"]
"""What is wrong: a relation with one value has several; more values than allowed; two classes that exclude each other; a value that cannot be; units of different things; a cycle in is_a."""


class Contradiction(Record):
    """Claims that cannot all be right. `subject`, `predicate`: what they are about, as terms; `rule`: why, in one sentence; `allowed`: how many may stand."""

    kind: Kind
    subject: str
    predicate: str
    rule: str
    claims: tuple[Claim, ...]
    allowed: int = 1

    @property
    def key(self) -> str:
        """A name that stays the same as long as the same things contradict each other."""
        return f"{self.kind} {self.subject} {self.predicate}"


class Move(Record):
    """A statement of a source that gets another status."""

    source: str
    statement: Statement
    old: Status
    new: Status


class Settled(Record):
    """How one contradiction would be settled: the numbers of the claims that stand, each claim's share of belief in [0, 1], and what moves. `winners` is empty where nothing decides."""

    contradiction: Contradiction
    method: str
    winners: tuple[int, ...]
    beliefs: tuple[float, ...]
    moves: tuple[Move, ...]


class Copying(Record):
    """Two sources that agree more than honest sources would. `probability`: that one copies from the other; `shared_false`: values believed to be false that both give; `shared`: questions that both answer."""

    left: str
    right: str
    probability: float
    shared_false: int
    shared: int
