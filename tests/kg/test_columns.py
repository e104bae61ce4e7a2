"""Attributes from tables: quantities in one unit, dates as ISO 8601, cells that are neither told with their line; any bytes end in rows or in a sentence."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedviz.core.errors import InputError
from fedviz.kg.construct.units import day, quantity
from fedviz.kg.store.terms import XSD, entity, literal, value
from tests.kg.reading import read

TABLE = b"""pump;weight [g];built;maker;power;note
P1;12,500;2021-05-03;Acme;5 kW;new
P2;heavy;31/02/2021;Acme;12;n/a
;3;;;;
P3;;3 May 2020;Globex;2e3 W;old, red
"""


def said(found):
    return {(value_of(row.subject), value_of(row.predicate)): row.object for row in found}


def value_of(term):
    return term.rstrip(">").rpartition(":")[2]


def test_a_table_of_things_becomes_attributes_in_one_unit():
    found, intake = read("columns", TABLE, attributes="weight [g]; built:date; maker:entity; power:quantity kW; note:text", dates="day-first")
    rows = said(found)
    assert rows["P1", "weight"] == literal("12.5 kg") and rows["P1", "power"] == literal("5000 W")
    assert rows["P2", "power"] == literal("12000 W") and rows["P3", "power"] == literal("2000 W")
    assert rows["P3", "built"] == literal("2020-05-03", datatype=f"{XSD}date") and rows["P1", "maker"] == entity("Acme")
    assert rows["P3", "note"] == literal("old, red")
    assert [(entry.line, entry.reason) for entry in intake.examples] == [
        (3, "column weight [g]: 'heavy' is no number with a unit"), (3, "column built: '31/02/2021' is no day of the calendar"), (4, "the cell of the thing is empty"),
    ]  # fmt: skip
    assert intake.skipped == 3 and intake.left == {"empty cells": 2}


def test_without_a_word_cells_are_what_they_look_like():
    rows = said(read("columns", TABLE)[0])
    assert rows["P1", "weight"] == literal("12.5 kg") and rows["P1", "built"] == literal("2021-05-03", datatype=f"{XSD}date")
    assert rows["P2", "power"] == literal("12", datatype=f"{XSD}integer") and rows["P2", "built"] == literal("31/02/2021")
    assert rows["P1", "maker"] == literal("Acme")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"entity": "valve"}, "no column 'valve'"), ({"attributes": "weight [g]:mass"}, "must be a column and one of"), ({"attributes": "power:quantity parsecks"}, "no unit of measure"),
        ({"attributes": "power:quantity __import__('os')"}, "no unit of measure"), ({"attributes": "built:date g"}, "only a quantity has a unit"), ({"entity": "=P1"}, "not a constant"), ({"attributes": "=x"}, "not a constant"),
    ],
)  # fmt: skip
def test_a_mapping_that_does_not_fit_is_one_sentence(options, words):
    with pytest.raises(InputError, match=words):
        read("columns", TABLE, **options)


@pytest.mark.parametrize(("cell", "unit", "kept"), [("12", "g", "0.012 kg"), ("1,200 psi", "", "8.27371e+06 Pa"), ("7 bars", "", "700000 Pa"), ("5-10 mm", "", "0.005-0.01 m"), ("3 N*m", "", "3 kg*m**2/s**2"), ("20 °C", "", "20 degC")])
def test_units_are_those_of_pint(cell, unit, kept):
    assert quantity(cell, unit) == kept


@pytest.mark.parametrize(("cell", "order", "iso"), [("03/04/2021", "day-first", "2021-04-03"), ("03/04/2021", "month-first", "2021-03-04"), ("2021/4/3", "day-first", "2021-04-03"), ("3 May 2021", "year-first", "2021-05-03"), ("2021年5月3日", "year-first", "2021-05-03")])
def test_dates_are_iso(cell, order, iso):
    assert day(cell, order) == iso


@pytest.mark.parametrize("cell", ["03/04/2021", "2021-02-30", "soon", "2021", "1/1/1"])
def test_what_is_no_day_is_refused(cell):
    with pytest.raises(InputError, match="is no"):
        day(cell, "year-first")


@given(st.text(max_size=20), st.text(max_size=12))
@settings(max_examples=80, deadline=None)
def test_any_cell_is_a_quantity_or_a_sentence(cell, unit):
    try:
        assert quantity(cell, unit)
    except InputError as error:
        assert str(error)


@given(st.floats(1e-6, 1e9).map(lambda number: f"{number:.4g}"))
@settings(max_examples=25, deadline=None)
def test_a_thousand_grams_are_a_kilogram(number):
    grams = float(value(read("columns", f"a,w [g]\nx,{number}\n".encode())[0][-1].object).split()[0])
    kilos = float(value(read("columns", f"a,w [kg]\nx,{number}\n".encode())[0][-1].object).split()[0])
    assert grams == pytest.approx(kilos / 1000, rel=1e-4)
