"""What the graph adds in each way that it can enter: against text alone, a shuffled and a random graph; federated, few labels to all, all parties or one missing.

Every run is kept as it is done (`knowledge_kept`), so that a second call goes on where the first one stopped; `kept` writes the table from what is there and
measures nothing. The grid trains the head on cached text vectors, a smaller block LoRA in the top layers for the terms that act on the encoder. Each core takes
every second seed or so, one cell at a time, in a process with one thread.
"""

import statistics
from collections.abc import Sequence
from functools import partial
from typing import Any

from fedviz.bench import knowledge_kept as kept_runs
from fedviz.bench import knowledge_suspects as planted
from fedviz.bench.by_seed import measure_all
from fedviz.bench.knowledge_cells import ORDERS, SEEDS, SHUFFLED, TEXT, VIGNETTES, Cell, Job, fetched, jobs, runs, setting_of, tasks
from fedviz.bench.knowledge_kept import Scores
from fedviz.bench.knowledge_table import corrected, row
from fedviz.bench.report import Check, Result, Say, at_least, at_most
from fedviz.charts.evidence import CONTROLS, SIGNIFICANT, evidence_record
from fedviz.charts.evidence_words import sentences

GAIN, SHUFFLED_GAIN, P = 10.0, 1.0, 0.01
MISSING_GAIN = 4.0
HARM = -1.0
PRECISION = 0.6
UNPRINTED = ("seeds", "spread", "wins", "p", "accuracy of the missing", "gain spread of the missing", "p of the missing")
"""Columns that are in the JSON and on the page: too many for a terminal."""


def measure(quick: bool, say: Say, only: str = "", kept: bool = False) -> Result:
    """The grid over seeds. `quick`: vignettes with five labels, the graph as it is, half wrong and shuffled. `only`: the scenarios whose names begin so.

    `kept`: measure nothing, say what was. `UnknownNameError` where no scenario's name begins like that.
    """
    planned = [job for job in jobs(quick, only) if fetched(job.cell.task)]
    looked_at = [task for task in tasks(only) if fetched(task) and not setting_of(task).brief and (not quick or task == planned[0].cell.task)] if planned else []
    if not kept:
        _run_all(planned, say)
    rows = corrected([found for job in planned for found in _rows(job)])
    series = _suspects(looked_at, kept)
    unread = [task for task in tasks(only) if not fetched(task)]
    for words in sentences(evidence_record({"rows": rows, "series": series})):
        say(words)
    return Result("knowledge", rows, judged(rows, series), notes(rows, planned, unread), UNPRINTED, series)


def report(result: Result) -> str:
    """The result as one HTML page that needs no other file and no network."""
    from fedviz.bench.knowledge_report import page

    return page(result.data())


def _run_all(planned: Sequence[Job], say: Say) -> None:
    """Measure what is not kept yet, in the order of the jobs."""
    waiting = [(job, seed) for job in planned for seed in range(SEEDS) if any(_scores(job.cell, way, seed) is None for way in job.ways)]
    measure_all(measured, waiting, lambda job: " ".join(map(str, job.cell)), say)


def measured(job: Job, seed: int) -> None:
    """All ways of one cell with one seed, one after the other: they share the frozen activations of the same texts. What is kept already is not run again."""
    for way in job.ways:
        for config, absent in runs(job.cell, way, seed):
            if kept_runs.scores(config) is None:
                kept_runs.keep(config, list(_run(config, absent)))


def _run(config: Any, absent: int | None) -> Scores:
    from fedviz.core.events import ClientFinished, Event, GlobalEvaluated
    from fedviz.federation.assemble import assemble
    from fedviz.federation.rounds import Hooks, Rounds

    last: dict[str, float] = {}

    def note(event: Event) -> None:
        if isinstance(event, GlobalEvaluated):
            last["overall"] = next(metric.value for metric in event.metrics if metric.key.name == "accuracy")
        elif isinstance(event, ClientFinished) and event.client == absent and event.phase == "evaluate":
            last["absent"] = next(metric.value for metric in event.metrics if metric.key.name == "accuracy")

    Rounds(assemble(config), Hooks(emit=note)).run()
    return Scores(last["overall"], last.get("absent"))


def _scores(cell: Cell, way: str, seed: int) -> Scores | None:
    """What was measured of a way with one seed, the mean over the parties that stay away in turn; None where a run is missing."""
    found = [kept_runs.scores(config) for config, _ in runs(cell, way, seed)]
    there = [one for one in found if one is not None]
    if len(there) < len(found):
        return None
    absent = [one.absent for one in there if one.absent is not None]
    return Scores(statistics.mean(one.accuracy for one in there), statistics.mean(absent) if absent else None)


def _rows(job: Job) -> list[dict[str, Any]]:
    """The rows of a cell whose ways were measured with every seed; none where text alone was not."""
    found: dict[str, list[Scores]] = {}
    for way in job.ways:
        each = [one for one in map(partial(_scores, job.cell, way), range(SEEDS)) if one is not None]
        if len(each) == SEEDS:
            found[way] = each
    return [row(job.cell, way, each, found[TEXT]) for way, each in found.items()] if TEXT in found else []


def _suspects(looked_at: Sequence[str], kept: bool) -> dict[str, dict[str, list[float]]]:
    """Precision at the planted number by way and task, seed by seed; `kept`: only where all seeds were looked at."""
    there = {
        way: {task: [planted.precision(task, way, seed) for seed in range(SEEDS)] for task in looked_at if not kept or planted.is_kept(task, way, SEEDS)}
        for way in planted.WAYS
    }
    return {f"suspects, {way}": found for way, found in there.items() if found}


def judged(rows: Sequence[dict[str, Any]], series: dict[str, dict[str, list[float]]]) -> list[Check]:
    """The stated figures, of which only those are judged that were measured."""
    checks: list[Check] = []
    main = {one["model"]: one for one in _of(rows, VIGNETTES, missing="none", rewired=0.0)}
    if best := _best(main, "gain"):
        checks.append(at_least(f"vignettes, 5 labels a class: gain of the best way in ({best['model']})", best["gain"], GAIN, "points"))
        checks.append(at_most(f"vignettes, 5 labels a class: corrected p of that gain ({best['model']})", best["p corrected"], P))
    if SHUFFLED in main:
        checks.append(at_most("vignettes, 5 labels a class: gain of the shuffled graph", main[SHUFFLED]["gain"], SHUFFLED_GAIN, "points"))
    away = {one["model"]: one for one in _of(rows, ORDERS, missing="one party", rewired=0.0)}
    if best := _best(away, "gain of the missing"):
        checks.append(at_least(f"orders, 5 labels a class, one machine missing: gain on it of the best way in ({best['model']})", best["gain of the missing"], MISSING_GAIN, "points"))
    for one in rows:
        if one["rewired"] and one["model"] != TEXT:
            checks.append(at_least(f"{one['task']}, {one['labels']} labels a class, {one['rewired']:.0%} of the triples rewired: gain, {one['model']}", one["gain"], HARM, "points"))
    for task, values in series.get("suspects, graph", {}).items():
        checks.append(at_least(f"{task}, {planted.SHARE:.0%} wrong labels planted: precision at the planted number", statistics.mean(values), PRECISION))
    return checks


def _of(rows: Sequence[dict[str, Any]], task: str, **same: Any) -> list[dict[str, Any]]:
    """Rows of a task with five labels a class whose head alone is trained."""
    return [one for one in rows if (one["task"], one["labels"], one["tuning"]) == (task, "5", "head") and all(one[key] == value for key, value in same.items())]


def _best(found: dict[str, dict[str, Any]], gain: str) -> dict[str, Any] | None:
    """The row of the way in that gains most."""
    return max((one for way, one in found.items() if way != TEXT and way not in CONTROLS), key=lambda one: one[gain], default=None)


def _words(cell: Cell) -> str:
    return ", ".join((
        cell.task, f"{cell.labels or 'all'} labels a class", *(["LoRA"] if cell.tuning == "lora" else []), *(["one party missing"] if cell.missing else []),
        *([f"{cell.rewired:.0%} of the triples rewired"] if cell.rewired else []),
    ))  # fmt: skip


def notes(rows: Sequence[dict[str, Any]], planned: Sequence[Job], unread: Sequence[str]) -> list[str]:
    """Sentences that belong beside the table: how it was measured, and what was not."""
    there = {(one["task"], one["labels"], one["tuning"], one["missing"] != "none", one["rewired"], one["model"]) for one in rows}
    wanted = [(job.cell, way) for job in planned for way in job.ways]
    left = [_words(cell) for cell, way in wanted if (cell.task, str(cell.labels or "all"), cell.tuning, cell.missing, cell.rewired, way) not in there]
    return [
        f"{SEEDS} seeds, FedAvg, 10 rounds of 4 local epochs; the head alone by SGD at 0.1, LoRA by AdamW at 0.005. Gains in points of accuracy over text alone on the same seeds; spread is the standard deviation over seeds.",
        f"p: Student's paired t over seeds, two-sided, with Holm's correction over every comparison of this table; we call a gain one from {SIGNIFICANT:g} down.",
        "The shuffled graph keeps the names: what it still gains comes from knowing that two words mean one thing. The random graph leaves every entity as many triples as it had.",
        "One party missing: the excavators B, C, D and E in turn, each with a graph that is grown without its orders, and the mean over them; elsewhere the fourth party.",
        "Excavators: the register of equipment, part of the graph, says to which system a place belongs, which is also what the classes are made of, though no order's own place is in it; and the experts' vocabulary was made of the words of all orders.",
        "Consistency and rules say nothing where the graph leads to no class, as that of the vignettes: a gain of exactly 0 is then no accident.",
        *([f"Not measured with {SEEDS} seeds: {len(left)} of {len(wanted)} places of the grid, among them {'; '.join(list(dict.fromkeys(left))[:8])}."] if left else []),
        *([f"Not measured, since the data is not fetched: {', '.join(unread)}."] if unread else []),
    ]
