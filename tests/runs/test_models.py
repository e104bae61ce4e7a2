"""The models of a run answer: global and clients' ones, of any round."""

import pytest

from fedviz.core.errors import RunError
from fedviz.explain.influence import explain
from fedviz.runs.folder import create, open_run
from fedviz.runs.launcher import Launcher
from fedviz.runs.models import predictor
from tests.runs.small import small

TEXT = "The aerial came loose. Also check the cord."


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    worker = Launcher(root)
    run_id = worker.submit(small(), "t")
    assert worker.wait(run_id, 120)
    worker.leave()
    return open_run(root, run_id)


def test_every_round_and_client_can_be_asked(folder) -> None:
    answers = [explain(predictor(folder, number), TEXT).logits for number in folder.checkpoints()]
    assert len(set(answers)) == 3
    assert explain(predictor(folder), TEXT).logits == answers[-1]
    assert explain(predictor(folder, 1, client=0), TEXT).logits not in answers


def test_what_is_not_kept_is_one_sentence(folder, tmp_path) -> None:
    with pytest.raises(RunError, match="round 7"):
        predictor(folder, 7)
    with pytest.raises(RunError, match="kept: 0, 1, 2"):
        predictor(folder, 1, client=9)
    with pytest.raises(RunError, match="no checkpoint yet"):
        predictor(create(tmp_path, small(), "t"))
