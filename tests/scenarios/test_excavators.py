"""The work orders: read, cut by time, sorted by place, and the graph that is grown from training texts alone."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedviz.carriers import excavators
from fedviz.carriers.store import is_present
from fedviz.core.registry import SCENARIOS
from fedviz.kg.graph import IS_A
from fedviz.kg.link import Linker
from fedviz.scenarios.excavators.graph import class_entities, excavator_graph, with_register
from fedviz.scenarios.excavators.grow import extracted, grown
from fedviz.scenarios.excavators.members import members
from fedviz.scenarios.excavators.orders import MACHINES, orders
from fedviz.scenarios.excavators.register import names_of, parts_of_register
from fedviz.scenarios.excavators.systems import KEYS, SYSTEMS, system_of
from fedviz.scenarios.excavators.vocabulary import vocabulary
from fedviz.scenarios.manufacturing_cost import cost_class

HEADER = ["BscStartDate", "Asset", "OriginalShorttext", "PMType", "Cost", "MajorSystem", "FuncLocation"]
needs_carriers = pytest.mark.skipif(not (is_present("excavators") and is_present("excavator-words")), reason="the carriers are not in the data folder; run `python -m fedviz fetch`")


def on_disk(path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADER, *rows])
    return path


def test_orders_are_read_by_date_without_broken_rows(tmp_path):
    rows = [
        ["2005-01-02", "B", "replace  tooth", "PM01", "12.5", "Engine", "Bucket  Teeth"],
        ["2004-01-02", "A", 'blown \\o\\" ring"', "PM01", "0", "NA", "ENGINE"],
        ["2003-12-31", "B", "won", "t swing", "PM01", "180", "NA"],
        ["2004-01-03", "A", " ", "PM01", "1", "NA", "ENGINE"],
    ]
    assert excavators.read_orders(on_disk(tmp_path / "x.csv", rows))["orders"] == [
        ["A", "2004-01-02", 'blown "o" ring', "ENGINE", 0.0],
        ["B", "2005-01-02", "replace tooth", "BUCKET TEETH", 12.5],
    ]
    with pytest.raises(ValueError, match="no order"):
        excavators.read_orders(on_disk(tmp_path / "empty.csv", []))


def test_a_place_belongs_to_the_system_that_its_name_says():
    said = {name: system_of(name) for name in ("BUCKET CLAM (LIP)", "CYLINDER BUCKET - LEFT", "AIR CONDITIONING SYSTEM REAR / LEFT ENG", "SLEW HYDRAULIC MOTOR - LEFT", "MACHINE", "O&K RH120C", "A PLACE OF NO NAME")}
    assert [KEYS[system] if system is not None else None for system in said.values()] == ["bucket", "boom", "air-conditioning", "slew", None, None, None]
    assert len(SYSTEMS) == len(KEYS) == 12


def test_the_register_names_parts_and_drops_what_is_undecided():
    assert names_of("CYLINDER BOOM - RIGHT", {}) == ["boom cylinder"]
    assert names_of("BUCKET CLAM (LIP)", {}) == ["bucket clam", "lip"]
    assert names_of("OIL - ENGINE - LEFT", {}) == []
    assert parts_of_register(["SLEW MOTOR - LEFT", "SLEW MOTOR - RIGHT", "MACHINE"], {}) == {"slew motor": KEYS.index("slew")}


def test_a_part_takes_its_system_from_its_names_and_from_what_it_is_part_of():
    pairs = {"bucket tooth": ("bucket", "tooth"), "lost tooth": ("", "tooth"), "steel line": ("", "line")}
    found = members({"bucket": 0, "deck": 1}, pairs, {"bucket tooth": 5}, [("handrail", "deck", 4), ("sign", "deck", 1), ("sign", "unknown", 9)])
    assert found == {"bucket": (0, "register"), "deck": (1, "register"), "bucket tooth": (0, "first word"), "tooth": (0, "pairs"), "lost tooth": (0, "last word"), "handrail": (1, "part of")}


@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 3)), st.dictionaries(st.sampled_from("uvwxyz"), st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef"))))
def test_what_the_register_says_is_never_overruled(register, pairs):
    found = members(register, pairs, dict.fromkeys(pairs, 9), [])
    assert {part: found[part][0] for part in register} == register
    assert {system for system, _why in found.values()} <= set(register.values())


@needs_carriers
def test_no_test_order_is_older_than_a_training_order_of_its_machine():
    every = orders()
    for machine in MACHINES:
        train, test = ([order.date for order in every if order.machine == machine and order.test is part] for part in (False, True))
        assert train and test and max(train) < min(test)
        assert 0.15 < len(test) / (len(train) + len(test)) < 0.3


@needs_carriers
def test_a_cost_of_nothing_has_no_class():
    order = orders()[0]
    assert [cost_class(order._replace(cost=cost)) for cost in (0.0, 0.01, 499.99, 500.0, 2000.0)] == [None, 0, 0, 1, 2]


@pytest.fixture(scope="module")
def without_c():
    return excavator_graph("C")


@needs_carriers
@pytest.mark.slow
@pytest.mark.parametrize("name", ["manufacturing-orders", "manufacturing-cost"])
def test_every_class_and_machine_is_in_both_parts(name):
    entry = SCENARIOS.get(name)
    data = entry.load(entry.options(), 0)
    for part in (data.train, data.test):
        assert set(part.labels.tolist()) == set(range(len(data.classes))) and set(part.parties.tolist()) == set(range(5))
    few = entry.load(entry.options(labels_per_class=4), 3)
    assert len(few.train) == 4 * len(data.classes) and few.test.texts == data.test.texts
    assert len(Linker(data.graph).link("Repl bkt teeth, l/h a/c")) == 3


@needs_carriers
@pytest.mark.slow
def test_edges_to_systems_come_from_names_and_training_texts_alone(without_c):
    """The edges looked at: every is_a of a part and a system, the only ones that lead to a class."""
    every = orders()
    leading = [triple for triple in excavator_graph().triples if triple.tail in class_entities()]
    assert leading and all(triple.relation == IS_A for triple in leading)
    # other labels: places of all test orders changed, nothing in the graph may change
    swapped = tuple(order._replace(location="BUCKET" if order.test else order.location, text="grease line on seat" if order.test else order.text) for order in every)
    assert graph_of(swapped, "").digest == excavator_graph().digest
    # which training order was booked to which place of its machine makes no edge either: the register is a set of names
    again = {machine: [order.location for order in every if order.machine == machine and not order.test] for machine in MACHINES}
    turned = tuple(order if order.test else order._replace(location=again[order.machine].pop()) for order in every)
    assert turned != every and graph_of(turned, "").digest == excavator_graph().digest
    # a machine that is left out leaves nothing of its orders behind
    gone = tuple(order._replace(location="SEAT ASSEMBLY", text="tooth on seat") if order.machine == "C" else order for order in every)
    assert graph_of(gone, "C").digest == without_c.digest


def graph_of(every, without):
    from fedviz.scenarios.excavators.graph import _graph

    return _graph(every, without)


@needs_carriers
@pytest.mark.slow
def test_growth_is_extracted_once_and_names_its_orders(tmp_path, monkeypatch):
    some = [order for order in orders() if order.machine == "E" and not order.test][:150]
    base, _register = with_register(vocabulary(), some)
    monkeypatch.setattr("fedviz.scenarios.excavators.grow.data_home", lambda: tmp_path)
    found = grown(base, some)
    assert found == extracted(base, some) and all(one.orders >= 2 and one.machines == ("E",) and one.method for one in found)
    monkeypatch.setattr("fedviz.scenarios.excavators.grow.extracted", lambda *_: pytest.fail("extracted twice"))
    assert grown(base, some) == found
