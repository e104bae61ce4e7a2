"""What speaks for and against two things being the same: letters, words, meaning, opposites, neighbours, and how far the next best is.

String similarity is RapidFuzz's (MIT); the others are a product of unit rows each.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from fedviz.kg.fuse import block
from fedviz.kg.graph import Entity, KnowledgeGraph
from fedviz.kg.surface import fold
from fedviz.kg.vectors import Embed

if TYPE_CHECKING:
    from scipy import sparse

MOST_NAMES = 12
"""Names of one thing that are compared; the preferred one comes first."""
MOST_NEIGHBOURS = 12
_CHUNK = 50_000
_NUMBER = re.compile(r"\d+|\b(?:i{1,3}|iv|vi{0,3}|ix|x)\b")
_DIGIT = re.compile(r"\d")
_OPPOSITES = (
    ("left", "right"), ("hyper", "hypo"), ("increased", "decreased"), ("increased", "reduced"), ("high", "low"), ("elevated", "reduced"), ("elevated", "low"),
    ("upper", "lower"), ("proximal", "distal"), ("anterior", "posterior"), ("bilateral", "unilateral"), ("maternal", "paternal"), ("male", "female"),
    ("large", "small"), ("long", "short"), ("macro", "micro"), ("tall", "short"), ("early", "late"), ("wide", "narrow"), ("thick", "thin"),
    ("acute", "chronic"), ("internal", "external"), ("medial", "lateral"), ("tachy", "brady"), ("congenital", "acquired"), ("systolic", "diastolic"),
    ("fast", "slow"), ("inlet", "outlet"), ("open", "closed"), ("input", "output"), ("front", "rear"), ("north", "south"), ("east", "west"),
)  # fmt: skip
_BEGINNINGS = frozenset({"hyper", "hypo", "macro", "micro", "tachy", "brady"})
_NEGATIONS = frozenset({"no", "not", "non", "lack", "lacking", "without", "absence", "absent", "never", "incomplete", "partial", "normal"})
_SMALL = frozenset({"of", "the", "a", "an", "in", "on", "at", "and", "or", "to", "with", "for", "by"})


@dataclass(frozen=True)
class Side:
    """The things of one side: keys, their names in normal form (row -> name, `owner`: the thing of each row), neighbours (leading with `<` or `>` by direction)."""

    keys: tuple[str, ...]
    names: tuple[str, ...]
    owner: NDArray[np.int64]
    shown: tuple[tuple[str, ...], ...]
    neighbours: tuple[tuple[str, ...], ...]

    def rows(self) -> list[NDArray[np.int64]]:
        """The rows of names of each thing."""
        starts = np.searchsorted(self.owner, np.arange(len(self.keys) + 1))
        return [np.arange(starts[thing], starts[thing + 1]) for thing in range(len(self.keys))]


@dataclass(frozen=True)
class Names:
    """Both sides with their rows of letters and, where a language model is there, of meaning."""

    left: Side
    right: Side
    letters: "tuple[sparse.csr_matrix, sparse.csr_matrix]"
    meanings: tuple[NDArray[np.float32], NDArray[np.float32]] | None


def side(graph: KnowledgeGraph, keys: Sequence[str] | None = None) -> Side:
    """The things of a graph (None: all) that have a name of letters or digits, by key."""
    held, names, owner, shown, neighbours = [], [], [], [], []
    for key in sorted(graph.entities if keys is None else keys):
        item = graph.entities[key]
        forms = {form: name for name in reversed((_name(item), *item.synonyms)) if (form := block.normal(name))}
        kept = list(reversed(forms.items()))[:MOST_NAMES]
        if not kept:
            continue
        owner += [len(held)] * len(kept)
        held.append(key)
        names += [form for form, _name in kept]
        shown.append(tuple(name for _form, name in kept))
        around = (*(f">{triple.tail}" for triple in graph.outgoing(key)), *(f"<{triple.head}" for triple in graph.incoming(key)))
        neighbours.append(around[:MOST_NEIGHBOURS])
    return Side(tuple(held), tuple(names), np.array(owner, dtype=np.int64), tuple(shown), tuple(neighbours))


def _name(item: Entity) -> str:
    """The name of a thing; where its source gives it none, the last part of its key if that is made of words, since keys with numbers look alike and tell nothing."""
    if ":" not in item.id or not item.id.replace("_", " ").endswith(item.name):
        return item.name
    local = re.split(r"[/#:]", item.id)[-1]
    return "" if _DIGIT.search(local) else local.replace("_", " ")


def prepare(left: Side, right: Side, embed: Embed | None) -> Names:
    """Rows of all names; `embed` None: without meaning."""
    meanings = None
    if embed is not None:
        left_rows, right_rows = (np.asarray(embed([folded(name) for some in one.shown for name in some]), dtype=np.float32) for one in (left, right))
        meanings = (left_rows, right_rows)
    return Names(left, right, block.letter_rows(left.names, right.names), meanings)


def folded(name: str) -> str:
    """A name as a language model gets it: with its punctuation, in lower case, single spaces (as `kg.vectors` keeps it)."""
    return " ".join(fold(name).split())


def pairs(names: Names, count: int) -> NDArray[np.int64]:
    """Candidates as (thing of `right`, thing of `left`) [pairs, 2], each once, without things paired with themselves."""
    found = [block.nearest_letters(*names.letters, count)]
    if names.meanings is not None:
        found.append(block.nearest_meanings(*names.meanings, count))
    asked = names.right.owner[np.concatenate([part[0] for part in found])]
    given = names.left.owner[np.concatenate([part[1] for part in found])]
    every = np.unique(np.stack([asked, given], axis=1), axis=0)
    own = np.array([names.right.keys[right] != names.left.keys[left] for right, left in every], dtype=bool)
    return every[own] if len(every) else every


def name_features(names: Names, chosen: NDArray[np.int64]) -> tuple[dict[str, NDArray[np.float64]], NDArray[np.int64]]:
    """For each pair of things the best of all pairs of their names: `letters`, `words`, `meaning` in [0, 1]; of the pair that fits best `differences`; `others`: the mean over all names; and the best pair's rows."""
    right_rows, left_rows = names.right.rows(), names.left.rows()
    sizes = np.array([len(right_rows[right]) * len(left_rows[left]) for right, left in chosen], dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(sizes)])[:-1]
    asked = np.concatenate([np.repeat(right_rows[right], len(left_rows[left])) for right, left in chosen]) if len(chosen) else np.zeros(0, np.int64)
    given = np.concatenate([np.tile(left_rows[left], len(right_rows[right])) for right, left in chosen]) if len(chosen) else np.zeros(0, np.int64)
    some = [_some(names, asked[start : start + _CHUNK], given[start : start + _CHUNK]) for start in range(0, len(asked), _CHUNK)]
    kinds = ("letters", "words", "meaning")
    single = {kind: np.concatenate([part[kind] for part in some]) if some else np.zeros(0) for kind in kinds}
    if not len(chosen):
        return {**single, **dict.fromkeys(("number", "opposite", "narrower", "others"), np.zeros(0))}, np.zeros((0, 2), np.int64)
    whole = sum(single[kind] for kind in kinds)
    best = np.array([start + int(np.argmax(whole[start : start + size])) for start, size in zip(starts, sizes, strict=True)], dtype=np.int64)
    out = {kind: np.maximum.reduceat(single[kind], starts) for kind in kinds}
    told = np.array([differences(names.right.names[a], names.left.names[b]) for a, b in zip(asked[best], given[best], strict=True)])
    out |= {"number": told[:, 0], "opposite": told[:, 1], "narrower": told[:, 2], "others": np.add.reduceat(whole, starts) / sizes / len(kinds)}
    return out, np.stack([asked[best], given[best]], axis=1)


def margins(scores: NDArray[np.float64], group: NDArray[np.int64]) -> NDArray[np.float64]:
    """How much better each pair is than the best other one of its group (below 0: how much worse); the score itself where it is alone."""
    order = np.lexsort((-scores, group))
    first = np.full(int(group.max(initial=-1)) + 1, -1)
    second = first.copy()
    for index in order:
        if first[group[index]] < 0:
            first[group[index]] = index
        elif second[group[index]] < 0:
            second[group[index]] = index
    padded = np.append(scores, 0.0)
    best, next_best = padded[first[group]], padded[second[group]]
    return np.where(first[group] == np.arange(len(scores)), scores - next_best, scores - best)


def agreement(names: Names, chosen: NDArray[np.int64], scores: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(agreement, known): how well the neighbours of two things fit each other by the scores so far, in [0, 1], and whether both have any that could.

    For each neighbour of the side that has fewer, the best score with a neighbour in the same direction on the other; their mean. Equal keys fit entirely.
    """
    known: dict[tuple[str, str], float] = {}
    for (right, left), score in zip(chosen, scores, strict=True):
        known[(names.right.keys[right], names.left.keys[left])] = float(score)
    value, has = np.zeros(len(chosen)), np.zeros(len(chosen))
    for place, (right, left) in enumerate(chosen):
        ours, theirs = names.right.neighbours[right], names.left.neighbours[left]
        if ours and theirs:
            value[place] = _fit(ours, theirs, known)
            has[place] = 1.0
    return value, has


def differences(one: str, other: str) -> tuple[float, float, float]:
    """(number, opposite, narrower) of two normal names.

    number: 1 where both name numbers (also Roman ones) and not the same, 0.5 where one alone does; opposite: 1 where they say opposites ("left" and "right", "hyper..." and "hypo...") or
    one alone negates; narrower: 1 where the words of one are those of the other and more, so that it may be a special case.
    """
    numbers, others = set(_NUMBER.findall(one)), set(_NUMBER.findall(other))
    number = 0.0 if numbers == others else 1.0 if numbers and others else 0.5
    first, second = set(one.split()), set(other.split())
    against = bool(first & _NEGATIONS) != bool(second & _NEGATIONS) or any(
        (_says(first, a) and _says(second, b) and not _says(second, a)) or (_says(first, b) and _says(second, a) and not _says(second, b)) for a, b in _OPPOSITES
    )
    return number, float(against), float((first - _SMALL) < (second - _SMALL) or (second - _SMALL) < (first - _SMALL))


def _says(words: set[str], part: str) -> bool:
    return part in words or (part in _BEGINNINGS and any(word.startswith(part) for word in words))


def _fit(ours: Sequence[str], theirs: Sequence[str], known: Mapping[tuple[str, str], float]) -> float:
    table = [[(1.0 if a[1:] == b[1:] else known.get((a[1:], b[1:]), 0.0)) if a[0] == b[0] else 0.0 for b in theirs] for a in ours]
    rows = [max(row) for row in table]
    if len(ours) <= len(theirs):
        return sum(rows) / len(rows)
    return sum(max(row[column] for row in table) for column in range(len(theirs))) / len(theirs)


def _some(names: Names, asked: NDArray[np.int64], given: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
    first, second = [names.right.names[row] for row in asked], [names.left.names[row] for row in given]
    words = process.cpdist(first, second, scorer=fuzz.token_sort_ratio, dtype=np.float32).astype(np.float64) / 100
    letters = np.asarray(names.letters[1][asked].multiply(names.letters[0][given]).sum(axis=1)).ravel()
    meaning = np.zeros(len(asked))
    if names.meanings is not None:
        meaning = np.einsum("ij,ij->i", names.meanings[1][asked], names.meanings[0][given]).astype(np.float64)
    return {"letters": letters, "words": words, "meaning": np.clip(meaning, 0, 1)}
