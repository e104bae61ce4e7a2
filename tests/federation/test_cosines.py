"""Cosines between the updates of a round: a Gram matrix of unit vectors, that of what the clients sent, and a mirror of attackers."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from fedviz.bench.quadratics import quadratics
from fedviz.core import events as e
from fedviz.core.config import RunConfig
from fedviz.federation.assemble import assemble
from fedviz.federation.drift import MOST_COMPARED, Drift
from fedviz.federation.rounds import Hooks, Rounds

HONEST = (0, 1, 3, 4)


def flat(arrays: Any) -> np.ndarray:
    return np.concatenate([np.asarray(arrays[name], np.float64).ravel() for name in sorted(arrays)])


def cosines(vectors: Any) -> np.ndarray:
    units = np.asarray(vectors) / np.linalg.norm(vectors, axis=1, keepdims=True)
    return units @ units.T


def seen(updates: np.ndarray, clients: Any = None) -> Any:
    """What the drift says of these updates [clients, weights]."""
    drift = Drift({"w": np.zeros(updates.shape[1])}, 0)
    drift.begin({"w": np.zeros(updates.shape[1])})
    for client, update in zip(range(len(updates)) if clients is None else clients, updates, strict=True):
        drift.add(client, {"w": update}, 1.0)
    return drift.cosines()


@cache
def toy(**adversary: Any) -> tuple[np.ndarray, np.ndarray]:
    """Two rounds of five clients with like texts: the classifier's cosines as told, and as NumPy has them of what was sent."""
    config = RunConfig.parse({
        "scenario": {"name": "toy", "train_texts": 320, "test_texts": 32}, "model": {"name": "toy", "tuning": "head"}, "knowledge": "none", "partition": "iid",
        "adversary": adversary or {"name": "none"}, "federation": {"rounds": 2, "clients": 5, "compare": False},
    })  # fmt: skip
    globals_: list[np.ndarray] = []
    sent: dict[int, list[np.ndarray]] = {1: [], 2: []}
    told: list[np.ndarray] = []

    def note(event: e.Event) -> None:
        if isinstance(event, e.RoundAggregated):
            assert event.cosines is not None and event.cosines.clients == (0, 1, 2, 3, 4) and event.cosines.arrived == 5
            told.append(np.array(event.cosines.matrix()))

    Rounds(assemble(config), Hooks(note, save=lambda state: globals_.append(flat(state.arrays)), keep_client=lambda number, client, arrays: sent[number].append(flat(arrays)))).run()
    return np.array(told), np.array([cosines(np.array(sent[number]) - globals_[number - 1]) for number in (1, 2)])


def test_the_matrix_is_that_of_what_the_clients_sent() -> None:
    told, expected = toy()
    np.testing.assert_allclose(told, expected, atol=6e-5)


@pytest.mark.parametrize(("size", "tolerance"), [(60, 6e-5), (50_001, 0.08)])
def test_symmetric_one_on_the_diagonal_and_never_beyond(size: int, tolerance: float) -> None:
    rng = np.random.default_rng(size)
    updates = rng.standard_normal((6, size)) + rng.standard_normal(size)
    updates[3], updates[4] = updates[1] * 1e-3, -updates[1] * 1e3
    matrix = np.array(seen(updates).matrix())
    assert (matrix == matrix.T).all() and (np.diag(matrix) == 1).all() and np.abs(matrix).max() == 1
    assert (matrix[1, 3], matrix[1, 4], matrix[3, 4]) == (1, -1, -1)
    np.testing.assert_allclose(matrix, cosines(updates), atol=tolerance)


def test_who_flips_signs_has_its_row_and_its_column_turned_round() -> None:
    """In the first round, before the others have felt the attack."""
    straight, flipped = toy()[0], toy(name="sign-flip", clients=(2,))[0]
    mirror = np.where(np.arange(5) == 2, -1, 1)
    np.testing.assert_allclose(flipped[0], straight[0] * np.outer(mirror, mirror), atol=2e-3)


def pulled(towards: list[list[float]], **adversary: Any) -> list[np.ndarray]:
    """Two rounds of five clients with aims of their own about these points: their cosines."""
    experiment = quadratics("fedavg", 2, clients=5, rate=0.05, even_steps=True, adversary=adversary or {"name": "none"})
    told: list[np.ndarray] = []
    aims = replace(experiment, optima=0.3 * experiment.optima + np.array(towards))
    Rounds(aims, Hooks(lambda event: told.append(np.array(event.cosines.matrix())) if isinstance(event, e.RoundAggregated) else None)).run()  # type: ignore[arg-type, union-attr]
    return told


def test_who_flips_signs_points_against_all_who_agree() -> None:
    for matrix in pulled([[3.0] * 5] * 5, name="sign-flip", clients=[2]):
        assert (matrix[2, HONEST] < -0.8).all() and (matrix[np.ix_(HONEST, HONEST)] > 0.8).all()


def test_clients_with_like_aims_form_blocks() -> None:
    one, other = [3.0, 3.0, 0.0, 0.0, 0.0], [0.0, 0.0, 3.0, 3.0, 3.0]
    first, _ = pulled([one, one, other, other, other])
    same = np.equal.outer(np.arange(5) < 2, np.arange(5) < 2)
    assert first[same].min() > 0.8 and first[~same].max() < 0.5


def test_colluders_are_one_to_each_other_and_to_nobody_else() -> None:
    for matrix in toy(name="colluders", clients=(1, 2, 4))[0]:
        assert (matrix[np.ix_((1, 2, 4), (1, 2, 4))] == 1).all()
        assert (matrix[np.ix_((1, 2, 4), (0, 3))] < 0).all()


@pytest.mark.parametrize("nowhere", [[0.0, 0.0], [np.inf, 1.0], [1e200, 0.0]])
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning", "ignore:overflow:RuntimeWarning")
def test_a_client_that_changed_nothing_or_ran_away_has_no_direction(nowhere: list[float]) -> None:
    found = seen(np.array([[1.0, 0.0], nowhere, [1.0, 1.0]]))
    assert found.matrix() == ((1.0, None, 0.7071), (None, None, None), (0.7071, None, 1.0))


def test_of_many_updates_some_are_compared_evenly_spread_in_their_order() -> None:
    updates = np.random.default_rng(0).standard_normal((121, 30))
    order = np.random.default_rng(1).permutation(121)
    found = seen(updates[order], order.tolist())
    assert found.arrived == 121 and len(found.clients) == MOST_COMPARED and (found.clients[0], found.clients[-1]) == (0, 120)
    assert set(np.diff(found.clients)) == {3, 4}
    np.testing.assert_allclose(np.array(found.matrix()), cosines(updates[list(found.clients)]), atol=6e-5)
    assert len(seen(updates[:MOST_COMPARED]).clients) == MOST_COMPARED


def test_nothing_is_compared_where_fewer_than_two_updates_are_seen() -> None:
    assert seen(np.ones((1, 3))) is None
    events: list[e.Event] = []
    Rounds(quadratics("fedavg", 1, clients=4, secure_aggregation=True), Hooks(emit=events.append)).run()
    assert [event.cosines for event in events if isinstance(event, e.RoundAggregated)] == [None]


def test_a_journal_from_before_the_cosines_is_read() -> None:
    line = '{"seq":9,"at":1.0,"type":"RoundAggregated","round":1,"elapsed_s":0.1,"update_norm":1.0,"drift":[],"x":0.0,"y":0.0,"privacy":null,"clusters":[]}'
    event = e.event_from_json(line)
    assert isinstance(event, e.RoundAggregated) and event.cosines is None
