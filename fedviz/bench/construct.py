"""How well mentions and triples are found in the gold sentences, step by step, against two baselines. Needs the carriers; see `tests/gold/README.md` for what is annotated.

Baselines: mentions by preferred names alone, exactly as the ontology writes them; triples by co-occurrence, every pair of ends that the
patterns see in a text, left to right, as one frequent relation of the scenario.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import fedviz
from fedviz.bench import construct_parts
from fedviz.bench.report import Check, Result, Say, at_least
from fedviz.core.config import RunConfig
from fedviz.kg.construct import gold
from fedviz.kg.construct.attributes import VALUE
from fedviz.kg.construct.distant import DistantModel, train
from fedviz.kg.construct.gazetteer import Gazetteer
from fedviz.kg.construct.pipeline import ConstructOptions, Constructor
from fedviz.kg.construct.records import Document, Extracted, Extraction, Found
from fedviz.kg.construct.relations import HEAD_NOUN
from fedviz.kg.graph import Entity, KnowledgeGraph
from fedviz.kg.hpo import hpo_graph
from fedviz.models import constructor
from fedviz.scenarios.documents import documents
from fedviz.scenarios.load import graph_of

FOLDER = Path(fedviz.__file__).parents[1] / "tests" / "gold"
TEACHERS = 3000


class Ground(NamedTuple):
    """What a scenario is measured on: its file of gold sentences, the domain whose patterns read them, the graph that is the gazetteer, and the scenario whose training texts teach the classifier."""

    gold: str
    domain: str
    graph: Callable[[], KnowledgeGraph]
    teacher: str
    together: str = "associated_with"
    """The relation that the baseline takes co-occurrence for: one that is frequent in the gold sentences."""


def _own(name: str) -> Callable[[], KnowledgeGraph]:
    return lambda: graph_of(name)[0]


SCENARIOS: dict[str, Ground] = {
    "medicine-coding": Ground("medicine-coding", "medicine", hpo_graph, "medicine-coding"),
    "medicine-vignettes": Ground("medicine-vignettes", "medicine", hpo_graph, "medicine-coding"),
    "manufacturing-orders": Ground("manufacturing", "manufacturing", _own("manufacturing-orders"), "manufacturing-orders", "has_problem"),
    "finance-lines": Ground("finance", "finance", _own("finance-lines"), "finance-lines", "part_of"),
}
F1, PRECISION = 0.80, 0.75


def measure(quick: bool, say: Say) -> Result:
    """Precision, recall and F1 of mentions and of triples by method; `quick` leaves out what needs MiniLM."""
    rows: list[dict[str, Any]] = []
    checks: list[Check] = []
    for name, ground in SCENARIOS.items():
        sentences = gold.read(FOLDER / f"{ground.gold}.txt")
        say(f"{name}: {len(sentences)} texts, building the steps")
        steps = _steps(ground, quick, say)
        for title, steps_of in steps:
            found = [steps_of.mentions(sentence.text) for sentence in sentences]
            score = gold.score_mentions(zip(sentences, found, strict=True))
            rows.append(_row(name, "mentions", title, score, gold.score_mentions(zip(sentences, found, strict=True), linked=False)))
            if title.startswith("and other"):
                checks.append(at_least(f"F1 of mentions, {name}", score.f1, F1))
        taught = None if quick else _taught(steps[2][1], ground.teacher, {sentence.text for sentence in sentences}, say)
        rows += _triples(name, ground.together, sentences, steps[2][1], taught, checks)
    parts = construct_parts.scores(FOLDER, Constructor(ConstructOptions(), Gazetteer(hpo_graph())))
    rows += [_row(name, what, method, score, score) for name, what, method, score in parts]
    checks += construct_parts.checks(parts)
    return Result(
        "construct", rows, checks,
        [
            "right: mentions by place and identifier, triples by the words of both ends and the relation; relaxed: mentions by place alone, ends that share their last word or lie within each other.",
            "The sentences were annotated before the patterns were written or, of work orders, rewritten; patterns were improved on other texts of the same scenarios. One annotator, who is also the author of the patterns.",
            "The gazetteer of the work orders is the experts' vocabulary, which was made of the words of this corpus, the gold sentences included, with the names that training orders add: elsewhere fewer mentions would be found.",
            "Line items repeat each other: one in six begins with \"Disposal group including discontinued operation\", which gives more than half of their triples. The names of the concept tree were extended after the annotation and the gold was scored after every change, so that the F1 of their mentions (0.76 before) is optimistic.",
            "The vignettes are generated from names of the very ontology that is the gazetteer: their mentions are easy by construction, and they hold no triples.",
            f"Distant supervision: taught by the graph that the patterns built from {TEACHERS:,} other training phrases, so that it repeats the patterns where they are right and wrong.",
            "Values: ranges, stages and a few units were added to the patterns after the first file was annotated and seen; the held-out file was annotated afterwards, before its output was seen.",
            "Chinese: leaflet texts and dictionary of PyCMeKG 0.2.5 (MIT; where its content comes from is not said). The dictionary calls words such as 皮肤 and 剂量 symptoms; these mistakes count.",
            "is_a by noun: 100 distinct proposals were read and judged; recall says nothing, because what was judged is what it proposed.",
        ],
    )  # fmt: skip


def _steps(ground: Ground, quick: bool, say: Say) -> list[tuple[str, Constructor]]:
    """The methods by which mentions are found, each with its title; the third is the usual one."""
    graph, domain = ground.graph(), {"domain": ground.domain}
    whole = Gazetteer(graph)
    plain = ConstructOptions.model_validate({**domain, "variants": False, "abbreviations": False})
    steps = [
        ("baseline: preferred names alone", Constructor(plain, Gazetteer(_without_synonyms(graph)))),
        ("names and synonyms", Constructor(plain, whole)),
        ("and other spellings, abbreviations", Constructor(ConstructOptions.model_validate(domain), whole)),
    ]
    if not quick:
        say("the names' vectors, where they are missing")
        near = constructor.make(graph, ConstructOptions.model_validate({**domain, "near": True}), lambda done, total: say(f"{done} of {total} names"))
        steps.append(("and near names by embedding", near))
    return steps


def _triples(name: str, together: str, sentences: Sequence[gold.GoldSentence], steps: Constructor, taught: DistantModel | None, checks: list[Check]) -> list[dict[str, Any]]:
    built = [steps.extract(Document(sentence.text)) for sentence in sentences]
    found: list[tuple[str, list[list[Extracted]]]] = [
        ("baseline: co-occurrence", [_together(one, together) for one in built]),
        ("patterns", [[fact for fact in one.triples if fact.method not in (HEAD_NOUN, VALUE)] for one in built]),
    ]
    if taught is not None:
        alone = [taught.in_sentence(one.document.text, _things(one)) for one in built]
        found.append(("distant supervision alone", [[fact for fact in facts if not fact.held] for facts in alone]))
    rows = []
    for title, facts in found:
        score = gold.score_triples(zip(sentences, facts, strict=True))
        rows.append(_row(name, "triples", title, score, gold.score_triples(zip(sentences, facts, strict=True), relaxed=True)))
        if title == "patterns" and score.gold:
            checks.append(at_least(f"precision of triples, {name}", score.precision, PRECISION))
    held, stored, denied = gold.score_denied((sentence, one.triples, one.held) for sentence, one in zip(sentences, built, strict=True))
    if denied:
        rows.append(_row(name, "denied triples", "held back", gold.Score(held, held, denied), gold.Score(held, held, denied)))
        checks.append(Check(f"denied triples stored as facts, {name}", stored, "exactly 0", stored == 0))
    return rows


def _row(name: str, what: str, method: str, score: gold.Score, relaxed: gold.Score) -> dict[str, Any]:
    return {
        "scenario": name, "what": what, "method": method, "gold": score.gold, "found": score.found, "right": score.right,
        "precision": score.precision, "recall": score.recall, "F1": score.f1, "relaxed precision": relaxed.precision, "relaxed F1": relaxed.f1,
    }  # fmt: skip


def _without_synonyms(graph: KnowledgeGraph) -> KnowledgeGraph:
    return KnowledgeGraph(graph.name, graph.source, {key: Entity(key, item.name) for key, item in graph.entities.items()}, ())


def _together(one: Extraction, relation: str) -> list[Extracted]:
    """Every pair of ends of a text, left to right; the ends are those that the patterns see, so that the baseline is not worse for want of them."""
    ends = _things(one)
    return [Extracted(left, relation, right, "co-occurrence", 0.5, "") for number, left in enumerate(ends) for right in ends[number + 1 :] if left.key != right.key]


def _things(one: Extraction) -> list[Found]:
    """The ends that the patterns see in a text, facts and denied ones, and its mentions that lie in none of them: the candidates of the classifier."""
    ends = {end for fact in (*one.triples, *one.held) if fact.method != HEAD_NOUN for end in (fact.head, fact.tail)}
    return sorted({*ends, *(mention for mention in one.mentions if mention.entity and not any(end.start <= mention.start and mention.end <= end.end for end in ends))})


def _taught(steps: Constructor, teacher: str, gold_texts: set[str], say: Say) -> DistantModel | None:
    """A classifier taught by a graph that exists already: what the patterns built from other phrases."""
    say("teaching the classifier")
    config = RunConfig.parse({"scenario": {"name": teacher}})
    built = [steps.extract(document) for document in documents(config, limit=TEACHERS) if document.text not in gold_texts]
    known = {(fact.head.key, fact.tail.key): fact.relation for one in built for fact in one.triples if fact.method != HEAD_NOUN and not fact.tail.value}
    return train(known, [(one.document.text, _things(one)) for one in built], constructor.embedder(), progress=lambda done, total: say(f"{done} of {total} examples"))
