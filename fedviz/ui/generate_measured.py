"""Below the answers on *Generate*: the run's models over all of its held-out questions, on demand, and what the bench of instruction tuning measured over seeds."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from fedviz.charts.safe import signed
from fedviz.core.config import RunConfig
from fedviz.core.i18n import N_, _
from fedviz.ui.text import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fedviz.models.generation.adapters import Adapter
    from fedviz.models.generation.measure import Scores
    from fedviz.runs.writing import Ground

RESULTS = Path(__file__).parents[2] / "docs" / "results" / "instruction.json"
COMMAND = "python -m fedviz bench instruction"
_MODELS = {
    "pretrained": N_("Pretrained"),
    "federated": N_("The federation's"),
    "local, mean of two clients": N_("One client's, mean of two"),
    "federated, shuffled graph": N_("The federation's, taught a shuffled graph"),
}


def of_run(name: str, config: RunConfig, ground: "Ground", voices: "Callable[[], Sequence[tuple[str, Adapter | None]]]") -> None:
    """A button that asks the models all held-out questions of the run, with and without triples, and their scores once that was done.

    `name`: of these models, under which the session keeps the scores; `voices`: their titles and adapters, read when the button is pressed.
    """
    if not ground.held_out:
        return
    st.subheader(_("All held-out questions"), anchor="all-held-out-questions")
    st.markdown(
        _(
            "One answer is an anecdote. Here every model answers all {count} held-out questions of this run, without and with triples of the graph in the prompt; "
            "and it reads plain sentences, so that one sees whether it forgot anything else."
        ).format(count=len(ground.held_out))
    )
    key = f"generate-measured-{name}"
    if st.button(_("Ask them all"), key="generate-all", icon=":material/quiz:", help=_("A few seconds for each question and model.")):
        st.session_state[key] = _measured(config, ground, voices())
    if key in st.session_state:
        _table(st.session_state[key])


def _measured(config: RunConfig, ground: "Ground", voices: "Sequence[tuple[str, Adapter | None]]") -> "list[tuple[str, bool, Scores]]":
    """The scores of each model without and with triples."""
    from fedviz.models import compute
    from fedviz.models.generation.measure import measure
    from fedviz.models.generation.writer import kept_writer

    compute.take(1)
    with st.spinner(_("Reading the model"), show_time=True):
        writer = kept_writer(config)
    found = []
    bar = st.progress(0.0)
    every = [(title, adapter, facts) for facts in (False, True) for title, adapter in voices]
    for place, (title, adapter, facts) in enumerate(every):

        def told(done: int, total: int, place: int = place, title: str = title) -> None:
            bar.progress((place + done / total) / len(every), text=clean(title))

        told(0, 1)
        scores, _answers = measure(writer, adapter, ground.held_out, ground.checker, (lambda question: [one.sentence for one in ground.recalled(question)]) if facts else (lambda question: ()), told)
        found.append((title, facts, scores))
    bar.empty()
    return found


def _table(found: "Sequence[tuple[str, bool, Scores]]") -> None:
    st.dataframe(
        {
            _("Model"): [clean(title) for title, _facts, _scores in found],
            _("Triples in the prompt"): [facts for _title, facts, _scores in found],
            _("Claims supported, %"): [round(100 * scores.supported_share, 1) for *_rest, scores in found],
            _("supported / contradicted / unknown"): [f"{scores.supported} / {scores.contradicted} / {scores.unknown}" for *_rest, scores in found],
            _("Exact match, %"): [round(100 * scores.exact, 1) for *_rest, scores in found],
            _("Shared words (F1), %"): [round(100 * scores.f1, 1) for *_rest, scores in found],
            _("Perplexity of the right answers"): [round(scores.perplexity, 2) for *_rest, scores in found],
            _("Perplexity of plain sentences"): [round(scores.neutral, 1) for *_rest, scores in found],
        },
        hide_index=True,
    )
    st.caption(_("An answer's share is that of its claims which the graph supports, 0 where it claims nothing; the column is the mean over questions. Perplexity of plain sentences above the pretrained model's is what was forgotten."))


def over_seeds() -> None:
    """What the bench measured with the run that this page proposes; nothing where it was not run or its file is damaged."""
    try:
        document = json.loads(RESULTS.read_text("utf-8"))
        rows = [_row(row) for row in document["rows"]]
        seeds = int(document["rows"][0]["seeds"])
        notes = [clean(str(note)) for note in document["notes"]]
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return
    with st.expander(_("What instruction tuning gave over {seeds} seeds").format(seeds=seeds)):
        st.dataframe(rows, hide_index=True)
        st.markdown("\n".join(f"- {note}" for note in notes))
        st.caption(_("Measured by {command}.").format(command=f"`{COMMAND}`"))


def _row(row: dict[str, Any]) -> dict[str, Any]:
    gain = "" if row["gain"] is None else signed(row["gain"], 1) + ("" if row["spread"] is None else f" ± {row['spread']:.1f}")
    return {
        _("Model"): _(_MODELS[row["model"]]),
        _("Triples in the prompt"): row["triples"] != "none",
        _("Claims supported, %"): round(row["supported, %"], 1),
        _("Gain, points"): gain,
        _("Exact match, %"): round(row["exact, %"], 1),
        _("Shared words (F1), %"): round(row["F1, %"], 1),
        _("Perplexity of the right answers"): round(row["perplexity"], 2),
        _("Perplexity of plain sentences"): round(row["neutral"], 1),
    }
