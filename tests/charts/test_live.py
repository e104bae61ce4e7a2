"""The law of the live page: changes, however the journal is cut, lead to the same picture as the journal read at once."""

import json

import plotly.graph_objects as go
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedviz.charts import live, theme
from fedviz.charts.live_ops import ops
from fedviz.core import events as e
from fedviz.core.types import Cosines, Lane, PrivacySpent, Timing
from fedviz.runs.run_view import RunView
from fedviz.runs.view import apply_all
from tests.charts.interpreter import interpret
from tests.runs.fake import fake_events

EVENTS = fake_events(4, 3, failing=2, absent=(3,))


def resumed_events() -> list[e.Event]:
    """A run that was interrupted in its third round and goes on: what was begun of that round is dropped and done again."""
    start = next(event for event in EVENTS if isinstance(event, e.RunStarted))
    third = next(i for i, event in enumerate(EVENTS) if isinstance(event, e.RoundStarted) and event.round == 3)
    sequence = [*EVENTS[: third + 11], start.model_copy(update={"first_round": 3}), *EVENTS[third:]]
    return [event.model_copy(update={"seq": i, "at": 1_700_000_000 + 0.05 * i}) for i, event in enumerate(sequence, 1)]


def watched_events() -> list[e.Event]:
    """A run that also measures each client's freshly trained model, and of one client a personal one."""
    trained = {"loss": 0.4, "accuracy": 0.8, "macro_f1": 0.7}

    def more(event: e.Event) -> e.Event:
        if not isinstance(event, e.ClientFinished):
            return event
        if event.phase == "train":
            return event.model_copy(update={"own": trained | {"loss": 0.4 + event.round}})
        return event.model_copy(update={"personal": trained if event.client == 1 else None})

    return [more(event) for event in resumed_events()]



def private_events(noise: bool = True) -> list[e.Event]:
    """The same run with its clients' privacy kept."""
    return [
        event.model_copy(update={"privacy": PrivacySpent(rdp=event.round + 0.5 if noise else None, pld=event.round * 1.0 if noise else None, delta=1e-5, clip_norm=1.0 / event.round, clipped=0.5, noise=0.1)})
        if isinstance(event, e.RoundAggregated) else event
        for event in EVENTS
    ]  # fmt: skip



def compared_events() -> list[e.Event]:
    """The resumed run with cosines between its clients' updates."""
    return [
        event.model_copy(update={"cosines": Cosines(clients=(0, 1), arrived=2, values=(1.0, round(0.9 / event.round, 3), 1.0))}) if isinstance(event, e.RoundAggregated) else event
        for event in resumed_events()
    ]


def timed_events() -> list[e.Event]:
    """The resumed run in virtual time: in the second round a client leaves, in the third one is late."""
    fates = {1: "arrived", 2: "dropped", 3: "late"}

    def timing(event: e.RoundStarted) -> Timing:
        lanes = [Lane(client=k, start_s=0.0, down_s=0.5, train_s=1.0 + k, up_s=0.25, fate=fates[event.round] if k == 2 else "arrived", share=1.0) for k in event.clients]  # type: ignore[arg-type]
        return Timing(lanes=tuple(lanes), elapsed_s=5.0, bytes=1000, joules=20.0, money=0.01, deadline_s=5.0)

    return [event.model_copy(update={"timing": timing(event)}) if isinstance(event, e.RoundStarted) else event for event in resumed_events()]


RUNS = {"straight": EVENTS, "resumed": resumed_events(), "long": fake_events(2, 30), "watched": watched_events(), "private": private_events(), "timed": timed_events(), "compared": compared_events()}


def follow(events: list[e.Event], cuts: list[int]) -> tuple[dict, dict]:
    """The picture that a viewer has who gets the events in pieces, and the picture of the whole."""
    view = RunView.empty()
    document = live.document(view)
    picture = json.loads(json.dumps(document.data(), allow_nan=False))
    for start, stop in zip([0, *cuts], [*cuts, len(events)], strict=True):
        view = apply_all(view, events[start:stop])
        after = live.document(view, document)
        picture = interpret(picture, json.loads(json.dumps(ops(document, after), allow_nan=False)))
        document = after
    whole = live.document(apply_all(RunView.empty(), events)).data()
    return picture, json.loads(json.dumps(whole))


@pytest.mark.parametrize("name", RUNS)
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_pieces_lead_to_the_picture_of_the_whole(name: str, data: st.DataObject) -> None:
    events = RUNS[name]
    end = data.draw(st.integers(0, len(events)))
    cuts = sorted(data.draw(st.lists(st.integers(0, end), max_size=6)))
    picture, whole = follow(events[:end], cuts)
    assert picture == whole


def test_event_by_event_leads_to_the_picture_of_the_whole() -> None:
    picture, whole = follow(EVENTS, list(range(1, len(EVENTS))))
    assert picture == whole


def test_training_steps_are_sent_as_additions() -> None:
    """A step costs a few numbers, not a chart: everything else would not stream."""
    view = apply_all(RunView.empty(), EVENTS[:60])
    first = live.document(view)
    step = e.BatchTrained(seq=view.last_seq + 1, at=view.last_at + 0.1, round=1, client=0, step=6, steps=6, examples=16, loss=1.0)
    changes = ops(first, live.document(apply_all(view, [step]), first))
    assert {"op": "extend", "key": "client-0", "trace": 0, "add": {"x": [12, [1.0]], "y": [12, [1.0]]}} in changes
    assert not [op for op in changes if op["op"] == "chart"]
    assert len(json.dumps(changes)) < 1000


def test_what_did_not_change_is_not_built_again() -> None:
    view = apply_all(RunView.empty(), EVENTS)
    first = live.document(view)
    second = live.document(view, first)
    assert ops(first, second) == []
    assert all(second.charts[key] is chart for key, chart in first.charts.items())


def test_every_live_chart_is_a_valid_figure_with_words() -> None:
    document = live.document(apply_all(RunView.empty(), EVENTS))
    assert list(document.charts)[0] == "compare" and len(document.charts) == 12 + 4
    for key, chart in document.charts.items():
        for dark in (False, True):
            painted = theme.paint({"data": chart["data"], "layout": chart["layout"]}, dark)
            assert '"@' not in json.dumps(painted), key
            go.Figure(painted)
        assert chart["title"] and chart["section"]
        assert chart["note"] or key.startswith("client-")
    noted = [chart["note"] for key, chart in document.charts.items() if key.startswith("client-")]
    assert noted[0] and not any(noted[1:])


def test_a_run_whose_worker_is_gone_shows_as_interrupted() -> None:
    view = apply_all(RunView.empty(), EVENTS[:60])
    assert live.document(view, alive=False).head["status"] == "interrupted"
    assert live.document(view).head["status"] == "running"
    assert live.document(apply_all(view, EVENTS[60:]), alive=False).head["status"] == "finished"


def test_local_and_global_losses_stand_beside_each_other_where_they_were_measured() -> None:
    assert not [key for key in live.document(apply_all(RunView.empty(), EVENTS)).charts if key.startswith("apart")]
    charts = live.document(apply_all(RunView.empty(), watched_events())).charts
    own = charts["apart-1"]["data"]
    assert [(trace["name"], trace["line"]["dash"]) for trace in own] == [
        ("global model, everybody's texts", "solid"), ("global model", "solid"), ("local model", "dash"), ("personal model", "dot")
    ]  # fmt: skip
    assert own[2]["x"] == [1, 2, 3] and own[2]["y"] == [1.4, 2.4, 3.4], "the interrupted third round counts once"
    assert [trace["name"] for trace in charts["apart-0"]["data"]][2:] == ["local model"] and charts["apart-0"]["note"]
    assert charts["apart-3"]["data"][-1]["name"] == "global model", "the absent client has nothing else"


def test_privacy_is_drawn_where_it_is_kept_and_no_epsilon_without_noise() -> None:
    charts = live.document(apply_all(RunView.empty(), private_events())).charts
    pld, rdp = charts["spent"]["data"]
    assert (pld["x"], pld["y"], rdp["y"]) == ([0, 1, 2, 3], [0, 1, 2, 3], [0, 1.5, 2.5, 3.5])
    assert "1e-05" in charts["spent"]["layout"]["annotations"][0]["text"]
    assert charts["clipped"]["data"][0]["y"] == [50] * 3
    again = e.RunStarted(**{**next(event for event in EVENTS if isinstance(event, e.RunStarted)).model_dump(), "first_round": 3, "seq": len(EVENTS) + 1})
    assert [number for number, _spent in apply_all(RunView.empty(), [*private_events(), again]).privacy] == [1, 2]
    assert "spent" not in live.document(apply_all(RunView.empty(), private_events(noise=False))).charts
    assert not {"spent", "clipped"} & set(live.document(apply_all(RunView.empty(), EVENTS)).charts)


def test_cosines_are_those_of_the_newest_round_that_counts() -> None:
    events = compared_events()
    resumed = next(i for i, event in enumerate(events) if isinstance(event, e.RunStarted) and event.first_round == 3)
    before, after = apply_all(RunView.empty(), events[: resumed + 1]), apply_all(RunView.empty(), events)
    assert before.cosines and after.cosines and (before.cosines[0], after.cosines[0], after.cosines[1].values[1]) == (2, 3, 0.3)
    again = next(event for event in events if isinstance(event, e.RunStarted)).model_copy(update={"first_round": 2, "seq": len(events) + 1})
    assert apply_all(after, [again]).cosines is None
