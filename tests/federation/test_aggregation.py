"""Laws of the rules that combine a round's models: what honest clients get, and what an attacker cannot do."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from fedviz.core.errors import RunError
from fedviz.core.options import parse
from fedviz.core.registry import Registry
from fedviz.federation.aggregation.base import Combined, as_type
from fedviz.federation.aggregation.bulyan import chosen
from fedviz.federation.aggregation.geometric_median import corners, weiszfeld
from fedviz.federation.aggregation.mean import WeightedMean

RULES = Registry("aggregation", "fedviz.federation.aggregation")
NAMES = tuple(name for name in RULES.names() if not RULES.get(name).asks_server)
"""Rules of the clients' models alone; those that ask the server are in test_server_rules."""
CLIENTS = 11
"""Enough for Bulyan with f = 2."""
F = 2
ROBUST = ("median", "trimmed-mean", "krum", "multi-krum", "bulyan", "geometric-median", "norm-clipping")
FLOAT = st.floats(-100, 100)
seeded = given(seed=st.integers(0, 2**32 - 1))
few = settings(max_examples=15, deadline=None)


def option(name: str, **changes: Any) -> Any:
    """Options of a rule; f is `F` where it has one."""
    declared = RULES.get(name).options
    malicious = {"f": F} if "f" in declared.model_fields else {}
    return parse(declared, {"name": name} | malicious | changes)


def combine(name: str, matrix: Any, weights: Any = None, old: Any = None, order: Any = None, **changes: Any) -> Combined:
    """The rule on rows of a matrix, sent as two arrays of different shapes, in float64; client k is row k."""
    matrix = np.asarray(matrix, float)
    old = np.zeros(matrix.shape[1]) if old is None else old
    aggregator = RULES.get(name).build(option(name, **changes))
    aggregator.begin(split(old))
    for client in range(len(matrix)) if order is None else order:
        aggregator.add(int(client), split(matrix[client]), 1.0 if weights is None else float(weights[client]))
    return aggregator.result()


def split(row: np.ndarray) -> dict[str, np.ndarray]:
    return {"a": row[:1].reshape(()), "b": row[1:].reshape(1, -1)}


def joined(combined: Combined) -> np.ndarray:
    return np.concatenate([combined.arrays["a"].ravel(), combined.arrays["b"].ravel()])


def model(name: str, matrix: Any, *args: Any, **keywords: Any) -> np.ndarray:
    return joined(combine(name, matrix, *args, **keywords))


def sample(seed: int, clients: int = CLIENTS, size: int = 5) -> tuple[np.random.Generator, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng, rng.normal(rng.normal(0, 5, size), rng.uniform(0.1, 3), (clients, size))


@pytest.mark.parametrize("name", NAMES)
def test_one_model_is_its_own_result(name: str) -> None:
    entry = RULES.get(name)
    alone = option(name, f=0) if "f" in entry.options.model_fields else option(name)
    row = np.random.default_rng(0).standard_normal(50).astype(np.float32)
    aggregator = entry.build(alone)
    aggregator.begin({"w": np.zeros_like(row)})
    for client in range(entry.least(alone)):  # three of the same where the rule needs three
        aggregator.add(client, {"w": row}, 7.0)
    result = aggregator.result()
    assert result.arrays["w"].tobytes() == row.tobytes()
    assert sum(result.shares.values()) == pytest.approx(1)


@pytest.mark.parametrize("name", NAMES)
@few
@given(row=st.lists(FLOAT, min_size=2, max_size=5), old=FLOAT)
def test_equal_models_give_that_model(name: str, row: list[float], old: float) -> None:
    combined = combine(name, [row] * CLIENTS, weights=np.arange(1, CLIENTS + 1), old=np.full(len(row), old))
    np.testing.assert_allclose(joined(combined), row, rtol=1e-12, atol=1e-12)
    assert sum(combined.shares.values()) == pytest.approx(1)


@pytest.mark.parametrize("name", NAMES)
@few
@seeded
def test_neither_the_order_nor_the_names_of_the_clients_matter(name: str, seed: int) -> None:
    rng, rows = sample(seed)
    weights, old, order = rng.uniform(0.1, 9, CLIENTS), rng.normal(size=5), rng.permutation(CLIENTS)
    one, other = (combine(name, rows, weights, old, order=places) for places in (None, order))
    renamed = combine(name, rows[order], weights[order], old)
    if name == "mean":  # it keeps no model, so that its last bits depend on the order
        np.testing.assert_allclose(joined(one), joined(other), rtol=1e-12, atol=1e-12)
    else:
        assert joined(one).tobytes() == joined(other).tobytes()
        assert one.shares == other.shares
    np.testing.assert_allclose(joined(renamed), joined(one), rtol=1e-9, atol=1e-9)
    assert [renamed.shares[k] for k in range(CLIENTS)] == pytest.approx([one.shares[int(k)] for k in order], abs=1e-8)


@pytest.mark.parametrize("name", NAMES)
@few
@seeded
def test_the_place_of_the_origin_does_not_matter(name: str, seed: int) -> None:
    rng, rows = sample(seed)
    weights, old, shift = rng.uniform(0.1, 9, CLIENTS), rng.normal(size=5), rng.normal(0, 100, 5)
    np.testing.assert_allclose(model(name, rows + shift, weights, old + shift), model(name, rows, weights, old) + shift, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
@few
@seeded
def test_shares_say_how_much_of_each_client_is_in_the_result(name: str, seed: int) -> None:
    rng, rows = sample(seed)
    combined = combine(name, rows, rng.uniform(0.1, 9, CLIENTS))
    shares = np.array([combined.shares[k] for k in range(CLIENTS)])
    assert (shares >= 0).all()
    assert shares.sum() == pytest.approx(1) if name != "norm-clipping" else 0 < shares.sum() <= 1 + 1e-12
    if name not in ("median", "trimmed-mean", "bulyan"):  # those weigh every coordinate for itself
        np.testing.assert_allclose(shares @ rows, joined(combined), rtol=1e-9, atol=1e-9)


def attacked(seed: int, power: float, together: bool) -> tuple[np.ndarray, np.ndarray]:
    """Honest rows first, then `F` malicious ones `10 ** power` away, at one place or each at its own."""
    rng, rows = sample(seed)
    directions = rng.normal(size=(1 if together else F, rows.shape[1]))
    rows[-F:] = 10**power * directions / np.linalg.norm(directions, axis=1, keepdims=True)
    return rows[:-F], rows


@pytest.mark.parametrize("name", ROBUST)
@few
@given(seed=st.integers(0, 2**32 - 1), power=st.floats(6, 12), together=st.booleans())
def test_malicious_clients_do_not_get_their_way(name: str, seed: int, power: float, together: bool) -> None:
    honest, rows = attacked(seed, power, together)
    combined = combine(name, rows)
    result, malicious = joined(combined), [combined.shares[k] for k in range(CLIENTS - F, CLIENTS)]
    middle, radius = honest.mean(axis=0), np.linalg.norm(honest - honest.mean(axis=0), axis=1).max()
    if name == "geometric-median":  # Lemma of Pillutla et al., with the corrupt share F / CLIENTS
        corrupt = F / CLIENTS
        assert np.linalg.norm(result - middle) <= 2 * (1 - corrupt) / (1 - 2 * corrupt) * radius
        assert max(malicious) < 1e-4
    elif name == "norm-clipping":
        assert np.linalg.norm(result) <= np.median(np.linalg.norm(rows, axis=1)) * (1 + 1e-9)
        assert max(malicious) < 1e-3
    else:
        slack = 1e-12 * np.abs(honest).max()
        assert (result >= honest.min(axis=0) - slack).all() and (result <= honest.max(axis=0) + slack).all()
        if name in ("krum", "multi-krum"):
            assert malicious == [0.0] * F
    if name == "krum":
        assert (honest == result).all(axis=1).any()


@few
@given(power=st.floats(6, 12))
def test_the_mean_goes_wherever_one_client_wants(power: float) -> None:
    _, rows = sample(3)
    rows[4] = 10**power
    assert model("mean", rows).min() == pytest.approx(10**power / CLIENTS, rel=1e-3)


@pytest.mark.parametrize("name", ["trimmed-mean", "median", "bulyan"])
@few
@given(seed=st.integers(0, 2**32 - 1), power=st.floats(-1, 3))
def test_small_attacks_on_single_weights_are_bounded_too(name: str, seed: int, power: float) -> None:
    """Inside the honest range of each weight; for Bulyan at most one width of it outside, as its chosen values are near a median."""
    honest, rows = attacked(seed, power, together=True)
    width = np.ptp(honest, axis=0) if name == "bulyan" else 1e-12
    result = model(name, rows)
    assert (result >= honest.min(axis=0) - width).all() and (result <= honest.max(axis=0) + width).all()


@few
@given(seed=st.integers(0, 2**32 - 1), norm=st.floats(0.01, 10), power=st.floats(0, 12))
def test_clipping_moves_the_model_at_most_by_the_norm(seed: int, norm: float, power: float) -> None:
    rng, rows = sample(seed)
    old, weights = rng.normal(size=5), rng.uniform(0.1, 9, CLIENTS)
    rows[3] *= 10**power
    assert np.linalg.norm(model("norm-clipping", rows, weights, old, norm=norm) - old) <= norm * (1 + 1e-9) + 1e-9
    steps = rows - old
    clipped = [step / max(1.0, np.linalg.norm(step) / norm) for step in steps]  # as the paper writes it
    expected = old + np.average(clipped, axis=0, weights=weights)
    np.testing.assert_allclose(model("norm-clipping", rows, weights, old, norm=norm), expected, rtol=1e-9, atol=1e-9)


def test_without_a_long_step_clipping_is_the_mean() -> None:
    rng, rows = sample(4)
    weights, old = rng.uniform(0.1, 9, CLIENTS), rng.normal(size=5)
    np.testing.assert_allclose(model("norm-clipping", rows, weights, old, norm=1e3), model("mean", rows, weights), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ROBUST)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_client_that_sends_no_numbers_is_left_out(name: str, value: float) -> None:
    _, rows = sample(5)
    rows[3] = value
    rows[7, 1] = value
    combined = combine(name, rows)
    assert np.isfinite(joined(combined)).all()
    assert combined.shares[3] == 0
    assert set(combined.shares) == set(range(CLIENTS))


@few
@given(seed=st.integers(0, 2**32 - 1), clients=st.integers(1, 12))
def test_the_medians_and_means_are_those_of_numpy_and_scipy(seed: int, clients: int) -> None:
    rng, rows = sample(seed, clients)
    rows = rows.round(rng.integers(0, 4))  # ties
    weights = rng.uniform(0.1, 9, clients)
    np.testing.assert_array_equal(model("median", rows), np.median(rows, axis=0))
    np.testing.assert_allclose(model("mean", rows, weights), np.average(rows, axis=0, weights=weights), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(model("trimmed-mean", rows, f=0), rows.mean(axis=0), rtol=1e-12, atol=1e-12)
    f = int(rng.integers(0, (clients + 1) // 2))
    np.testing.assert_allclose(model("trimmed-mean", rows, f=f), stats.trim_mean(rows, (f + 1e-9) / clients, axis=0), rtol=1e-12, atol=1e-12)


@few
@given(seed=st.integers(0, 2**32 - 1), clients=st.integers(2, 9), size=st.integers(2, 6))
def test_no_point_has_a_smaller_sum_of_distances_than_the_geometric_median(seed: int, clients: int, size: int) -> None:
    rng, rows = sample(seed, clients, size)
    weights = rng.uniform(0.1, 9, clients)
    mine = model("geometric-median", rows, weights)

    def total(point: np.ndarray) -> float:
        return float(weights @ np.linalg.norm(rows - point, axis=1))

    best = min(optimize.minimize(total, start, method="L-BFGS-B", tol=1e-14).fun for start in (rows.mean(axis=0), mine))
    assert total(mine) <= best * (1 + 1e-5)  # the iteration is slow where the median lies just beside a model
    if weights.max() > 1.001 * weights.sum() / 2:
        np.testing.assert_allclose(mine, rows[weights.argmax()], rtol=1e-12, atol=1e-12)


def test_the_geometric_median_of_a_triangle_is_its_fermat_point() -> None:
    triangle = [[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(3) / 2]]
    np.testing.assert_allclose(model("geometric-median", triangle), [0.5, np.sqrt(3) / 6], rtol=1e-10)
    obtuse = [[0.0, 0.0], [1.0, 0.1], [-1.0, 0.1]]  # an angle of more than 120 degrees: the corner itself
    np.testing.assert_array_equal(model("geometric-median", obtuse), obtuse[0])


def test_weiszfeld_leaves_a_point_that_is_not_the_median() -> None:
    """The heaviest pull comes from points that all lie in one line with the start; Weiszfeld's own step would divide by 0 there."""
    cross = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0], [0.05, 0.0]])
    shares = weiszfeld(cross, np.array([1.0, 1.0, 1.0, 1.0, 0.01]))
    assert shares.sum() == pytest.approx(1)
    place = shares @ cross
    assert 0 < place[0] < 0.05 and abs(place[1]) < 1e-12


@few
@given(seed=st.integers(0, 2**32 - 1), clients=st.integers(1, 8), size=st.integers(1, 12))
def test_corners_keep_all_distances(seed: int, clients: int, size: int) -> None:
    _, rows = sample(seed, clients, size)
    points = corners(rows)
    assert points.shape == (clients, min(clients, size))
    between = [np.linalg.norm(some[:, None] - some, axis=2) for some in (rows, points)]
    np.testing.assert_allclose(*between, rtol=1e-9, atol=1e-9)


def krum_scores(rows: np.ndarray, f: int) -> np.ndarray:
    """As the paper writes it: the sum over the n - f - 2 nearest others."""
    between = ((rows[:, None] - rows) ** 2).sum(axis=2)
    return np.array([sum(sorted(np.delete(between[k], k))[: len(rows) - f - 2]) for k in range(len(rows))])


@few
@given(seed=st.integers(0, 2**32 - 1), f=st.integers(1, 4), m=st.integers(1, 7))
def test_krum_and_multi_krum_are_those_of_the_paper(seed: int, f: int, m: int) -> None:
    _, rows = sample(seed)
    order = np.argsort(krum_scores(rows, f))
    np.testing.assert_array_equal(model("krum", rows, f=f), rows[order[0]])
    np.testing.assert_array_equal(model("multi-krum", rows, f=f, m=1), model("krum", rows, f=f))
    np.testing.assert_allclose(model("multi-krum", rows, f=f, m=m), rows[order[:m]].mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(model("multi-krum", rows, f=f), rows[order[: CLIENTS - f]].mean(axis=0), rtol=1e-12)


def nearness(rows: np.ndarray, k: int, left: list[int], f: int) -> list[float]:
    """The Krum score of row k among those that are left, followed by what decides between equal scores: sums over more neighbours."""
    others = sorted(((rows[k] - rows[other]) ** 2).sum() for other in left if other != k)
    return [sum(others[:count]) for count in range(max(1, len(left) - f - 2), len(left))]


@few
@given(seed=st.integers(0, 2**32 - 1), f=st.integers(0, 2))
def test_bulyan_is_that_of_the_paper(seed: int, f: int) -> None:
    _, rows = sample(seed)
    left, picked = list(range(CLIENTS)), []
    while len(picked) < CLIENTS - 2 * f:
        picked.append(min(left, key=lambda k: nearness(rows, k, left, f)))
        left.remove(picked[-1])
    between = ((rows[:, None] - rows) ** 2).sum(axis=2)
    assert chosen(between, f).tolist() == sorted(picked)
    expected = [values[np.argsort(abs(values - np.median(values)))[: CLIENTS - 4 * f]].mean() for values in rows[picked].T]
    np.testing.assert_allclose(model("bulyan", rows, f=f), expected, rtol=1e-12, atol=1e-12)


def test_bulyan_sees_what_krum_lets_pass() -> None:
    """One weight of a hundred is far off in a model that is otherwise in the middle of all."""
    honest = np.random.default_rng(1).normal(size=(9, 100))
    sly = honest.mean(axis=0)
    sly[0] = 5.0
    rows = np.vstack([honest, sly, sly + 1e-3])
    assert model("krum", rows)[0] > 4
    assert abs(model("bulyan", rows)[0]) < 1.5


@pytest.mark.parametrize(
    ("name", "changes", "arrived", "sentence"),
    [
        ("krum", {"f": 2}, 5, "Krum with f=2 needs at least 7 updates, but only 5 arrived in this round."),
        ("multi-krum", {"f": 1, "m": 6}, 6, "Multi-Krum with f=1, m=6 needs at least 7 updates, but only 6 arrived in this round."),
        ("bulyan", {"f": 1}, 1, "Bulyan with f=1 needs at least 7 updates, but only 1 arrived in this round."),
        ("trimmed-mean", {"f": 3}, 6, "Trimmed mean with f=3 needs at least 7 updates, but only 6 arrived in this round."),
    ],
)
def test_too_few_updates_are_refused_in_one_sentence(name: str, changes: dict[str, int], arrived: int, sentence: str) -> None:
    assert RULES.get(name).least(option(name, **changes)) == 7
    with pytest.raises(RunError) as refused:
        combine(name, np.ones((arrived, 2)), **changes)
    assert str(refused.value) == sentence
    model(name, np.ones((7, 2)), **changes)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_cannot_be_combined(name: str) -> None:
    with pytest.raises(RunError, match="No update arrived"):
        combine(name, np.ones((0, 2)))


@pytest.mark.parametrize("name", NAMES)
def test_types_and_shapes_are_kept_and_integers_rounded(name: str) -> None:
    rng = np.random.default_rng(2)
    models = [{"w": rng.standard_normal((3, 2)).astype(np.float32), "n": rng.integers(0, 9, 4), "one": np.array(k, np.int32)} for k in range(CLIENTS)]
    aggregator = RULES.get(name).build(option(name))
    aggregator.begin({key: np.zeros_like(values) for key, values in models[0].items()})
    for client, arrays in enumerate(models):
        aggregator.add(client, dict(reversed(arrays.items())), 1.0)  # names in any order
    result = aggregator.result().arrays
    assert {key: (values.dtype, values.shape) for key, values in result.items()} == {key: (v.dtype, v.shape) for key, v in models[0].items()}
    assert as_type(np.array([1.5, 2.6]), np.dtype(np.int64)).tolist() == [2, 3]


@pytest.mark.parametrize("name", NAMES)
def test_other_names_or_shapes_are_refused(name: str) -> None:
    aggregator = RULES.get(name).build(option(name))
    aggregator.begin({"w": np.zeros(3)})
    aggregator.add(0, {"w": np.zeros(3)}, 1.0)
    for other in ({"w": np.zeros(4)}, {"v": np.zeros(3)}, {"w": np.zeros(3), "v": np.zeros(3)}):
        with pytest.raises(ValueError, match="same arrays"):
            aggregator.add(1, other, 1.0)


@pytest.mark.parametrize("name", NAMES)
def test_what_was_sent_is_not_changed(name: str) -> None:
    _, rows = sample(8)
    before = rows.copy()
    rows.flags.writeable = False
    combine(name, rows)
    assert rows.tobytes() == before.tobytes()


@pytest.mark.parametrize("name", ["geometric-median", "norm-clipping", "mean"])
def test_clients_without_examples_count_for_nothing(name: str) -> None:
    rng, rows = sample(9)
    weights = rng.uniform(0.1, 9, CLIENTS)
    weights[:3] = 0
    combined = combine(name, rows, weights)
    np.testing.assert_allclose(joined(combined), model(name, rows[3:], weights[3:]), rtol=1e-9)
    assert [combined.shares[k] for k in range(3)] == [0, 0, 0]


@pytest.mark.parametrize("name", ["median", "trimmed-mean", "krum", "multi-krum", "bulyan"])
def test_rules_of_ranks_ignore_the_weights(name: str) -> None:
    rng, rows = sample(10)
    assert model(name, rows, rng.uniform(0, 9, CLIENTS)).tobytes() == model(name, rows).tobytes()


@pytest.mark.parametrize("name", ["median", "trimmed-mean", "bulyan", "geometric-median"])
def test_large_models_are_cut_into_blocks_without_a_seam(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _, rows = sample(11, size=23)
    whole = combine(name, rows)
    monkeypatch.setattr("fedviz.federation.aggregation.base.BLOCK", 5)
    blocks = combine(name, rows)
    np.testing.assert_allclose(joined(blocks), joined(whole), rtol=1e-9, atol=1e-12)
    assert blocks.shares == pytest.approx(whole.shares, abs=1e-9)


def test_the_median_shares_what_equal_clients_have_in_common() -> None:
    assert combine("median", [[1.0, 1.0], [1.0, 1.0], [5.0, 0.0]]).shares == {0: 0.5, 1: 0.5, 2: 0.0}
    assert combine("median", [[1.0, 1.0], [2.0, 2.0], [3.0, 0.0]]).shares == {0: 0.5, 1: 0.5, 2: 0.0}
    assert combine("trimmed-mean", [[0.0, 9.0], [1.0, 1.0], [2.0, 2.0]], f=1).shares == {0: 0.0, 1: 0.5, 2: 0.5}


@few
@given(data=st.data(), clients=st.integers(1, 6))
def test_the_streaming_mean_is_numpys(data: st.DataObject, clients: int) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    models = [{"w": rng.standard_normal((3, 2)).astype(np.float32), "n": rng.integers(0, 100, 4)} for _ in range(clients)]
    weights = rng.integers(1, 50, clients)
    mean = WeightedMean()
    for client, (arrays, weight) in enumerate(zip(models, weights, strict=True)):
        mean.add(client, arrays, float(weight))
    assert mean.total == weights.sum()
    combined = mean.result()
    np.testing.assert_allclose(combined.arrays["w"], np.average([m["w"].astype(float) for m in models], axis=0, weights=weights), rtol=1e-6, atol=1e-7)
    assert combined.arrays["n"].tolist() == np.rint(np.average([m["n"] for m in models], axis=0, weights=weights)).tolist()
    assert combined.shares == {client: weight / weights.sum() for client, weight in enumerate(weights)}
