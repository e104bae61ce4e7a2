"""Before a launch: who would hold what, and what the run would cost."""

from dataclasses import replace

import streamlit as st

from fedviz.charts.holdings import holdings_bars_spec, holdings_heatmap_spec, holdings_record
from fedviz.core.config import RunConfig
from fedviz.core.errors import CarrierError, FedvizError
from fedviz.core.i18n import _
from fedviz.core.registry import PRIVACY, SCENARIOS, STRATEGIES
from fedviz.runs.estimate import estimate
from fedviz.scenarios import load as scenarios
from fedviz.ui import theme
from fedviz.ui.sentences import called
from fedviz.ui.text import clean, duration, plain, size


def title(config: RunConfig) -> str:
    """A title for a run of this configuration, from what distinguishes it."""
    federation = config.federation
    return _("{scenario}, {strategy}, {clients} clients, {rounds} rounds").format(
        scenario=_(SCENARIOS.get(config.scenario.name).title), strategy=_(STRATEGIES.get(federation.strategy.name).title),
        clients=federation.clients, rounds=federation.rounds,
    )


def client_names(config: RunConfig) -> tuple[str, ...]:
    """Names of the clients, or plain numbers where the scenario cannot be read."""
    try:
        return tuple(map(called, scenarios.preview(config).names))
    except FedvizError:
        return tuple(_("Client {number}").format(number=number) for number in range(config.federation.clients))


def show_estimate(config: RunConfig) -> None:
    """Time, memory and bytes of the run, as estimated before it starts."""
    try:
        expected = estimate(config)
    except FedvizError:
        return
    time_help = {
        "a speed test": _("Estimated from the number of training steps and a speed test of this machine; other programs slow it down."),
        "a former run": _("Estimated from the number of training steps and the last run with this model on this machine; other programs slow it down."),
    }[expected.basis]
    memory_help = _("What the whole program will need at its peak, model and texts included.")
    wire_help = _("All messages of all rounds: {up} from the clients to the server, {down} from the server to the clients.")
    with st.container(horizontal=True, gap="large"):
        st.metric(_("Time"), duration(expected.seconds), help=time_help, width="content")
        st.metric(_("Memory"), size(expected.memory_bytes), help=memory_help, width="content")
        st.metric(
            _("Messages"), size(expected.up_bytes + expected.down_bytes), width="content",
            help=wire_help.format(up=size(expected.up_bytes), down=size(expected.down_bytes)),
        )
        if expected.round_s is not None:
            st.metric(
                _("Virtual time"), _("{seconds} s a round").format(seconds=f"{expected.round_s:.3g}"), width="content",
                help=_("How long a round would take on the devices and links of the section Network: a computed mean over the first rounds. The run itself takes the time above."),
            )
        if expected.epsilon is not None:
            mechanism = PRIVACY.get(config.privacy.name)
            st.metric(
                _("Privacy"), _("epsilon {epsilon}").format(epsilon=f"{expected.epsilon:.3g}"), width="content",
                help=_("{promise} Counted over all rounds. Up to 1 is strong, 10 is weak, and 100 promises nothing.").format(promise=_(mechanism.promise)),
            )
            st.metric(
                _("Noise"), _("{times} times an update").format(times=f"{expected.noise:.3g}"), width="content",
                help=_(mechanism.noise),
            )
    _early(config)


def _early(config: RunConfig) -> None:
    """That the run may need less, where it stops by itself."""
    if config.federation.patience:
        st.caption(_("Counted over all {rounds} rounds. The run may end earlier: after {patience} rounds in a row without a better result on held-out texts.").format(
            rounds=config.federation.rounds, patience=config.federation.patience))


def show(config: RunConfig) -> bool:
    """Who holds what: bars, heatmap, counts. False where the texts cannot be dealt out like that, which is then said."""
    st.header(_("Who holds what"))
    if getattr(config.scenario, "data", None) == "":
        st.info(_("There are no texts yet: bring some of your own, or choose among those that are kept."), icon=":material/upload_file:")
        return False
    try:
        with st.spinner(_("Reading the texts"), show_time=True):
            scenarios.load(config)
            found = scenarios.preview(config)
    except CarrierError:
        st.caption(_("The preview appears once the data has been fetched."))
        return True
    except FedvizError as error:
        st.error(plain(error))
        return False
    texts = int(found.train.sum())
    st.markdown(
        _("{train} training texts and {test} test texts in {classes} classes, held by {clients} clients. Nobody sees the texts of another.").format(
            train=f"{texts:,}", test=f"{int(found.test.sum()):,}", classes=len(found.classes), clients=len(found.names)
        )
    )
    bars, cells, counts = st.tabs([_("By client"), _("By client and class"), _("Counts")])
    record = holdings_record(replace(found, names=tuple(map(called, found.names)), classes=tuple(map(called, found.classes))))
    with bars:
        theme.plot(holdings_bars_spec(record), "preview-bars")
        st.caption(_(
            "One bar a client, one colour a class. Bars of equal length and equal colours would be an even split; "
            "the more they differ, the further the clients drift apart in training."
        ))
    with cells:
        theme.plot(holdings_heatmap_spec(record), "preview-heatmap")
        st.caption(_(
            "The stronger the colour of a cell, the larger the share of that class which the client holds. "
            "A row with a single strong cell is a specialist."
        ))
    with counts:
        st.dataframe(
            {
                _("Client"): [clean(called(name)) for name in found.names],
                _("Training texts"): found.train.sum(axis=1),
                _("Test texts"): found.test.sum(axis=1),
                _("Classes"): (found.train > 0).sum(axis=1),
                _("Entities seen"): list(found.entities),
                _("Tests with unseen entities"): [100 * share for share in found.unseen],
            },
            hide_index=True, column_config={_("Tests with unseen entities"): st.column_config.NumberColumn(format="%.0f %%")},
        )
        st.caption(_(
            "Entities seen: concepts of the graph that the client's training texts name. "
            "The last column: test texts that name a concept which the client never met in training."
        ))
    return True
