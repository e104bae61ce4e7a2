"""Reading the Human Phenotype Ontology from OBO 1.2, as far as fedviz uses it: names, synonyms, definitions, is_a of phenotypes."""

import re
from pathlib import Path
from typing import Any

ROOT = "HP:0000118"  # Phenotypic abnormality
_SYNONYM = re.compile(r'synonym: "((?:[^"\\]|\\.)*)" (\w+)(?: (\w+))? \[')
DEFINITION = re.compile(r'def: "((?:[^"\\]|\\.)*)"')
# RELATED and BROAD synonyms would link a text to what it does not say; abbreviations collide with words once case is ignored ("ALL")
_SCOPES = frozenset({"EXACT", "NARROW"})
_LEFT_OUT = frozenset({"abbreviation", "obsolete_synonym"})


def read(path: Path) -> dict[str, Any]:
    """The phenotypes of an HPO release as plain data.

    `version`; `entities`: [id, name, synonyms, definition, organ system] sorted by id; `is_a`: [head, tail]. Obsolete terms and
    what is no phenotype (inheritance, modifiers, frequencies) are left out; names are not altered.
    """
    version, terms = _terms(path)
    children: dict[str, list[str]] = {}
    for key, term in terms.items():
        for parent in term["is_a"]:
            children.setdefault(parent, []).append(key)
    inside = _below(ROOT, children) | {ROOT}
    systems = _systems(children)
    return {
        "version": version,
        "entities": [
            [key, terms[key]["name"], terms[key]["synonyms"], terms[key]["definition"], terms[systems.get(key, ROOT)]["name"]] for key in sorted(inside)
        ],
        "is_a": [[key, parent] for key in sorted(inside) for parent in terms[key]["is_a"] if parent in inside],
    }


def read_lay(path: Path) -> dict[str, list[str]]:
    """The names in plain words ("layperson" synonyms) of an HPO release by term id, where a term has any."""
    return {key: term["lay"] for key, term in sorted(_terms(path)[1].items()) if term["lay"]}


def _terms(path: Path) -> tuple[str, dict[str, dict[str, Any]]]:
    """The release and its living terms by id."""
    version, terms, term = "", {}, None
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            line = line.rstrip("\n")
            tag, _, value = line.partition(": ")
            if line.startswith("["):
                term = {"name": "", "synonyms": [], "lay": [], "definition": "", "is_a": []} if line == "[Term]" else None
            elif tag == "data-version":
                version = value.rpartition("/")[2]
            elif term is None:
                continue
            elif tag == "id":
                terms[value] = term
                key = value
            elif tag == "name":
                term["name"] = value
            elif tag == "is_a":
                term["is_a"].append(value.split(" ")[0])
            elif tag == "is_obsolete":
                del terms[key]
                term = None
            elif tag == "def" and (found := DEFINITION.match(line)):
                term["definition"] = unescaped(found[1])
            elif tag == "synonym" and (found := _SYNONYM.match(line)):
                _add_synonym(term, unescaped(found[1]), found[2], found[3])
    if not terms.get(ROOT, {}).get("name"):
        raise ValueError(f"no term {ROOT} in {path.name}")
    return version, terms


def _add_synonym(term: dict[str, Any], words: str, scope: str, kind: str | None) -> None:
    if scope not in _SCOPES or kind in _LEFT_OUT:
        return
    if kind == "layperson" and words not in term["lay"]:
        term["lay"].append(words)
    if words != term["name"] and words not in term["synonyms"]:
        term["synonyms"].append(words)


def unescaped(words: str) -> str:
    """Words of OBO without their backslashes."""
    return re.sub(r"\\(.)", r"\1", words)


def _below(key: str, children: dict[str, list[str]]) -> set[str]:
    seen: set[str] = set()
    stack = [key]
    while stack:
        fresh = [child for child in children.get(stack.pop(), ()) if child not in seen]
        seen.update(fresh)
        stack.extend(fresh)
    return seen


def _systems(children: dict[str, list[str]]) -> dict[str, str]:
    """For each phenotype one organ system: of those it lies in, the smallest, since that says most."""
    below = {system: _below(system, children) | {system} for system in children.get(ROOT, ())}
    systems: dict[str, str] = {}
    for system in sorted(below, key=lambda key: (len(below[key]), key)):
        for key in below[system]:
            systems.setdefault(key, system)
    return systems
