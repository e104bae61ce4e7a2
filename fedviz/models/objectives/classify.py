"""Classification: the class of a text by cross-entropy."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.core.registry import PRIVACY
from fedviz.models.objectives.base import ObjectiveEntry, Progress

if TYPE_CHECKING:
    from fedviz.core.config import RunConfig


class ClassifyOptions(Options):
    """How classes count beside each other."""

    name: Literal["classify"] = "classify"
    class_weights: Annotated[
        Literal["none", "local", "global"],
        Field(title="Class weights", description="Let a text of a rare class count more in training: n / (k n_c) for a class with n_c of n texts, over the k classes that have any. Local: each client counts its own texts, and nothing is sent for it. Global: the server adds up how many texts of each class every client has, and sends the sums back; these counts leave the clients. The losses that are told stay without weights."),
    ] = "none"


def prepare(config: "RunConfig", data: Any, progress: Progress) -> Any:
    """The classifier with what the graph adds to it."""
    from fedviz.models import learner

    return learner.prepare(config, data, progress)


def check(options: ClassifyOptions, config: "RunConfig") -> None:
    """`ValueError` where weights would tell what is kept back, or where counts are not known in time."""
    weights, privacy = options.class_weights, config.privacy.name  # type: ignore[attr-defined]
    if weights == "global" and privacy != "none":
        raise ValueError(f"`objective.class_weights` must be none or local where privacy is {privacy}, since the counts of the classes leave the clients without noise, but got class_weights={weights}")
    if weights == "local" and PRIVACY.get(privacy).text_by_text:
        raise ValueError(f"`objective.class_weights` must be none where privacy is {privacy}, since a single text moves the weights of all others, but got class_weights={weights}")
    if weights == "global" and config.participation.drift != "none":
        raise ValueError(f"`participation.drift` must be none where class weights are global, since texts are counted once, before the first round, but got drift={config.participation.drift}")


CLASSIFY = ObjectiveEntry(
    "classify",
    N_("Classification"),
    N_("The model learns which class a text belongs to, from texts that have labels."),
    ClassifyOptions,
    equation=r"L = -\frac{1}{B} \sum_i \omega_{y_i} \log p(y_i \mid x_i), \quad \omega_c = 1 \text{ or } \frac{n}{k \, n_c}",
    paper="Devlin et al. 2019, BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding, arXiv:1810.04805 (fine-tuning); King and Zeng 2001, Logistic Regression in Rare Events Data, Political Analysis 9(2) (class weights)",
    when=N_("Where texts have labels. What the graph knows of the classes can take part. Class weights help rare classes at the cost of frequent ones: look at macro-F1 and not at accuracy alone."),
    prepare=prepare,
    check=check,
    labels=True,
)
