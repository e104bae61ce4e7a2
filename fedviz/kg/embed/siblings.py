"""Missing attributes: what a thing lacks and most of its siblings have, with the value that most of them give. Proposed with how often that rule is right; never added.

Siblings are things of one kind: of one direct `is_a` parent, one `rdf:type`, or one kind. An attribute is a relation that gives nearly every thing one value at most, some of which several things share.
*Held out*: for every known value the same rule is asked without it. The control gives the commonest value of the attribute whatever the kind, counted with the value that is
asked for, so that it is rather too good; where it is as good as the rule, the kinds tell nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from fedviz.core.errors import InputError
from fedviz.core.types import Record
from fedviz.kg.store.memory import BROADER, DEFINITIONS, KIND, LABELS, SYNONYMS, TYPE
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import Statement

METHOD = "majority of siblings"
MAX_STATEMENTS = 1_000_000
FUNCTIONAL = 0.95
"""Share of the things with an attribute that must have one value of it."""
MOST = 0.5
"""Share of the siblings that must have the attribute before its absence is a gap."""
MAX_VALUES = 200
"""Different values that an attribute may have."""
FEWEST = 3
"""Siblings with the attribute that a majority is taken of, at least."""


class Gap(Record):
    """A value that a thing lacks. `siblings`: how many have the attribute; `agree`: how many of them say this value; `group`: what makes them siblings, a term; `confidence`: how often the rule is right for this attribute, held out, in [0, 1]."""

    subject: str
    predicate: str
    object: str
    group: str
    siblings: int
    agree: int
    confidence: float

    @property
    def statement(self) -> Statement:
        """What it would say."""
        return Statement(self.subject, self.predicate, self.object)

    @property
    def method(self) -> str:
        """How it was found."""
        return METHOD


class Tested(NamedTuple):
    """How often the rule is right on known values of an attribute without which it was asked, of `asked` of `known` where it says something; `control`: the same for the commonest value whatever the kind."""

    predicate: str
    known: int
    asked: int
    right: int
    control: int

    @property
    def accuracy(self) -> float:
        """In [0, 1]; 0 where nothing was asked."""
        return self.right / self.asked if self.asked else 0.0

    @property
    def control_accuracy(self) -> float:
        """In [0, 1]; 0 where nothing was asked."""
        return self.control / self.asked if self.asked else 0.0


class Gaps(NamedTuple):
    """Gaps, the surest first, and the test of each attribute."""

    gaps: tuple[Gap, ...]
    tested: tuple[Tested, ...]


def gaps(store: GraphStore, count: int = 50) -> Gaps:
    """The `count` surest missing attributes of a graph. Nothing is written; what was rejected is not proposed. `InputError` where the graph is too large or has no attributes."""
    version = store.info.version
    if version is not None and version.triples > MAX_STATEMENTS:
        raise InputError(f"Missing attributes are looked for in graphs of at most {MAX_STATEMENTS:,} statements, but this one has {version.triples:,}.")
    rows = list(store.match())
    groups = _groups(rows)
    found: list[Gap] = []
    tested: list[Tested] = []
    rejected = set(store.match(statuses=("rejected",)))
    for predicate, values in _attributes(rows):
        one = _tested(predicate, values, groups)
        if one.asked:
            tested.append(one)
            found += [gap for gap in _missing(predicate, values, groups, one.accuracy) if gap.statement not in rejected]
    if not tested:
        raise InputError("Missing attributes are proposed where things of one kind share values of an attribute, but this graph has no such attribute.")
    found.sort(key=lambda gap: (-gap.confidence, -gap.agree / gap.siblings, -gap.siblings, gap.subject, gap.predicate))
    return Gaps(tuple(found[:count]), tuple(tested))


def _groups(rows: Iterable[Statement]) -> dict[str, set[str]]:
    """The members of each kind, by its term."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row.predicate in (*BROADER, TYPE, KIND):
            found[row.object].add(row.subject)
    return found


def _attributes(rows: Iterable[Statement]) -> Iterator[tuple[str, dict[str, str]]]:
    """(relation, value by thing) of each attribute; things with several values of it are left out."""
    aside = {*LABELS, *SYNONYMS, *DEFINITIONS, *BROADER, TYPE, KIND}
    every: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in rows:
        if row.predicate not in aside:
            every[row.predicate][row.subject].add(row.object)
    for predicate in sorted(every):
        single = {subject: next(iter(values)) for subject, values in every[predicate].items() if len(values) == 1}
        shared = Counter(single.values())
        if len(single) >= FUNCTIONAL * len(every[predicate]) and 0 < len(shared) <= MAX_VALUES and max(shared.values()) > 1:
            yield predicate, single


def _counts(values: Mapping[str, str], groups: Mapping[str, set[str]]) -> dict[str, Counter[str]]:
    return {group: Counter(values[member] for member in members if member in values) for group, members in groups.items()}


def _best(counts: Iterable[tuple[str, Counter[str], int]]) -> tuple[str, str, int, int] | None:
    """(group, value, how many agree, how many have one) of the group that agrees most, of (group, values, members); None where none has enough."""
    found = []
    for group, said, members in counts:
        having = said.total()
        if having >= FEWEST and having >= MOST * members:
            value, agree = min(said.items(), key=lambda pair: (-pair[1], pair[0]))
            if 2 * agree > having:
                found.append((-agree / having, -having, group, value, agree))
    if not found:
        return None
    _share, having, group, value, agree = min(found)
    return group, value, agree, -having


def _tested(predicate: str, values: Mapping[str, str], groups: Mapping[str, set[str]]) -> Tested:
    of: dict[str, list[str]] = defaultdict(list)
    for group, members in groups.items():
        for member in members:
            of[member].append(group)
    counts = _counts(values, groups)
    commonest = min(Counter(values.values()).items(), key=lambda pair: (-pair[1], pair[0]))[0]
    asked = right = control = 0
    for subject, value in values.items():
        said = _best((group, counts[group] - Counter((value,)), len(groups[group]) - 1) for group in of[subject])
        if said is not None:
            asked, right = asked + 1, right + (said[1] == value)
            control += value == commonest
    return Tested(predicate, len(values), asked, right, control)


def _missing(predicate: str, values: Mapping[str, str], groups: Mapping[str, set[str]], accuracy: float) -> Iterator[Gap]:
    counts = _counts(values, groups)
    lacking: dict[str, list[str]] = defaultdict(list)
    for group, members in groups.items():
        if counts[group]:
            for member in members - values.keys():
                lacking[member].append(group)
    for subject, some in lacking.items():
        said = _best((group, counts[group], len(groups[group]) - 1) for group in some)
        if said is not None:
            group, value, agree, having = said
            yield Gap(subject=subject, predicate=predicate, object=value, group=group, siblings=having, agree=agree, confidence=round(accuracy, 4))
