"""Links predicted in one graph: filtered MRR and Hits@k of TransE and DistMult on the published parts of three small graphs, and on is_a of the HPO.

The options are the defaults of the page, the same for every graph; nothing is tuned to one of them. `chance` is what a random scorer is expected to have.
"""

import statistics
import time
from collections.abc import Iterator
from typing import Any

from fedviz.bench.report import Check, Result, Say, at_least
from fedviz.kg.embed.triples import Parts

SEEDS, QUICK_SEEDS, HELD_OUT = 3, 1, 0.02
EPOCHS = {"hpo, is_a": 20}


def measure(quick: bool, say: Say) -> Result:
    """One row for each graph and model; means over seeds, with their sample standard deviation."""
    from fedviz.kg.embed.models import MODELS
    from fedviz.kg.embed.training import EmbedOptions, train

    rows: list[dict[str, Any]] = []
    for name, parts, entities, relations in _graphs(quick):
        seeds = QUICK_SEEDS if quick or name in EPOCHS else SEEDS
        for model in reversed(MODELS):
            begun = time.perf_counter()
            found = [train(parts, entities, relations, EmbedOptions(model=model, seed=seed, epochs=EPOCHS.get(name, 60))) for seed in range(seeds)]
            row: dict[str, Any] = {"graph": name, "triples": len(parts.train), "model": model, "seeds": seeds}
            for title, key in (("MRR", "mrr"), ("Hits@1", "hits_1"), ("Hits@3", "hits_3"), ("Hits@10", "hits_10")):
                values = [getattr(one.test, key) for one in found]
                row |= {title: statistics.mean(values), f"{title} spread": statistics.stdev(values) if len(values) > 1 else None}
            row |= {"chance": found[0].test.chance, "epochs": statistics.mean(one.epochs for one in found), "s a training": (time.perf_counter() - begun) / seeds}
            rows.append(row)
            say(" ".join(f"{value:.3g}" if isinstance(value, float) else str(value) for value in row.values()))
    return Result("links", rows, judged(rows), [
        f"The HPO has one relation; {100 * HELD_OUT:g} % of its triples are held out to stop by, as many to judge by, and one seed was run.",
    ], unprinted=tuple(key for key in rows[0] if key.endswith("spread")))  # fmt: skip


def judged(rows: list[dict[str, Any]]) -> list[Check]:
    """That on each graph the better model finds held-out triples far better than chance, and that Nations and UMLS are learned."""
    best: dict[str, float] = {}
    for row in rows:
        best[row["graph"]] = max(best.get(row["graph"], 0.0), row["MRR"] / row["chance"])
    checks = [at_least(f"MRR over that of chance, the better model, {graph}", ratio, 1.5) for graph, ratio in best.items()]
    return checks + [at_least("MRR on UMLS, the better model", max(row["MRR"] for row in rows if row["graph"] == "umls"), 0.6)] if "umls" in best else checks


def _graphs(quick: bool) -> Iterator[tuple[str, Parts, int, int]]:
    """(name, parts, entities, relations)."""
    from fedviz.bench.small_graphs import NAMES, small_graph
    from fedviz.bench.stage import need
    from fedviz.kg.embed.triples import indexed, split

    for name in ("nations",) if quick else NAMES:
        graph, parts = small_graph(name)
        yield name, parts, len(graph.entities), len(graph.relations)
    if not quick:
        from fedviz.kg.hpo import hpo_graph

        need("predicted links", "hpo")
        graph = indexed(hpo_graph().triples)
        yield "hpo, is_a", split(graph.rows, HELD_OUT, 0), len(graph.entities), len(graph.relations)
