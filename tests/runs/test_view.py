"""The view is a pure function of the journal, however it is read."""

from functools import reduce

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedviz.charts.lanes import lanes_record
from fedviz.core import events as e
from fedviz.runs.run_view import RunView
from fedviz.runs.view import apply, apply_all
from tests.runs.fake import fake_events

EVENTS = fake_events(5, 3, failing=2, absent=(4,))


@settings(max_examples=60, deadline=None)
@given(end=st.integers(0, len(EVENTS)), cuts=st.lists(st.integers(0, len(EVENTS)), max_size=4))
def test_any_prefix_in_any_pieces_gives_the_same_view(end: int, cuts: list[int]) -> None:
    one_by_one = reduce(apply, EVENTS[:end], RunView.empty())
    pieces = sorted({0, end, *(cut for cut in cuts if cut < end)})
    in_pieces = RunView.empty()
    for start, stop in zip(pieces, pieces[1:], strict=False):
        in_pieces = apply_all(in_pieces, EVENTS[start:stop])
    assert in_pieces == one_by_one


@given(again=st.integers(0, len(EVENTS)))
@settings(max_examples=20, deadline=None)
def test_events_seen_before_change_nothing(again: int) -> None:
    view = apply_all(RunView.empty(), EVENTS)
    assert apply_all(view, EVENTS[again:]) == view
    assert reduce(apply, EVENTS[again:], view) == view


def test_a_finished_run() -> None:
    view = apply_all(RunView.empty(), EVENTS)
    assert (view.status, view.round, view.rounds_done, view.rounds_planned) == ("finished", 3, 3, 3)
    assert [number for number, _ in view.global_metrics] == [0, 1, 2, 3]
    assert [len(client.metrics) for client in view.clients] == [4] * 5
    assert len(view.clients[0].batches) == 18
    assert view.clients[2].failures == ((2, "The disk of this client is full."),)
    assert view.clients[4].batches == () and view.clients[4].state in ("absent", "idle")
    assert [len(drift) for _, drift in view.drift] == [4, 3, 4]
    sent = sum(event.sent_bytes for event in EVENTS if isinstance(event, e.ClientFinished) and event.client == 0)
    assert view.clients[0].sent_bytes == sent
    assert len(view.comparisons) == 5
    assert view.weights_digest == EVENTS[-1].weights_digest


def test_states_follow_the_client() -> None:
    view, states = RunView.empty(), []
    for event in EVENTS:
        view = apply(view, event)
        if view.clients and view.round == 1 and (not states or states[-1] != view.clients[0].state):
            states.append(view.clients[0].state)
        if isinstance(event, e.RoundEnded):
            break
    assert states == ["idle", "training", "sending", "idle", "evaluating", "idle"]


@pytest.mark.parametrize("first", [1, 2, 3])
def test_a_resumed_run_drops_what_is_done_again(first: int) -> None:
    """Cut somewhere in round `first`, start again there: the view equals that of the run that never stopped, bytes aside."""
    start = next(i for i, event in enumerate(EVENTS) if isinstance(event, e.RunStarted))
    rounds = {event.round: i for i, event in enumerate(EVENTS) if isinstance(event, e.RoundStarted)}
    again = start + 1 if first == 1 else rounds[first]
    resumed = EVENTS[start].model_copy(update={"first_round": first})
    sequence = [*EVENTS[: rounds[first] + 20], resumed, *EVENTS[again:]]
    view = apply_all(RunView.empty(), [event.model_copy(update={"seq": i + 1}) for i, event in enumerate(sequence)])
    straight = apply_all(RunView.empty(), EVENTS)
    for field in ("global_metrics", "drift", "update_norms", "status"):
        assert getattr(view, field) == getattr(straight, field), field
    assert [r.round for r in view.rounds] == [1, 2, 3] and len(view.comparisons) == 5
    for mine, other in zip(view.clients, straight.clients, strict=True):
        assert (mine.batches, mine.metrics, mine.failures) == (other.batches, other.metrics, other.failures)


def test_breaks_do_not_count_as_work() -> None:
    """Paused after round 2 and resumed an hour later: times of work are those of the run that never stopped."""
    cut = next(i for i, event in enumerate(EVENTS) if isinstance(event, e.RoundStarted) and event.round == 3)
    start = next(event for event in EVENTS if isinstance(event, e.RunStarted))
    at = EVENTS[cut - 1].at
    straight = apply_all(RunView.empty(), EVENTS)
    later = [event.model_copy(update={"at": event.at + 3600}) for event in EVENTS[cut:]]
    again = [EVENTS[0].model_copy(update={"at": at + 3500}), start.model_copy(update={"first_round": 3, "at": at + 3600})]
    ended = e.RunEnded(status="paused", rounds_done=2, elapsed_s=1, weights_digest="", at=at)
    for ending in ([ended], []):  # with a last word of the worker, and without one, as after a crash
        sequence = [*EVENTS[:cut], *ending, *again, *later]
        view = apply_all(RunView.empty(), [event.model_copy(update={"seq": i + 1}) for i, event in enumerate(sequence)])
        assert view.worked_s(view.last_at) == pytest.approx(straight.worked_s(straight.last_at), abs=1e-3)
        bars, same = lanes_record(view).bars, lanes_record(straight).bars
        assert [(bar.start_s, bar.end_s) for bar in bars] == [pytest.approx((bar.start_s, bar.end_s), abs=1e-3) for bar in same]


def test_a_view_is_never_changed() -> None:
    view = apply_all(RunView.empty(), EVENTS[:40])
    copy = apply_all(RunView.empty(), EVENTS[:40])
    apply_all(view, EVENTS[40:])
    assert view == copy


def test_spans_hold_the_time_of_every_client_without_overlap() -> None:
    view = apply_all(RunView.empty(), EVENTS)
    for client in view.clients:
        times = [moment for span in client.spans for moment in (span.started_at, span.ended_at)]
        assert times == sorted(times)
    trained = [event for event in EVENTS if isinstance(event, e.ClientStarted) and event.phase == "train" and event.client == 0]
    spans = [span for span in view.clients[0].spans if span.state == "training"]
    assert [(span.round, span.started_at) for span in spans] == [(event.round, event.at) for event in trained]
    assert [span.round for span in view.clients[2].spans if span.state == "failed"] == [2]
    assert view.last_at == EVENTS[-1].at
