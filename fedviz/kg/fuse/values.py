"""What a literal means, so that 70 kg, 70.0 kg and 70000 g are one answer; and which values cannot be.

Units are a short table of what the scenarios' graphs and the large open graphs carry (SI prefixes of mass, length, volume, time, and a few of medicine and machines), as factor to a base
unit of their kind. A value with a unit that is not in it is compared as text.
"""

import math
import re
from datetime import date
from typing import NamedTuple

from fedviz.kg.store.terms import XSD, compact, datatype, is_iri, language, value
from fedviz.kg.surface import fold


class Quantity(NamedTuple):
    """A number with the kind of its unit ("mass", "" for a bare number) in base units of that kind."""

    kind: str
    amount: float


_UNITS: dict[str, tuple[str, float]] = {
    **{name: ("mass", factor) for name, factor in (("mg", 1e-6), ("g", 1e-3), ("kg", 1.0), ("t", 1e3), ("lb", 0.45359237))},
    **{name: ("length", factor) for name, factor in (("nm", 1e-9), ("um", 1e-6), ("mm", 1e-3), ("cm", 1e-2), ("m", 1.0), ("km", 1e3), ("in", 0.0254), ("ft", 0.3048), ("mi", 1609.344))},
    **{name: ("volume", factor) for name, factor in (("ul", 1e-6), ("ml", 1e-3), ("dl", 1e-1), ("l", 1.0))},
    **{name: ("time", factor) for name, factor in (("ms", 1e-3), ("s", 1.0), ("min", 60.0), ("h", 3600.0), ("d", 86400.0), ("day", 86400.0), ("days", 86400.0), ("week", 604800.0), ("weeks", 604800.0))},
    **{name: ("pressure", factor) for name, factor in (("pa", 1.0), ("kpa", 1e3), ("mpa", 1e6), ("bar", 1e5), ("mmhg", 133.322387415), ("psi", 6894.757293168))},
    **{name: ("power", factor) for name, factor in (("w", 1.0), ("kw", 1e3), ("mw", 1e6), ("hp", 745.6998715822702))},
    **{name: ("share", factor) for name, factor in (("%", 0.01), ("percent", 0.01))},
    "k": ("temperature", 1.0), "v": ("voltage", 1.0), "kv": ("voltage", 1e3), "a": ("current", 1.0), "ma": ("current", 1e-3), "hz": ("frequency", 1.0), "khz": ("frequency", 1e3),
    "rpm": ("frequency", 1 / 60),
}  # fmt: skip
_SHIFTED = {"c": 273.15, "°c": 273.15}
_QUANTITY = re.compile(r"\s*([+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?)\s*(\S*)\s*\Z")
_DATE = re.compile(r"([+-]?\d{4,})-(\d\d)-(\d\d)(?:T[\d:.]+)?(?:Z|[+-]\d\d:\d\d)?\Z")
_NUMBERS = frozenset(f"{XSD}{name}" for name in ("integer", "decimal", "double", "float", "int", "long", "short", "nonNegativeInteger", "positiveInteger", "negativeInteger", "gYear"))
_NEVER_NEGATIVE = re.compile(r"\b(?:age|height|length|width|weight|mass|size|count|number|population|duration|area|volume|distance|price|cost|employees|frequency)\b")
_SHARES = re.compile(r"\b(?:share|percentage|percent|prevalence|probability|confidence|ratio)\b")
_BORN = re.compile(r"\b(?:birth|born|founded|founding|inception|death|died)\b")
_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_OLDEST = 125


def quantity(term: str) -> Quantity | None:
    """The number that a literal gives, with or without a unit; None where it gives none that is known."""
    found = _QUANTITY.match(value(term)) if not is_iri(term) else None
    if found is None:
        return None
    number, unit = float(found[1].replace(",", ".")), found[2].lower().replace("\u00b5", "u").replace("\u03bc", "u")
    if not unit:
        return Quantity("", number)
    if unit in _SHIFTED:
        return Quantity("temperature", number + _SHIFTED[unit])
    if unit in _UNITS:
        kind, factor = _UNITS[unit]
        return Quantity(kind, number * factor)
    return None


def meaning(term: str) -> str:
    """A text that is equal for terms that say the same: numbers by amount and kind, dates by day, other literals by their folded words and language, IRIs by themselves."""
    if is_iri(term):
        return term
    if found := _DATE.match(value(term)):
        return f"{found[1]}-{found[2]}-{found[3]}"
    measured = quantity(term)
    if measured is not None and math.isfinite(measured.amount):
        return f"{measured.amount:.6g} {measured.kind}".rstrip()
    return f"{' '.join(fold(value(term)).split())} {language(term)}".rstrip()


def impossible(predicate: str, term: str, today: date | None = None) -> str:
    """Why a value cannot be, in one sentence; empty where nothing speaks against it."""
    if is_iri(term):
        return ""
    kind, text, relation = datatype(term), value(term).strip(), words(predicate)
    found, measured = _DATE.match(text), quantity(term)
    amount = measured.amount if measured is not None else 0.0
    unit = measured.kind if measured is not None else ""
    top = 1.0 if unit == "share" else 100.0
    reason = ""
    if kind in _NUMBERS and not _is_number(text):
        reason = f"A value of the type {compact(kind)} must be a number, but this one is {text[:60]!r}."
    elif kind in (f"{XSD}date", f"{XSD}dateTime") and not _is_day(found):
        reason = f"A date must exist, but this one does not: {text[:60]!r}."
    elif found and _BORN.search(relation) and _is_day(found) and int(found[1]) > (today or date.today()).year:
        reason = f"What has happened cannot lie in the future, but this does: {text[:60]!r}."
    elif unit == "temperature" and amount < 0:
        reason = f"Nothing is colder than absolute zero, but this value is {text[:60]!r}."
    elif amount < 0 and _NEVER_NEGATIVE.search(relation):
        reason = f"A value of {relation!r} cannot be negative, but this one is {text[:60]!r}."
    elif _SHARES.search(relation) and not 0 <= amount <= top:
        reason = f"A share lies between 0 and 1, or 0 and 100 %, but this value of {relation!r} is {text[:60]!r}."
    elif relation == "age" and not unit and amount > _OLDEST:
        reason = f"An age in years is at most {_OLDEST}, but this one is {text[:60]!r}."
    return reason


def words(predicate: str) -> str:
    """The name of a relation as lower-case words: `birthDate` and `birth_date` are "birth date"."""
    local = compact(predicate).rstrip("#/:").rpartition("#")[2].rpartition("/")[2].rpartition(":")[2]
    return " ".join(_WORDS.findall(local)).lower() or local.lower()


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_day(found: re.Match[str] | None) -> bool:
    if found is None:
        return False
    year, month, day = (int(part) for part in found.groups())
    try:
        date(year if 1 <= year <= 9999 else 2000, month, day)
    except ValueError:
        return False
    return True
