"""Links predicted by federated embeddings: FedE, FedR, both, isolation and pooling, and what a server infers from what it is sent.

The UMLS semantic network (6,529 triples, 135 entities, 46 relations) over four parties, dealt by relation or triple by triple, all of it or a fifth of each
party's triples; TransE. Every party judges by its own held-out triples among its own entities (filtered by all that is true anywhere), in every way the same
ones. Each seed deals anew and has a process with one thread.
"""

import multiprocessing
import statistics
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from fedviz.bench.report import Check, Result, Say, at_least, at_most

PARTIES, SEEDS, QUICK_SEEDS, HINTS = 4, 5, 2, 3
SETTINGS = (("relation", 1.0), ("relation", 0.2), ("triple", 1.0), ("triple", 0.2))
OPTIONS: dict[str, Any] = {"model": "transe", "width": 32, "batch": 1024, "negatives": 64, "rate": 0.2, "epochs": 30, "every": 5, "patience": 3}
POOLED, ISOLATION = "pooled", "isolation"


def measure(quick: bool, say: Say) -> Result:
    """One row for each dealing, share of the triples and way; means and sample standard deviations over seeds."""
    from fedviz.bench.small_graphs import small_graph

    small_graph("umls")
    settings = SETTINGS[1::2] if quick else SETTINGS
    jobs = [(by, share, seed) for by, share in settings for seed in range(QUICK_SEEDS if quick else SEEDS)]
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        found: dict[tuple[str, float], list[dict[str, Any]]] = {}
        for (by, share, seed), one in zip(jobs, pool.map(_seed, jobs), strict=True):
            found.setdefault((by, share), []).append(one)
            say(f"dealt by {by}, share {share:g}, seed {seed}: " + ", ".join(f"{way} {told['mrr']:.3f}" for way, told in one.items()))
    rows = [row for (by, share), each in found.items() for row in rows_of(by, share, each)]
    return Result("embeddings", rows, judged(rows), [
        "MRR is filtered, over heads and tails; `gain` is that over isolation on the same seeds. A random scorer's MRR is in the column `chance`.",
        f"The attack, on the first party, knows {HINTS} of its triples of each relation and tells the other ones from corrupted triples; the control permutes the rows of what was sent.",
        "Every party keeps the tables of its own best check, whatever is shared.",
    ], unprinted=tuple(key for key in rows[0] if key.endswith("spread")) + ("chance",))  # fmt: skip


def rows_of(by: str, share: float, each: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of a setting: one for each way, over the seeds."""
    rows = []
    for way in each[0]:
        row: dict[str, Any] = {"dealt by": by, "share": share, "triples a party": statistics.mean(one[way]["triples"] for one in each), "way": way}
        row |= _spread("MRR", [one[way]["mrr"] for one in each]) | _spread("Hits@10", [one[way]["hits_10"] for one in each])
        row |= _spread("gain", [one[way]["mrr"] - one[ISOLATION]["mrr"] for one in each])
        row["seeds with gain"] = sum(one[way]["mrr"] > one[ISOLATION]["mrr"] for one in each)
        row |= _spread("attack AUC", [one[way]["auc"] for one in each]) | _spread("control AUC", [one[way]["control"] for one in each])
        row["MB up"] = each[0][way]["mb_up"] if each[0][way]["mb_up"] is None else statistics.mean(one[way]["mb_up"] for one in each)
        row["chance"] = statistics.mean(one[way]["chance"] for one in each)
        rows.append(row)
    return rows


def judged(rows: Sequence[dict[str, Any]]) -> list[Check]:
    """What is stated of FedE and FedR: when FedE gains, and that its table tells triples while FedR's tells no more than the control."""
    of = {(row["dealt by"], row["share"], row["way"]): row for row in rows}
    few = min(row["share"] for row in rows)
    fede = [row for row in rows if row["way"] == "FedE"]
    fedr = [row for row in rows if row["way"] == "FedR"]
    many = max(row["share"] for row in rows)
    return [
        at_least("gain of FedE in MRR over isolation where a party has a fifth of its triples, dealt by triple", of[("triple", few, "FedE")]["gain"], 0.1),
        at_least("the same, dealt by relation", of[("relation", few, "FedE")]["gain"], 0.05),
        *([] if many == few else [at_most("gain of FedE where a party holds all triples of its own relations: none", of[("relation", many, "FedE")]["gain"], 0.0)]),
        at_least("AUC of the attack on FedE, the least of all settings", min(row["attack AUC"] for row in fede), 0.8),
        at_most("AUC of the attack on FedR above its control, the greatest of all settings", max(row["attack AUC"] - row["control AUC"] for row in fedr), 0.1),
    ]


def _spread(name: str, values: Sequence[float | None]) -> dict[str, float | None]:
    known = [value for value in values if value is not None]
    return {name: statistics.mean(known) if known else None, f"{name} spread": statistics.stdev(known) if len(known) > 1 else None}


def _seed(job: tuple[str, float, int]) -> dict[str, dict[str, Any]]:
    """By way, what one seed gives."""
    from threadpoolctl import threadpool_limits

    from fedviz.bench.small_graphs import small_graph
    from fedviz.federation.embeddings.inference import infer
    from fedviz.federation.embeddings.parties import deal
    from fedviz.federation.embeddings.parties import pooled as pool_of
    from fedviz.federation.embeddings.rounds import WAYS, Federated, federate, mean_mrr
    from fedviz.kg.embed.models import ENTITY, RELATION, model_of
    from fedviz.kg.embed.ranking import Ranking
    from fedviz.kg.embed.ranking import judged as ranked
    from fedviz.kg.embed.training import EmbedOptions

    by, share, seed = job
    graph, _parts = small_graph("umls")
    parties = deal(graph, PARTIES, by, share, seed)
    options = EmbedOptions(**OPTIONS, seed=seed)
    sizes = {ENTITY: len(graph.entities), RELATION: len(graph.relations)}

    def summed(found: Sequence[Ranking]) -> dict[str, Any]:
        ranks = sum(each.count for each in found)
        mean = {name: sum(getattr(each, name) * each.count for each in found) / ranks for name in ("hits_10", "chance")}
        return {"mrr": mean_mrr(found), **mean, "triples": statistics.mean(len(party.parts.train) for party in parties), "auc": None, "control": None, "mb_up": None}

    def attacked(found: Federated) -> dict[str, float]:
        told = infer(parties[0], found.sent[0], options, HINTS, seed)
        return {"auc": told.auc, "control": told.control, "mb_up": found.up_bytes / 1e6}

    with threadpool_limits(1):
        rows = {}
        for way, shared in WAYS.items():
            found = federate(parties, sizes, shared, options, epochs=1)
            rows[way] = summed(found.judged) | (attacked(found) if shared else {})
        everything = federate([pool_of(graph, parties)], sizes, (), options, epochs=1).kept[0]
        model = model_of(options.model)
        rows[POOLED] = summed([ranked(model, party.mine(everything), party.parts.test, party.known) for party in parties])
    return rows
