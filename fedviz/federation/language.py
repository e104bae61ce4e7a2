"""What a run of a language model tells beside its rounds: the counts of words that its tokenizer is made of, and what it says of watched texts."""

from typing import TYPE_CHECKING

from fedviz.core.config import RunConfig
from fedviz.core.events import MessagesPassed, WatchedAnswer
from fedviz.core.passed import Content, Entry, Passed
from fedviz.core.registry import MODELS
from fedviz.federation import wire

if TYPE_CHECKING:
    from fedviz.federation.assemble import Experiment
    from fedviz.federation.messages import Arrays


def counts_sent(config: RunConfig) -> MessagesPassed | None:
    """The counts of words that the clients sent before the first round; None where the model's tokenizer is not made of any."""
    sent = MODELS.get(config.model.name).sent  # type: ignore[attr-defined]
    if sent is None:
        return None
    told = [(client, words, size, f"counts-{words}-{size}") for client, (words, size) in enumerate(sent(config)) if words]
    contents = {
        key: Content(id=key, message="counts", direction="sent", entries=(Entry(record=wire.COUNTS, name="words", type="str, int64", shape=(words,), bytes=size),))
        for _client, words, size, key in told
    }
    return MessagesPassed(round=0, contents=tuple(contents.values()), rows=tuple(Passed(client, key, 1, size) for client, _words, size, key in told))


def watched(experiment: "Experiment", arrays: "Arrays") -> tuple[WatchedAnswer, ...]:
    """What a model says of the texts that somebody watches, by the learner that no client works with."""
    if not getattr(experiment.config.objective, "watched", ()):
        return ()
    experiment.own_learner.load(arrays)
    return tuple(WatchedAnswer(text=text, likeliest=found) for text, found in experiment.own_learner.watched())
