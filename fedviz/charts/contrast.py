"""What a score is compared with. All choices are linear in the logits, so that whatever adds up in logits still adds up here."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from fedviz.core.i18n import _

AVERAGE = -1
"""`against` of a contrast with the average of all classes."""


@dataclass(frozen=True)
class Contrast:
    """The score of class `target`: its logit by itself (`against` is None), less the average of all logits, or less the logit of one other class.

    Probabilities depend on differences of logits only. So a triple may lower the logit of a class and still make it more probable, by
    lowering the others more; a contrast shows that.
    """

    target: int
    against: int | None = None

    def of(self, values: Sequence[float]) -> float:
        """The score of one summand or of the whole: `values` are logits per class."""
        if self.against is None:
            return float(values[self.target])
        if self.against == AVERAGE:
            return float(values[self.target]) - math.fsum(values) / len(values)
        return float(values[self.target]) - float(values[self.against])

    def weights(self, classes: int) -> tuple[float, ...]:
        """The score as weights of the logits [classes]."""
        unit = [[float(place == one) for place in range(classes)] for one in range(classes)]
        return tuple(self.of(row) for row in unit)

    def name(self, classes: Sequence[str]) -> str:
        """The score in words."""
        if self.against is None:
            return classes[self.target]
        if self.against == AVERAGE:
            return _("{name} against the average class").format(name=classes[self.target])
        return _("{name} against {other}").format(name=classes[self.target], other=classes[self.against])
