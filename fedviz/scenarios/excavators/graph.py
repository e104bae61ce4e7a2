"""The graph of an excavator: vocabulary, register, what training texts say, and the system to which each part leads.

The system of a part is written as `is_a` of the category "bucket and teeth part", since evidence climbs `is_a`. Every edge is from the experts' vocabulary, from
the names of the register, or extracted from training texts without their labels; which order was booked to which place makes no edge.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import product

from fedviz.core.types import Triple
from fedviz.kg.graph import IS_A, Entity, KnowledgeGraph
from fedviz.kg.link import Linker
from fedviz.scenarios.excavators.grow import Grown, grown
from fedviz.scenarios.excavators.members import members
from fedviz.scenarios.excavators.orders import Order, orders
from fedviz.scenarios.excavators.register import parts_of_register
from fedviz.scenarios.excavators.systems import KEYS, SYSTEMS
from fedviz.scenarios.excavators.vocabulary import Vocabulary, key, vocabulary, ways_of

SOURCE = "NIST Nestor: experts' vocabulary, register of functional locations, training orders"
_KINDS = {"has_problem": "problem", "has_action": "action"}
_WHY = {
    "register": "its place in the register of equipment",
    "begins": "the places of the register whose names begin with it",
    "first word": "the first word of its name",
    "last word": "the last word of its name",
    "pairs": "the longer names that end in it",
    "part of": "training orders that say what it is part of",
}


def class_entities() -> dict[str, int]:
    """Id of a system's category -> number of the system."""
    return {key("system", name): number for number, name in enumerate(KEYS)}


def excavator_graph(without: str = "") -> KnowledgeGraph:
    """The graph grown from the training orders of all machines, or of all but `without` ("A" to "E").

    What the left-out machine's orders say and places that it alone has are not in it then; the experts' vocabulary is as it was, and
    was made of the words of all orders. `CarrierError` where the carriers are not fetched.
    """
    return _graph(orders(), without)


@lru_cache(maxsize=8)
def _graph(every: tuple[Order, ...], without: str) -> KnowledgeGraph:
    words = vocabulary()
    some = [order for order in every if not order.test and order.machine != without]
    base, register = with_register(words, some)
    entities = dict(base.entities)
    pairs = {**{part: _ends(entities[part].name, entities) for part in register if " " in entities[part].name}, **words.pairs}
    named = Counter(entity for mentions in Linker(base).link_many(order.text for order in some) for entity in {mention.entity for mention in mentions})
    said = [_known(one, entities) for one in grown(base, some) if _fits(one, entities)]
    for one, words_of in said:
        entities |= {end: item for end, item in words_of.items() if end not in entities}
        if one.relation == IS_A:  # a new name that ends in a known one
            pairs.setdefault(one.head, (_ends(entities[one.head].name, entities)[0], one.tail))
            named[one.head] = max(named[one.head], one.orders)
    belongs = members(register, pairs, named, [(one.head, one.tail, one.orders) for one, _words in said if one.relation == "part_of"])
    triples = {Triple(part, IS_A, key("system", KEYS[system])) for part, (system, _why) in belongs.items()}
    for pair, (first, last) in pairs.items():
        if last and (last not in belongs or belongs[last][0] == belongs.get(pair, belongs[last])[0]):
            triples.add(Triple(pair, IS_A, last))  # a last word that leads to another system would make the part evidence for both
        if first:
            triples.add(Triple(pair, "part_of", first))
    triples |= {Triple(one.head, one.relation, one.tail) for one, _words in said if one.relation != IS_A}
    for part, (_system, why) in belongs.items():
        entities[part] = replace(entities[part], definition=f"{entities[part].definition} Its system is by {_WHY[why]}.".strip())
    for number, name in enumerate(KEYS):
        entities[key("system", name)] = Entity(key("system", name), f"{SYSTEMS[number].lower()} part", (), "A category: whatever belongs to this system of the machine.", "system")
    title = "Excavator parts" + (f", without machine {without}" if without else "")
    return KnowledgeGraph(title, SOURCE, entities, tuple(sorted(triple for triple in triples if triple.head != triple.tail)))


def with_register(words: Vocabulary, some: Iterable[Order]) -> tuple[KnowledgeGraph, dict[str, int]]:
    """The vocabulary with the register's names as a graph without triples, the gazetteer of extraction, and the system of each name of the register by id."""
    entities = dict(words.entities)
    register = {}
    for name, system in parts_of_register([order.location for order in some], words.written).items():
        one = key("part", name)
        register[one] = system
        ways = [" ".join(parts) for parts in product(*(ways_of(word, words.written)[:4] for word in name.split()))] if len(name.split()) < 4 else []
        known = entities.get(one, Entity(one, name, kind="part"))
        entities[one] = replace(known, synonyms=tuple(dict.fromkeys(way for way in (*known.synonyms, *ways) if way != name)))
    return KnowledgeGraph("Excavator words", SOURCE, entities, ()), register


def _ends(name: str, entities: Mapping[str, Entity]) -> tuple[str, str]:
    """The ids of a name's first and last word, each empty where it is no part."""
    first, last = (part if (part := key("part", word)) in entities else "" for word in (name.split()[0], name.split()[-1]))
    return first, last


def _fits(one: Grown, entities: Mapping[str, Entity]) -> bool:
    """Whether the ends are of the kinds that the relation joins, and new ones have a name that says something."""
    kinds = ((one.head, "part"), (one.tail, _KINDS.get(one.relation, "part")))
    return all(entities[end].kind == kind if end in entities else len(end) > 2 and not any(len(word) < 2 for word in end.split()) for end, kind in kinds)


def _known(one: Grown, entities: Mapping[str, Entity]) -> tuple[Grown, dict[str, Entity]]:
    """A triple with the ids of its ends, and the entities that these are."""
    ends, found = [], {}
    for end, kind in ((one.head, "part"), (one.tail, _KINDS.get(one.relation, "part"))):
        item = entities.get(end) or Entity(key(kind, end), end, (), f"Not in the vocabulary; {one.orders} training orders of {' and '.join(one.machines)} name it.", kind)
        found[item.id] = item
        ends.append(item.id)
    return one._replace(head=ends[0], tail=ends[1]), found
