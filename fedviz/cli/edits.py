"""Changes to the graph's evidence and the model to compare with, as `explain` reads them from its arguments."""

import re
from collections.abc import Sequence

from pydantic import ValidationError

from fedviz.core.errors import InputError, UnknownNameError
from fedviz.core.types import Triple
from fedviz.explain.records import Edits, Explanation, triple_key
from fedviz.kg.graph import KnowledgeGraph

_MODEL = re.compile(r"([0-9]{1,9})(?::([0-9]{1,9}))?")
_KNOWN = 5


def read_edits(off: Sequence[str], scale: Sequence[str], added: Sequence[str]) -> Edits:
    """The edits that `--off KEY`, `--scale KEY=FACTOR` and `--add KEY` ask for, KEY as "head|relation|tail". `InputError` where one cannot be meant."""
    factors: dict[str, str] = {}
    for given in map(_whole, (*(f"{key}=0" for key in off), *scale)):
        key, sign, factor = given.rpartition("=")
        if not sign:
            raise InputError(f"A scaled triple must be given as HEAD|RELATION|TAIL=FACTOR, but got {given[:80]!r}.")
        if key in factors:
            raise InputError(f"A triple must be scaled or switched off once, but {key[:80]!r} is given twice.")
        factors[key] = factor
    triples = tuple(map(_triple, map(_whole, added)))
    for triple in triples:
        if triples.count(triple) > 1:
            raise InputError(f"A triple must be added once, but {triple_key(triple)[:80]!r} is given twice.")
    try:
        return Edits.model_validate({"scale": factors, "added": triples})
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        rule = problem["msg"].partition(",")[0].replace("Input should", "must", 1)
        raise InputError(f"The factor of a triple {rule}, but got {problem['input'][:80]!r} for {str(problem['loc'][1])[:80]!r}.") from None


def check_edits(edits: Edits, graph: KnowledgeGraph, explanation: Explanation) -> None:
    """Raise where an edit says nothing: a scaled triple that `explanation`, made with these edits, does not have, or an added one that `graph` has."""
    keys = [contribution.key for contribution in explanation.contributions]
    for key in edits.scale:
        if key not in keys:
            more = [f"and {len(keys) - _KNOWN} more"] if len(keys) > _KNOWN else []
            raise UnknownNameError("triple of this text", key, [*keys[:_KNOWN], *more])
    for triple in edits.added:
        if triple in graph.outgoing(triple.head):
            raise InputError(f"An added triple must be new, but the graph says {triple_key(triple)[:80]!r} already.")


def read_model(given: str) -> tuple[int, int | None]:
    """Round and client (None: the global model) of "ROUND" or "ROUND:CLIENT". `InputError` for anything else."""
    found = _MODEL.fullmatch(given)
    if found is None:
        raise InputError(f"The model to compare with must be given as ROUND or ROUND:CLIENT, but got {given[:80]!r}.")
    return int(found[1]), None if found[2] is None else int(found[2])


def _whole(given: str) -> str:
    """Half pairs, as a command line may bring them, become question marks; a record would refuse them in words about strings."""
    return given.encode("utf-8", "replace").decode("utf-8")


def _triple(given: str) -> Triple:
    parts = given.split("|")
    if len(parts) != 3:
        raise InputError(f"An added triple must be given as HEAD|RELATION|TAIL, but got {given[:80]!r}.")
    return Triple(*parts)
