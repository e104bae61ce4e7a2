"""No compression: weights travel as float32."""

from typing import Literal

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.compression.base import CompressionEntry


class NoneOptions(Options):
    """Nothing to choose."""

    name: Literal["none"] = "none"


NONE = CompressionEntry(
    name="none",
    title=N_("None"),
    summary=N_("Every weight travels with all its 32 bits, in both directions."),
    options=NoneOptions,
    equation="",
    paper="McMahan et al. 2017, Communication-Efficient Learning of Deep Networks from Decentralized Data, arXiv:1602.05629",
    when=N_("Where the link is fast or the trained part is small, as with LoRA or a head: the yardstick for every compression."),
    build=lambda options: None,
)
