"""What one entity carries, as pixels, a line, or rows of a table."""

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from fedviz.charts.safe import line
from fedviz.charts.theme import Spec, axis, figure, layout, rounded, value_axis
from fedviz.core.i18n import _
from fedviz.kg.features import EntityFeatures

_POINTS = 600
_ROWS = 40
_ENLARGED_PX = 160


@dataclass(frozen=True)
class SeriesRecord:
    """A series of `count` known values, thinned to points: place (from 0) and value (None where not known)."""

    count: int
    places: tuple[int, ...]
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class NumberRow:
    """One number of a vector: its name, its value (None: not known), and how many deviations it lies above the mean."""

    name: str
    value: float | None
    standardised: float


def pixels(picture: NDArray[np.float32]) -> NDArray[np.uint8]:
    """A picture [height, width] of any numbers as grey values from 0 to 255, each pixel enlarged to a whole block so that it stays sharp; unknown ones are 0."""
    known = picture[np.isfinite(picture)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    grey = np.nan_to_num((picture - low) / ((high - low) or 1.0), nan=0.0) * 255
    block = max(1, _ENLARGED_PX // max(picture.shape))
    return np.kron(grey.astype(np.uint8), np.ones((block, block), np.uint8))


def series_record(values: NDArray[np.float32]) -> SeriesRecord:
    """The series up to its last known value; of a long one every so-manieth point."""
    known = np.flatnonzero(np.isfinite(values))
    end = int(known[-1]) + 1 if known.size else 0
    places = range(0, end, max(1, -(-end // _POINTS)))
    return SeriesRecord(len(known), tuple(places), tuple(float(values[place]) if np.isfinite(values[place]) else None for place in places))


def series_spec(record: SeriesRecord) -> Spec:
    """One line over the places in the series."""
    trace = {
        "type": "scatter", "mode": "lines", "x": list(record.places), "y": rounded(record.values), "line": {"color": "@text", "width": 1.5}, "hovertemplate": "%{x}: %{y}<extra></extra>",
    }  # fmt: skip
    return {"data": [trace], "layout": layout(height=180, margin={"l": 48, "r": 12, "t": 12, "b": 40}, xaxis=axis(_("place in the series")), yaxis=value_axis())}


def series_figure(record: SeriesRecord, dark: bool = False) -> go.Figure:
    """`series_spec` as a figure."""
    return figure(series_spec(record), dark)


def vector_record(carried: EntityFeatures, entity: str) -> tuple[NumberRow, ...]:
    """The numbers of an entity in the order of the columns, at most forty."""
    row = carried.rows[entity]
    names = carried.columns or tuple(str(place + 1) for place in range(carried.values.shape[1]))
    return tuple(
        NumberRow(line(name, 80), float(value) if np.isfinite(value) else None, round(float(score), 2))
        for name, value, score in zip(names[:_ROWS], carried.values[row], carried.standardised[row], strict=False)
    )
