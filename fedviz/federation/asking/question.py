"""A question: triple patterns that must all hold at once (a basic graph pattern of SPARQL 1.1), and the variables whose values are wanted."""

import re
from typing import NamedTuple

from fedviz.core.errors import InputError
from fedviz.core.types import Record
from fedviz.kg.store.terms import expand

MAX_PATTERNS = 12
_TOKEN = re.compile(r'\s*(\?\w+|<[^<>"\s]*>|"(?:[^"\\]|\\.)*"(?:@[A-Za-z0-9-]+|\^\^<[^>\s]*>)?|[^\s"<>]+)')


class Pattern(NamedTuple):
    """A triple of which some terms are variables (`?name`); the others are terms in N-Triples."""

    subject: str
    predicate: str
    object: str

    @property
    def variables(self) -> tuple[str, ...]:
        """Its variables, each once, in their order."""
        return tuple(dict.fromkeys(term for term in self if is_variable(term)))

    @property
    def constants(self) -> int:
        """How many of its terms are given."""
        return sum(not is_variable(term) for term in self)


class Question(Record):
    """`patterns` that must all hold; `select`: the wanted variables (`?name`), all of which the patterns name."""

    patterns: tuple[Pattern, ...]
    select: tuple[str, ...]


def is_variable(term: str) -> bool:
    """Whether a term of a pattern stands for anything."""
    return term.startswith("?")


def question(patterns: list[Pattern] | tuple[Pattern, ...], select: tuple[str, ...] = ()) -> Question:
    """A question that can be asked; `select` empty: all variables. `InputError` for no pattern, too many, no variable, or a variable that no pattern has."""
    known = tuple(dict.fromkeys(name for pattern in patterns for name in pattern.variables))
    if not 1 <= len(patterns) <= MAX_PATTERNS:
        raise InputError(f"A question has 1 to {MAX_PATTERNS} patterns, but this one has {len(patterns)}.")
    if not known:
        raise InputError("A question must ask for something: at least one term must be a variable such as ?x.")
    for name in select:
        if name not in known:
            raise InputError(f"The question asks for {name[:40]}, but no pattern has it; it has: {', '.join(known)}.")
    return Question(patterns=tuple(patterns), select=select or known)


def read_question(text: str, select: tuple[str, ...] = ()) -> Question:
    """A question from lines of three terms each: variables, IRIs in angle brackets, literals, or short names (`HP:0000118`). `InputError` names the line that is none."""
    patterns = []
    for number, line in enumerate(text.splitlines(), 1):
        body = line.strip().removesuffix(" .").strip()
        if not body:
            continue
        found = _TOKEN.findall(body)
        if len(found) != 3 or _TOKEN.sub("", body).strip():
            raise InputError(f"Line {number} of the question must be three terms, subject, predicate and object, but it is {body[:80]!r}.")
        patterns.append(Pattern(*(term if is_variable(term) or term[0] in '<"' else expand(term) for term in found)))
    return question(patterns, select)


def sparql(asked: Question) -> str:
    """The question in SPARQL, to be put to one graph that holds everything."""
    return f"SELECT DISTINCT {' '.join(asked.select)} {{ {' . '.join(' '.join(pattern) for pattern in asked.patterns)} }}"
