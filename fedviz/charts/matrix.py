"""The matrix of a study that fills while its runs go on, and the same runs as points between two metrics."""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from fedviz.charts.palette import client_token, marker
from fedviz.charts.safe import figure_text
from fedviz.charts.theme import Spec, above, axis, figure, layout, rounded, value_axis
from fedviz.core.i18n import N_, _

MATRIX_NOTE = N_(
    "Mean over the seeds after the last round, and its sample standard deviation where there is more than one seed. A cell in per cent fills "
    "while its runs go on; a dash is a combination that is refused or failed, with the reason when you point at it."
)
COST_NOTE = N_(
    "What it took until the global model first had {target} % of all test texts right: the mean over the seeds that got there, with its sample standard deviation, and "
    "how many of them did where not all. Tests cost nothing here, and nothing is extrapolated: who does not get there within its rounds has no figure."
)
POINTS_NOTE = N_("Every cell of the matrix that has a value as a point: means over the seeds, with their standard deviations as whiskers.")
_SIGNS = "●■◆▲✚✖★⬟"
"""In the order of `palette.marker`."""
_SHARES = ("accuracy", "macro_f1", "attack_success")


@dataclass(frozen=True)
class MatrixCell:
    """A place of the matrix. `mean` None: no finished run yet; `progress` in [0, 1]; `waiting`: whether something still goes on.

    `count`: runs with a value; `missed`: finished runs without one, since they did not reach the target.
    """

    mean: float | None
    spread: float | None
    progress: float
    waiting: bool
    reason: str = ""
    count: int = 1
    missed: int = 0


@dataclass(frozen=True)
class MatrixRecord:
    """`cells` row by row; `metric` is its name, `title` its words."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[MatrixCell, ...], ...]
    metric: str
    title: str


def shown(value: float, metric: str, spread: float | None = None) -> str:
    """A value in the unit of its metric: per cent for shares."""
    if metric in _SHARES:
        return f"{100 * value:.1f}" if spread is None else f"{100 * value:.1f} ± {100 * spread:.1f}"
    return _digits(value, 3) if spread is None else f"{_digits(value, 3)} ± {_digits(spread, 2)}"


def _digits(value: float, digits: int) -> str:
    return f"{value:,.0f}" if abs(value) >= 10**digits - 0.5 else f"{value:.{digits}g}"


def matrix_spec(record: MatrixRecord) -> Spec:
    """A heat map with the values written into it. Darker is more."""
    texts, told = [], []
    for row_name, row in zip(record.rows, record.cells, strict=True):
        texts.append([_text(cell, record.metric) for cell in row])
        told.append([_told(cell, row_name, column, record) for cell, column in zip(row, record.columns, strict=True)])
    means = [[cell.mean for cell in row] for row in record.cells]
    known = [value for row in means for value in row if value is not None]
    low, high = (0.0, 1.0) if record.metric in _SHARES else (min(known, default=0.0), max(known, default=1.0))
    rows, columns = ([figure_text(name, 28) for name in names] for names in (record.rows, record.columns))
    cells = {
        "type": "heatmap", "x": columns, "y": rows, "z": [rounded(row) for row in means], "zmin": low, "zmax": high if high > low else low + 1,
        "showscale": False, "xgap": 2, "ygap": 2, "colorscale": [[0, "@waiting"], [1, "@soft"]], "hoverongaps": True,
        "customdata": told, "hovertemplate": "%{customdata}<extra></extra>",
    }  # fmt: skip
    slope = -30 if len(columns) > 4 else 0
    short = [figure_text(name, 14) for name in record.rows]
    words = [
        {"x": column, "y": row, "text": text, "showarrow": False, "font": {"size": 13, "color": "@text"}}
        for row, line in zip(rows, texts, strict=True)
        for column, text in zip(columns, line, strict=True)
    ]
    return {
        "data": [cells],
        "layout": layout(
            height=130 + 44 * len(rows), margin={"l": 8, "r": 8, "t": 8, "b": 8}, annotations=words,
            xaxis=axis(automargin=True, type="category", side="top", tickangle=slope, tickfont={"color": "@text"}, fixedrange=True),
            yaxis=axis(automargin=True, type="category", autorange="reversed", tickfont={"color": "@text"}, fixedrange=True, tickmode="array", tickvals=rows, ticktext=rows),
            meta={"wide": [["xaxis.tickangle", slope], ["yaxis.ticktext", rows]], "narrow": [["xaxis.tickangle", -90], ["yaxis.ticktext", short]]},
        ),
    }  # fmt: skip


def points_spec(across: MatrixRecord, upright: MatrixRecord) -> Spec:
    """A point a cell: `across` to the right, `upright` upwards; the colour is the row's, the marker the column's (`markers`)."""
    data = []
    scales = [100 if record.metric in _SHARES else 1 for record in (across, upright)]
    for place, name in enumerate(across.rows):
        pairs = [(a, b, column) for a, b, column in zip(across.cells[place], upright.cells[place], across.columns, strict=True) if a.mean is not None and b.mean is not None]
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": figure_text(name, 28),
                "x": rounded(scales[0] * (a.mean or 0.0) for a, _b, _column in pairs),
                "y": rounded(scales[1] * (b.mean or 0.0) for _a, b, _column in pairs),
                "error_x": _whiskers([a for a, _b, _column in pairs], scales[0], place),
                "error_y": _whiskers([b for _a, b, _column in pairs], scales[1], place),
                "text": [figure_text(column, 20) for _a, _b, column in pairs],
                "marker": {"color": client_token(place), "symbol": [marker(across.columns.index(column)) for _a, _b, column in pairs], "size": 10},
                "hovertemplate": "%{text}<br>%{x:.4~g}, %{y:.4~g}<extra>%{fullData.name}</extra>",
            }
        )
    units = [f"{record.title}, %" if record.metric in _SHARES else record.title for record in (across, upright)]
    known = [cell.mean for row in across.cells for cell in row if cell.mean is not None]
    logarithmic = across.metric not in (*_SHARES, "loss", "target_rounds") and min(known, default=1.0) > 0
    return {
        "data": data,
        "layout": layout(
            height=400, showlegend=len(across.rows) > 1, margin={"l": 56, "r": 24, "t": 76, "b": 52},
            legend=layout()["legend"] | {"y": 1.1, "x": 0, "xanchor": "left"},
            xaxis=axis(units[0], showgrid=True, nticks=8, ticks="outside", ticklen=4, **({"type": "log"} if logarithmic else {})),
            yaxis=value_axis(), annotations=[above(units[1])],
        ),
    }  # fmt: skip


def told_apart(record: MatrixRecord) -> bool:
    """Whether two cells differ in this metric, so that it can be an axis; also before any cell has a value."""
    known = [cell.mean for row in record.cells for cell in row if cell.mean is not None]
    return not known or max(known) - min(known) > 1e-3 * max(abs(value) for value in known)


def markers(record: MatrixRecord) -> tuple[tuple[str, str], ...]:
    """For each column a sign like its marker in `points_spec`, and its name."""
    return tuple((_SIGNS[place % len(_SIGNS)], name) for place, name in enumerate(record.columns))


def matrix_figure(record: MatrixRecord, dark: bool = False) -> go.Figure:
    """`matrix_spec` as a figure."""
    return figure(matrix_spec(record), dark)


def points_figure(across: MatrixRecord, upright: MatrixRecord, dark: bool = False) -> go.Figure:
    """`points_spec` as a figure."""
    return figure(points_spec(across, upright), dark)


def _whiskers(cells: Sequence[MatrixCell], scale: int, place: int) -> dict[str, object]:
    return {"type": "data", "array": rounded(scale * (cell.spread or 0.0) for cell in cells), "color": client_token(place), "thickness": 1.5, "width": 4}


def _text(cell: MatrixCell, metric: str) -> str:
    if cell.mean is not None:
        some = f" ({cell.count}/{cell.count + cell.missed})" if cell.missed else ""
        return shown(cell.mean, metric, cell.spread) + some + (" …" if cell.waiting else "")
    if cell.waiting:
        return f"{100 * cell.progress:.0f} % …"
    return _("not reached") if cell.missed else "–"


def _told(cell: MatrixCell, row: str, column: str, record: MatrixRecord) -> str:
    lines = [f"{figure_text(row, 40)}, {figure_text(column, 40)}"]
    if cell.mean is not None:
        lines.append(f"{record.title}: {shown(cell.mean, record.metric, cell.spread)}")
    if cell.missed:
        lines.append(_("{count} of {all} finished runs did not get there").format(count=cell.missed, all=cell.count + cell.missed))
    if cell.waiting:
        lines.append(_("still running"))
    if cell.reason:
        text = figure_text(cell.reason, 300)
        lines += [text[start : start + 70] for start in range(0, len(text), 70)]
    return "<br>".join(lines)
