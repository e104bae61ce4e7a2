"""The ground of the page *Leakage*: the models that are attacked, kept in memory, and attacks on them one at a time."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st

from fedviz.core.config import RunConfig
from fedviz.core.errors import InputError
from fedviz.core.i18n import _
from fedviz.core.text import clean
from fedviz.scenarios import load as scenarios
from fedviz.scenarios.base import ScenarioData

if TYPE_CHECKING:  # torch is heavy, and the page shows its words before it is read
    from fedviz.federation.leakage.inversion import Guess
    from fedviz.federation.leakage.sight import Setting
    from fedviz.federation.leakage.study import Reading, Score, Text
    from fedviz.federation.leakage.subject import Arrays, Subject

CONFIG = RunConfig.parse({"scenario": "medicine-vignettes", "knowledge": "none", "model": {"name": "minilm", "tuning": "full"}})
MOST_TOKENS, SEARCHED_TOKENS, CANDIDATES, OTHERS = 40, 14, 100, 200
_LOCK = threading.Lock()


@dataclass(frozen=True)
class Attacked:
    """What the server read of a sentence, how much of it is true, and the sentence's place among so many candidates."""

    reading: "Reading"
    score: "Score"
    place: int
    candidates: int


def text_of(typed: str) -> str:
    """The sentence to attack; `InputError` where it is empty or longer than 40 tokens."""
    text = clean(typed, 1000, "sentence")
    count = len(tokens_of(text))
    if count > MOST_TOKENS:
        raise InputError(_("A sentence must have at most {most} tokens here, but this one has {count}.").format(most=MOST_TOKENS, count=count))
    return text


def data() -> ScenarioData:
    """The scenario whose texts the other clients hold."""
    return scenarios.load(CONFIG)


def attacked(text: str, label: int, setting: "Setting") -> Attacked:
    """Attack one sentence; nothing of it is kept."""
    from fedviz.federation.leakage import study, vectors

    with _LOCK:
        some, target, others = _stage(text, label, setting)
        reading, score = study.studied(some, target, others, setting, 0)
        own = vectors.vectors(some, [target.tokens])
        scores = _candidates(setting.tuning) @ reading.vector
    return Attacked(reading, score, 1 + int((scores >= own[0] @ reading.vector).sum()), 1 + len(scores))


def searched(text: str, label: int, setting: "Setting") -> "tuple[Guess, float]":
    """Search for the words of one sentence where no rows travel; the guess, and the share of the words that it has right."""
    from fedviz.federation.leakage import inversion, study

    with _LOCK:
        some, target, others = _stage(text, label, setting)
        seen = study.seen(some, target, others, setting, 0)
        read = int(study.read(some, seen, 1, 0).labels.argmax())
        guess = inversion.searched(some, seen, read, len(target.tokens), (target.tokens[:1], target.tokens[-1:]), 0)
    return guess, inversion.overlap(guess.tokens, target.tokens, some.special)[0]


def tokens_of(text: str) -> tuple[int, ...]:
    """The sentence's tokens."""
    from fedviz.models.minilm import load

    return load(CONFIG.model).tokenize([text], 512)[0]


def _stage(text: str, label: int, setting: "Setting") -> "tuple[Subject, Text, Sequence[Text]]":
    from fedviz.federation.leakage.study import Text

    some = _subject(setting.tuning)
    if setting.first:
        some = replace(some, weights={**some.weights, **_zero_head(some.weights)})
    return some, Text(some.tokens([text])[0], label), _others()


def _zero_head(weights: "Arrays") -> "Arrays":
    return {name: 0 * weights[name] for name in ("head.weight", "head.bias")}


@st.cache_resource(show_spinner=False)
def _head() -> "Arrays":
    from fedviz.federation.leakage.subject import warm_head

    return warm_head(CONFIG, data())


@st.cache_resource(show_spinner=False)
def _subject(tuning: str) -> "Subject":
    from fedviz.federation.leakage.subject import subject

    return subject(CONFIG.updated({"model.tuning": tuning}), data(), _head())


@st.cache_resource(show_spinner=False)
def _others() -> "list[Text]":
    from fedviz.federation.leakage.study import Text

    train = data().train
    return [Text(tokens, int(label)) for tokens, label in zip(_subject("full").tokens(train.texts[:OTHERS]), train.labels, strict=False)]


@st.cache_resource(show_spinner=False)
def _candidates(tuning: str):  # noqa: ANN202 - an array, whose type needs numpy at import
    """Vectors [n, d] of other sentences that a server may suspect."""
    from fedviz.federation.leakage.vectors import vectors

    some = _subject(tuning)
    return vectors(some, some.tokens(data().test.texts[:CANDIDATES]))
