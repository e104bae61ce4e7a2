"""Reading ISIC Rev. 4 (JSON): the tree of activities, and the things that its titles name.

A title such as "Retail sale of clothing, footwear and leather articles in specialized stores" names an activity and the things that it is about. A merchant's
description names the things alone, so each becomes an entity below every activity whose title names it.
"""

import json
import re
from pathlib import Path
from typing import Any

_ASIDE = re.compile(r"\([^()]*\)|\bn\.e\.c\.?|\b(?:except|excluding|other than|without|on a fee or contract basis|incidental to)\b[^;]*", re.IGNORECASE)
_CUT = re.compile(r"[,;]|\b(?:and|or|of|for|in|by|via|through|from|with|related to|to|the)\b", re.IGNORECASE)
_EMPTY = frozenset(
    """activities activity service services other articles products goods equipment materials manufacture production sale retail wholesale trade repair maintenance growing raising renting leasing
    construction operation specialized non-specialized stores stalls markets similar related new used support auxiliary general special purpose parts accessories combined use households
    household own such installation collection provision processing preparation building making trading works work kinds types a an their personal private public basic various
    agents companies agencies facilities systems system structures management organization organizations undifferentiated second-hand miscellaneous""".split()  # noqa: SIM905
)
_MOST_WORDS = 4


def read(path: Path) -> dict[str, Any]:
    """The tree as plain data: `entities`: [id, name, synonyms, kind], `is_a`: [below, above]."""
    entities: dict[str, list[Any]] = {}
    above: dict[tuple[str, str], None] = {}

    def add(code: str, item: dict[str, Any], kind: str, parent: str) -> str:
        key = f"isic:{code.upper()}"
        entities[key] = [key, item["description"], [], kind]
        if parent:
            above[key, parent] = None
        return key

    for section in json.loads(path.read_bytes())["sections"]:
        top = add(section["section"], section, "section", "")
        for division in section["divisions"]:
            second = add(division["division"], division, "division", top)
            for group in division["groups"]:
                third = add(group["group"], group, "group", second)
                for item in group["classes"]:
                    add(item["class"], item, "class", third)
    places = _places(list(entities.values()), dict(list(above)))
    for thing, activities in places.items():
        entities[f"thing:{thing}"] = [f"thing:{thing}", thing.capitalize(), _numbers(thing), "thing"]
        above.update({(f"thing:{thing}", activity): None for activity in activities})
    return {"entities": list(entities.values()), "is_a": [list(pair) for pair in above]}


def _places(activities: list[list[Any]], parents: dict[str, str]) -> dict[str, list[str]]:
    """The activities below which each thing is put.

    Only the narrowest that name it; and who sells or serves before who makes: not agriculture, mining and manufacturing (A, B, C) where another section names it too, and retail sale, repair and
    renting alone where one of these does. What many activities share would otherwise say nothing about any.
    """
    names = {name.lower() for _key, name, *_rest in activities}
    titles = {key: name for key, name, *_rest in activities}
    found: dict[str, list[str]] = {}
    for key, name, _others, kind in activities:
        for thing in things(name) if kind != "section" else ():
            if thing not in names:
                found.setdefault(thing, []).append(key)
    for thing, keys in found.items():
        wider = {up for key in keys for up in _up(key, parents)}
        own = [key for key in keys if key not in wider]
        serving = [key for key in own if [key, *_up(key, parents)][-1] not in ("isic:A", "isic:B", "isic:C")]
        found[thing] = [key for key in serving if titles[key].startswith(("Retail", "Repair", "Renting"))] or serving or own
    return found


def _up(key: str, parents: dict[str, str]) -> list[str]:
    """What lies above an activity, nearest first."""
    found = []
    while key := parents.get(key, ""):
        found.append(key)
    return found


def things(title: str) -> list[str]:
    """The things that the title of an activity names, in lower case and without words that any activity could have: "clothing", "footwear", "leather"."""
    found = []
    for piece in _CUT.split(_ASIDE.sub(" ", title)):
        words = re.findall(r"[a-z][a-z'-]*", piece.lower())
        while words and words[0] in _EMPTY:
            words = words[1:]
        while words and words[-1] in _EMPTY:
            words = words[:-1]
        if 0 < len(words) <= _MOST_WORDS and (len(words) > 1 or len(words[0]) > 3):
            found.append(" ".join(words))
    return list(dict.fromkeys(found))


def _numbers(term: str) -> list[str]:
    """The term in the other number."""
    head, _space, last = term.rpartition(" ")
    if last.endswith("ies"):
        other = last[:-3] + "y"
    elif last.endswith(("sses", "xes", "ches", "shes")):
        other = last[:-2]
    elif last.endswith("s") and not last.endswith(("ss", "us", "is", "ics")):
        other = last[:-1]
    elif last.endswith("y") and last[-2:-1] not in "aeiou":
        other = last[:-1] + "ies"
    elif last.endswith(("ss", "x", "ch", "sh")):
        other = last + "es"
    else:
        other = last + "s"
    return [f"{head} {other}".strip()]
