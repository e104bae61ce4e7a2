"""Whether the chosen model reads what the texts of the chosen scenario are written in."""

from collections.abc import Callable

from fedviz.core.config import RunConfig
from fedviz.core.i18n import N_
from fedviz.core.registry import MODELS, SCENARIOS

NAMES = {"en": N_("English"), "zh": N_("Chinese")}
"""Languages of scenarios by their code (BCP 47)."""


def reads(config: RunConfig) -> bool:
    """Whether the model was trained on texts of that language; also where nobody knows what either is."""
    known, language = MODELS.get(config.model.name).reads, SCENARIOS.get(config.scenario.name).language
    return not known or not language or language in known


WORDS = N_("These texts are in {language}, on which {model} was not trained, so that it can tell little of them; {fitting} reads {language}.")


def unread(config: RunConfig, say: Callable[[str], str] = str) -> str:
    """One sentence where the model does not read the texts, with one that does; empty where it does. `say` translates a message."""
    if reads(config):
        return ""
    entry = SCENARIOS.get(config.scenario.name)
    return say(WORDS).format(language=say(NAMES[entry.language]), model=say(MODELS.get(config.model.name).title), fitting=say(MODELS.get(entry.model).title))
