"""All attacks on one client's update: what is seen under a setting, what is read from it, and how much of that is true."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fedviz.core.seeds import derive
from fedviz.federation.leakage import labels, order, sight, tokens, vectors
from fedviz.federation.leakage.sight import Setting
from fedviz.federation.leakage.subject import Arrays, Subject
from fedviz.models.families import Tokens

SUMMED_CLIENTS = 8


@dataclass(frozen=True)
class Text:
    """A text of a client: its tokens and its class."""

    tokens: Tokens
    label: int


@dataclass(frozen=True, eq=False)
class Reading:
    """What the server reads. `words`: tokens by the length of their rows; `order`: token by position, `UNKNOWN` where it has none; `labels` [classes]: counts.

    `forced`: the tokens of as many of the longest rows as the text has words, if it had to name so many. `vector` [d]: where the sentence lies.
    """

    words: Tokens
    order: Tokens
    labels: NDArray[np.int64]
    forced: Tokens
    vector: NDArray[np.float64]


@dataclass(frozen=True)
class Score:
    """How much of a reading is true of one text; shares in [0, 1]. Tokens that stand in every text do not count, words that occur twice count once.

    `recall` of the text's words, `precision` of the words read, `forced` recall of the words that the attacker would name if it must name as many,
    `placed` share of the places with the right word, `exact` where the whole text was read in its order, `labels` share of the labels.
    """

    recall: float
    precision: float
    forced: float
    placed: float
    exact: bool
    labels: float


def seen(subject: Subject, target: Text, others: Sequence[Text], setting: Setting, seed: int) -> Arrays:
    """What the server sees of the client that holds `target`, as the mean gradient that it concludes; `others` are taken for the other texts and clients."""
    clients = SUMMED_CLIENTS if setting.secure == "sum" else 1
    need = clients * setting.batch - 1
    if len(others) < need:
        raise ValueError(f"{need} other texts are needed, but there are {len(others)}")
    held = [target, *others[:need]]

    def sent(client: int) -> Arrays:
        mine = held[client * setting.batch : (client + 1) * setting.batch]
        update = subject.sent([text.tokens for text in mine], [text.label for text in mine], setting.fit, derive(seed, "client", client))
        if setting.clip:
            update = sight.clipped(update, setting.clip, setting.noise, derive(seed, "client", client))
        return sight.compressed(update, setting.compression) if setting.compression else update

    if setting.secure == "masked":
        update = sight.masked(sent(0), seed)
    elif setting.secure == "sum":
        update = sight.summed([lambda client=client: sent(client) for client in range(clients)])  # type: ignore[misc]
    else:
        update = sent(0)
    return sight.gradient(update, setting)


def read(subject: Subject, gradient: Arrays, texts: int, words: int) -> Reading:
    """The attacks on a mean gradient of `texts` texts; `words` is for the forced guess alone."""
    classes = len(subject.data.classes)
    counts = labels.counts(gradient[sight.BIAS], texts, np.full(classes, 1 / classes))
    vector = vectors.sentence_vector(gradient[sight.WEIGHT], int(counts.argmax()))
    if sight.WORD not in gradient:
        return Reading((), (), counts, (), vector)
    table, places = gradient[sight.WORD], gradient[sight.POSITION]
    rows = tokens.changed_rows(table)
    changed = tokens.changed_rows(places)
    length = int(changed.max()) + 1 if len(changed) else 0
    found = order.placed(table[rows], places[:length])
    placed = np.where(found >= 0, rows[found] if len(rows) else order.UNKNOWN, order.UNKNOWN)
    forced = [row for row in tokens.longest_rows(table, words + len(subject.special)).tolist() if row not in subject.special][:words]
    return Reading(tuple(rows.tolist()), tuple(placed.tolist()), counts, tuple(forced), vector)


def judged(reading: Reading, target: Text, held: Sequence[Text], special: frozenset[int]) -> Score:
    """How much of a reading is true. `held`: all texts behind the update, for the labels."""
    truth, found = set(target.tokens) - special, set(reading.words) - special
    pairs = list(zip(reading.order, target.tokens, strict=False))
    places = [one == other for one, other in pairs if other not in special]
    real = np.bincount([text.label for text in held], minlength=len(reading.labels))
    return Score(
        recall=len(found & truth) / max(len(truth), 1),
        precision=len(found & truth) / max(len(found), 1),
        forced=len(set(reading.forced) & truth) / max(len(truth), 1),
        placed=sum(places) / max(sum(token not in special for token in target.tokens), 1),
        exact=reading.order == target.tokens,
        labels=labels.agreement(reading.labels, real),
    )


def studied(subject: Subject, target: Text, others: Sequence[Text], setting: Setting, seed: int) -> tuple[Reading, Score]:
    """`seen`, `read` and `judged` in one."""
    texts = setting.batch * (SUMMED_CLIENTS if setting.secure == "sum" else 1)
    reading = read(subject, seen(subject, target, others, setting, seed), texts, len(set(target.tokens) - subject.special))
    return reading, judged(reading, target, [target, *others[: texts - 1]], subject.special)
