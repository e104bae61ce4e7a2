"""What an explanation says, in sentences with numbers; every number is measured when the sentence is made."""

import math
from dataclasses import replace

from fedviz.charts.contrast import Contrast
from fedviz.charts.safe import signed
from fedviz.charts.waterfall import triple_label
from fedviz.core.i18n import _
from fedviz.core.types import Triple
from fedviz.explain.influence import smallest_flip, verify
from fedviz.explain.records import Contribution, Edits, Explanation, Verification
from fedviz.models.predictor import Predictor
from fedviz.ui.text import plain

_REMEMBERED = 64


def answer(plain_one: Explanation, edited: Explanation) -> str:
    """What the model answers, and what it would answer without the graph."""
    words = _("The model answers **{name}** ({share} %).").format(name=plain(edited.classes[edited.predicted]), share=_percent(max(edited.probabilities)))
    alone = max(range(len(edited.classes)), key=lambda index: edited.text_probabilities[index])
    if edited.mentions and alone == edited.predicted:
        words += " " + _("From the text alone it would answer the same, with {share} %.").format(share=_percent(edited.text_probabilities[alone]))
    elif edited.mentions:
        words += " " + _("From the text alone it would answer **{name}** ({share} %).").format(
            name=plain(edited.classes[alone]), share=_percent(edited.text_probabilities[alone])
        )
    if edited.logits != plain_one.logits:
        words += " " + _("Without your changes it answers {name} ({share} %).").format(
            name=plain(plain_one.classes[plain_one.predicted]), share=_percent(max(plain_one.probabilities))
        )
    return words


def no_graph(knowledge: str, explanation: Explanation) -> str | None:
    """The honest sentence where the graph plays no role; None where it plays one. `knowledge`: the run's way of using the graph."""
    if explanation.contributions:
        return None
    if knowledge == "none":
        return _("This run was trained without the graph, so the prediction is that of the text alone.")
    if explanation.mentions:
        return _("The entities in this text lead nowhere in the graph, so it adds nothing: the prediction is that of the text alone.")
    return _("No entity of the graph is named in this text, so the graph plays no role: the prediction is that of the text alone.")


def sum_sentence(edited: Explanation, contrast: Contrast) -> str:
    """The sum of the waterfall, with its numbers; and where score and probability moved apart, why."""
    values = [contrast.of(c.values) for c in edited.contributions]
    gain = math.fsum(values)
    words = _("For {name} the text alone gives {text}, and {count} triples add {gain}; together {total}.").format(
        name=plain(contrast.name(edited.classes)),
        text=signed(contrast.of(edited.text_logits)),
        count=len(values),
        gain=signed(gain),
        total=signed(contrast.of(edited.logits)),
    )
    change = edited.probabilities[contrast.target] - edited.text_probabilities[contrast.target]
    if contrast.against is None and gain * change < 0 and abs(change) >= 0.005:
        if change > 0:
            words += " " + _("The score fell and the probability rose all the same, because other scores fell more; “Measured against” shows it.")
        else:
            words += " " + _("The score rose and the probability fell all the same, because other scores rose more; “Measured against” shows it.")
    return words


def what_matters(
    predictor: Predictor, text: str, edited: Explanation, edits: Edits, contrast: Contrast, tried: dict[str, Verification], most: int = 3
) -> list[str]:
    """The triples with the greatest influence on a score: what removal is predicted to do, and what it did when it was tried.

    Trying costs two passes through the language model, so `tried` keeps what has been tried with this model and text.
    """
    active = [c for c in edited.contributions if contrast.of(c.values)]
    ranked = sorted(active, key=lambda c: (-abs(contrast.of(c.values)), c.key))[:most]
    for c in ranked:
        if c.key not in tried:
            tried[c.key] = verify(predictor, text, c, edits)
    return [_removal(contrast.name(edited.classes), c, tried[c.key], contrast) for c in ranked]


def _removal(name: str, c: Contribution, tried: Verification, contrast: Contrast) -> str:
    words = _("Without “{triple}” the score of {name} changes by {predicted} (predicted) and {measured} (measured by running the model without it).").format(
        triple=plain(triple_label(c.head_name, c.relation, c.tail_name)),
        name=plain(name),
        predicted=signed(-contrast.of(tried.said)),
        measured=signed(-contrast.of(tried.measured)),
    )
    if c.scale != 1:
        words += " " + _("Both are for its full strength.")
    return words


def flip(predictor: Predictor, text: str, edited: Explanation, edits: Edits, tried: dict[tuple[tuple[Triple, float], ...], int]) -> str:
    """The smallest set of triples whose removal changes the answer, tried out; or that there is none.

    Trying costs a pass through the language model: `tried` keeps the answers with this model, text and added triples, by the triples' strengths.
    """
    name = plain(edited.classes[edited.predicted])
    if not any(any(c.values) for c in edited.contributions):
        return _("No triple is at work, so none can change the answer.")
    found = smallest_flip(edited)
    if found is None:
        return _("No set of triples, however large, changes the answer by its removal: the text alone carries {name}.").format(name=name)
    named = {c.key: c for c in edited.contributions}
    triples = "; ".join(f"“{plain(triple_label(named[key].head_name, named[key].relation, named[key].tail_name))}”" for key in found.keys[:3])
    more = _(" and {count} more").format(count=len(found.keys) - 3) if len(found.keys) > 3 else ""
    scale = {c.triple: c.scale for c in edited.contributions} | {named[key].triple: 0.0 for key in found.keys}
    asked = tuple(sorted(scale.items()))
    if asked not in tried:
        reading = predictor.read(text, edits.added)
        while len(tried) >= _REMEMBERED:
            tried.pop(next(iter(tried)))
        tried[asked] = int(predictor.logits(reading, [replace(term, gate=term.gate * scale.get(term.triple, 1.0)) for term in reading.terms]).argmax())
    checked = _("Tried: it does.") if tried[asked] == found.target else _("Tried: it does not, the two scores are too close to call.")
    return _("To change the answer it is enough to remove {count} of the triples ({triples}{more}): then {other} is ahead by {margin}. {checked}").format(
        count=len(found.keys), triples=triples, more=more, other=plain(edited.classes[found.target]), margin=f"{found.margin:.2f}", checked=checked
    )


def removal_meaning() -> str:
    """The two meanings of removing a triple."""
    return _(
        "**Mask** is what the switches here do: the trained weights stay as they are and the summand of the triple goes. The prediction is a sum, so what "
        "this does is known exactly beforehand, and the page shows both numbers. **Rebuild** is another question: had the triple never been in the "
        "graph, the other triples would be weighted differently and the model would have learned differently. Only a new training answers that, and its "
        "answer differs. Neither says that a triple is true, or that it is the cause of the disease or the fault; both speak of this model."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f}" if 0.005 <= share < 0.995 else f"{100 * share:.1f}"
