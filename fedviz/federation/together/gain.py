"""What a party has of the fused graph, worked out at home: nothing of it travels."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fedviz.federation.together.local import Local
from fedviz.federation.together.wire import Told
from fedviz.kg.graph import KnowledgeGraph
from fedviz.kg.store.memory import relation_name
from fedviz.kg.store.terms import expand
from fedviz.scenarios.linked import linker


@dataclass(frozen=True)
class Gain:
    """`triples`: those of the fused graph that the party's own lacks; `entities`: those among them, new to its graph, that its own texts name; `before`, `after`: of
    its test texts, how many name an entity about which its own graph, and the fused one with its own, says something functional."""

    triples: int
    entities: int
    before: int
    after: int
    test_texts: int


def gain(local: Local, told: Iterable[Told], texts: Sequence[str], test: Sequence[str], graph: KnowledgeGraph, functional: Sequence[str]) -> Gain:
    """What the fused graph adds for a party with these training and test texts."""
    own_names = {local.called(said) for said in local.held}
    own = {term for said in local.held for term in (said.subject, said.object)}
    new = [entry.triple for entry in told if entry.name not in own_names]
    brought = {term for triple in new for term in (triple.head, triple.tail)} - own
    named = [{expand(mention.entity) for mention in mentions} for mentions in linker(graph).link_many((*texts, *test))]
    knows = {said.subject for said in local.held if relation_name(said.predicate) in functional}
    learns = knows | {triple.head for triple in new if relation_name(triple.relation) in functional}
    tests = named[len(texts) :]
    return Gain(
        triples=len(new), entities=len(brought & set().union(*named)), before=sum(bool(found & knows) for found in tests), after=sum(bool(found & learns) for found in tests),
        test_texts=len(tests),
    )  # fmt: skip

