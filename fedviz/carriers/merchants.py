"""Reading the merchant category codes (CSV): what each publisher calls a code, and the ISO's ranges of codes."""

import csv
from pathlib import Path
from typing import Any

PUBLISHERS = ("iso18245_official", "visa", "mastercard", "amex", "stripe", "alipay", "usda")
_PRIVATE = range(3000, 4000)  # names of single airlines, car rentals and hotels


def read(path: Path) -> dict[str, Any]:
    """`ranges`: [first, last, title] without reserved ones and "Other"; `names`: [description, publisher, code], in the order of the lists."""
    ranges = [[int(first), int(last), title] for first, last, title in _rows(path, 3) if not title.startswith("Reserved") and title != "Other"]
    names = []
    for publisher in PUBLISHERS:
        for code, description in _rows(path.with_name(f"{publisher}_list.csv"), 2):
            words = " ".join(description.replace("--", "-").split())
            if words and int(code) not in _PRIVATE:
                names.append([words, publisher, code])
    return {"ranges": ranges, "names": names}


def _rows(path: Path, columns: int) -> list[list[str]]:
    """The first columns of all rows below the head."""
    with path.open(encoding="utf-8", newline="") as file:
        return [row[:columns] for row in list(csv.reader(file))[1:]]
