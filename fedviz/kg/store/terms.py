"""RDF terms as their N-Triples text, the vocabularies that fedviz speaks, and short names for IRIs.

Everywhere outside `oxi` a term is a string in N-Triples: `<http://...>`, `"text"@en`, `"1"^^<...>`. So it can be compared, hashed, kept
in JSON and written to a file as it is. Blank nodes do not occur: readers give them names (RDF 1.1, section 3.5, skolemisation).
"""

import re
from typing import NamedTuple
from urllib.parse import quote, unquote

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
PROV = "http://www.w3.org/ns/prov#"
XSD = "http://www.w3.org/2001/XMLSchema#"
DCT = "http://purl.org/dc/terms/"
FEDVIZ = "urn:fedviz:"

PREFIXES: dict[str, str] = {
    "rdf": RDF,
    "rdfs": RDFS,
    "owl": OWL,
    "skos": SKOS,
    "prov": PROV,
    "xsd": XSD,
    "dct": DCT,
    "foaf": "http://xmlns.com/foaf/0.1/",
    "schema": "http://schema.org/",
    "dbr": "http://dbpedia.org/resource/",
    "dbo": "http://dbpedia.org/ontology/",
    "dbp": "http://dbpedia.org/property/",
    "wd": "http://www.wikidata.org/entity/",
    "wdt": "http://www.wikidata.org/prop/direct/",
    "oio": "http://www.geneontology.org/formats/oboInOwl#",
    "obo": "http://purl.obolibrary.org/obo/",
    "fv": FEDVIZ,
    "ent": f"{FEDVIZ}entity:",
    "rel": f"{FEDVIZ}relation:",
}
"""Prefixes that every query may use and every export declares."""

_FORBIDDEN = re.compile(r'[\x00-\x20<>"{}|^`\\]')
_ESCAPES = str.maketrans({chr(code): f"\\u{code:04X}" for code in (*range(0x20), 0x7F, 0xFFFE, 0xFFFF)} | {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f", "\x00": "\ufffd"})
_SPECIAL = re.compile('[\\x00-\\x1f\\x7f"\\\\\ud800-\udfff\ufffe\uffff]')
_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"(?:@([A-Za-z0-9-]+)|\^\^<([^>]*)>)?\Z', re.DOTALL)
_ESCAPED = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_PLAIN = {"t": "\t", "n": "\n", "r": "\r", "b": "\b", "f": "\f"}
_OBO_ID = re.compile(r"([A-Za-z]+)_(\d+)\Z")
_CURIE = re.compile(r"([A-Za-z][A-Za-z0-9]*):(\S+)\Z")
_SURROGATE = re.compile("[\ud800-\udfff]")


class Statement(NamedTuple):
    """One RDF triple, each term in N-Triples: subject and predicate are IRIs, the object an IRI or a literal."""

    subject: str
    predicate: str
    object: str

    @property
    def line(self) -> bytes:
        """The statement as a line of N-Triples in UTF-8, with its end."""
        return f"{self.subject} {self.predicate} {self.object} .\n".encode()


def iri(text: str) -> str:
    """`<text>`; characters that no IRI may hold (RFC 3987; spaces, angle brackets, controls) are percent-encoded."""
    return f"<{_FORBIDDEN.sub(lambda found: quote(found[0], safe=''), _SURROGATE.sub('', text))}>"


def literal(text: str, language: str = "", datatype: str = "") -> str:
    """A literal: plain, with a language (BCP 47), or with a datatype (an IRI without brackets)."""
    escaped = _SURROGATE.sub("\ufffd", text).translate(_ESCAPES) if _SPECIAL.search(text) else text
    if language:
        return f'"{escaped}"@{language.lower()}'
    return f'"{escaped}"^^{iri(datatype)}' if datatype and datatype != f"{XSD}string" else f'"{escaped}"'


def entity(name: str) -> str:
    """The IRI of a thing that its source names by words alone: `urn:fedviz:entity:` and the percent-encoded name."""
    return f"<{FEDVIZ}entity:{quote(_SURROGATE.sub('', ' '.join(name.split())), safe='')}>"


def relation(name: str) -> str:
    """The IRI of a relation that its source names by words alone; white space becomes `_`."""
    return f"<{FEDVIZ}relation:{quote(_SURROGATE.sub('', '_'.join(name.split())), safe='')}>"


def is_iri(term: str) -> bool:
    """Whether a term is an IRI (otherwise it is a literal)."""
    return term.startswith("<")


def value(term: str) -> str:
    """What a term says: the IRI without brackets, or the text of a literal."""
    if is_iri(term):
        return term[1:-1]
    found = _LITERAL.match(term)
    return _ESCAPED.sub(_unescaped, found[1]) if found else term


def language(term: str) -> str:
    """The language of a literal, in lower case; empty where it has none."""
    found = None if is_iri(term) else _LITERAL.match(term)
    return (found[2] or "").lower() if found else ""


def datatype(term: str) -> str:
    """The datatype of a literal as an IRI without brackets; empty for plain text and for IRIs."""
    found = None if is_iri(term) else _LITERAL.match(term)
    return (found[3] or "") if found else ""


def compact(term: str) -> str:
    """A short and unique name of an IRI: `HP:0000118` for OBO identifiers, `dbo:Drug` by the prefixes, the plain name of our own, else the IRI."""
    text = value(term)
    for kind in ("entity", "relation"):
        if text.startswith(f"{FEDVIZ}{kind}:"):
            return unquote(text.removeprefix(f"{FEDVIZ}{kind}:"))
    obo = PREFIXES["obo"]
    if text.startswith(obo) and (found := _OBO_ID.match(text.removeprefix(obo))):
        return f"{found[1]}:{found[2]}"
    for prefix, base in PREFIXES.items():
        if text.startswith(base) and len(text) > len(base):
            return f"{prefix}:{text.removeprefix(base)}"
    return text


def shown(term: str) -> str:
    """A term as people read it: the short name of an IRI, or the text of a literal."""
    return compact(term) if is_iri(term) else value(term)


def expand(name: str) -> str:
    """The IRI (as a term) that `compact` shortened to `name`; words that are neither a CURIE nor an IRI name an entity of ours."""
    if name.startswith("<") and name.endswith(">"):
        return iri(name[1:-1])
    if name.startswith(("http://", "https://", "urn:")):
        return iri(name)
    if found := _CURIE.match(name):
        prefix, local = found.groups()
        if prefix in PREFIXES:
            return iri(PREFIXES[prefix] + local)
        if local.isdigit():
            return iri(f"{PREFIXES['obo']}{prefix}_{local}")
    return entity(name)


def _unescaped(found: re.Match[str]) -> str:
    if found[3]:
        return _PLAIN.get(found[3], found[3])
    code = int(found[1] or found[2], 16)
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
