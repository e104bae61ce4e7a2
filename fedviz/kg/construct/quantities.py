"""Quantities and dates by pattern, normalised: units by pint to SI base symbols or to a household unit, dates to ISO 8601."""

import math
import re
import tokenize
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from fedviz.core.errors import InputError
from fedviz.kg.construct.records import Found

_PLAIN = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
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
    **dict.fromkeys(("hz", "hertz"), ("hertz", "Hz")), **dict.fromkeys(("degree", "degrees"), ("deg", "deg")), **dict.fromkeys(("sd", "standard deviation", "standard deviations"), ("SD", "SD")),
    **dict.fromkeys(("公斤", "千克"), ("kilogram", "kg")), **dict.fromkeys(("克",), ("gram", "kg")), **dict.fromkeys(("毫克",), ("milligram", "kg")), **dict.fromkeys(("毫升",), ("milliliter", "l")),
    **dict.fromkeys(("小时",), ("hour", "h")), **dict.fromkeys(("分钟",), ("minute", "s")), **dict.fromkeys(("周",), ("week", "day")), **dict.fromkeys(("个月",), ("month", "month")), **dict.fromkeys(("厘米",), ("centimeter", "m")),
    **dict.fromkeys(("毫米",), ("millimeter", "m")), **dict.fromkeys(("米",), ("meter", "m")), **dict.fromkeys(("岁", "年"), ("year", "year")), **dict.fromkeys(("天",), ("day", "day")),
}  # fmt: skip
_KEPT = ("kg", "m", "l", "s", "Pa", "W", "V", "Hz")
_MONEY = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "CNY", "usd": "USD", "eur": "EUR", "euro": "EUR", "euros": "EUR", "dollars": "USD", "元": "CNY"}
_SCALE = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "万": 1e4, "亿": 1e8}
_MONTHS = "january february march april may june july august september october november december".split()  # noqa: SIM905
_UNIT = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
_SCALES = "|".join(_SCALE)
_BETWEEN = r"\s?(?:-|–|~|～|至)\s?|\s(?:to|and)\s"
_QUANTITY = re.compile(
    rf"(?<![\w.,-])(?P<low>{_NUMBER})(?:(?P<sign>{_BETWEEN})(?P<high>{_PLAIN}))?[\s-]?(?:(?:completed|full|or\smore|or\sless)\s)?(?P<unit>{_UNIT})(?![^\W\d_]|\d)(?:-old|\s+old)?"
    rf"|(?<![\w.,-])(?P<from>{_PLAIN})(?:\s?(?:-|–|~|～|至)\s?(?P<to>{_PLAIN}))?\s?(?P<chinese>%|公斤|千克|毫克|克|厘米|毫米|毫升|米|岁|天|小时|分钟|周|个月)",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"\b(?P<unit>days|weeks|months|years)\s(?P<low>\d+)(?:-|–|\sto\s)(?P<high>\d+)\b", re.IGNORECASE)
_STAGE = re.compile(r"\b(stage|grade)\s((?:[A-Z]?\d{1,2}[A-Za-z]?)|[IVX]{1,4})(?![\w-])", re.IGNORECASE)
_PRICE = re.compile(rf"([$€£¥])\s?({_NUMBER})(?:\s?({_SCALES}))?|({_NUMBER})\s?({_SCALES})?\s?(usd|eur|euros?|dollars|元)(?!\w)", re.IGNORECASE)
_MONTH = "|".join(name for full in _MONTHS for name in (full, full[:3]))
_DATE = re.compile(
    rf"\b(\d{{4}})-(\d{{1,2}})-(\d{{1,2}})\b|\b({_MONTH})\.?\s+(\d{{1,2}}),?\s+(\d{{4}})\b|\b(\d{{1,2}})\s+({_MONTH})\.?\s+(\d{{4}})\b|(\d{{4}})年(\d{{1,2}})月(\d{{1,2}})日", re.IGNORECASE
)


def quantities(text: str) -> Iterator[Found]:
    """Numbers and ranges with a unit, sums of money, stages and grades: `value` is "NUMBER UNIT" or "LOW-HIGH UNIT" in the unit that its kind is kept in, or "stage 4". "Less than" and the like are not kept."""
    waiting: Found | None = None
    for found in _measured(text):
        if waiting is not None and text[waiting.end : found.start].lower() == " to " and (both := _joined(waiting.value, found.value)):
            waiting = Found(waiting.start, found.end, text[waiting.start : found.end], "", 1.0, "quantity", both)
            continue
        if waiting is not None:
            yield waiting
        waiting = found
    if waiting is not None:
        yield waiting
    for found in _STAGE.finditer(text):
        yield Found(found.start(), found.end(), found.group(), "", 1.0, "quantity", f"{found[1].lower()} {found[2].upper()}")
    for found in _PRICE.finditer(text):
        number, scale, currency = (found[2], found[3], found[1]) if found[1] else (found[4], found[5], found[6])
        amount = _number(number) * _SCALE.get((scale or "").lower(), 1.0)
        yield Found(found.start(), found.end(), found.group(), "", 1.0, "quantity", f"{amount:g} {_MONEY[currency.lower()]}" if amount < 1e6 else f"{amount:.0f} {_MONEY[currency.lower()]}")


def _measured(text: str) -> Iterator[Found]:
    """Numbers and ranges with a unit, by place."""
    for found in sorted((*_QUANTITY.finditer(text), *_COUNTED.finditer(text)), key=lambda one: one.start()):
        said = found.groupdict()
        low, high, unit = said.get("from") or said["low"], said.get("to") or said["high"], said.get("chinese") or said["unit"]
        start = found.start()
        if high and (said.get("sign") or "").strip().lower() == "and" and not re.search(r"\bbetween\s$", text[:start], re.IGNORECASE):
            start, low, high = found.start("high"), high, None  # "in 2 and 5 cm": only the second has the unit
        if unit in ("in", "s", "a") and found.end() < len(text) and text[found.end()].isspace() and "-" not in found.group():
            continue  # "3 in the morning"
        value = normalised(low, unit)
        if "inf" in value or (high and "inf" in normalised(high, unit)):
            continue  # four hundred digits are no measure
        yield Found(start, found.end(), text[start : found.end()], "", 1.0, "quantity", (_joined(value, normalised(high, unit)) if high else "") or value)


def _joined(low: str, high: str) -> str:
    """Two quantities of one unit as a range; empty where they have two units, or are none."""
    (least, _space, unit), (most, _gap, other) = low.partition(" "), high.partition(" ")
    return f"{least}-{most} {unit}" if unit == other and "-" not in least.lstrip("-") + most.lstrip("-") else ""


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
    return f"{_written(_registry().Quantity(amount, given).to(kept).magnitude)} {kept}"


def is_known_unit(unit: str) -> bool:
    """Whether a word is a unit that texts are searched for."""
    return unit.lower() in _UNITS


def in_kept_unit(number: str, unit: str) -> str:
    """A number and any unit that pint knows as "NUMBER UNIT" in the unit that its dimension is kept in, else in SI base units. `InputError` where it knows none of that name."""
    import pint

    try:
        found = _registry().Quantity(_number(number), unit)
        kept = next((one for one in _KEPT if found.check(_registry().Unit(one).dimensionality)), "")
        found = found.to(kept) if kept else found.to_base_units()
        if not math.isfinite(found.magnitude):
            raise InputError(f"{number[:40]} {unit[:40]} is no finite quantity")
    except (pint.PintError, ValueError, TypeError, ArithmeticError, AttributeError, SyntaxError, RecursionError, tokenize.TokenError):
        raise InputError(f"{unit[:40]!r} is no unit of measure") from None
    return f"{_written(found.magnitude)} {kept or f'{found.units:~C}'}".strip()


def _written(amount: float) -> str:
    """Six digits; small numbers without an exponent."""
    found = f"{amount:.6g}"
    return f"{float(found):.15f}".rstrip("0").rstrip(".") if "e-" in found else found


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
