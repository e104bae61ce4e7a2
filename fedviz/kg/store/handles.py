"""Handles on stores that are read: one for each folder and process, opened anew where the graph is in another state."""

from pathlib import Path

from fedviz.kg.store import oxi

_OPEN: dict[Path, tuple[str, oxi.Store]] = {}


def opened(place: Path, state: str) -> oxi.Store:
    """The store of that folder in that state (`GraphInfo.state`), opened once; an empty one where nothing was ever written."""
    kept = _OPEN.get(place)
    if kept is None or kept[0] != state:
        kept = _OPEN[place] = (state, oxi.open_readable(place) if place.exists() else oxi.in_memory())
    return kept[1]
