"""*How much trouble the gain survives*: a curve for each kind of trouble, as `python -m fedviz bench robust_knowledge` measured it, with what it says."""

import json
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from fedviz.charts.evidence import SIGNIFICANT, p_text
from fedviz.charts.knowledge_gain import HELPS
from fedviz.charts.safe import signed
from fedviz.charts.stress import KINDS, WAYS, Curve, level_words, seeds_text, span, stress_record, stress_spec
from fedviz.charts.stress_words import curve_words, stated_words
from fedviz.core.i18n import _
from fedviz.core.registry import SCENARIOS
from fedviz.ui import figure
from fedviz.ui.text import clean, plain

RESULTS = Path(__file__).parents[2] / "docs" / "results" / "robust_knowledge.json"
COMMAND = "python -m fedviz bench robust_knowledge --out docs/results/robust_knowledge.json"
BESIDE = 3
"""Panels in a row of a wide screen."""


@dataclass(frozen=True)
class Measured:
    """What the file says: its curves, the stated figures with whether they hold, and notes."""

    curves: tuple[Curve, ...] = ()
    checks: tuple[tuple[str, float, str, bool], ...] = ()
    notes: tuple[str, ...] = ()


def read() -> Measured:
    """What the file says; nothing where it is absent or damaged."""
    try:
        document = json.loads(RESULTS.read_text("utf-8"))
        checks = tuple((str(one["what"]), float(one["value"]), str(one["limit"]), bool(one["passed"])) for one in document["checks"])
        return Measured(stress_record(document), checks, tuple(map(str, document["notes"])))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Measured()


def show() -> None:
    """The section."""
    st.subheader(_("How much trouble the gain survives"), anchor="how-much-trouble-the-gain-survives")
    measured = read()
    if not measured.curves:
        st.info(_("This was not measured here yet: run `{command}`. It goes on where it was stopped.").format(command=COMMAND))
        return
    st.markdown(
        _(
            "The same training with one kind of trouble at a time; each point is compared with *text alone* in the same trouble and on the same seeds. *Validated trust* asks the parties' held-out texts "
            "before the first round how far the graph can be trusted. Bars are standard deviations over seeds. We say that the graph helps or harms where it gains or loses at least "
            "{points} point and the paired test over seeds says p ≤ {p}; p is not corrected for the number of comparisons."
        ).format(points=f"{HELPS:g}", p=f"{SIGNIFICANT:g}")
    )
    st.markdown(plain(stated_words(measured.curves)))
    tasks = list(dict.fromkeys(curve.task for curve in measured.curves))
    task = st.segmented_control(_("Scenario"), tasks, default=tasks[0], format_func=_title, key="evidence-stress-task", required=True) or tasks[0]
    curves = [curve for curve in measured.curves if curve.task == task]
    between = span(curves)
    for first in range(0, len(curves), BESIDE):
        for column, curve in zip(st.columns(BESIDE, gap="medium"), curves[first : first + BESIDE], strict=False):
            with column:
                _panel(curve, between)
    if left := [kind.title for name, kind in KINDS.items() if name not in {curve.stress for curve in curves}]:
        st.info(_("Not measured on this scenario: {kinds}.").format(kinds=", ".join(map(_, left))))
    with st.expander(_("As a table")):
        _table(curves)
    _how(measured)


def _title(task: str) -> str:
    return clean(_(SCENARIOS.get(task).title) if task in SCENARIOS.names() else task)


def _panel(curve: Curve, between: tuple[float, float]) -> None:
    kind, words = KINDS[curve.stress], " ".join(curve_words(curve))
    st.markdown(f"**{_(kind.title)}**")
    figure.show(stress_spec(curve, between), f"evidence-stress-{curve.task}-{curve.stress.replace(' ', '-')}", words)
    st.caption(_(kind.about) + " " + _("{count} seeds.").format(count=seeds_text(curve)))
    st.markdown(plain(words, 1000))


def _table(curves: list[Curve]) -> None:
    found = [(curve, level, way, point) for curve in curves for level, ways in curve.levels.items() for way, point in ways.items()]
    other = [way != "text alone" for _curve, _level, way, _point in found]
    st.dataframe(
        {
            _("Trouble"): [_(KINDS[curve.stress].title) for curve, *_rest in found],
            _("Level"): [level_words(curve.stress, level) if level else _("none") for curve, level, *_rest in found],
            _("Model"): [_(WAYS[way]) for _curve, _level, way, _point in found],
            _("Accuracy, %"): [f"{point.accuracy:.1f} ± {point.spread:.1f}" for *_rest, point in found],
            _("Gain, points"): [f"{signed(point.gain, 1)} ± {point.gain_spread:.1f}" if gained else "" for gained, (*_rest, point) in zip(other, found, strict=True)],
            "p": [p_text(point.p) if gained else "" for gained, (*_rest, point) in zip(other, found, strict=True)],
            _("Worst seed, points"): [signed(point.least, 1) if gained else "" for gained, (*_rest, point) in zip(other, found, strict=True)],
            _("Texts concerned, %"): [None if point.apart is None else round(point.apart, 1) for *_rest, point in found],
            _("Seeds"): [point.seeds for *_rest, point in found],
        },
        hide_index=True,
    )


def _how(measured: Measured) -> None:
    """The stated figures, the notes and the command."""
    with st.expander(_("How it was measured, and what was not")):
        said = [f"{what}: {value:.3g} ({limit}), {_('holds') if passed else _('does not hold')}" for what, value, limit, passed in measured.checks]
        st.markdown("\n".join(f"- {plain(words, 3000)}" for words in (*said, *measured.notes)))
        st.markdown(_("This command measures them again:"))
        st.code(COMMAND, language="bash")
