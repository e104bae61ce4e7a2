"""A triple as a sentence, a sentence back as a triple, and the questions that the sentence answers."""

import re
from functools import lru_cache
from typing import NamedTuple

from fedviz.core.types import Triple
from fedviz.kg.graph import IS_A, KnowledgeGraph

CALLED = "also_called"
"""Not a relation between two things: the tail is another name of the head."""


class Wording(NamedTuple):
    """How a relation is said: `statement` with `{head}` and `{tail}`; `questions` ask for the tail, with `{head}` and `{noun}`, what such things are called."""

    statement: str
    questions: tuple[str, ...]


_WORDINGS = {
    IS_A: Wording("{head} is a kind of {tail}", ("What kind of {noun} is {head}?", "Which broader term covers {head}?", "{head} is a kind of what?")),
    CALLED: Wording("{head} is also called {tail}", ("What is another name for {head}?", "How else is {head} called?")),
    "part_of": Wording("{head} is part of {tail}", ("What is {head} part of?", "To what does {head} belong as a part?")),
    "has_problem": Wording("a known problem of {head} is {tail}", ("What is a known problem of {head}?", "What goes wrong with {head}?")),
    "has_action": Wording("a usual repair of {head} is {tail}", ("What is a usual repair of {head}?", "What is done when {head} fails?")),
    "reported_by": Wording("{head} is reported by {tail}", ("Who reports {head}?", "Which industry reports {head}?")),
}


def wording(relation: str) -> Wording:
    """The wording of a relation; one without its own is said by its name."""
    words = relation.replace("_", " ").strip()
    return _WORDINGS.get(relation) or Wording(f"the {words} of {{head}} is {{tail}}", (f"What is the {words} of {{head}}?",))


def sentence(graph: KnowledgeGraph, triple: Triple) -> str:
    """A triple of the graph as a sentence; that of `CALLED` has a name in the place of its tail."""
    tail = graph.entities[triple.tail].name if triple.relation != CALLED else triple.tail
    return said(triple.relation, graph.entities[triple.head].name, tail)


def said(relation: str, head: str, tail: str) -> str:
    """A sentence from the names of both ends."""
    return opened(wording(relation).statement.replace("{head}", head).replace("{tail}", tail)) + "."


def claimed(relation: str, head: str, tail: str) -> str:
    """What somebody says of two things, with the relation's name between them where it has no wording of its own."""
    return said(relation, head, tail) if relation in _WORDINGS else f"{opened(head)} {relation.replace('_', ' ')} {tail}."


def opened(words: str) -> str:
    """The words with a capital at the beginning."""
    return words[:1].upper() + words[1:]


@lru_cache(maxsize=64)
def pattern(relation: str) -> re.Pattern[str]:
    """What finds the sentence again, with the groups `head` and `tail`; "is not" gives a group `denied`."""
    inside = re.escape(wording(relation).statement).replace(r"\{head\}", r"(?P<head>.+?)").replace(r"\{tail\}", r"(?P<tail>.+?)")
    return re.compile(r"(?:(?:Yes|No),\s+)?" + inside.replace(r"\ is\ ", r"\s+is(?P<denied>\s+not|n't)?\s+", 1) + r"\s*[.!]?\s*\Z", re.IGNORECASE)
