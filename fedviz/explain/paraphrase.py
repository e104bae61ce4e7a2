"""Whether an explanation stays when the same is said in other words: entities of a text under their other names in the graph.

The graph's part can move only where a name is linked elsewhere, or shares its text with more or fewer links; the text's part is free to move. The control
says something else instead: the name of another entity, drawn from the graph, in the same place. An explanation should move then.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fedviz.core.errors import InputError
from fedviz.core.types import Record, Triple
from fedviz.kg.surface import fold
from fedviz.models.predictor import Predictor, Reading


@dataclass(frozen=True)
class Moves:
    """How one text's explanation moved: rank correlation of contributions to the first answer (None for fewer than three triples), whether the links are
    the same, whether the answer is, the text's share before and after, and how far the answer's probability went.
    """

    correlation: float | None
    same_links: bool
    same_answer: bool
    share: float
    moved_share: float
    moved_probability: float


class Stability(Record):
    """Over texts. `correlation`: mean Spearman correlation of the triples' contributions before and after (a triple that is gone has 0), None where no text
    has three; `same_links`, `same_answer`: shares of texts; `share`: the text's mean share before, `moved_share` and `moved_probability`: mean absolute
    moves, with their standard deviations.
    """

    texts: int
    correlation: float | None
    correlation_spread: float
    same_links: float
    same_answer: float
    share: float
    moved_share: float
    moved_share_spread: float
    moved_probability: float
    moved_probability_spread: float


def rewritten(predictor: Predictor, reading: Reading, generator: np.random.Generator, other: bool = False) -> str | None:
    """The text with every entity under another of its names, by chance; None where none has another. `other`: with names of other entities."""
    entities = predictor.graph.entities
    keys = list(entities)
    text, changed = reading.text, False
    for mention in reversed(reading.mentions):
        if other:
            item = entities[keys[generator.integers(len(keys))]]
            names = [item.name] if item.id != mention.entity else []
        else:
            item = entities[mention.entity]
            names = [name for name in (item.name, *item.synonyms) if fold(name) != fold(mention.surface)]
        if names:
            text = text[: mention.start] + names[generator.integers(len(names))] + text[mention.end :]
            changed = True
    return text if changed else None


def moved(predictor: Predictor, reading: Reading, generator: np.random.Generator, other: bool = False) -> Moves | None:
    """How the explanation of a text moves when it is rewritten; None where it cannot be."""
    text = rewritten(predictor, reading, generator, other)
    if text is None:
        return None
    try:
        after = predictor.read(text)
    except InputError:  # names of the graph may be longer than a text can be
        return None
    answer, probability, share, before = _parts(predictor, reading)
    new_answer, new_probability, new_share, behind = _parts(predictor, after, answer)
    triples = sorted({*before, *behind})
    return Moves(
        correlation=_correlation([before.get(key, 0.0) for key in triples], [behind.get(key, 0.0) for key in triples]),
        same_links={mention.entity for mention in reading.mentions} == {mention.entity for mention in after.mentions},
        same_answer=answer == new_answer,
        share=share,
        moved_share=abs(new_share - share),
        moved_probability=abs(new_probability - probability),
    )


def stability(moves: Sequence[Moves]) -> Stability | None:
    """The moves of many texts together; None for none."""
    if not moves:
        return None
    correlations = [move.correlation for move in moves if move.correlation is not None]
    shares, probabilities = ([getattr(move, name) for move in moves] for name in ("moved_share", "moved_probability"))
    return Stability(
        texts=len(moves),
        correlation=float(np.mean(correlations)) if correlations else None,
        correlation_spread=float(np.std(correlations)) if correlations else 0.0,
        same_links=float(np.mean([move.same_links for move in moves])),
        same_answer=float(np.mean([move.same_answer for move in moves])),
        share=float(np.mean([move.share for move in moves])),
        moved_share=float(np.mean(shares)),
        moved_share_spread=float(np.std(shares)),
        moved_probability=float(np.mean(probabilities)),
        moved_probability_spread=float(np.std(probabilities)),
    )


def _parts(predictor: Predictor, reading: Reading, about: int | None = None) -> tuple[int, float, float, dict[Triple, float]]:
    """The answer; of the class `about` (or the answer) its probability, the text's share of all that moves its score against the average class, in [0, 1],
    and each triple's contribution.
    """
    values = [predictor.values(term) for term in reading.terms]
    logits = sum(values, reading.text_logits)
    answer = int(np.argmax(logits))
    look = answer if about is None else about
    own = abs(float(reading.text_logits[look] - reading.text_logits.mean()))
    graph = sum(abs(float(value[look] - value.mean())) for value in values)
    odds = np.exp(logits - logits.max())
    triples = {term.triple: float(value[look]) for term, value in zip(reading.terms, values, strict=True)}
    return answer, float(odds[look] / odds.sum()), own / ((own + graph) or 1.0), triples


def _correlation(before: Sequence[float], after: Sequence[float]) -> float | None:
    from scipy.stats import spearmanr  # a second of imports that pages do without

    if len(before) < 3 or len(set(before)) == 1:
        return None
    return 0.0 if len(set(after)) == 1 else float(spearmanr(before, after).statistic)
