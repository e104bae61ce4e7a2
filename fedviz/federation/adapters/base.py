"""What every way to combine adapters offers, and the names of an adapter's arrays.

An adapted matrix W becomes `W + D + (alpha / rank) B A`: A [rank, inputs] and B [outputs, rank] are trained, D [outputs, inputs] is what the run has added to
the frozen matrix, for the ways that add to it at all.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fedviz.core.options import Options
from fedviz.core.registry import STRATEGIES

if TYPE_CHECKING:
    from fedviz.core.config import RunConfig
    from fedviz.federation.strategies.mended import Mended

A, B = ".lora_A.", ".lora_B."
"""In the names of the factors' arrays, between the matrix and the adapter's own name."""
DELTA = ".base_layer.delta"
"""Behind the matrix in the name of the array that is added to it."""
STILL = ("", A, B)
"""Which factor rests in a client's training, by the number that says so on the wire."""


def factors(names: Iterable[str]) -> dict[str, tuple[str, str]]:
    """The adapted matrices among arrays, with the names of their A and B."""
    return {name.partition(A)[0]: (name, name.replace(A, B)) for name in sorted(names) if A in name}


@dataclass(frozen=True)
class AdapterEntry:
    """A way to combine adapters.

    `equation` is LaTeX; `paper` names the source; `when` says when it helps and when it does not. `server()` gives the class that is mixed into the strategy, None
    where the strategy does it all. `still(round)`: which factor rests in that round (`STILL`). `home`: factors that the server never sends. `based`: something is
    added to the frozen matrices. `plain`: an answer has the names and shapes of the order, and the server needs nothing but their mean. `by_norm`:
    clients count by the norm of their product. `ranks(options, clients, rank)`: each client's own rank, where `rank` is the model's. `fits(options, config)` raises `ValueError`
    where the options make no sense in a run.
    """

    name: str
    title: str
    summary: str
    options: type[Options]
    equation: str
    paper: str
    when: str
    server: "Callable[[], type[Mended] | None]"
    still: Callable[[int], int] = lambda number: 0
    home: tuple[str, ...] = ()
    based: bool = False
    plain: bool = False
    by_norm: bool = False
    ranks: Callable[[Any, int, int], tuple[int, ...]] = lambda options, clients, rank: (rank,) * clients
    fits: Callable[[Any, Any], None] = lambda options, config: None

    def comes(self, name: str) -> bool:
        """Whether the server sends the array of that name."""
        return not any(factor in name for factor in self.home)

    def goes(self, name: str, number: int) -> bool:
        """Whether clients send the array of that name in a round."""
        rests = STILL[self.still(number)]
        return not name.endswith(DELTA) and not (rests and rests in name)

    def check(self, options: Options, config: "RunConfig") -> None:
        """`ValueError` where this way would not do what it says, in the run of a configuration."""
        if self.name == "fedit":
            return
        federation = config.federation
        if (tuning := config.model.tuning) != "lora":  # type: ignore[attr-defined]
            raise ValueError(f"`model.tuning` must be lora where adapters are combined by {self.name}, since else there are none, but got tuning={tuning}")
        if not STRATEGIES.get(federation.strategy.name).plain_mean:
            raise ValueError(f"`federation.strategy` must be one whose next model is the mean of the clients' models where adapters are combined by {self.name}, but got strategy={federation.strategy.name}")
        if federation.aggregation.name != "mean":
            raise ValueError(f"`federation.aggregation` must be mean where adapters are combined by {self.name}, which speaks of means, but got aggregation={federation.aggregation.name}")
        if config.privacy.name not in (("none", "central", "local") if self.plain else ("none",)):
            why = "whose noise would also reach the factor that rests" if self.plain else "which needs each client's factors without noise"
            raise ValueError(f"`privacy` must be none where adapters are combined by {self.name}, {why}, but got privacy={config.privacy.name}")
        if not self.plain and federation.secure_aggregation:
            raise ValueError(f"`federation.secure_aggregation` must be false where adapters are combined by {self.name}, which must see each client's factors or sends other arrays up than down, but got secure_aggregation=true")
        if not self.plain and federation.compression.name != "none":
            raise ValueError(f"`federation.compression` must be none where adapters are combined by {self.name}, whose answers are no update of what was sent, but got compression={federation.compression.name}")
        if not self.plain and config.adversary.name != "none":
            raise ValueError(f"`adversary` must be none where adapters are combined by {self.name}, whose answers are no update of what was sent, but got adversary={config.adversary.name}")
        self.fits(options, config)


def nothing_else() -> None:
    """The server of plain averaging: the strategy's own."""
    return
