"""On the page *Live*, when a run rests: what each client contributed, computed on a button."""

import streamlit as st

from fedviz.charts.contribution import CONTRIBUTION_NOTE, CONTRIBUTION_TITLE, contribution_spec
from fedviz.charts.safe import signed
from fedviz.core.errors import FedvizError
from fedviz.core.i18n import N_, _
from fedviz.runs.contribution_record import Contribution, Measure
from fedviz.runs.folder import RunFolder
from fedviz.ui import figure
from fedviz.ui.text import clean, plain

_FOUND = "fedviz-live-contribution"
_MEASURES: dict[Measure, str] = {"accuracy": N_("accuracy"), "loss": N_("loss")}


def show(folder: RunFolder) -> None:
    """The section, folded; for a run that has ended or pauses."""
    with st.expander(_(CONTRIBUTION_TITLE), key=f"live-contribution-{folder.id}"):
        st.markdown(_(
            "The folder of the run keeps the clients' models of a round. From these the mean model of any set of clients follows without training, and is measured on the "
            "test texts of all clients."
        ))
        with st.container(horizontal=True, vertical_alignment="bottom"):
            measure = st.segmented_control(
                _("What counts"), list(_MEASURES), default="accuracy", required=True, format_func=lambda name: _(_MEASURES[name]), key=f"live-contribution-measure-{folder.id}"
            )
            pressed = st.button(_("Compute"), key=f"live-contribution-go-{folder.id}", icon=":material/calculate:")
        if pressed:
            _compute(folder, measure or "accuracy")
        found = st.session_state.get(_FOUND)
        if isinstance(found, Contribution) and found.run_id == folder.id:
            _result(found)


def _compute(folder: RunFolder, measure: Measure) -> None:
    from fedviz.runs.contribution import contribution  # heavy: it evaluates models

    words = _("{done} of at most {total} models")
    bar = st.progress(0.0)
    try:
        st.session_state[_FOUND] = contribution(folder, measure, progress=lambda done, total: bar.progress(done / total, words.format(done=done, total=total)))
    except FedvizError as error:
        st.session_state.pop(_FOUND, None)
        st.error(plain(error))
    bar.empty()


def _result(found: Contribution) -> None:
    best = max(found.clients, key=lambda client: client.shapley)
    accuracy = found.measure == "accuracy"
    scale, unit = (100.0, _("points of accuracy")) if accuracy else (1.0, _("nats of loss"))
    words = _("Over the rounds {rounds} the clients together gained {gain} {unit}; most of it came from {client} ({value}).").format(
        rounds=", ".join(map(str, found.rounds)), gain=signed(scale * found.gain, 3), unit=unit, client=clean(best.name), value=signed(scale * best.shapley, 3)
    )
    figure.show(contribution_spec(found), f"live-contribution-figure-{found.run_id}", f"{words} {_(CONTRIBUTION_NOTE)}")
    st.markdown(plain(words, 600))
    how = _("All sets of clients were measured ({count} models), so that the values are exact.") if found.exact else _(
        "The values are means over {orders} random orders ({count} models), each with its standard error.").format(orders=found.orders, count="{count}")
    left = " " + _("Not looked at, to stay short: rounds {rounds}.").format(rounds=", ".join(map(str, found.left_out))) if found.left_out else ""
    st.caption(plain(how.format(count=found.evaluations) + left, 600))
    st.caption(plain(_(CONTRIBUTION_NOTE), 800))
    st.caption(plain(_(
        "What it does not mean: it is no price of the texts, no proof of bad will, and no forecast of the run without a client, in which the others would have trained "
        "from other models. It depends on whose texts test it: who tests differently values differently. The model of a set is a plain mean, whatever rule the server used."
    ), 800))
    st.dataframe(
        {
            _("Client"): [clean(one.name) for one in found.clients],
            _("Shapley value"): [round(scale * one.shapley, 4) for one in found.clients],
            _("Standard error"): [round(scale * one.error, 4) for one in found.clients],
            _("Leave one out"): [round(scale * one.leave_one_out, 4) for one in found.clients],
            _("Rounds"): [one.rounds for one in found.clients],
        },
        hide_index=True,
    )
