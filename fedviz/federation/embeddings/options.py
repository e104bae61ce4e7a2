"""What a comparison of federated embeddings does: who holds what, how often it is repeated, how vectors are learned."""

from typing import Annotated, Literal

from pydantic import Field

from fedviz.core.i18n import N_
from fedviz.core.options import Options


class FederatedOptions(Options):
    """Options of a comparison; each repetition deals anew (but for `party`), starts anew and holds other triples out."""

    by: Annotated[
        Literal["relation", "triple", "party"],
        Field(title=N_("Who holds what"), description=N_("Each relation with all its triples to one party, each triple to a party by chance, or as the sources' parties are.")),
    ] = "triple"
    parties: Annotated[int, Field(ge=2, le=8, title=N_("How many parties"), description=N_("Where the graph is dealt; by the sources' parties, there are as many as there are."))] = 4
    share: Annotated[
        float, Field(ge=0.01, le=1, title=N_("Share of the triples"), description=N_("So much of what it is dealt a party keeps: with few triples of its own it may gain by others'."))
    ] = 0.2
    repetitions: Annotated[int, Field(ge=1, le=10, title=N_("Repetitions"), description=N_("Means are told with their spread over so many seeds."))] = 3
    model: Annotated[Literal["distmult", "transe"], Field(title=N_("Embedding"), description=N_("How a triple is scored: `distmult` by a product of three vectors, `transe` by a shift from head to tail."))] = "transe"
    width: Annotated[int, Field(ge=4, le=256, title=N_("Width"), description=N_("Numbers in the vector of each entity and relation."))] = 32
    epochs: Annotated[int, Field(ge=1, le=500, title=N_("Rounds at most"), description=N_("In each round every party learns once from every triple of its own."))] = 30
    hints: Annotated[int, Field(ge=1, le=50, title=N_("Hints of the attacker"), description=N_("So many triples of each relation of the first party the server knows before it attacks."))] = 3
    seed: Annotated[int, Field(ge=0, title=N_("Seed"), description=N_("All randomness follows from it."))] = 0
