"""The proofs as a bench: every row holds, a wrong number fails, and the published vectors are what the program says."""

import json
from pathlib import Path

import numpy as np
import pytest

from fedviz.bench import papers, papers_mnist
from fedviz.bench.papers_async import async_laws
from fedviz.bench.papers_attacks import attack_laws, trust_laws
from fedviz.bench.papers_compression import compression_laws
from fedviz.bench.papers_knowledge import knowledge_laws
from fedviz.bench.papers_laws import distances, formulas, strategy_laws
from fedviz.bench.papers_leakage import leakage_laws
from fedviz.bench.papers_lora import lora_laws
from fedviz.bench.papers_objectives import objective_laws
from fedviz.bench.papers_personal import hierarchical_laws, personal_laws
from fedviz.bench.papers_privacy import privacy_laws
from fedviz.bench.papers_prox import prox_laws
from fedviz.bench.papers_robust import robust_laws
from fedviz.bench.papers_vectors import by_the_loop, fedavg, vector_laws, vectors
from fedviz.bench.proof import Proof, near, same_bits
from fedviz.carriers.store import is_present
from fedviz.core.errors import CarrierError
from fedviz.core.registry import ALL

RESULTS = Path(__file__).parents[2] / "docs" / "results" / "papers.json"
VECTORS = Path(__file__).parents[2] / "docs" / "vectors" / "fedavg.json"


def failing(proofs) -> list[str]:
    return [f"{proof.algorithm} {proof.law}: {proof.error}" for proof in proofs if not proof.check().passed]


def test_strategies_are_their_equations() -> None:
    assert failing(formulas()) == []


def test_ways_of_the_graph_are_their_equations() -> None:
    assert failing(knowledge_laws()) == []


def test_objectives_are_their_equations() -> None:
    assert failing(objective_laws()) == []


def test_edges_and_trust_are_their_equations() -> None:
    assert failing(hierarchical_laws()) == []
    assert failing(trust_laws()) == []


@pytest.mark.parametrize("registry", ALL, ids=lambda registry: registry.kind)
def test_everything_that_names_a_paper_has_a_row_of_its_own(registry) -> None:
    """Only what does nothing at all has none."""
    rows = json.loads(RESULTS.read_text())["rows"]
    told = {row["algorithm"].partition(" (")[0] for row in rows if row["holds"]}
    assert {entry.name for entry in registry if getattr(entry, "paper", "") and entry.title.partition(" (")[0] not in told} <= {"none"}


@pytest.mark.slow
@pytest.mark.parametrize("laws", [personal_laws, attack_laws, compression_laws, privacy_laws])
def test_what_is_not_a_server_s_rule_holds_its_laws_too(laws) -> None:
    assert failing(laws()) == []


@pytest.mark.slow
@pytest.mark.skipif(not is_present("minilm"), reason="the model is not in the data folder: run `python -m fedviz fetch`")
def test_a_gradient_of_minilm_gives_words_and_label_away() -> None:
    assert failing(leakage_laws()) == []


@pytest.mark.parametrize("quick", [True, False])
def test_images_that_cannot_be_fetched_are_a_note_and_fail_the_full_measurement_alone(monkeypatch, quick) -> None:
    def mnist_laws(*_):
        raise CarrierError("There is no network.")
        yield

    row = Proof("a", "b", "", "", "", "", 0.0, 1.0)
    for name, value in (("LAWS", {"one": lambda: iter([row])}), ("prox_laws", lambda *_: iter(())), ("distances", dict), ("mnist_laws", mnist_laws), ("leakage_laws", lambda: iter(()))):
        monkeypatch.setattr(papers, name, value)
    result = papers.measure(quick, lambda line: None)
    assert result.notes == ["MNIST was not measured: There is no network."] and result.passed is quick and len(result.rows) == 1


@pytest.mark.slow
def test_every_strategy_holds_its_laws() -> None:
    proofs = list(strategy_laws())
    assert failing(proofs) == []
    assert {"FedAvg", "FedProx", "SCAFFOLD", "FedNova", "FedDyn", "FedSGD", "q-FFL", "FedAvgM", "FedAdam", "FedYogi", "FedAdagrad"} <= {proof.algorithm for proof in proofs}


def test_numpy_and_the_loop_agree() -> None:
    assert failing(vector_laws()) == []


def test_the_published_vectors_are_current_and_the_loop_meets_them() -> None:
    published, fresh = json.loads(VECTORS.read_text()), vectors()
    assert {key: published[key] for key in published if key != "after"} == {key: fresh[key] for key in fresh if key != "after"}
    for number, weights in enumerate(by_the_loop(published)):
        for name, values in weights.items():
            np.testing.assert_allclose(values, published["after"][number][name], atol=1e-12)


def test_the_vectors_notice_another_rule() -> None:
    document = vectors()
    document["learning_rate"] *= 1.001
    assert np.abs(fedavg(document)[-1]["weight"] - np.array(document["after"][-1]["weight"])).max() > 1e-5


def test_a_row_fails_by_its_own_error() -> None:
    w = np.array([1.0, -0.0])
    assert near("a", "b", "", "", w, w, 0.0).row()["holds"]
    assert not near("a", "b", "", "", w, w + 1e-3, 1e-4).row()["holds"]
    changed = same_bits("a", "b", "", "", w, np.array([1.0, 0.0]))
    assert changed.error == 1 and not changed.row()["holds"] and changed.ours != changed.expected
    assert not Proof("a", "b", "", "", "", "", 3.9, 4.0, "at least").check().passed


@pytest.mark.slow
def test_nobody_waits_in_fedbuff_and_like_clients_meet_in_ifca() -> None:
    proofs = list(async_laws())
    assert failing(proofs) == [] and {proof.algorithm for proof in proofs} == {"FedBuff", "IFCA", "FedAvg"}


@pytest.mark.slow
def test_robust_rules_and_adapters_hold_their_laws() -> None:
    assert failing(robust_laws()) == []
    assert failing(lora_laws()) == []


@pytest.mark.slow
def test_partial_work_of_stragglers_is_worth_keeping() -> None:
    assert failing(prox_laws(True, lambda line: None)) == []


@pytest.mark.slow
def test_the_curves_tell_who_reaches_the_minimum() -> None:
    last = {name: values[-1] for name, values in distances().items()}
    assert last["SCAFFOLD"] < 1e-8 > last["FedDyn"] and last["FedAvg"] > 1e-2 < last["FedAvg"] and last["FedNova"] > 1e-4


@pytest.mark.slow
@pytest.mark.skipif(not is_present("mnist"), reason="the images are not in the data folder: run `python -m fedviz bench papers --quick`")
def test_local_epochs_save_rounds_on_mnist() -> None:
    series: dict[str, list[float]] = {}
    assert failing(papers_mnist.mnist_laws(True, lambda line: None, series)) == []
    assert all(values[-1] >= papers_mnist.QUICK_TARGET > values[-2] for values in series.values())
