"""From word to entity to triple to class: one prediction as a flow, in logits.

A word flows by what it adds to the text's own score, and into the entity that it names; the entity into its triples; each triple for or against the
class. Widths are absolute values, colours their signs: a flow cannot be negative.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from fedviz.charts.contrast import Contrast
from fedviz.charts.safe import figure_text, signed
from fedviz.charts.theme import Spec, figure, layout
from fedviz.charts.waterfall import triple_label
from fedviz.core.i18n import _
from fedviz.explain.records import Contribution, Explanation
from fedviz.explain.words import Words

SHOWN_WORDS, SHOWN_TRIPLES = 12, 12


@dataclass(frozen=True)
class Flow:
    """A band from one node to another: `value` in logits, signed."""

    start: int
    end: int
    value: float


@dataclass(frozen=True)
class FlowRecord:
    """`nodes`: (label, column) from left to right; `left_out`: words and triples too small to be drawn."""

    nodes: tuple[tuple[str, int], ...]
    flows: tuple[Flow, ...]
    left_out: tuple[int, int]


def flow_record(explanation: Explanation, words: Words, contrast: Contrast) -> FlowRecord:
    """The strongest words and triples; what is left out is counted."""
    speaking = [c for c in explanation.contributions if contrast.of(c.values)]
    triples = sorted(speaking, key=lambda c: (-abs(contrast.of(c.values)), c.key))[:SHOWN_TRIPLES]
    shown = sorted(words.words, key=lambda word: (-abs(word.value), word.start))[:SHOWN_WORDS]
    name = contrast.name(explanation.classes)
    nodes: list[tuple[str, int]] = [(_("for {name}").format(name=name), 3), (_("against {name}").format(name=name), 3)]
    places: dict[tuple[str, str], int] = {}

    def place(kind: str, key: str, label: str, column: int) -> int:
        if (kind, key) not in places:
            places[kind, key] = len(nodes)
            nodes.append((label, column))
        return places[kind, key]

    flows = [Flow(place("word", str(word.start), word.word, 0), 0 if word.value > 0 else 1, word.value) for word in sorted(shown, key=lambda word: word.start) if word.value]
    for head in dict.fromkeys(c.triple.head for c in triples):
        own = [c for c in triples if c.triple.head == head]
        entity = place("entity", head, own[0].head_name, 1)
        flows += _naming(explanation, own, words, entity, contrast, place)
        for c in own:
            value = contrast.of(c.values)
            node = place("triple", c.key, triple_label("", c.relation, c.tail_name).strip(), 2)
            flows += [Flow(entity, node, value), Flow(node, 0 if value > 0 else 1, value)]
    return FlowRecord(tuple(nodes), tuple(flows), (len(words.words) - len(shown), len(speaking) - len(triples)))


def _naming(explanation: Explanation, own: Sequence[Contribution], words: Words, entity: int, contrast: Contrast, place) -> list[Flow]:  # noqa: ANN001
    """From the words of an entity's mention, which share its triples evenly; for each sign one band."""
    mention = next((explanation.mentions[c.mention] for c in own if c.mention is not None), None)
    if mention is None:
        return []
    inside = [word for word in words.words if word.start < mention.end and word.end > mention.start]
    flows = []
    for sign in (1, -1):
        value = sum(value for c in own if (value := contrast.of(c.values)) * sign > 0)
        flows += [Flow(place("word", str(word.start), word.word, 0), entity, value / len(inside)) for word in inside if value]
    return flows


def flow_spec(record: FlowRecord) -> Spec:
    """The flow from left to right."""
    return {
        "data": [
            {
                "type": "sankey",
                "arrangement": "snap",
                "node": {
                    "label": [figure_text(label, 28) for label, _column in record.nodes],
                    "color": ["@positive" if place == 0 else "@negative" if place == 1 else "@alone" for place in range(len(record.nodes))],
                    "line": {"width": 0},
                    "pad": 12,
                    "thickness": 14,
                    "hovertemplate": "%{label}<extra></extra>",
                },
                "link": {
                    "source": [flow.start for flow in record.flows],
                    "target": [flow.end for flow in record.flows],
                    "value": [round(abs(flow.value), 6) for flow in record.flows],
                    "color": ["@along" if flow.value > 0 else "@against" for flow in record.flows],
                    "customdata": [signed(flow.value, 3) for flow in record.flows],
                    "hovertemplate": "%{source.label} → %{target.label}<br>%{customdata}<extra></extra>",
                },
                "textfont": {"color": "@text", "size": 12},
            }
        ],
        "layout": layout(height=max(320, 26 * max(sum(column == at for _label, column in record.nodes) for at in range(4)) + 80), margin={"l": 8, "r": 8, "t": 8, "b": 8}),
    }


def flow_figure(record: FlowRecord, dark: bool = False) -> go.Figure:
    """`flow_spec` as a figure."""
    return figure(flow_spec(record), dark)
