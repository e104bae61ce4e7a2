"""A cell or a phrase as a value: a number with its unit as pint knows it, a day of the calendar, a plain number."""

import datetime
import re
from typing import Literal

from fedviz.core.errors import InputError
from fedviz.kg.construct.quantities import dates, in_kept_unit, is_known_unit, normalised, quantities

Order = Literal["year-first", "day-first", "month-first"]
NUMBER = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d{1,18})(?:\.\d{1,18})?(?:[eE][-+]?\d{1,2})?")
_WITH_UNIT = re.compile(rf"({NUMBER.pattern})\s*([^\d\s].{{0,19}})")
_UNIT = re.compile(r"[^\W\d_]{1,20}(?:\s?[/*·^ ]\s?[^\W_]{1,10}){0,3}|[%°℃‰]|°[CF]")
_PARTS = re.compile(r"(\d{1,4})[/.\-](\d{1,2})[/.\-](\d{1,4})")


def measured(number: str, unit: str) -> str:
    """A number and a unit as "NUMBER UNIT" in the unit that its kind is kept in (others in SI base units). `InputError` for what is no number or no unit."""
    if not NUMBER.fullmatch(number):
        raise InputError(f"{number[:40]!r} is no number")
    if is_known_unit(unit):
        return normalised(number, unit)
    if not _UNIT.fullmatch(unit):
        raise InputError(f"{unit[:40]!r} is no unit of measure")
    return in_kept_unit(number, unit)


def quantity(cell: str, unit: str = "") -> str:
    """A cell as a quantity: with a unit of its own, or a bare number in `unit`. A range, as texts have them, is one quantity. `InputError` says why it is none."""
    if unit and NUMBER.fullmatch(cell):
        return measured(cell, unit)
    if found := _WITH_UNIT.fullmatch(cell):
        try:
            return measured(found[1], found[2])
        except InputError:
            if "-" not in found[2]:
                raise
    return said(cell)


def said(cell: str) -> str:
    """A cell that is a quantity as texts have them, with one of their units. `InputError` where it is none."""
    whole = next((one for one in quantities(cell) if one.start == 0 and one.end == len(cell)), None)
    if whole is None:
        raise InputError(f"{cell[:40]!r} is no number with a unit")
    return whole.value


def day(cell: str, order: Order) -> str:
    """A cell as a day in ISO 8601; `order` says what stands first where it is written in numbers and the year does not. `InputError` where it is no day."""
    if found := _PARTS.fullmatch(cell):
        first, second, third = map(int, found.groups())
        if len(found[1]) == 4:
            year, month, date = first, second, third
        elif len(found[3]) == 4 and order != "year-first":
            year, month, date = (third, second, first) if order == "day-first" else (third, first, second)
        else:
            raise InputError(f"{cell[:40]!r} is no date with the year first")
        try:
            return datetime.date(year, month, date).isoformat()
        except ValueError:
            raise InputError(f"{cell[:40]!r} is no day of the calendar") from None
    whole = next((one for one in dates(cell) if one.start == 0 and one.end == len(cell)), None)
    if whole is None:
        raise InputError(f"{cell[:40]!r} is no date")
    return whole.value
