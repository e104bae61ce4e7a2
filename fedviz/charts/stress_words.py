"""What the curves of texts and graphs that are wrong say, in plain sentences: whether the graph still helps, whether it harms, and whether validated trust limits that."""

from collections.abc import Mapping, Sequence

from fedviz.charts.safe import signed
from fedviz.charts.stress import KINDS, LOST, Curve, Point, level_words
from fedviz.core.i18n import _

HALF = 0.5
"""The share of wrong triples that the stated figure is about."""
SAME = 0.05
"""Points below which two gains are written alike."""


def curve_words(curve: Curve) -> list[str]:
    """Sentences about one kind of trouble on one task."""
    return [*_graph(curve), *_trust(curve), *_apart(curve)]


def stated_words(curves: Sequence[Curve]) -> str:
    """The stated figure, and on how many tasks it holds; empty where none was measured."""
    found = [curve.levels[HALF]["validated trust"] for curve in curves if curve.stress == "rewired" and HALF in curve.levels]
    if not found:
        return ""
    words = _("With half of the triples wrong, validated trust should lose at most {points} point against text alone, on the mean over seeds: this holds on {held} of {count} scenarios.")
    return words.format(points=f"{LOST:g}", held=sum(point.gain >= -LOST for point in found), count=len(found))


def _graph(curve: Curve) -> list[str]:
    graph = {level: found["with graph"] for level, found in curve.troubled().items()}
    said = []
    if helped := {level: point for level, point in graph.items() if point.helps}:
        said.append(_("The graph still helps: {gains}.").format(gains=_gains(curve, helped)))
    if unsure := {level: point for level, point in graph.items() if not point.helps and not point.harms}:
        said.append(_("The graph makes no sure difference: {gains}.").format(gains=_gains(curve, unsure)))
    if harmed := {level: point for level, point in graph.items() if point.harms}:
        said.append(_("The graph harms: {gains}.").format(gains=_gains(curve, harmed)))
    return said


def _trust(curve: Curve) -> list[str]:
    """What validated trust does where the graph harms, and elsewhere; a mean within the limit does not hide a seed beyond it."""
    found = curve.troubled()
    trust = {level: ways["validated trust"] for level, ways in found.items()}
    harmed = {level: trust[level] for level, ways in found.items() if ways["with graph"].harms}
    own = {level: point for level, point in trust.items() if point.harms and level not in harmed}
    said = []
    if harmed:
        limited = all(point.gain >= -LOST for point in harmed.values())
        words = _("Validated trust limits the harm: {gains}.") if limited else _("Validated trust does not limit the harm enough: {gains}.")
        said.append(words.format(gains=_gains(curve, harmed)))
    if own:
        said.append(_("Validated trust itself harms: {gains}.").format(gains=_gains(curve, own)))
    if not harmed and not own:
        same = all(abs(point.gain - found[level]["with graph"].gain) < SAME for level, point in trust.items())
        said.append(_("There is no sure harm to limit; validated trust brings the same.") if same else _("There is no sure harm to limit; validated trust brings {gains}.").format(gains=_gains(curve, trust)))
    level, worst = min(trust.items(), key=lambda item: item[1].least)
    if worst.least < -LOST:
        said.append(_("On its worst seed it loses {lost} points ({level}).").format(lost=f"{-worst.least:.1f}", level=level_words(curve.stress, level)))
    return said


def _apart(curve: Curve) -> list[str]:
    """The texts that the trouble is about, where they were counted."""
    _level, most = max(curve.troubled().items())
    graph, text = most["with graph"].apart, most["text alone"].apart
    if graph is None or text is None:
        return []
    return [_("Of the texts concerned {graph} % are right with the graph, {text} % with text alone.").format(graph=f"{graph:.0f}", text=f"{text:.0f}")]


def _gains(curve: Curve, found: Mapping[float, Point]) -> str:
    words = _("{gain} ± {spread} points with {level}") if KINDS[curve.stress].level else _("{gain} ± {spread} points at {level}")
    return ", ".join(words.format(gain=signed(point.gain, 1), spread=f"{point.gain_spread:.1f}", level=level_words(curve.stress, level)) for level, point in found.items())
