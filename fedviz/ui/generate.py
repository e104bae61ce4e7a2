"""The page *Generate*: one question, answered by the pretrained model, by one client's and by the federation's, token by token, with every claim held against the graph."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from fedviz.core.config import RunConfig
from fedviz.core.errors import FedvizError
from fedviz.core.i18n import N_, _
from fedviz.runs.folder import open_run, runs_root, view_of
from fedviz.ui import generate_answer, generate_measured, link, provenance, shell, state
from fedviz.ui.sentences import called
from fedviz.ui.text import clean, plain

if TYPE_CHECKING:
    from fedviz.models.generation.adapters import Adapter
    from fedviz.runs.writing import Ground

BASE = RunConfig.parse({
    "scenario": {"name": "medicine-vignettes"}, "objective": {"name": "instruct", "pairs": 32}, "knowledge": "none",
    "model": {"name": "smollm2", "lora_layers": 4, "lora_targets": "all linear", "max_tokens": 192},
    "federation": {"clients": 4, "rounds": 5, "batch_size": 8, "learning_rate": 2e-3, "compare": False},
})  # fmt: skip
"""Whose questions and graph are shown where no run is chosen, and the run that is proposed: the one that `bench instruction` measures."""
_NO_RUN = ""
_PRETRAINED, _LOCAL, _FEDERATED = N_("Pretrained"), N_("One client's"), N_("The federation's")


@dataclass(frozen=True, eq=False)
class Voice:
    """A model that answers: its title and what it learnt (None: nothing)."""

    title: str
    adapter: "Adapter | None"


def show() -> None:
    """The page."""
    st.title(_("Generate"))
    st.markdown(
        _(
            "A small language model answers questions about the things that the graph knows: as it was pretrained, after one client taught it alone in its last round, and after the federation "
            "did. It invents with a straight face, so every claim in an answer is held against the graph. Training teaches it the graph's words, not to be a source of facts."
        )
    )
    run_id = _run()
    config = open_run(runs_root(), run_id).config() if run_id else BASE
    lacking = provenance.missing(config)
    if lacking:
        provenance.offer(lacking)
        return
    _study(run_id, config)
    generate_measured.over_seeds()
    provenance.show(config)


def _run() -> str:
    """Which run's models are asked; empty for the pretrained model alone."""
    from fedviz.runs.writing import written_runs

    runs = written_runs(runs_root())
    if not runs:
        st.info(_("No run has taught a model to write yet, so only the pretrained one answers. Choose the objective “Instruction tuning” and the model SmolLM2 for a run to compare."), icon=":material/info:")
        shell.link("configure", _("Configure such a run"), config=link.encode(BASE))
        return _NO_RUN
    asked = state.current_run()
    if asked is not None and asked not in runs and st.query_params.get("run") == asked:
        st.warning(plain(_("The run {run} has no model that writes; this is the newest one that has.").format(run=repr(clean(asked, 40)))))
    chosen = st.selectbox(
        _("Run"), [*runs, _NO_RUN], index=runs.index(asked) if asked in runs else 0, key="generate-run",
        format_func=lambda some: clean(open_run(runs_root(), some).title) if some else _("none: the pretrained model alone"),
        on_change=state.keep_in_address, kwargs={"run": None},
    )  # fmt: skip
    if chosen:
        state.set_current_run(chosen)
        state.keep_in_address(run=chosen)
    return chosen


@st.fragment
def _study(run_id: str, config: RunConfig) -> None:
    """Question, settings and answers."""
    from fedviz.models.generation.writer import Sampling
    from fedviz.runs.writing import ground_of

    try:
        with st.spinner(_("Reading graph and questions"), show_time=True):
            ground = ground_of(config)
        client = _client(run_id)
        question = _question(ground)
        left, right = st.columns([0.5, 0.5], gap="large")
        facts = left.toggle(_("With triples of the graph"), key="generate-facts", help=_("The question's entities are found in the graph, and what it says of them stands in the prompt before the question."))
        shown = right.toggle(_("Show probabilities"), key="generate-shown", help=_("How sure the model was of each token, in percent. Point at a token for what else it might have been."))
        with st.expander(_("How tokens are chosen")):
            columns = st.columns(3, gap="medium")
            temperature = columns[0].slider(_("Temperature"), 0.0, 2.0, 0.0, 0.1, key="generate-temperature", help=_("0 takes the likeliest token each time; above, chance has its part, and more of it the higher this is."))
            seed = columns[1].number_input(_("Seed"), 0, 2**31 - 1, 0, key="generate-seed", disabled=temperature == 0)
            most = columns[2].slider(_("Most tokens"), 8, 96, 40, 8, key="generate-most")
        recalled = ground.recalled(question) if facts else ()
        pressed = st.button(_("Answer"), type="primary", key="generate-go", icon=":material/edit_note:", disabled=not question.strip())
        if facts:
            generate_answer.triples(recalled)
        asked = (run_id, client, question, facts, Sampling(temperature, int(seed), most))
        if pressed:
            voices = _voices(run_id, client)
            st.session_state["generate-said"] = asked, voices, _stream(config, voices, question, [one.sentence for one in recalled], asked[-1], shown)
            st.rerun()  # once more from the top, with the claims marked
        said = st.session_state.get("generate-said")
        if said is not None and said[0] == asked:
            _judged(ground, question, said[1], said[2], shown)
        generate_measured.of_run(f"{run_id}-{client}", config, ground, lambda: [(_(voice.title), voice.adapter) for voice in _voices(run_id, client)])
    except FedvizError as error:
        st.warning(plain(error))


def _client(run_id: str) -> int | None:
    """Whose local model answers, of the clients whose model of the last round is kept; None where there is none."""
    if not run_id:
        return None
    folder = open_run(runs_root(), run_id)
    kept = folder.client_models(folder.checkpoints()[-1])
    if not kept:
        return None
    names = tuple(called(client.info.name) for client in view_of(folder).clients)
    return st.selectbox(_("Client"), kept, key=f"generate-client-{run_id}", format_func=lambda some: clean(names[some]) if some < len(names) else _("client {number}").format(number=some))


def _question(ground: "Ground") -> str:
    """What is typed, or one of the held-out questions."""
    key, pairs = "generate-question", {pair.question: pair for pair in ground.held_out}
    if pairs and (key not in st.session_state):
        st.session_state[key] = next(iter(pairs))

    def take() -> None:
        if st.session_state["generate-example"] is not None:
            st.session_state[key] = st.session_state["generate-example"]

    if pairs:
        st.selectbox(
            _("Questions that nobody was taught"), list(pairs), index=None, key="generate-example", on_change=take, format_func=lambda some: clean(some, 120),
            placeholder=_("Choose one of {count}, or type your own below").format(count=len(pairs)), help=_("Their entities occur in no question that any client was trained on."),
        )  # fmt: skip
    st.session_state[key] = st.session_state.get(key, "")  # kept while another page is looked at
    return st.text_input(_("Your question"), key=key, max_chars=400)


def _voices(run_id: str, client: int | None) -> tuple[Voice, ...]:
    from fedviz.runs.writing import adapter_of

    if not run_id:
        return (Voice(_PRETRAINED, None),)
    folder = open_run(runs_root(), run_id)
    local = () if client is None else (Voice(_LOCAL, adapter_of(folder, None, client)),)
    return (Voice(_PRETRAINED, None), *local, Voice(_FEDERATED, adapter_of(folder)))


def _stream(config: RunConfig, voices: tuple[Voice, ...], question: str, facts: list[str], sampling: Any, shown: bool) -> list[Any]:
    """The answers, token by token on the page; gives each one's tokens."""
    from fedviz.models import compute
    from fedviz.models.generation import chat
    from fedviz.models.generation.writer import kept_writer, pieces

    compute.take(1)  # a token is many small products, which two threads do hardly faster, and much slower where others use the cores
    with st.spinner(_("Reading the model"), show_time=True):
        writer = kept_writer(config)
    (prompt,) = chat.prompt_tokens(writer.backbone, [chat.prompt(question, facts)])
    generate_answer.style()
    slots = []
    for column, voice in zip(st.columns(len(voices), gap="medium"), voices, strict=True):
        with column:
            st.subheader(_(voice.title))
            slots.append(st.empty())
    written: list[list[Any]] = [[] for _voice in voices]
    with st.spinner(_("Writing"), show_time=True):
        for step in writer.write([prompt] * len(voices), [voice.adapter for voice in voices], sampling):
            for slot, tokens, one in zip(slots, written, step, strict=True):
                if one is not None:
                    tokens.append(one)
                    slot.html(generate_answer.html(pieces(writer, tokens), (), shown))
    return [pieces(writer, tokens) for tokens in written]


def _judged(ground: "Ground", question: str, voices: tuple[Voice, ...], said: list[Any], shown: bool) -> None:
    """The answers with their claims marked, and what stands behind each verdict."""
    generate_answer.style()
    generate_answer.legend()
    pair = next((pair for pair in ground.held_out if pair.question == question), None)
    if pair is not None:
        st.markdown(_("The graph's own answer: {answer}").format(answer=plain(pair.answer)))
    for column, voice, tokens in zip(st.columns(len(voices), gap="medium"), voices, said, strict=True):
        with column:
            generate_answer.judged(ground, _(voice.title), tokens, pair, shown)
