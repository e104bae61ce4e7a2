"""What construction finds in a text: mentions, triples, and those that are held back with the reason."""

from typing import Literal, NamedTuple

Method = Literal["exact", "abbreviation", "variant", "quantity", "date", "name", "phrase", "embedding"]
"""How a mention was found; the earlier one wins where two of equal length overlap. `phrase`: a noun phrase at the end of a relation, unknown to the gazetteer."""


class Document(NamedTuple):
    """A text, what it is called, and whose it is (empty: nobody's in particular)."""

    text: str
    name: str = ""
    party: str = ""


class Found(NamedTuple):
    """A mention: `text[start:end]` is `surface` but for what brackets hold in between. `entity`: id in the gazetteer's graph, or empty for a thing that it does not know; `score` in [0, 1]; `value`: a quantity or date, normalised."""

    start: int
    end: int
    surface: str
    entity: str
    score: float
    method: Method
    value: str = ""

    @property
    def key(self) -> str:
        """The name of the thing in a graph: its id, or its words in one spelling."""
        return self.entity or " ".join(self.surface.lower().split()).rstrip(".") or self.surface


class Extracted(NamedTuple):
    """A triple with the sentence that says it. `held`: why it is no fact (empty: it is one). The tail of an attribute is a literal: a quantity or a date."""

    head: Found
    relation: str
    tail: Found
    method: str
    confidence: float
    sentence: str
    held: str = ""

    @property
    def triple(self) -> tuple[str, str, str]:
        """(head, relation, tail) by the names that the graph will have."""
        return self.head.key, self.relation, self.tail.value or self.tail.key


class Extraction(NamedTuple):
    """Everything found in one document; `triples` holds the facts, `held` what was held back."""

    document: Document
    mentions: tuple[Found, ...]
    triples: tuple[Extracted, ...]
    held: tuple[Extracted, ...]


def inside(mention: Found, start: int, end: int) -> bool:
    """Whether a mention shares a letter with `text[start:end]`."""
    return mention.start < end and mention.end > start
