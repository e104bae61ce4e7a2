"""Questions for people who know no SPARQL: a sentence with blanks, and the query that it stands for."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from fedviz.core.errors import InputError
from fedviz.core.i18n import N_
from fedviz.kg.store.memory import BROADER, DEFINITIONS, LABELS, SYNONYMS

_NAMED = f"OPTIONAL {{ ?thing {LABELS[0]}|{LABELS[1]} ?name }}"
_ABOVE = "|".join(BROADER)


class Template(NamedTuple):
    """A question: its name, the sentence with `{first}`, `{second}` (entities) and `{relation}` as blanks, and what makes the query of the terms in the blanks."""

    name: str
    sentence: str
    blanks: tuple[str, ...]
    query: Callable[[Mapping[str, str]], str]

    def sparql(self, filled: Mapping[str, str]) -> str:
        """The query; `InputError` where a blank is empty."""
        for blank in self.blanks:
            if not filled.get(blank):
                raise InputError(f"Every blank of the question must be filled, but {blank!r} is empty.")
        return self.query(filled)


def _what(filled: Mapping[str, str]) -> str:
    hidden = ", ".join((*LABELS[1:], *SYNONYMS[1:2]))
    return (
        f"# What the graph says about one thing\nSELECT ?relation ?value ?name {{\n  {filled['first']} ?relation ?value .\n"
        f"  FILTER(?relation NOT IN ({hidden}))\n  OPTIONAL {{ ?value {LABELS[0]}|{LABELS[1]} ?name }}\n}} ORDER BY (?relation IN ({DEFINITIONS[0]})) ?relation ?value"
    )


def _kinds(filled: Mapping[str, str]) -> str:
    return f"# Everything below one thing, over any number of steps\nSELECT DISTINCT ?thing ?name {{\n  ?thing ({_ABOVE})+ {filled['first']} .\n  {_NAMED}\n}} ORDER BY ?name ?thing"


def _above(filled: Mapping[str, str]) -> str:
    return f"# Everything above one thing, over any number of steps\nSELECT DISTINCT ?thing ?name {{\n  {filled['first']} ({_ABOVE})+ ?thing .\n  {_NAMED}\n}} ORDER BY ?name ?thing"


def _common(filled: Mapping[str, str]) -> str:
    return (
        f"# What both lead to by the same relation, and what both are a kind of\nSELECT DISTINCT ?relation ?thing ?name {{\n"
        f"  {{ {filled['first']} ?relation ?thing . {filled['second']} ?relation ?thing . FILTER(isIRI(?thing)) }}\n"
        f"  UNION {{ {filled['first']} ({_ABOVE})+ ?thing . {filled['second']} ({_ABOVE})+ ?thing . BIND({BROADER[0]} AS ?relation) }}\n  {_NAMED}\n}} ORDER BY ?relation ?name ?thing"
    )


def _which(filled: Mapping[str, str]) -> str:
    return (
        f"# Which things have one relation to both\nSELECT DISTINCT ?thing ?name {{\n  ?thing {filled['relation']} {filled['first']} , {filled['second']} .\n  {_NAMED}\n}} ORDER BY ?name ?thing"
    )


def _connected(filled: Mapping[str, str]) -> str:
    a, b = filled["first"], filled["second"]
    return (
        "# One or two steps, in either direction; the section Paths goes further\nCONSTRUCT { ?x ?p ?y . ?u ?q ?v } WHERE {\n"
        f"  {{ VALUES (?x ?y) {{ ({a} {b}) ({b} {a}) }} ?x ?p ?y }}\n"
        f"  UNION {{ {a} ?p ?y . {b} ?q ?y . FILTER(isIRI(?y)) BIND({a} AS ?x) BIND({b} AS ?u) BIND(?y AS ?v) }}\n"
        f"  UNION {{ ?x ?p {a} . ?x ?q {b} . BIND({a} AS ?y) BIND(?x AS ?u) BIND({b} AS ?v) }}\n"
        f"  UNION {{ {a} ?p ?y . ?y ?q {b} . BIND({a} AS ?x) BIND(?y AS ?u) BIND({b} AS ?v) }}\n"
        f"  UNION {{ {b} ?p ?y . ?y ?q {a} . BIND({b} AS ?x) BIND(?y AS ?u) BIND({a} AS ?v) }}\n}}"
    )


def _most(filled: Mapping[str, str]) -> str:
    return (
        f"# What a relation leads to most often\nSELECT ?thing (SAMPLE(?label) AS ?name) (COUNT(DISTINCT ?from) AS ?count) {{\n  ?from {filled['relation']} ?thing .\n"
        f"  OPTIONAL {{ ?thing {LABELS[0]}|{LABELS[1]} ?label }}\n}} GROUP BY ?thing ORDER BY DESC(?count) ?thing LIMIT 50"
    )


def _has(filled: Mapping[str, str]) -> str:
    return f"# Which things have a relation to one thing\nSELECT DISTINCT ?thing ?name {{\n  ?thing {filled['relation']} {filled['first']} .\n  {_NAMED}\n}} ORDER BY ?name ?thing"


TEMPLATES: dict[str, Template] = {
    template.name: template
    for template in (
        Template("what", N_("What is {first}?"), ("first",), _what),
        Template("kinds", N_("Which kinds of {first} are there?"), ("first",), _kinds),
        Template("above", N_("What is {first} a kind of?"), ("first",), _above),
        Template("common", N_("What do {first} and {second} have in common?"), ("first", "second"), _common),
        Template("which", N_("Which things have {first} and {second} in common, by the relation {relation}?"), ("first", "second", "relation"), _which),
        Template("connected", N_("How are {first} and {second} connected?"), ("first", "second"), _connected),
        Template("has", N_("Which things have the relation {relation} to {first}?"), ("relation", "first"), _has),
        Template("most", N_("What does the relation {relation} lead to most often?"), ("relation",), _most),
    )
}
