"""*Evidence*: what the graph gains in each way that it enters, as `python -m fedviz bench knowledge` measured it, by scenario, with its controls."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from fedviz.charts.evidence import SIGNIFICANT, WAYS, WHOSE, Evidence, Gain, Panel, evidence_record, labels_spec, p_text, suspects_spec, ways_spec, wrong_spec
from fedviz.charts.evidence_words import panel_words, suspect_words, task_words, wrong_words
from fedviz.charts.knowledge_gain import HELPS
from fedviz.charts.safe import signed
from fedviz.core.i18n import _
from fedviz.core.registry import SCENARIOS
from fedviz.ui import figure, state
from fedviz.ui.text import clean, plain

RESULTS = Path(__file__).parents[2] / "docs" / "results" / "knowledge.json"
COMMAND = "python -m fedviz bench knowledge --out docs/results/knowledge.json"


@dataclass(frozen=True)
class Measured:
    """What the file says: its figures, the stated ones among them with whether they hold, notes, and the version that was measured."""

    evidence: Evidence = Evidence()
    checks: tuple[tuple[str, float, str, bool], ...] = ()
    notes: tuple[str, ...] = ()
    version: str = ""


def read() -> Measured:
    """What the file says; nothing where it is absent or damaged."""
    try:
        document = json.loads(RESULTS.read_text("utf-8"))
        checks = tuple((str(one["what"]), float(one["value"]), str(one["limit"]), bool(one["passed"])) for one in document["checks"])
        return Measured(evidence_record(document), checks, tuple(map(str, document["notes"])), str(document["machine"]["fedviz"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Measured()


def show() -> None:
    """The page."""
    st.title(_("Evidence"))
    measured = read()
    tasks = measured.evidence.tasks()
    if not tasks:
        st.info(_("Nothing was measured here yet: run `{command}`. It takes hours, and goes on where it was stopped.").format(command=COMMAND))
        return
    st.markdown(
        _(
            "Does the graph help, in which way, and is it the graph? Every figure here is a gain over *text alone* on the same seeds, in points of accuracy, with its standard deviation over "
            "seeds. Two controls stand beside: a *shuffled graph* hangs the same structure on other entities, a *random graph* leaves every entity as many triples as it had. Neither should help."
        )
    )
    asked = st.query_params.get("scenario")
    task = st.selectbox(_("Scenario"), tasks, index=tasks.index(asked) if asked in tasks else 0, format_func=_title, key="evidence-task")
    state.keep_in_address(scenario=task)
    st.markdown(plain(task_words(measured.evidence, task)))
    _panels([panel for panel in measured.evidence.panels if panel.task == task])
    _wrong(measured.evidence, task)
    _suspects(measured.evidence)
    _stated(measured)


def _title(task: str) -> str:
    return clean(_(SCENARIOS.get(task).title) if task in SCENARIOS.names() else task)


def _panels(panels: list[Panel]) -> None:
    """The gains of one task: who trains is chosen, then how many labels a class has."""
    if not panels:
        st.info(_("No way in was measured on this scenario yet."))
        return
    st.subheader(_("Ways in"), anchor="ways-in")
    names = {_panel_title(panel): panel for panel in panels}
    chosen = st.segmented_control(_("Who trains"), list(names), default=next(iter(names)), key=f"evidence-whose-{panels[0].task}", required=True)
    panel = names[chosen or next(iter(names))]
    words = panel_words(panel)
    st.markdown("\n".join(f"- {plain(sentence)}" for sentence in words))
    labels = list(panel.gains)
    label = max(labels, key=lambda one: len(panel.gains[one]))
    if len(labels) > 1:
        figure.show(labels_spec(panel), f"evidence-labels-{panel.task}-{panel.whose}-{panel.tuning}", " ".join(words))
        label = st.segmented_control(_("Labels a class"), labels, default=label, format_func=_, key=f"evidence-label-{panel.task}-{panel.whose}-{panel.tuning}", required=True) or label
    figure.show(ways_spec(panel, label), f"evidence-ways-{panel.task}-{panel.whose}-{panel.tuning}", " ".join(words))
    st.caption(
        _("With {labels} labels a class. Filled: by the paired test over seeds, corrected for all comparisons, chance does not explain it (p at most {p}). Diamonds are controls.").format(
            labels=_(label), p=f"{SIGNIFICANT:g}"
        )
    )
    with st.expander(_("As a table")):
        _table(panel)


def _panel_title(panel: Panel) -> str:
    return _(WHOSE[panel.whose]) + (f" ({_('LoRA')})" if panel.tuning == "lora" else "")


def _table(panel: Panel) -> None:
    found = [(label, gain) for label, some in panel.gains.items() for gain in some]
    st.dataframe(
        {
            _("Labels a class"): [_(label) for label, _gain in found],
            _("Way in"): [_(WAYS[gain.way]) for _label, gain in found],
            _("Gain, points"): [f"{signed(gain.gain, 1)} ± {gain.spread:.1f}" for _label, gain in found],
            _("p, corrected"): [p_text(gain.p) for _label, gain in found],
            _("Seeds"): [gain.seeds for _label, gain in found],
            _("Verdict"): [_verdict(gain) for _label, gain in found],
        },
        hide_index=True,
    )


def _verdict(gain: Gain) -> str:
    if gain.helps or gain.harms:
        return _("helps") if gain.helps else _("harms")
    return _("may be chance") if gain.perhaps else _("does not help")


def _wrong(evidence: Evidence, task: str) -> None:
    if task not in evidence.wrong:
        return
    st.subheader(_("With half of the triples wrong"), anchor="with-half-of-the-triples-wrong")
    words = wrong_words(evidence.wrong[task])
    st.markdown("\n".join(f"- {plain(sentence)}" for sentence in words))
    intact = next((panel.gains["5"] for panel in evidence.panels if (panel.task, panel.whose, panel.tuning) == (task, "all", "head") and "5" in panel.gains), ())
    shares = {0.0: tuple(gain for gain in intact if gain.way in ("with graph", "validated trust"))} | evidence.wrong[task]
    figure.show(wrong_spec(shares), f"evidence-wrong-{task}", " ".join(words))
    st.caption(_("Five labels a class, all parties train. A wrong triple points to the end of another one of its relation. Validated trust asks the parties' held-out texts before the first round how far the graph can be trusted."))


def _suspects(evidence: Evidence) -> None:
    if not evidence.found:
        return
    st.subheader(_("Wrong labels found"), anchor="wrong-labels-found")
    st.markdown(_("A fifth of all labels was made wrong. Each party lists the texts whose label contradicts the graph; counted is how many of as many suspects as labels were planted are wrong indeed."))
    said = [f"- **{plain(_title(task))}** {plain(' '.join(suspect_words(found)))}" for task, found in evidence.found.items()]
    st.markdown("\n".join(said))
    figure.show(suspects_spec(evidence.found, {task: _title(task) for task in evidence.found}), "evidence-suspects", " ".join(said))


def _stated(measured: Measured) -> None:
    st.subheader(_("The stated figures"), anchor="the-stated-figures")
    held = sum(passed for *_rest, passed in measured.checks)
    st.markdown(_("**{held} of {count}** hold.").format(held=held, count=len(measured.checks)))
    columns: dict[str, Any] = {
        _("Figure"): [clean(what, 200) for what, *_rest in measured.checks],
        _("Measured"): [f"{value:.3g}" for _what, value, _limit, _passed in measured.checks],
        _("Wanted"): [clean(limit) for _what, _value, limit, _passed in measured.checks],
        _("Holds"): [_("yes") if passed else _("no") for *_rest, passed in measured.checks],
    }
    st.dataframe(columns, hide_index=True)
    with st.expander(_("How it was measured, and what was not")):
        st.markdown(
            _("A way helps where it gains at least {points} point and the corrected p is at most {p}; it harms where it loses as much.").format(points=f"{HELPS:g}", p=f"{SIGNIFICANT:g}")
        )
        st.markdown("\n".join(f"- {plain(note, 1000)}" for note in measured.notes))
        st.markdown(_("This command measures them again:"))
        st.code(COMMAND, language="bash")
        st.caption(_("Measured with fedviz {version}.").format(version=plain(measured.version)))
