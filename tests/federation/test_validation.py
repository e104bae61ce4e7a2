"""Held-out texts say when a run ends: where a sequence of values says so, with the model of the best round, and the same after a stop anywhere."""

import threading
from dataclasses import dataclass, field

import numpy as np
import pytest
from flwr.clientapp import ClientApp
from hypothesis import given
from hypothesis import strategies as st

from fedviz.charts.head import head
from fedviz.charts.live import document
from fedviz.charts.validation import validation_record, validation_spec
from fedviz.core import events as e
from fedviz.core.config import RunConfig
from fedviz.core.errors import ConfigError
from fedviz.federation import messages, wire
from fedviz.federation.assemble import assemble
from fedviz.federation.rounds import Hooks, Rounds
from fedviz.federation.task import Evaluation
from fedviz.federation.validation import best_round, held, held_out, stops
from fedviz.models.learner import Learner
from fedviz.runs.estimate import wire_bytes
from fedviz.runs.folder import create, view_of
from fedviz.runs.ledger import ledger
from fedviz.runs.run_view import RunView
from fedviz.runs.sizes import sizes
from fedviz.runs.states import dump_state, parse_state
from fedviz.runs.view import apply_all
from fedviz.runs.worker import work
from fedviz.scenarios import load as scenarios
from tests.federation.fakes import Quadratic, config
from tests.runs.small import small


@given(texts=st.integers(0, 10_000), share=st.floats(0, 0.5))
def test_a_client_keeps_a_text_and_holds_out_its_share(texts: int, share: float) -> None:
    count = held(texts, share)
    assert 0 <= count <= max(texts - 1, 0)
    assert (count > 0) == (share > 0 and texts > 1)
    assert count == 0 or abs(count - share * texts) <= 1


@pytest.mark.parametrize(
    ("values", "metric", "patience", "best", "end"),
    [
        ([3.0, 2.0, 2.5, 2.1, 1.0], "loss", 2, 2, 4),
        ([3.0, 2.0, 2.5, 1.9, 2.0, 2.0, 2.0], "loss", 3, 4, 7),
        ([0.1, 0.5, 0.5, 0.6], "accuracy", 1, 2, 3),  # an equal value is no better one
        ([1.0, float("nan"), 0.5, float("inf"), 0.6], "loss", 2, 3, 5),
        ([float("nan"), float("nan"), 1.0], "loss", 1, 1, 2),
        ([5.0, 4.0, 3.0], "loss", 1, 3, None),
        ([1.0, 2.0, 3.0], "loss", 0, 1, None),
    ],
)
def test_the_run_stops_where_the_sequence_says(values, metric, patience, best, end) -> None:
    ends = [number for number in range(1, len(values) + 1) if stops(values[:number], metric, patience)]
    assert ends[:1] == ([] if end is None else [end])
    assert best_round(values[:end], metric) == best


@dataclass
class Judged(Quadratic):
    """Two texts of each client's own are held out, on which the global model has the loss that `values` has for its round."""

    values: tuple[float, ...] = field(default=())

    def app(self, *arguments) -> ClientApp:
        plain, app = super().app(*arguments), ClientApp()
        app.train()(plain)

        @app.evaluate()
        def evaluate(message, context):
            reply, number = plain(message, context), messages.read_evaluate(message).round
            client = int(context.node_config[wire.PARTITION])
            loss = 2 * (self.values[number] + (0.25 if client == 0 else -0.25 if client == 1 else 0.0))
            reply.content[wire.VALIDATION] = messages.evaluation_record(Evaluation(2, loss, np.array([[1, 1], [0, 0]])))
            return reply

        return app


VALUES = (9.0, 3.0, 2.0, 2.5, 2.25, 2.0, 1.0)


def judged(name: str = "fedavg", **federation) -> Judged:
    return Judged(config(**{"rounds": 6, "clients": 4, "strategy": name, "patience": 3, "validation_share": 0.25, **federation}), steps=2, values=VALUES)


def run(experiment, state=None, **hooks):
    events: list[e.Event] = []
    ended = Rounds(experiment, Hooks(emit=events.append, **hooks), state).run()
    return ended, events


def of(events, kind):
    return [event for event in events if isinstance(event, kind)]


def bits(state):
    """Everything of a state that the next round depends on."""
    return (state.round, *(messages.weights_digest(some) for some in (state.arrays, state.strategy, state.drift)), state.validation, state.best and bits(state.best))


@pytest.mark.parametrize("name", ["fedavg", "fedadam", "fedavgm"])
def test_a_run_ends_with_the_state_of_its_best_round(name: str) -> None:
    ended, events = run(judged(name))
    told = of(events, e.Validated)
    assert [event.round for event in told] == [0, 1, 2, 3, 4, 5] and [event.stops for event in told] == [False] * 5 + [True]
    assert [event.metrics["loss"] for event in told] == pytest.approx(VALUES[:6]) and {event.texts for event in told} == {8}
    assert [event.best for event in told] == [0, 1, 2, 2, 2, 2]
    short, _ = run(judged(name, rounds=2))
    assert ended.status == "finished" and ended.state.round == 2
    assert bits(ended.state) == bits(short.state)


def test_without_patience_it_is_told_and_nothing_more() -> None:
    ended, events = run(judged(patience=0))
    plain, _ = run(Quadratic(config(rounds=6, clients=4), steps=2))
    assert [event.best for event in of(events, e.Validated)] == [0] * 7
    assert ended.state.round == 6 and ended.state.validation == () and ended.state.best is None
    assert messages.weights_digest(ended.state.arrays) == messages.weights_digest(plain.state.arrays)


@pytest.mark.parametrize("name", ["fedavg", "fedadam"])
@pytest.mark.parametrize("stop", [0, 1, 2, 3, 4, 5])
def test_a_run_that_goes_on_stops_at_the_same_round_with_the_same_bits(name: str, stop: int) -> None:
    states: list = []
    straight, told = run(judged(name), save=lambda state: states.append(dump_state(state)))
    assert len(states) == 6
    again, more = run(judged(name), reread(states[stop]))
    assert bits(again.state) == bits(straight.state)
    last = of(more, e.Validated)
    assert last == of(told, e.Validated)[stop + 1 if stop else 0 :]


def reread(data: bytes):
    import json

    from safetensors.numpy import load

    size = int.from_bytes(data[:8], "little")
    return parse_state(json.loads(json.loads(data[8 : 8 + size])["__metadata__"]["state"]), load(data))


@pytest.mark.slow
@pytest.mark.parametrize("change", [{}, {"federation.strategy.name": "scaffold", "federation.optimizer": "sgd"}, {"federation.secure_aggregation": True}, {"federation.fraction": 0.5}], ids=str)
def test_held_out_texts_are_never_trained_on(change: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also not in the comparison after the last round, nor where other texts are written from a client's own."""
    from fedviz.federation.compare import compare

    some = small(validation_share=0.3, patience=2, rounds=3, compare=True).updated({"augmentation.name": "graph", "augmentation.siblings": True, "augmentation.least_content": 0.0, **change})
    trained, measured = set(), set()
    batches = Learner.batches

    def watched(self, split, indices, batch_size, generator=None):
        for batch in batches(self, split, indices, batch_size, generator):
            if split == "train":
                (measured if generator is None else trained).update(batch.rows.tolist())
            yield batch

    monkeypatch.setattr(Learner, "batches", watched)
    experiment = assemble(some)
    ended, events = run(experiment)
    compare(experiment, ended.state.arrays, Hooks(), ended.state.clients, ended.state.strategy, ended.state.round)
    out = {int(row) for rows in experiment.validation for row in rows}
    assert out and measured == out and not trained & out
    assert {event.clients for event in of(events, e.Validated)} == {(0, 1, 2)}, "whether drawn or not"
    data = scenarios.load(some)
    texts = {data.train.texts[row] for row in out}
    written = experiment.data.train.texts[len(data.train.texts) :]
    assert written and not texts & set(written)


def test_shards_and_what_is_held_out_make_up_what_clients_have() -> None:
    some = small(validation_share=0.3, absent_clients=[2])
    whole = scenarios.shards(some, scenarios.load(some))
    kept, out = held_out(some, whole)
    for client in range(3):
        assert sorted([*kept.train[client], *out[client]]) == list(whole.train[client])
        assert len(out[client]) == (0 if client == 2 else held(len(whole.train[client]), 0.3))
    assert held_out(some.updated({"federation.validation_share": 0.0}), whole) == (whole, ())
    assert sizes(some).held == tuple(map(len, out)) and sizes(some).train == tuple(map(len, kept.train))
    assert kept.test is whole.test, "test texts have no part in it"


@pytest.mark.slow
def test_the_folder_ends_with_the_best_round_and_the_page_says_so(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The model learns nothing after round 2, as the watched values have it."""
    from fedviz.federation import validation

    plain = validation.Watch.told

    def told(self, number, former):
        for sums in self._sums.values():
            object.__setattr__(sums, "loss_sum", sums.examples * VALUES[number])
        return plain(self, number, former)

    monkeypatch.setattr(validation.Watch, "told", told)
    some = small(rounds=6, validation_share=0.25, patience=2, compare=True)
    folder = create(tmp_path, some, "early")
    work(folder, threading.Event())
    view = view_of(folder)
    assert (view.status, view.rounds_done, view.best_round, view.stops) == ("finished", 4, 2, True), view.reason
    assert folder.checkpoints() == (0, 1, 2)
    digests = {ended.round: ended.weights_digest for ended in view.rounds}
    assert view.weights_digest == digests[2] == messages.weights_digest(folder.load_checkpoint(2).arrays)
    assert view.result == dict(view.global_metrics)[2] and len(view.comparisons) == 3
    shown = head(view)
    assert "Stopped after round 4 of 6" in shown["sentence"] and "after round 2" in shown["sentence"] and shown["progress"] == 1
    assert "validation" in document(view).charts
    record = validation_record(view)
    assert record.rounds == (0, 1, 2, 3, 4) and record.values == pytest.approx(VALUES[:5]) and record.best == 2
    assert len(validation_spec(record)["layout"]["shapes"]) == 1
    stepped = create(tmp_path, some, "stepped")
    for _ in range(4):
        stepped.control.ask("step")
        work(stepped, threading.Event())
    assert view_of(stepped).status == "finished" and view_of(stepped).weights_digest == view.weights_digest


@pytest.mark.slow
def test_bytes_are_estimated_and_the_ledger_names_the_counts() -> None:
    some = small(validation_share=0.25)
    _, events = run(assemble(some))
    view = apply_all(RunView.empty(), [event.model_copy(update={"seq": seq}) for seq, event in enumerate(events, 1)])
    assert sum(c.sent_bytes for c in view.clients) == wire_bytes(some, sizes(some))[0]
    assert any("holds out" in line for seen in ledger(view, some).seen for line in seen.what)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"federation.patience": 2}, "stops by held-out texts"),
        ({"federation.validation_share": 0.2, "federation.weighting": "even", "privacy.name": "central"}, "without noise"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict, word: str) -> None:
    with pytest.raises(ConfigError, match=word):
        small().updated(changes)
    assert RunConfig.parse(small().to_data()) == small()
