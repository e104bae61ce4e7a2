"""What the knowledge bench found, in plain sentences that are worked out from its rows: where the graph helps, where it does not, and where it harms."""

import statistics
from collections.abc import Mapping, Sequence

from fedviz.charts.evidence import CONTROLS, WAYS, WHOSE, Evidence, Gain, Panel, p_text
from fedviz.charts.knowledge_gain import HELPS
from fedviz.charts.safe import signed
from fedviz.core.i18n import _


def task_words(evidence: Evidence, task: str) -> str:
    """How often the graph helps on a task, over all that was measured on it with the graph as it is; empty where nothing was."""
    found = [gain for panel in evidence.panels if panel.task == task for some in panel.gains.values() for gain in some if gain.way not in CONTROLS]
    if not found:
        return ""
    helps, perhaps, harms = (sum(getattr(gain, kind) for gain in found) for kind in ("helps", "perhaps", "harms"))
    words = _("Of {count} places measured here (a way in, a number of labels, who trains and on whose texts) the graph helps in {helps}, may help by chance in {perhaps}, harms in {harms}, and does not help in {rest}.")
    return words.format(count=len(found), helps=helps, perhaps=perhaps, harms=harms, rest=len(found) - helps - perhaps - harms)


def panel_words(panel: Panel) -> list[str]:
    """Sentences about one task with all parties or with one missing: the best way in, those that do not help, those that harm, and the controls."""
    ins = {way: panel.of(way) for way in panel.ways() if way not in CONTROLS}
    helping = {way: [label for label, gain in found.items() if gain.helps] for way, found in ins.items()}
    said = [_best(ins)] if ins else []
    perhaps = {way: [label for label, gain in found.items() if gain.perhaps] for way, found in ins.items()}
    if (idle := [way for way in ins if not helping[way] and not perhaps[way]]) and any(helping.values()):
        said.append(_("It does not help by way of: {ways}.").format(ways=_joined(idle)))
    for way, found in ins.items():
        if perhaps[way] and any(helping.values()):
            said.append(_("By way of {way} it gains a point or more with {labels} labels a class, but that may be chance.").format(way=_(WAYS[way]), labels=_labels(perhaps[way])))
        if way not in idle and (left := [label for label in found if label not in helping[way] and label not in perhaps[way]]):
            said.append(_("By way of {way} it does not help with {labels} labels a class.").format(way=_(WAYS[way]), labels=_labels(left)))
    for way, found in ins.items():
        if harmed := [label for label, gain in found.items() if gain.harms]:
            worst = min((found[label] for label in harmed), key=lambda gain: gain.gain)
            said.append(_("It harms by way of {way} with {labels} labels a class: {gain} points.").format(way=_(WAYS[way]), labels=_labels(harmed), gain=signed(worst.gain, 1)))
    return said + _controls(panel, any(helping.values()))


def _best(ins: Mapping[str, Mapping[str, Gain]]) -> str:
    label, best = max(((label, gain) for found in ins.values() for label, gain in found.items()), key=lambda pair: (pair[1].helps, pair[1].gain))
    if not best.helps:
        return _("The graph does not help here: no way in gains {points} point or more that chance would not explain; the most is {gain} ± {spread} (p = {p}).").format(
            points=f"{HELPS:g}", gain=signed(best.gain, 1), spread=f"{best.spread:.1f}", p=p_text(best.p)
        )
    return _("Most is gained by way of {way}: {gain} ± {spread} points with {labels} labels a class (p = {p}, {seeds} seeds).").format(
        way=_(WAYS[best.way]), gain=signed(best.gain, 1), spread=f"{best.spread:.1f}", labels=_(label), p=p_text(best.p), seeds=best.seeds
    )


def _controls(panel: Panel, helps: bool) -> list[str]:
    """What the graphs gain that should not."""
    said = []
    for way in CONTROLS:
        found = panel.of(way)
        if gaining := [label for label, gain in found.items() if gain.helps]:
            most = max((found[label] for label in gaining), key=lambda gain: gain.gain)
            said.append(
                _("The {control} gains too with {labels} labels a class, up to {gain} points: there the linking of words helps, not the structure.").format(
                    control=_(WAYS[way]), labels=_labels(gaining), gain=signed(most.gain, 1)
                )
            )
        elif found and helps:
            most = max(found.values(), key=lambda gain: gain.gain)
            said.append(_("The {control} does not help, as it should not: {gain} points at most.").format(control=_(WAYS[way]), gain=signed(most.gain, 1)))
    return said


def wrong_words(shares: Mapping[float, Sequence[Gain]]) -> list[str]:
    """Sentences about a graph of which a part is wrong."""
    said = []
    for share, found in sorted(shares.items()):
        for gain in found:
            words = {
                gain.gain < -HELPS: _("With {share} of the triples wrong, {way} does not help but costs {lost} ± {spread} points."),
                gain.perhaps: _("With {share} of the triples wrong, {way} gains {gain} ± {spread} points, but that may be chance."),
                gain.helps: _("With {share} of the triples wrong, {way} still gains {gain} ± {spread} points (p = {p})."),
            }.get(True, _("With {share} of the triples wrong, {way} does not help: {gain} ± {spread} points."))
            said.append(
                words.format(share=f"{share:.0%}", way=_(WAYS[gain.way]), gain=signed(gain.gain, 1), lost=f"{abs(gain.gain):.1f}", spread=f"{gain.spread:.1f}", p=p_text(gain.p))
            )
    return said


def suspect_words(found: Mapping[str, tuple[float, ...]]) -> list[str]:
    """Sentences about one task's planted wrong labels."""
    shares = {way: 100 * statistics.mean(values) for way, values in found.items() if values}
    if len(shares) < 3:
        return []
    said = [
        _("Of as many suspects as labels were made wrong, {graph} % are wrong; by a shuffled graph {shuffled} %, by chance {chance} %.").format(
            graph=f"{shares['graph']:.0f}", shuffled=f"{shares['shuffled graph']:.0f}", chance=f"{shares['by chance']:.0f}"
        )
    ]
    if apart := _apart(found["graph"], found["shuffled graph"]):
        said.append(apart)
    return said


def _apart(graph: Sequence[float], shuffled: Sequence[float]) -> str:
    """Whether it is the structure that finds them."""
    gaps = [100 * (one - other) for one, other in zip(graph, shuffled, strict=True)]
    more, spread = statistics.mean(gaps), statistics.stdev(gaps) if len(gaps) > 1 else 0.0
    if more < HELPS or more <= spread:
        return _("The graph's structure does not help here: what finds them is that texts name the same things.")
    return _("The structure itself adds {more} ± {spread} points of that; the rest is that texts name the same things.").format(more=f"{more:.0f}", spread=f"{spread:.0f}")


def sentences(evidence: Evidence) -> list[str]:
    """All sentences, each with the task and the panel that it is about."""
    said = []
    for panel in evidence.panels:
        about = ", ".join((panel.task, _(WHOSE[panel.whose]), *(["LoRA"] if panel.tuning == "lora" else [])))
        said += [f"{about}: {words}" for words in panel_words(panel)]
    said += [f"{task}: {words}" for task in evidence.tasks() if (words := task_words(evidence, task))]
    for task, shares in evidence.wrong.items():
        said += [f"{task}: {words}" for words in wrong_words(shares)]
    for task, found in evidence.found.items():
        said += [f"{task}: {words}" for words in suspect_words(found)]
    return said


def _labels(labels: Sequence[str]) -> str:
    return ", ".join(map(_, labels))


def _joined(ways: Sequence[str]) -> str:
    return ", ".join(_(WAYS[way]) for way in ways)
