"""Which trained model is asked: a run, one of its rounds, and the federation's model or what one client sent in that round."""

from dataclasses import dataclass

import streamlit as st

from fedviz.core.errors import FedvizError
from fedviz.core.i18n import _
from fedviz.models.predictor import Predictor
from fedviz.runs.folder import RunFolder, RunSummary, list_runs, open_run, runs_root, view_of
from fedviz.ui import shell, state
from fedviz.ui.sentences import called
from fedviz.ui.text import clean, plain

GLOBAL = -1


@dataclass(frozen=True)
class Model:
    """A model of a run: after `round`, of the federation (`client` is None) or of one client."""

    run: str
    round: int
    client: int | None = None


def choose() -> tuple[RunFolder, Model] | None:
    """Select boxes for run, round and client; `?run=&round=&client=` of the address choose, too. None where there is no model to ask; a language model knows no classes."""
    runs = [summary for summary in list_runs(runs_root()) if summary.status != "damaged" and "perplexity" not in summary.metrics and rounds_of(summary.id)]
    if not runs:
        st.info(
            _("There is no trained model yet. Start a demonstration; when its first round is complete, its model can be asked here."), icon=":material/info:"
        )
        shell.link("start", _("Start a demonstration"))
        return None
    columns = st.columns([0.5, 0.2, 0.3], gap="medium")
    run_id = _run(columns[0], runs)
    folder = open_run(runs_root(), run_id)
    rounds = rounds_of(run_id)
    number = _asked("round", rounds, rounds[-1], _("The run has no model of round {value}; this is round {instead}."))
    number = columns[1].selectbox(
        _("Round"), rounds, index=rounds.index(number), key=f"explain-round-{run_id}", on_change=state.keep_in_address, kwargs={"client": None},
        help=_("Round 0 is the model before any training. Each later one is a checkpoint."),
    )
    clients = (GLOBAL, *clients_of(run_id, number))
    client = _asked("client", clients, GLOBAL, _("The model of client {value} is not kept for this round; this is the model of the federation."))
    names = client_names(run_id)
    client = columns[2].selectbox(
        _("Model of"), clients, index=clients.index(client), key=f"explain-client-{run_id}-{number}",
        format_func=lambda some: model_owner(some, names),
        help=_("The federation's model is the average that the server made. A client's model is what that client sent in this round."),
    )
    state.keep_in_address(run=run_id, round=number, client=None if client == GLOBAL else client)
    return folder, Model(run_id, number, None if client == GLOBAL else client)


def _run(place: st.delta_generator.DeltaGenerator, runs: list[RunSummary]) -> str:
    ids = [summary.id for summary in runs]
    titles = {summary.id: summary.title for summary in runs}
    said = st.query_params.get("run")
    wanted = state.current_run() if said is None or state.is_run_id(said) else said
    if wanted is not None and wanted not in ids:
        st.warning(plain(_("There is no trained model of a run {run} here; this is the newest run that has one.").format(run=repr(clean(wanted, 40)))))
    finished = next((summary.id for summary in runs if summary.status == "finished"), ids[0])
    start = wanted if wanted in ids else finished
    chosen = place.selectbox(
        _("Run"), ids, index=ids.index(start), format_func=lambda some: clean(titles[some]), key="explain-run",
        on_change=state.keep_in_address, kwargs={"round": None, "client": None},  # the former run's say nothing about this one
    )
    if chosen != wanted:
        state.set_current_run(chosen)
    return chosen


def _asked(name: str, known: tuple[int, ...], default: int, sentence: str) -> int:
    """The number that the address asks for, or `default`, with a sentence where the address asks for what there is not."""
    said = st.query_params.get(name)
    if said is None:
        return default
    value = int(said) if said.isascii() and said.isdigit() and len(said) < 10 else None
    if value in known:
        return value
    st.warning(plain(sentence.format(value=repr(clean(said, 20)), instead=default)))
    return default


def rounds_of(run_id: str) -> tuple[int, ...]:
    """Rounds of a run whose model is kept."""
    from fedviz.runs.checkpoint import Checkpoints

    return Checkpoints(open_run(runs_root(), run_id).checkpoints_path).rounds()


def clients_of(run_id: str, number: int) -> tuple[int, ...]:
    """Clients of a run whose model of a round is kept."""
    from fedviz.runs.checkpoint import Checkpoints

    return Checkpoints(open_run(runs_root(), run_id).checkpoints_path).clients(number)


def client_names(run_id: str) -> tuple[str, ...]:
    """Names of the clients of a run, in the viewer's language."""
    return tuple(called(client.info.name) for client in view_of(open_run(runs_root(), run_id)).clients)


def model_owner(client: int, names: tuple[str, ...]) -> str:
    """Whose model it is, in words."""
    if client == GLOBAL:
        return _("the federation")
    return clean(names[client]) if client < len(names) else _("client {number}").format(number=client)


def model_name(model: Model, names: tuple[str, ...]) -> str:
    """A model in words, short enough for a legend."""
    owner = "" if model.client is None else ", " + model_owner(model.client, names)
    return _("round {number}").format(number=model.round) + owner


@st.cache_resource(max_entries=8, show_spinner=False)
def predictor(model: Model) -> Predictor:
    """The model, ready to be asked; kept in memory, since reading it takes a second. `FedvizError` where it cannot be read."""
    from fedviz.runs.models import predictor as read

    return read(open_run(runs_root(), model.run), model.round, model.client)


def load(model: Model) -> Predictor | None:
    """`predictor`, with a spinner, and an error as one sentence."""
    try:
        with st.spinner(_("Reading the model"), show_time=True):
            return predictor(model)
    except FedvizError as error:
        st.error(plain(error))
        return None
