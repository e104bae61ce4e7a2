"""The summands of a run's test texts, kept for every question about them: once a run, whatever the round."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fedviz.core.types import Triple
from fedviz.explain.corpus import Corpus, Floats, corpus_of
from fedviz.explain.removal import Local, Mode, without
from fedviz.models.predictor import Predictor
from fedviz.runs.folder import RunFolder
from fedviz.runs.taught import taught
from fedviz.scenarios import load as scenarios


@dataclass(frozen=True, eq=False)
class Many:
    """A run's test texts with their clients; `texts` logits [texts, classes] and `matrix` V are those of one model."""

    corpus: Corpus
    clients: int
    predictor: Predictor
    text_logits: Floats

    def logits(self, removed: tuple[Triple, ...] = (), mode: Mode = "mask") -> Floats:
        """Logits [texts, classes] when these triples of the graph are gone for everyone. Texts are not read again: masking sums up what is left, rebuilding
        weights the graph anew.
        """
        if removed and mode == "rebuild":
            inside = self._own.issuperset(removed)
            cut = self._local.without(frozenset(removed)) if inside else without(self.predictor.graph, removed)
            knowledge = self.predictor.knowledge.on(cut)
            features, priors = knowledge.sums(self.corpus.texts)
            return self.text_logits + features.astype(np.float64) @ self.predictor.matrix.T + priors
        values = self.corpus.values(self.predictor.matrix)
        return self.corpus.logits(self.text_logits, values, self.corpus.kept(removed) if removed else None)

    @cached_property
    def _own(self) -> frozenset[Triple]:
        return frozenset(self.corpus.above.triples)

    @cached_property
    def _local(self) -> Local:
        return Local(self.predictor.graph, self.corpus.above)

    def accuracy(self, removed: tuple[Triple, ...] = (), mode: Mode = "mask") -> tuple[list[float | None], float]:
        """Accuracy of each client and of all, in [0, 1], without these triples."""
        return self.corpus.accuracy(self.logits(removed, mode), self.clients)


def corpus(folder: RunFolder, predictor: Predictor) -> tuple[Corpus, int]:
    """The summands of the run's test texts with the client of each, and how many clients there are. Texts that no client holds are left out."""
    config = folder.config()
    data = scenarios.load(config)
    dealt = scenarios.shards(config, data)
    rows = np.concatenate([np.asarray(some, np.int64) for some in dealt.test]) if dealt.test else np.zeros(0, np.int64)
    clients = np.repeat(np.arange(len(dealt.test)), [len(some) for some in dealt.test])
    return corpus_of(predictor, [data.test.texts[row] for row in rows], data.test.labels[rows], clients), len(dealt.test)


def over_rounds(folder: RunFolder, some: Corpus, rows: NDArray[np.bool_], triples: tuple[Triple, ...]) -> tuple[tuple[int, ...], Floats]:
    """Rounds whose model is kept, and the mean contributions of these triples to the true class against the average class [triples, rounds]."""
    places = {triple: place for place, triple in enumerate(triples)}
    rounds = folder.checkpoints()
    out = np.zeros((len(triples), len(rounds)))
    for column, number in enumerate(rounds):
        matrix = folder.load_checkpoint(number).arrays.get("graph.weight")
        values = some.values(np.zeros((0, 0)) if matrix is None else np.asarray(matrix, np.float64))
        for one in some.carried(values, rows):
            if one.triple in places:
                out[places[one.triple], column] = one.mean
    return rounds, out


def gains(folder: RunFolder, number: int, many: Many, accuracy: bool = True) -> tuple[tuple[int, ...], list[list[float | None]]] | str:
    """Who taught, and what each client has on its own texts from what each of these taught of the triples [clients][teachers]; or why that cannot be told.

    In points of `accuracy` it is what goes when that part of V is taken out and all else stays; else the mean that the part adds to the true class
    against the average class, in logits.
    """
    found = taught(folder, number)
    if found.reason:
        return found.reason
    whole, _all = many.accuracy()
    columns = []
    for part in found.parts.values():
        if "graph.weight" not in part:
            continue
        if not accuracy:
            columns.append(_means(many, part["graph.weight"]))
            continue
        values = many.corpus.values(many.predictor.matrix - part["graph.weight"])
        less, _all = many.corpus.accuracy(many.corpus.logits(many.text_logits, values), many.clients)
        columns.append([None if with_it is None or without_it is None else 100 * (with_it - without_it) for with_it, without_it in zip(whole, less, strict=True)])
    return tuple(found.parts), [list(row) for row in zip(*columns, strict=True)] if columns else []


def _means(many: Many, matrix: Floats) -> list[float | None]:
    """The mean over each client's texts of what a part of V adds to the true class against the average class."""
    some = many.corpus
    added = some.logits(np.zeros_like(many.text_logits), some.values(matrix)) - some.logits(np.zeros_like(many.text_logits), some.priors.astype(np.float64))
    signed = added[np.arange(len(added)), some.labels] - added.mean(1)
    return [float(signed[some.clients == client].mean()) if (some.clients == client).any() else None for client in range(many.clients)]
