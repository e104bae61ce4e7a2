"""*Proofs*: every algorithm against the law or figure of its paper, as `python -m fedviz bench papers` measured it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from fedviz.charts import proofs as charts
from fedviz.charts.proofs import Curve, curves_record
from fedviz.core.i18n import N_, _
from fedviz.ui import figure, oracles
from fedviz.ui.text import clean, plain

RESULTS = Path(__file__).parents[2] / "docs" / "results" / "papers.json"
COMMAND = "python -m fedviz bench papers --out docs/results/papers.json"
_SIDES = {"at most": N_("at most {limit}"), "at least": N_("at least {limit}")}


@dataclass(frozen=True)
class Row:
    """One row: words are messages or data, `equation` LaTeX; the error must be `side` (at most, at least) the limit."""

    algorithm: str
    law: str
    equation: str
    paper: str
    ours: str
    expected: str
    error: float
    side: str
    limit: float
    holds: bool


@dataclass(frozen=True)
class Measured:
    """What the file says: its rows, the lines of both charts, and the version that was measured."""

    rows: tuple[Row, ...] = ()
    accuracy: tuple[Curve, ...] = ()
    distance: tuple[Curve, ...] = ()
    version: str = ""


def show() -> None:
    """The page."""
    st.title(_("Proofs"))
    measured = read()
    if not measured.rows:
        st.info(_("Nothing was proven here yet: run `{command}`, which takes about ten minutes.").format(command=COMMAND))
        return
    st.markdown(
        _(
            "An algorithm with a small mistake still learns. So each one here is held against something that can be known otherwise: an equation, "
            "a fixed point that can be written down, an independent program, or a figure of its paper. Strategies, combinations, attacks, privacy and error feedback ran through the "
            "clients, strategies and loop of any other run, with a small model and its data put in. What is said of one part, such as how a compressor rounds, who is trusted, how much "
            "privacy is spent or who can be reached, was asked of that part of the program alone, and what a gradient gives away of the pretrained MiniLM."
        )
    )
    held = sum(row.holds for row in measured.rows)
    st.markdown(_("**{held} of {count}** hold.").format(held=held, count=len(measured.rows)))
    _table(measured.rows)
    st.caption(
        _(
            "What is checked is the largest difference of a weight where an equation is given, the number of weights that differ where it says to the bit, and "
            "otherwise the figure that the law names."
        )
    )
    st.markdown(_("This command measures them again:"))
    st.code(COMMAND, language="bash")
    _curves(measured)
    oracles.show()
    st.subheader(_("Row by row"), anchor="row-by-row")
    for algorithm, rows in _by_algorithm(measured.rows).items():
        held = sum(row.holds for row in rows)
        words = _("**{held} of {count}** hold.").format(held=held, count=len(rows))
        with st.expander(f"{plain(_(algorithm))}: {words}", expanded=held < len(rows)):
            for row in rows:
                _row(row)
    st.caption(_("Measured with fedviz {version}.").format(version=plain(measured.version)))


def read() -> Measured:
    """What the file says; nothing where it is absent or damaged."""
    try:
        document = json.loads(RESULTS.read_text("utf-8"))
        rows = tuple(_read(row) for row in document["rows"])
        series = document.get("series", {})
        accuracy, distance = (curves_record(series.get(key, {})) for key in ("mnist", "quadratics"))
        return Measured(rows, accuracy, distance, str(document.get("machine", {}).get("fedviz", "")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Measured()


def _read(row: dict[str, Any]) -> Row:
    words = {key: str(row[key]) for key in ("algorithm", "law", "equation", "paper", "ours", "expected")}
    if row["side"] not in _SIDES:
        raise ValueError("no such side")
    return Row(**words, error=float(row["error"]), side=row["side"], limit=float(row["limit"]), holds=bool(row["holds"]))


def _table(rows: tuple[Row, ...]) -> None:
    st.dataframe(
        {
            _("Algorithm"): [clean(_(row.algorithm)) for row in rows],
            _("Law"): [clean(_(row.law), 400) for row in rows],
            _("Checked"): [_number(row.error) for row in rows],
            _("Limit"): [_limit(row) for row in rows],
            _("Holds"): [_("yes") if row.holds else _("no") for row in rows],
        },
        hide_index=True,
    )


def _curves(measured: Measured) -> None:
    for column, title, note, curves, spec, key in zip(
        st.columns(2, gap="large"), (charts.DISTANCE_TITLE, charts.ACCURACY_TITLE), (charts.DISTANCE_NOTE, charts.ACCURACY_NOTE),
        (measured.distance, measured.accuracy), (charts.distance_spec, charts.accuracy_spec), ("proofs-distance", "proofs-accuracy"), strict=True,
    ):  # fmt: skip
        if curves:
            with column:
                st.markdown(f"**{_(title)}**")
                figure.show(spec(curves), key, _(note))
                st.caption(_(note))


def _by_algorithm(rows: tuple[Row, ...]) -> dict[str, list[Row]]:
    """Rows by what they are about, in the order in which that comes first."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.algorithm, []).append(row)
    return found


def _row(row: Row) -> None:
    verdict = _("holds") if row.holds else _("does not hold")
    with st.container(border=True):
        st.markdown(f"**{plain(_(row.algorithm))}** {plain(_(row.law))}")
        st.latex(row.equation)
        words = _("Ours: {ours}. Expected: {expected}. Checked: {error}, {limit}: {holds}.")
        st.markdown(
            words.format(
                ours=plain(row.ours), expected=plain(row.expected), error=plain(_number(row.error)), limit=plain(_limit(row)),
                holds=verdict if row.holds else f"**{verdict}**",
            )  # fmt: skip
        )
        st.caption(plain(row.paper))


def _limit(row: Row) -> str:
    return _(_SIDES[row.side]).format(limit=_number(row.limit))


def _number(value: float) -> str:
    return f"{value:.3g}"
