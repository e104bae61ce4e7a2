"""Label drift as the frozen language model sees it: a written text shall not come to lie nearer to another class of the client's own texts."""

from collections.abc import Sequence

import numpy as np

from fedviz.models.augmentation.base import Embed, Written
from fedviz.scenarios.base import Ints


class NearestClass:
    """The mean vector of each class of one client's texts (the nearest centroid classifier, Tibshirani et al. 2002)."""

    def __init__(self, texts: Sequence[str], labels: Ints, embed: Embed) -> None:
        vectors = embed(texts)
        self._embed, self._known = embed, sorted({int(label) for label in labels})
        self._means = np.stack([_unit(vectors[labels == label].mean(0)) for label in self._known])

    def kept(self, written: Sequence[Written], originals: Sequence[str]) -> list[Written]:
        """Those that lie nearest to their own class; also those whose original does not, of which the model can tell nothing, and those of classes that it has not seen."""
        after, before = (self._nearest(texts) for texts in ([one.text for one in written], [originals[one.source] for one in written]))
        return [
            one
            for one, now, then in zip(written, after, before, strict=True)
            if one.label not in self._known or now == one.label or (one.kind != "counterfactuals" and then != one.label)
        ]

    def _nearest(self, texts: Sequence[str]) -> list[int]:
        return [self._known[place] for place in (self._embed(texts) @ self._means.T).argmax(1)]


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / max(float(np.linalg.norm(vector)), 1e-12)
