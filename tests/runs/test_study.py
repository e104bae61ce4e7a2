"""A study: every cell an ordinary run, refusals kept with their reason, and a matrix that follows the runs."""

import json

import pytest

from fedviz.core import events as e
from fedviz.core.errors import ConfigError
from fedviz.core.types import Metric, MetricKey
from fedviz.runs import study as studies
from fedviz.runs.folder import open_run, runs_root, view_of
from fedviz.runs.launcher import Launcher
from fedviz.runs.run_view import RunView
from fedviz.runs.view import apply_all
from tests.runs.small import small


@pytest.fixture
def launcher(tmp_path, monkeypatch):
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path))
    worker = Launcher(runs_root())
    yield worker
    worker.leave()


def plan(rows=({"name": "mean"}, {"name": "median"}), columns=({"name": "fedavg"}, {"name": "scaffold"}), seeds=(0,), **changes):
    return studies.Plan(small(**changes), "federation.aggregation", rows, "federation.strategy", columns, seeds)


@pytest.mark.slow
def test_every_cell_is_a_run_of_its_configuration_and_the_matrix_holds_what_the_runs_say(launcher):
    study = studies.start(plan(optimizer="sgd", rounds=1), "Two by two", launcher)
    assert all(launcher.wait(cell.run, 60) for cell in study.cells)
    found = studies.matrix(study, "accuracy", runs_root())
    assert len(study.cells) == 4
    for cell in study.cells:
        folder = open_run(runs_root(), cell.run)
        config = folder.config()
        assert (config.federation.aggregation.name, config.federation.strategy.name, config.seed) == (cell.row, cell.column, cell.seed)
        spot = found[cell.row, cell.column]
        assert spot.values == (view_of(folder).global_metrics[-1][1]["accuracy"],) and spot.progress == 1 and not spot.waiting
    sent = studies.matrix(study, "megabytes", runs_root())
    assert sent["mean", "scaffold"].mean > 1.5 * sent["mean", "fedavg"].mean  # control variates travel, too


def test_a_cell_that_breaks_a_rule_is_kept_with_the_reason_and_the_others_run(launcher):
    study = studies.start(plan(optimizer="adamw", rounds=1), "One refused", launcher)
    refused = [cell for cell in study.cells if cell.refused]
    assert {cell.column for cell in refused} == {"scaffold"} and all("`optimizer` must be sgd" in cell.refused for cell in refused)
    assert studies.matrix(study, "accuracy", runs_root())["mean", "scaffold"].reason == refused[0].refused


def test_a_study_of_refused_cells_alone_is_refused_and_leaves_nothing(launcher):
    with pytest.raises(ConfigError, match="No cell of this study can run; the first reason: .*`optimizer` must be sgd"):
        studies.start(plan(columns=({"name": "scaffold"},), optimizer="adamw"), "Nothing", launcher)
    assert studies.studies() == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rows": ()}, "at least one entry, but federation.aggregation has none"),
        ({"seeds": tuple(range(31))}, "at most 120 runs, but this one would have 124"),
    ],
)
def test_what_no_study_may_be_is_one_sentence(changes, words):
    with pytest.raises(ConfigError, match=words):
        plan(**changes)


def test_the_axes_must_differ():
    with pytest.raises(ConfigError, match="must differ, but both are adversary"):
        studies.Plan(small(), "adversary", ({"name": "none"},), "adversary", ({"name": "none"},))


def test_studies_read_back_and_damaged_files_are_left_out(launcher, tmp_path):
    study = studies.start(plan(columns=({"name": "fedavg"},), rounds=1), "Kept", launcher)
    (tmp_path / "studies" / "0123abcd.json").write_text('{"id": "0123abcd"}')
    (tmp_path / "studies" / "4567abcd.json").write_text(json.dumps(json.loads((tmp_path / "studies" / f"{study.id}.json").read_text()) | {"row_axis": "nothing"}))
    assert studies.studies() == [study]
    studies.cancel(study, launcher)
    assert all(launcher.wait(cell.run, 60) for cell in study.cells)
    studies.forget(study)
    assert studies.studies() == []


def test_a_run_that_was_deleted_leaves_its_reason(launcher):
    study = studies.start(plan(columns=({"name": "fedavg"},), rounds=1), "Short", launcher)
    assert all(launcher.wait(cell.run, 60) for cell in study.cells)
    open_run(runs_root(), study.cells[0].run).delete()
    spot = studies.matrix(study, "accuracy", runs_root())["mean", "fedavg"]
    assert spot.mean is None and "There is no run" in spot.reason


def test_a_cell_counts_the_runs_that_reach_a_target_and_those_that_do_not():
    def looked(seed, *accuracies):
        rounds = [e.GlobalEvaluated(round=number, metrics=(Metric(key=MetricKey(name="accuracy"), value=value),)) for number, value in enumerate(accuracies)]
        return studies.Look(studies.Cell("a", "b", seed, run=str(seed)), apply_all(RunView(), rounds), "finished")

    looks = (looked(0, 0.1, 0.5), looked(1, 0.1, 0.2, 0.3, 0.6), looked(2, 0.1, 0.2))
    spot = studies.spots_of(looks, "target_rounds", 0.5)["a", "b"]
    assert (spot.values, spot.missed, spot.mean) == ((1, 3), 1, 2)
    assert studies.spots_of(looks, "target_rounds", 0.9)["a", "b"] == studies.Spot((), ("0", "1", "2"), 0, 0.0, "", 3)
    assert studies.spots_of(looks, "target_s", 0.5)["a", "b"].missed == 1  # these journals tell no time, which is not the same
    assert studies.spots_of(looks, "accuracy")["a", "b"].missed == 0
