"""Texts that tell something, from the command line: they do tell it, and a file keeps one of each kind."""

from fedviz.explain.influence import explain
from fedviz.explain.prepared import read, seen, tells
from fedviz.runs.folder import open_run, runs_root
from fedviz.runs.models import predictor
from fedviz.scenarios.load import load
from tests.cli.conftest import call
from tests.cli.test_refusals import refused


def test_what_is_printed_is_true_of_the_model_and_kept(run_id, tmp_path):
    file = tmp_path / "prepared.json"
    said = call("stories", run_id, "--round", "1", "--write", str(file), "--json")
    assert (said.code, said.err) == (0, "")
    folder = open_run(runs_root(), run_id)
    data, model = load(folder.config()), predictor(folder, 1)
    learned = seen(folder.config(), data, 1, None)
    for one in said.documents:
        assert tells(one["kind"], explain(model, one["text"]), data.classes.index(one["label"]), learned)
    assert [one.model_dump() for one in read(file)] == said.documents
    assert call("stories", run_id, "--round", "1", "--write", str(file)).code == 0 and len(read(file)) == len(said.documents)


def test_a_model_that_is_none_and_a_file_that_is_none_are_one_sentence(run_id, tmp_path):
    refused(call("stories", run_id, "--round", "99"), "99")
    (tmp_path / "other.json").write_text("{}")
    refused(call("stories", run_id, "--write", str(tmp_path / "other.json")), "prepared texts")
