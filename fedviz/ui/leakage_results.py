"""The measured figures of `python -m fedviz bench leakage`: sentences on average, membership and properties, each with its control."""

import json
from pathlib import Path
from typing import Any

import streamlit as st

from fedviz.charts.leakage import Point, auc_spec, by_epochs, by_noise, points
from fedviz.core.i18n import N_, _
from fedviz.federation.leakage.defences import DEFENCES
from fedviz.ui import figure

RESULTS = Path(__file__).parents[2] / "docs" / "results" / "leakage.json"
COMMAND = "python -m fedviz bench leakage --out docs/results/leakage.json"
_ATTACKS = {"membership": N_("membership (LiRA)"), "property": N_("classes held")}
_TRAINED = {"head": N_("head only"), "lora": N_("LoRA")}


def show() -> None:
    """The figures, or the sentence that nothing was measured yet and which command does it."""
    st.subheader(_("Measured on many sentences and clients"), anchor="measured")
    rows, told = read()
    if not rows:
        st.info(_("Nothing was measured here yet: run `{command}`, which takes about six minutes.").format(command=COMMAND))
        return
    _sentences(rows)
    heading = _("Who trained on what?")
    st.markdown(f"**{heading}**")
    st.markdown(
        _(
            "Even where no word can be read, the model that a client sends can be asked. *Membership*: did it train on this text? The attacker (LiRA) compares "
            "the model's confidence with that of models which never saw the text. *Classes held*: which classes do its texts have? The head's bias moves towards them. "
            "An area of 1 means always right, 0.5 means guessing. The control asks the same about texts that the model never saw, and must stay near 0.5."
        )
    )
    left, right = st.columns(2, gap="large")
    with left:
        figure.show(auc_spec(by_epochs(told), _("local epochs")), "leakage-epochs", _("More local epochs make training texts easier to recognise"))
        st.caption(_("The longer a client trains on its texts, the easier they are to recognise; LoRA was measured with fewer texts than the head."))
    with right:
        figure.show(auc_spec(by_noise(told), _("noise multiplier")), "leakage-noise", _("Noise makes training texts hard to recognise, and costs accuracy"))
        st.caption(_("Clipped updates with noise that the client adds itself. Noise multiplier 1 means epsilon 10 for this one update; 0.01 nearly stops the reading of words where every weight is trained, yet not this."))
    _table(rows, told)
    st.markdown(_("This command measures them again:"))
    st.code(COMMAND, language="bash")


def read() -> tuple[list[dict[str, Any]], tuple[Point, ...]]:
    """Rows of the file, and those about clients; nothing where it is absent or damaged."""
    try:
        rows = [row for row in json.loads(RESULTS.read_text("utf-8"))["rows"] if isinstance(row, dict)]
        for row in rows:
            float(row["value"]), str(row["setting"]), str(row["attack"])
        return rows, points(rows)
    except (OSError, ValueError, KeyError, TypeError):
        return [], ()


def _sentences(rows: list[dict[str, Any]]) -> None:
    found = {row["setting"]: row for row in rows if row["attack"] == "words"}
    named = [(_(one.title), found[one.name]) for one in DEFENCES if one.name in found]
    if named:
        st.markdown(
            _("Means over {count} sentences of the scenario, each attacked as above. Words drawn at random would have {share} % of the words.").format(
                count=named[0][1].get("models"), share=f"{100 * (named[0][1].get('control') or 0.0):.2g}"
            )
        )
        st.dataframe(
            {
                _("Defence"): [title for title, _row in named],
                _("Words read, %"): [_with_spread(row["value"], row.get("spread")) for _title, row in named],
                _("True of what is read, %"): [_percent(row.get("precision")) for _title, row in named],
                _("In exact order, %"): [_percent(row.get("order")) for _title, row in named],
                _("Labels, %"): [_percent(row.get("labels")) for _title, row in named],
                _("Recognised among 200, %"): [_percent(row.get("first")) for _title, row in named],
                _("Epsilon"): ["" if row.get("epsilon") is None else f"{row['epsilon']:,.0f}" for _title, row in named],
            },
            hide_index=True,
            height="content",
        )
    for row in rows:
        if row["attack"] == "search" and row["trained"] in _TRAINED:
            name = _TRAINED[row["trained"]]
            words = _("**{trained}**: a search for words that fit finds {share} ± {spread} % of the words of short sentences; searching with another sentence's gradients finds {control} %.")
            st.markdown(words.format(trained=_(name), share=_percent(row["value"]), spread=_percent(row["spread"]), control=_percent(row["control"])))


def _table(rows: list[dict[str, Any]], told: tuple[Point, ...]) -> None:
    asked = [row for row in rows if row["attack"] in _ATTACKS]
    with st.expander(_("The same as a table")):
        st.dataframe(
            {
                _("Attack"): [_(_ATTACKS[point.attack]) for point in told],
                _("Trained"): [_(_TRAINED[point.trained]) for point in told],
                _("Local epochs"): [point.epochs for point in told],
                _("Noise multiplier"): [point.noise for point in told],
                _("Area under the curve"): [f"{point.auc:.2f} ± {point.spread:.2f}" for point in told],
                _("Control"): [f"{point.control:.2f} ± {point.control_spread:.2f}" for point in told],
                _("Found at 1 % false alarms, %"): [_percent(row.get("TPR")) for row in asked],
                _("Area by loss alone"): ["" if row.get("loss AUC") is None else f"{row['loss AUC']:.2f}" for row in asked],
            },
            hide_index=True,
        )


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.0f}"


def _with_spread(share: float, spread: float | None) -> str:
    return _percent(share) + (f" ± {_percent(spread)}" if spread else "")
