"""The words that tell a relation, by domain. A cue stands between the two ends; `reverse`: the left end is the tail."""

import re
from typing import NamedTuple

from fedviz.core.errors import UnknownNameError


class Cue(NamedTuple):
    """Words between two ends and what they mean. `main`: in a phrase it attaches to the first noun of the phrase instead of the nearest; `denied`: it says that it is not so."""

    words: str
    relation: str
    reverse: bool = False
    main: bool = True
    denied: bool = False
    confidence: float = 0.85


GENERAL = (
    Cue("such as", "is_a", True, False),
    Cue("including", "is_a", True, False, confidence=0.7),
    Cue("and other", "is_a", False, False), Cue("or other", "is_a", False, False),
    Cue("is a kind of", "is_a"), Cue("is a type of", "is_a"), Cue("is a form of", "is_a"), Cue("are a kind of", "is_a"),
    Cue("is part of", "part_of"), Cue("part of", "part_of"), Cue("a component of", "part_of"), Cue("consists of", "part_of", True), Cue("contains", "part_of", True),
    Cue("also known as", "also_called", False, False), Cue("also called", "also_called", False, False),
    Cue("located in", "located_in", False, False),
)  # fmt: skip

MEDICINE = (
    Cue("due to", "due_to"), Cue("caused by", "due_to"), Cue("secondary to", "due_to"), Cue("induced by", "due_to"), Cue("causing", "due_to", True), Cue("as a result of", "due_to"), Cue("resulting from", "due_to"), Cue("because of", "due_to"),
    Cue("in (due to)", "due_to"), Cue("resulting in", "due_to", True, False), Cue("leading to", "due_to", True, False), Cue("causes", "due_to", True), Cue("cause", "due_to", True),
    Cue("not due to", "due_to", denied=True), Cue("not caused by", "due_to", denied=True),
    Cue("associated with", "associated_with"), Cue("not associated with", "associated_with", denied=True), Cue("accompanied by", "associated_with"), Cue("with", "associated_with", confidence=0.75),
    Cue("with or without", "associated_with", denied=True), Cue("without mention of", "associated_with", denied=True), Cue("without evidence of", "associated_with", denied=True), Cue("without", "associated_with", denied=True),
    Cue("following", "follows"), Cue("after", "follows", confidence=0.7), Cue("complicating", "complicates"), Cue("complicated by", "complicates", True),
    Cue("affected by", "affected_by"), Cue("suspected to be affected by", "affected_by", denied=True),
    Cue("during", "occurs_in", False, False), Cue("in", "occurs_in", False, False, confidence=0.75),
    Cue("affecting regions of", "located_in", False, False), Cue("affecting", "located_in", False, False), Cue("involving", "located_in", False, False), Cue("not involving", "located_in", False, False, True), Cue("of", "located_in", False, False),
    Cue("symptom of", "symptom_of"), Cue("symptoms of", "symptom_of"), Cue("sign of", "symptom_of"), Cue("signs of", "symptom_of"), Cue("presents with", "symptom_of", True), Cue("characterized by", "symptom_of", True),
    Cue("is treated with", "treats", True), Cue("treated with", "treats", True), Cue("treats", "treats"), Cue("used to treat", "treats"), Cue("prevents", "prevents"),
    Cue("includes", "is_a", True), Cue("excludes", "is_a", True, denied=True), Cue("excluding", "is_a", True, denied=True),
)  # fmt: skip

FINANCE = (
    Cue("is owned by", "owned_by"), Cue("owned by", "owned_by"), Cue("owns", "owned_by", True), Cue("belongs to", "owned_by"),
    Cue("a subsidiary of", "subsidiary_of"), Cue("subsidiary of", "subsidiary_of"), Cue("a unit of", "subsidiary_of"), Cue("parent company of", "subsidiary_of", True),
    Cue("was acquired by", "acquired_by"), Cue("acquired by", "acquired_by"), Cue("was bought by", "acquired_by"), Cue("acquired", "acquired_by", True), Cue("bought", "acquired_by", True), Cue("merged with", "merged_with"),
    Cue("headquartered in", "located_in"), Cue("based in", "located_in"), Cue("is listed on", "listed_on"), Cue("listed on", "listed_on"), Cue("chief executive of", "leads"), Cue("ceo of", "leads"),
    Cue("supplies", "supplies"), Cue("competes with", "competes_with"), Cue("invested in", "invested_in"),
)  # fmt: skip

LINE_ITEMS = (
    Cue("including", "part_of", True), Cue("excluding", "part_of", True, denied=True), Cue("other than", "part_of", True, denied=True), Cue("not part of", "part_of", denied=True), Cue("as component in", "part_of"), Cue("component of", "part_of"),
    Cue("attributable to", "attributable_to"), Cue("due to", "due_to"), Cue("resulting from", "due_to"), Cue("arising from", "due_to"),
    Cue("on", "arises_from", confidence=0.75), Cue("from", "arises_from", confidence=0.8), Cue("related to", "arises_from", confidence=0.7),
    Cue("owned by", "owned_by"), Cue("held by", "owned_by", confidence=0.75), Cue("owed to", "owed_to"), Cue("to", "owed_to", confidence=0.75), Cue("secured by", "secured_by"), Cue("collateralized by", "secured_by"),
)  # fmt: skip
"""Cues of line items of financial statements, which have no verb: see `line_items`. "to" counts behind "payable" alone."""

MANUFACTURING = (
    Cue("was replaced by", "replaced_by"), Cue("replaced by", "replaced_by"), Cue("replaced with", "replaced_by"), Cue("caused by", "due_to"), Cue("due to", "due_to"), Cue("because of", "due_to"),
    Cue("mounted on", "part_of"), Cue("installed in", "part_of"), Cue("attached to", "connected_to"), Cue("connected to", "connected_to"), Cue("leaking from", "leaks_from"),
)  # fmt: skip

DOMAINS: dict[str, tuple[Cue, ...]] = {"medicine": MEDICINE + GENERAL, "finance": FINANCE + GENERAL, "manufacturing": MANUFACTURING + GENERAL, "general": GENERAL}
"""Cues by domain; the names are the choices of the option `domain`."""


def cues(domain: str) -> tuple[Cue, ...]:
    """The cues of a domain; `UnknownNameError` lists the domains."""
    if domain not in DOMAINS:
        raise UnknownNameError("domain", domain, DOMAINS)
    return DOMAINS[domain]


def matcher(some: tuple[Cue, ...]) -> re.Pattern[str]:
    """A pattern that finds the longest of these cues, whole words, whatever the case."""
    words = (r"\s+".join(map(re.escape, cue.words.split())) for cue in sorted(some, key=lambda cue: -len(cue.words)))
    return re.compile("|".join(rf"(?<!\w){word}(?!\w)" for word in words), re.IGNORECASE)
