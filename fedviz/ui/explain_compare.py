"""Two models of one run on the same text: two rounds, or two clients."""

from typing import Any

import streamlit as st

from fedviz.charts.probabilities import pair_record, probabilities_spec
from fedviz.charts.waterfall import difference_record, waterfall_spec
from fedviz.core.errors import FedvizError
from fedviz.core.i18n import _
from fedviz.explain.influence import compare, explain
from fedviz.explain.records import Explanation
from fedviz.runs.folder import RunFolder
from fedviz.ui import explain_source as source
from fedviz.ui import figure
from fedviz.ui.names import explained
from fedviz.ui.text import plain


def show(folder: RunFolder, asked: Any, here: Explanation) -> None:
    """Choose another round or another client's model; probabilities side by side, and the difference of a score triple by triple.

    `asked` is the page's `Question`; its edits hold for both models.
    """
    st.subheader(_("Compare with another model"))
    st.markdown(
        _("The same text and the same changes, asked of the model of another round, or of what one client sent: what did averaging or more training change?")
    )
    names = source.client_names(folder.id)
    others = [model for model in _others(folder.id, asked.model) if model != asked.model]
    if not others:
        st.caption(_("This run has kept no other model."))
        return
    other = st.selectbox(
        _("Other model"), others, index=None, key=f"explain-other-{asked.model}", format_func=lambda model: source.model_name(model, names),
        placeholder=_("Choose a round or a client"),
    )
    if other is None:
        return
    predictor = source.load(other)
    if predictor is None:
        return
    try:
        there = explained(explain(predictor, asked.text, asked.edits))
        difference = compare(there, here)
    except FedvizError as error:
        st.warning(plain(error))
        return
    first, second = source.model_name(other, names), source.model_name(asked.model, names)
    st.markdown(_agreement(there, here, first, second))
    left, right = st.columns(2, gap="large")
    with left:
        record = pair_record((second, first), here.classes, here.probabilities, there.probabilities, asked.contrast.target)
        figure.show(probabilities_spec(record), "explain-compare-probabilities", _("Probabilities of the classes under both models"))
    with right:
        steps = difference_record(difference, first, second, asked.contrast.of(there.logits), asked.contrast)
        figure.show(waterfall_spec(steps), "explain-compare-waterfall", _("From one model's score to the other's, triple by triple"))
    words = _(
        "Right: how the score of {name} gets from the first model to the second. The text's own part is what the language model and its head changed; "
        "the rest are triples."
    )
    st.caption(words.format(name=plain(asked.contrast.name(here.classes))))


def _others(run_id: str, here: source.Model) -> list[source.Model]:
    """Other rounds of the federation's model, newest first, then the clients of this round."""
    rounds = [source.Model(run_id, number) for number in reversed(source.rounds_of(run_id))]
    return rounds + [source.Model(run_id, here.round, client) for client in source.clients_of(run_id, here.round)]


def _agreement(there: Explanation, here: Explanation, first: str, second: str) -> str:
    one, two = plain(there.classes[there.predicted]), plain(here.classes[here.predicted])
    if one == two:
        before, after = (f"{100 * max(some.probabilities):.0f}" for some in (there, here))
        words = _("Both answer {name}: {first} with {before} %, {second} with {after} %.")
        return words.format(name=one, first=plain(first), second=plain(second), before=before, after=after)
    return _("{first} answers {one}, {second} answers {two}.").format(first=plain(first), second=plain(second), one=one, two=two)
