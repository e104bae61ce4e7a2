"""What clients taught adds up to the model where it is their mean, and is refused with a reason where it is not."""

import math

import numpy as np
import pytest

from fedviz.core.config import RunConfig
from fedviz.explain.influence import explain
from fedviz.explain.parts import TEXT, by_teacher
from fedviz.runs.folder import open_run
from fedviz.runs.launcher import Launcher
from fedviz.runs.models import predictor
from fedviz.runs.taught import CLIENT_MODEL, NO_MEAN, NO_ROUNDS, NOT_KEPT, taught

CONFIG = RunConfig.parse({
    "scenario": {"name": "toy", "train_texts": 32, "test_texts": 16}, "model": "toy", "federation": {"rounds": 2, "clients": 3, "compare": False},
})


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """`ran(**changes)`: the folder of a finished run."""
    launcher = Launcher(tmp_path_factory.mktemp("runs"))

    def made(**changes):
        run_id = launcher.submit(CONFIG.updated(changes), "taught")
        assert launcher.wait(run_id, 60)
        return open_run(launcher.root, run_id)

    yield made
    launcher.leave()


@pytest.mark.parametrize("changes", [{}, {"federation.weighting": "even"}, {"federation.absent_clients": [1]}], ids=["examples", "even", "absent"])
def test_the_parts_of_the_clients_add_up(ran, changes):
    folder = ran(**changes)
    found = taught(folder, 2)
    assert not found.reason and found.error < 1e-4 and set(found.parts) == ({0, 2} if changes.get("federation.absent_clients") else {0, 1, 2})
    model = predictor(folder, 2)
    np.testing.assert_allclose(sum(part["graph.weight"] for part in found.parts.values()), model.matrix, atol=1e-4 * np.abs(model.matrix).max())
    said = explain(model, "The spoke is bent.")
    parts = by_teacher(model, said, {str(client): part["graph.weight"] for client, part in found.parts.items()})
    np.testing.assert_allclose([math.fsum(column) for column in zip(parts.text, *(part.values for part in parts.parts), strict=True)], said.logits, atol=1e-4)


def test_with_a_frozen_language_model_the_text_is_theirs_too(ran):
    folder = ran(**{"model.tuning": "head"})
    found, model = taught(folder, 2), predictor(folder, 2)
    said = explain(model, "The spoke is bent.")
    matrices = {str(client): part["graph.weight"] for client, part in found.parts.items()}
    parts = by_teacher(model, said, matrices, {str(client): (part["head.weight"], part["head.bias"]) for client, part in found.parts.items()})
    np.testing.assert_allclose(parts.text, 0, atol=1e-4)
    assert sum(part.key.startswith(TEXT) for part in parts.parts) == 3


def test_where_it_cannot_be_told_there_is_a_reason(ran):
    folder = ran(**{"federation.strategy": "fedadam"})
    assert taught(folder, 2).reason == NO_MEAN and taught(folder, 2).round == 1
    assert taught(folder, 0).reason == NO_ROUNDS and taught(folder, 2, client=1).reason == CLIENT_MODEL
    assert taught(ran(**{"federation.secure_aggregation": True}), 2).reason == NOT_KEPT
