"""Texts that tell something about a trained model: the graph rescues one, misleads one, or names a class that training never saw.

Such texts are found by `python -m fedviz stories RUN` among a run's test texts and kept in `prepared.json`. Another run has other weights, so whether a
text still tells its story is looked at anew each time.
"""

from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from fedviz.core.config import RunConfig
from fedviz.core.errors import InputError
from fedviz.core.types import Record
from fedviz.explain.corpus import Corpus, Floats
from fedviz.explain.records import Explanation
from fedviz.models.predictor import Predictor
from fedviz.scenarios.base import ScenarioData
from fedviz.scenarios.load import shards

Kind = Literal["rescues", "misleads", "unseen"]
KINDS: tuple[Kind, ...] = get_args(Kind)
LONGEST = 400
FILE = "prepared.json"


class Prepared(Record):
    """A text of a scenario, its true class by name, and what it told when it was found."""

    scenario: str
    kind: Kind
    text: str
    label: str


_ALL = TypeAdapter(tuple[Prepared, ...])


def read(path: Path) -> tuple[Prepared, ...]:
    """Prepared texts of a file. `InputError` where it holds something else."""
    try:
        return _ALL.validate_json(path.read_bytes())
    except (OSError, ValidationError):
        raise InputError(f"A file of prepared texts is a JSON list of scenario, kind, text and label, but {path.name!r} is none.") from None


@lru_cache(maxsize=1)
def prepared() -> tuple[Prepared, ...]:
    """All prepared texts; none where the file cannot be read."""
    try:
        return _ALL.validate_json(resources.files("fedviz.explain").joinpath(FILE).read_bytes())
    except (OSError, ValidationError):
        return ()


def to_json(some: Sequence[Prepared]) -> str:
    """Prepared texts as the file keeps them, by scenario and kind."""
    ordered = sorted(some, key=lambda one: (one.scenario, KINDS.index(one.kind), one.text))
    return _ALL.dump_json(tuple(ordered), indent=1).decode("utf-8") + "\n"


def seen(config: RunConfig, data: ScenarioData, number: int, client: int | None) -> NDArray[np.int64]:
    """How many training texts of each class [classes] a model has learned from: those of all clients that train, or, for a client's model of the first
    round, its own. Later models of a client begin with the others' work.
    """
    dealt = shards(config, data)
    absent = set(config.federation.absent_clients)
    own = [client] if client is not None and number == 1 else [one for one in range(len(dealt.train)) if one not in absent]
    rows = [row for one in own for row in dealt.train[one]] if number else []
    return np.bincount(data.train.labels[np.array(rows, np.int64)], minlength=len(data.classes))


def tells(kind: Kind, explanation: Explanation, label: int | None, learned: Sequence[int]) -> bool:
    """Whether a text still tells its story under a model."""
    if label is None:
        return False
    alone = int(np.argmax(explanation.text_logits))
    if kind == "unseen":
        return not learned[label]
    return (alone, explanation.predicted == label) == (label, False) if kind == "misleads" else alone != label and explanation.predicted == label


def find(predictor: Predictor, corpus: Corpus, text_logits: Floats, learned: NDArray[np.int64], scenario: str) -> tuple[Prepared, ...]:
    """The clearest text of each kind among those of the corpus; kinds of which there is none are left out.

    A rescue needs a mention in other words than the entity's preferred name. Clear: both answers are far from the other class. Of an unseen class that
    text is taken which the model is most sure to be right about, or, if it never is, which it comes nearest.
    """
    full = corpus.logits(text_logits, corpus.values(predictor.matrix))
    rows = np.arange(len(full))
    with_graph, alone = (_ahead(some, corpus.labels) for some in (full, text_logits))
    clear = np.minimum(with_graph, -alone)
    mentions = predictor.knowledge.mentions(corpus.texts)
    lay = np.array([any(one.surface.lower() != predictor.graph.entities[one.entity].name.lower() for one in some) for some in mentions], bool)
    short = np.array([len(text) <= LONGEST for text in corpus.texts], bool)
    unseen = learned[corpus.labels] == 0
    scores: dict[Kind, tuple[NDArray[np.bool_], Floats]] = {
        "rescues": (short & lay & (clear > 0), clear),
        "misleads": (short & (alone > 0) & (with_graph < 0), np.minimum(-with_graph, alone)),
        "unseen": (short & unseen & np.array([bool(some) for some in mentions], bool), with_graph),
    }
    found = []
    for kind, (fits, score) in scores.items():
        if fits.any():
            best = int(rows[fits][np.argmax(score[fits])])
            found.append(Prepared(scenario=scenario, kind=kind, text=corpus.texts[best], label=predictor.classes[corpus.labels[best]]))
    return tuple(found)


def _ahead(logits: Floats, labels: NDArray[np.int64]) -> Floats:
    """How far the true class is ahead of the best other one [texts]."""
    rows = np.arange(len(logits))
    others = logits.copy()
    others[rows, labels] = -np.inf
    return logits[rows, labels] - others.max(1) if len(logits) else np.zeros(0)
