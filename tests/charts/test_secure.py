"""What Live shows of a run under secure aggregation: strips and steps instead of drift."""

import json

import plotly.graph_objects as go

from fedviz.charts import live, secure, theme
from fedviz.charts.live_ops import ops
from fedviz.core import events as e
from fedviz.runs.run_view import RunView
from fedviz.runs.view import apply, apply_all
from tests.runs.fake import fake_events

STEPS = ("keys", "shares", "masked", "unmask", "sum")


def hidden(clients: int = 4, rounds: int = 3) -> list[e.Event]:
    """A run whose rounds have the steps of the protocol; client 3 drops out of the masked step."""
    out: list[e.Event] = []
    for event in fake_events(clients, rounds, compare=False):
        if isinstance(event, e.RunStarted):
            event = event.model_copy(update={"secure": True})
        if isinstance(event, e.RoundAggregated):
            sight = e.SecureSight(client=0, update=(0.01 * event.round, -0.2), masked=(0.9, -0.4), mean=(0.1, 0.2))
            for step in STEPS:
                there = range(clients) if step in ("keys", "shares") else range(clients - 1)
                own = sight if step == "sum" else None
                out.append(e.SecureStep(round=event.round, step=step, clients=tuple(there), received_bytes=100, sent_bytes=2000, sight=own))
            event = event.model_copy(update={"drift": ()})
        out.append(event)
    return [event.model_copy(update={"seq": seq}) for seq, event in enumerate(out, 1)]


def test_live_hides_what_the_server_does_not_see_and_draws_what_it_does() -> None:
    shown = live.document(apply_all(RunView.empty(), hidden()))
    assert {"distance", "angle", "share", "path"} & set(shown.charts) == set()
    sight, steps = shown.charts["sight"], shown.charts["steps"]
    assert [trace["y"] for trace in sight["data"]] == [[0.03, -0.2], [0.9, -0.4], [0.1, 0.2]]
    assert steps["layout"]["yaxis"]["ticktext"] == ["keys (4)", "shares (4)", "masked updates (3)", "unmasking (3)"]
    assert (steps["data"][0]["x"], steps["data"][1]["x"]) == ([0.1] * 4, [2.0] * 4)
    for chart in (sight, steps):
        painted = theme.paint({"data": chart["data"], "layout": chart["layout"]})
        assert '"@' not in json.dumps(painted)
        go.Figure(painted)
    plain = live.document(apply_all(RunView.empty(), fake_events()))
    assert {"distance", "share"} <= set(plain.charts) and "sight" not in plain.charts


def encrypted() -> list[e.Event]:
    """The same run by homomorphic sums: client 3 is missing from the sum."""
    out: list[e.Event] = []
    for event in hidden():
        if isinstance(event, e.SecureStep):
            names = {"masked": "encrypted", "unmask": "decrypt", "sum": "sum"}
            if event.step not in names:
                continue
            sight = event.sight and event.sight.model_copy(update={"cipher_bytes": 131_217, "head": f"0{event.round} 91 fe"})
            there = event.clients[:1] if event.step == "unmask" else event.clients
            event = event.model_copy(update={"step": names[event.step], "sight": sight, "clients": there})
        out.append(event)
    return out


def test_under_homomorphic_sums_it_shows_ciphertexts_and_who_could_read_them() -> None:
    view = apply_all(RunView.empty(), encrypted())
    shown = live.document(view)
    sight, steps = shown.charts["sight"], shown.charts["steps"]
    assert sight["about"] == "131 kB of ciphertext; behind the header it begins 03 91 fe"
    assert "together with any one of them could read every update" in sight["note"] and "masks" not in json.dumps(sight["layout"]["annotations"])
    assert steps["layout"]["yaxis"]["ticktext"] == ["updates (3)", "decrypted (1)"] and "4,096 weights" in steps["note"]
    assert view.protocol_bytes == 3 * 2100 + 3 * 2100  # decryption and sum; the encrypted step is a training
    masked = live.document(apply_all(RunView.empty(), hidden())).charts
    assert masked["sight"]["about"] == "" and "masks" in masked["sight"]["note"] and "sealed" in masked["steps"]["note"]


def test_the_bytes_of_the_protocol_are_in_the_sum_above() -> None:
    view = apply_all(RunView.empty(), hidden())
    assert view.protocol_bytes == 3 * 4 * 2100  # the masked step is a training, which the clients' own sums hold


def test_a_round_that_is_done_again_drops_its_steps() -> None:
    events = hidden()
    started = next(event for event in events if isinstance(event, e.RunStarted))
    again = apply(apply_all(RunView.empty(), events), started.model_copy(update={"seq": 10_000, "first_round": 3}))
    assert {step.round for step in again.steps} == {1, 2}
    assert again.sight is None and secure.sight_record(again).update == ()


def test_a_name_means_no_markup() -> None:
    record = secure.SightRecord(1, "<b>North</b>", (1.0,), (0.5,), (0.1,))
    assert "&lt;b&gt;North" in json.dumps(secure.sight_figure(record).to_plotly_json()["layout"]["annotations"])
    assert secure.steps_figure(secure.StepsRecord((("keys", 3, 10, 20),))).data[1].x == (0.02,)


def test_a_new_round_changes_only_what_is_new() -> None:
    events = hidden()
    cut = next(place for place, event in enumerate(events) if isinstance(event, e.RoundEnded) and event.round == 2)
    before = live.document(apply_all(RunView.empty(), events[:cut]))
    after = live.document(apply_all(RunView.empty(), events), before)
    kinds = {(change["op"], change.get("key")) for change in ops(before, after)}
    assert ("chart", "sight") not in kinds
    assert {key for kind, key in kinds if kind in ("extend", "style")} >= {"sight"}
