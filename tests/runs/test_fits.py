"""A run that does not fit into the memory is refused before it starts, and one that runs out of it ends alone."""

from pathlib import Path

import pytest

from fedviz.core.assignments import parse_assignments
from fedviz.core.config import RunConfig
from fedviz.core.errors import RunError, out_of_memory
from fedviz.models.learner import Learner
from fedviz.runs import fits
from fedviz.runs.estimate import estimate, memory
from fedviz.runs.fits import by_mode, machine_bytes, refuse_too_large
from fedviz.runs.folder import open_run, view_of
from fedviz.runs.launcher import Launcher
from fedviz.runs.sizes import sizes
from tests.models.small_folders import FAMILIES, small_folder
from tests.runs.small import small


def test_more_training_needs_more_memory() -> None:
    config = RunConfig.parse({"scenario": "toy", "model": "smollm2"})
    needs = by_mode(config)
    assert needs["head"] < needs["lora"] < needs["full"] and needs["lora"] == estimate(config).memory_bytes
    assert needs["full"] > 5 * 4 * 134_515_008, "weights, gradients, two moments and what the server holds"
    assert 1e9 < machine_bytes() < 1e14


@pytest.mark.parametrize("less", ["federation.batch_size", "model.max_tokens", "model.tuning", "choose a smaller model"])
def test_what_is_said_to_be_lowered_makes_it_fit(monkeypatch: pytest.MonkeyPatch, less: str) -> None:
    changes = {"model.tuning": "full", "model.max_tokens": 512, "federation.batch_size": 512, "model.bucket": False}
    config = RunConfig.parse({"scenario": "toy", "model": "minilm"}).updated(changes)
    found = sizes(config)
    need = {
        "federation.batch_size": memory(config, found) - 1, "model.max_tokens": memory(config.updated({"federation.batch_size": 4}), found) - 1,
        "model.tuning": memory(config.updated({"model.tuning": "head", "model.max_tokens": 32, "federation.batch_size": 4}), found) + 100_000_000, "choose a smaller model": 1000,
    }[less]  # fmt: skip
    if less in ("model.max_tokens", "model.tuning"):
        config = config.updated({"federation.batch_size": 4})
    monkeypatch.setattr(fits, "machine_bytes", lambda: need)
    with pytest.raises(RunError, match="must fit into this machine's memory") as refusal:
        refuse_too_large(config)
    assert less in str(refusal.value)
    if "`" in str(refusal.value):
        refuse_too_large(config.updated(parse_assignments([str(refusal.value).split("`")[1]])))


def test_a_run_that_is_too_large_never_becomes_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(fits, "machine_bytes", lambda: 1000)
    worker = Launcher(tmp_path / "runs")
    with pytest.raises(RunError, match="must fit"):
        worker.submit(small(), "too large")
    assert not (tmp_path / "runs").exists()


def test_more_adapters_than_layers_are_refused_before_the_start(tmp_path: Path) -> None:
    config = small().updated({"model": {"name": "pretrained", "source": str(small_folder(FAMILIES[0], tmp_path / "m")), "lora_layers": 4}})
    with pytest.raises(RunError, match="at most the model's 3 layers, but got lora_layers=4"):
        Launcher(tmp_path / "runs").submit(config, "too deep")


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes.")])
def test_a_run_without_memory_ends_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: Exception) -> None:
    """The process lives, the sentence says what to lower, and the next run is done."""
    def starved(*given: object) -> None:
        raise error

    worker = Launcher(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(Learner, "objective", starved)
        starving = worker.submit(small(), "starving")
        assert worker.wait(starving, 120)
    after = worker.submit(small(), "after")
    assert worker.wait(after, 120)
    worker.leave()
    view = view_of(open_run(tmp_path, starving))
    assert view.status == "failed" and "lower federation.batch_size or model.max_tokens" in view.reason
    assert open_run(tmp_path, after).status() == "finished"


def test_other_errors_are_no_lack_of_memory() -> None:
    assert not out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied")) and not out_of_memory(ValueError("out of memory"))
