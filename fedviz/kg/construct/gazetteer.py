"""Gazetteers: the names of a graph or of a list, as they are written, in another order or number, and as abbreviations that a text defines.

Abbreviations: Schwartz and Hearst, A simple algorithm for identifying abbreviation definitions in biomedical text, PSB 2003.
"""

import re
from collections.abc import Iterable, Iterator

from fedviz.core.errors import InputError
from fedviz.kg.construct.records import Found
from fedviz.kg.graph import Entity, KnowledgeGraph
from fedviz.kg.link import Linker, surface_forms
from fedviz.kg.surface import fold

MOST_WORDS = 7
MAX_LIST = 200_000
_WORD = re.compile(r"[^\W_]+(?:'[a-z]+)?")
_BREAK = re.compile(r"[.,;:!?()\[\]{}\n]")
_COMPOUND = re.compile(r"(?:cash\s+flows?|equity\s+method|interest\s+rates?|stock\s+options?|deposit\s+insurance)\b", re.IGNORECASE)  # another thing than its first word
_MODIFIES = re.compile(r"\s+(?!(?:net|gross|current|noncurrent|long|short|and|or|nor|but|due|on|as|is|are|was|were|has|had|than|not|during|after|before|following|without|under|between|into|attributable|arising|related)\b)(?!(?:a|an|the|of|in|to|at|by|with|for|from)\b)[a-z]")
_FILLERS = frozenset("a an the of in to on at by".split())  # noqa: SIM905
_ADJECTIVES = ("al", "ic", "ar", "ine", "ous", "eal", "ary")
_NUMERALS = {"i": "1", "ii": "2", "iii": "3", "iv": "4"}
# adjectives of body parts and the noun that a paraphrase uses: "uterine rupture", "rupture of the uterus"
_NOUNS = dict(
    pair.split(":")
    for pair in (  # noqa: SIM905
        "uterine:uterus vaginal:vagina ureteral:ureter ureteric:ureter urethral:urethra renal:kidney hepatic:liver cardiac:heart pulmonary:lung gastric:stomach cerebral:brain "
        "cutaneous:skin dermal:skin ocular:eye nasal:nose dental:tooth teeth:tooth oral:mouth muscular:muscle splenic:spleen thyroidal:thyroid pancreatic:pancreas ovarian:ovary "
        "testicular:testis testicle:testis orbital:orbit spinal:spine vertebral:vertebra aortic:aorta corneal:cornea retinal:retina palatal:palate lingual:tongue colonic:colon "
        "esophageal:esophagus anal:anus rectal:rectum tracheal:trachea laryngeal:larynx tonsillar:tonsil jugulare:jugular meningeal:meninges mandibular:mandible maxillary:maxilla "
        "prostatic:prostate femoral:femur tibial:tibia osseous:bone bony:bone vesical:bladder biliary:bile lambdoidal:lambdoid infarct:infarction tumour:tumor neoplastic:neoplasm "
        "pneumonitis:pneumonitis labour:labor hemorrhagic:hemorrhage haemorrhage:hemorrhage oedema:edema anaemia:anemia diverticulosis:diverticula"
    ).split()
)


class Gazetteer:
    """Finds names of a graph in a text: as written (`exact`), in another order, number or spelling (`variants`), and by abbreviations that the text defines."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        self.graph = graph
        self.linker = Linker(graph)
        self._bags: dict[tuple[str, ...], str] = {}
        self._plural: set[tuple[str, ...]] = set()
        self._singular: set[tuple[str, ...]] = set()
        for form, entity in surface_forms(graph).items():
            words = [word.group() for word in _WORD.finditer(form)]
            if words and len(words) <= MOST_WORDS:
                self._bags.setdefault(_bag(words), entity)
                if words[-1].endswith("s") and not words[-1].endswith("ss"):
                    self._plural.add(_bag(words))
                else:
                    self._singular.add(_bag(words))

    def exact(self, text: str) -> Iterator[Found]:
        """Names as the graph writes them, whatever the case."""
        for mention in self.linker.link(text):
            if _COMPOUND.match(text, mention.start) and " " not in mention.surface:
                continue
            yield Found(mention.start, mention.end, mention.surface, mention.entity, 1.0, "exact")

    def variants(self, text: str) -> Iterator[Found]:
        """The same words in another order or number, up to seven, with "of", "the" and the like between them."""
        folded = fold(text)
        words = [(found.start(), found.end(), found.group()) for found in _WORD.finditer(folded)]
        for first, (start, _end, word) in enumerate(words):
            if word in _FILLERS:
                continue
            for last in range(first, min(len(words), first + MOST_WORDS)):
                end = words[last][1]
                if last > first and _BREAK.search(folded, words[last - 1][1], words[last][0]):
                    break
                chosen = [one for _s, _e, one in words[first : last + 1]]
                dangling = chosen[-1] in _NOUNS and chosen[-1].endswith(_ADJECTIVES) and folded[end : end + 2].strip()[:1].isalpha()  # "neoplasm of uterine" ligament
                than = chosen[-1] == "other" and re.match(r"\s+than\b", folded[end:])  # "liabilities other" than debt
                if chosen[-1] in _FILLERS or dangling or than or (last == first and len(word) < 5):
                    continue
                bag = _bag(chosen)
                entity = self._bags.get(bag)
                # what the graph has in the plural alone is no thing but a modifier in "income tax reconciliation"
                modifies = bag in self._plural and bag not in self._singular and not chosen[-1].endswith("s") and _MODIFIES.match(folded, end)
                if entity is not None and not modifies:
                    yield Found(start, end, text[start:end], entity, 0.9, "variant")

    def abbreviations(self, text: str, mentions: Iterable[Found]) -> Iterator[Found]:
        """Every place of an abbreviation that the text defines after one of these mentions: "hearing loss (HL)"."""
        for mention in mentions:
            short = re.compile(r"\s*[(\[]([A-Za-z][A-Za-z0-9-]{1,9})[)\]]").match(text, mention.end)
            if mention.entity and short and is_abbreviation(short[1], mention.surface):
                for place in re.finditer(rf"\b{re.escape(short[1])}\b", text):
                    yield Found(place.start(), place.end(), place.group(), mention.entity, 0.95, "abbreviation")


def is_abbreviation(short: str, long: str) -> bool:
    """Whether the letters of `short` occur in `long` in their order, the first at the beginning of a word, and it looks like an abbreviation (two capitals)."""
    if sum(letter.isupper() for letter in short) < 2 or len(short) >= len(long):
        return False
    rest, letters = long.lower(), [letter for letter in short.lower() if letter.isalnum()]
    place = len(rest)
    for number, letter in enumerate(reversed(letters)):
        place = rest.rfind(letter, 0, place)
        while number == len(letters) - 1 and place > 0 and rest[place - 1].isalnum():
            place = rest.rfind(letter, 0, place)
        if place < 0:
            return False
    return True


def from_list(lines: Iterable[str], name: str = "list") -> KnowledgeGraph:
    """A gazetteer's graph from lines "name; synonym; synonym": `InputError` where there is no name or there are too many."""
    entities: dict[str, Entity] = {}
    for line in lines:
        names = [part for part in (" ".join(piece.split()) for piece in line.replace("\t", ";").replace("\uff1b", ";").split(";")) if part]
        if names:
            key = names[0].lower()
            known = entities.get(key)
            entities[key] = Entity(key, names[0], tuple(dict.fromkeys((*(known.synonyms if known else ()), *names[1:]))))
        if len(entities) > MAX_LIST:
            raise InputError(f"A list of names has at most {MAX_LIST:,} of them.")
    if not entities:
        raise InputError("A list of names needs at least one line with a name.")
    return KnowledgeGraph(name, "a list", entities, ())


def _bag(words: Iterable[str]) -> tuple[str, ...]:
    """The words without fillers, in one number and spelling, sorted: equal for paraphrases."""
    return tuple(sorted(_stem(word) for word in words if word not in _FILLERS))


def _stem(word: str) -> str:
    word = word.removesuffix("'s")
    word = _NUMERALS.get(word, _NOUNS.get(word, word))
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ses", "xes", "ches", "shes")) and not word.endswith("ises"):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    return _NOUNS.get(word, word)
