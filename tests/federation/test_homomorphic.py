"""Homomorphic sums: exact sums of what the server cannot read, lost and odd clients, and whole runs against plain ones."""

import sys
from typing import Any

import numpy as np
import pytest
from flwr.app import Context, Error, Message, RecordDict
from flwr.clientapp import ClientApp

from fedviz.core import events as e
from fedviz.core.errors import ConfigError, RunError
from fedviz.federation import messages, wire
from fedviz.federation.client_app import client_contexts
from fedviz.federation.grid import InProcessGrid
from fedviz.federation.rounds import Hooks, Rounds
from fedviz.federation.secure import ckks
from fedviz.federation.secure.cipher_client import CipherSettings, encrypting
from fedviz.federation.secure.cipher_server import CipherGrid
from fedviz.federation.task import FitResult, FitSettings
from fedviz.models.compute import Shares
from fedviz.runs.ledger import ledger
from fedviz.runs.run_view import RunView
from fedviz.runs.view import apply_all
from tests.federation.fakes import Quadratic, config

CLIENTS, SIZE = 4, 40


@pytest.fixture(scope="module")
def keys() -> ckks.Keys:
    """One key for all tests."""
    return ckks.Keys()


def summed(keys: ckks.Keys, rows: np.ndarray) -> np.ndarray:
    """The sum of clients' values [clients, d] by way of ciphertexts."""
    adder = ckks.Adder(keys.parameters(), rows.shape[1])
    for row in rows:
        adder.add(keys.encrypt(ckks.encode(row, len(rows))))
    return ckks.decode(keys.decrypt(adder.total(), rows.shape[1]))


@pytest.mark.parametrize(("clients", "size"), [(2, 1), (3, ckks.SLOTS), (8, ckks.SLOTS + 1)])
def test_the_sum_of_ciphertexts_is_the_sum_of_the_values(keys: ckks.Keys, clients: int, size: int) -> None:
    rows = np.random.default_rng(size).standard_normal((clients, size)) * np.array([0.01, 1, 100])[np.arange(size) % 3]
    whole = np.rint(rows * 2**24).sum(axis=0) / 2**24
    np.testing.assert_array_equal(summed(keys, rows), whole)
    np.testing.assert_allclose(whole, rows.sum(axis=0), atol=clients * 2**-25)


def test_the_largest_values_are_still_exact(keys: ckks.Keys) -> None:
    most = np.nextafter(ckks.bound(16), 0)
    rows = np.tile([most, -most, 0.0, 2**-24], (16, 1))
    np.testing.assert_array_equal(summed(keys, rows), [ckks.bound(1), -ckks.bound(1), 0.0, 2**-20])


@pytest.mark.parametrize("value", [ckks.bound(8), -np.inf, np.nan])
def test_a_value_that_a_sum_cannot_bear_is_refused(value: float) -> None:
    with pytest.raises(RunError, match=r"^Homomorphic sums of 8 clients need every value of an update times its weight below 16384, but got "):
        ckks.encode(np.array([1.0, value]), 8)


def test_the_server_holds_no_key_and_no_two_ciphertexts_are_alike(keys: ckks.Keys) -> None:
    adder = ckks.Adder(keys.parameters(), 3)
    one, other = (keys.encrypt(np.array([1, 2, 3])) for _ in range(2))
    adder.add(one)
    assert not adder.holds_secret_key and len(keys.parameters()) < 200
    with pytest.raises(ValueError, match="secret_key"):
        adder._total[0].decrypt()
    assert one.shape == (1, ckks.CIPHER_BYTES)
    assert (one[0, ckks.HEADER :] == other[0, ckks.HEADER :]).mean() < 0.1, "what is the same is the half bytes above the primes"
    np.testing.assert_array_equal(one[0, : ckks.HEADER], other[0, : ckks.HEADER])


def test_damaged_and_foreign_ciphertexts_are_refused_in_one_sentence(keys: ckks.Keys) -> None:
    good = keys.encrypt(np.arange(ckks.SLOTS + 1))
    for place, sentence in (((1, 0), "damaged, or was made with other parameters"), ((1, ckks.HEADER + 7), "damaged, or was made with other parameters")):
        bad = good.copy()
        bad[place] = 255
        adder = ckks.Adder(keys.parameters(), ckks.SLOTS + 1)
        adder.add(good)
        with pytest.raises(RunError, match=sentence):
            adder.add(bad)
        np.testing.assert_array_equal(keys.decrypt(adder.total(), ckks.SLOTS + 1), np.arange(ckks.SLOTS + 1))
    for odd in (good[:1], good[:, :-1], good.astype(np.int64)):
        with pytest.raises(RunError, match=r"^A client must send 2 ciphertexts of 131217 bytes, but got an array of shape \("):
            adder.add(odd)
    adder.add(ckks.Keys().encrypt(np.arange(ckks.SLOTS + 1)))
    with pytest.raises(RunError, match="^The sum of the clients' ciphertexts cannot be decrypted: one of them is damaged, or was made with another key.$"):
        keys.decrypt(adder.total(), ckks.SLOTS + 1)
    with pytest.raises(RunError, match="^A sum of 3 values must come as 1 ciphertexts"):
        keys.decrypt(good, 3)


class Lab:
    """Four clients whose updates are drawn, and a server; `lost` names the step in which a client stops answering."""

    def __init__(self, keys: ckks.Keys, lost: dict[int, str] | None = None, tamper: Any = None) -> None:
        self.lost, self.tamper, self.steps, self.app = lost or {}, tamper, [], ClientApp()

        @self.app.train()
        def train(message: Message, context: Context) -> Message:
            client, old = int(context.node_config[wire.PARTITION]), messages.read_train(message).arrays
            return messages.train_reply(message, {"w": old["w"] + self.update(client)}, FitResult(client + 1, (), 0.5 * client))

        encrypting(self.app, keys, CipherSettings(CLIENTS, even=False))
        self.contexts = client_contexts(CLIENTS)
        self.grid = CipherGrid(InProcessGrid(self._answer, self.contexts), keys.parameters(), 2, self.steps.append)  # type: ignore[arg-type]

    def update(self, client: int) -> np.ndarray:
        """The update of a client [SIZE]."""
        return np.random.default_rng(client).standard_normal(SIZE)

    def _answer(self, message: Message, context: Context) -> Message:
        client, kind = int(context.node_config[wire.PARTITION]), message.metadata.message_type
        if self.lost.get(client) in ("encrypted", {wire.CIPHER_TRAIN: "encrypted", wire.CIPHER_DECRYPT: "decrypt"}[kind]):
            return Message(Error(1, "gone"), reply_to=message)
        reply = self.app(message, context)
        return reply if self.tamper is None else self.tamper(kind, client, reply)

    def round(self, number: int = 1) -> Message:
        """One round; the server's only reply."""
        content = {wire.ARRAYS: messages.array_record({"w": np.ones(SIZE)}), wire.CONFIG: messages.settings_record(FitSettings())}
        content[wire.CONFIG][wire.ROUND] = number
        (reply,) = self.grid.send_and_receive([Message(RecordDict(dict(content)), dst_node_id=messages.node_of(k), message_type="train", group_id="1") for k in range(CLIENTS)])
        return reply

    def check(self, there: list[int], reply: Message) -> None:
        """The reply is the weighted mean of these clients."""
        report, weights = messages.read_train_reply(reply), np.array(there) + 1.0
        np.testing.assert_allclose(report.arrays["w"], 1 + weights @ np.stack([self.update(client) for client in there]) / weights.sum(), atol=1e-6)
        assert (report.examples, report.loss) == (weights.sum(), pytest.approx(weights @ (0.5 * np.array(there)) / weights.sum(), abs=1e-5))


@pytest.mark.parametrize(("lost", "there", "steps"), [
    ({}, [0, 1, 2, 3], [("encrypted", 4), ("decrypt", 1), ("sum", 4)]),
    ({0: "encrypted"}, [1, 2, 3], [("encrypted", 3), ("decrypt", 1), ("sum", 3)]),
    ({0: "encrypted", 2: "encrypted"}, [1, 3], [("encrypted", 2), ("decrypt", 1), ("sum", 2)]),
    ({0: "decrypt", 1: "decrypt"}, [0, 1, 2, 3], [("encrypted", 4), ("decrypt", 0), ("decrypt", 0), ("decrypt", 1), ("sum", 4)]),
])  # fmt: skip
def test_the_sum_is_over_those_that_came_and_whoever_is_left_decrypts_it(keys: ckks.Keys, lost: dict[int, str], there: list[int], steps: list[tuple[str, int]]) -> None:
    lab = Lab(keys, lost)
    lab.check(there, lab.round())
    assert [(step.name, len(step.clients)) for step in lab.steps] == steps


@pytest.mark.parametrize(("lost", "sentence"), [
    (dict.fromkeys((0, 1, 2), "encrypted"), "^Round 1 has too few clients for secure aggregation: 1 are left after the step encrypted, but 2 must be; the first reason: gone$"),
    (dict.fromkeys(range(4), "decrypt"), "^Round 1 has no client that could decrypt the sum; the first reason: gone$"),
])  # fmt: skip
def test_too_few_clients_fail_the_round_with_one_sentence(keys: ckks.Keys, lost: dict[int, str], sentence: str) -> None:
    with pytest.raises(RunError, match=sentence):
        Lab(keys, lost).round()


@pytest.mark.parametrize("cipher", [np.zeros((1, ckks.CIPHER_BYTES), np.uint8), np.zeros((2, ckks.CIPHER_BYTES), np.uint8), np.zeros(3)])
def test_a_client_that_sends_no_ciphertext_is_missing_from_the_sum(keys: ckks.Keys, cipher: np.ndarray) -> None:
    def tamper(kind: str, client: int, reply: Message) -> Message:
        if (kind, client) == (wire.CIPHER_TRAIN, 1):
            reply.content[wire.ARRAYS] = messages.array_record({wire.ENCRYPTED: cipher})
        return reply

    lab = Lab(keys, tamper=tamper)
    lab.check([0, 2, 3], lab.round())


def test_a_ciphertext_of_another_key_ends_the_round_and_nothing_of_the_sum_is_told(keys: ckks.Keys) -> None:
    foreign = ckks.Keys()

    def tamper(kind: str, client: int, reply: Message) -> Message:
        assert kind == wire.CIPHER_TRAIN, "nobody answers a sum that is none"
        if client == 1:
            reply.content[wire.ARRAYS] = messages.array_record({wire.ENCRYPTED: foreign.encrypt(np.zeros(SIZE + 2, np.int64))})
        return reply

    with pytest.raises(RunError, match="could decrypt the sum; the first reason: The sum of the clients' ciphertexts cannot be decrypted"):
        Lab(keys, tamper=tamper).round()


def test_a_client_decrypts_one_sum_a_round(keys: ckks.Keys) -> None:
    lab = Lab(keys)
    lab.round(2)
    lab.lost = dict.fromkeys((1, 2, 3), "decrypt")
    with pytest.raises(RunError, match="refused: it asks client 0 to decrypt another sum of round 2"):
        lab.round(2)


def run(rounds: int = 2, state: Any = None, workers: int = 1, **options: Any) -> tuple[Any, list[e.Event], list[Any], Quadratic]:
    told, states = [], []
    experiment = Quadratic(config(rounds=rounds, clients=3, secure_aggregation=True, **{"secure_protocol": "ckks"} | options), size=20)
    return Rounds(experiment, Hooks(emit=told.append, save=states.append), state, Shares(workers, 1)).run(), told, states, experiment


def test_a_run_repeats_and_resumes_to_the_bit_and_ends_where_masks_end() -> None:
    ended, told, states, experiment = run()
    again, told_again, _, _ = run(workers=3)
    on, _, _, _ = run(state=states[1])
    masked, _, _, _ = run(secure_protocol="masks")
    assert len({messages.weights_digest(one.state.arrays) for one in (ended, again, on)}) == 1
    for name, values in masked.state.arrays.items():
        np.testing.assert_allclose(ended.state.arrays[name], values, atol=1e-6)
    sights = [event.sight for events in (told, told_again) for event in events if isinstance(event, e.SecureStep) and event.sight]
    assert len({sight.head for sight in sights}) == len(sights) == 4, "every ciphertext is fresh"
    assert all(sight.cipher_bytes == ckks.CIPHER_BYTES and len(sight.masked) == 48 for sight in sights)
    assert all(not context for context in states[-1].clients), "no key reaches a checkpoint"
    view = apply_all(RunView.empty(), told)
    assert view.secure and [drift for _, drift in view.drift] == [(), ()] and all(client.train_metrics == () for client in view.clients)
    book = ledger(view, experiment.config)
    said = {part.who: " ".join(part.what) for part in book.seen}
    assert "In league with any one client it could read every update" in said["The server"] and "masked integers" not in said["The server"]
    assert "share" in said["The other clients"] and "secrets sealed" not in said["The other clients"]
    assert book.total_bytes("sent") == sum(event.sent_bytes for event in told if isinstance(event, e.RoundEnded)) + sum(
        event.sent_bytes for event in told if isinstance(event, e.ClientFinished) and event.round == 0
    )


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"aggregation": "median"}, "`aggregation` must be mean with secure aggregation"),
        ({"aggregation": "krum"}, "`aggregation` must be mean with secure aggregation"),
        ({"strategy": "scaffold", "optimizer": "sgd"}, "with secure aggregation, but got strategy=scaffold"),
        ({"compression": "top-k"}, "`federation.compression` must be none with secure aggregation, which adds up a number for every weight"),
        ({"clients": 2}, "must have at least 3 clients a round"),
    ],
)
def test_what_needs_single_updates_is_refused_here_too(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        config(**{"clients": 8} | options, secure_aggregation=True, secure_protocol="ckks")


def test_without_the_library_a_run_ends_with_a_sentence_and_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tenseal", None)
    with pytest.raises(RunError, match="^Homomorphic sums need the library TenSEAL, which is not installed here: pip install tenseal==0.3.18, or choose masks.$"):
        run()
