"""No privacy mechanism."""

from typing import Literal

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.privacy.base import PrivacyEntry


class NoneOptions(Options):
    """Nothing to choose."""

    name: Literal["none"] = "none"


NONE = PrivacyEntry(
    name="none",
    title=N_("No guarantee"),
    summary=N_("Texts stay with the clients, but the models that they send can tell about them, and nothing bounds how much."),
    options=NoneOptions,
    equation="",
    paper="Zhu, Liu and Han 2019, Deep Leakage from Gradients, arXiv:1906.08935",
    when=N_("The run to compare every guarantee with: what does privacy cost in accuracy?"),
    check=lambda options, config: None,
    build=lambda options, federation, seed, texts=(): None,
)
