"""What every strategy of the registry offers, and the options that the server optimisers share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from fedviz.core.options import Options

if TYPE_CHECKING:
    from fedviz.federation.strategies.mended import Mended

ServerRate = Annotated[
    float,
    Field(gt=0, le=10, title="Server rate", description="Step size of the server's optimiser on the clients' mean update."),
]
Tau = Annotated[
    float,
    Field(
        gt=0, le=1, title="Tau", description="Added to the divisor: small values let every weight move by about the server rate, large ones make it plain SGD."
    ),
]
Beta1 = Annotated[float, Field(ge=0, lt=1, title="Beta 1", description="How much of the former rounds' direction the server keeps (momentum).")]
Beta2 = Annotated[float, Field(ge=0, lt=1, title="Beta 2", description="How slowly the server forgets how large a weight's updates were.")]


Lambda = Annotated[
    float,
    Field(ge=0, le=100, title="Lambda", description="How strongly a personal model is held near the global one. With plain SGD, lambda times the learning rate must stay below 2, or steps overshoot."),
]


@dataclass(frozen=True)
class Beside:
    """Bytes of arrays beside the weights in one message: with an order to train, with its answer, and with an order to evaluate."""

    down: int
    up: int
    evaluate: int = 0


@dataclass(frozen=True)
class StrategyEntry:
    """A strategy of the registry.

    `equation` is LaTeX; `paper` names the source; `when` says when it helps and when it does not. `build(options, federation, seed)`
    takes the strategy's options, the `FederationConfig` and the run's seed and returns a Flower strategy. `plain_sgd`: its rule speaks of
    plain gradient steps, so that another client optimiser is refused. `extra_down`, `extra_up`: what travels beside the weights, in
    models (1.0: as much again), from the second round on; `beside(options, size, arrays)`: instead of these the bytes from the first round on,
    for a model of `size` bytes in so many arrays; `remembered`: what every client remembers, in models. `personal`: every client has a model of its own, which
    is measured too. `extra_steps(options, epochs, steps)`: steps beside the `steps` of a client's plain training of so many epochs, in one
    round. `sum_is_enough` is False where the server reads replies one by one, so that secure aggregation is refused.
    `private`: it learns of the clients nothing but the mean of their models, so that noise on the mean is enough.
    `answers(options, federation)`: how many answers make up a round. `asynchronous`: clients begin and answer when they can, so that nothing closes a round.
    `one_step`: a client takes one step on all its texts, whatever the federation's epochs and batch size are. `whole_models`: what is
    combined are the clients' models as they sent them. `plain_mean`: the next model is their mean, and nothing else. `rule`, `numbers`: names of what the clients are told beside the settings of plain training.
    `check(options, config)` raises `ValueError` where the strategy makes no sense in a run of that `RunConfig`. `kept(options)`: models that the
    server holds beside the global one and a mean's. `stays(options, name)`: whether the trained array of that name never leaves its client.
    """

    name: str
    title: str
    summary: str
    options: type[Options]
    equation: str
    paper: str
    when: str
    build: "Callable[[Any, Any, int], Mended]"
    plain_sgd: bool = False
    extra_down: float = 0.0
    extra_up: float = 0.0
    sum_is_enough: bool = True
    rule: str = ""
    numbers: tuple[str, ...] = ()
    remembered: float = 0.0
    personal: bool = False
    extra_steps: Callable[[Any, int, float], float] = lambda options, epochs, steps: 0.0
    private: bool = False
    one_step: bool = False
    check: Callable[[Any, Any], None] = lambda options, config: None
    kept: Callable[[Any], float] = lambda options: 0.0
    stays: Callable[[Any, str], bool] = lambda options, name: False
    beside: Callable[[Any, int, int], Beside] | None = None
    answers: Callable[[Any, Any], int] = lambda options, federation: federation.participants
    asynchronous: bool = False
    whole_models: bool = True
    plain_mean: bool = False
