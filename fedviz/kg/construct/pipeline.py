"""The steps of construction in their order: text -> mentions -> triples -> what is held back; and over many documents, with progress."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from fedviz.core.errors import InputError
from fedviz.core.options import Options
from fedviz.core.text import clean
from fedviz.kg.construct import attributes, entities, generated, relations
from fedviz.kg.construct.distant import DistantModel
from fedviz.kg.construct.gazetteer import Gazetteer
from fedviz.kg.construct.generated import Generate
from fedviz.kg.construct.records import Document, Extracted, Extraction, Found
from fedviz.kg.near import NearLinker


class ConstructOptions(Options):
    """What construction does; every step can be switched off."""

    domain: Annotated[
        Literal["medicine", "finance", "manufacturing", "general"], Field(title="Domain", description="Which words tell a relation: those of medicine, finance, maintenance orders, or the general ones alone.")
    ] = "medicine"
    variants: Annotated[bool, Field(title="Other spellings", description="Finds a name also with its words in another order or number: \"rupture of uterus\" for \"uterine rupture\".")] = True
    abbreviations: Annotated[bool, Field(title="Abbreviations", description="Finds abbreviations that the text itself defines: \"hearing loss (HL)\".")] = True
    values: Annotated[bool, Field(title="Quantities and dates", description="Finds quantities with units, sums of money and dates, and brings them to one unit and form.")] = True
    names: Annotated[bool, Field(title="Proper names", description="Finds people, firms and places with spaCy's small English model: good on news, of little use on medicine.")] = False
    dependencies: Annotated[bool, Field(title="Dependencies", description="Finds subject, verb and object with spaCy's parse of whole sentences, beside the patterns.")] = False
    near: Annotated[bool, Field(title="Near names", description="Links words that the graph does not have to the nearest name by embedding. Slower, and needs MiniLM.")] = False
    near_threshold: Annotated[float, Field(ge=0.5, le=1, title="Least cosine", description="How near a name must be to be linked.")] = 0.85
    new_things: Annotated[bool, Field(title="New things", description="Lets the ends of a triple be things that the graph does not know; off, both ends must be known.")] = True
    head_nouns: Annotated[bool, Field(title="Link new things by their noun", description="A new thing whose last words are a known name is taken to be a kind of it: malignant neoplasm is a neoplasm.")] = True
    language_model: Annotated[
        str,
        Field(
            max_length=300, title="Language model",
            description="Off while empty. The folder of an installed causal language model, or a hub id that is on this machine already, which is asked for triples too. It invents names: a triple whose words do not stand in the sentence is held back. Slow.",
        ),
    ] = ""  # fmt: skip
    least_confidence: Annotated[float, Field(ge=0, le=1, title="Least confidence", description="A triple that is less sure than this is held back.")] = 0.0


@dataclass(frozen=True, eq=False)
class Constructor:
    """The steps with what they need: a gazetteer (None: names and values alone), a linker by embedding where `near` is on, a distant classifier and a language model where there is one."""

    options: ConstructOptions
    gazetteer: Gazetteer | None = None
    near: NearLinker | None = None
    distant: DistantModel | None = None
    generate: Generate | None = None

    def mentions(self, text: str) -> tuple[Found, ...]:
        """The mentions of a text by the steps that are on."""
        chosen = self.options
        return entities.mentions(text, self.gazetteer, chosen.variants, chosen.abbreviations, chosen.values, chosen.names, self.near if chosen.near else None)

    def extract(self, document: Document) -> Extraction:
        """Everything in one document. Sentences are taken by themselves; places of mentions are places in the document. `InputError` for a text that is empty or too long."""
        text = clean(document.text)
        found: list[Extracted] = []
        every = self.mentions(text)
        for start, end in entities.sentences(text):
            sentence = text[start:end]
            own = tuple(one._replace(start=one.start - start, end=one.end - start) for one in every if start <= one.start and one.end <= end)
            said = relations.in_sentence(sentence, own, self.options.domain, self.options.dependencies)
            if self.options.values:
                said += attributes.in_sentence(sentence, own)
            if self.options.new_things and self.options.head_nouns:
                said += relations.by_head_noun(said, own)
            if self.distant is not None:
                said += self.distant.in_sentence(sentence, own, said)
            if self.generate is not None:
                said += _new(generated.in_sentence(sentence, own, self.options.domain, self.generate), said)
            found += [self._kept(one) for one in said if self.options.new_things or ((one.head.entity or one.head.value) and (one.tail.entity or one.tail.value))]
        facts, held = tuple(one for one in found if not one.held), tuple(one for one in found if one.held)
        return Extraction(document._replace(text=text), every, facts, held)

    def extract_many(
        self, documents: Iterable[Document], progress: Callable[[int, int], None] = lambda done, total: None, cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[Extraction]:
        """`extract` of each; a document of which nothing is left is passed over. `InputError` once somebody cancels."""
        documents = list(documents)
        for number, document in enumerate(documents):
            if cancelled():
                raise InputError("The construction was cancelled; nothing was written.")
            progress(number, len(documents))
            if document.text.strip():
                yield self.extract(document)
        progress(len(documents), len(documents))

    def _kept(self, one: Extracted) -> Extracted:
        if not one.held and one.confidence < self.options.least_confidence:
            return one._replace(held=f"unsure: {one.confidence:.2f}")
        return one


def _new(written: Sequence[Extracted], said: Sequence[Extracted]) -> list[Extracted]:
    """What a model writes that no other step has said already."""
    known = {one.triple for one in said}
    return [one for one in written if one.triple not in known]
