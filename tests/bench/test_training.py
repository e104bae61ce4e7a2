"""The bench of training: its ways differ in what they save and in nothing else, and its figures are what they are called."""

import json

import pytest

from fedviz.bench import training, training_asked
from fedviz.bench import training_plan as plan
from fedviz.bench.training_watch import Watch
from fedviz.bench.training_ways import by_epoch
from fedviz.core.config import RunConfig


@pytest.mark.parametrize(("size", "quick"), [(plan.FULL, False), (plan.QUICK, True)])
def test_ways_of_a_model_differ_in_what_they_save_alone(size: plan.Size, quick: bool) -> None:
    kept = {}
    for (model, task, way), asked in plan.alone(size, quick).items():
        config = RunConfig.parse(asked.question["config"])
        same = config.updated({"model.cache": True, "model.bucket": True, **({"model.lora_layers": 2} if way == plan.WHOLE else {})})
        kept.setdefault((model, task), set()).add((same.digest(), asked.question["batch"], asked.question["rate"], asked.question["epochs"]))
    assert all(len(some) == 1 for some in kept.values())
    for model in size.federated:
        ours = {RunConfig.parse(asked.question["config"]).updated({"model.cache": True, "model.bucket": True}).digest() for (which, *_), asked in plan.federated(size).items() if which == model}
        assert len(ours) == 1


def test_both_sides_take_turns() -> None:
    order = [(way, turn) for model, way, turn in plan.federated(plan.FULL) if model == plan.MINILM]
    assert [turn for _, turn in order] == sorted(turn for _, turn in order)
    assert {way for way, turn in order if turn == 0} == set(plan.FEDERATED) == {way for way, turn in order if turn == 2}


def test_the_fill_is_counted_once_in_ten_epochs() -> None:
    assert training.costs({"fill_s": 5.0, "epochs_s": [3.0, 2.0, 2.0]}) == {"fill": 5.0, "later": 2.0, "first": 8.0, "ten": 26.0}
    assert by_epoch([1.0, 2.0, 3.0, 5.0, 7.0], 2) == [2.0, 4.0]


def _answer(asked: training_asked.Asked) -> dict[str, object]:
    """What a machine on which everything is as it is hoped would answer."""
    way = asked.name.rpartition(": ")[2]
    cost = 1.0 if way.startswith((plan.OURS, plan.HERE)) else 20.0
    common = {"load": 0.1, "peak_mb": 900.0, "processes": 1, "accuracy": 0.75, "tokens": 1000, "weights": [0.25, 0.5], "fill_s": 0.0}
    return common | {"epochs_s": [cost, cost], "whole_s": 2 * cost, "rounds_s": cost, "wall_s": 1.0, "cpu_s": 1.0, "libraries_s": 5.0}


def test_rows_share_their_keys_and_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "all_answered", lambda asked, say: {one.name: _answer(one) for one in asked})
    monkeypatch.setattr("fedviz.bench.foreign.lacking", lambda module: "")
    result = training.measure(False, lambda line: None)
    assert result.passed and {tuple(row) for row in result.rows} == {training.COLUMNS}
    monkeypatch.setattr("fedviz.bench.foreign.lacking", lambda module: "it is not here.")
    result = training.measure(False, lambda line: None)
    assert [check.what for check in result.checks if not check.passed] == ["times faster than Flower's simulation"] and "it is not here." in result.notes[0]
    assert training.measure(True, lambda line: None).passed


def test_what_was_measured_so_far_can_be_told(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path))
    assert training.measure(False, lambda line: None, kept=True).rows == []
    for way in (plan.PACKED, plan.OURS):
        asked = plan.alone(plan.FULL, False)[plan.SMOLLM2, plan.VIGNETTES, way]
        training_asked.place(asked).parent.mkdir(parents=True, exist_ok=True)
        training_asked.place(asked).write_text(json.dumps(_answer(asked)))
    result = training.measure(False, lambda line: None, kept=True)
    assert len(result.rows) == 2 and len(result.checks) == 2 and result.passed and "2 of" in result.notes[0]


def test_answers_are_kept_for_the_same_question_and_code(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path))
    asked, calls = training_asked.Asked("one", "alone", {"a": 1}), []
    monkeypatch.setattr(training_asked.foreign, "answer", lambda command, question, limit_s, **env: calls.append(env) or {"found": len(calls)})
    told = [training_asked.answered(one, lambda line: None)["found"] for one in (asked, asked, asked._replace(turn=1), asked._replace(question={"a": 2}))]
    assert told == [1, 1, 2, 3] and calls[0] == {"OMP_NUM_THREADS": "1"}
    training_asked.place(asked).write_text(json.dumps({"found": 9})[:5])
    assert training_asked.answered(asked, lambda line: None)["found"] == 4, "a damaged file is measured anew"


def test_the_watch_sees_memory_that_is_gone_again() -> None:
    with Watch() as watch:
        before = watch.peak_mb
        held = bytearray(b"\1") * 200_000_000
        while watch.peak_mb < before + 150:
            watch._over.wait(0.02)
        del held
    assert watch.peak_mb > 150 and watch.cpu_s() > 0


def test_a_simulation_that_does_not_run_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(asked: training_asked.Asked, say: object) -> dict[str, object]:
        raise ValueError("no")

    monkeypatch.setattr(training_asked, "answered", fail)
    said: list[str] = []
    assert training_asked.all_answered([training_asked.Asked("theirs", "ray", {})], said.append) == {} and said == ["theirs did not run (no)"]
    with pytest.raises(ValueError, match="no"):
        training_asked.all_answered([training_asked.Asked("ours", "here", {})], said.append)
