"""The experts' vocabulary as entities: parts, problems and actions with every way of writing them, and pairs of words that are one part.

Sides, numbers and words of the office ("left hand", "SHD24", "warranty") are tagged as items too; they are no parts and are left out.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import product
from typing import NamedTuple

from fedviz.carriers.derived import derived_path, load_derived
from fedviz.carriers.store import carrier_path
from fedviz.kg.graph import Entity

NO_PARTS = frozenset(
    """right hand left lh rh rf shd no x1 x15 24 09 08 06 60176281 rear front lower upper outer inner center corner inside outside second vertical new text hour history area misc style cost quote capital part
    piece maintenance warranty accident machine mining spare labor operation work order unit station set rhf primary commercial scope pirtek chubb cummins terex murphy case reserve""".split()  # noqa: SIM905
)
_WHOLES = frozenset({"bucket", "boom", "slew", "engine", "cabin", "access"})
"""Words of a pair that stand in front of what they hold: a "line bucket" was tagged where a line on a bucket was meant, so pairs that end in one of these are left out."""
_ALSO = {"changeout": ("change out", "change-out", "c/o"), "oring": ("o ring", "o-ring"), "joystick": ("joy stick",), "reseal": ("re-seal", "re-sealing")}
_SAME = {"cab": "cabin", "air conditioner": "air conditioning"}
_SURFACES = 24  # at most so many ways of writing a pair


class Vocabulary(NamedTuple):
    """`entities` by id; `written`: word as written -> the name it stands for; `pairs`: id of a pair -> (id of the first word or empty, id of the last word or empty)."""

    entities: dict[str, Entity]
    written: dict[str, str]
    pairs: dict[str, tuple[str, str]]


def key(kind: str, name: str) -> str:
    """The id of a thing: "part:bucket-tooth"."""
    return f"{kind}:{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')}"


def vocabulary() -> Vocabulary:
    """The vocabulary, read once. `CarrierError` where it is not fetched."""
    carrier_path("excavator-words")
    return _vocabulary(str(derived_path("excavator-words")))


@lru_cache(maxsize=2)
def _vocabulary(path: str) -> Vocabulary:
    """`path` is the key of the cache alone."""
    data = load_derived("excavator-words")
    written = {token: _SAME.get(name, name) for token, name, _kind in data["words"]}
    kinds = {_SAME.get(name, name): kind for _token, name, kind in reversed(data["words"])}
    entities = {}
    for name, kind in sorted(kinds.items()):
        if kind != "word" and not NO_PARTS & set(name.split()):
            tokens = [token for token, other in written.items() if other == name and token != name]
            entities[key(kind, name)] = Entity(key(kind, name), name, tuple(dict.fromkeys([*tokens, *_slashed([name, *tokens]), *_ALSO.get(name, ())])), kind=kind)
    pairs: dict[str, tuple[str, str]] = {}
    for first, last, name in data["pairs"]:
        first, last = _SAME.get(first, first), _SAME.get(last, last)
        if last in _WHOLES or NO_PARTS & {*first.split(), *last.split()}:
            continue
        name = _SAME.get(name, f"{first} {last}")
        one = key("part", name)
        ways = [f"{a} {b}" for a, b in product(ways_of(first, written), ways_of(last, written))][:_SURFACES]
        known = entities[one].synonyms if one in entities else ()
        entities[one] = Entity(one, name, tuple(dict.fromkeys(way for way in (*known, *ways) if way != name)), kind="part")
        if name == f"{first} {last}":
            pairs[one] = tuple(part if (part := key("part", word)) in entities else "" for word in (first, last))  # type: ignore[assignment]
    return Vocabulary(entities, written, pairs)


def ways_of(name: str, written: dict[str, str]) -> list[str]:
    """A name and every other way in which it is written, those with a slash included."""
    ways = [name, *(token for token, other in written.items() if other == name and token != name)]
    return [*ways, *_slashed(ways)]


def _slashed(words: Iterable[str]) -> list[str]:
    """The vocabulary was made of texts without punctuation: "a/c" stands in it as "ac"."""
    return [f"{word[0]}/{word[1]}" for word in words if len(word) == 2 and word.isalpha()]
