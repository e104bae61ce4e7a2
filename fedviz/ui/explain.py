"""The page *Explain*: a text, what a trained model makes of it, and which triples of the graph moved it."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from fedviz.charts.contrast import AVERAGE, Contrast
from fedviz.charts.explain_graph import FAINT, explain_record, hidden
from fedviz.charts.probabilities import probabilities_record, probabilities_spec
from fedviz.charts.waterfall import waterfall_record, waterfall_spec
from fedviz.core import text as core_text
from fedviz.core.config import RunConfig
from fedviz.core.errors import FedvizError
from fedviz.core.i18n import _
from fedviz.core.types import Triple
from fedviz.explain.above import path_of
from fedviz.explain.influence import explain
from fedviz.explain.parts import above
from fedviz.explain.records import Edits, Explanation
from fedviz.models.predictor import Predictor
from fedviz.runs.folder import RunFolder
from fedviz.scenarios import load as scenarios
from fedviz.ui import (
    explain_closer,
    explain_compare,
    explain_edit,
    explain_faithful,
    explain_keep,
    explain_many,
    explain_paragraph,
    explain_texts,
    explain_triple,
    explain_words,
    figure,
    graph_component,
    i18n,
    knowledge_results,
    marks,
    provenance,
    shell,
    triple_table,
)
from fedviz.ui import explain_source as source
from fedviz.ui.names import explained
from fedviz.ui.text import clean, plain

ITSELF = -2
_GRAPH = "explain-graph"


@dataclass(frozen=True)
class Question:
    """What is asked of which model: the text, the score that is looked at, and the changes to the graph's evidence."""

    model: source.Model
    text: str
    contrast: Contrast
    edits: Edits


def show() -> None:
    """Everything below the title."""
    st.markdown(_("Ask a trained model about a text, see which triples of the graph moved its answer, and change them."))
    chosen = source.choose()
    if chosen is None:
        knowledge_results.show()
        return
    folder, model = chosen
    try:
        config = folder.config()
        data = scenarios.load(config)
    except FedvizError as error:
        st.error(plain(error))
        return
    predictor = source.load(model)
    if predictor is None:
        return
    explain_faithful.badge(folder, model, predictor)
    _study(folder, config, model, predictor, data.samples)
    explain_many.show(folder, model, predictor)
    knowledge_results.show(config.scenario.name)  # type: ignore[attr-defined]
    provenance.show(config)


@st.fragment
def _study(folder: RunFolder, config: RunConfig, model: source.Model, predictor: Predictor, samples: tuple[str, ...]) -> None:
    """The text that is asked about, and all that is said about it."""
    explain_texts.follow_link(predictor)
    _answer(folder, config, model, predictor, explain_texts.show(samples, config.scenario.name))  # type: ignore[attr-defined]
    explain_texts.many(predictor)


@st.fragment
@i18n.once()
def _answer(folder: RunFolder, config: RunConfig, model: source.Model, predictor: Predictor, typed: str) -> None:
    """Prediction, influence and edits: the part that follows a switch at once.

    Charts and graph are made before the sentences above them: what is tried out for these runs the model, and the browser draws meanwhile.
    """
    explain_faithful.page_asks()
    try:
        text = core_text.clean(typed)
        edits = explain_edit.current(explain_edit.owner(predictor, text))
        said = explain(predictor, text)
        before = explained(said)
        after = explained(explain(predictor, text, edits))
    except FedvizError as error:
        st.warning(plain(error))
        return
    explain_texts.leave_link(text)
    with st.container():  # always there, as the one of the honest sentence below: what follows keeps its place
        explain_texts.story(config, model, text, said)
    chosen = st.session_state.get("explain-entity")
    marks.show(text, before.mentions, "explain-marks", chosen, lambda entity: st.session_state.update({"explain-entity": entity}))
    with st.container(key="explain-answer"):
        st.markdown(explain_words.answer(before, after))
    with st.container():
        honest = explain_words.no_graph(config.knowledge.name, after)
        if honest:
            st.info(honest, icon=":material/info:")
    contrast = _contrast(before)
    asked = Question(model, text, contrast, edits)
    spec = probabilities_spec(probabilities_record(after, contrast.target))
    if not (before.contributions or edits.added):
        left, right = st.columns(2, gap="large")
        with left:
            _probabilities(spec)
        with right:
            _waterfall(after, contrast, {})
    else:
        left, right = st.columns(2, gap="large")
        with left:
            _probabilities(spec)
        with right:
            st.subheader(_("What moved it"))
            words = st.container(key="explain-words")
        _influence(folder, predictor, asked, before, after)
        with words:
            _sentences(predictor, asked, after)
    explain_paragraph.show(predictor, text, edits)
    explain_edit.add(predictor, before)
    explain_closer.show(folder, predictor, asked, after)
    explain_compare.show(folder, asked, after)
    explain_keep.show(predictor, asked, before, after, folder.title)
    explain_texts.remember(text, after)


def _probabilities(spec: dict[str, Any]) -> None:
    st.subheader(_("What it answers"))
    figure.show(spec, "explain-probabilities", _("Probabilities of the classes with the graph and from the text alone"))


def _waterfall(after: Explanation, contrast: Contrast, paths: dict[Triple, tuple[Triple, ...]]) -> None:
    """The sum as bars; while the graph is on the page they and its edges point at each other."""
    st.subheader(_("How the score comes about"))
    sentence = explain_words.sum_sentence(after, contrast)
    figure.show(waterfall_spec(waterfall_record(after, contrast), _GRAPH if paths else "", paths), "explain-waterfall", sentence)
    st.caption(sentence)


def _sentences(predictor: Predictor, asked: Question, after: Explanation) -> None:
    """The triples that matter most, and what it takes to change the answer; both are tried out."""
    tried = st.session_state.setdefault("explain-tried", {})
    mine, flips = tried.setdefault((asked.model, asked.text, asked.edits.added), ({}, {}))
    while len(tried) > 8:
        tried.pop(next(iter(tried)))
    sentences = explain_words.what_matters(predictor, asked.text, after, asked.edits, asked.contrast, mine)
    sentences.append(explain_words.flip(predictor, asked.text, after, asked.edits, flips))
    st.markdown("\n".join(f"- {sentence}" for sentence in sentences))


def _contrast(before: Explanation) -> Contrast:
    """The class that is looked at (the answer before edits, unless another is chosen), and what its score is measured against."""
    order = sorted(range(len(before.classes)), key=lambda index: -before.probabilities[index])
    about = hash((before.text, before.predicted)) & 0xFFFFFF
    asked = st.session_state.pop("explain-asked", None)
    if asked is not None and asked.target in order:
        st.session_state[f"explain-class-{about}"] = asked.target
        if asked.against != asked.target and asked.against in (ITSELF, AVERAGE, *order):
            st.session_state[f"explain-against-{about}-{asked.target}"] = asked.against
    columns = st.columns(2, gap="large")
    target = columns[0].selectbox(
        _("Class to look at"), order, key=f"explain-class-{about}", format_func=lambda index: clean(before.classes[index]),
        help=_("Influence is always influence on one class. The first one is the model's answer."),
    )
    words = {ITSELF: _("nothing: the score by itself"), AVERAGE: _("the average of all classes")}
    against = columns[1].selectbox(
        _("Measured against"), [ITSELF, AVERAGE, *(index for index in order if index != target)], key=f"explain-against-{about}-{target}",
        format_func=lambda index: words[index] if index in words else clean(before.classes[index]),
        help=_("Probabilities depend on differences of scores. Choose another class to ask: why this one and not that one? The bars add up in each case."),
    )
    return Contrast(target, None if against == ITSELF else against)


def _influence(folder: RunFolder, predictor: Predictor, asked: Question, before: Explanation, after: Explanation) -> None:
    """Bars and graph side by side as one view, the triple that was chosen in it, and the table with the switches."""
    owner = explain_edit.owner(predictor, asked.text)
    over = above(predictor, after)
    paths = {c.triple: path_of(over, c.triple) for c in after.contributions}
    left, right = st.columns([0.46, 0.54], gap="large")
    with left:
        _waterfall(after, asked.contrast, paths)
    with right:
        st.subheader(_("Which triples matter"))
        record = explain_record(predictor.graph, before, after, asked.contrast, asked.edits)
        about = f"{predictor.graph.digest}/{hash(asked.text)}/{asked.edits.added}"
        graph_component.show(
            record, _GRAPH, about, _("The triples of this prediction; the table below says the same"), st.session_state.get("explain-entity"),
            on_entity=lambda kind, entity: st.session_state.update({"explain-entity": entity}),
            on_triple=explain_triple.choose, also=list(paths),
        )
        faint = hidden(record, after)
        words = _(
            "Ringed: entities named in the text. Width and colour: influence on {name}. A bent arrow is a path of several is_a steps taken as one. "
            "Point at a bar and its arrow glows; click an arrow or a bar to see where its triple comes from."
        ).format(name=plain(asked.contrast.name(after.classes)))
        if faint:
            words += " " + _("{count} paths with less than {share} % of the greatest influence are not drawn.").format(count=faint, share=round(100 * FAINT))
        st.caption(words)
    explain_triple.show(folder, predictor, after, asked.contrast, paths, lambda triple: explain_edit.toggle(owner, triple, after))
    _entity(predictor, folder)
    st.markdown(
        _("Switch a triple off or weaken it: everything on this page follows at once. Bars to the right speak for the class, bars to the left against it.")
    )
    with st.container():  # always there, so that what follows keeps its place on the page and is not built anew
        explain_edit.summary(owner, predictor, asked.edits)
    triple_table.show(before, after, asked.contrast, "explain-triples", lambda key, scale: explain_edit.set_scale(owner, key, scale))
    with st.expander(_("What does removing a triple mean?")):
        st.markdown(explain_words.removal_meaning())


def _entity(predictor: Predictor, folder: RunFolder) -> None:
    """A line about the entity that was chosen in the text or in the graph."""
    entity = predictor.graph.entities.get(st.session_state.get("explain-entity", ""))
    if entity is None:
        return
    with st.container(border=True, key="explain-entity-card"):
        st.markdown(f"**{plain(entity.name)}** · {plain(entity.id)}")
        st.text(clean(entity.definition, 600) if entity.definition else _("The source gives no definition."))
        shell.link("graph", _("Open its card in the graph"), run=folder.id, node=entity.id)
