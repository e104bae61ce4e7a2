"""How often a language model's words about a prediction pass their check, beside two controls: the template's own words, which must, and the same with one number changed, which must not.

Predictions: test texts by chance of a model that was trained for this, per scenario and seed. What passes is right in its numbers and names; how it reads is not measured.
"""

import re
import statistics
from collections import Counter
from typing import Any

from fedviz.bench import stage
from fedviz.bench.report import Check, Result, Say, at_least, at_most

SCENARIOS, SEEDS, TEXTS, POOL = ("medicine-vignettes", "medicine-coding"), 2, 10, 50
CONFIG: dict[str, Any] = {
    "model": {"name": "minilm", "tuning": "head"},
    "knowledge": {"name": "evidence"},
    "federation": {"rounds": 5, "clients": 5, "local_epochs": 4, "optimizer": "sgd", "learning_rate": 0.1, "compare": False},
}
TEMPLATE, CHANGED, MODEL = "template", "template with one number changed", "SmolLM2"
PASSES, FALSE = 100.0, 0.0


def measure(quick: bool, say: Say) -> Result:
    """Share of the paragraphs that pass, by who wrote them. `quick`: one scenario, one seed, five texts."""
    from fedviz.models.compute import take

    stage.need("paragraphs", "hpo", "icd10cm", "minilm", "smollm2")
    take(1)
    scenarios, seeds, texts = (SCENARIOS[:1], 1, 5) if quick else (SCENARIOS, SEEDS, TEXTS)
    rows: list[dict[str, Any]] = []
    refused: Counter[str] = Counter()
    for name in scenarios:
        each = []
        for seed in range(seeds):
            found, reasons = _one(name, seed, texts)
            each.append(found)
            refused.update(reasons)
            say(f"{name}, seed {seed}: {found[MODEL]:.0f} % of the model's paragraphs pass")
        rows += [
            {
                "scenario": name, "written by": writer, "texts": texts * seeds, "pass, %": statistics.fmean(one[writer] for one in each),
                "spread": statistics.stdev(one[writer] for one in each) if seeds > 1 else None,
            }
            for writer in (TEMPLATE, CHANGED, MODEL)
        ]  # fmt: skip
    return Result("paragraphs", rows, _checks(rows), [f"Refused {count} times: {reason}" for reason, count in refused.most_common()])


def _one(name: str, seed: int, texts: int) -> tuple[dict[str, float], Counter[str]]:
    """Per cent that pass by writer, with one seed, and why the model's were refused, without what stood in each."""
    from fedviz.core import seeds
    from fedviz.core.config import RunConfig
    from fedviz.core.errors import InputError
    from fedviz.explain.checked import difference
    from fedviz.explain.influence import explain
    from fedviz.explain.paragraph import paragraph
    from fedviz.explain.records import Edits
    from fedviz.explain.told import told
    from fedviz.federation.assemble import assemble
    from fedviz.federation.rounds import Hooks, Rounds
    from fedviz.models.predictor import Predictor
    from fedviz.scenarios.load import load

    config = RunConfig.parse(CONFIG | {"seed": seed, "scenario": {"name": name, "labels_per_class": 5, "test_texts": POOL}})
    arrays = Rounds(assemble(config), Hooks()).run().state.arrays
    data = load(config)
    predictor = Predictor(config, data.classes, data.graph, arrays, data.class_entities)
    known = tuple(entity.name for entity in data.graph.entities.values())
    passed, reasons = Counter[str](), Counter[str]()
    for place in seeds.generator(seed, "paragraphs", "texts").permutation(len(data.test.texts))[:texts]:
        influence = explain(predictor, data.test.texts[place], Edits())
        words = paragraph(influence, str)
        passed[TEMPLATE] += not difference(influence, words, known)
        passed[CHANGED] += not difference(influence, changed(words), known)
        try:
            told(influence, known)
            passed[MODEL] += 1
        except InputError as error:
            reasons[re.sub(r"'[^']*'|\"[^\"]*\"", "…", str(error))] += 1
    return {writer: 100 * passed[writer] / texts for writer in (TEMPLATE, CHANGED, MODEL)}, reasons


def changed(words: str) -> str:
    """The same with its first number of two decimals greater by 0.37: what a model that makes up a number writes."""
    return re.sub(r"\d+\.\d\d", lambda found: f"{float(found.group()) + 0.37:.2f}", words, count=1)


def _checks(rows: list[dict[str, Any]]) -> list[Check]:
    """The check itself is judged; how often the model passes is reported."""
    least = min(row["pass, %"] for row in rows if row["written by"] == TEMPLATE)
    most = max(row["pass, %"] for row in rows if row["written by"] == CHANGED)
    return [at_least("the template's own paragraphs pass", least, PASSES, "%"), at_most("paragraphs with a number changed pass", most, FALSE, "%")]
