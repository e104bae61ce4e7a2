"""How far the contributions of triples say what moves a model, beside rankings that should do worse; per scenario, over seeds. Needs the carriers.

Each seed trains a small model of its own (the head and the graph's matrix, on frozen text vectors) and looks at test texts by chance. Faithfulness is no
accuracy: a model that is wrong can be explained faithfully.
"""

import statistics
from collections.abc import Sequence
from typing import Any

from fedviz.bench.report import Check, Result, Say, at_least, at_most
from fedviz.explain.faithfulness import RANKINGS, Faithfulness

SEEDS, TEXTS, POOL = 3, 25, 50
LABELS = 5
FEDERATION = {"rounds": 5, "clients": 5, "local_epochs": 4, "optimizer": "sgd", "learning_rate": 0.1, "compare": False}
LEFT_OUT = ("toy", "own")
"""Scenarios that say nothing about real texts, or whose texts are somebody's own."""
TIMES, ERROR = 10.0, 1e-5
"""The stated figures: times random orders, and logits."""
REACHED = 0.9
"""Share of what trying out every step reaches; a limit of ours, set after a first quick measurement on two seeds."""
_PRINTED = ("scenario", "what", "comprehensiveness", "times random", "sufficiency", "correlation", "moved_share")
_NUMBERS = ("comprehensiveness", "sufficiency", "deletion_area", "insertion_area")
_MOVES = ("correlation", "same_links", "same_answer", "share", "moved_share", "moved_probability")


def measure(quick: bool, say: Say) -> Result:
    """Every scenario with a graph whose carriers are there; `quick`: two seeds, ten texts."""
    from fedviz.core.errors import CarrierError
    from fedviz.core.registry import SCENARIOS
    from fedviz.models.compute import take

    take(1)  # single texts are read no faster on two threads, and far slower where another process has one of the cores
    seeds, texts = (range(2), 10) if quick else (range(SEEDS), TEXTS)
    rows: list[dict[str, Any]] = []
    checks: list[Check] = []
    series: dict[str, dict[str, list[float]]] = {}
    missing: list[str] = []
    for name in (name for name in SCENARIOS.names() if name not in LEFT_OUT):
        try:
            found = [_one(name, seed, texts, say) for seed in seeds]
        except CarrierError as error:
            missing.append(f"{name} was left out: {error}")
            continue
        rows += scenario_rows(name, found)
        checks += judged(name, found)
        for kind in ("deletion", "insertion"):
            series[f"{name}: {kind}"] = {ranking: [statistics.mean(point) for point in zip(*(getattr(one.of(ranking), kind) for one in found), strict=True)] for ranking in RANKINGS}
    unprinted = tuple(column for column in (rows[0] if rows else ()) if column not in _PRINTED)
    return Result("faithfulness", rows, checks, [*notes(rows, len(seeds), texts), *missing], unprinted, series)


def _one(name: str, seed: int, texts: int, say: Say) -> Faithfulness:
    """Train a model and measure it."""
    from fedviz.core import seeds
    from fedviz.core.config import RunConfig
    from fedviz.core.registry import SCENARIOS
    from fedviz.explain.faithfulness import faithfulness
    from fedviz.federation.assemble import assemble
    from fedviz.federation.rounds import Hooks, Rounds
    from fedviz.models.predictor import Predictor
    from fedviz.scenarios.load import load

    config = RunConfig.parse({
        "seed": seed, "scenario": {"name": name, "labels_per_class": LABELS, "test_texts": POOL},
        "model": {"name": SCENARIOS.get(name).model, "tuning": "head"},
        "knowledge": {"name": "evidence"}, "federation": FEDERATION,
    })  # fmt: skip
    arrays = Rounds(assemble(config), Hooks()).run().state.arrays
    data = load(config)
    chosen = seeds.generator(seed, "faithfulness", "texts").permutation(len(data.test.texts))[:texts]
    found = faithfulness(Predictor(config, data.classes, data.graph, arrays, data.class_entities), [data.test.texts[place] for place in chosen], seed)
    say(f"{name}, seed {seed}: {found.texts} texts with {found.triples:.1f} triples, comprehensiveness {found.ratio or 0:.1f} times random")
    return found


def scenario_rows(name: str, found: Sequence[Faithfulness]) -> list[dict[str, Any]]:
    """One row a ranking, and one for each kind of rewriting; mean and standard deviation over seeds."""
    empty = dict.fromkeys([*(column for name in (*_NUMBERS, *_MOVES) for column in (name, f"{name} spread")), "times random", "share of greedy"])
    head = {"scenario": name, "texts": sum(one.texts for one in found), "triples a text": statistics.mean(one.triples for one in found)}
    probability = statistics.mean(one.of("contribution").deletion[0] for one in found)
    rows = []
    for ranking in RANKINGS:
        row: dict[str, Any] = head | {"what": ranking, "probability": probability} | empty
        for number in _NUMBERS:
            row |= _spread(number, [getattr(one.of(ranking), number).mean for one in found])
        for column, control in (("times random", "random"), ("share of greedy", "greedy")):
            row[column] = _times(row["comprehensiveness"], statistics.mean(one.of(control).comprehensiveness.mean for one in found))
        rows.append(row)
    for kind, words in (("paraphrase", "other names"), ("exchange", "other entities")):
        moves = [move for one in found if (move := getattr(one, kind)) is not None]
        row = head | {"what": words, "probability": probability, "texts": sum(move.texts for move in moves)} | empty
        for number in _MOVES:
            row |= _spread(number, [value for move in moves if (value := getattr(move, number)) is not None])
        rows.append(row)
    return rows


def _spread(name: str, values: Sequence[float]) -> dict[str, float | None]:
    return {name: statistics.mean(values) if values else None, f"{name} spread": statistics.stdev(values) if len(values) > 1 else None}


def _times(value: float, control: float) -> float | None:
    return value / control if control > 0 else None


def judged(name: str, found: Sequence[Faithfulness]) -> list[Check]:
    """The stated figures of one scenario."""
    ours, control, best = (statistics.mean(one.of(ranking).comprehensiveness.mean for one in found) for ranking in ("contribution", "random", "greedy"))
    return [
        at_least(f"{name}: comprehensiveness of the contributions, times that of random orders", _times(ours, control) or 0.0, TIMES),
        at_least(f"{name}: comprehensiveness of the contributions, share of what trying out every step reaches", _times(ours, best) or 0.0, REACHED),
        at_most(f"{name}: sum of contributions against the model's own forward pass", max(one.additivity_error for one in found), ERROR, "logits"),
        at_most(f"{name}: removal by the sum against a forward pass without the triples", max(one.removal_error for one in found), ERROR, "logits"),
    ]


def notes(rows: Sequence[dict[str, Any]], seeds: int, texts: int) -> list[str]:
    """Sentences that belong beside the table."""
    said = [
        f"{seeds} seeds, {texts} test texts a seed; small runs: {LABELS} labels a class, {FEDERATION['clients']} clients, {FEDERATION['rounds']} rounds of 4 local epochs, the head alone on frozen text vectors. Spread is the standard deviation over seeds.",
        "Comprehensiveness (ERASER) is the mean fall of the answer's probability without the greatest 1, 5, 10, 20 and 50 % of a text's triples, sufficiency the mean lack with these alone; areas are under the deletion (low is faithful) and insertion curve (high is faithful). Random is the mean of ten orders a text.",
        "Gradient x input of a logit is the contribution itself, since the logits are a sum; what is measured as gradient is that of the probability. Weight is the frozen factor of a triple, the nearest that this model has to attention; the text encoder's attention speaks of words and not of triples, so that it ranks none.",
        "Other names: every entity of a text under another of its names; contributions of the same links are the same by construction, the text's share is free to move. Other entities: the control that should move.",
    ]
    by = {(row["scenario"], row["what"]): row for row in rows}
    for (name, what), row in by.items():
        if what != "contribution" or row["times random"] is None or row["times random"] >= TIMES:
            continue
        bound = row["probability"] / by[name, "random"]["comprehensiveness"]
        words = f"{name}: the contributions reach {row['times random']:.1f} times random, trying out every removal step by step {by[name, 'greedy']['times random']:.1f} times"
        if bound < TIMES:
            words += f"; {TIMES:g} times is out of reach of any order: with all triples the answer has a probability of {row['probability']:.2f} on average, which cannot fall by more, and that is {bound:.1f} times what random orders take"
        said.append(f"{words}. A text with triples has {row['triples a text']:.1f} of them.")
    return said
