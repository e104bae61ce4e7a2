"""Distant supervision: a graph labels sentences, a small classifier over sentence vectors learns how its relations are said.

Mintz et al., Distant supervision for relation extraction without labeled data, ACL 2009: a sentence that names both ends of a known triple is taken to say it. Sentences that name two things
with no known triple between them are the class of none.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fedviz.core.errors import InputError
from fedviz.kg.construct.negation import scopes, why_not
from fedviz.kg.construct.records import Extracted, Found
from fedviz.kg.vectors import Embed

NONE = "none"
LEAST_EXAMPLES = 8
MOST_EXAMPLES = 4000
_APART = 120


@dataclass(frozen=True, eq=False)
class DistantModel:
    """A trained classifier. `relations`: what it can say; `examples`: how many sentences taught each, none included."""

    relations: tuple[str, ...]
    examples: Mapping[str, int]
    threshold: float
    _model: Any
    _embed: Embed

    def in_sentence(self, sentence: str, mentions: Sequence[Found], said: Iterable[Extracted] = ()) -> list[Extracted]:
        """Triples between mentions of a sentence that the classifier is sure of, but none between ends that have one already; denied ones are held back."""
        taken = {frozenset((one.head.key, one.tail.key)) for one in said}
        pairs = [pair for pair in pairs_of(mentions) if frozenset((pair[0].key, pair[1].key)) not in taken]
        if not pairs:
            return []
        likely = self._model.predict_proba(self._embed([marked(sentence, *pair) for pair in pairs]))
        where = scopes(sentence)
        found = []
        for (left, right), row in zip(pairs, likely, strict=True):
            label, sure = str(self._model.classes_[row.argmax()]), float(row.max())
            if label != NONE and sure >= self.threshold:
                head, tail = (right, left) if label.startswith("<") else (left, right)
                scope = why_not(where, tail.start, tail.end) or why_not(where, head.start, head.end)
                found.append(Extracted(head, label.removeprefix("<"), tail, "distant supervision", round(sure, 3), sentence, f"{scope.kind}: {scope.trigger}" if scope else ""))
        return found


def pairs_of(mentions: Sequence[Found]) -> list[tuple[Found, Found]]:
    """Pairs of things of a sentence, left before right, not too far apart."""
    things = [one for one in mentions if one.method not in ("quantity", "date")]
    return [(left, right) for number, left in enumerate(things) for right in things[number + 1 :] if right.start - left.end < _APART and left.key != right.key]


def marked(sentence: str, left: Found, right: Found) -> str:
    """What the classifier reads: the sentence from the first end to the second, their words replaced by A and B, so that the words between decide."""
    return f"A {sentence[left.end : right.start].strip()} B"


def train(
    known: Mapping[tuple[str, str], str], sentences: Iterable[tuple[str, Sequence[Found]]], embed: Embed, threshold: float = 0.7, progress: Callable[[int, int], None] = lambda done, total: None
) -> DistantModel:
    """A classifier taught by a graph (`known`: (head, tail) -> relation) on sentences with their mentions. `InputError` where the graph labels too little.

    A relation needs eight sentences; at most 4,000 examples are used. Scikit-learn's logistic regression over the vectors, classes weighted alike.
    """
    rows: list[tuple[str, str]] = []
    for sentence, mentions in sentences:
        for left, right in pairs_of(mentions):
            if (label := known.get((left.key, right.key))) is not None:
                rows.append((marked(sentence, left, right), label))
            elif (label := known.get((right.key, left.key))) is not None:
                rows.append((marked(sentence, left, right), f"<{label}"))
            else:
                rows.append((marked(sentence, left, right), NONE))
    counts: dict[str, int] = {}
    kept = []
    for _text, label in rows:
        counts[label] = counts.get(label, 0) + 1
    for text, label in rows:
        if counts[label] >= LEAST_EXAMPLES:
            kept.append((text, label))
    kept = kept[:: max(1, len(kept) // MOST_EXAMPLES)][:MOST_EXAMPLES]
    labels = [label for _text, label in kept]
    if len(set(labels) - {NONE}) < 1 or len(set(labels)) < 2:
        raise InputError(f"The graph labels too few sentences to learn from: a relation needs {LEAST_EXAMPLES} that name both ends of one of its triples, and some that do not.")
    from sklearn.linear_model import LogisticRegression

    progress(0, len(kept))
    different = list(dict.fromkeys(text for text, _label in kept))
    rows_of = {text: row for start in range(0, len(different), 256) for text, row in zip(different[start : start + 256], embed(different[start : start + 256]), strict=True)}
    vectors = np.stack([rows_of[text] for text, _label in kept])
    progress(len(kept), len(kept))
    model = LogisticRegression(max_iter=500, C=10.0, class_weight="balanced").fit(vectors, labels)
    tally = {label: labels.count(label) for label in sorted(set(labels))}
    return DistantModel(tuple(sorted({label.removeprefix("<") for label in tally} - {NONE})), tally, threshold, model, embed)
