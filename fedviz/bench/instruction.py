"""What federated instruction tuning of SmolLM2 gives: held-out questions answered by the pretrained, the federation's and the clients' own models, and by one taught a shuffled graph.

Four clients, five rounds, medicine: each client makes question-answer pairs from its own notes and the HPO, and nobody is taught anything about the entities that are asked for.
Answers are written greedily and held against the graph; the shuffled control is taught the same questions from a graph whose structure hangs on other entities, and judged by
the true one. Forgetting: perplexity of plain sentences. Training time is CPU time of this process, a core each for two clients at a time, and wall time beside it.
"""

import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from fedviz.bench import stage
from fedviz.bench.report import Check, Result, Say, at_least, at_most
from fedviz.core.config import RunConfig

CLIENTS, ROUNDS = 4, 5
CONFIG: dict[str, Any] = {
    "scenario": {"name": "medicine-vignettes"},
    "objective": {"name": "instruct", "pairs": 32, "asked": 5, "facts": 0.25},
    "knowledge": {"name": "none"},
    "model": {"name": "smollm2", "tuning": "lora", "lora_layers": 4, "lora_targets": "all linear", "max_tokens": 192},
    "federation": {"clients": CLIENTS, "rounds": ROUNDS, "batch_size": 8, "learning_rate": 2e-3, "compare": False},
}
QUICK = {"objective.pairs": 8, "objective.asked": 2, "federation.rounds": 1}
TRAINING_S, POINTS, CORES = 300.0, 15.0, 2
PRETRAINED, FEDERATED, LOCAL, SHUFFLED = "pretrained", "federated", "local, mean of two clients", "federated, shuffled graph"
KINDS = ("kind", "name", "yes", "no")


def measure(quick: bool, say: Say) -> Result:
    """All models on the same held-out questions; the pretrained and the federation's also with triples in the prompt. `quick`: few pairs, one round."""
    from fedviz.models import compute
    from fedviz.models.generation.adapters import adapter_of
    from fedviz.models.generation.measure import measure as scored
    from fedviz.models.generation.writer import Writer, kept_writer
    from fedviz.runs.writing import ground_of

    stage.need("instruction tuning", "hpo", "smollm2")
    config = RunConfig.parse(CONFIG).updated(QUICK if quick else {})
    options = config.model
    writer, ground = kept_writer(config), ground_of(config)
    scale, depth = options.lora_alpha / options.lora_rank, len(writer.backbone.layers)  # type: ignore[attr-defined]
    say("training the federation")
    federated, cpu_s, wall_s, locals_ = _federation(config, alone=True)
    say(f"training the federation took {cpu_s:.0f} s of CPU time, {wall_s:.0f} s in all; now with a shuffled graph")
    shuffled, *_times = _federation(config.updated({"graph.control": "shuffled"}))
    read = {name: [adapter_of(arrays, depth, options.lora_layers, scale) for arrays in some] for name, some in {FEDERATED: [federated], LOCAL: locals_, SHUFFLED: [shuffled]}.items()}  # type: ignore[attr-defined]
    jobs = [(name, adapter, facts) for facts in (False, True) for name, some in {PRETRAINED: [None], **read}.items() for adapter in some if not facts or name in (PRETRAINED, FEDERATED)]
    with ThreadPoolExecutor(CORES, "fedviz-bench", compute.take, (1,)) as pool:
        writers = [Writer(writer.backbone) for _job in jobs]  # the weights are shared; what a batch is at is not

        def one(job: tuple[Any, ...]) -> Any:
            own, (name, adapter, facts) = job
            found = scored(own, adapter, ground.held_out, ground.checker, lambda question: [one.sentence for one in ground.recalled(question)] if facts else ())
            say(f"{name}{', with triples' if facts else ''}: {100 * found[0].supported_share:.0f} % of claims supported")
            return found

        scores = list(pool.map(one, zip(writers, jobs, strict=True)))
    rows = []
    for facts in (False, True):
        for name in (PRETRAINED, FEDERATED, LOCAL, SHUFFLED):
            some = [score for score, job in zip(scores, jobs, strict=True) if job[0] == name and job[2] == facts]
            if some:
                rows.append(_row(name, facts, some, [pair.kind for pair in ground.held_out]))
    return Result("instruction", rows, _checks(rows, cpu_s, wall_s), _notes(config, cpu_s, wall_s, len(ground.held_out)))


def _federation(config: RunConfig, alone: bool = False) -> tuple[Any, float, float, list[Any]]:
    """The global weights after the last round, CPU and wall seconds from the configuration to them; with `alone` also the weights of clients that trained by themselves, as many passes."""
    from fedviz.core import seeds
    from fedviz.federation import task
    from fedviz.federation.assemble import assemble, fit_settings
    from fedviz.federation.rounds import Hooks, Rounds
    from fedviz.models import compute

    started, clock = time.process_time(), time.perf_counter()
    experiment = assemble(config)
    arrays = Rounds(experiment, Hooks()).run().state.arrays
    taken = time.process_time() - started, time.perf_counter() - clock
    found = []
    compute.take(1)  # one client at a time here, whose small products two threads would only wait for
    for client in range(2) if alone else ():
        settings = fit_settings(experiment)
        experiment.learner.load(experiment.initial)
        passes = task.FitSettings(settings.epochs * config.federation.rounds, settings.batch_size, settings.learning_rate, settings.optimizer)
        task.fit(experiment.learner, experiment.shards.train[client], passes, seeds.derive(config.seed, "alone", client))
        found.append(experiment.learner.arrays())
    return arrays, *taken, found


def _row(name: str, facts: bool, some: list[Any], kinds: list[str]) -> dict[str, Any]:
    """Means over the models of a name, in percent but for the perplexities; supported share by kind of question."""

    def mean(field: str) -> float:
        return statistics.fmean(getattr(scores, field) for scores, _answers in some)

    by_kind = {kind: [answer.share for _scores, answers in some for answer, asked in zip(answers, kinds, strict=True) if asked == kind] for kind in KINDS}
    return {
        "model": name,
        "triples": "in the prompt" if facts else "none",
        "supported, %": 100 * mean("supported_share"),
        "claims": f"{mean('supported'):.0f} / {mean('contradicted'):.0f} / {mean('unknown'):.0f}",
        "no claim, %": 100 * mean("silent"),
        "exact, %": 100 * mean("exact"),
        "F1, %": 100 * mean("f1"),
        "perplexity": mean("perplexity"),
        "neutral": mean("neutral"),
        **{f"{kind}, %": 100 * statistics.fmean(shares) if shares else None for kind, shares in by_kind.items()},
    }


def _checks(rows: list[dict[str, Any]], cpu_s: float, wall_s: float) -> list[Check]:
    """The stated figures."""
    supported = {(row["model"], row["triples"]): row["supported, %"] for row in rows}
    gains = {facts: supported[FEDERATED, facts] - supported[PRETRAINED, facts] for facts in ("none", "in the prompt")}
    return [
        at_most(f"training, {CLIENTS} clients and {ROUNDS} rounds: CPU time over {CORES} cores", cpu_s / CORES, TRAINING_S, "s"),
        at_most(f"training, {CLIENTS} clients and {ROUNDS} rounds: wall time, which other work on the machine lengthens", wall_s, TRAINING_S, "s"),
        at_least("claims supported by the graph, federated over pretrained, without triples", gains["none"], POINTS, "points"),
        at_least("claims supported by the graph, federated over pretrained, with triples in the prompt", gains["in the prompt"], POINTS, "points"),
    ]


def _notes(config: RunConfig, cpu_s: float, wall_s: float, asked: int) -> list[str]:
    pairs = config.objective.pairs  # type: ignore[attr-defined]
    return [
        f"One seed; {asked} held-out questions; at most {pairs} pairs a client, {config.federation.rounds} rounds; training took {cpu_s:.0f} s of CPU time and {wall_s:.0f} s in all on a machine that others used too.",
        "Claims: supported / contradicted / unknown. An answer's share is that of its claims which the graph supports, 0 where it claims nothing; the column is the mean over questions.",
        "A question with yes or no names both ends of its triple, so that its answer is easy to put; the columns by kind tell these from open questions.",
        "Without triples nobody can know what no client was taught: what rises there is the form of the answers (F1, perplexity), as under the shuffled graph.",
        "Neutral: perplexity of plain sentences without a prompt; a rise against the pretrained model is what was forgotten.",
    ]
