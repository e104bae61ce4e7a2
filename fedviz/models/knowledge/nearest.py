"""The linker by embedding of a graph, shared by all models of the process: the vectors of its names are large."""

import threading
from collections.abc import Callable

from fedviz.kg.link import Linker
from fedviz.kg.near import NearLinker, near_linker
from fedviz.kg.vectors import Embed

_MOST = 2
_LOCK = threading.Lock()
_KEPT: dict[tuple[str, str, float], NearLinker] = {}


def nearest(exact: Linker, encoder: str, embed: Embed, threshold: float, progress: Callable[[int, int], None]) -> NearLinker:
    """The linker for the graph of `exact`, the language model with the key `encoder` and a least cosine.

    Made at the first use, with `progress(names done, names in all)` where the data folder lacks the vectors of the names.
    """
    key = exact.graph.digest, encoder, threshold
    with _LOCK:
        if key not in _KEPT:
            made = near_linker(exact, encoder, embed, threshold, progress)
            while len(_KEPT) >= _MOST:
                _KEPT.pop(next(iter(_KEPT)))
            _KEPT[key] = made
        return _KEPT[key]
