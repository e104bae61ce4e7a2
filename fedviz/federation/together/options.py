"""What the parties agree on before they build a graph together."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from fedviz.core.i18n import N_
from fedviz.core.options import Options


class TogetherOptions(Options):
    """Alignment, release rule and its numbers. Every party compares what the server asks for with these, and answers to nothing else."""

    rule: Annotated[Literal["parties", "private", "consent"], Field(title=N_("Release rule"), description=N_("What lets a triple leave: enough parties hold it; a noisy count passes a threshold (differential privacy); or its relation is consented to."))] = "parties"
    least: Annotated[int, Field(ge=1, le=100, title=N_("Parties that must hold a triple"), description=N_("For the rule of parties. With 1 everything that is consented to leaves."))] = 2
    epsilon: Annotated[float, Field(gt=0, le=50, title=N_("Epsilon"), description=N_("For the private rule: how much the released triples and their counts may tell about one unit."))] = 4.0
    delta: Annotated[float, Field(gt=0, le=0.01, title=N_("Delta"), description=N_("For the private rule: the probability with which a triple that only one unit holds may slip out; well below one divided by the number of units."))] = 1e-5
    unit: Annotated[Literal["text", "party"], Field(title=N_("What is protected"), description=N_("For the private rule: one text, whose triples are counted text by text, or one whole party, whose triples count once. A party needs far more parties to agree."))] = "text"
    most: Annotated[int, Field(ge=1, le=10_000, title=N_("Triples of one unit"), description=N_("For the private rule: at most so many triples of each text, or party, are counted; the rest is held back. More need more noise."))] = 5
    alignment: Annotated[Literal["keyed", "blinded"], Field(title=N_("Alignment"), description=N_("How the server finds equal triples without reading them: by a key that all parties share (HMAC), or by a secret of each party, so that no single leaked key lets anybody test names (Diffie-Hellman private set intersection)."))] = "keyed"
    support: Annotated[int, Field(ge=1, le=1000, title=N_("Texts at home"), description=N_("A triple stands in a party's own graph if so many of its texts say it. Not used where single texts are protected, since it looks at more than one."))] = 2
    functional: Annotated[tuple[str, ...], Field(title=N_("Functional relations"), description=N_("Relations that have one object for each subject: two objects contradict each other."))] = ("points_to",)
    refused: Annotated[tuple[str, ...], Field(title=N_("Consent refused"), description=N_("Relations that do not leave: `relation` for all parties, `relation@2` for party 2."))] = ()

    @field_validator("refused")
    @classmethod
    def _readable(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for entry in value:
            relation, at, party = entry.partition("@")
            if not relation or (at and not party.isdigit()):
                raise ValueError(f"`refused` must hold entries like relation or relation@2, but got {entry[:60]!r}")
        return value

    @property
    def by_text(self) -> bool:
        """Whether triples are counted text by text, so that nothing may look at two texts of a party at once."""
        return self.rule == "private" and self.unit == "text"

    def consents(self, relation: str, client: int) -> bool:
        """Whether a party lets triples of a relation (its short name) leave."""
        return not {relation, f"{relation}@{client}"} & set(self.refused)
