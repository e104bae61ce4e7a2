"""Laws of the ways to combine adapters, on real runs of a tiny encoder."""

from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from fedviz.charts import live
from fedviz.charts.adapters import adapters_record, error_about, error_figure, error_note, error_spec
from fedviz.core import events as e
from fedviz.core.config import RunConfig
from fedviz.core.errors import ConfigError
from fedviz.core.registry import ADAPTERS, STRATEGIES
from fedviz.core.types import AdapterError
from fedviz.federation.adapters.base import DELTA, A, B, factors
from fedviz.federation.assemble import assemble, strategy_of
from fedviz.federation.messages import TrainReport
from fedviz.federation.rounds import Hooks, Rounds
from fedviz.models.encoder import Based
from fedviz.models.predictor import Predictor
from fedviz.runs.estimate import wire_bytes
from fedviz.runs.run_view import RunView
from fedviz.runs.sizes import sizes
from fedviz.runs.view import apply_all

ROUNDS, RANK, ALPHA = 3, 4, 6.0
EXACT = ("ffa-lora", "rolora", "flora", "fedex-lora")
MATRICES = ("encoder.layers.0.attention.self.query", "encoder.layers.0.attention.self.value")


def config(name: str, **changes) -> RunConfig:
    plain = RunConfig.parse({
        "scenario": {"name": "toy", "train_texts": 32, "test_texts": 16}, "model": {"name": "toy", "width": 16, "tuning": "lora", "lora_rank": RANK, "lora_alpha": ALPHA},
        "federation": {"rounds": ROUNDS, "clients": 3, "batch_size": 4, "compare": False, "adapters": {"name": name, **({"ranks": [1, 2, 4]} if name == "hetlora" else {})}},
    })  # fmt: skip
    return plain.updated(changes)


def run(some: RunConfig):
    """The experiment, its events, the global models by round, and the clients' whole models by round."""
    experiment, events, states, clients = assemble(some), [], {}, {}
    hooks = Hooks(emit=events.append, save=lambda state: states.update({state.round: state.arrays}),
                  keep_client=lambda number, client, arrays: clients.setdefault(number, {}).update({client: dict(arrays)}))  # fmt: skip
    Rounds(experiment, hooks).run()
    return SimpleNamespace(config=some, experiment=experiment, events=events, states=states, clients=clients)


@cache
def done(name: str):
    return run(config(name))


def of(events, kind):
    return [event for event in events if isinstance(event, kind)]


def product(arrays, matrix):
    """What an adapted matrix has beside its frozen values, in float64."""
    a, b = factors(arrays)[matrix]
    added = arrays.get(matrix + DELTA, 0.0)
    return np.asarray(added, np.float64) + ALPHA / RANK * (arrays[b].astype(np.float64) @ arrays[a])


def shares(some, number):
    """How much each client counts: by its texts."""
    held = {info.index: info.train_examples for info in of(some.events, e.RunStarted)[0].clients}
    return {client: held[client] / sum(held[k] for k in some.clients[number]) for client in some.clients[number]}


def relative(found, expected):
    return np.linalg.norm(found - expected) / np.linalg.norm(expected)


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("number", range(1, ROUNDS + 1))
def test_the_global_product_is_the_mean_of_the_clients(name, number):
    some = done(name)
    for matrix in MATRICES:
        before = product(some.states[number - 1], matrix) if name in ("flora", "fedex-lora") else 0.0
        base = np.asarray(some.states[number - 1].get(matrix + DELTA, 0.0), np.float64)
        mean = sum(share * (product(some.clients[number][client], matrix) - base) for client, share in shares(some, number).items())
        reached = product(some.states[number], matrix) - base
        assert np.any(before) or number == 1 or name not in ("flora", "fedex-lora")
        assert relative(reached, mean) < 1e-5


@pytest.mark.parametrize("name", ADAPTERS.names())
def test_the_error_that_is_told_is_the_one_computed_by_hand(name):
    some = done(name)
    for event in of(some.events, e.RoundAggregated):
        weights = shares(some, event.round)
        assert [entry.matrix for entry in event.adapters] == [matrix.removeprefix("encoder.") for matrix in MATRICES]
        for matrix, entry in zip(MATRICES, event.adapters, strict=True):
            clients = some.clients[event.round]
            pairs = {client: [arrays[factor].astype(np.float64) for factor in factors(arrays)[matrix]] for client, arrays in clients.items()}
            if name == "hetlora":
                norms = {client: np.linalg.norm(b @ a) for client, (a, b) in pairs.items()}
                weights = {client: norm / sum(norms.values()) for client, norm in norms.items()}
            expected = sum(weights[client] * (b @ a) for client, (a, b) in pairs.items())
            mean_a, mean_b = (sum(weights[client] * pair[place] for client, pair in pairs.items()) for place in (0, 1))
            assert entry.norm == pytest.approx(np.linalg.norm(expected), rel=1e-6)
            if name in EXACT:
                assert entry.relative < 1e-6
            else:
                assert entry.error == pytest.approx(np.linalg.norm(mean_b @ mean_a - expected), rel=1e-4)
                assert entry.relative > 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("name", ADAPTERS.names())
def test_one_client_alone_has_the_model_that_it_trained(name):
    some = run(config(name, **{"federation.clients": 1, "federation.rounds": 2}))
    learner = some.experiment.learner
    batch = next(learner.batches("test", range(16), 16))

    def logits(arrays):
        learner.load(arrays)
        with torch.no_grad():
            return learner.logits(batch).numpy()

    for number in (1, 2):
        assert np.abs(logits(some.states[number]) - logits(some.clients[number][0])).max() < 1e-5
        assert np.abs(logits(some.states[number]) - logits(some.states[number - 1])).max() > 1e-4


def test_equal_ranks_and_norms_make_hetlora_plain_averaging():
    strategy = strategy_of(config("hetlora", **{"federation.adapters.ranks": [RANK], "federation.weighting": "even"}))
    rng = np.random.default_rng(0)
    name_a, name_b = (MATRICES[0] + factor + "default.weight" for factor in (A, B))
    strategy._whole = {name_a: np.zeros((RANK, 16), np.float32), name_b: np.zeros((16, RANK), np.float32), "head.bias": np.zeros(2, np.float32)}
    reports = []
    for client in range(3):
        turn = np.linalg.qr(rng.standard_normal((16, 16)))[0]
        a, b = rng.standard_normal((RANK, 16)), rng.standard_normal((16, RANK))
        if client:  # a rotation keeps the norm of the product
            a, b = reports[0].arrays[name_a] @ turn, reports[0].arrays[name_b]
        reports.append(TrainReport(client, 5, 0.0, {name_a: a.astype(np.float32), name_b: b.astype(np.float32), "head.bias": np.ones(2, np.float32)}, 1, 0.0, {}))
    strategy.open()
    for report in reports:
        strategy.see(report, 1.0)
    mean = {name: np.mean([report.arrays[name] for report in reports], axis=0) for name in reports[0].arrays}
    merged = strategy.merged(mean)
    assert all(np.abs(merged[name] - mean[name]).max() < 1e-6 for name in mean)


def test_a_client_of_lower_rank_trains_its_own_rows_alone():
    some = done("hetlora")
    for number, clients in some.clients.items():
        for client, arrays in clients.items():
            rank = (1, 2, 4)[client]
            for a, b in factors(arrays).values():
                assert not arrays[a][rank:].any() and not arrays[b][:, rank:].any()
                assert number == 1 or np.abs(arrays[a][:rank] - some.states[number - 1][a][:rank]).max() > 0  # at first head and B are zero
    sent = {row.client for event in of(some.events, e.MessagesPassed) for row in event.rows}
    assert sent == {0, 1, 2}


@pytest.mark.parametrize(("name", "moved"), [("ffa-lora", (B, B, B)), ("rolora", (B, A, B))])
def test_a_factor_that_rests_is_the_same_for_all_to_the_bit(name, moved):
    some = done(name)
    for number, factor in enumerate(moved, 1):
        before = some.states[number - 1]
        for arrays in (some.states[number], *some.clients[number].values()):
            changed = {A if A in key else B for key in before if (A in key or B in key) and arrays[key].tobytes() != before[key].tobytes()}
            assert changed == {factor}


def names(some, direction, number=None, kind="train"):
    """Arrays in messages: all of a direction, or of the training in one round."""
    known, found = {}, set()
    for event in of(some.events, e.MessagesPassed):
        known |= {content.id: content for content in event.contents}
        for row in event.rows:
            content = known[row.content]
            if content.direction == direction and (number is None or event.round == number):
                found |= {entry.name for entry in content.entries if entry.record == "arrays"}
    return found


def test_what_is_not_sent_is_in_no_message():
    for name in ADAPTERS.names():
        up, down = names(done(name), "sent"), names(done(name), "received")
        assert not any(key.endswith(DELTA) for key in up)
        assert any(key.endswith(DELTA) for key in down) == (name in ("flora", "fedex-lora"))
        assert any(A in key for key in up) == (name != "ffa-lora")
        assert any(A in key for key in down) == (name not in ("ffa-lora", "flora"))
        assert any(B in key for key in down) == (name != "flora")
    for number in range(1, ROUNDS + 1):
        assert {A if A in key else B for key in names(done("rolora"), "sent", number) if A in key or B in key} == {B if number % 2 else A}


@pytest.mark.parametrize("name", ADAPTERS.names())
def test_bytes_are_foretold(name):
    some = done(name)
    assert wire_bytes(some.config, sizes(some.config)) == (
        sum(event.sent_bytes for event in of(some.events, e.ClientFinished)), sum(event.received_bytes for event in of(some.events, e.ClientStarted)),
    )  # fmt: skip
    for event in of(some.events, e.RoundStarted):
        passed = [*of(some.events, e.ClientFinished), *of(some.events, e.ClientStarted)]
        trained = [one for one in passed if (one.round, one.phase) == (event.round, "train")]
        assert event.timing.bytes == sum(getattr(one, "sent_bytes", 0) + getattr(one, "received_bytes", 0) for one in trained)


@pytest.mark.parametrize("name", ["flora", "fedex-lora"])
def test_a_run_goes_on_and_is_explained_with_what_was_added(name):
    some = done(name)
    half = run(config(name, **{"federation.rounds": 2}))
    assert all(half.states[2][key].tobytes() == some.states[2][key].tobytes() for key in half.states[2])
    assert all(some.states[ROUNDS][matrix + DELTA].any() for matrix in MATRICES)
    data, learner = some.experiment.data, some.experiment.learner
    learner.load(some.states[ROUNDS])
    predictor = Predictor(some.config, data.classes, data.graph, some.states[ROUNDS], data.class_entities)
    texts = list(data.test.texts)
    with torch.no_grad():
        expected = learner.model.text_logits(learner._parts["test"].inputs).numpy()
    assert np.abs(predictor.text_logits(texts) - expected).max() < 1e-5
    other = learner.twin()
    other.load(some.states[0])
    assert all(np.array_equal(learner.arrays()[key], some.states[ROUNDS][key]) for key in some.states[0])


def test_what_is_added_stands_the_right_way_round():
    from transformers.pytorch_utils import Conv1D

    straight, across, inputs = nn.Linear(3, 5), Conv1D(5, 3), torch.randn(2, 3)
    with torch.no_grad():
        across.weight.copy_(straight.weight.T)
        across.bias.copy_(straight.bias)
        added = torch.randn(5, 3)
        for base, turned in ((straight, False), (across, True)):
            based = Based(base, turned)
            assert torch.allclose(based(inputs), straight(inputs), atol=1e-6)
            based.delta.copy_(added)
            assert torch.allclose(based(inputs), straight(inputs) + inputs @ added.T, atol=1e-5)


REFUSED = [
    ("flora", {"model.tuning": "head"}, "tuning=head"),
    ("flora", {"federation.strategy.name": "fedavgm"}, "strategy=fedavgm"),
    ("ffa-lora", {"federation.strategy.name": "ifca"}, "strategy=ifca"),
    ("rolora", {"federation.aggregation.name": "median"}, "aggregation=median"),
    ("fedex-lora", {"federation.secure_aggregation": True}, "secure_aggregation=true"),
    ("hetlora", {"federation.secure_aggregation": True}, "secure_aggregation=true"),
    ("flora", {"federation.compression.name": "int8"}, "compression=int8"),
    ("rolora", {"adversary.name": "sign-flip", "adversary.clients": [0]}, "adversary=sign-flip"),
    ("fedex-lora", {"privacy.name": "central", "federation.weighting": "even"}, "privacy=central"),
    ("ffa-lora", {"privacy.name": "example"}, "privacy=example"),
    ("hetlora", {"federation.adapters.ranks": [8]}, "got 8"),
    ("hetlora", {"federation.adapters.ranks": [0]}, "got 0"),
]


@pytest.mark.parametrize(("name", "changes", "said"), REFUSED, ids=[f"{name}-{said}" for name, _changes, said in REFUSED])
def test_a_combination_that_would_be_false_is_refused_in_one_sentence(name, changes, said):
    with pytest.raises(ConfigError) as refused:
        config(name, **changes)
    assert said in str(refused.value) and str(refused.value).count(". ") == 0 and str(refused.value).endswith(".")


@pytest.mark.slow
@pytest.mark.parametrize("changes", [
    {"federation.strategy.name": "fedprox"}, {"federation.strategy.name": "fedsgd", "federation.optimizer": "sgd"}, {"federation.compression.name": "top-k"}, {"federation.secure_aggregation": True},
    {"privacy.name": "central", "federation.weighting": "even"}, {"privacy.name": "local", "federation.weighting": "even"}, {"adversary.name": "free-rider", "adversary.clients": [0]},
    {"federation.watch_local": True}, {"federation.fraction": 0.7},
], ids=lambda changes: "-".join(map(str, changes.values())))  # fmt: skip
def test_ffa_lora_goes_with_what_only_needs_a_mean(changes):
    some = run(config("ffa-lora", **{"federation.rounds": 2, **changes}))
    assert of(some.events, e.ClientFailed) == [] and len(of(some.events, e.RoundEnded)) == 2
    assert not any(A in key for key in names(some, "sent") | names(some, "received"))


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in ADAPTERS.names() if name != "ffa-lora"])
def test_proximal_terms_tests_of_local_models_and_draws_go_with_every_way(name):
    some = run(config(name, **{"federation.strategy.name": "fedprox", "federation.watch_local": True, "federation.fraction": 0.7}))
    assert of(some.events, e.ClientFailed) == [] and len(of(some.events, e.RoundEnded)) == ROUNDS


def test_secure_aggregation_hides_the_error_and_the_page_says_so():
    some = run(config("fedit", **{"federation.secure_aggregation": True, "federation.rounds": 1}))
    assert [event.adapters for event in of(some.events, e.RoundAggregated)] == [()]
    view = apply_all(RunView.empty(), some.events)
    chart = live.document(view).charts["adapters"]
    assert chart["data"] == [] and chart["note"] == error_note(view) and "nobody can say" in chart["note"]


def test_the_live_page_draws_a_line_for_each_matrix():
    some = done("fedit")
    view = apply_all(RunView.empty(), some.events)
    record = adapters_record(view)
    assert [(layer, matrix, len(line)) for layer, matrix, line in record.lines] == [(1, "query", ROUNDS), (1, "value", ROUNDS)]
    assert record.lines[0][2][-1][1] == of(some.events, e.RoundAggregated)[-1].adapters[0].relative
    assert live.document(view).charts["adapters"]["about"] == error_about(record) and "FedIT" in error_about(record)
    assert len(error_figure(record).data) == 2
    exact = error_about(adapters_record(apply_all(RunView.empty(), done("flora").events)))
    assert "FLoRA" in exact and "exact up to rounding" in exact
    assert "adapters" not in live.document(apply_all(RunView.empty(), [event.model_copy(update={"adapters": "" if isinstance(event, e.RunStarted) else ()})
                                                                       if isinstance(event, e.RunStarted | e.RoundAggregated) else event for event in some.events])).charts  # fmt: skip


def test_many_matrices_are_a_line_for_each_layer_and_no_product_is_no_error():
    errors = tuple(AdapterError(matrix=f"layers.{layer}.attention.self.{what}", error=0.1 * layer + place, norm=2.0) for layer in range(3) for place, what in enumerate(("query", "key", "value")))
    record = adapters_record(RunView(rounds_planned=2, combined="fedit", adapters=((1, errors),)))
    assert [(layer, matrix) for layer, matrix, _line in record.lines] == [(1, ""), (2, ""), (3, "")]
    assert record.lines[2][2] == ((1, pytest.approx(1.1)),)
    nothing = adapters_record(RunView(rounds_planned=2, combined="fedit", adapters=((1, (AdapterError(matrix="odd", error=0.0, norm=0.0),)),)))
    assert error_spec(nothing)["data"][0]["y"] == [None] and "%" not in error_about(nothing)


def test_only_means_of_whole_models_say_that_they_are():
    assert {entry.name for entry in STRATEGIES if entry.plain_mean} == {"fedavg", "fedprox", "fedsgd"}


@pytest.mark.parametrize("name", ADAPTERS.names())
def test_a_way_names_its_equation_paper_and_use(name):
    entry = ADAPTERS.get(name)
    assert entry.equation.count("{") == entry.equation.count("}") and "$" not in entry.equation
    assert "arXiv:" in entry.paper and entry.when.endswith(".") and len(entry.when) > 20
