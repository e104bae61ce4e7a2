"""What a client does in a round beside plain training: one rule a file, chosen by the strategy and sent by its name."""

import importlib

from fedviz.core.errors import UnknownNameError
from fedviz.federation.local.base import LocalRule

RULES = {"": "base:LocalRule", "scaffold": "scaffold:Scaffold", "feddyn": "feddyn:FedDyn", "loss-first": "loss_first:LossFirst",
         "ditto": "ditto:Ditto", "fine-tuning": "fine_tuning:FineTuning", "pfedme": "pfedme:PFedMe", "moon": "moon:Moon", "local-parts": "parts:LocalParts",
         "ifca": "ifca:Ifca", "adapters": "adapters:Adapters"}  # fmt: skip
"""Name on the wire -> module in this folder, colon, class."""


def local_rule(name: str) -> LocalRule:
    """A fresh rule of that name; `UnknownNameError` where a server asks for one that this client does not know."""
    if name not in RULES:
        raise UnknownNameError("local rule", name, RULES)
    module, _, rule = RULES[name].partition(":")
    return getattr(importlib.import_module(f"{__name__}.{module}"), rule)()
