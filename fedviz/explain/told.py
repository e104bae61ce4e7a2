"""The paragraph of a prediction in SmolLM2's own words: asked for greedily, held against the contributions, refused where it differs."""

from fedviz.core.config import RunConfig
from fedviz.explain.checked import reworded
from fedviz.explain.records import Explanation

WRITER = RunConfig.parse({"scenario": {"name": "toy"}, "objective": {"name": "causal"}, "model": {"name": "smollm2"}})
"""Whose words: the pretrained model, which needs its carrier and nothing of a run."""
_SYSTEM = "You rewrite text in plain words. Keep every number and every name exactly as it is, and add nothing."
_MOST = 220


def told(influence: Explanation, known: tuple[str, ...]) -> str:
    """The paragraph in the model's words, in English. `known`: names of the graph's entities. `InputError` where they differ, `CarrierError` where the model is not fetched."""
    from fedviz.models import compute
    from fedviz.models.generation import chat
    from fedviz.models.generation.measure import written
    from fedviz.models.generation.writer import Sampling, kept_writer

    compute.take(1)
    writer = kept_writer(WRITER)

    def rewrite(words: str) -> str:
        prompts = chat.prompt_tokens(writer.backbone, [chat.framed(_SYSTEM, words)])
        return written(writer, prompts, [None], Sampling(most=_MOST))[0]

    return reworded(influence, rewrite, known)
