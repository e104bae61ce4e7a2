"""What an explanation says, as frozen records."""

from typing import Annotated, Literal

from pydantic import Field

from fedviz.core.types import Record, Triple


class LinkedMention(Record):
    """A place in the text and the entity that it was linked to: `text[start:end] == surface`."""

    start: int
    end: int
    surface: str
    entity: str
    entity_name: str
    score: float
    method: Literal["exact", "embedding"]


class Contribution(Record):
    """One triple's summand: `values` are logits per class, already gated and scaled.

    `relation` is "is_a" for a triple of the graph and "is_a*" for a path of several is_a steps taken as one. `mention` indexes the text's mentions.
    `weight` is the triple's frozen rarity weight, `scale` what an edit multiplied it by (0: off), `added` whether an edit put it there.
    """

    triple: Triple
    head_name: str
    relation: str
    tail_name: str
    mention: int | None
    gate: float
    weight: float
    values: tuple[float, ...]
    scale: float = 1.0
    added: bool = False

    @property
    def key(self) -> str:
        """The name by which edits speak of this triple."""
        return triple_key(self.triple)


class Explanation(Record):
    """A prediction as a sum: `text_logits + sum of contributions' values == logits` (within 1e-5), each [classes]."""

    text: str
    classes: tuple[str, ...]
    mentions: tuple[LinkedMention, ...]
    text_logits: tuple[float, ...]
    logits: tuple[float, ...]
    probabilities: tuple[float, ...]
    text_probabilities: tuple[float, ...]
    contributions: tuple[Contribution, ...]
    predicted: int


class Edits(Record):
    """Changes to the graph's evidence for one prediction: weights stay frozen, summands are scaled, and triples between known entities are added.

    `scale` maps "head|relation|tail" to a factor: 0 switches off, 0.5 halves. Keys that the text has no summand for change nothing.
    """

    scale: dict[str, Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)]] = {}
    added: tuple[Triple, ...] = ()


class TripleDifference(Record):
    """One triple under two models: its values per class in the first and in the second."""

    triple: Triple
    head_name: str
    tail_name: str
    first: tuple[float, ...]
    second: tuple[float, ...]


class Comparison(Record):
    """Two predictions on one text. All differences are second minus first, per class, and again a sum: text + triples == logits."""

    text: str
    classes: tuple[str, ...]
    first_predicted: int
    second_predicted: int
    text_difference: tuple[float, ...]
    logits_difference: tuple[float, ...]
    triples: tuple[TripleDifference, ...]


class Verification(Record):
    """Leave-one-out beside the summand: what the contribution says, what a forward pass without the triple measures, and the greatest difference in logits."""

    said: tuple[float, ...]
    measured: tuple[float, ...]
    error: float


class Flip(Record):
    """A smallest set of triples whose removal changes the answer: to class `target`, by `margin` logits after removal."""

    keys: tuple[str, ...]
    target: int
    margin: float


def triple_key(triple: Triple) -> str:
    """A triple as one word: "head|relation|tail"."""
    return "|".join(triple)
