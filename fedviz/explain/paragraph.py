"""A prediction as one paragraph in plain words, made from the exact contributions; and the numbers in it with what each belongs to.

A language model may say the same in words of its own. What it writes is held against these facts, number by number and name by name (see `fedviz.explain.checked`).
"""

from collections.abc import Callable
from typing import NamedTuple

from fedviz.core.i18n import N_, _
from fedviz.explain.records import Contribution, Explanation
from fedviz.kg.graph import CARRIES

MOST = 3
"""So many triples are told one by one."""
_ANSWER = N_("The model answers {name} with a probability of {share} %.")
_ALONE_SAME = N_("From the text alone it would give the same answer, with {share} %.")
_ALONE_OTHER = N_("From the text alone it would answer {name}, with {share} %.")
_NOTHING = N_("No triple of the graph is at work here, so the answer is that of the text.")
_SUM = N_("For this answer the text counts {text} and the graph {graph}, together {total}.")
_FOR = N_("Most speaks for it that {triple} ({value}).")
_ALSO = N_("So does that {triple} ({value}).")
_AGAINST = N_("Against it speaks that {triple} ({value}).")
_REST = N_("All other triples together add {value}.")
_KIND = N_("{head} is a kind of {tail}")
_FEATURES = N_("{head} carries features")
_OTHER = N_("{head} has the relation {relation} to {tail}")

Say = Callable[[str], str]


class Fact(NamedTuple):
    """A number of the paragraph: as it is written, its value, and the names that it belongs to (any of them; none: the answer as a whole)."""

    written: str
    value: float
    names: tuple[str, ...]


def paragraph(influence: Explanation, say: Say = _) -> str:
    """The paragraph; `say` translates its sentences (the catalogue in use, unless another is given). Names stay as they are."""
    return " ".join(sentence for sentence, _facts in _sentences(influence, say))


def facts(influence: Explanation) -> tuple[Fact, ...]:
    """The numbers of the paragraph, in its order."""
    return tuple(fact for _sentence, some in _sentences(influence, str) for fact in some)


def _sentences(influence: Explanation, say: Say) -> list[tuple[str, list[Fact]]]:
    answer = influence.predicted
    name, share = influence.classes[answer], _percent(influence.probabilities[answer])
    found = [(say(_ANSWER).format(name=name, share=share), [Fact(share, float(share), (name,))])]
    working = sorted((c for c in influence.contributions if c.values[answer]), key=lambda c: (-abs(c.values[answer]), c.key))
    if not working:
        return [*found, (say(_NOTHING), [])]
    alone = max(range(len(influence.classes)), key=lambda index: influence.text_probabilities[index])
    other, less = influence.classes[alone], _percent(influence.text_probabilities[alone])
    found.append((say(_ALONE_SAME if alone == answer else _ALONE_OTHER).format(name=other, share=less), [Fact(less, float(less), (other,))]))
    parts = {"text": influence.text_logits[answer], "graph": sum(c.values[answer] for c in working), "total": influence.logits[answer]}
    found.append((say(_SUM).format(**{key: _signed(value) for key, value in parts.items()}), [_fact(value, ()) for value in parts.values()]))
    told: set[bool] = set()
    for c in working[:MOST]:
        value = c.values[answer]
        message = _AGAINST if value < 0 else _ALSO if True in told else _FOR
        told.add(value > 0)
        found.append((say(message).format(triple=_triple(c, say), value=_signed(value)), [_fact(value, (c.head_name, c.tail_name))]))
    if working[MOST:]:
        rest = sum(c.values[answer] for c in working[MOST:])
        found.append((say(_REST).format(value=_signed(rest)), [_fact(rest, ())]))
    return found


def _triple(c: Contribution, say: Say) -> str:
    message = _FEATURES if c.relation == CARRIES else _KIND if c.relation in ("is_a", "is_a*") else _OTHER
    return say(message).format(head=c.head_name, relation=c.relation, tail=c.tail_name)


def _fact(value: float, names: tuple[str, ...]) -> Fact:
    return Fact(_signed(value), round(value, 2), names)


def _signed(value: float) -> str:
    rounded = round(value, 2) + 0.0
    return f"{rounded:+.2f}" if rounded else "0.00"


def _percent(share: float) -> str:
    return f"{100 * share:.0f}" if 0.005 <= share < 0.995 else f"{100 * share:.1f}"
