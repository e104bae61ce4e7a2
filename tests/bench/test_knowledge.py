"""The knowledge bench: stopped and gone on it finds the same, its tests are the textbook's, and its page needs nothing beside itself."""

import json
import random
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from fedviz.bench import knowledge, knowledge_kept
from fedviz.bench.knowledge_cells import HEAD_WAYS, REWIRED_WAYS, SEEDS, TEXT, Cell, Job, jobs, runs
from fedviz.bench.knowledge_kept import Scores
from fedviz.bench.knowledge_report import page
from fedviz.bench.knowledge_table import corrected, holm, paired_p, row
from fedviz.bench.report import run_bench
from fedviz.core.config import RunConfig
from fedviz.core.errors import InputError, UnknownNameError

MAIN, WRONG, AWAY = Cell("medicine-vignettes", 5), Cell("medicine-vignettes", 5, rewired=0.5), Cell("manufacturing-orders", 5, missing=True)
PLAN = (Job(MAIN, ("text alone", "with graph", "shuffled graph")), Job(WRONG, REWIRED_WAYS), Job(AWAY, ("text alone", "with graph")))


def fake(config, absent):
    """A run's scores, drawn by its configuration; the graph as it is gains a fifth."""
    chance = random.Random(config.digest())
    good = 0.2 * (config.knowledge.name == "evidence" and config.graph.control == "none" and not config.graph.rewired)
    return Scores(0.5 + good + 0.01 * chance.random(), None if absent is None else 0.3 + good + 0.01 * chance.random())


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """`bench(run)`: the plan above in this process, with `run` in the place of training; returns the result's data."""
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path))
    monkeypatch.setattr(knowledge, "fetched", lambda task: True)
    monkeypatch.setattr(knowledge, "jobs", lambda quick, only: PLAN)
    monkeypatch.setattr(knowledge, "tasks", lambda only="": ("medicine-vignettes", "manufacturing-orders"))
    monkeypatch.setattr(knowledge.planted, "precision", lambda task, way, seed: {"graph": 0.7, "shuffled graph": 0.69, "by chance": 0.2}[way] + 0.001 * seed)
    monkeypatch.setattr(knowledge, "_run_all", lambda planned, say: [knowledge.measured(job, seed) for job in planned for seed in range(SEEDS)])

    def measure(run, **parts):
        monkeypatch.setattr(knowledge, "_run", run)
        return knowledge.measure(False, lambda line: None, **parts).data()

    return measure


def test_stopped_anywhere_and_gone_on_it_finds_the_same_and_runs_nothing_twice(bench, tmp_path, monkeypatch):
    done = []

    def until(limit):
        def run(config, absent):
            if len(done) == limit:
                raise KeyboardInterrupt
            done.append(config.digest())
            return fake(config, absent)

        return run

    for limit in (1, 17, 50):
        with pytest.raises(KeyboardInterrupt):
            bench(until(limit))
    resumed = bench(until(10_000))
    assert len(done) == len(set(done)), "no run twice"
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path / "other"))
    assert bench(fake)["rows"] == resumed["rows"]


def test_what_is_kept_is_said_without_a_run_and_what_is_missing_is_named(bench):
    for seed in range(SEEDS):
        knowledge.kept_runs.keep(next(runs(MAIN, TEXT, seed))[0], [0.5, None])

    def never(config, absent):
        raise AssertionError("`kept` must measure nothing")

    found = bench(never, kept=True)
    assert [(one["model"], one["accuracy"]) for one in found["rows"]] == [("text alone", 50), ("text alone", 50)], "the wrong graph does not touch text alone"
    assert any(note.startswith("Not measured with 8 seeds: 6 of 8 places") and "manufacturing-orders, 5 labels a class, one party missing" in note for note in found["notes"])


def test_a_damaged_file_and_another_version_are_measured_anew(bench, monkeypatch):
    rows = bench(fake)["rows"]
    config = next(runs(MAIN, TEXT, 0))[0]
    knowledge_kept.place(config).write_text("{")
    again = []
    assert bench(lambda config, absent: again.append(config) or fake(config, absent))["rows"] == rows and len(again) == 1
    monkeypatch.setattr(knowledge_kept, "__version__", "0.0.0")
    assert knowledge_kept.scores(config) is None


def test_the_stated_figures_are_judged_by_what_was_measured(bench):
    found = bench(fake)
    held = {check["what"]: check["passed"] for check in found["checks"]}
    assert len(held) == 8 and all(held.values())
    worse = bench(fake)["rows"]
    for one in worse:
        one["gain"], one["gain of the missing"] = -2.0, -2.0
    assert [check.passed for check in knowledge.judged(worse, {"suspects, graph": {"x": [0.5, 0.6]}})] == [False, True, True, False, False, False, False]


@pytest.mark.slow
def test_a_run_is_scored_as_a_whole_and_on_the_texts_of_who_stayed_away():
    federation = {"rounds": 6, "clients": 2, "compare": False, "optimizer": "sgd", "learning_rate": 0.5}
    plain = {"scenario": {"name": "toy", "train_texts": 32, "test_texts": 16}, "model": "toy", "knowledge": "none", "federation": federation}
    whole = knowledge._run(RunConfig.parse(plain), None)
    assert 0 < whole.accuracy <= 1 and whole.absent is None
    away = knowledge._run(RunConfig.parse(plain | {"federation": federation | {"absent_clients": [1]}}), 1)
    assert 0 <= away.absent < away.accuracy <= 1, "who stayed away is served worse than the others"


def test_a_planned_cell_has_its_runs():
    for job in jobs(False):
        for way in job.ways:
            configs = list(runs(job.cell, way, 0))
            assert len(configs) == (4 if job.cell.missing and job.cell.task.startswith("manufacturing") else 1)
            assert all((absent is not None) == job.cell.missing for _config, absent in configs)
    first = [job.cell for job in jobs(False)[:3]]
    assert first == [MAIN, WRONG, AWAY], "the stated figures come first"
    assert {job.cell.task for job in jobs(False, "manufacturing")} == {"manufacturing-orders", "manufacturing-cost"}
    assert set(jobs(False)[0].ways) == set(HEAD_WAYS)


def test_a_part_that_is_none_is_one_sentence():
    with pytest.raises(UnknownNameError, match="medicine-vignettes"):
        jobs(False, "astrology")
    with pytest.raises(InputError, match="knowledge"):
        run_bench("costs", quick=True, as_json=True, only="medicine")


def test_holm_is_the_textbooks():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_holm_keeps_the_order_and_lies_between_the_raw_p_and_bonferroni(values):
    found = holm(values)
    assert all(raw <= one <= min(1.0, raw * len(values)) + 1e-12 for raw, one in zip(values, found, strict=True))
    order = np.argsort(values, kind="stable")
    assert np.all(np.diff(np.array(found)[order]) >= 0)
    assert found[order[0]] == pytest.approx(min(1.0, values[order[0]] * len(values)))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_holm_agrees_with_statsmodels(values):
    tests = pytest.importorskip("statsmodels.stats.multitest")
    assert holm(values) == pytest.approx(tests.multipletests(values, method="holm")[1])


def test_the_paired_test_is_students():
    some, others = [0.61, 0.64, 0.60, 0.66], [0.60, 0.60, 0.61, 0.62]
    gaps = np.subtract(some, others)
    t = gaps.mean() / (gaps.std(ddof=1) / 2)
    assert paired_p(some, others) == pytest.approx(2 * stats.t.sf(t, 3))
    assert paired_p(some, some) == 1.0
    assert paired_p([2.0] * 8, [1.0] * 8) == 2 / 2**8


def test_every_test_of_the_table_is_corrected_the_missing_partys_too():
    found = [[Scores(0.5 + 0.01 * seed + gain, 0.2 + gain * seed) for seed in range(SEEDS)] for gain in (0.0, 0.1, 0.02)]
    rows = corrected([row(AWAY, way, each, found[0]) for way, each in zip(("text alone", "with graph", "shuffled graph"), found, strict=True)])
    raw = [one[key] for one in rows for key in ("p", "p of the missing") if one[key] is not None]
    assert len(raw) == 4
    assert [one[key] for one in rows for key in ("p corrected", "p of the missing corrected") if one[key] is not None] == pytest.approx(holm(raw))
    assert rows[1]["gain"] == pytest.approx(10) and rows[1]["wins"] == "8/8" and rows[0]["gain"] is None


class _Parts(HTMLParser):
    """What a page loads, and what it says outside of scripts and styles."""

    def __init__(self):
        super().__init__()
        self.loaded, self.said, self.within = [], [], []

    def handle_starttag(self, tag, attrs):
        self.within.append(tag)
        self.loaded += [value for name, value in attrs if name in ("src", "href", "srcset", "data", "action", "poster")]

    def handle_endtag(self, tag):
        while self.within and self.within.pop() != tag:
            pass

    def handle_data(self, data):
        if "script" not in self.within:
            self.said.append(data)


def test_the_page_is_one_file_and_says_where_the_graph_does_not_help(bench):
    document = json.loads(json.dumps(bench(fake)))
    document["notes"].append("<script>alert(1)</script>")
    parts = _Parts()
    parts.feed(page(document))
    said = " ".join(parts.said)
    assert parts.loaded == [] and "http" not in said and "url(" not in said and "@import" not in said
    assert "alert(1)" in said, "data is text, never a script"
    assert "does not help" in said and "Does the graph help?" in said
