"""What caching and leaving out the padding save: LoRA classification by a plain loop, by Hugging Face's `Trainer`, under Flower's simulation and by fedviz.

The same texts, start, layers with adapters, learning rate and optimiser for all, and the same order for all but `Trainer` grouped by length. The plain loop pads to 128 tokens and caches
nothing. Each measurement has a process of its own. Cost is CPU time, which a busy machine disturbs little, on one thread where one learner trains; a federation's is that of all
its processes. The cache costs a pass through the frozen layers before the first epoch: the first epoch counts it in full, and so do ten epochs. Wall time against Flower's
simulation: both sides in turns within the same minutes; the median of the turns' ratios.

Answers are kept (`fedviz.bench.training_asked`): a second call goes on where the first stopped.
"""

import statistics
from typing import Any

from fedviz.bench import training_plan as plan
from fedviz.bench.report import Check, Result, Say, at_least, at_most
from fedviz.bench.training_asked import all_answered
from fedviz.bench.training_asked import kept as kept_answer
from fedviz.bench.training_plan import CLIENTS, CODING, GROUPED, HERE, MANY, MINILM, OURS, PACKED, PLAIN, RAY, RAY_OURS, SMOLLM2, TRAINER, VIGNETTES, WHOLE

TIMES, CACHE_TIMES, RAY_TIMES, POINTS, GIGABYTES, OPEN_S, SAME, EPOCHS = 10.0, 3.0, 5.0, 1.0, 3.0, 2.0, 1e-3, 10
BUSY = 1.5
"""A load above which a note says that the machine had other work."""
COLUMNS = ("model", "texts", "way", "tokens a CPU s", "CPU s an epoch", "times less", "CPU s to fill the cache", "CPU s, first epoch", "CPU s, ten epochs", "wall s", "wall s of the rounds", "peak MB", "accuracy, %", "spread", "load")

Found = dict[str, dict[str, Any]]


def measure(quick: bool, say: Say, kept: bool = False) -> Result:
    """All models and ways. `quick`: fewer texts, passes and seeds, one turn against Flower with MiniLM alone. `kept`: measure nothing, say what was measured so far."""
    from fedviz.bench.foreign import lacking

    size = plan.QUICK if quick else plan.FULL
    alone, federated, accuracies, many, loads = plan.alone(size, quick), plan.federated(size), plan.accuracies(size, quick), plan.many(size), plan.loads(size)
    asked, notes = [*alone.values(), many, *loads, *federated.values(), *accuracies.values()], list[str]()
    if kept:
        found = {one.name: answer for one in asked if (answer := kept_answer(one)) is not None}
        if len(found) < len(asked):
            notes.append(f"Measured so far: {len(found)} of {len(asked)} parts.")
    else:
        why = lacking("ray")
        if why:
            notes.append(f"Flower's Ray simulation was not measured: {why}")
        found = all_answered([one for one in asked if one.way != "ray" or not why], say)
    rows = [_alone_row(model, task, way, found[one.name], _reference(alone, model, task, found)) for (model, task, way), one in alone.items() if one.name in found]
    rows += [_federated_row(model, way, turn, found[one.name]) for (model, way, turn), one in federated.items() if one.name in found]
    rows += _accuracy_rows(accuracies, found)
    rows += [_row(SMOLLM2, VIGNETTES, f"a run with {MANY} clients", found[one.name], **{"peak MB": found[one.name]["peak_mb"]}) for one in (many,) if one.name in found]
    rows += [_row(SMOLLM2, "none", f"read from its folder, turn {one.turn + 1}", found[one.name], **{"wall s": found[one.name]["wall_s"]}) for one in loads if one.name in found]
    checks = [*_alone_checks(alone, found), *_accuracy_checks(accuracies, found), *_flower_checks(federated, found, quick or kept)]
    if many.name in found:
        checks.append(at_most(f"peak memory of a run with {MANY} clients with adapters of SmolLM2, all its processes", found[many.name]["peak_mb"] / 1000, GIGABYTES, "GB"))
    opened = [found[one.name] for one in loads if one.name in found]
    for what, key in (("wall", "wall_s"), ("CPU", "cpu_s")) if opened else ():
        checks.append(at_most(f"reading SmolLM2 after its conversion, {what} time, median of {len(opened)} fresh processes", statistics.median(one[key] for one in opened), OPEN_S, "s"))
    return Result("training", rows, checks, notes + (_notes(size, found, opened) if found else []), unprinted=("load",))


def _reference(alone: dict[tuple[str, str, str], Any], model: str, task: str, found: Found) -> dict[str, Any] | None:
    return found.get(alone[model, task, WHOLE if model == MINILM else PLAIN].name)


def _row(model: str, task: str, way: str, answer: dict[str, Any], **values: Any) -> dict[str, Any]:
    return dict.fromkeys(COLUMNS) | {"model": model, "texts": task, "way": way, "load": answer["load"]} | values


def costs(answer: dict[str, Any]) -> dict[str, float]:
    """CPU seconds of one learner: filling the cache, an epoch after the first, the first one with the fill, and ten epochs with the fill."""
    later, fill = statistics.fmean(answer["epochs_s"][1:] or answer["epochs_s"]), answer["fill_s"]
    return {"fill": fill, "later": later, "first": fill + answer["epochs_s"][0], "ten": fill + answer["epochs_s"][0] + (EPOCHS - 1) * later}


def _alone_row(model: str, task: str, way: str, answer: dict[str, Any], reference: dict[str, Any] | None) -> dict[str, Any]:
    taken = costs(answer)
    return _row(
        model, task, way, answer,
        **{
            "tokens a CPU s": answer["tokens"] / taken["later"], "CPU s an epoch": taken["later"], "times less": costs(reference)["later"] / taken["later"] if reference else None, "CPU s to fill the cache": taken["fill"],
            "CPU s, first epoch": taken["first"], "CPU s, ten epochs": taken["ten"], "peak MB": answer["peak_mb"], "accuracy, %": 100 * answer["accuracy"],
        },
    )  # fmt: skip


def _federated_row(model: str, way: str, turn: int, answer: dict[str, Any]) -> dict[str, Any]:
    """CPU of an epoch: the training of a later round in all processes; the whole wall time runs from the start of the process."""
    later = statistics.fmean(answer["epochs_s"][1:] or answer["epochs_s"])
    return _row(
        model, VIGNETTES, f"{way}, {CLIENTS} clients, turn {turn + 1}", answer,
        **{
            "tokens a CPU s": answer["tokens"] / later, "CPU s an epoch": later, "wall s": answer["whole_s"], "wall s of the rounds": answer["rounds_s"],
            "peak MB": answer["peak_mb"], "accuracy, %": 100 * answer["accuracy"],
        },
    )  # fmt: skip


def _scores(accuracies: dict[tuple[str, int, int], Any], found: Found) -> dict[tuple[str, int], list[float]]:
    scores: dict[tuple[str, int], list[float]] = {}
    for (task, layers, _), one in accuracies.items():
        if one.name in found:
            scores.setdefault((task, layers), []).append(100 * found[one.name]["accuracy"])
    return {key: some for key, some in scores.items() if len(some) > 1}


def _accuracy_rows(accuracies: dict[tuple[str, int, int], Any], found: Found) -> list[dict[str, Any]]:
    last = next((found[one.name] for one in reversed(accuracies.values()) if one.name in found), None)
    return [] if last is None else [
        _row(MINILM, task, f"LoRA in {layers} layers, one pass, {len(some)} seeds", last, **{"accuracy, %": statistics.fmean(some), "spread": statistics.stdev(some)})
        for (task, layers), some in _scores(accuracies, found).items()
    ]


def _accuracy_checks(accuracies: dict[tuple[str, int, int], Any], found: Found) -> list[Check]:
    scores = _scores(accuracies, found)
    return [at_most(f"{task}: points of accuracy lost by adapters in two layers against all six", statistics.fmean(scores[task, 6]) - statistics.fmean(some), POINTS) for (task, layers), some in scores.items() if layers == 2 and (task, 6) in scores]


def _alone_checks(alone: dict[tuple[str, str, str], Any], found: Found) -> list[Check]:
    """The stated ratios, and that the ways end with the same weights."""
    checks = []
    pairs = [(f"MiniLM, {task}", "plain LoRA over ours", (MINILM, task, WHOLE), (MINILM, task, OURS), TIMES) for task in (CODING, VIGNETTES)]
    pairs.append(("SmolLM2, top four layers", "uncached over cached", (SMOLLM2, VIGNETTES, PACKED), (SMOLLM2, VIGNETTES, OURS), CACHE_TIMES))
    for who, what, *both, limit in pairs:
        if all(key in alone and alone[key].name in found for key in both):  # type: ignore[index]
            slow, fast = (costs(found[alone[key].name]) for key in both)  # type: ignore[index]
            checks.append(at_least(f"{who}: CPU of an epoch, {what}, cache filled", slow["later"] / fast["later"], limit))
            checks.append(at_least(f"{who}: CPU of ten epochs, {what}, the fill counted", slow["ten"] / fast["ten"], limit))
    for (model, task, way), asked in alone.items():
        plain = alone[model, task, PLAIN].name
        if way in (TRAINER, OURS) and asked.name in found and plain in found:
            apart = max(abs(a - b) for a, b in zip(found[asked.name]["weights"], found[plain]["weights"], strict=True))
            checks.append(at_most(f"{model}, {task}: greatest difference of a trained weight, {way}, from the plain loop", apart, SAME))
    return checks


def _flower_checks(federated: dict[tuple[str, str, int], Any], found: Found, may_lack: bool) -> list[Check]:
    """Wall time of the same federation, the median over the turns, with the start of Ray and without."""
    turns = {turn for model, _, turn in federated if model == MINILM}
    if any(one.name not in found for (model, _, _), one in federated.items() if model == MINILM):
        return [] if may_lack else [Check("times faster than Flower's simulation", 0.0, "not measured", False)]  # a figure that is stated must be measured
    checks = []
    for way, what in ((RAY, "Flower's simulation of the same app with a plain loop"), (RAY_OURS, "Flower's simulation of the same app, cached as ours")):
        for key, when in (("rounds_s", "rounds alone"), ("whole_s", "whole process, start of Ray included")):
            ratios = [found[federated[MINILM, way, turn].name][key] / found[federated[MINILM, HERE, turn].name][key] for turn in turns]
            checks.append(at_least(f"MiniLM, {CLIENTS} clients: wall time, {what} over ours, {when}", statistics.median(ratios), RAY_TIMES))
    return checks


def _notes(size: plan.Size, found: Found, opened: list[Any]) -> list[str]:
    busiest = max(answer["load"] for answer in found.values())
    texts, rounds = size.federated[MINILM]
    return [
        f"Texts, padded to 128 tokens where nothing else is said, in batches of {plan.BATCH}; `times less` is against the first way of a model and its texts: MiniLM's adapters in all six layers, the others' in the layers of ours.",
        f"{GROUPED} takes the texts in an order of its own, and so ends elsewhere. None of the ways has dropout.",
        f"Against Flower with MiniLM: {CLIENTS} clients, {texts} texts, {rounds} rounds, each side in turn within the same minutes. Its CPU seconds and memory are sums over its processes, which counts pages that they share more than once.",
        "Flower's server prepares nothing that it does not need; its workers load the model and read the texts before the first round, which the rounds alone leave out on both sides.",
        *(f"Importing the libraries takes {statistics.median(one['libraries_s'] for one in opened):.1f} s of wall time before SmolLM2 is read." for _ in opened[:1]),
        *([f"The machine had other work: its load was up to {busiest:.1f}. CPU seconds and the ratios of wall time within a turn hold, wall times do not."] if busiest > BUSY * 2 else []),
    ]
