"""Quantities and dates by pattern, normalised: units by pint to SI base symbols or to a household unit, dates to ISO 8601."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from fedviz.kg.construct.records import Found

_NUMBER = r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|[-+]?\d+(?:\.\d+)?"
# words of a text -> (unit for pint, unit that the value is given in)
_UNITS: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("kg", "kilogram", "kilograms"), ("kilogram", "kg")), **dict.fromkeys(("g", "gram", "grams"), ("gram", "kg")),
    **dict.fromkeys(("mg", "milligram", "milligrams"), ("milligram", "kg")), **dict.fromkeys(("lb", "lbs", "pound", "pounds"), ("pound", "kg")),
    **dict.fromkeys(("t", "ton", "tons", "tonne", "tonnes"), ("metric_ton", "kg")),
    **dict.fromkeys(("km", "kilometre", "kilometres", "kilometers"), ("kilometer", "m")), **dict.fromkeys(("m", "metre", "metres", "meter", "meters"), ("meter", "m")),
    **dict.fromkeys(("cm", "centimetre", "centimetres", "centimeters"), ("centimeter", "m")), **dict.fromkeys(("mm", "millimetre", "millimetres", "millimeters"), ("millimeter", "m")),
    **dict.fromkeys(("in", "inch", "inches"), ("inch", "m")), **dict.fromkeys(("ft", "foot", "feet"), ("foot", "m")),
    **dict.fromkeys(("l", "litre", "litres", "liter", "liters"), ("liter", "l")), **dict.fromkeys(("ml", "millilitre", "millilitres", "milliliters"), ("milliliter", "l")),
    **dict.fromkeys(("s", "sec", "second", "seconds"), ("second", "s")), **dict.fromkeys(("min", "minute", "minutes"), ("minute", "s")),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), ("hour", "h")), **dict.fromkeys(("day", "days"), ("day", "day")),
    **dict.fromkeys(("week", "weeks"), ("week", "day")), **dict.fromkeys(("month", "months"), ("month", "month")),
    **dict.fromkeys(("year", "years", "yr", "yrs"), ("year", "year")),
    **dict.fromkeys(("bar",), ("bar", "Pa")), **dict.fromkeys(("psi",), ("psi", "Pa")), **dict.fromkeys(("kpa", "kilopascal"), ("kilopascal", "Pa")),
    **dict.fromkeys(("mmhg",), ("mmHg", "Pa")), **dict.fromkeys(("kw", "kilowatt", "kilowatts"), ("kilowatt", "W")), **dict.fromkeys(("hp", "horsepower"), ("horsepower", "W")),
    **dict.fromkeys(("rpm",), ("rpm", "rpm")), **dict.fromkeys(("v", "volt", "volts"), ("volt", "V")), **dict.fromkeys(("%", "percent", "per cent"), ("percent", "%")),
    **dict.fromkeys(("°c", "degrees celsius", "℃"), ("degC", "degC")), **dict.fromkeys(("°f", "degrees fahrenheit"), ("degF", "degC")),
    **dict.fromkeys(("公斤", "千克"), ("kilogram", "kg")), **dict.fromkeys(("克",), ("gram", "kg")), **dict.fromkeys(("厘米",), ("centimeter", "m")),
    **dict.fromkeys(("毫米",), ("millimeter", "m")), **dict.fromkeys(("米",), ("meter", "m")), **dict.fromkeys(("岁", "年"), ("year", "year")), **dict.fromkeys(("天",), ("day", "day")),
}  # fmt: skip
_MONEY = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "CNY", "usd": "USD", "eur": "EUR", "euro": "EUR", "euros": "EUR", "dollars": "USD", "元": "CNY"}
_SCALE = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "万": 1e4, "亿": 1e8}
_MONTHS = "january february march april may june july august september october november december".split()  # noqa: SIM905
_UNIT = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
_SCALES = "|".join(_SCALE)
_QUANTITY = re.compile(rf"(?<![\w.,-])({_NUMBER})[\s-]?({_UNIT})(?![^\W\d_]|\d)(?:-old|\s+old)?|(?<![\w.,-])({_NUMBER})\s?(%|公斤|千克|克|厘米|毫米|米|岁|天)", re.IGNORECASE)
_PRICE = re.compile(rf"([$€£¥])\s?({_NUMBER})(?:\s?({_SCALES}))?|({_NUMBER})\s?({_SCALES})?\s?(usd|eur|euros?|dollars|元)(?!\w)", re.IGNORECASE)
_MONTH = "|".join(name for full in _MONTHS for name in (full, full[:3]))
_DATE = re.compile(
    rf"\b(\d{{4}})-(\d{{1,2}})-(\d{{1,2}})\b|\b({_MONTH})\.?\s+(\d{{1,2}}),?\s+(\d{{4}})\b|\b(\d{{1,2}})\s+({_MONTH})\.?\s+(\d{{4}})\b|(\d{{4}})年(\d{{1,2}})月(\d{{1,2}})日", re.IGNORECASE
)


def quantities(text: str) -> Iterator[Found]:
    """Numbers with a unit and sums of money: `value` is "NUMBER UNIT" in the unit that its kind is kept in."""
    for found in _QUANTITY.finditer(text):
        number, unit = (found[1], found[2]) if found[1] else (found[3], found[4])
        if unit in ("in", "s", "a") and found.end() < len(text) and text[found.end()].isspace() and "-" not in found.group():
            continue  # "3 in the morning"
        yield Found(found.start(), found.end(), found.group(), "", 1.0, "quantity", normalised(number, unit))
    for found in _PRICE.finditer(text):
        number, scale, currency = (found[2], found[3], found[1]) if found[1] else (found[4], found[5], found[6])
        amount = _number(number) * _SCALE.get((scale or "").lower(), 1.0)
        yield Found(found.start(), found.end(), found.group(), "", 1.0, "quantity", f"{amount:g} {_MONEY[currency.lower()]}" if amount < 1e6 else f"{amount:.0f} {_MONEY[currency.lower()]}")


def dates(text: str) -> Iterator[Found]:
    """Days of the calendar; `value` is ISO 8601. What is no day (31 February) is left alone."""
    for found in _DATE.finditer(text):
        groups = [group for group in found.groups() if group]
        if found[4]:
            month, day, year = _month(groups[0]), groups[1], groups[2]
        elif found[7]:
            day, month, year = groups[0], _month(groups[1]), groups[2]
        else:
            year, month, day = groups
        value = _iso(int(year), int(month), int(day))
        if value:
            yield Found(found.start(), found.end(), found.group(), "", 1.0, "date", value)


def normalised(number: str, unit: str) -> str:
    """A number and a unit of a text as "NUMBER UNIT": "999", "g" gives "0.999 kg"."""
    given, kept = _UNITS[unit.lower()]
    amount = _number(number)
    if given == kept or kept == "%":
        return f"{amount:g} {kept}"
    return f"{_registry().Quantity(amount, given).to(kept).magnitude:.6g} {kept}"


def _number(text: str) -> float:
    return float(text.replace(",", ""))


def _month(name: str) -> str:
    return str(next(number for number, month in enumerate(_MONTHS, 1) if month.startswith(name.lower()[:3])))


def _iso(year: int, month: int, day: int) -> str:
    import datetime

    try:
        return datetime.date(year, month, day).isoformat()
    except ValueError:
        return ""


@lru_cache(maxsize=1)
def _registry() -> Any:
    import pint

    return pint.UnitRegistry(cache_folder=None)
