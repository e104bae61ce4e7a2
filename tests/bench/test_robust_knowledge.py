"""The bench of stresses: each is a valid configuration of its own, stopped and gone on it runs nothing twice, the figure is judged on the row that it names, and harm is told."""

import random

import pytest

from fedviz.bench import robust_cells as cells
from fedviz.bench import robust_knowledge as bench
from fedviz.bench.report import run_bench
from fedviz.bench.robust_cells import FULL, GRAPH, TEXT, VALIDATED, WAYS, Found, Stress
from fedviz.bench.robust_table import judged, notes, row
from fedviz.charts.stress import KINDS, NONE, stress_record
from fedviz.core.config import RunConfig


def test_every_stress_is_a_configuration_of_its_own_and_names_no_other_section():
    digests = set()
    for task, stresses in FULL:
        base = RunConfig.parse({"scenario": {"name": task}, "federation": cells.FEDERATION})
        for stress in stresses:
            changed = base.updated(stress.changes)
            assert (changed == base) == (stress.name == "none")
            digests.add(changed.digest())
    assert len(digests) == sum(len(stresses) for _, stresses in FULL)
    assert {stress.name for _, stresses in FULL for stress in stresses} == {*KINDS, NONE}, "each has its panel on the page"
    wanted = {"wrong labels", "typos", "lay words", "missing client", "unseen classes", "unseen entities", "rewired", "poisoned", "stale"}
    assert wanted <= {stress.name for _, stresses in FULL for stress in stresses}


def rows(graph: float, validated: float, stress: Stress = Stress("rewired", 0.5, {})):  # noqa: B008 - a frozen tuple
    """Three rows of three seeds, text alone at 50 % and a little spread."""
    texts = [Found(0.5 + wiggle, None, None) for wiggle in (-0.01, 0.0, 0.01)]
    found = {TEXT: texts, GRAPH: [one._replace(accuracy=one.accuracy + graph) for one in texts]}
    found[VALIDATED] = [one._replace(accuracy=one.accuracy + validated, trust=(0.0, 0.5)) for one in texts]
    return [row(cells.CODING, stress, way, found[way], texts) for way in WAYS]


@pytest.mark.parametrize(("validated", "passed"), [(0.02, True), (-0.009, True), (-0.02, False)])
def test_the_figure_is_judged_on_validated_trust_with_half_the_triples_rewired(validated, passed):
    (check,) = judged([*rows(-0.3, validated), *rows(-0.3, -0.3, Stress("rewired", 0.25, {}))])
    assert check.passed is passed and check.value == pytest.approx(-100 * validated)


def test_a_row_tells_gain_wins_and_trust():
    text, graph, validated = rows(-0.1, 0.05)
    assert text["gain"] is None and graph["gain"] == pytest.approx(-10) and graph["wins"] == "0/3" and validated["wins"] == "3/3"
    assert (validated["trust in evidence"], validated["trust in structure"], graph["trust in structure"]) == (0.0, 0.5, None) and validated["seeds"] == 3 and graph["least gain"] == pytest.approx(-10)


def test_harm_and_the_price_of_caution_are_told():
    some = [*rows(-0.1, 0.0), *rows(0.05, 0.02, Stress("none", 0.0, {}))]
    words = " ".join(notes(some))
    assert "rewired 0.5: -10.0, validated 0.0" in words and "validated trust gains 2.0 points and full trust 5.0" in words
    assert "nowhere" in " ".join(notes(rows(0.1, 0.1)))


PLAN = ((cells.VIGNETTES, FULL[0][1][:2]), (cells.CODING, FULL[2][1][:1]))


@pytest.fixture
def small(tmp_path, monkeypatch):
    """`small(run, **parts)`: a plan of three places and three seeds in this process, with `run` in the place of training; the result's data."""
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path))
    monkeypatch.setattr(bench, "FULL", PLAN)
    monkeypatch.setattr(bench, "SEEDS", 3)
    monkeypatch.setattr(bench, "measure_all", lambda measured, waiting, words, say: [measured(part, seed) for part, seed in waiting])

    def measure(run, **parts):
        monkeypatch.setattr(bench, "_run", run)
        return run_bench("robust_knowledge", quick=False, as_json=True, **parts).data()

    return measure


def drawn(config):
    """A run's scores, drawn by its configuration."""
    return Found(random.Random(config.digest()).random(), None, (1.0, 0.5) if config.knowledge.name == "evidence" else None)


def test_stopped_anywhere_and_gone_on_it_finds_the_same_and_runs_nothing_twice(small, tmp_path, monkeypatch):
    done = []

    def until(limit):
        def run(config):
            if len(done) == limit:
                raise KeyboardInterrupt
            done.append(config.digest())
            return drawn(config)

        return run

    for limit in (1, 9, 20):
        with pytest.raises(KeyboardInterrupt):
            small(until(limit))
    resumed = small(until(10_000))
    assert len(done) == len(set(done)) == 3 * (9 - 1), "text alone is the same run with a right and a wrong graph"
    assert len(resumed["rows"]) == 9 and all(one["seeds"] == 3 for one in resumed["rows"])
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path / "other"))
    assert small(drawn)["rows"] == resumed["rows"]


def test_what_is_kept_is_told_without_a_run_and_what_is_missing_is_named(small):
    def never(config):
        raise AssertionError("`kept` must measure nothing")

    def of_two_seeds(config):
        if config.seed == 2:
            raise KeyboardInterrupt
        return drawn(config)

    assert small(never, kept=True)["rows"] == []
    with pytest.raises(KeyboardInterrupt):
        small(of_two_seeds)
    found = small(never, kept=True)
    words = " ".join(found["notes"])
    assert {one["task"] for one in found["rows"]} == {cells.VIGNETTES} and {one["seeds"] for one in found["rows"]} == {2}
    assert "fewer seeds: medicine-vignettes, none 0: 2; medicine-vignettes, rewired 0.1: 2." in words and "Not measured: medicine-coding, wrong labels 0.1." in words
    (curve,) = stress_record(found)
    assert (curve.stress, list(curve.levels)) == ("rewired", [0.0, 0.1])
