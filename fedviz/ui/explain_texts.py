"""Texts to ask about: prepared ones that tell something, those tried before, those of a link; and one's own file at once."""

from typing import Any

import numpy as np
import streamlit as st

from fedviz.charts.waterfall import triple_label
from fedviz.core.config import RunConfig
from fedviz.core.errors import FedvizError
from fedviz.core.i18n import N_, _
from fedviz.explain import batch, permalink
from fedviz.explain.permalink import Asked
from fedviz.explain.prepared import Kind, Prepared, prepared, seen, tells
from fedviz.explain.records import Explanation
from fedviz.models.predictor import Predictor
from fedviz.scenarios import load as scenarios
from fedviz.ui import explain_edit, state
from fedviz.ui.sentences import called, sentence
from fedviz.ui.text import clean, plain

KEY = "explain-text"
_HISTORY, _LINK = "explain-history", "explain-link"
MAX_HISTORY = 20
TITLES: dict[Kind, str] = {
    "rescues": N_("The graph rescues a phrase in other words"),
    "misleads": N_("The graph misleads"),
    "unseen": N_("A class that training never saw"),
}


def show(samples: tuple[str, ...], scenario: str) -> str:
    """The text field with what may be put into it."""
    if KEY not in st.session_state:
        st.session_state[KEY] = samples[0] if samples else ""
    choices = [(clean(text, 110), text) for text in samples]
    choices += [(f"{_(TITLES[one.kind])}: {clean(one.text, 90)}", one.text) for one in _of(scenario)]
    tried: list[tuple[str, str]] = st.session_state.get(_HISTORY, [])
    choices += [(_("tried: {text} ({answer})").format(text=clean(text, 90), answer=clean(answer, 40)), text) for text, answer in reversed(tried) if text not in samples]

    def take() -> None:
        if st.session_state["explain-sample"] is not None and st.session_state["explain-sample"] < len(choices):
            st.session_state[KEY] = choices[st.session_state["explain-sample"]][1]

    if choices:
        st.selectbox(
            _("Try one of these"), range(len(choices)), index=None, key="explain-sample", on_change=take, format_func=lambda number: choices[number][0],
            placeholder=_("Choose a text, or type your own below"), help=_("Samples of the scenario, prepared texts that tell something, and the texts that you have tried."),
        )
    _missing(scenario)
    st.session_state[KEY] = st.session_state[KEY]  # a field that was not shown in the last run of the page would lose its text
    return st.text_area(_("Text"), key=KEY, height=110, help=_("Press Ctrl and Enter, or leave the field, to ask the model."))


def _of(scenario: str) -> tuple[Prepared, ...]:
    return tuple(one for one in prepared() if one.scenario == scenario)


def _missing(scenario: str) -> None:
    """The kinds of stories that no prepared text of the scenario tells."""
    told = {one.kind for one in _of(scenario)}
    kinds = [_(title) for kind, title in TITLES.items() if kind not in told]
    if kinds:
        words = _("No text was found for this scenario that tells: {kinds}. {command} looks for one among the test texts of a run of yours.")
        st.caption(words.format(kinds="; ".join(kinds), command="`python -m fedviz stories RUN`"))


def remember(text: str, after: Explanation) -> None:
    """Put a text into the history, once."""
    tried: list[tuple[str, str]] = st.session_state.setdefault(_HISTORY, [])
    tried[:] = [one for one in tried if one[0] != text][-(MAX_HISTORY - 1) :] + [(text, after.classes[after.predicted])]


def story(config: RunConfig, model: Any, text: str, said: Explanation) -> None:
    """What a prepared text told when it was found, and whether it does so under this model's weights. `said` has the run's own class names."""
    one = next((one for one in _of(config.scenario.name) if one.text == text), None)  # type: ignore[attr-defined]
    if one is None:
        return
    data = scenarios.load(config)
    label = data.classes.index(one.label) if one.label in data.classes else None
    learned = seen(config, data, model.round, model.client)
    words = f"**{_(TITLES[one.kind])}** · " + _("true class: {name}").format(name=plain(called(one.label))) + "  \n"
    alone = plain(called(said.classes[int(np.argmax(said.text_logits))]))
    answer = plain(called(said.classes[said.predicted]))
    if label is None:
        words += _("This run has no such class, so the text tells nothing here.")
    elif tells(one.kind, said, label, learned):
        told = {
            "rescues": _("It tells so under this model: the text alone answers {alone}, with the graph it is right."),
            "misleads": _("It tells so under this model: the text alone is right, with the graph it answers {answer}."),
            "unseen": _("It tells so under this model, which learned from no text of this class: it answers {answer}."),
        }
        words += told[one.kind].format(alone=alone, answer=answer)
    elif one.kind == "unseen":
        words += _(
            "It does not tell so under this model, which learned from {count} texts of this class. Ask the model of round 1 of a client that holds none of "
            "them, or train without its parties."
        ).format(count=int(learned[label]))
    else:
        words += _("It does not tell so under this model: the text alone answers {alone}, with the graph it answers {answer}.").format(alone=alone, answer=answer)
    st.info(words, icon=":material/auto_stories:")


def follow_link(predictor: Predictor) -> None:
    """Once for each link: take over text, class and edits that the address asks for."""
    query = {name: st.query_params[name] for name in ("text", "edits", "class", "against") if name in st.query_params}
    if not query or st.session_state.get(_LINK) == query:
        return
    st.session_state[_LINK] = query
    try:
        asked = permalink.from_query(query)
    except FedvizError as error:
        st.warning(plain(error))
        return
    if asked is not None:
        st.session_state[KEY] = asked.text
        st.session_state["explain-asked"] = asked
        if asked.edits.scale or asked.edits.added:
            explain_edit.keep(explain_edit.owner(predictor, asked.text), asked.edits)


def leave_link(text: str) -> None:
    """A link's parameters go from the address once another text is asked."""
    if st.query_params.get("text") not in (None, text):
        state.keep_in_address(text=None, edits=None, **{"class": None, "against": None})


def many(predictor: Predictor) -> None:
    """One's own texts: a CSV file in, predictions with their strongest triples out. The file is read in memory and not kept."""
    box = st.expander(_("Ask about many texts"), key="explain-batch-box", on_change="rerun", icon=":material/table_rows:")
    if not box.open:
        return
    with box:
        st.markdown(
            _("A CSV file in UTF-8 with a column `text` (or with one column), at most {texts} texts. It is read in memory and is not kept.").format(texts=f"{batch.MAX_TEXTS:,}")
        )
        file = st.file_uploader(_("File of texts"), type=["csv", "txt"], key="explain-batch")
        if file is None:
            return
        done = st.session_state.get("explain-batch-done")
        about = (file.file_id, id(predictor))
        if done is None or done[0] != about:
            bar = st.progress(0.0)
            try:
                rows = batch.predict(predictor, batch.read_texts(file.getvalue()), triple_label, lambda at, of: bar.progress(at / of))
            except FedvizError as error:
                bar.empty()
                st.warning(plain(error))
                return
            bar.empty()
            rows = tuple(row.model_copy(update={"answer": called(row.answer), "text_alone": called(row.text_alone), "error": _said(row.error)}) for row in rows)
            done = st.session_state["explain-batch-done"] = (about, rows)
        rows = done[1]
        refused = sum(bool(row.error) for row in rows)
        changed = sum(row.answer != row.text_alone for row in rows if not row.error)
        st.markdown(_("{count} texts; {changed} are answered otherwise than from the text alone; {refused} could not be read.").format(count=len(rows), changed=changed, refused=refused))
        st.dataframe(
            {
                _("Text"): [clean(row.text, 160) for row in rows],
                _("Answer"): [clean(row.answer or row.error) for row in rows],
                _("Probability"): [row.probability for row in rows],
                _("Text alone"): [clean(row.text_alone) for row in rows],
                _("Strongest triple"): [clean(row.triples[0][0], 160) if row.triples else "" for row in rows],
            },
            hide_index=True, key="explain-batch-table", height=320,
        )
        st.download_button(_("Download as CSV"), batch.to_csv(rows), "predictions.csv", "text/csv", on_click="ignore", key="explain-batch-download", icon=":material/download:")


def _said(error: str) -> str:
    return sentence(error) if error else ""


def asked_of(text: str, edits: Any, target: int, against: int | None) -> Asked:
    """The question of the page as a link keeps it."""
    return Asked(text=text, edits=edits, target=target, against=-2 if against is None else against)
