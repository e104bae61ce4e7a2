"""Deploy on the page Runs: which client serves which version, a step back, an export, and the command of the endpoint."""

from pathlib import Path

import pytest

from fedviz.models.start import exports_root
from fedviz.runs.deployments import deploy, history, stack
from fedviz.runs.folder import open_run, runs_root
from fedviz.runs.served import names_of
from tests.models.small_folders import small_folder
from tests.runs.exported import finished, small_model, tiny


def opened(open_page, run_id: str):
    """The page with the section unfolded."""
    at = open_page("runs")
    at.session_state[f"deploy-box-{run_id}"] = True
    at.run()
    assert not at.exception, at.exception
    return at


def table(at):
    return next(frame.value for frame in at.dataframe if "Serves" in frame.value.columns)


def test_versions_are_served_and_taken_back(open_page, looked_at: str) -> None:
    names = names_of(open_run(runs_root(), looked_at))
    at = opened(open_page, looked_at)
    assert list(table(at)["Serves"]) == ["nothing yet"] * 2
    assert any(f"serve {looked_at} --round 1" in code.value for code in at.code)
    at.button(key=f"deploy-serve-{looked_at}").click().run()
    assert list(table(at)["Serves"]) == ["Monday, round 1"] * 2 and all(table(at)["Since"])
    at.selectbox(key=f"deploy-round-{looked_at}").select(0).run()
    at.multiselect(key=f"deploy-clients-{looked_at}").set_value([names[0]]).run()
    at.button(key=f"deploy-serve-{looked_at}").click().run()
    assert list(table(at)["Serves"]) == ["Monday, round 0", "Monday, round 1"]
    assert list(table(at)["Before"]) == ["Monday, round 1", ""]
    at.button(key=f"deploy-back-{looked_at}").click().run()
    assert not at.exception
    assert list(table(at)["Serves"]) == ["Monday, round 1"] * 2
    assert [step.back for step in history()] == [False, False, False, True]
    at.selectbox(key=f"deploy-round-{looked_at}").select(1).run()
    at.selectbox(key=f"deploy-model-{looked_at}-1").select(1).run()
    assert any("--client 1" in code.value for code in at.code)
    at.button(key=f"deploy-serve-{looked_at}").click().run()
    assert stack(history(), "toy", names[1])[-1].own == "sent"
    assert table(at)["Serves"][1] == "Monday, round 1, its own model"


def test_a_version_of_a_deleted_run_says_so(open_page, looked_at: str) -> None:
    deploy("toy", [names_of(open_run(runs_root(), looked_at))[0]], "f" * 16, 4)
    assert table(opened(open_page, looked_at))["Serves"][0] == "a run that was deleted, round 4"


def test_a_damaged_file_is_one_sentence(open_page, looked_at: str, home: Path) -> None:
    (home / "deployments.json").write_text("{")
    at = opened(open_page, looked_at)
    assert [error.value for error in at.error if "deployments" in error.value]


@pytest.fixture
def small_run(home: Path, tmp_path_factory: pytest.TempPathFactory):
    with small_model(small_folder("bert", tmp_path_factory.mktemp("models") / "bert")):
        yield finished(runs_root(), tiny())


def done(at, name: str):
    """The page once the work of that name has ended."""
    from fedviz.ui import jobs

    job = jobs._jobs()[name]
    job._thread.join(60)
    return at.run()


def test_an_export_lies_in_the_data_folder_and_can_be_a_start(open_page, small_run) -> None:
    at = opened(open_page, small_run.id)
    name = f"fedviz-{small_run.id}-round-1"
    at.button(key=f"deploy-export-{name}").click().run()
    at = done(at, name)
    assert (exports_root() / name / "README.md").exists()
    assert any(f"exports/{name}" in caption.value for caption in at.caption)
    at.button(key=f"deploy-start-{name}").click().run()
    assert not at.exception
    assert "start_from" in str(dict(at.query_params)) or any(name in str(area.value) for area in (*at.text_input, *at.text_area))


def test_a_model_that_cannot_be_exported_is_one_sentence(open_page, looked_at: str) -> None:
    at = opened(open_page, looked_at)
    name = f"fedviz-{looked_at}-round-1-adapter"
    at.toggle(key=f"deploy-adapter-{looked_at}").set_value(True).run()
    at.button(key=f"deploy-export-{name}").click().run()
    at = done(at, name)
    assert any("hashes its words" in error.value for error in at.error)
    assert not exports_root().exists() or not list(exports_root().iterdir())
