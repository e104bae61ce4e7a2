"""Questions and answers of a federation: each client's from the entities that its own texts name; those held out share no entity with any that is trained on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from fedviz.core import seeds
from fedviz.core.config import RunConfig
from fedviz.core.errors import InputError
from fedviz.core.knowledge_use import GraphConfig
from fedviz.kg.graph import KnowledgeGraph
from fedviz.kg.qa.pairs import Pair, about
from fedviz.scenarios import load as scenarios
from fedviz.scenarios.base import ScenarioData
from fedviz.scenarios.linked import entities_of
from fedviz.scenarios.partitions.base import Shards

NOUNS = {"medicine": "finding", "manufacturing": "part", "finance": "item", "toy": "part"}
"""What the things of a scenario are called in a question, by the beginning of the scenario's name."""
HELD_OUT = 0.2
MOST_PAIRS = 120
MOST_ASKED = 40


@dataclass(frozen=True, eq=False)
class Instructions:
    """`train[k]`: the pairs of client k; `asked[k]`: held-out questions about entities of its texts, each with one client only. No entity of a held-out question occurs in a pair of `train`."""

    train: tuple[tuple[Pair, ...], ...]
    asked: tuple[tuple[Pair, ...], ...]

    @property
    def held_out(self) -> tuple[Pair, ...]:
        """All held-out questions, in the order of the clients."""
        return tuple(pair for some in self.asked for pair in some)


def of_run(config: RunConfig, data: ScenarioData | None = None, shards: Shards | None = None) -> Instructions:
    """The questions of a run with the objective `instruct`: taught from the run's graph, whatever was done to it, and asked by the scenario's own. `data`, `shards`: as loaded by the run's configuration."""
    data = data or scenarios.load(config)
    shards = shards or scenarios.shards(config, data)
    options = config.objective
    true = scenarios.load(config.model_copy(update={"graph": GraphConfig()}))
    return instructions(replace(data, graph=true.graph), shards, seeds.derive(config.seed, "instructions"), options.pairs, options.asked, teacher=data.graph)  # type: ignore[attr-defined]


def instructions(data: ScenarioData, shards: Shards, seed: int, most_pairs: int = MOST_PAIRS, most_asked: int = MOST_ASKED, held_out: float = HELD_OUT, teacher: KnowledgeGraph | None = None) -> Instructions:
    """The pairs of every client: at most `most_pairs` to train on and `most_asked` held-out questions each. `held_out`: share of the entities kept from training.

    `teacher`: a graph of the same entities that the training pairs are made from in the place of the scenario's, as a control. `InputError` where the texts
    name too few entities that the graph says something of.
    """
    graph, noun = data.graph, noun_of(data.name)
    linked = entities_of(data)
    named = [_named(linked[0], linked[1], train, test) for train, test in zip(shards.train, shards.test, strict=True)]
    speaking = sorted({entity for some in named for entity in some if graph.outgoing(entity) or graph.entities[entity].synonyms})
    order = seeds.generator(seed, "held out").permutation(len(speaking))
    held = {speaking[place] for place in order[: max(1, round(held_out * len(speaking)))]} if speaking else set()
    owner = {entity: [client for client, some in enumerate(named) if entity in some][place % sum(entity in some for some in named)] for place, entity in enumerate(sorted(held))}
    train, asked = [], []
    for client, some in enumerate(named):
        pairs = [pair for entity in some if entity not in held for pair in about(teacher or graph, entity, noun, seed, some[entity])]
        train.append(_drawn([pair for pair in pairs if not pair.entities & held], most_pairs, seed, "train", client))
        asked.append(_drawn([pair for entity in some if owner.get(entity) == client for pair in about(graph, entity, noun, seed, some[entity])], most_asked, seed, "asked", client))
    if not all(train) or not any(asked):
        raise InputError(f"Every client's texts must name entities of the graph {graph.name!r} that it says something of, but those of {shards.names[next((k for k, some in enumerate(train) if not some), 0)]!r} name too few.")
    return Instructions(tuple(train), tuple(asked))


def noun_of(scenario: str) -> str:
    """What the things of a scenario are called."""
    return next((noun for start, noun in NOUNS.items() if scenario.startswith(start)), "thing")


def domain_of(scenario: str) -> str:
    """Whose words tell a relation in the texts of a scenario: a domain of construction."""
    return next((domain for domain in ("medicine", "finance", "manufacturing") if scenario.startswith(domain)), "general")


def _named(train: Sequence[frozenset[str]], test: Sequence[frozenset[str]], train_rows: Iterable[int], test_rows: Iterable[int]) -> dict[str, int]:
    """The entities that a client's texts name, sorted, with the first training row that names each; -1 where test texts alone do."""
    found: dict[str, int] = {}
    for row in train_rows:
        for entity in train[row]:
            found.setdefault(entity, int(row))
    for row in test_rows:
        for entity in test[row]:
            found.setdefault(entity, -1)
    return dict(sorted(found.items()))


def _drawn(pairs: list[Pair], most: int, seed: int, *path: str | int) -> tuple[Pair, ...]:
    """At most so many of the pairs by chance, in a random order."""
    order = seeds.generator(seed, "pairs", *path).permutation(len(pairs))[:most]
    return tuple(pairs[place] for place in order)
