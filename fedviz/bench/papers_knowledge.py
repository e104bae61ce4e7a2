"""Ways for the graph to take part: each term of the loss against its equation in plain NumPy, and what written and chosen texts promise; on the toy scenario."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from fedviz.bench.proof import Proof
from fedviz.core.config import RunConfig
from fedviz.core.i18n import N_
from fedviz.core.registry import AUGMENTATIONS, LOSSES, SELECTIONS
from fedviz.models.knowledge.base import KnowledgeInputs
from fedviz.models.losses.base import Reading, Step
from fedviz.models.losses.described import description, rarest
from fedviz.models.losses.links import RELATIONS
from fedviz.models.selection.diversity import greedy
from fedviz.models.selection.shared import closed_sets, content, likeness
from fedviz.models.selection.suspicion import suspects
from fedviz.scenarios.base import ScenarioData
from fedviz.scenarios.linked import linker
from fedviz.scenarios.load import load

Reals = NDArray[np.float64]
TEXTS, WIDTH, LIMIT = 24, 16, 1e-9
_FORMULA = N_("is its equation, worked out by a plain NumPy program (largest difference, in nats)")


def knowledge_laws() -> Iterator[Proof]:
    """A row for each term of the loss, for written texts, and for each way to choose texts."""
    data = load(RunConfig.parse({"scenario": {"name": "toy", "train_texts": 48, "test_texts": 8}}))
    for name, expected in (("consistency", _consistency), ("representation", _representation), ("links", _links), ("rules", _rules)):
        yield _term(data, name, expected)
    yield _written(data)
    yield from _chosen(data)


def _term(data: ScenarioData, name: str, expected: Any) -> Proof:
    """A term on random logits and vectors, against the equation."""
    entry = LOSSES.get(name)
    random = np.random.default_rng(0)
    inputs = KnowledgeInputs(data.graph, data.classes, data.class_entities, None, WIDTH, 0)
    term, texts = entry.build(entry.options(weight=1.0), inputs), data.train.texts[:TEXTS]
    known = {description(data.graph, key): random.normal(size=WIDTH) for key in sorted(data.graph.entities)}
    term.prepare(Reading(texts, lambda some: [known[text] for text in some]))
    logits, vectors = random.normal(size=(TEXTS, len(data.classes))), random.normal(size=(TEXTS, WIDTH))
    trained = {key: torch.from_numpy(random.normal(size=tuple(value.shape))) for key, value in term.parameters().items()}
    step = Step(torch.from_numpy(logits), torch.from_numpy(vectors), torch.zeros(TEXTS, dtype=torch.long), torch.arange(TEXTS), lambda some: torch.from_numpy(np.stack(some)))
    ours = float(term(step, trained))
    theirs = expected(data, texts, logits, vectors, known, {key: value.numpy() for key, value in trained.items()})
    # class evidence is kept in single precision
    return Proof(entry.title, _FORMULA, entry.equation, entry.paper, f"{ours:.10f}", f"{theirs:.10f}", abs(ours - theirs), 1e-6 if name == "consistency" else LIMIT)


def _consistency(data: ScenarioData, texts: tuple[str, ...], logits: Reals, *_: Any) -> float:
    """KL of the graph's softmax from the model's, over the texts of which the graph says something."""
    total = 0.0
    for row, mentions in enumerate(linker(data.graph).link_many(texts)):
        weights, length = np.zeros(len(data.classes)), 0.0
        entities = {mention.entity for mention in mentions}
        gate = 1 / (1 + np.exp(-20.0 * (1 - 0.75)))
        for entity in entities:
            above = [key for key in data.graph.ancestors(entity) if data.graph.information_content(key)]
            norm = np.sqrt(sum(data.graph.information_content(key) for key in above)) or 1.0
            for key in above:
                if key in data.class_entities:
                    weight = np.sqrt(data.graph.information_content(key)) / norm
                    weights[data.class_entities[key]] += weight
                    length += weight
        if length > 1e-9:
            prior = gate * 3.0 * weights / length
            target, said = _log_softmax(prior), _log_softmax(logits[row])
            total += float((np.exp(target) * (target - said)).sum())
    return total / len(texts)


def _representation(data: ScenarioData, texts: tuple[str, ...], logits: Reals, vectors: Reals, known: dict[str, Reals], trained: Any) -> float:
    """InfoNCE between texts and the entities of the batch."""
    named = rarest(data.graph, texts)
    different = sorted({entity for entity in named if entity})
    names = np.stack([_unit(known[description(data.graph, key)]) for key in different])
    return -sum(_log_softmax(names @ _unit(vectors[row]) / 0.1)[different.index(entity)] for row, entity in enumerate(named) if entity) / len(texts)


def _links(data: ScenarioData, texts: tuple[str, ...], logits: Reals, vectors: Reals, known: dict[str, Reals], trained: dict[str, Reals]) -> float:
    """TransE with negatives from the batch."""
    triples = []
    for row, entity in enumerate(rarest(data.graph, texts, {triple.head for triple in data.graph.triples})):
        own = data.graph.outgoing(entity) if entity else ()
        triples += [own[row % len(own)]] if own else []
    total = 0.0
    for triple in triples:
        moved = _unit(known[description(data.graph, triple.head)]) + trained[RELATIONS][data.graph.relations.index(triple.relation)]

        def far(tail: str, moved: Reals = moved) -> float:
            return float(np.linalg.norm(moved - _unit(known[description(data.graph, tail)])))

        false = [other for other in sorted({one.tail for one in triples}) if other != triple.head and triple._replace(tail=other) not in data.graph.triples]
        total += np.log1p(np.exp(far(triple.tail) - 1.0))
        total += sum(np.log1p(np.exp(1.0 - far(tail))) for tail in false) / max(len(false), 1)
    return total / len(texts)


def _rules(data: ScenarioData, texts: tuple[str, ...], logits: Reals, *_: Any) -> float:
    """The semantic loss of "one of the classes that the text's entities lead to"."""
    total = 0.0
    for row, mentions in enumerate(linker(data.graph).link_many(texts)):
        above = {key for mention in mentions for key in (mention.entity, *data.graph.ancestors(mention.entity))}
        allowed = {data.class_entities[key] for key in above if key in data.class_entities} or set(range(len(data.classes)))
        total -= float(np.log(np.exp(_log_softmax(logits[row]))[sorted(allowed)].sum()))
    return total / len(texts)


def _written(data: ScenarioData) -> Proof:
    """No written text breaks what its way promises."""
    entry = AUGMENTATIONS.get("graph")
    rows = tuple(np.arange(start, len(data.train), 4) for start in range(4))
    written = entry.write(entry.options(siblings=True, counterfactuals=True, least_content=0.0, amount=3.0), data, rows, 0, None)
    link = linker(data.graph).link
    broken = 0
    for one in written:
        old, new = (next(mention.entity for mention in link(words)) for words in (one.old, one.new))
        parents = [set(data.graph.parents(key)) for key in (old, new)]
        kept = {"synonyms": old == new, "hypernyms": new in parents[0], "siblings": bool(parents[0] & parents[1]), "counterfactuals": one.label != data.train.labels[one.source]}
        broken += not kept[one.kind]
    return Proof(entry.title, N_("keeps is_a: texts of which the new entity is no other name, no parent, no sibling, or, where the label changes, no entity of another class"), entry.equation, entry.paper,
                 f"{broken} / {len(written)}", "0", float(broken), 0.0)  # fmt: skip


def _chosen(data: ScenarioData) -> Iterator[Proof]:
    """The curriculum's order and shares, the bound of the greedy choice, and the formula of suspicion."""
    rows, graph = np.arange(len(data.train)), data.graph
    entry = SELECTIONS.get("coverage")
    some = entry.build(entry.options(start=0.25, until=1.0), data, (rows,), 5, 0)
    known, error = content(graph, closed_sets(data, rows)), 0.0
    for number in range(1, 6):
        chosen = some.rows(number, 0, rows)
        share = 0.25 + 0.75 * (number - 1) / 4
        left = np.setdiff1d(rows, chosen)
        error = max(error, abs(len(chosen) - np.ceil(share * len(rows) - 1e-9)), (known[left].max() - known[chosen].min()) if len(left) else 0.0)
    yield Proof(entry.title, N_("has the stated share in every round, and leaves out no text of which the graph knows more (largest error)"), entry.equation, entry.paper, f"{error:.1e}", "0", error, LIMIT)
    entry, ratio = SELECTIONS.get("diversity"), 1.0
    for seed in range(20):
        points = np.random.default_rng(seed).random((9, 3))
        alike = points @ points.T
        best = max(alike[list(three)].max(0).sum() for three in combinations(range(9), 3))
        ratio = min(ratio, float(alike[greedy(alike, 3)].max(0).sum() / best))
    yield Proof(entry.title, N_("comes within 1 - 1/e of the best choice of all (the worst of 20 draws)"), entry.equation, entry.paper, f"{ratio:.4f}", ">= 0.6321", ratio, 1 - 1 / np.e, "at least")
    entry, alike = SELECTIONS.get("suspicion"), likeness(graph, closed_sets(data, rows)) ** 3
    worst = 0.0
    for suspect in suspects(data, rows):
        votes = np.zeros(len(data.classes))
        for key in closed_sets(data, rows[[suspect.row]])[0]:
            if key in data.class_entities:
                votes[data.class_entities[key]] += 1
        near = np.array([alike[suspect.row, rows[(data.train.labels[rows] == label) & (rows != suspect.row)]].sum() for label in range(len(data.classes))])
        said = votes / max(votes.sum(), 1) + (near / near.sum() if near.sum() > 1e-12 else 0.0)
        worst = max(worst, abs(suspect.score - (np.delete(said, suspect.label).max() - said[suspect.label]) / 2))
    yield Proof(entry.title, N_("is its formula on every text (largest difference)"), entry.equation, entry.paper, f"{worst:.1e}", "0", worst, LIMIT)


def _log_softmax(values: Reals) -> Reals:
    return values - values.max() - np.log(np.exp(values - values.max()).sum())


def _unit(vector: Reals) -> Reals:
    return vector / np.linalg.norm(vector)
