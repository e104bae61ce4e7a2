"""The readers of the finance carriers, on small files made here, and what the real ones hold."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedviz.carriers import gaap, isic, merchants
from fedviz.carriers.derived import load_derived
from fedviz.carriers.store import is_present


@pytest.fixture
def folder(tmp_path):
    """A taxonomy of four concepts: one standard, one of a tree, and enough others to make a class."""

    def write(name, data):
        (tmp_path / name).write_text(json.dumps(data), "utf-8")

    others = {f"RoyaltyKind{number}Payable": {"standard_tags": ["TradePayables"], "section": "Current Liabilities"} for number in range(30)}
    rare = {"OddOne": {"standard_tags": ["Odd"], "section": "Equity", "industry_overrides": {"Banks": {}}}}
    write("gaap_mappings.json", {"_metadata": {"version": "1"}, "AccountsPayableCurrent": {"standard_tags": ["TradePayables"], "section": "Current Liabilities"}, **others, **rare})
    write("section_membership.json", {"_metadata": {}, "BalanceSheet": {"Current Liabilities": ["TradePayables"], "Totals": ["Assets"]}})
    write("display_names.json", {"TradePayables": "Accounts Payable", "Assets": "Total Assets"})
    tree = {"nodes": {"AccountsPayableCurrent": {"parent": "LiabilitiesCurrentAbstract"}, "LiabilitiesCurrentAbstract": {"parent": None}, "StatementTable": {"parent": None}}}
    write("virtual_trees.json", {"BalanceSheet": tree})
    write("industry-banking.json", {"metadata": {"industry_name": "Banking"}, "BalanceSheet": tree})
    return tmp_path


def test_the_tree_of_concepts_has_sections_headings_and_industries(folder):
    data = gaap.read_graph(folder / "gaap_mappings.json")
    names = {key: (name, kind) for key, name, _others, kind in data["entities"]}
    assert names["concept:TradePayables"] == ("Accounts Payable", "standard concept")
    assert names["heading:LiabilitiesCurrent"] == ("Liabilities current (heading)", "heading")
    assert not any("Table" in key for key in names)
    assert ["concept:AccountsPayableCurrent", "is_a", "concept:TradePayables"] in data["triples"]
    assert ["concept:TradePayables", "is_a", "section:current-liabilities"] in data["triples"]
    assert ["concept:AccountsPayableCurrent", "part_of", "heading:LiabilitiesCurrent"] in data["triples"]
    assert ["concept:AccountsPayableCurrent", "reported_by", "industry:Banking"] in data["triples"]


def test_line_items_are_those_that_the_tree_does_not_hold_of_classes_large_enough(folder):
    data = gaap.read_lines(folder / "gaap_mappings.json")
    assert data["sections"] == ["Current Liabilities"] and len(data["lines"]) == 30
    assert data["lines"][0] == ["Royalty kind0 payable", "Current Liabilities", "RoyaltyKind0Payable", []]


def test_a_sum_keeps_its_name_and_does_not_stand_for_every_kind(folder):
    names = {key: (name, *others) for key, name, others, _kind in gaap.read_graph(folder / "gaap_mappings.json")["entities"]}
    assert names["concept:Assets"] == ("Total Assets",)


@pytest.mark.parametrize(("concept", "words"), [("AccountsReceivableNetCurrent", "Accounts receivable net current"), ("us-gaap_AOCITax", "AOCI tax"), ("ifrs:FIFOInventory", "FIFO inventory")])
def test_a_concept_is_written_in_words(concept, words):
    assert gaap.words_of(concept) == words


@given(st.lists(st.text("abcdefgh", min_size=1, max_size=8), min_size=1, max_size=6))
def test_the_words_of_a_concept_are_all_there_in_their_order(parts):
    assert gaap.words_of("".join(part.capitalize() for part in parts)).lower().replace(" ", "") == "".join(parts)


def test_merchants_leave_out_reserved_ranges_and_private_codes(tmp_path):
    (tmp_path / "iso18245_ranges.csv").write_text("MCC START,MCC END,DESCRIPTION\n0000,0699,Reserved\n0700,0999,Agricultural services\n9403,9999,Other\n", "utf-8")
    for publisher in merchants.PUBLISHERS:
        (tmp_path / f"{publisher}_list.csv").write_text('MCC,DESCRIPTION\n0742,"Veterinary  services -- animals"\n3000,UNITED AIRLINES\n', "utf-8")
    data = merchants.read(tmp_path / "iso18245_ranges.csv")
    assert data["ranges"] == [[700, 999, "Agricultural services"]]
    assert data["names"] == [["Veterinary services - animals", publisher, "0742"] for publisher in merchants.PUBLISHERS]


@pytest.mark.parametrize(
    ("title", "things"),
    [
        ("Retail sale of clothing, footwear and leather articles in specialized stores", ["clothing", "footwear", "leather"]),
        ("Other human health activities", ["human health"]),
        ("Manufacture of steam generators, except central heating hot water boilers", ["steam generators"]),
        ("Other service activities n.e.c.", []),
    ],
)
def test_a_title_names_things(title, things):
    assert isic.things(title) == things


def test_a_thing_lies_with_who_sells_it_before_who_makes_it(tmp_path):
    def section(letter, number, title):
        item = {"class": f"{number}11", "description": title}
        return {"section": letter, "description": f"Section {letter}", "divisions": [{"division": number, "description": f"Division {number}", "groups": [{"group": f"{number}1", "description": f"Group {number}", "classes": [item]}]}]}

    path = tmp_path / "isic-en.json"
    path.write_text(json.dumps({"sections": [section("c", "14", "Manufacture of hats"), section("g", "47", "Retail sale of hats"), section("g", "46", "Wholesale of hats and bricks")]}), "utf-8")
    data = isic.read(path)
    assert [above for below, above in data["is_a"] if below == "thing:hats"] == ["isic:4711"]
    assert [above for below, above in data["is_a"] if below == "thing:bricks"] == ["isic:4611"]
    assert next(others for key, _name, others, _kind in data["entities"] if key == "thing:hats") == ["hat"]


@pytest.mark.skipif(not all(map(is_present, ("gaap", "merchants", "isic"))), reason="the carriers are not in the data folder: run `python -m fedviz fetch`")
def test_the_real_files():
    lines, graph = load_derived("gaap-lines"), load_derived("gaap-graph")
    assert lines["version"] == graph["version"] == "3.0.0"
    assert (len(lines["sections"]), len(lines["lines"])) == (14, 2026)
    assert len({key for key, *_ in graph["entities"]}) == len(graph["entities"]) == 669
    kinds = [kind for *_, kind in load_derived("isic-graph")["entities"]]
    assert [kinds.count(kind) for kind in ("section", "division", "group", "class")] == [21, 88, 238, 419]
    merchant = load_derived("merchant-names")
    assert len(merchant["ranges"]) == 13 and len(merchant["names"]) == 2021
