"""No text is added."""

from typing import Literal

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.models.augmentation.base import AugmentationEntry


class NoAugmentationOptions(Options):
    """No options."""

    name: Literal["none"] = "none"


NONE = AugmentationEntry(
    "none",
    N_("No texts are added"),
    N_("Clients train on the texts that they hold and on no others."),
    NoAugmentationOptions,
    equation="",
    paper="",
    when=N_("The baseline for every gain by more texts."),
    write=lambda options, data, rows, seed, embed: [],
)
