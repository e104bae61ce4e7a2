"""Compression: what each method promises of one update, what error feedback promises of many, and what the loop makes of answers that make no sense."""

import itertools
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from flwr.app import Context, Message
from flwr.clientapp import ClientApp

from fedviz.bench.quadratics import Quadratics, quadratics
from fedviz.core import events as e
from fedviz.core.errors import ConfigError, RunError
from fedviz.core.registry import COMPRESSION
from fedviz.federation import messages, wire
from fedviz.federation.assemble import conduct_of
from fedviz.federation.client_app import client_contexts
from fedviz.federation.compression.base import form_bytes
from fedviz.federation.compression.bits import pack, packed_bytes, unpack
from fedviz.federation.compression.client import compressed, name_them
from fedviz.federation.compression.flat import ERROR
from fedviz.federation.compression.grid import CompressedGrid
from fedviz.federation.grid import InProcessGrid
from fedviz.federation.rounds import Hooks, Rounds
from fedviz.federation.task import FitResult

NAMES = tuple(name for name in COMPRESSION.names() if name != "none")
REMEMBERING = ({"name": "top-k", "share": 0.2}, {"name": "random-k", "share": 0.2}, "signsgd")


def built(name: str, **options: Any) -> Any:
    entry = COMPRESSION.get(name)
    return entry.build(entry.options(**options))


def update(seed: int = 0, dtype: Any = np.float32, matrix: tuple[int, ...] = (12, 20)) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {"m": rng.standard_normal(matrix).astype(dtype), "b": (100 * rng.standard_normal(7)).astype(dtype), "z": np.zeros(3, dtype)}


def through(compressor: Any, sent: dict[str, np.ndarray], seed: int = 5) -> dict[str, np.ndarray]:
    return compressor.decode(compressor.encode(sent, {}, seed)[0], sent)


def flat(arrays: Any) -> np.ndarray:
    return np.concatenate([arrays[name].ravel() for name in sorted(arrays)])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", NAMES)
def test_the_payload_has_the_stated_form_and_comes_back_in_the_update_s_shapes(name: str, dtype: Any) -> None:
    compressor, sent = built(name), update(dtype=dtype)
    payload, _memory = compressor.encode(sent, {}, 5)
    assert {key: (values.dtype.str, values.shape) for key, values in payload.items()} == compressor.form(sent)
    read = compressor.decode(payload, sent)
    assert {key: (values.dtype, values.shape) for key, values in read.items()} == {key: (values.dtype, values.shape) for key, values in sent.items()}
    zeros = {key: np.zeros_like(values) for key, values in sent.items()}
    assert not flat(through(compressor, zeros)).any(), "no update is read as no update"


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_bits(name: str) -> None:
    one, again, other = (built(name).encode(update(), {}, seed)[0] for seed in (5, 5, 6))
    assert messages.weights_digest(one) == messages.weights_digest(again)
    chance = name in ("int8", "qsgd", "random-k", "low-rank")
    assert (messages.weights_digest(one) != messages.weights_digest(other)) == chance


def test_half_precision_and_eight_bits_are_as_wrong_as_they_say_and_no_more() -> None:
    sent = {"x": np.random.default_rng(1).standard_normal(4000) * 10.0 ** np.random.default_rng(2).uniform(-9, 4, 4000)}
    wrong = np.abs(through(built("float16"), sent)["x"] - sent["x"])
    assert (wrong <= np.maximum(2.0**-11 * np.abs(sent["x"]), 2.0**-25)).all()
    assert through(built("float16"), {"x": np.array([1e9, -1e9])})["x"].tolist() == [65504, -65504]
    wrong = np.abs(through(built("int8"), sent)["x"] - sent["x"])
    step = np.abs(sent["x"]).max() / 127
    assert wrong.max() < step and wrong.max() > step / 2, "rounded by chance, not to the nearest"


def test_eight_bits_and_levels_are_right_on_average_and_qsgd_varies_no_more_than_its_paper_says() -> None:
    """The mean over N draws lies within five standard errors, by the variance that is proven; the measured variance within the bound."""
    x = update(3, np.float64)["m"].ravel()[:64]
    draws = 400
    for levels in (1, 4):
        compressor = built("qsgd", levels=levels, bucket=64)
        found = np.array([through(compressor, {"x": x}, seed)["x"] for seed in range(draws)])
        bound = min(64 / levels**2, 8 / levels) * np.square(x).sum()
        assert np.square(found - x).sum(1).mean() < bound
        assert np.linalg.norm(found.mean(0) - x) < 5 * np.sqrt(bound / draws)
    found = np.array([through(built("int8"), {"x": x}, seed)["x"] for seed in range(draws)])
    assert np.abs(found.mean(0) - x).max() < 5 * np.abs(x).max() / 127 / 2 / np.sqrt(draws)  # a value between two steps varies by at most half a step


@pytest.mark.parametrize("levels", [1, 3])
def test_a_level_is_drawn_by_how_near_it_is(levels: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exactly: over ten draws spread evenly, weights whose sizes are tenths between two levels are right on average."""
    compressor, x = built("qsgd", levels=levels, bucket=2), np.array([0.6, -0.8])  # norm 1
    draws = iter((np.arange(10) + 0.5) / 10)
    monkeypatch.setattr("fedviz.federation.compression.qsgd.generator", lambda *_: SimpleNamespace(random=lambda size, dtype: np.full(size, next(draws))))
    found = [through(compressor, {"x": x})["x"] for _ in range(10)]
    np.testing.assert_allclose(np.mean(found, 0), x, rtol=1e-14)


def test_random_k_without_memory_is_right_over_all_sets_of_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exactly: every set of 2 of 5 places once."""
    compressor, x = built("random-k", share=0.4, error_feedback=False), np.array([3.0, -1.0, 4.0, 1.0, -5.0])
    sets = list(itertools.combinations(range(5), 2))
    monkeypatch.setattr(type(compressor), "_places", lambda self, seed, d: np.array(sets[seed]))
    found = [through(compressor, {"x": x}, seed)["x"] for seed in range(len(sets))]
    np.testing.assert_allclose(np.mean(found, 0), x, rtol=1e-14)


def test_random_k_draws_every_place_as_often() -> None:
    compressor, x = built("random-k", share=0.25), {"x": np.ones(8)}
    counts = sum(through(compressor, x, seed)["x"] for seed in range(500))
    np.testing.assert_allclose(counts / 500, 0.25, atol=5 * np.sqrt(0.25 * 0.75 / 500))


@pytest.mark.parametrize("name", ["top-k", "random-k"])
def test_all_values_are_the_update_itself(name: str) -> None:
    sent = update()
    assert messages.weights_digest(through(built(name, share=1.0), sent)) == messages.weights_digest(sent)


def test_top_k_sends_the_largest() -> None:
    read = flat(through(built("top-k", share=0.1), update()))
    sent, kept = np.abs(flat(update())), np.flatnonzero(flat(through(built("top-k", share=0.1), update())))
    assert len(kept) == 25 and sent[kept].min() >= np.delete(sent, kept).max() and (read[kept] == flat(update())[kept]).all()


def test_a_matrix_of_low_rank_is_sent_exactly_and_another_no_worse_than_half_again_the_best() -> None:
    rng = np.random.default_rng(4)
    exact = {"m": rng.standard_normal((30, 2)) @ rng.standard_normal((2, 40)), "b": rng.standard_normal(5)}
    read = through(built("low-rank", rank=2), exact)
    np.testing.assert_allclose(read["m"], exact["m"], atol=1e-12)
    assert (read["b"] == exact["b"]).all()
    full = {"m": rng.standard_normal((30, 40))}
    best = np.sqrt(np.square(np.linalg.svd(full["m"], compute_uv=False)[2:]).sum())
    assert best <= np.linalg.norm(through(built("low-rank", rank=2), full)["m"] - full["m"]) < 1.5 * best


def test_payloads_are_as_small_as_they_say() -> None:
    like = {"w": np.zeros((1000, 80), np.float32), "b": np.zeros(80, np.float32)}
    d, head = 80_080, 2 * (128 + 10)
    values = {"float16": 2 * d, "int8": d + 8, "qsgd": d / 2 + 4 * 157, "top-k": 8 * d / 20, "random-k": 8 + 4 * d / 10, "signsgd": d / 8 + 8, "low-rank": 4 * (1080 + 80)}
    for name in NAMES:
        assert values[name] < form_bytes(built(name).form(like)) <= values[name] + head
        payload, _memory = built(name).encode(update(), {}, 1)
        content = messages.content_bytes(messages.RecordDict({"a": messages.array_record(payload)}))
        assert content == form_bytes(built(name).form(update()))


@pytest.mark.parametrize("bits", [1, 2, 5, 11])
def test_bits_come_back(bits: int) -> None:
    codes = np.random.default_rng(bits).integers(0, 2**bits, 37).astype(np.uint16)
    packed = pack(codes, bits)
    assert len(packed) == packed_bytes(37, bits) and (unpack(packed, 37, bits) == codes).all()


@pytest.mark.parametrize("name", ["top-k", "random-k", "signsgd", "low-rank"])
def test_what_was_sent_and_what_is_remembered_are_all_the_updates(name: str) -> None:
    """Exact but for rounding in double precision; small whole numbers for the two that only leave values out, where nothing is rounded."""
    compressor, memory, total, sent = built(name), {}, 0.0, 0.0
    for number in range(12):
        one = {key: np.rint(3 * values) for key, values in update(number, np.float64).items()}
        payload, memory = compressor.encode(one, memory, number)
        total, sent = total + flat(one), sent + flat(compressor.decode(payload, one))
    np.testing.assert_allclose(sent + memory[ERROR], total, rtol=0, atol=0 if name.endswith("-k") else 1e-11)
    assert np.linalg.norm(memory[ERROR]) > 0
    assert built(name, error_feedback=False).encode(one, {}, 0)[1] == {}


@pytest.mark.parametrize("compression", [REMEMBERING[0], *(pytest.param(one, marks=pytest.mark.slow) for one in REMEMBERING[1:])])
def test_in_the_loop_the_model_and_what_the_clients_remember_are_all_that_they_learned(compression: Any) -> None:
    """`w_T + sum_k p_k e_k = sum_t sum_k p_k (w_t^k - w_t)`, with the clients' steps in closed form."""
    experiment, states = quadratics("fedavg", 6, rate=0.05, compression=compression), []
    Rounds(experiment, Hooks(save=states.append)).run()  # type: ignore[arg-type]
    steps = 1 - (1 - 0.05 * experiment.curvatures) ** np.array(experiment.examples)
    learned = sum(experiment.weights() @ (steps[:, None] * (experiment.optima - state.arrays["w"])) for state in states[:-1])
    remembered = [messages.arrays_of(client[wire.LEFT_OUT])[ERROR] for client in states[-1].clients]
    np.testing.assert_allclose(states[-1].arrays["w"] + experiment.weights() @ np.array(remembered), learned, atol=1e-12)


@pytest.mark.slow
def test_error_feedback_reaches_where_fedavg_does_and_without_it_top_k_and_signs_stop_elsewhere() -> None:
    """Distances to what FedAvg reaches in as many rounds, in lengths of it. With a constant learning rate error feedback stays in a neighbourhood that shrinks with it."""
    plain = quadratics("fedavg", 150, rate=0.005, dimensions=10, even_steps=True).run().arrays["w"]

    def away(compression: Any) -> float:
        reached = quadratics("fedavg", 150, rate=0.005, dimensions=10, even_steps=True, compression=compression).run().arrays["w"]
        return float(np.linalg.norm(reached - plain) / np.linalg.norm(plain))

    for options, near, far in (({"name": "top-k", "share": 0.2}, 0.05, 0.4), ({"name": "signsgd"}, 0.05, 0.4)):
        assert away(options) < near and away(options | {"error_feedback": False}) > far
    assert away({"name": "random-k", "share": 0.2}) < 0.15


@pytest.mark.parametrize("name", ["top-k", *(pytest.param(name, marks=pytest.mark.slow) for name in NAMES if name != "top-k")])
def test_every_compression_repeats_resumes_and_bears_a_client_that_fails(name: str) -> None:
    options = {"fraction": 0.75, "faulty_clients": [2], "compression": name, "dimensions": 12}
    straight, states = quadratics("scaffold", 4, **options), []
    Rounds(straight, Hooks(save=states.append)).run()  # type: ignore[arg-type]
    digests = {messages.weights_digest(state.arrays) for state in (states[-1], straight.run(), straight.run(states[2]))}
    assert len(digests) == 1 and states[2].round == 2
    assert np.isfinite(states[-1].arrays["w"]).all() and np.abs(states[-1].arrays["w"]).max() > 0


def hostile() -> list[Any]:
    """(compression, what a client sends in place of its payload, for 5 weights in double precision)."""
    places, value = np.array([0], np.uint32), np.array([1.0])
    return [
        ("top-k", {"places": np.array([5], np.uint32), "values": value}),
        ("top-k", {"places": places, "values": np.array([np.nan])}),
        ("top-k", {"places": places, "values": np.ones(2)}),
        ("top-k", {"places": places.astype(np.int64), "values": value}),
        ("top-k", {"places": places}),
        ("top-k", {"places": places, "values": value, "more": value}),
        ({"name": "top-k", "share": 0.4}, {"places": np.array([1, 1], np.uint32), "values": np.ones(2)}),
        ("random-k", {"seed": np.array([1.0]), "values": value}),
        ("random-k", {"seed": np.array([1], np.uint64), "values": np.array([np.inf])}),
        ("qsgd", {"levels": np.full(4, 255, np.uint8), "norms": value}),
        ("qsgd", {"levels": np.zeros(4, np.uint8), "norms": -value}),
        ("signsgd", {"signs": np.zeros(1, np.uint8), "scales": -value}),
        ("signsgd", {"signs": np.zeros(1, np.uint8), "scales": np.array([np.nan])}),
        ("int8", {"steps": np.ones(5, np.int8), "scales": np.array([np.inf])}),
        ("float16", {"halves": np.full(5, np.nan, np.float16)}),
        ("low-rank", {"factors": np.zeros(3), "rest": np.zeros(5)}),
        ("float16", {}),
    ]


@pytest.mark.parametrize(("compression", "payload"), hostile())
def test_a_payload_that_makes_no_sense_is_refused(compression: Any, payload: dict[str, np.ndarray]) -> None:
    options = {"name": compression} if isinstance(compression, str) else dict(compression)
    with pytest.raises(ValueError, match="must"):
        built(options.pop("name"), **options).decode(payload, {"w": np.zeros(5)})


class Garbled(Quadratics):
    """Client 1 sends nonsense in place of what the compressor made."""

    def app(self, *arguments: Any) -> ClientApp:
        honest, app = super().app(*arguments), ClientApp()

        @app.train()
        def train(message: Message, context: Context) -> Message:
            reply = honest(message, context)
            if context.node_config[wire.PARTITION] == 1:
                reply.content[wire.ARRAYS] = messages.array_record({"halves": np.full(5, np.inf, np.float16)})
            return reply

        app.evaluate()(honest)
        return app


def test_a_client_whose_answer_makes_no_sense_fails_in_one_sentence_and_the_others_go_on() -> None:
    told: list[Any] = []
    plain = quadratics("fedavg", 2, compression="float16")
    Rounds(Garbled(**vars(plain)), Hooks(emit=told.append)).run()  # type: ignore[arg-type]
    failures = [event for event in told if isinstance(event, e.ClientFailed)]
    assert [(event.client, event.reason) for event in failures] == [(1, "The update of client 1 cannot be read back: its numbers must be finite.")] * 2
    assert all({entry.client for entry in event.drift} == {0, 2, 3} for event in told if isinstance(event, e.RoundAggregated))


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_weights_that_ran_away_are_a_failure_and_not_a_code(value: float) -> None:
    with pytest.raises(RunError, match="not finite any more"):
        compressed(built("signsgd"), {"w": np.array([1.0, value])}, {"w": np.zeros(2)}, {}, 0)


def test_a_reply_with_some_of_the_arrays_is_read_back_as_these() -> None:
    """What a strategy keeps at home is no part of the payload, and none of the reply."""
    received = {"a": np.ones(3, np.float32), "b": np.ones((2, 2), np.float32)}
    compressor, app = built("float16"), ClientApp()

    @app.train()
    def train(message: Message, context: Context) -> Message:
        own = {"b": received["b"] + np.float32(0.5)}
        reply = messages.train_reply(message, compressed(compressor, own, received, {}, 0)[0], FitResult(1, (), 0.0))
        name_them(reply.content, own, received)
        return reply

    content = messages.RecordDict({wire.ARRAYS: messages.array_record(received)})
    grid = CompressedGrid(InProcessGrid(app, client_contexts(1)), compressor)
    (reply,) = grid.send_and_receive([Message(content, dst_node_id=messages.node_of(0), message_type=messages.TRAIN)])
    read = messages.arrays_of(reply.content[wire.ARRAYS])
    assert list(read) == ["b"] and (read["b"] == 1.5).all() and read["b"].dtype == np.float32
    with pytest.raises(RunError, match="federation.compression` must be none"):
        compressed(compressor, {"c": np.ones(2)}, received, {}, 0)


def test_it_is_refused_with_secure_aggregation_and_off_by_default() -> None:
    with pytest.raises(ConfigError, match="compression` must be none with secure aggregation"):
        quadratics("fedavg", 1, secure_aggregation=True, compression="top-k")
    assert conduct_of(quadratics("fedavg", 1).config).compressor is None
