"""What the server sees under secure aggregation: noise or ciphertexts instead of an update, until the sum."""

from dataclasses import dataclass

import plotly.graph_objects as go

from fedviz.charts.safe import figure_text
from fedviz.charts.theme import Spec, axis, figure, layout, named_rows, rounded
from fedviz.core.i18n import N_, _
from fedviz.runs.run_view import RunView

SIGHT_TITLE = N_("One client's update, what the server gets of it, and the sum")
SIGHT_NOTE = N_(
    "Some values of the newest round. Only the client knows its update; the server gets it under masks, which fill the whole range of the integers "
    "evenly, and learns the mean when the masks cancel in the sum. This page runs beside the clients and so can draw the first strip "
    "and their training steps, which no server sees. How far the clients pull apart, their shares and their models stay hidden here too; "
    "the tests of the global model still send each client's counts in the open."
)
CIPHER_NOTE = N_(
    "Some values of the newest round. Only the client knows its update; the server gets ciphertexts, of which the second strip draws some bytes, adds those of all clients "
    "without a key, and learns the mean when one client has decrypted the sum. All clients share the secret key, so that the server together with any one of them could read "
    "every update. This page runs beside the clients and so can draw the first strip and their training steps, which no server sees. How far the clients pull apart, their "
    "shares and their models stay hidden here too; the tests of the global model still send each client's counts in the open."
)
STEPS_TITLE = N_("Bytes of each step")
STEPS_NOTE = N_(
    "What secure aggregation sent in the newest round, and in brackets how many clients answered: public keys, sealed shares of every client's secrets, masked updates of 8 bytes "
    "a weight, and the shares that lift the masks of the sum. Whoever drops out is missing from the later steps."
)
CIPHER_STEPS_NOTE = N_(
    "What secure aggregation sent in the newest round, and in brackets how many clients answered: encrypted updates in ciphertexts of 131 kB, each of which holds 4,096 weights, "
    "and then the encrypted sum to one client, which sends it back in the clear at 8 bytes a weight. Whoever drops out is missing from the sum and from nothing else."
)
_NAMES = {"keys": N_("keys"), "shares": N_("shares"), "masked": N_("masked updates"), "unmask": N_("unmasking"), "encrypted": N_("updates"), "decrypt": N_("decrypted")}


@dataclass(frozen=True)
class SightRecord:
    """Values of one client in one round: its update and the mean at the same places, and what the server gets (fractions of the range); `encrypted` where these are bytes of a ciphertext."""

    round: int
    name: str
    update: tuple[float, ...]
    masked: tuple[float, ...]
    mean: tuple[float, ...]
    encrypted: bool = False


@dataclass(frozen=True)
class StepsRecord:
    """The newest round's steps: name, clients that answered, bytes to all clients and from them."""

    steps: tuple[tuple[str, int, int, int], ...]


def sight_record(view: RunView) -> SightRecord:
    """The newest sight; empty where there is none yet."""
    if view.sight is None:
        return SightRecord(0, "", (), (), ())
    number, sight = view.sight
    name = next((client.info.name for client in view.clients if client.info.index == sight.client), str(sight.client))
    return SightRecord(number, name, sight.update, sight.masked, sight.mean, bool(sight.cipher_bytes))


def sight_note(view: RunView) -> str:
    """What the strips are, by the protocol of the run."""
    return _(CIPHER_NOTE) if view.sight is not None and view.sight[1].cipher_bytes else _(SIGHT_NOTE)


def cipher_words(view: RunView) -> str:
    """How long the shown client's ciphertexts are and how they begin; empty under masks."""
    if view.sight is None or not (sight := view.sight[1]).cipher_bytes:
        return ""
    return _("{size} kB of ciphertext; behind the header it begins {head}").format(size=f"{sight.cipher_bytes / 1000:,.0f}", head=sight.head)


def steps_note(view: RunView) -> str:
    """What the steps are, by the protocol of the run."""
    return _(CIPHER_STEPS_NOTE) if any(step.step == "encrypted" for step in view.steps[-3:]) else _(STEPS_NOTE)


def steps_record(view: RunView) -> StepsRecord:
    """The steps of the newest round that has one."""
    newest = view.steps[-1].round if view.steps else 0
    return StepsRecord(tuple((s.step, len(s.clients), s.received_bytes, s.sent_bytes) for s in view.steps if s.round == newest and s.step in _NAMES))


def sight_spec(record: SightRecord) -> Spec:
    """Three strips of bars, one above the other, each on its own scale."""
    strips = (
        (_("update of {client} (known to it alone)").format(client=figure_text(record.name, 20)), record.update, "@accent"),
        (_("what the server gets of it: bytes (-1 = 00, 1 = ff)") if record.encrypted else _("what the server gets of it (1 = end of the range)"), record.masked, "@muted"),
        (_("mean update of all, once the sum is decrypted") if record.encrypted else _("mean update of all, once the masks cancel"), record.mean, "@accent"),
    )
    data, places, words = [], {}, []
    for number, (title, values, colour) in enumerate(strips):
        key = "" if number == 0 else str(number + 1)
        top = 1 - number * 0.36
        data.append(
            {"type": "bar", "name": title, "x": list(range(1, len(values) + 1)), "y": rounded(values, 4), "yaxis": f"y{key}", "marker": {"color": colour}, "hovertemplate": "%{y:.4g}"}
        )
        places[f"yaxis{key}"] = axis(domain=[top - 0.26, top], nticks=3, showgrid=True, fixedrange=True) | ({"range": [-1.05, 1.05]} if number == 1 else {})
        words.append({"text": title, "xref": "paper", "yref": "paper", "x": 0, "y": top, "xanchor": "left", "yanchor": "bottom", "yshift": 2, "showarrow": False, "font": {"size": 13, "color": "@text"}})
    below = axis(_("some of the weights, round {round}").format(round=record.round), showticklabels=False, anchor="y3", fixedrange=True)
    return {"data": data, "layout": layout(xaxis=below, annotations=words, margin={"l": 64, "r": 12, "t": 34, "b": 40}, bargap=0.15, height=380, **places)}


def steps_spec(record: StepsRecord) -> Spec:
    """Level bars by step: bytes to the clients, and from them, in kilobytes on a logarithmic axis."""
    names = [f"{_(_NAMES[step])} ({count})" for step, count, _down, _up in record.steps]
    places = list(range(len(names)))
    ways = ((_("to the clients"), 2, "@muted"), (_("from the clients"), 3, "@accent"))
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "name": title,
            "y": places,
            "x": rounded((max(step[place], 1) / 1000 for step in record.steps), 4),
            "marker": {"color": colour},
            "hovertemplate": "%{x:.3~g} kB",
        }
        for title, place, colour in ways
    ]
    rows = named_rows(names, places)
    rows["yaxis"] |= {"range": [len(names) - 0.4, -0.6]}
    return {"data": data, "layout": layout(xaxis=axis("kB", type="log", showgrid=True, dtick=1, fixedrange=True), showlegend=True, height=300, **rows)}


def sight_figure(record: SightRecord, dark: bool = False) -> go.Figure:
    """`sight_spec` as a figure."""
    return figure(sight_spec(record), dark)


def steps_figure(record: StepsRecord, dark: bool = False) -> go.Figure:
    """`steps_spec` as a figure."""
    return figure(steps_spec(record), dark)
