"""A closer look at one prediction: its parts, its difference to another class, its words, and what removal means. One panel at a time is made."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from fedviz.charts.contrast import Contrast
from fedviz.charts.safe import signed
from fedviz.charts.sankey import flow_record, flow_spec
from fedviz.charts.waterfall import build, triple_label, waterfall_record, waterfall_spec
from fedviz.core.errors import FedvizError
from fedviz.core.i18n import _
from fedviz.explain.parts import NOBODY, TEXT, UNKNOWN, above, by_entity, by_path, by_source, by_teacher
from fedviz.explain.records import Explanation
from fedviz.explain.words import Words, words_of
from fedviz.models.predictor import Predictor
from fedviz.runs.folder import RunFolder
from fedviz.runs.taught import taught
from fedviz.ui import explain_removal, explain_triple, figure
from fedviz.ui import explain_source as source
from fedviz.ui.text import clean, plain

_SHOWN = 14


def show(folder: RunFolder, predictor: Predictor, asked: Any, after: Explanation) -> None:
    """`asked` is the page's `Question`."""
    panels: dict[str, tuple[str, Callable[..., None]]] = {
        "parts": (_("Its parts"), _parts),
        "difference": (_("Why this and not that?"), _difference),
        "words": (_("Words and triples"), _words),
        "removal": (_("Mask or rebuild"), explain_removal.show),
    }
    st.subheader(_("A closer look"))
    chosen = st.segmented_control(
        _("What would you like to see?"), list(panels), key="explain-closer", format_func=lambda key: panels[key][0], label_visibility="collapsed"
    )
    with st.container(key="explain-closer-panel"):
        if chosen is None:
            st.caption(_("Parts of the sum, the difference to another class, words beside triples, or what removal means: choose one."))
            return
        try:
            panels[chosen][1](folder, predictor, asked, after)
        except FedvizError as error:
            st.warning(plain(error))


def _parts(folder: RunFolder, predictor: Predictor, asked: Any, after: Explanation) -> None:
    """The same sum, cut by path, entity, source or teacher."""
    ways = {"entity": _("by entity"), "path": _("by path"), "source": _("by source"), "teacher": _("by client that taught it")}
    way = st.segmented_control(_("Cut the sum"), list(ways), default="entity", key="explain-parts", format_func=ways.get) or "entity"
    if not after.contributions:
        st.caption(_("No triple is at work: the text alone makes the whole score."))
        return
    names, alone = predictor.graph.entities, asked.contrast.of(after.text_logits)
    over = above(predictor, after)
    if way == "path":
        rows = [(_path_words(predictor, part.path or (part.triple,), part.ways), asked.contrast.of(part.values)) for part in by_path(over, after)]
        _bars(after, asked.contrast, alone, rows)
        st.caption(_("A summand belongs to the end of its path. Where several paths lead there, the shortest is named; the summand is there as long as one of them is whole."))
    elif way == "entity":
        _bars(after, asked.contrast, alone, [(names[part.key].name, asked.contrast.of(part.values)) for part in by_entity(after).parts])
        st.caption(_("All triples of a linked entity together."))
    elif way == "source":
        said = explain_triple.sources(folder, predictor)
        parts = by_source(over, after, said.party_of)
        _bars(after, asked.contrast, alone, [(clean(part.key) if part.key != UNKNOWN else _("no source"), asked.contrast.of(part.values)) for part in parts.parts])
        st.caption(_("The value of a path is shared evenly by its triples, and that of a triple by the parties (or sources) that say it. This shares out; what is lost when a source goes is asked below, over all texts."))
    else:
        _taught(folder, predictor, asked, after)


def _taught(folder: RunFolder, predictor: Predictor, asked: Any, after: Explanation) -> None:
    found = taught(folder, asked.model.round, asked.model.client)
    if found.reason:
        st.info(_("Which client taught this cannot be told.") + " " + _(found.reason).format(round=found.round), icon=":material/info:")
        return
    names = source.client_names(folder.id)
    matrices = {str(client): part["graph.weight"] for client, part in found.parts.items() if "graph.weight" in part}
    frozen = folder.config().model.tuning == "head"  # type: ignore[attr-defined]
    heads = {str(client): (part["head.weight"], part["head.bias"]) for client, part in found.parts.items()} if frozen else {}
    parts = by_teacher(predictor, after, matrices, heads)
    owners = {str(client): clean(source.model_owner(client, names)) for client in found.parts}
    label = owners | {TEXT + key: _("text, taught by {client}").format(client=owner) for key, owner in owners.items()} | {NOBODY: _("the graph's own class evidence, taught by nobody")}
    _bars(after, asked.contrast, asked.contrast.of(parts.text), [(label[part.key], asked.contrast.of(part.values)) for part in parts.parts])
    st.caption(
        _(
            "The trained matrix V is the start (zero) and, round by round, the weighted mean of what the clients added to it; so it is a sum with one part a client, "
            "and so is every triple's value. Checked against the checkpoints: greatest difference {error} of the largest weight. A client's part is what it added "
            "to the others' work, not what it would have learned alone."
        ).format(error=f"{found.error:.1e}")
        + " "
        + (
            _("The language model is frozen, so the text's share is split in the same way.")
            if frozen
            else _("The clients trained layers of the language model, too, and the text's share is no sum over these: it stays one bar.")
        )
    )


def _bars(after: Explanation, contrast: Contrast, start: float, rows: list[tuple[str, float]]) -> None:
    split = start != contrast.of(after.text_logits)
    record = build(_("before training") if split else _("text alone"), _("with the graph"), start, rows, _SHOWN, rest=_("{count} more"))
    about = "; ".join(f"{step.label} {signed(step.value)}" for step in record.steps)
    figure.show(waterfall_spec(record), "explain-parts-chart", about)


def _path_words(predictor: Predictor, path: tuple, ways: int) -> str:
    if path[0].relation not in ("is_a", "is_a*"):
        return triple_label(predictor.graph.entities[path[0].head].name, path[0].relation, predictor.graph.entities[path[0].tail].name)
    words = " › ".join(clean(predictor.graph.entities[key].name, 40) for key in (path[0].head, *(triple.tail for triple in path)))
    return words + (" " + _("(one of {count} paths)").format(count=ways) if ways > 1 else "")


def _difference(folder: RunFolder, predictor: Predictor, asked: Any, after: Explanation) -> None:
    """Contributions to the difference of two classes."""
    order = sorted(range(len(after.classes)), key=lambda index: -after.probabilities[index])
    columns = st.columns(2, gap="large")
    this = columns[0].selectbox(_("Why this"), order, key=f"explain-this-{hash(after.text) & 0xFFFFFF}", format_func=lambda index: clean(after.classes[index]))
    that = columns[1].selectbox(
        _("and not that?"), [index for index in order if index != this], key=f"explain-that-{hash(after.text) & 0xFFFFFF}-{this}",
        format_func=lambda index: clean(after.classes[index]), help=_("The first one is the runner-up."),
    )
    contrast = Contrast(this, that)
    record = waterfall_record(after, contrast)
    figure.show(waterfall_spec(record), "explain-difference", _("From the difference of the text alone to that with the graph, triple by triple"))
    favour = sum(contrast.of(c.values) for c in after.contributions if contrast.of(c.values) > 0)
    words = _("{this} is ahead of {that} by {total}: the text alone puts it {text} ahead, triples that favour it add {favour}, and triples that favour the other take {against}.")
    st.caption(
        words.format(
            this=plain(after.classes[this]), that=plain(after.classes[that]), total=signed(record.end), text=signed(record.start), favour=signed(favour), against=signed(record.gain - favour)
        )
    )


@st.cache_data(max_entries=64, show_spinner=False)
def _attributed(_predictor: Predictor, model: Any, text: str, weights: tuple[float, ...]) -> Words:
    return words_of(_predictor, text, weights)


def _words(folder: RunFolder, predictor: Predictor, asked: Any, after: Explanation) -> None:
    """Words and triples in one sum, and as a flow."""
    with st.spinner(_("Following the text word by word"), show_time=True):
        found = _attributed(predictor, (asked.model.run, asked.model.round, asked.model.client), after.text, asked.contrast.weights(len(after.classes)))
    rows = [(_("word “{word}”").format(word=word.word), word.value) for word in found.words]
    rows += [(triple_label(c.head_name, c.relation, c.tail_name), asked.contrast.of(c.values)) for c in after.contributions]
    record = build(_("an empty text"), _("with the graph"), found.empty, rows, _SHOWN, (_("gap of the integral"), found.gap), rest=_("{count} more"))
    figure.show(waterfall_spec(record), "explain-words-chart", _("From the score of an empty text to the final one, by words and triples"))
    words = _(
        "Words by integrated gradients of the text's own score in {steps} steps from an empty text (padding in the place of every word): they add up to the "
        "text's share but for a gap of {gap}. Triples exactly. Both are logits, so they stand in one picture; but words interact, and another starting "
        "point than the empty text would give them other shares."
    ).format(steps=found.steps, gap=signed(found.gap, 4))
    if found.unread:
        words += " " + _("{count} words lie behind the longest text that the model reads.").format(count=found.unread)
    st.caption(words)
    flows = flow_record(after, found, asked.contrast)
    if flows.flows:
        figure.show(flow_spec(flows), "explain-flow", _("From words to entities to triples to the class, by absolute influence"))
        st.caption(
            _(
                "From word to entity to triple to class. Blue bands speak for the class, orange ones against it; the width is the size of the influence. "
                "Not drawn: {words} weaker words, {triples} weaker triples."
            ).format(words=flows.left_out[0], triples=flows.left_out[1])
        )
