"""Secure aggregation: its parts by their laws, the protocol with clients lost at every step, and whole runs against plain ones."""

from itertools import product
from typing import Any

import numpy as np
import pytest
from flwr.app import ConfigRecord, Context, Error, Message, RecordDict
from flwr.clientapp import ClientApp
from hypothesis import given, settings
from hypothesis import strategies as st

from fedviz.bench.quadratics import quadratics
from fedviz.core import events as e
from fedviz.core.config import RunConfig
from fedviz.core.errors import ConfigError, RunError
from fedviz.federation import messages, wire
from fedviz.federation.assemble import assemble
from fedviz.federation.client_app import client_contexts
from fedviz.federation.grid import InProcessGrid
from fedviz.federation.rounds import Hooks, Rounds
from fedviz.federation.secure import fixed_point, keys, masks, shamir
from fedviz.federation.secure.client import SecureSettings, protect
from fedviz.federation.secure.party import Party
from fedviz.federation.secure.server import SecureGrid
from fedviz.federation.task import FitResult, FitSettings
from fedviz.models.compute import Shares
from fedviz.runs.run_view import RunView
from fedviz.runs.view import apply_all
from tests.federation.fakes import Quadratic, config
from tests.runs.small import small

STEPS = {"keys": wire.SECURE_KEYS, "shares": wire.SECURE_SHARES, "masked": wire.SECURE_TRAIN, "unmask": wire.SECURE_UNMASK}
SIZE, CLIENTS, THRESHOLD = 300, 5, 4


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_t_of_n_shares_give_the_secret(data: st.DataObject) -> None:
    clients = data.draw(st.integers(1, 9))
    threshold, secret = data.draw(st.integers(1, clients)), data.draw(st.integers(0, 2**256 - 1))
    source = keys.seeded(data.draw(st.integers(0, 99)))
    shares = shamir.split(secret, threshold, range(1, clients + 1), lambda: keys.element(source))
    some = data.draw(st.lists(st.sampled_from(sorted(shares)), unique=True, min_size=threshold))
    assert shamir.join({point: shares[point] for point in some}, threshold) == secret
    if threshold > 1:
        with pytest.raises(RunError, match=f"needs {threshold} shares, but only {threshold - 1}"):
            shamir.join({point: shares[point] for point in sorted(shares)[: threshold - 1]}, threshold)


def test_one_share_too_few_tells_nothing() -> None:
    """In a field of seven, over all drawings: two shares of three are distributed the same whatever the secret is."""

    def seen(secret: int) -> list[tuple[int, int]]:
        pairs = []
        for drawn in product(range(7), repeat=2):
            values = iter(drawn)
            shares = shamir.split(secret, 3, [1, 2, 5], lambda values=values: next(values), prime=7)
            pairs.append((shares[1], shares[5]))
        return sorted(pairs)

    assert all(seen(secret) == sorted(product(range(7), repeat=2)) for secret in range(7))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=100), st.integers(0, 99))
def test_the_sum_of_encoded_values_is_the_sum(values: list[float], seed: int) -> None:
    words = np.zeros(1, np.uint64)
    for value in values:
        words += fixed_point.encode(np.array([value]), 100)
    assert fixed_point.decode(words)[0] == pytest.approx(sum(values), abs=1e-7)


@pytest.mark.parametrize("value", [2.0**31 / 3, -(2.0**31), np.inf, np.nan])
def test_what_could_wrap_around_is_refused(value: float) -> None:
    fixed_point.encode(np.array([2.0**31 / 3 - 1]), 3)
    with pytest.raises(RunError, match=r"^Secure aggregation of 3 clients needs every value .* below 7.15828e\+08, but got "):
        fixed_point.encode(np.array([0.0, value]), 3)


def test_a_sealed_share_opens_for_its_receiver_in_its_round_alone() -> None:
    one, other = keys.key_pair(bytes(range(32))), keys.key_pair(bytes(range(1, 33)))
    sealed = keys.seal(one.private, other.public, "3/0/1", b"share")
    assert keys.unseal(other.private, one.public, "3/0/1", sealed) == b"share"
    for path, text in (("4/0/1", sealed), ("3/1/0", sealed), ("3/0/1", sealed[:-1] + bytes([sealed[-1] ^ 1]))):
        with pytest.raises(RunError, match="changed on its way, or belongs to another round"):
            keys.unseal(other.private, one.public, path, text)
    with pytest.raises(RunError, match="public key .* is damaged"):
        keys.agreed(one.private, b"short", "anything")


def test_a_mask_is_the_same_however_long_the_vector_is() -> None:
    long = np.zeros(masks._CHUNK * 2 + 5, np.uint64)
    masks.apply_mask(long, bytes(32), add=True)
    short = np.zeros(7, np.uint64)
    masks.apply_mask(short, bytes(32), add=False)
    np.testing.assert_array_equal(long[:7] + short, np.zeros(7, np.uint64))
    assert len(np.unique(long)) == len(long)


def parties(values: np.ndarray, seed: int = 0) -> list[np.ndarray]:
    """What each client sends for its row of values [clients, d]."""
    there = [Party(client, 1, 2, keys.seeded(seed * 100 + client)) for client in range(len(values))]
    public = {party.client: party.keys() for party in there}
    sealed = {party.client: party.shares(public) for party in there}
    for party in there:
        party.open({sender: texts[party.client] for sender, texts in sealed.items() if sender != party.client})
    return [party.masked(row) for party, row in zip(there, values, strict=True)]


def test_a_masked_vector_is_even_over_the_range_and_independent_of_what_it_hides() -> None:
    values = np.stack([np.full(20_000, 0.25), np.linspace(-1, 1, 20_000), np.zeros(20_000)])
    first, again = parties(values, 1), parties(values, 2)
    for client, words in enumerate(first):
        for shift in (0, 32, 56):  # the lowest, a middle and the highest byte
            counts = np.bincount(((words >> np.uint64(shift)) & np.uint64(255)).astype(int), minlength=256)
            assert ((counts - 20_000 / 256) ** 2 / (20_000 / 256)).sum() < 256 + 6 * (2 * 256) ** 0.5
        shown, others = words.view(np.int64) / 2.0**63, again[client].view(np.int64) / 2.0**63
        assert abs(np.corrcoef(shown, others)[0, 1]) < 0.04
        assert abs(np.corrcoef(shown, values[1])[0, 1]) < 0.04


class Lab:
    """Five clients whose updates are drawn, and a server; `lost` names the step in which each client stops answering."""

    def __init__(self, lost: dict[int, str] | None = None, tamper: Any = None) -> None:
        self.lost, self.tamper, self.steps, self.contexts = lost or {}, tamper, [], client_contexts(CLIENTS)
        self.app = ClientApp()

        @self.app.train()
        def train(message: Message, context: Context) -> Message:
            client, old = int(context.node_config[wire.PARTITION]), messages.read_train(message).arrays
            arrays = {"a": old["a"] + self.update(client)[: SIZE - 2], "b": (old["b"].reshape(-1) + self.update(client)[SIZE - 2 :]).reshape(1, 2)}
            return messages.train_reply(message, arrays, FitResult(client + 1, (), 0.5 * client))

        protect(self.app, SecureSettings(THRESHOLD, even=False), lambda number, client: keys.seeded(10 * number + client))
        self.grid = SecureGrid(InProcessGrid(self._answer, self.contexts), THRESHOLD, self.steps.append)  # type: ignore[arg-type]

    def update(self, client: int) -> np.ndarray:
        """The update of a client [SIZE]."""
        return np.random.default_rng(client).standard_normal(SIZE)

    def _answer(self, message: Message, context: Context) -> Message:
        client = int(context.node_config[wire.PARTITION])
        order = list(STEPS)
        kind = next(step for step, name in STEPS.items() if name == message.metadata.message_type)
        if client in self.lost and order.index(kind) >= order.index(self.lost[client]):
            return Message(Error(1, "gone"), reply_to=message)
        reply = self.app(message, context)
        return reply if self.tamper is None else self.tamper(kind, client, reply)

    def round(self, number: int = 1) -> Message:
        """One round; the server's only reply."""
        content = {wire.ARRAYS: messages.array_record({"b": np.ones((1, 2)), "a": np.ones(SIZE - 2)}),
                   wire.CONFIG: ConfigRecord({**messages.settings_record(FitSettings()), wire.ROUND: number})}  # fmt: skip
        orders = [Message(RecordDict(dict(content)), dst_node_id=messages.node_of(k), message_type="train", group_id="1") for k in range(CLIENTS)]
        (reply,) = self.grid.send_and_receive(orders)
        return reply

    def check(self, there: list[int], reply: Message) -> None:
        """The reply is the weighted mean of these clients."""
        report, weights = messages.read_train_reply(reply), np.array(there) + 1.0
        mean = weights @ np.stack([self.update(client) for client in there]) / weights.sum()
        np.testing.assert_allclose(np.concatenate([report.arrays["a"], report.arrays["b"].reshape(-1)]), 1 + mean, atol=1e-8)
        assert (report.examples, report.loss) == (weights.sum(), pytest.approx(weights @ (0.5 * np.array(there)) / weights.sum()))


@pytest.mark.parametrize("step", [None, *STEPS])
def test_the_sum_is_exact_over_those_whose_input_arrived(step: str | None) -> None:
    lab = Lab({} if step is None else {2: step})
    lab.check([k for k in range(CLIENTS) if k != 2 or step in (None, "unmask")], lab.round())
    counts = {done.name: len(done.clients) for done in lab.steps}
    left = [5 - (step is not None and list(STEPS).index(name) >= list(STEPS).index(step)) for name in STEPS]
    assert counts == dict(zip(STEPS, left, strict=True)) | {"sum": 5 if step in (None, "unmask") else 4}
    assert all(done.received_bytes > 0 and done.sent_bytes > 0 for done in lab.steps[:-1])


@pytest.mark.parametrize("step", STEPS)
def test_one_client_too_few_fails_with_one_sentence(step: str) -> None:
    with pytest.raises(RunError, match=f"^Round 1 has too few clients for secure aggregation: 3 are left after the step {step}, but 4 must be; the first reason: gone$"):
        Lab({0: "keys", 4: step}).round()


def test_the_server_gets_nothing_of_an_update() -> None:
    """No message to the server but the masked vector has any number of the update's size, and that one has none of its words."""
    seen: list[tuple[str, int, RecordDict]] = []
    lab = Lab(tamper=lambda kind, client, reply: seen.append((kind, client, RecordDict(dict(reply.content)))) or reply)
    lab.round()
    for kind, client, content in seen:
        assert set(content) == {wire.ARRAYS if kind == "masked" else wire.SECURE}
        if kind == "masked":
            (words,) = messages.arrays_of(content[wire.ARRAYS]).values()
            open_words = fixed_point.encode(np.concatenate([(client + 1) * lab.update(client), [client + 1, 0]]), CLIENTS)
            assert not (words == open_words).any()


def test_a_round_asked_for_again_and_a_step_out_of_its_turn_are_refused() -> None:
    lab = Lab()
    lab.round(2)
    for number in (1, 2):
        with pytest.raises(RunError, match=f"first reason: A message of secure aggregation is refused: it asks for the keys of round {number} again"):
            lab.round(number)
    lab.check(list(range(CLIENTS)), lab.round(3))

    def ask(kind: str, content: dict[str, Any]) -> None:
        message = Message(RecordDict({wire.SECURE: ConfigRecord(content)}), dst_node_id=messages.node_of(0), message_type=STEPS[kind], group_id="1")
        message.content[wire.ARRAYS] = messages.array_record({})
        lab.app(message, lab.contexts[0])

    with pytest.raises(RunError, match="client 0 expects nothing more in round 3, but got unmask"):
        ask("unmask", {wire.ROUND: 3, wire.SURVIVORS: [0, 1, 2, 3]})
    with pytest.raises(RunError, match="client 0 expects nothing more in round 3, but got sealed shares"):
        ask("masked", {wire.ROUND: 3, wire.CLIENTS: [1, 2, 3], wire.SEALED: [b""] * 3})
    with pytest.raises(RunError, match="speaks of round 2, in which this client has no keys"):
        ask("shares", {wire.ROUND: 2})


def test_a_client_gives_no_share_to_a_server_that_asks_for_too_much() -> None:
    there = [Party(client, 1, 3, keys.seeded(client)) for client in range(4)]
    public = {party.client: party.keys() for party in there}
    with pytest.raises(RunError, match="own keys are not in it, or two clients have the same"):
        _fresh().shares({1: public[1], 2: public[2], 3: public[3]})
    sealed = {party.client: party.shares(public) for party in there}
    for party in there:
        party.open({sender: texts[party.client] for sender, texts in sealed.items() if sender != party.client})
        party.masked(np.zeros(3))
    with pytest.raises(RunError, match="needs 3 clients in every step, but only 2 are left"):
        there[0].unmask([0, 1])
    with pytest.raises(RunError, match="it must name this client"):
        there[1].unmask([0, 2, 3])
    own, mask = there[2].unmask([0, 1, 2])
    assert (set(own), set(mask)) == ({0, 1, 2}, {3})


def _fresh() -> Party:
    party = Party(0, 1, 3, keys.seeded(0))
    party.keys()
    return party


@pytest.mark.parametrize("kind", STEPS)
def test_an_answer_that_makes_no_sense_counts_as_none(kind: str) -> None:
    def tamper(step: str, client: int, reply: Message) -> Message:
        if (step, client) == (kind, 2):
            record = {wire.ARRAYS: messages.array_record({wire.MASKED: np.zeros(3, np.uint64)})} if step == "masked" else {wire.SECURE: ConfigRecord({"no": 1})}
            reply.content = RecordDict(record)
        return reply

    lab = Lab(tamper=tamper)
    lab.check([k for k in range(CLIENTS) if k != 2 or kind == "unmask"], lab.round())


def test_an_answer_that_comes_twice_counts_once() -> None:
    class Echo(InProcessGrid):
        def send_and_receive(self, messages: Any, *, timeout: float | None = None) -> Any:
            for reply in super().send_and_receive(messages, timeout=timeout):
                yield from (reply, reply)

    lab = Lab()
    lab.grid = SecureGrid(Echo(lab._answer, lab.contexts), THRESHOLD, lab.steps.append)  # type: ignore[arg-type]
    lab.check(list(range(CLIENTS)), lab.round())


def test_shares_of_a_lost_client_that_do_not_fit_end_the_round() -> None:
    def tamper(step: str, client: int, reply: Message) -> Message:
        if (step, client) == ("unmask", 0):
            reply.content[wire.SECURE][wire.KEY_SHARES] = [bytes(shamir.SHARE_BYTES)]
        return reply

    with pytest.raises(RunError, match="^The shares of secure aggregation do not fit together"):
        Lab({2: "masked"}, tamper).round()


@pytest.mark.parametrize(("strategy", "weighting"), [("fedavg", "examples"), ("fedprox", "even"), ("fedadam", "examples"), ("fedavgm", "even")])
def test_a_run_ends_where_the_same_run_in_the_open_ends(strategy: str, weighting: str) -> None:
    plain, secure = (quadratics(strategy, 6, rate=0.2, weighting=weighting, secure_aggregation=on).run().arrays["w"] for on in (False, True))
    np.testing.assert_allclose(secure, plain, atol=1e-5)
    assert not np.array_equal(plain, np.zeros_like(plain))


def test_with_failing_and_sampled_clients_too() -> None:
    plain, secure = (
        quadratics("fedavg", 5, rate=0.2, clients=6, fraction=0.84, faulty_clients=[2], secure_aggregation=on, secure_threshold=0.6).run().arrays["w"] for on in (False, True)
    )
    np.testing.assert_allclose(secure, plain, atol=1e-5)


def test_a_language_model_s_run_too() -> None:
    runs = [Rounds(assemble(small(optimizer="sgd", clients=4, secure_aggregation=on)), Hooks()).run().state.arrays for on in (False, True)]
    for name, values in runs[0].items():
        np.testing.assert_allclose(runs[1][name], values, atol=1e-5)


def run(rounds: int = 3, state: Any = None, workers: int = 1, **options: Any) -> tuple[Any, list[e.Event], list[Any], list[Any]]:
    told, states, models = [], [], []
    hooks = Hooks(emit=told.append, save=states.append, keep_client=lambda number, client, arrays: models.append(client))
    ended = Rounds(Quadratic(config(rounds=rounds, clients=4, secure_aggregation=True, **options), size=200), hooks, state, Shares(workers, 1)).run()
    return ended, told, states, models


def test_a_run_repeats_and_resumes_to_the_bit() -> None:
    ended, told, states, _ = run()
    again, told_again, _, _ = run(workers=3)
    on, _, _, _ = run(state=states[1])
    assert len({messages.weights_digest(one.state.arrays) for one in (ended, again, on)}) == 1
    sights = [[event.sight for event in events if isinstance(event, e.SecureStep) and event.sight] for events in (told, told_again)]
    assert sights[0] == sights[1]
    assert sights[0][0].masked != sights[0][1].masked
    assert all(not context for context in states[-1].clients), "no secret reaches a checkpoint"


def test_a_cancel_ends_it_between_two_batches() -> None:
    told: list[e.Event] = []
    hooks = Hooks(emit=told.append, command=lambda: "cancel" if any(isinstance(event, e.BatchTrained) for event in told) else None)
    ended = Rounds(Quadratic(config(rounds=3, clients=4, secure_aggregation=True)), hooks, shares=Shares(1, 1)).run()
    assert (ended.status, ended.state.round) == ("cancelled", 0)
    assert not any(isinstance(event, e.ClientFailed) for event in told)


def test_what_is_hidden_from_the_server_is_in_no_event_of_its_own() -> None:
    _, told, _, models = run()
    view = apply_all(RunView.empty(), told)
    assert view.secure
    assert models == []
    assert [drift for _, drift in view.drift] == [(), (), ()]
    assert len(view.path) == 3 and any(x for _, x, _ in view.path)
    assert all(client.train_metrics == () and len(client.metrics) == 4 for client in view.clients)
    assert [step.step for step in view.steps] == ["keys", "shares", "masked", "unmask", "sum"] * 3
    number, sight = view.sight
    assert (number, len(sight.update), len(sight.masked), len(sight.mean)) == (3, 48, 48, 48)
    assert np.abs(sight.masked).max() > 0.5, "the masks fill the range"
    ended = [event for event in told if isinstance(event, e.RoundEnded)]
    steps = [event for event in told if isinstance(event, e.SecureStep) and event.round == 2]
    assert ended[1].sent_bytes > sum(event.sent_bytes for event in steps) > 4 * 8 * 200


def test_fewer_survivors_than_the_threshold_end_the_run_with_one_sentence() -> None:
    with pytest.raises(RunError, match="^Round 1 has too few clients for secure aggregation: 2 are left after the step masked, but 3 must be; the first reason: This client fails"):
        quadratics("fedavg", 2, faulty_clients=[0, 3], secure_aggregation=True).run()


@pytest.mark.parametrize(
    ("federation", "sentence"),
    [
        ({"aggregation": "median"}, "`aggregation` must be mean with secure aggregation, since any other rule must see single updates, but got aggregation=median"),
        *(({"strategy": name, "optimizer": "sgd"}, f"with secure aggregation, but got strategy={name}") for name in ("scaffold", "fednova", "feddyn", "q-ffl")),
        ({"clients": 5, "fraction": 0.4}, "`secure_aggregation` must have at least 3 clients a round, .* but only 2 take part in one"),
    ],
)
def test_what_needs_single_updates_is_refused(federation: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        config(**federation, secure_aggregation=True)


def test_the_threshold_is_a_share_rounded_up() -> None:
    assert [config(clients=n, secure_aggregation=True).federation.threshold for n in (3, 4, 5, 6, 9, 100)] == [2, 3, 4, 4, 6, 67]
    assert RunConfig.from_toml(config(secure_aggregation=True).to_toml()).federation.secure_threshold == 2 / 3
