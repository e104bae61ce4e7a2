"""The register of equipment: the functional locations under which machines are planned, as names of parts and the system that each belongs to.

Only names are taken, never which order was booked to which of them; and only those names that occur in training orders of the machines asked for.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from fedviz.scenarios.excavators.systems import system_of

_PIECES = re.compile(r"\s-\s|[&,/()]")
_NOTHING = frozenset(
    "left right rear front hand lh rh eng righ no1 no2 no3 no4 no5 no6 no7 no only of x main system systems assembly assemblies double low high pressure inner to access emegency master slave "  # noqa: SIM905
    "field devices other components all".split()
)


def parts_of_register(locations: Iterable[str], written: Mapping[str, str]) -> dict[str, int]:
    """Name of a part -> number of its system, for functional locations in capitals. A name that belongs to several systems goes with most of its places, and with none where two are equal."""
    votes: dict[str, Counter[int]] = {}
    for location in sorted(set(locations)):
        system = system_of(location)
        for name in names_of(location, written) if system is not None else ():
            votes.setdefault(name, Counter())[system] += 1
    found = {}
    for name, counts in sorted(votes.items()):
        (system, most), *others = counts.most_common(2)
        if not others or others[0][1] < most:
            found[name] = system
    return found


def names_of(location: str, written: Mapping[str, str]) -> list[str]:
    """What a functional location is called without sides, numbers and fillers: "CYLINDER BOOM - RIGHT" is "boom cylinder"; of a list the first, and what stands in brackets."""
    spelt = location.replace("A/C", "AC").replace("R/H", "RH").lower()
    bracket = re.findall(r"\((\w+)\)", spelt)
    names = []
    for piece in (_PIECES.split(spelt)[0], *bracket):
        words = [written.get(word, word) for word in re.findall(r"[a-z][a-z0-9]*", piece) if word not in _NOTHING]
        words = words[1:] + words[:1] if len(words) > 1 and words[0] == "cylinder" else words
        if words and words[0] != "oil" and words != ["power"]:
            names.append(" ".join(words))
    return names
