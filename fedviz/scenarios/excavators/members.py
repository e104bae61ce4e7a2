"""Which part belongs to which system where the register does not say: by the words of its name, by the pairs that it ends, by what texts say it is part of. No label is read."""

from collections import Counter
from collections.abc import Iterable, Mapping

LEAST, SHARE = 3, 0.6
""""Grease" takes the system on which all names of the register agree that begin with it. A single word takes the system of the pairs that it ends ("tooth": "bucket tooth") where so many texts name these and so large a share of them agrees."""
_PASSES = 3


def members(register: Mapping[str, int], pairs: Mapping[str, tuple[str, str]], named: Mapping[str, int], part_of: Iterable[tuple[str, str, int]]) -> dict[str, tuple[int, str]]:
    """Id of a part -> (number of its system, why). `register`: ids that it names; `pairs`: id -> ids of its two words; `named`: how many texts name an id; `part_of`: (part, whole, texts).

    Why is "register", "begins", "first word", "last word", "pairs" or "part of", in the order of trust.
    """
    found = {part: (system, "register") for part, system in register.items()}
    begins: dict[str, set[int]] = {}
    for part, system in register.items():
        if part in pairs:
            begins.setdefault(pairs[part][0], set()).add(system)
    found |= {word: (min(systems), "begins") for word, systems in begins.items() if word and word not in found and len(systems) == 1}
    wholes = list(part_of)
    for _ in range(_PASSES):
        for why, place in (("first word", 0), ("last word", 1)):
            for pair, words in pairs.items():
                if pair not in found and words[place] in found:
                    found[pair] = found[words[place]][0], why
        ends: dict[str, Counter[int]] = {}
        for pair, (_first, last) in pairs.items():
            if last and last not in found and pair in found and found[pair][1] != "last word":
                ends.setdefault(last, Counter())[found[pair][0]] += named.get(pair, 0)
        told: dict[str, Counter[int]] = {}
        for part, whole, texts in wholes:
            if part not in found and whole in found:
                told.setdefault(part, Counter())[found[whole][0]] += texts
        for why, votes in (("pairs", ends), ("part of", told)):
            for part, counts in votes.items():
                [(system, most)] = counts.most_common(1)
                if part not in found and most >= LEAST and most >= SHARE * sum(counts.values()):
                    found[part] = system, why
    return found
