"""The timeline and the costs: what is drawn is what was told, and nothing is drawn where there is nothing to see."""

from typing import Any

import pytest

from fedviz.bench.quadratics import quadratics
from fedviz.charts import costs, live, timeline
from fedviz.core import events as e
from fedviz.federation.rounds import Hooks, Rounds
from fedviz.runs.run_view import RunView
from fedviz.runs.view import apply_all
from tests.runs.fake import fake_events


def view_of(**options: Any) -> RunView:
    """A run of five clients, as its journal tells it."""
    events: list[e.Event] = []
    Rounds(quadratics("fedavg", 4, clients=5, even_steps=True, **options), Hooks(emit=events.append)).run()  # type: ignore[arg-type]
    return apply_all(RunView.empty(), events)


@pytest.fixture(scope="module")
def busy() -> RunView:
    """Late, dropped and partial ones."""
    return view_of(participation={"dropout": 0.3}, network={"speed_spread": 0.5, "stragglers": [2], "slowdown": 4.0, "deadline_s": 0.5, "late": "partial", "up_mbit": 0.01})


def test_a_calm_round_is_not_drawn_and_one_with_a_story_is(busy: RunView) -> None:
    assert not timeline.eventful(view_of()) and timeline.eventful(busy)
    assert timeline.eventful(view_of(fraction=0.5)) and timeline.eventful(view_of(network={"stragglers": [0], "slowdown": 3.0}))
    old = apply_all(RunView.empty(), fake_events())
    assert not timeline.eventful(old) and not {"timeline", "turnout", "costs"} & set(live.document(old).charts), "a run from before there was virtual time"
    assert {"timeline", "turnout", "costs"} <= set(live.document(busy).charts)


def test_a_lane_is_receiving_training_sending_in_this_order_and_length(busy: RunView) -> None:
    record = timeline.timeline_record(busy)
    receives, trains, sends, words = timeline.timeline_figure(record).data
    for row, lane in enumerate(record.lanes):
        assert (receives.x[row], trains.x[row], sends.x[row]) == pytest.approx((lane.down_s, lane.train_s, lane.up_s), rel=1e-3)
        assert receives.base[row] + receives.x[row] == pytest.approx(trains.base[row], rel=1e-3, abs=1e-4)
        assert sends.base[row] + sends.x[row] == pytest.approx(lane.end_s, rel=1e-3, abs=1e-4)
        assert (trains.marker.pattern.shape[row] == "/") == (lane.fate not in ("arrived", "partial"))
    assert len(words.x) == sum(lane.fate != "arrived" for lane in record.lanes) > 0
    assert record.round == 4 and record.deadline_s == 0.5


def test_deadline_and_end_of_the_round_are_upright_lines(busy: RunView) -> None:
    for number, timing in busy.timings:
        record = timeline.TimelineRecord(number, (), timing.lanes, timing.elapsed_s, timing.deadline_s)
        drawn = timeline.timeline_figure(record).layout
        assert {shape.x0 for shape in drawn.shapes} <= {timing.elapsed_s, 0.5} and timing.elapsed_s in {shape.x0 for shape in drawn.shapes}
        assert {note.text for note in drawn.annotations} <= {"deadline", "end of the round"}
    calm = timeline.timeline_record(view_of(fraction=0.5))
    assert [note.text for note in timeline.timeline_figure(calm).layout.annotations] == ["end of the round"]


def test_every_asked_client_has_its_mark_in_every_round(busy: RunView) -> None:
    marks = timeline.turnout_figure(timeline.turnout_record(busy)).data[0]
    assert list(zip(marks.x, marks.y, strict=True)) == [(number, lane.client) for number, timing in busy.timings for lane in timing.lanes]
    crosses = [symbol == "x-thin-open" for symbol in marks.marker.symbol]
    assert crosses == [lane.fate not in ("arrived", "partial") for _number, timing in busy.timings for lane in timing.lanes]


def test_costs_add_up_and_are_said_in_one_line(busy: RunView) -> None:
    record = costs.costs_record(busy)
    assert record.rounds == (0, 1, 2, 3, 4) and record.seconds[0] == record.joules[0] == record.money[0] == 0
    assert record.seconds[-1] == pytest.approx(sum(timing.elapsed_s for _number, timing in busy.timings))
    assert record.joules[2] == pytest.approx(sum(timing.joules for _number, timing in busy.timings[:2]))
    assert record.accuracy == tuple(values["accuracy"] for _number, values in busy.global_metrics)
    assert live.document(busy).charts["costs"]["about"] == costs.bill(record) and "J" in costs.bill(record) and costs.bill(costs.costs_record(RunView.empty())) == ""
    assert len(costs.costs_figure(record).data[0].x) == 5


@pytest.mark.parametrize(("joules", "said"), [(0.0, "0 J"), (999.0, "999 J"), (1234.0, "1.23 kJ"), (5.0e6, "5 MJ")])
def test_energy_has_its_unit(joules: float, said: str) -> None:
    assert costs.energy(joules) == said
