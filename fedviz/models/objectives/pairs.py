"""Sentence pairs: which second half of a text follows its first half."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.core.registry import ADAPTERS
from fedviz.core.seeds import derive
from fedviz.models.objectives.base import ObjectiveEntry, Progress, coupled

if TYPE_CHECKING:
    from fedviz.core.config import RunConfig
    from fedviz.scenarios.base import ScenarioData


class PairsOptions(Options):
    """How pairs are judged."""

    name: Literal["pairs"] = "pairs"
    form: Annotated[Literal["contrastive", "next sentence"], Field(title="Form", description="Contrastive: a first half must lie nearer to its own second half than to those of the batch's other texts. Next sentence: the model reads both halves together and says whether they belong to one text, which is so in half of the cases.")] = "contrastive"
    temperature: Annotated[float, Field(ge=0.01, le=1, title="Temperature", description="What cosines are divided by, in the contrastive form: the smaller it is, the more the nearest wrong halves count.")] = 0.05


def prepare(config: "RunConfig", data: "ScenarioData", progress: Progress) -> Any:
    """Load the model, cut the texts in two, and keep what frozen layers say of halves that are read apart."""
    from fedviz.models.encoder import Encoder
    from fedviz.models.learner import ENCODE, LOAD
    from fedviz.models.loading import backbone_of
    from fedviz.models.pair_learner import PairLearner, PairModel, halves

    options, model = config.objective, config.model
    joined = options.form == "next sentence"  # type: ignore[attr-defined]
    progress(LOAD, 0, 1)
    backbone = backbone_of(config)
    progress(LOAD, 1, 1)
    based = ADAPTERS.get(config.federation.adapters.name).based
    encoder = Encoder(backbone, model, derive(config.seed, "model"), based)  # type: ignore[arg-type]
    most = model.max_tokens // 2 if joined else model.max_tokens  # type: ignore[attr-defined]
    parts: dict[Any, list[tuple[Any, Any]]] = {}
    for split, part in (("train", data.train), ("test", data.test)):
        firsts, seconds = zip(*(halves(text) for text in part.texts), strict=True)
        parts[split] = list(zip(backbone.tokenize(firsts, most), backbone.tokenize(seconds, most), strict=True))
    known: dict[Any, Any] = {}
    if encoder.cached and not joined:
        read = sorted({tokens for some in parts.values() for pair in some for tokens in pair})
        known = dict(zip(read, encoder.inputs(read, lambda done, of: progress(ENCODE, done, of)), strict=True))
    built = PairModel(encoder, joined)
    trained = sum(weight.numel() for weight in built.parameters() if weight.requires_grad)
    total = trained if model.tuning == "full" else backbone.parameters + trained  # type: ignore[attr-defined]
    return PairLearner(built, data.classes, parts, known, total, options.temperature, derive(config.seed, "pairs"))  # type: ignore[attr-defined]


PAIRS = ObjectiveEntry(
    "pairs",
    N_("Sentence pairs"),
    N_("The model learns which halves of texts belong together: by their vectors, or reading both. Labels are not read."),
    PairsOptions,
    equation=r"L = -\frac{1}{B} \sum_i \log \frac{e^{\cos(u_i, v_i)/\tau}}{\sum_j e^{\cos(u_i, v_j)/\tau}}",
    paper="van den Oord et al. 2018, Representation Learning with Contrastive Predictive Coding, arXiv:1807.03748; Devlin et al. 2019, arXiv:1810.04805 (next sentence)",
    when=N_("For vectors of whole texts, which a classifier or a search reads. What is right depends on the batch: the more texts in it, the harder it is."),
    prepare=prepare,
    check=coupled,
    coupled=True,
    shapes=lambda options, width, vocabulary: {"head.weight": (2, width), "head.bias": (2,)} if options.form == "next sentence" else {},
)
