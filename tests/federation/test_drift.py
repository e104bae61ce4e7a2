"""Drift: exact for small models, close for large ones, and a path that does not flip."""

import numpy as np
import pytest

from fedviz.federation.drift import EXACT, Drift, Fold, angle


def rounds_of(size: int, rounds: int = 4, clients: int = 5, seed: int = 0):
    """Global models and clients' models of some rounds: a common direction, and noise of each client."""
    rng = np.random.default_rng(seed)
    common = rng.standard_normal(size)
    globals_, ends = [np.zeros(size, np.float32)], []
    for _ in range(rounds):
        own = [(globals_[-1] + 0.1 * common + 0.05 * rng.standard_normal(size)).astype(np.float32) for _ in range(clients)]
        ends.append(own)
        globals_.append(np.mean(own, axis=0, dtype=np.float64).astype(np.float32))
    return globals_, ends


def follow(size: int, **options):
    globals_, ends = rounds_of(size, **options)
    drift, told = Drift({"a": globals_[0][: size // 3], "b": globals_[0][size // 3 :]}, 0), []
    cut = size // 3
    for number, own in enumerate(ends):
        drift.begin({"a": globals_[number][:cut], "b": globals_[number][cut:]})
        for client, end in enumerate(own):
            drift.add(client, {"a": end[:cut], "b": end[cut:]}, 1.0)
        told.append(drift.end({"a": globals_[number + 1][:cut], "b": globals_[number + 1][cut:]}))
    return globals_, ends, told


@pytest.mark.parametrize(("size", "tolerance"), [(300, 1e-6), (EXACT, 1e-6), (200_001, 0.08)])
def test_norms_are_exact_and_angles_follow(size: int, tolerance: float) -> None:
    globals_, ends, told = follow(size)
    for number, (norm, drift, _) in enumerate(told):
        updates = np.array([end.astype(float) - globals_[number] for end in ends[number]])
        mean = updates.mean(axis=0)
        assert norm == pytest.approx(np.linalg.norm(globals_[number + 1].astype(float) - globals_[number]), rel=1e-6)
        for one, update in zip(drift, updates, strict=True):
            assert one.norm == pytest.approx(np.linalg.norm(update), rel=1e-9)
            assert one.distance == pytest.approx(np.linalg.norm(update - mean), rel=max(tolerance, 1e-4))
            assert one.angle_deg == pytest.approx(angle(update, mean), rel=max(tolerance, 1e-4))


def test_the_fold_keeps_inner_products_on_average() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.standard_normal((2, 20_000))
    b += 0.5 * a
    errors = []
    for seed in range(40):
        fold, vectors = Fold(20_000, seed), np.zeros((2, 4093))
        fold(a, 0, vectors[0])
        fold(b[:777], 0, vectors[1])  # in pieces, as arrays come
        fold(b[777:], 777, vectors[1])
        errors.append((vectors[0] @ vectors[1] - a @ b) / (np.linalg.norm(a) * np.linalg.norm(b)))
    assert abs(np.mean(errors)) < 0.01
    assert np.std(errors) < 0.03


def test_the_path_is_the_same_every_time_and_does_not_flip() -> None:
    first, again = follow(5000, rounds=6)[2], follow(5000, rounds=6)[2]
    assert first == again
    places = np.array([place for _, _, place in first])
    means = np.array([[[one.x, one.y] for one in drift] for _, drift, _ in first]).mean(axis=1)
    np.testing.assert_allclose(places, means, atol=1e-3)  # here the global model is the clients' even average
    steps = np.diff(np.vstack([[0, 0], places]), axis=0)
    assert (steps[:, 0] * steps[0, 0] > 0).all()  # a common direction stays one direction


def test_a_path_of_many_rounds_stays_small() -> None:
    globals_, ends = rounds_of(100, rounds=30)
    drift = Drift({"w": globals_[0]}, 0)
    for number, own in enumerate(ends):
        drift.begin({"w": globals_[number]})
        for client, end in enumerate(own):
            drift.add(client, {"w": end}, 1.0)
        drift.end({"w": globals_[number + 1]})
    assert drift.state()["seen"].shape[0] <= 32


def test_nobody_moves() -> None:
    drift = Drift({"w": np.zeros(5, np.float32)}, 0)
    drift.begin({"w": np.zeros(5, np.float32)})
    drift.add(0, {"w": np.zeros(5, np.float32)}, 3.0)
    norm, (one,), place = drift.end({"w": np.zeros(5, np.float32)})
    assert (norm, one.norm, one.distance, one.angle_deg, one.x, one.y, *place) == (0, 0, 0, None, 0, 0, 0, 0)
