"""Reading the excavators' maintenance work orders and the vocabulary that experts made of their words (NIST Nestor).

Of the orders' columns only those are read that a planner or the ledger filled in: `MajorSystem`, `Part`, `Action` and `FM` were coded from the short
text by keyword rules (Hodkiewicz and Ho 2016), so that a model of them would learn the rules.
"""

import csv
from pathlib import Path
from typing import Any

_KINDS = {"I": "part", "P": "problem", "S": "action", "U": "word"}
"""Nestor's item, problem, solution and undecided; "X" marks what is none of these."""


def read_orders(path: Path) -> dict[str, Any]:
    """The orders as plain data: `orders`: [machine, date (ISO 8601), short text, functional location in capitals, booked cost in Australian dollars], by date, then in the file's order.

    One row of the file is broken in two by a quotation mark and is left out, and so are rows without text.
    """
    orders = []
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["Asset"] not in "ABCDE" or not row["PMType"].startswith("PM"):
                continue
            text = _words(row["OriginalShorttext"])
            if text:
                orders.append([row["Asset"], row["BscStartDate"], text, _words(row["FuncLocation"]).upper(), float(row["Cost"])])
    if not orders:
        raise ValueError(f"no order in {path.name}")
    return {"orders": sorted(orders, key=lambda order: order[1])}


def read_vocabulary(path: Path) -> dict[str, Any]:
    """The vocabulary as plain data, from the file of single words and its neighbour of pairs.

    `words`: [word as written, name, kind], `pairs`: [two names, name of the pair] where experts took the pair for one thing. Kinds: part, problem, action, word (not decided).
    """
    words = [[row["tokens"], row["alias"].replace("_", " "), _KINDS[row["NE"]]] for row in _rows(path) if row["NE"] in _KINDS and row["alias"]]
    pairs = []
    for row in _rows(path.with_name(path.name.replace("1g", "2g"))):
        parts = [part.replace("_", " ") for part in row["tokens"].split()]
        if row["NE"] == "I" and row["alias"] and len(parts) == 2:  # a pair of two kinds is a sentence of two words: "broken line"
            pairs.append([*parts, row["alias"].replace("_", " ")])
    if not words or not pairs:
        raise ValueError(f"no word in {path.name}")
    return {"words": words, "pairs": pairs}


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _words(text: str) -> str:
    """One space between words; the file's backslashes stand for quotation marks."""
    plain = " ".join(text.replace('\\"', '"').replace("\\", '"').split())
    return plain[:-1] if plain.endswith('"') and plain.count('"') % 2 else plain
