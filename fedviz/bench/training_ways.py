"""One measurement of training in a process of its own: `python -m fedviz.bench.training_ways WAY` reads a question as JSON, prints an answer as JSON.

`alone`: one learner's passes over its texts, as the options say. `trainer`: the same texts under Hugging Face's `Trainer` (`fedviz.bench.training_trainer`).
`here` and `ray`: a federation in this process, and the same app under Flower's simulation. `opening`: SmolLM2 read from its folder.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import psutil

from fedviz.bench.training_watch import Watch
from fedviz.core.config import RunConfig
from fedviz.core.seeds import derive

SEED_PATH = "bench"
Answer = dict[str, Any]


def alone(question: Answer) -> Answer:
    """CPU seconds of filling the cache and of each pass, tokens of a pass, the process's peak memory and the accuracy afterwards."""
    from fedviz.federation.task import fit
    from fedviz.models.learner import ENCODE, prepare
    from fedviz.scenarios.load import load

    config = RunConfig.parse(question["config"])
    with Watch() as watch:
        data, fills = load(config), list[float]()
        learner = prepare(config, data, lambda step, done, total: fills.append(time.process_time()) if step == ENCODE else None)
        marks = [time.process_time()]
        fit(learner, range(len(data.train)), settings(question), derive(config.seed, SEED_PATH), lambda *_: marks.append(time.process_time()))
    fill_s = (fills[-1] - fills[0]) * len(data.train) / (len(data.train) + len(data.test)) if len(fills) > 1 else 0.0
    return {"fill_s": fill_s, "epochs_s": by_epoch(marks, question["epochs"]), "peak_mb": watch.peak_mb, **judged(question, learner.arrays())}


def settings(question: Answer) -> Any:
    """How a question's learner trains."""
    from fedviz.federation.task import FitSettings

    return FitSettings(epochs=question["epochs"], batch_size=question["batch"], learning_rate=question["rate"])


def by_epoch(marks: list[float], epochs: int) -> list[float]:
    """Seconds of each pass from the time before the first step and after each."""
    steps = (len(marks) - 1) // epochs
    return [marks[(number + 1) * steps] - marks[number * steps] for number in range(epochs)]


def judged(question: Answer, arrays: dict[str, Any]) -> Answer:
    """Accuracy of trained weights on the question's test texts, read the fast way whatever trained them; tokens of the training texts; and the weights themselves, to compare."""
    import numpy as np

    from fedviz.federation.task import evaluate
    from fedviz.models.learner import build_model, prepare
    from fedviz.scenarios.load import load

    config = RunConfig.parse(question["config"]).updated({"model.cache": True, "model.bucket": True, "scenario.test_texts": question["tests"]})
    data = load(config)
    tokens = sum(map(len, build_model(config, data.classes, data.graph, data.class_entities)[2](data.train.texts)))
    first = replace(data.train, texts=data.train.texts[:1], labels=data.train.labels[:1], parties=data.train.parties[:1])
    learner = prepare(config, replace(data, train=first))
    learner.load(arrays)
    weights = np.concatenate([values.ravel() for _, values in sorted(arrays.items())])
    return {"accuracy": evaluate(learner, range(len(data.test))).metrics()["accuracy"], "tokens": tokens, "weights": weights.astype(float).round(7).tolist()}


def here(question: Answer) -> Answer:
    """A federation in this process."""
    from fedviz.federation.assemble import assemble

    config, at_s = RunConfig.parse(question["config"]), age_s()
    with Watch() as watch:
        return {"imports_s": at_s, **_rounds(question, assemble(config), watch, {})}


def ray(question: Answer) -> Answer:
    """The same clients' app under Flower's simulation, on Ray's workers; the server reads no texts."""
    from fedviz.bench import simulated

    config, found = RunConfig.parse(question["config"]), Answer()

    def serve(grid: Any, nodes: list[int]) -> None:
        from fedviz.federation.assemble import assemble

        server = assemble(config.updated({"model.cache": False}))  # the same but for what it has read, which a server does not need
        found.update(_rounds(question, server, watch, {"engine": partial(simulated.engine, grid, nodes, config.to_toml())}))

    at_s = age_s()
    with Watch() as watch:
        simulated.simulate(serve, config.federation.clients)
    return {"imports_s": at_s, **found}


def _rounds(question: Answer, experiment: Any, watch: Watch, engine: Answer) -> Answer:
    """A run of the loop: when its first round began, wall seconds of all rounds, CPU seconds of each round's training in all processes, and the age of this process at the end."""
    from fedviz.core import events as e
    from fedviz.federation.rounds import Hooks, Rounds

    began, trained, ended = list[tuple[float, float]](), list[float](), list[float]()

    def note(event: e.Event) -> None:
        if isinstance(event, e.RoundStarted):
            began.append((time.perf_counter(), watch.cpu_s()))
        elif isinstance(event, e.RoundAggregated):
            trained.append(watch.cpu_s())
        elif isinstance(event, e.RoundEnded):
            ended.append(time.perf_counter())

    started = time.perf_counter()
    arrays = Rounds(experiment, Hooks(emit=note), **engine).run().state.arrays
    whole_s, peak_mb, processes = age_s(), watch.peak_mb, watch.processes
    return {
        "whole_s": whole_s, "rounds_s": ended[-1] - began[0][0], "round_0_s": began[0][0] - started, "peak_mb": peak_mb, "processes": processes,
        "epochs_s": [after - before for (_, before), after in zip(began, trained, strict=True)], "fill_s": 0.0, **judged(question, arrays),
    }  # fmt: skip


def age_s() -> float:
    """Wall seconds since this process began."""
    return time.time() - psutil.Process().create_time()


def opening(question: Answer) -> Answer:
    """SmolLM2 read from its folder, which is there: wall and CPU seconds, those of importing the libraries and the model's class apart, which any model of the family needs."""
    from fedviz.models.imports import IMPORTS
    from fedviz.models.smollm2 import SmolLM2Options, folder, load

    with IMPORTS:
        import torch
        import transformers
        from transformers import AutoModel, AutoTokenizer, LlamaModel  # noqa: F401 - what reading looks up

    folder()
    libraries_s, cpu = age_s(), time.process_time()
    start = time.perf_counter()
    backbone = load(SmolLM2Options())
    return {
        "wall_s": time.perf_counter() - start, "cpu_s": time.process_time() - cpu, "libraries_s": libraries_s, "parameters": backbone.parameters,
        "versions": f"torch {torch.__version__}, transformers {transformers.__version__}",
    }  # fmt: skip


def trainer(question: Answer) -> Answer:
    """Hugging Face's `Trainer`."""
    from fedviz.bench.training_trainer import trained

    return trained(question)


WAYS: dict[str, Callable[[Answer], Answer]] = {"alone": alone, "trainer": trainer, "here": here, "ray": ray, "opening": opening}

if __name__ == "__main__":
    from fedviz.bench import training_ways  # by its own name, as Ray's workers know it

    print(json.dumps(training_ways.WAYS[sys.argv[1]](json.load(sys.stdin))))
