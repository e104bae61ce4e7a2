"""Consistency: what the model says of a text shall not stray far from what the graph says of it.

`lambda KL(q || p)` with p the model's probabilities and q the softmax of the graph's class evidence, over the texts that the graph
says something about. After Hu et al. 2016, Harnessing Deep Neural Networks with Logic Rules (arXiv 1603.06318), where a
teacher that obeys the rules is imitated; here the teacher is the graph's own prior.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from fedviz.core.i18n import N_
from fedviz.models.knowledge.base import KnowledgeInputs
from fedviz.models.losses.base import LossEntry, LossOptions, Reading, Step

if TYPE_CHECKING:
    from torch import Tensor


class ConsistencyOptions(LossOptions):
    """How sharp the graph's word is taken."""

    name: Literal["consistency"] = "consistency"
    sharpness: Annotated[
        float, Field(gt=0, le=20, title="Sharpness", description="The class evidence of a text in logits when all its links lead to one class: q is the softmax of it.")
    ] = 3.0


class Consistency:
    """The graph's prior of every training text is worked out once."""

    def __init__(self, options: ConsistencyOptions, inputs: KnowledgeInputs) -> None:
        self._options, self._inputs = options, inputs

    def parameters(self) -> "Mapping[str, Tensor]":
        """Nothing."""
        return {}

    def prepare(self, reading: Reading) -> None:
        """Class evidence of the texts; a text without counts nothing."""
        import torch

        from fedviz.models.knowledge.evidence import Evidence, EvidenceOptions

        evidence = Evidence(EvidenceOptions(beta=self._options.sharpness, dimensions=0), self._inputs)
        priors = torch.from_numpy(evidence.sums(reading.texts)[1])
        self._said = (priors.abs().sum(1) > 0).to(priors.dtype)
        self._target = priors.log_softmax(1)

    def __call__(self, step: Step, trained: "Mapping[str, Tensor]") -> "Tensor":
        """Mean over all texts of the batch; those of which the graph says nothing add zero."""
        target = self._target[step.rows]
        apart = (target.exp() * (target - step.logits.log_softmax(1))).sum(1)
        return (apart * self._said[step.rows]).mean()


CONSISTENCY = LossEntry(
    "consistency",
    N_("Consistency with the graph's class evidence"),
    N_("The model's answer is pulled towards what the graph alone says of the text, where it says something."),
    ConsistencyOptions,
    equation=r"\mathcal{L} = \mathcal{L}_{CE} + \lambda\, \mathrm{KL}\big(\mathrm{softmax}(\textstyle\sum_t g_t a_t e_{c(t)}) \,\|\, p_w(\cdot \mid x)\big)",
    paper="Hu et al. 2016, Harnessing Deep Neural Networks with Logic Rules, arXiv:1603.06318",
    when=N_(
        "It helps where labels are few and the graph's triples lead to the classes. Unlike evidence in the logits, the model needs no graph once it is trained; "
        "where the graph is wrong, the model learns the error. A graph that leads to no class changes nothing."
    ),
    build=Consistency,
)
