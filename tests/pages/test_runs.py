"""The page Runs: what is in the folder, and what can be done with it."""

import pytest

from fedviz.runs.folder import list_runs, runs_root
from tests.pages.conftest import parameter

HOSTILE = "<img src=x onerror=alert(1)> **b** ![i](http://example.org/x.png)\x00\u202e"


def words(at):
    return [element.value for element in (*at.markdown, *at.caption, *at.error, *at.title)]


def test_without_a_run_it_says_what_to_do(open_page):
    at = open_page("runs")
    assert any("no run yet" in text for text in words(at))
    assert not at.dataframe


def test_the_table_shows_the_run(open_page, toy_run):
    toy_run("Monday", **{"federation.strategy": "fedprox"})
    frame = open_page("runs").dataframe[0].value
    assert list(frame["Title"]) == ["Monday"]
    assert list(frame["Status"]) == ["Finished"]
    assert list(frame["Rounds"]) == ["1 / 1"]
    assert list(frame["Strategy"]) == ["FedProx"]
    assert 0 <= frame["Accuracy"][0] <= 1


def test_open_turns_to_live_with_the_run(open_page, toy_run):
    run_id = toy_run()
    at = open_page("runs")
    at.button(key="runs-open").click().run()
    assert parameter(at, "run") == run_id
    assert not at.exception


def test_repeat_gives_equal_weights(open_page, toy_run, home):
    from fedviz.runs.launcher import launcher

    run_id = toy_run("First")
    at = open_page("runs")
    at.button(key="runs-repeat").click().run()
    again = next(run for run in list_runs(runs_root()) if run.id != run_id)
    assert launcher(runs_root()).wait(again.id, 60)
    digests = {run.weights_digest for run in list_runs(runs_root())}
    assert len(digests) == 1
    assert digests != {""}


def test_delete_asks_first_and_then_removes(open_page, toy_run):
    run_id = toy_run()
    at = open_page("runs")
    assert len(list_runs(runs_root())) == 1
    at.button(key=f"runs-delete-{run_id}").click().run()
    assert list_runs(runs_root()) == []
    assert any("no run yet" in text for text in words(at))


def test_compare_names_the_options_that_differ(open_page, toy_run):
    toy_run("Even", **{"federation.weighting": "even"})
    second = toy_run("Slow", **{"federation.learning_rate": 0.001})
    at = open_page("runs")
    assert at.selectbox(key="fedviz-runs-chosen").value == second
    chooser = at.selectbox(key=f"compare-{second}")
    chooser.select_index(0).run()
    costs = at.dataframe[1].value
    assert len(costs) == 7 and {"Even", "Slow"} < set(costs.columns) and costs["Even"][0] in ("0", "1", "not reached")
    table = at.dataframe[2].value
    assert sorted(table["Option"]) == ["federation.learning_rate", "federation.weighting"]
    assert set(table.columns) == {"Option", "Even", "Slow"}


def test_a_damaged_run_is_one_sentence_and_can_be_deleted(open_page, toy_run, home):
    run_id = toy_run()
    (home / "runs" / run_id / "config.toml").write_text("rounds = [")
    at = open_page("runs")
    assert len(at.error) == 1
    assert "damaged" in at.error[0].value
    at.button(key=f"runs-delete-{run_id}").click().run()
    assert list_runs(runs_root()) == []


def test_titles_are_data(open_page, toy_run):
    toy_run(HOSTILE)
    at = open_page("runs")
    for text in words(at):
        assert "![i](" not in text
        assert "<img" not in text.replace("\\<img", "")
    assert all("\x00" not in title and "\u202e" not in title for title in at.dataframe[0].value["Title"])


@pytest.mark.parametrize("run", ["nosuchrun0", "../../etc", "A" * 16, "a" * 400, "<script>"])
def test_an_unknown_run_in_the_address_breaks_nothing(open_page, toy_run, run):
    toy_run()
    at = open_page("runs", run=run)
    assert at.dataframe
    assert not at.error
