"""*Proofs*, the section on other frameworks: what `python -m fedviz bench oracles` found, in a table and in a sentence for each difference."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from fedviz.core.i18n import N_, _
from fedviz.ui.text import clean, plain

RESULTS = Path(__file__).parents[2] / "docs" / "results" / "oracles.json"
COMMAND = "python -m fedviz bench oracles --out docs/results/oracles.json"
_STATES = {"same": N_("the same weights"), "named": N_("differs, reason named"), "unexplained": N_("differs, reason not known"), "not installed": N_("not installed")}


@dataclass(frozen=True)
class Row:
    """An algorithm under a framework. The differences are greatest differences of a weight; None where nothing was measured. `reason` is a message."""

    framework: str
    algorithm: str
    difference: float | None
    paper: float
    left: float | None
    state: str
    reason: str


def read() -> tuple[Row, ...]:
    """What the file says; nothing where it is absent or damaged."""
    try:
        return tuple(_read(row) for row in json.loads(RESULTS.read_text("utf-8"))["rows"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ()


def reasons(rows: tuple[Row, ...]) -> dict[tuple[str, str], list[str]]:
    """The algorithms that differ for a reason, by framework and reason."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if row.reason:
            found.setdefault((row.framework, row.reason), []).append(row.algorithm)
    return found


def show() -> None:
    """The section; without a measurement one sentence."""
    st.subheader(_("Against other frameworks"), anchor="against-other-frameworks")
    rows = read()
    if not rows:
        st.info(_("Nothing was compared here yet: run `{command}`, which installs the other frameworks in environments of their own.").format(command=COMMAND))
        return
    st.markdown(
        _(
            "The same few rounds through fedviz and through other frameworks, with the same rows, the same start and the same minibatches: a small "
            "softmax regression with three clients that hold unequal numbers of rows. Where two frameworks differ, a third program says who left the paper: "
            "the paper's equations in plain NumPy."
        )
    )
    count = {state: sum(row.state == state for row in rows) for state in _STATES}
    words = [_("Of {count} comparisons **{same}** end in the same weights.").format(count=len(rows), same=count["same"])]
    if count["named"]:
        words.append(
            _("**{named}** differ for a reason that was read in the other framework's source; put into the equations, it gives the other framework's weights.").format(named=count["named"])
        )
    if count["unexplained"]:
        words.append(_("**{unexplained}** differ for a reason that is not known.").format(unexplained=count["unexplained"]))
    if count["not installed"]:
        words.append(_("**{missing}** were not measured, because the framework was not installed.").format(missing=count["not installed"]))
    words.append(_("Ours is never further than {paper} from the paper's equations.").format(paper=_number(max(row.paper for row in rows))))
    st.markdown(" ".join(words))
    _table(rows)
    st.caption(_("The figures are the greatest difference of any weight after any round. pfl keeps the clients' updates in single precision, hence what is left there."))
    if found := reasons(rows):
        st.markdown("\n".join(f"- **{plain(framework)}, {plain(', '.join(_(name) for name in names))}**: {plain(_(reason))}" for (framework, reason), names in found.items()))
    st.code(COMMAND, language="bash")


def _table(rows: tuple[Row, ...]) -> None:
    st.dataframe(
        {
            _("Framework"): [clean(row.framework) for row in rows],
            _("Algorithm"): [clean(_(row.algorithm)) for row in rows],
            _("Comparison"): [_(_STATES[row.state]) for row in rows],
            _("Ours from theirs"): [_number(row.difference) for row in rows],
            _("Ours from the paper"): [_number(row.paper) for row in rows],
            _("Left, once named"): [_number(row.left) for row in rows],
        },
        hide_index=True,
    )


def _read(row: dict[str, Any]) -> Row:
    if row["state"] not in _STATES:
        raise ValueError("no such state")
    numbers = {key: None if row[key] is None else float(row[key]) for key in ("difference", "left")}
    return Row(str(row["framework"]), str(row["algorithm"]), paper=float(row["paper"]), state=row["state"], reason=str(row["reason"]), **numbers)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.1e}" if value < 1e-3 else f"{value:.3f}"
