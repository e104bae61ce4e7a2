"""What the two sparsifiers share: how many weights are sent."""

from typing import Annotated

from pydantic import Field

Share = Annotated[float, Field(gt=0, le=1, title="Share", description="The share of the weights that is sent, at least one of them.")]


def kept(share: float, d: int) -> int:
    """So many of d weights are sent."""
    return max(1, min(d, round(share * d)))
