"""How far the clients trust the graph: a right one in full, a shuffled one not, and without trust the model is that of text alone."""

import threading

import numpy as np
import pytest

from fedviz.core.config import RunConfig
from fedviz.core.types import GraphTrust, TrustTried
from fedviz.explain.influence import explain
from fedviz.federation.assemble import assemble
from fedviz.federation.task import FitSettings, fit
from fedviz.federation.trust import kept_of
from fedviz.runs.folder import create, view_of
from fedviz.runs.models import predictor
from fedviz.runs.worker import work
from tests.models.small import config, largest_difference, learner

SETTINGS = FitSettings(epochs=3, batch_size=8, learning_rate=0.05, optimizer="sgd")


def run(**changes: object) -> RunConfig:
    """A small federation that asks its clients."""
    some = config(knowledge={"name": "evidence", "trust": "validated"}, tuning="head").updated({"scenario.train_texts": 120})
    return some.updated({"federation.clients": 4, "federation.rounds": 3, "federation.optimizer": "sgd", "federation.learning_rate": 0.05, "federation.compare": False, **changes})


def test_without_trust_the_head_is_that_of_text_alone() -> None:
    some, plain = learner(config(tuning="head")), learner(config(knowledge="none", tuning="head"))
    some.trust(GraphTrust(evidence=0.0, structure=0.0))
    for one in (some, plain):
        fit(one, range(48), SETTINGS, 0)
    arrays = some.arrays()
    assert not arrays.pop("graph.weight").any()
    assert largest_difference(arrays, plain.arrays()) < 1e-6


def test_a_right_graph_is_trusted_more_than_one_that_should_not_help() -> None:
    right, wrong = (assemble(run(**{"graph.control": control})).trust for control in ("none", "shuffled"))
    assert right is not None and wrong is not None
    assert (right.evidence, wrong.evidence) == (1.0, 0.0), "what a shuffled graph leads to is not the class; its links still say that two words mean one thing"
    for trust in (right, wrong):
        best = kept_of(trust.tried)
        assert (trust.evidence, trust.structure) == (best.evidence, best.structure)
        assert (trust.tried[0].saved, trust.tried[0].saved_error) == (0, 0)
        assert all(one.saved == pytest.approx(trust.tried[0].loss - one.loss) for one in trust.tried), "on the same texts"
        assert {one.texts for one in trust.tried} == {120}, "every text is held out once"
        assert all(0 <= one.accuracy <= 1 for one in trust.tried)
    held = {(one.evidence, one.structure): one.loss for one in wrong.tried}
    assert held[wrong.evidence, wrong.structure] < held[1.0, 1.0]


@pytest.mark.parametrize(("saved", "error", "kept"), [(0.3, 0.1, 1.0), (0.1, 0.3, 0.0), (0.0, 0.0, 0.0), (-0.2, 0.1, 0.0)])
def test_what_chance_could_save_is_not_trusted(saved: float, error: float, kept: float) -> None:
    nothing = TrustTried(evidence=0.0, structure=0.0, loss=2.0, accuracy=0.5, texts=9)
    assert kept_of([nothing, TrustTried(evidence=1.0, structure=1.0, loss=2.0 - saved, accuracy=0.5, texts=9, saved=saved, saved_error=error)]).evidence == kept


def test_asking_changes_no_weight_and_repeats() -> None:
    first, again = assemble(run()), assemble(run())
    assert first.trust == again.trust
    assert all(np.array_equal(first.initial[name], values) for name, values in first.learner.arrays().items())
    assert assemble(run(**{"knowledge.trust": "full"})).trust is None


@pytest.mark.slow
def test_a_run_writes_its_trust_down_and_its_explanations_keep_to_it(tmp_path) -> None:
    folder = create(tmp_path, run(**{"graph.rewired": 1.0}), "trust")
    work(folder, threading.Event())
    trust = view_of(folder).trust
    assert trust is not None and len(trust.tried) == 8
    some = predictor(folder)
    text = assemble(folder.config()).data.test.texts[0]
    told = explain(some, text)
    reading = some.read(text)
    np.testing.assert_allclose(told.logits, some.logits(reading, reading.terms), atol=1e-4)
    if trust.evidence == trust.structure == 0:
        assert all(not any(part.values) for part in told.contributions)
