"""Rules as SPARQL: CONSTRUCT one statement WHERE some others hold. Those that graphs usually need, and the reading of one's own.

Meanings after RDFS (https://www.w3.org/TR/rdf11-mt/) and OWL 2 RL (https://www.w3.org/TR/owl2-profiles/#Reasoning_in_OWL_2_RL_and_RDF_Graphs_using_Rules); the
name of each rule there stands behind it. Own addition to SPARQL: `GRAPH fv:given { ... }` holds for what sources say alone, not for what rules concluded.
"""

import re
from typing import Literal, NamedTuple

from fedviz.core.errors import InputError
from fedviz.core.i18n import N_
from fedviz.core.types import Record
from fedviz.kg.store import oxi
from fedviz.kg.store.memory import BROADER, KIND
from fedviz.kg.store.terms import FEDVIZ, OWL, PREFIXES, RDF, RDFS, iri

MAX_PATTERNS = 8
Where = Literal["all", "given", "else"]
"""Which statements a pattern of a rule may match: `all`, those of sources alone (`given`), or all but what this very rule concluded (`else`)."""


class Pattern(NamedTuple):
    """A statement in which terms may be variables (`?x`)."""

    subject: str
    predicate: str
    object: str
    where: Where = "all"

    @property
    def text(self) -> str:
        """The pattern in SPARQL."""
        bare = f"{self.subject} {self.predicate} {self.object} ."
        return f"GRAPH <{FEDVIZ}given> {{ {bare} }}" if self.where == "given" else bare


class Rule(Record):
    """`head` holds where all of `body` hold and all `filters` are true. `title` says it in words; every variable of the head is in the body."""

    name: str
    title: str
    head: Pattern
    body: tuple[Pattern, ...]
    filters: tuple[str, ...] = ()

    @property
    def sparql(self) -> str:
        """The rule as a SPARQL query."""
        inner = " ".join((*(pattern.text for pattern in self.body), *(f"FILTER({text})" for text in self.filters)))
        return f"CONSTRUCT {{ {self.head.text} }} WHERE {{ {inner} }}"

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables of the body, in their order, without `?`."""
        return tuple(dict.fromkeys(term[1:] for pattern in self.body for term in pattern[:3] if term.startswith("?")))


def transitive(predicate: str, title: str, name: str) -> Rule:
    """What holds from a to b and from b to c holds from a to c. The first step is one that this rule did not make: all conclusions, with fewer detours."""
    return Rule(name=name, title=title, head=Pattern("?a", predicate, "?c"), body=(Pattern("?a", predicate, "?b", "else"), Pattern("?b", predicate, "?c")))


def _owl(name: str, title: str, head: str, *body: str, filters: tuple[str, ...] = ()) -> Rule:
    return Rule(name=name, title=title, head=Pattern(*_words(head)), body=tuple(Pattern(*_words(pattern)) for pattern in body), filters=filters)


def _words(text: str) -> list[str]:
    full = {"type": f"<{RDF}type>"} | {f"owl:{name}": f"<{OWL}{name}>" for name in ("TransitiveProperty", "SymmetricProperty", "inverseOf", "propertyChainAxiom")}
    full |= {f"rdfs:{name}": f"<{RDFS}{name}>" for name in ("subClassOf", "subPropertyOf", "domain", "range")}
    full |= {f"rdf:{name}": f"<{RDF}{name}>" for name in ("first", "rest", "nil")}
    return [full.get(word, word) for word in text.split()]


STANDARD: tuple[Rule, ...] = (
    _owl("sub-class", N_("An instance of a class is an instance of every class above it"), "?x type ?d", "?x type ?c", "?c rdfs:subClassOf ?d"),  # cax-sco
    _owl("sub-property", N_("What holds by a relation holds by every relation above it"), "?x ?q ?y", "?p rdfs:subPropertyOf ?q", "?x ?p ?y"),  # prp-spo1
    _owl("domain", N_("What has a relation is of the relation's domain"), "?x type ?c", "?p rdfs:domain ?c", "?x ?p ?y"),  # prp-dom
    _owl("range", N_("What a relation leads to is of the relation's range"), "?y type ?c", "?p rdfs:range ?c", "?x ?p ?y", filters=("isIRI(?y)",)),  # prp-rng
    _owl("symmetric", N_("A symmetric relation holds in both directions"), "?y ?p ?x", "?p type owl:SymmetricProperty", "?x ?p ?y", filters=("isIRI(?y)",)),  # prp-symp
    _owl("inverse", N_("The inverse relation holds in the other direction"), "?y ?q ?x", "?p owl:inverseOf ?q", "?x ?p ?y", filters=("isIRI(?y)",)),  # prp-inv1
    _owl("inverse-of", N_("A relation holds where its inverse holds in the other direction"), "?y ?p ?x", "?p owl:inverseOf ?q", "?x ?q ?y", filters=("isIRI(?y)",)),  # prp-inv2
    _owl("transitive-property", N_("A transitive relation reaches on"), "?x ?p ?z", "?p type owl:TransitiveProperty", "?x ?p ?y", "?y ?p ?z"),  # prp-trp
    transitive(f"<{RDFS}subPropertyOf>", N_("A relation above a relation above is above"), "sub-property-chain"),  # scm-spo
    _owl(
        "property-chain", N_("A chain of two relations makes the relation that the axiom names"), "?x ?p ?z", "?p owl:propertyChainAxiom ?l", "?l rdf:first ?q", "?l rdf:rest ?m",
        "?m rdf:first ?r", "?m rdf:rest rdf:nil", "?x ?q ?y", "?y ?r ?z",
    ),  # prp-spo2
)  # fmt: skip
"""Rules that read the graph's own schema; each does nothing where the schema says nothing."""

TRANSITIVE: tuple[Rule, ...] = tuple(
    transitive(predicate, N_("A kind of a kind is a kind"), f"is-a-{number}" if number else "is-a") for number, predicate in enumerate(BROADER)
) + tuple(
    transitive(iri(predicate), N_("A part of a part is a part"), name)
    for name, predicate in (
        ("part-of", f"{FEDVIZ}relation:part_of"),
        ("part-of-obo", f"{PREFIXES['obo']}BFO_0000050"),
        ("part-of-dct", f"{PREFIXES['dct']}isPartOf"),
        ("part-of-wikidata", f"{PREFIXES['wdt']}P361"),
    )
)
"""Transitive relations that graphs have without saying so."""

SCENARIO: tuple[Rule, ...] = tuple(
    Rule(
        name=f"chapter-{number}" if number else "chapter",
        title=N_("What is a kind of something in a chapter is in that chapter"),
        head=Pattern("?x", f"<{FEDVIZ}relation:in_chapter>", "?c"),
        body=(Pattern("?x", predicate, "?c"), Pattern("?c", KIND, f'"{kind}"')),
    )
    for number, (predicate, kind) in enumerate((predicate, kind) for predicate in BROADER[:2] for kind in ("chapter", "Chapter"))
) + (
    Rule(
        name="organ-system",
        title=N_("A phenotype is of the organ system that it is a kind of"),
        head=Pattern("?x", f"<{FEDVIZ}relation:of_organ_system>", "?s"),
        body=(Pattern("?x", BROADER[0], "?s"), Pattern("?s", BROADER[0], f"<{PREFIXES['obo']}HP_0000118>", "given")),
    ),
)
"""Rules of the scenarios: chapters of a classification, organ systems of the Human Phenotype Ontology."""

BUILT_IN: dict[str, Rule] = {rule.name: rule for rule in (*TRANSITIVE, *STANDARD, *SCENARIO)}

_TOKEN = re.compile(
    r"""\s+|\#[^\n\r]*|(?P<iri><[^<>"{}|^`\\\s]*>)|(?P<var>[?$]\w+)|(?P<string>"(?:[^"\\\n]|\\.)*"(?:@[A-Za-z][\w-]*|\^\^(?:<[^<>\s]*>|[\w-]*:[\w.-]*))?)
    |(?P<number>[+-]?\d+(?:\.\d+)?)|(?P<name>[A-Za-z][\w-]*)?:(?P<local>[\w%.-]*[\w%-]|)|(?P<word>[A-Za-z]+)|(?P<mark>[{}.;,()])""",
    re.VERBOSE,
)


def read(text: str, name: str, title: str = "") -> tuple[Rule, ...]:
    """Rules of one's own: `CONSTRUCT { ?a rel:x ?c } WHERE { ?a rel:y ?b . ?b rel:z ?c FILTER(?a != ?c) }`; one rule for each statement of the head.

    The WHERE part has at most eight patterns, FILTERs, and `GRAPH fv:given { ... }`. `QuerySyntaxError` with line and column where SPARQL does not understand it,
    `InputError` where it is more than a rule.
    """
    found = oxi.syntax(text)
    if found is not None:
        raise oxi.QuerySyntaxError(found)
    return _Reader(text).rules(name, title or " ".join(text.split())[:200])


class _Reader:
    """Reads the tokens of a rule one after the other."""

    def __init__(self, text: str) -> None:
        self.text, self.place, self.prefixes = text, 0, dict(PREFIXES)
        self.filters: list[str] = []

    def rules(self, name: str, title: str) -> tuple[Rule, ...]:
        while (word := self.next()).upper() == "PREFIX":
            prefix, where = self.next(raw=True), self.next(raw=True)
            self.prefixes[prefix.rstrip(":")] = where[1:-1]
        if word.upper() != "CONSTRUCT" or self.next() != "{":
            raise self.wrong("it begins with CONSTRUCT { ... }")
        head = self.patterns("all")
        word = self.next()
        if word.upper() == "WHERE":
            word = self.next()
        if word != "{":
            raise self.wrong("after the head comes WHERE { ... }")
        body = self.patterns("all")
        if self.next():
            raise self.wrong("nothing follows the WHERE part")
        known = {term for pattern in body for term in pattern[:3] if term.startswith("?")}
        if not head or not 0 < len(body) <= MAX_PATTERNS:
            raise self.wrong(f"it has a head and 1 to {MAX_PATTERNS} patterns")
        if lacking := [term for pattern in head for term in pattern[:3] if term.startswith("?") and term not in known]:
            raise self.wrong(f"every variable of its head is in the WHERE part, but {lacking[0]} is not")
        return tuple(
            Rule(name=f"{name}-{number}" if number else name, title=title, head=pattern, body=tuple(body), filters=tuple(self.filters)) for number, pattern in enumerate(head)
        )

    def patterns(self, where: Where) -> list[Pattern]:
        out: list[Pattern] = []
        while (term := self.next()) != "}":
            if term.upper() == "FILTER":
                self.filters.append(self.bracketed())
            elif term.upper() == "GRAPH" and where == "all":
                if self.next() != f"<{FEDVIZ}given>" or self.next() != "{":
                    raise self.wrong("GRAPH may name fv:given alone")
                out += self.patterns("given")
            elif term == "." and out:
                continue
            elif term and (term[0] in "?<"):
                predicate, object = self.next(), self.next()
                if not (predicate[:1] in "?<" and predicate) or not (object[:1] in '?<"' and object):
                    raise self.wrong("patterns are written out as subject, relation and object")
                out.append(Pattern(term, predicate, object, where))
            else:
                raise self.wrong(f"it has patterns and FILTERs alone, but got {term[:40] or 'its end'!r}")
        return out

    def next(self, raw: bool = False) -> str:
        """The next term or mark; empty at the end."""
        while self.place < len(self.text):
            found = _TOKEN.match(self.text, self.place)
            if found is None:
                raise self.wrong(f"got {self.text[self.place : self.place + 20]!r}")
            self.place = found.end()
            if found["local"] is not None:
                prefix = found["name"] or ""
                if raw:
                    return f"{prefix}:"
                if prefix not in self.prefixes:
                    raise self.wrong(f"the prefix {prefix!r} is not known")
                return f"<{self.prefixes[prefix]}{found['local']}>"
            if found["var"]:
                return f"?{found['var'][1:]}"
            if found["word"] == "a":
                return f"<{RDF}type>"
            if found["number"]:
                return f'"{found["number"]}"^^<{PREFIXES["xsd"]}{"decimal" if "." in found["number"] else "integer"}>'
            if said := found["iri"] or found["string"] or found["word"] or found["mark"]:
                return said
        return ""

    def bracketed(self) -> str:
        """What stands between a bracket and the one that closes it."""
        start = self.text.find("(", self.place)
        depth, place = 0, start
        for found in re.finditer(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|[()]', self.text[start:] if start >= 0 else ""):
            depth += {"(": 1, ")": -1}.get(found[0], 0)
            if depth == 0:
                place = start + found.end()
                break
        if start < 0 or depth or self.text[self.place : start].strip():
            raise self.wrong("a FILTER stands in brackets")
        self.place = place
        return self.text[start + 1 : place - 1].strip()

    def wrong(self, reason: str) -> InputError:
        return InputError(f"This is no rule that can be followed: {reason}.")
