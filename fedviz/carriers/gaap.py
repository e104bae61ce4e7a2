"""Reading the concepts of US GAAP that edgartools carries (JSON): line items with their section, and the tree of sections, concepts, headings and industries.

A line item is an XBRL concept. Its section is not written beside its name by a firm: edgartools maps the concept to a standard concept, and the standard
concept to a section. So a triple (line item, is_a, standard concept) names the section of that line item; see `read_graph` for what is left out.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_BEFORE_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_STATEMENTS = {
    "BalanceSheet": "Balance sheet", "IncomeStatement": "Income statement", "CashFlowStatement": "Cash flow statement", "ComprehensiveIncome": "Comprehensive income",
    "StatementOfEquity": "Statement of equity", "PerShareData": "Per share data", "Commitments": "Commitments",
}  # fmt: skip
_ABBREVIATIONS = {"AccumulatedOtherComprehensiveIncome": "AOCI", "OtherComprehensiveIncomeLoss": "OCI", "PlantPropertyEquipmentNet": "PP&E", "SellingGeneralAndAdminExpenses": "SG&A", "CostOfGoodsAndServicesSold": "COGS"}
"""Abbreviations that accountants use without defining them."""
_MEASURE = re.compile(r"(?: at carrying value| net(?: of tax)?| value)$", re.IGNORECASE)
_LEAST = 25
"""A section with fewer line items than this is no class: nothing could be learnt of it."""


def words_of(concept: str) -> str:
    """The words of a concept's name, as a line item is written: "AccountsReceivableNetCurrent" -> "Accounts receivable net current"."""
    parts = _BEFORE_CAPITAL.sub(" ", re.split("[:_]", concept)[-1]).split()
    return " ".join(part if number == 0 or (part.isupper() and len(part) > 1) else part.lower() for number, part in enumerate(parts))


def read_lines(path: Path) -> dict[str, Any]:
    """`sections`: names, largest first, of at least a few line items; `lines`: [words, section, concept, industry codes of Fama and French], in the order of the file.

    Only line items that the tree does not hold (`read_graph`), by concept and by words, so that the graph says nothing about a text as a whole.
    """
    entities = read_graph(path)["entities"]
    known = {_plain(name) for _id, first, others, _kind in entities for name in (first, *others)}
    tree = {*_trees(path.parent)[0], *(key.partition(":")[2] for key, *_rest in entities)}
    mapped = _mappings(path)
    counts: dict[str, int] = {}
    lines: dict[str, list[Any]] = {}
    twice: dict[str, set[str]] = {}
    for concept, item in mapped.items():
        if item.get("section") and concept not in tree:
            words = words_of(concept)
            if _plain(words) not in known:
                lines.setdefault(words.lower(), [words, item["section"], concept, sorted(item.get("industry_overrides", {}))])
                twice.setdefault(words.lower(), set()).add(item["section"])
    kept = [line for key, line in lines.items() if len(twice[key]) == 1]
    for _words, section, *_rest in kept:
        counts[section] = counts.get(section, 0) + 1
    sections = sorted((section for section, count in counts.items() if count >= _LEAST), key=lambda section: (-counts[section], section))
    return {"version": json.loads(path.read_bytes())["_metadata"]["version"], "sections": sections, "lines": [line for line in kept if line[1] in sections]}


def read_graph(path: Path) -> dict[str, Any]:
    """The tree as plain data: `version`; `entities`: [id, name, synonyms, kind]; `triples`: [head, relation, tail].

    Standard concept is_a section is_a statement; concept of a published tree is_a standard concept, part_of heading; reported_by industry. Concepts that stand in no
    published tree are left out: they are the texts of the task. Names of
    statements, sections, headings and industries say what they are, so that "insurance" or "equity" in a line item is not taken for one of them.
    """
    folder = path.parent
    display = json.loads((folder / "display_names.json").read_bytes())
    membership = {key: value for key, value in json.loads((folder / "section_membership.json").read_bytes()).items() if key in _STATEMENTS}
    entities: dict[str, list[Any]] = {}
    triples: dict[tuple[str, str, str], None] = {}
    for statement, sections in membership.items():
        entities[f"statement:{statement}"] = [f"statement:{statement}", f"{_STATEMENTS[statement]} (statement)", [], "statement"]
        for section, concepts in sections.items():
            entities[_section(section)] = [_section(section), f"{section} (section)", [], "section"]
            triples[_section(section), "is_a", f"statement:{statement}"] = None
            for concept in concepts:
                entities[f"concept:{concept}"] = [f"concept:{concept}", *_names(display.get(concept, ""), words_of(concept), _ABBREVIATIONS.get(concept, "")), "standard concept"]
                triples[f"concept:{concept}", "is_a", _section(section)] = None
    mapped = _mappings(path)
    parents, industries = _trees(folder)
    standard = set(entities)
    taken = {name.lower(): key for key, name, others, kind in entities.values() if kind == "standard concept" for name in (*others, name)}
    keys = {concept: taken.get(words_of(concept).lower(), _key(concept)) for concept in parents}  # one name, one entity
    for concept, key in keys.items():
        heading = key.startswith("heading")
        words = words_of(concept.removesuffix("Abstract"))
        total = any(entities.get(_key(above), ["", ""])[1].startswith("Total ") for above in mapped.get(concept, {}).get("standard_tags", ()))
        if total and not words.startswith("Total"):  # "Liabilities current" is the sum; under that name it would be found in every current liability
            words = f"Total {words[0].lower()}{words[1:]}"
        entities.setdefault(key, [key, f"{words} (heading)" if heading else words, [] if heading else [form for form in _spellings(words) if form.lower() not in taken], "heading" if heading else "concept"])
        for above in () if heading else mapped.get(concept, {}).get("standard_tags", ()):
            if _key(above) in standard and _key(above) != key and key not in standard:
                triples[key, "is_a", _key(above)] = None
    for concept, above in parents.items():
        for parent in above:
            if parent in keys and parent != concept:
                triples[keys[concept], "part_of", keys[parent]] = None
    for industry, concepts in industries.items():
        key = f"industry:{industry}"
        entities[key] = [key, f"{industry} (industry)", [], "industry"]
        for concept in concepts:
            triples[keys[concept], "reported_by", key] = None
    return {"version": json.loads(path.read_bytes())["_metadata"]["version"], "entities": list(entities.values()), "triples": [list(triple) for triple in triples]}


def _key(concept: str) -> str:
    return f"heading:{concept.removesuffix('Abstract')}" if concept.endswith("Abstract") else f"concept:{concept}"


def _section(name: str) -> str:
    return "section:" + name.lower().replace(" ", "-")


def _names(display: str, words: str, short: str) -> tuple[str, list[str]]:
    """The name and the other names of a standard concept, without what brackets add."""
    names = [name for name in (display, re.sub(r"\s*\([^()]*\)", "", display), words, short) if name]
    first = names[0]
    # "Assets" for "Total assets" would find every kind of asset
    loss = [f"{first} loss"] if first.endswith(" Income") else []  # written "income (loss)", and the brackets are lost
    others = {name.lower(): name for name in [*names[1:], *loss, *_spellings(first), *_spellings(words)] if name.lower() not in (first.lower(), first.lower().removeprefix("total "))}
    return first, list(others.values())


def _spellings(name: str) -> list[str]:
    """How else filers write a name: without what it is measured by, "tax" for "income tax", without commas and hyphens: the names of concepts have none."""
    plain = " ".join(re.sub(r"[^\w&/']+", " ", re.sub(r"\bnon[- ]current", "noncurrent", name, flags=re.IGNORECASE)).split())
    forms = []
    for base in (plain, _MEASURE.sub("", plain)):
        forms += [base, re.sub(r"(?<=deferred )income (?=tax)", "", base, flags=re.IGNORECASE), re.sub(r"\b(long|short) term\b", r"\1term", base, flags=re.IGNORECASE)]
    return [form for form in dict.fromkeys(forms) if form.lower() != name.lower() and len(form.split()) > 1]


def _plain(words: str) -> str:
    return " ".join(re.findall(r"\w+", words.lower()))


def _mappings(path: Path) -> dict[str, Any]:
    return {concept: item for concept, item in json.loads(path.read_bytes()).items() if not concept.startswith("_")}


def _trees(folder: Path) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """(concept -> its headings, industry -> its concepts) of all published trees, without axes, tables and domains, which are no line items."""
    parents: dict[str, list[str]] = {}
    industries: dict[str, list[str]] = {}
    for name, concept, parent in _nodes(folder):
        if concept.endswith(("Axis", "Domain", "Table", "Member", "LineItems")):
            continue
        above = parents.setdefault(concept, [])
        if parent and parent not in above:
            above.append(parent)
        if name and concept not in industries.setdefault(name, []):
            industries[name].append(concept)
    return parents, industries


def _nodes(folder: Path) -> Iterator[tuple[str, str, str]]:
    """(industry or empty, concept, heading) of every node of every tree."""
    for file in (folder / "virtual_trees.json", *sorted(folder.glob("industry-*.json"))):
        data = json.loads(file.read_bytes())
        industry = data.get("metadata", {}).get("industry_name", "")
        for statement, tree in data.items():
            for concept, node in tree["nodes"].items() if statement in _STATEMENTS else ():
                yield industry, concept, node.get("parent") or ""
