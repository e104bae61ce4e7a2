"""What the charts show, as records: numbers that can be checked by hand."""

import math
from dataclasses import replace

import pytest

from fedviz.charts import clients, compare, drift, lanes, live_ops, metrics, phases, theme, traffic
from fedviz.core import events as e
from fedviz.runs.run_view import RunView
from fedviz.runs.view import apply_all
from tests.runs.fake import MESSAGE_BYTES, STEPS, fake_events

EVENTS = fake_events(5, 4, failing=2, absent=(4,))
VIEW = apply_all(RunView.empty(), EVENTS)
EMPTY = RunView.empty()


def test_global_metrics() -> None:
    record = metrics.metrics_record(VIEW)
    assert record.rounds == (0, 1, 2, 3, 4) and record.classes == 4
    assert record.loss[0] == pytest.approx(1.4)
    shown = metrics.scores_figure(record)
    assert list(shown.data[0].y) == pytest.approx([100 * value for value in record.accuracy], rel=1e-4)
    assert shown.layout.shapes[0].y0 == 25


def test_a_metric_that_was_not_measured_leaves_a_gap() -> None:
    part = e.GlobalEvaluated(round=5, metrics=())
    record = metrics.metrics_record(apply_all(VIEW, [part]))
    assert record.loss[-1] is None
    assert metrics.loss_spec(record)["data"][0]["y"][-1] is None


def test_every_training_step_is_a_point_in_its_round() -> None:
    record = clients.clients_record(VIEW)
    own = record.clients[0]
    assert len(own.x) == 4 * STEPS
    assert own.x[STEPS - 1] == 1.0 and own.x[STEPS] == pytest.approx(1 + 1 / STEPS, rel=1e-4)
    assert record.top >= max(value for client in record.clients for value in client.y)
    assert len(clients.clients_figure(record, columns=3).data) == 5


def test_a_long_run_is_thinned_to_means() -> None:
    start = [event for event in fake_events(1, 1) if event.seq <= 8]
    steps = [e.BatchTrained(round=1 + i // 100, client=0, step=1 + i % 100, steps=100, examples=1, loss=float(i)) for i in range(1000)]
    own = clients.clients_record(apply_all(RunView.empty(), [event.model_copy(update={"seq": 0}) for event in [*start, *steps]])).clients[0]
    assert len(own.x) == 250 and own.x[-1] == 10
    assert own.y[0] == pytest.approx((0 + 1 + 2 + 3) / 4)


def test_a_thinned_curve_shows_the_newest_step_at_once() -> None:
    start = [event for event in fake_events(1, 1) if event.seq <= 8]
    steps = [e.BatchTrained(round=1 + i // 100, client=0, step=1 + i % 100, steps=100, examples=1, loss=float(i)) for i in range(801)]
    seen = [event.model_copy(update={"seq": 0}) for event in [*start, *steps]]
    own = clients.clients_record(apply_all(RunView.empty(), seen)).clients[0]
    assert len(own.x) == 201 and own.x[-1] == pytest.approx(8.01) and own.y[-1] == 800


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [([1, 2], [1, 2, 3], 2), ([1, 2], [1, 5], 1), ([1, 2], [1, 5, 6], 1), ([], [1], 0), ([1, 2], [9, 2, 3], None), ([1, 2], [1], None), ([1], [1], None), (1, [1], None)],
)
def test_a_list_that_grew_is_told_from_one_that_changed(old: object, new: object, kept: int | None) -> None:
    assert live_ops._kept(old, new) == kept


def test_lanes_show_work_and_failure() -> None:
    record = lanes.lanes_record(VIEW)
    trained = [bar for bar in record.bars if bar.state == "training"]
    assert {bar.client for bar in trained} == {0, 1, 2, 3} and not [bar for bar in trained if bar.client == 4]
    failed = [bar for bar in record.bars if bar.state == "failed"]
    assert [(bar.client, bar.round, bar.reason) for bar in failed] == [(2, 2, "The disk of this client is full.")]
    drawn = lanes.lanes_figure(record)
    assert any("The disk of this client is full." in text for trace in drawn.data for text in trace.hovertext or ())


def test_a_lane_grows_while_its_client_works() -> None:
    until = next(i for i, event in enumerate(EVENTS) if isinstance(event, e.BatchTrained)) + 3
    view = apply_all(RunView.empty(), EVENTS[:until])
    later = replace(view, last_at=view.last_at + 7)
    record = lanes.lanes_record(later)
    assert [(bar.client, bar.state) for bar in record.growing] == [(0, "training")]
    assert record.growing[0].end_s == record.now_s >= lanes.lanes_record(view).now_s + 6.5


def test_the_axis_of_the_lanes_moves_seldom_while_they_grow_and_fits_at_the_end() -> None:
    view = apply_all(RunView.empty(), EVENTS[: EVENTS.index(next(event for event in EVENTS if isinstance(event, e.RoundAggregated)))])
    assert view.status == "running" and view.started_at is not None
    moments = [view.started_at + tenth / 10 for tenth in range(1, 2000)]
    ends = [lanes.lanes_record(replace(view, last_at=at)) for at in moments]
    assert all(record.end_s >= record.now_s for record in ends)
    assert sorted({record.end_s for record in ends}) == [5, 10, 20, 40, 80, 160, 320]
    over = replace(view, last_at=view.started_at + 164, status="finished")
    assert lanes.lanes_record(over).end_s == 200


def test_the_bars_of_the_next_model_are_the_shares_that_were_told() -> None:
    events = [
        event.model_copy(update={"drift": tuple(entry.model_copy(update={"share": 1 / len(event.drift)}) for entry in event.drift)}) if isinstance(event, e.RoundAggregated) else event
        for event in EVENTS
    ]
    bars = drift.share_spec(drift.drift_record(apply_all(RunView.empty(), events)))["data"]
    heights: dict[int, float] = {}
    for bar in bars:
        for number, height in zip(bar["x"], bar["y"], strict=True):
            heights[number] = heights.get(number, 0.0) + height
    assert heights == pytest.approx(dict.fromkeys((1, 2, 3, 4), 100.0), rel=1e-3)
    old = drift.share_spec(drift.drift_record(VIEW))["data"]  # a run from before shares were told
    assert all(height is None for bar in old for height in bar["y"])


def test_bytes_are_summed_over_rounds() -> None:
    record = traffic.traffic_record(VIEW)
    assert record.sent_bytes == (4 * MESSAGE_BYTES, 7 * MESSAGE_BYTES, 11 * MESSAGE_BYTES, 15 * MESSAGE_BYTES)
    assert traffic.in_words(12_400_000) == "12.4 MB" and traffic.in_words(26_240) == "26.2 kB" and traffic.in_words(3e11) == "300 GB"


def test_drift_of_each_client() -> None:
    record = drift.drift_record(VIEW)
    assert [client.rounds for client in record.clients] == [(1, 2, 3, 4), (1, 2, 3, 4), (1, 3, 4), (1, 2, 3, 4), ()]
    first = [entry for event in EVENTS if isinstance(event, e.RoundAggregated) and event.round == 1 for entry in event.drift]
    assert record.path == ((0, 0.0, 0.0), *((number, number, 0.1) for number in range(1, 5)))
    ray = drift.path_spec(record)["data"][0]
    assert ray["x"][:3] == [0.0, pytest.approx(first[0].x, rel=1e-3), None]
    assert ray["x"][3] == pytest.approx(record.path[1][1], rel=1e-3)


def test_an_update_of_length_zero_has_no_angle() -> None:
    still = e.RoundAggregated(round=5, elapsed_s=0, update_norm=0, drift=(VIEW.drift[0][1][0].model_copy(update={"angle_deg": None, "distance": math.inf}),))
    record = drift.drift_record(apply_all(VIEW, [still]))
    assert drift.angle_spec(record)["data"][0]["y"][-1] is None
    assert drift.distance_spec(record)["data"][0]["y"][-1] is None


def test_phases_stack_to_the_rounds_time() -> None:
    record = phases.phases_record(VIEW)
    total = [sum(column) for column in zip(*record.seconds.values(), strict=True)]
    assert total == pytest.approx([2.06] * 4)


def test_three_ways_to_train() -> None:
    record = compare.compare_record(VIEW)
    assert record.accuracy["federated"] == (0.85,) * 5
    weights = [event.examples for event in EVENTS if isinstance(event, e.Compared)]
    expected = sum((0.6 + 0.01 * i) * weight for i, weight in enumerate(weights)) / sum(weights)
    assert record.mean["local"] == pytest.approx(expected)
    assert [trace.name for trace in compare.compare_figure(record).data] == ["alone", "federated", "pooled"]


def test_a_way_that_was_not_trained_is_not_drawn() -> None:
    without = [event.model_copy(update={"pooled": None}) if isinstance(event, e.Compared) else event for event in EVENTS]
    record = compare.compare_record(apply_all(RunView.empty(), without))
    assert [trace.name for trace in compare.compare_figure(record, "macro_f1").data] == ["alone", "federated"]


def test_charts_of_a_run_without_events_are_empty_but_there() -> None:
    metrics.loss_figure(metrics.metrics_record(EMPTY))
    metrics.scores_figure(metrics.metrics_record(EMPTY))
    lanes.lanes_figure(lanes.lanes_record(EMPTY))
    traffic.traffic_figure(traffic.traffic_record(EMPTY))
    drift.path_figure(drift.drift_record(EMPTY))
    phases.phases_figure(phases.phases_record(EMPTY))
    compare.compare_figure(compare.compare_record(EMPTY))
    clients.clients_figure(clients.clients_record(EMPTY))


def test_names_from_data_are_harmless() -> None:
    infos = tuple(client.info.model_copy(update={"name": "<a href='javascript:x'>N</a>"}) for client in VIEW.clients)
    start = next(event for event in EVENTS if isinstance(event, e.RunStarted)).model_copy(update={"clients": infos, "seq": 0})
    view = apply_all(VIEW, [start])
    for drawn in (clients.clients_figure(clients.clients_record(view)), lanes.lanes_figure(lanes.lanes_record(view))):
        assert "<a" not in drawn.to_json() and "\\u003ca" not in drawn.to_json()


@pytest.mark.parametrize(("value", "nice"), [(0.93, 1.0), (1.0, 1.0), (1.01, 1.5), (41, 50), (0.021, 0.03), (0, 1.0), (math.nan, 1.0)])
def test_axis_ends_are_round_numbers(value: float, nice: float) -> None:
    assert theme.next_nice(value) == pytest.approx(nice)


def test_a_personal_model_is_compared_where_there_is_one() -> None:
    events = [event.model_copy(update={"personal": {"accuracy": 0.9, "macro_f1": 0.8}}) if isinstance(event, e.Compared) else event for event in EVENTS]
    record = compare.compare_record(apply_all(RunView.empty(), events))
    assert [trace.name for trace in compare.compare_figure(record).data] == ["alone", "federated", "personal", "pooled"]
    assert record.mean["personal"] == pytest.approx(0.9)
