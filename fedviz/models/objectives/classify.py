"""Classification: the class of a text by cross-entropy."""

from typing import TYPE_CHECKING, Any, Literal

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.models.objectives.base import ObjectiveEntry, Progress, anything

if TYPE_CHECKING:
    from fedviz.core.config import RunConfig


class ClassifyOptions(Options):
    """No options."""

    name: Literal["classify"] = "classify"


def prepare(config: "RunConfig", data: Any, progress: Progress) -> Any:
    """The classifier with what the graph adds to it."""
    from fedviz.models import learner

    return learner.prepare(config, data, progress)


CLASSIFY = ObjectiveEntry(
    "classify",
    N_("Classification"),
    N_("The model learns which class a text belongs to, from texts that have labels."),
    ClassifyOptions,
    equation=r"L = -\frac{1}{B} \sum_i \log p(y_i \mid x_i)",
    paper="Devlin et al. 2019, BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding, arXiv:1810.04805 (fine-tuning)",
    when=N_("Where texts have labels. What the graph knows of the classes can take part."),
    prepare=prepare,
    check=anything,
    labels=True,
)
