"""Parts of construction that have gold sentences of their own: quantities and dates, names of a Chinese dictionary, is_a by the noun of a new thing."""

from pathlib import Path

from fedviz.bench.report import Check, at_least
from fedviz.kg.construct import gold
from fedviz.kg.construct.entities import mentions
from fedviz.kg.construct.gazetteer import Gazetteer, from_list
from fedviz.kg.construct.pipeline import Constructor
from fedviz.kg.construct.records import Document
from fedviz.kg.construct.relations import HEAD_NOUN

VALUES = {"quantities": "patterns were extended knowing these", "quantities-held-out": "never looked at before"}
PRECISION = 0.75


def scores(folder: Path, steps: Constructor) -> list[tuple[str, str, str, gold.Score]]:
    """(gold file, what, method, score) of each part; `steps` has the gazetteer of the medical scenarios."""
    found = []
    for name, known in VALUES.items():
        sentences = gold.read(folder / f"{name}.txt")
        found.append((name, "values with units", f"patterns; {known}", gold.score_values((sentence, mentions(sentence.text, None)) for sentence in sentences)))
    chinese = Gazetteer(from_list((folder / "chinese-names.txt").read_text("utf-8").splitlines()))
    sentences = gold.read(folder / "chinese.txt")
    found.append(("chinese", "mentions", "names and synonyms of a dictionary", gold.score_mentions((sentence, mentions(sentence.text, chinese)) for sentence in sentences)))
    sentences = gold.read(folder / "head-nouns.txt")
    proposed = ((sentence, [fact for fact in steps.extract(Document(sentence.text)).triples if fact.method == HEAD_NOUN]) for sentence in sentences)
    found.append(("head-nouns", "is_a of new things", "noun of a new thing", gold.score_triples(proposed)))
    return found


def checks(found: list[tuple[str, str, str, gold.Score]]) -> list[Check]:
    """What must hold for a step to be on by default."""
    by_name = {name: score for name, _what, _method, score in found}
    return [
        at_least("precision of is_a by the noun of a new thing", by_name["head-nouns"].precision, PRECISION),
        at_least("precision of values with units, held-out sentences", by_name["quantities-held-out"].precision, PRECISION),
    ]
