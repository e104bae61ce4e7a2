"""The sections `[graph]` and `[guidance]`: what is done to the graph before anybody reads it, and what it adds to the clients' loss."""

from typing import Annotated, Literal

from pydantic import Field

from fedviz.core.options import Options, group
from fedviz.core.registry import LOSSES


class GraphConfig(Options):
    """The graph as it is, a control that should fail, or a graph that is partly wrong. All that reads the graph reads the same one."""

    control: Annotated[Literal["none", "shuffled", "random"], Field(title="Control", description="Shuffled hangs the same structure on other entities; random draws the triples' ends anew and leaves every entity as many as it had. A gain that survives this is not knowledge of the structure.")] = "none"
    rewired: Annotated[float, Field(ge=0, le=1, title="Share of wrong triples", description="So many triples, chosen by the seed, point to the end of another one: a graph that errs. 0 leaves it as it is.")] = 0.0


Guidance = group(LOSSES, "Guidance")
"""What the graph adds to every client's loss; each part counts with its weight, and 0 leaves it out."""
