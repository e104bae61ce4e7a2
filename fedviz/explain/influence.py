"""The influence of triples on one prediction: exact, because the logits are a sum with one summand per triple.

"Switched off" means masked: all weights stay as they are and the summand goes. Retraining, or weighting the graph anew without the triple, is
another question with another answer.
"""

from collections.abc import Sequence

import numpy as np

from fedviz.core.errors import InputError
from fedviz.core.types import Triple
from fedviz.explain.records import Comparison, Contribution, Edits, Explanation, Flip, LinkedMention, TripleDifference, Verification, triple_key
from fedviz.kg.graph import IS_A
from fedviz.models.predictor import Predictor


def explain(predictor: Predictor, text: str, edits: Edits = Edits()) -> Explanation:  # noqa: B008 - frozen
    """The prediction for `text` under `edits`, taken apart; contributions with the largest effect on the predicted class come first.

    `InputError` for an empty or endless text and for added triples that the graph cannot hold.
    """
    check_added(predictor, edits.added)
    reading = predictor.read(text, edits.added)
    own = {term.triple for term in predictor.read(text).terms} if edits.added else None
    contributions, total = [], reading.text_logits.copy()
    for term in reading.terms:
        scale = edits.scale.get(triple_key(term.triple), 1.0)
        values = scale * predictor.values(term)
        total += values
        contributions.append(
            Contribution(
                triple=term.triple,
                head_name=predictor.graph.entities[term.triple.head].name,
                relation=term.triple.relation,
                tail_name=predictor.graph.entities[term.triple.tail].name,
                mention=term.mention,
                gate=term.gate,
                weight=term.weight,
                values=tuple(map(float, values)),
                scale=scale,
                added=own is not None and term.triple not in own,
            )
        )
    predicted = int(np.argmax(total))
    return Explanation(
        text=reading.text,
        classes=predictor.classes,
        mentions=tuple(
            LinkedMention(**mention._asdict(), entity_name=predictor.graph.entities[mention.entity].name) for mention in reading.mentions
        ),
        text_logits=tuple(map(float, reading.text_logits)),
        logits=tuple(map(float, total)),
        probabilities=_softmax(total),
        text_probabilities=_softmax(reading.text_logits),
        contributions=tuple(sorted(contributions, key=lambda c: (-abs(c.values[predicted]), c.triple))),
        predicted=predicted,
    )


def compare(first: Explanation, second: Explanation) -> Comparison:
    """Two models on one text, difference by difference. `InputError` where texts or classes differ."""
    if first.text != second.text or first.classes != second.classes:
        raise InputError("Two predictions can be compared on one text with the same classes only.")
    zero = (0.0,) * len(first.classes)
    one, two = ({c.triple: c for c in side.contributions} for side in (first, second))
    differences = [
        TripleDifference(
            triple=triple,
            head_name=(one.get(triple) or two[triple]).head_name,
            tail_name=(one.get(triple) or two[triple]).tail_name,
            first=one[triple].values if triple in one else zero,
            second=two[triple].values if triple in two else zero,
        )
        for triple in {**two, **one}
    ]
    answer = second.predicted
    return Comparison(
        text=first.text,
        classes=first.classes,
        first_predicted=first.predicted,
        second_predicted=answer,
        text_difference=_minus(second.text_logits, first.text_logits),
        logits_difference=_minus(second.logits, first.logits),
        triples=tuple(sorted(differences, key=lambda d: (-abs(d.second[answer] - d.first[answer]), d.triple))),
    )


def verify(predictor: Predictor, text: str, contribution: Contribution, edits: Edits = Edits()) -> Verification:  # noqa: B008 - frozen
    """Leave one out: run the model with and without the triple and compare the change with what the contribution says.

    `InputError` where the text has no such triple.
    """
    reading = predictor.read(text, edits.added)
    rest = [term for term in reading.terms if term.triple != contribution.triple]
    if len(rest) == len(reading.terms):
        raise InputError(f"The text has no triple {triple_key(contribution.triple)!r}.")
    measured = (predictor.logits(reading, reading.terms) - predictor.logits(reading, rest)).astype(np.float64)
    said = np.array(contribution.values) / (contribution.scale or 1.0)
    return Verification(said=tuple(map(float, said)), measured=tuple(map(float, measured)), error=float(np.abs(said - measured).max()))


def smallest_flip(explanation: Explanation) -> Flip | None:
    """A smallest set of triples whose removal changes the answer, or None where no set does.

    Exact: for each other class, removing triples in the order of how much they favour the answer over it is best, because they add up.
    """
    answer, logits = explanation.predicted, np.array(explanation.logits)
    best: Flip | None = None
    for target in range(len(logits)):
        if target == answer:
            continue
        margin, keys = float(logits[answer] - logits[target]), []
        for value, key in sorted(((c.values[answer] - c.values[target], c.key) for c in explanation.contributions), reverse=True):
            if margin < 0 or value <= 0:
                break
            margin -= value
            keys.append(key)
        if margin < 0 and (best is None or (len(keys), margin) < (len(best.keys), -best.margin)):
            best = Flip(keys=tuple(keys), target=target, margin=-margin)
    return best


def check_added(predictor: Predictor, added: Sequence[Triple]) -> None:
    """Raise `InputError` where an added triple is none that the graph could hold."""
    for triple in added:
        for end in (triple.head, triple.tail):
            if end not in predictor.graph.entities:
                raise InputError(f"An added triple must join entities of the graph, but {end[:80]!r} is none.")
        if triple.relation != IS_A:
            raise InputError(f"An added triple must have the relation {IS_A!r}, which alone carries evidence here, but got {triple.relation[:80]!r}.")
        if triple.head == triple.tail:
            raise InputError(f"An added triple must join two different entities, but got {triple.head!r} twice.")


def _softmax(logits: np.ndarray) -> tuple[float, ...]:
    shifted = np.exp(logits - logits.max())
    return tuple(map(float, shifted / shifted.sum()))


def _minus(second: Sequence[float], first: Sequence[float]) -> tuple[float, ...]:
    return tuple(b - a for a, b in zip(first, second, strict=True))
