"""The toy scenario's graph, and explanations made of plain numbers."""

from collections.abc import Sequence

from fedviz.core.types import Triple
from fedviz.explain.records import Contribution, Explanation
from fedviz.kg.graph import KnowledgeGraph
from fedviz.scenarios.toy import TOY


def toy_graph() -> KnowledgeGraph:
    """Forty entities, a taxonomy."""
    return TOY.load(TOY.options(), 0).graph


def contribution(number: int, values: Sequence[float]) -> Contribution:
    """A triple without a meaning."""
    return Contribution(
        triple=Triple(f"h{number}", "is_a", f"t{number}"), head_name=f"Head {number}", relation="is_a", tail_name=f"Tail {number}", mention=None,
        gate=1.0, weight=1.0, values=tuple(values),
    )


def explanation(text_logits: Sequence[float], rows: Sequence[Sequence[float]]) -> Explanation:
    """An explanation whose logits are the sum of the text's and of `rows`, one row a triple."""
    logits = [sum(column) for column in zip(text_logits, *rows, strict=True)]
    even = tuple(1 / len(logits) for _ in logits)
    return Explanation(
        text="a text", classes=tuple(f"class {number}" for number in range(len(logits))), mentions=(), text_logits=tuple(text_logits), logits=tuple(logits),
        probabilities=even, text_probabilities=even, contributions=tuple(contribution(number, row) for number, row in enumerate(rows)),
        predicted=max(range(len(logits)), key=logits.__getitem__),
    )
