"""What every model option group and every model or knowledge entry offers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from fedviz.carriers.records import CARRIERS
from fedviz.core.options import Options
from fedviz.models.shapes import Shape


class ModelOptions(Options):
    """Options that all language models share: which weights are trained, and how the work is saved."""

    name: str
    tuning: Annotated[Literal["head", "lora", "full"], Field(title="What is trained", description="Only the classification head, low-rank adapters (LoRA) in the top layers and the head, or every weight. What is trained is also what travels in each round.")] = "lora"
    lora_rank: Annotated[int, Field(ge=1, le=64, title="LoRA rank", description="Width of the low-rank adapters: a weight matrix W becomes W + (alpha / rank) B A, and only A and B are trained.")] = 8
    lora_alpha: Annotated[float, Field(gt=0, le=256, title="LoRA alpha", description="Scale of the adapters: the product B A is multiplied by alpha / rank.")] = 16.0
    lora_layers: Annotated[int, Field(ge=1, le=24, title="LoRA layers", description="How many of the top layers carry adapters. The layers below stay frozen, so their activations can be computed once.")] = 2
    lora_targets: Annotated[Literal["query and value", "attention", "all linear"], Field(title="Where adapters sit", description="On the query and value maps of attention, as in the paper of LoRA (in GPT-2 one map holds query, key and value), on all its maps, or on every linear map of a layer.")] = "query and value"
    max_tokens: Annotated[int, Field(ge=8, le=512, title="Longest text in tokens", description="Texts are cut after this many tokens.")] = 128
    cache: Annotated[bool, Field(title="Cache frozen activations", description="Compute what the frozen layers say about a text once per run. Changes speed and nothing else.")] = True
    bucket: Annotated[bool, Field(title="Compute no padding", description="Work on texts at their true length instead of padding each to the longest. Changes speed and nothing else.")] = True
    bf16: Annotated[bool, Field(title="Fill the cache in bfloat16", description="Compute the cached activations with 8 bits of mantissa. Faster only on processors with bfloat16 arithmetic, and not to the bit.")] = False
    train_bf16: Annotated[bool, Field(title="Train in bfloat16", description="Compute the trained layers with 8 bits of mantissa; the weights themselves stay in 32 bits. Faster only on processors with bfloat16 arithmetic.")] = False
    device: Annotated[Literal["cpu", "cuda"], Field(title="Computed on", description="The processor, where a run repeats bit for bit, or a graphics processor (CUDA).")] = "cpu"
    start_from: Annotated[str, Field(max_length=500, title="Start from", description="A folder that a model of fedviz was exported to, by its path or by its name in the data folder's `exports`: training starts from its weights. A run keeps its digest behind an `@` and refuses another version. Empty: from the language model and a head that knows nothing.")] = ""


@dataclass(frozen=True)
class Facts:
    """What one should know of a model: its licence, the languages that it knows (a message), and which of its versions this is."""

    licence: str
    languages: str
    revision: str


@dataclass(frozen=True)
class ModelEntry:
    """A language model of the registry. `load(options)` returns its `Backbone`; it may raise `CarrierError`, or `InputError` where somebody brings the model.

    `shape(options)` and `facts(options)` say how large it is and where it comes from without loading its weights; they raise the same, and `ConfigError`.
    """

    name: str
    title: str
    summary: str
    options: type[ModelOptions]
    load: Callable[[Any], Any]
    shape: Callable[[Any], Shape]
    facts: Callable[[Any], Facts]
    carriers: tuple[str, ...] = ()
    """Keys of the packages that `load` reads, so that a page can ask for them before."""
    prepare: Callable[[], Any] | None = None
    """Makes now what `load` would make of the carriers at its first call."""
    load_for: Callable[[Any], Any] | None = None
    """`load_for(config)` in its place, where the model depends on more than its options: on who holds which texts."""
    sent: Callable[[Any], tuple[tuple[int, int], ...]] | None = None
    """`sent(config)`: what each client sent before the first round so that the model could be made, as (words that it counted, bytes)."""
    reads: tuple[str, ...] = ()
    """Languages (BCP 47) that it was trained on, those that scenarios are in at least; empty where it learns them from the texts or nobody knows."""


def carrier_facts(key: str, languages: str) -> Facts:
    """The facts of a model that a carrier brings."""
    carrier = CARRIERS[key]
    return Facts(carrier.licence, languages, f"{carrier.package} {carrier.version}")


@dataclass(frozen=True)
class KnowledgeEntry:
    """A way for the graph to enter the model. `build(options, KnowledgeInputs)` returns a `Knowledge`."""

    name: str
    title: str
    summary: str
    options: type[Options]
    build: Callable[[Any, Any], Any]
