"""What federated instruction tuning of SmolLM2 gives: held-out questions answered by the pretrained, the federation's and the clients' own models, and by one taught a shuffled graph.

Four clients, five rounds, medicine: each client makes question-answer pairs from its own notes and the HPO, and nobody is taught anything about the entities that are asked for.
Answers are written greedily and held against the graph; the shuffled control is taught the same questions from a graph whose structure hangs on other entities, and judged by
the true one. Forgetting: perplexity of plain sentences. Each seed has a process with one thread, and is kept as it is
done (`knowledge_kept`). Training time is the CPU time of that process, and wall time beside it.
"""

import statistics
import time
from collections.abc import Sequence
from typing import Any

from fedviz.bench import knowledge_kept, stage
from fedviz.bench.by_seed import measure_all
from fedviz.bench.report import Check, Result, Say, at_least, at_most
from fedviz.core.config import RunConfig

CLIENTS, ROUNDS, SEEDS = 4, 5, 4
CONFIG: dict[str, Any] = {
    "scenario": {"name": "medicine-vignettes"},
    "objective": {"name": "instruct", "pairs": 32, "asked": 5, "facts": 0.25},
    "knowledge": {"name": "none"},
    "model": {"name": "smollm2", "tuning": "lora", "lora_layers": 4, "lora_targets": "all linear", "max_tokens": 192},
    "federation": {"clients": CLIENTS, "rounds": ROUNDS, "batch_size": 8, "learning_rate": 2e-3, "compare": False},
}
QUICK = {"objective.pairs": 8, "objective.asked": 2, "federation.rounds": 1}
TRAINING_S, POINTS = 300.0, 15.0
PRETRAINED, FEDERATED, LOCAL, SHUFFLED = "pretrained", "federated", "local, mean of two clients", "federated, shuffled graph"
NAMES, WITH_FACTS = (PRETRAINED, FEDERATED, LOCAL, SHUFFLED), (PRETRAINED, FEDERATED, SHUFFLED)
"""The models, and those of them that are also asked with triples in the prompt."""
KINDS = ("kind", "name", "yes", "no")
CLAIMS = ("supported", "contradicted", "unknown")


def measure(quick: bool, say: Say) -> Result:
    """All models on the same held-out questions, seed by seed; a seed that was measured before is not measured again. `quick`: few pairs, one round, one seed."""
    stage.need("instruction tuning", "hpo", "smollm2")
    seeds = 1 if quick else SEEDS
    waiting = [(quick, seed) for seed in range(seeds) if knowledge_kept.read(run_config(quick, seed), "instruction") is None]
    measure_all(measured, waiting, lambda _quick: "instruction tuning", say)
    found = [knowledge_kept.read(run_config(quick, seed), "instruction") for seed in range(seeds)]
    rows = [_row(name, facts, [one["scores"][_key(name, facts)] for one in found], [one["scores"][_key(PRETRAINED, facts)] for one in found]) for facts in (False, True) for name in (WITH_FACTS if facts else NAMES)]
    return Result("instruction", rows, _checks(rows, [one["wall_s"] for one in found]), _notes(run_config(quick, 0), found))


def run_config(quick: bool, seed: int) -> RunConfig:
    """The federation of a seed."""
    return RunConfig.parse(CONFIG | {"seed": seed}).updated(QUICK if quick else {})


def measured(quick: bool, seed: int) -> None:
    """Train and ask the models of one seed, and keep their scores in percent by model and prompt."""
    from fedviz.models.generation.adapters import adapter_of
    from fedviz.models.generation.measure import measure as scored
    from fedviz.models.generation.writer import kept_writer
    from fedviz.runs.writing import ground_of

    config = run_config(quick, seed)
    options = config.model
    writer, ground = kept_writer(config), ground_of(config)
    scale, depth = options.lora_alpha / options.lora_rank, len(writer.backbone.layers)  # type: ignore[attr-defined]
    federated, cpu_s, wall_s, locals_ = _federation(config, alone=True)
    shuffled, *_times = _federation(config.updated({"graph.control": "shuffled"}))
    read = {name: [adapter_of(arrays, depth, options.lora_layers, scale) for arrays in some] for name, some in {FEDERATED: [federated], LOCAL: locals_, SHUFFLED: [shuffled]}.items()}  # type: ignore[attr-defined]
    kinds = [pair.kind for pair in ground.held_out]
    scores = {}
    for facts in (False, True):
        for name, some in {PRETRAINED: [None], **read}.items():
            if not facts or name in WITH_FACTS:
                asked = [scored(writer, adapter, ground.held_out, ground.checker, lambda question: [one.sentence for one in ground.recalled(question)] if facts else ()) for adapter in some]  # noqa: B023 - called in its turn
                scores[_key(name, facts)] = _means(asked, kinds)
    knowledge_kept.keep(config, {"scores": scores, "cpu_s": cpu_s, "wall_s": wall_s, "questions": len(ground.held_out)}, "instruction")


def _key(name: str, facts: bool) -> str:
    return f"{name}, with triples" if facts else name


def _federation(config: RunConfig, alone: bool = False) -> tuple[Any, float, float, list[Any]]:
    """The global weights after the last round, CPU and wall seconds from the configuration to them; with `alone` also the weights of clients that trained by themselves, as many passes."""
    from fedviz.core import seeds
    from fedviz.federation import task
    from fedviz.federation.assemble import assemble, fit_settings
    from fedviz.federation.rounds import Hooks, Rounds

    started, clock = time.process_time(), time.perf_counter()
    experiment = assemble(config)
    arrays = Rounds(experiment, Hooks()).run().state.arrays
    taken = time.process_time() - started, time.perf_counter() - clock
    found = []
    for client in range(2) if alone else ():
        settings = fit_settings(experiment)
        experiment.learner.load(experiment.initial)
        passes = task.FitSettings(settings.epochs * config.federation.rounds, settings.batch_size, settings.learning_rate, settings.optimizer)
        task.fit(experiment.learner, experiment.shards.train[client], passes, seeds.derive(config.seed, "alone", client))
        found.append(experiment.learner.arrays())
    return arrays, *taken, found


def _means(some: list[Any], kinds: list[str]) -> dict[str, Any]:
    """Means over the models of a name, in percent but for the perplexities and the counts of claims; supported share by kind of question, None where no question is of it."""

    def mean(field: str) -> float:
        return statistics.fmean(getattr(scores, field) for scores, _answers in some)

    by_kind = {kind: [answer.share for _scores, answers in some for answer, asked in zip(answers, kinds, strict=True) if asked == kind] for kind in KINDS}
    return {
        "supported, %": 100 * mean("supported_share"),
        "claims": [mean(verdict) for verdict in CLAIMS],
        "no claim, %": 100 * mean("silent"),
        "exact, %": 100 * mean("exact"),
        "F1, %": 100 * mean("f1"),
        "perplexity": mean("perplexity"),
        "neutral": mean("neutral"),
        **{f"{kind}, %": 100 * statistics.fmean(shares) if shares else None for kind, shares in by_kind.items()},
    }


def _row(name: str, facts: bool, found: Sequence[dict[str, Any]], before: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A model's means over the seeds, and what it gains over the pretrained one, seed by seed; spread: standard deviation, None with one seed."""
    gains = [one["supported, %"] - other["supported, %"] for one, other in zip(found, before, strict=True)]
    return {
        "model": name,
        "triples": "in the prompt" if facts else "none",
        "seeds": len(found),
        "supported, %": statistics.fmean(one["supported, %"] for one in found),
        "gain": None if name == PRETRAINED else statistics.fmean(gains),
        "spread": statistics.stdev(gains) if len(gains) > 1 and name != PRETRAINED else None,
        "claims": " / ".join(f"{statistics.fmean(each):.0f}" for each in zip(*(one["claims"] for one in found), strict=True)),
        **{key: statistics.fmean(one[key] for one in found) for key in ("no claim, %", "exact, %", "F1, %", "perplexity", "neutral")},
        **{key: statistics.fmean(there) if (there := [one[key] for one in found if one[key] is not None]) else None for key in (f"{kind}, %" for kind in KINDS)},
    }


def _checks(rows: list[dict[str, Any]], wall_s: Sequence[float]) -> list[Check]:
    """The stated figures."""
    gains = {row["triples"]: row["gain"] for row in rows if row["model"] == FEDERATED}
    return [
        at_most(f"training, {CLIENTS} clients and {ROUNDS} rounds: wall time on one core, the longest of {len(wall_s)} seeds", max(wall_s), TRAINING_S, "s"),
        at_least("claims supported by the graph, federated over pretrained, without triples", gains["none"], POINTS, "points"),
        at_least("claims supported by the graph, federated over pretrained, with triples in the prompt", gains["in the prompt"], POINTS, "points"),
    ]


def _notes(config: RunConfig, found: Sequence[dict[str, Any]]) -> list[str]:
    pairs = config.objective.pairs  # type: ignore[attr-defined]
    taken = {key: " / ".join(f"{one[key]:.0f}" for one in found) for key in ("cpu_s", "wall_s", "questions")}
    return [
        f"Seeds: {len(found)}, each with held-out questions of its own ({taken['questions']}); at most {pairs} pairs a client, {config.federation.rounds} rounds; means over seeds.",
        f"Training took {taken['cpu_s']} s of CPU time on one core and {taken['wall_s']} s in all, beside another seed and whatever else the machine did.",
        "Claims: supported / contradicted / unknown. An answer's share is that of its claims which the graph supports, 0 where it claims nothing; the column is the mean over questions.",
        "A question with yes or no names both ends of its triple, so that its answer is easy to put; the columns by kind tell these from open questions.",
        "Without triples nobody can know what no client was taught: what rises there is the form of the answers (F1, perplexity), as under the shuffled graph.",
        "Neutral: perplexity of plain sentences without a prompt; a rise against the pretrained model is what was forgotten.",
    ]
