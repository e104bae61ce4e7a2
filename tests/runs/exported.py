"""Tiny runs on random models of each family, for tests of what is done with trained models."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fedviz.core.config import RunConfig
from fedviz.federation.assemble import forget
from fedviz.models import minilm
from fedviz.models.folders import from_folder
from fedviz.runs.folder import RunFolder, open_run
from fedviz.runs.launcher import Launcher

TEXTS = ("The patient has strong pain in the knee!", "no fever", "a pump leaks " * 30, "  Bucket broken\nsince days ", "Über naïve Fälle: 发热 ½ [MASK] don't", "e\u0301te\u0301")


@contextmanager
def small_model(folder: Path) -> Iterator[None]:
    """The model `minilm` is that of a folder meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(minilm, "MINILM", replace(minilm.MINILM, load=lambda options: from_folder(folder, f"small-{folder.name}")))
        forget()  # an experiment that is kept holds another model
        yield
        forget()


def tiny(**changes: Any) -> RunConfig:
    """One round of two clients on the toy scenario."""
    return RunConfig.parse({
        "scenario": {"name": "toy", "train_texts": 24, "test_texts": 12}, "model": {"name": "minilm", "lora_layers": 2, "lora_targets": "all linear", "max_tokens": 40},
        "federation": {"rounds": 1, "clients": 2, "compare": False, "batch_size": 4, "learning_rate": 0.05},
    }).updated(changes)  # fmt: skip


def finished(root: Path, config: RunConfig, title: str = "A small run") -> RunFolder:
    """The run of a configuration, done."""
    worker = Launcher(root)
    run_id = worker.submit(config, title)
    assert worker.wait(run_id, 120)
    worker.leave()
    folder = open_run(root, run_id)
    assert folder.status() == "finished"
    return folder
