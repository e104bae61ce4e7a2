"""SmolLM2 itself, where it is fetched: it reads the chat format, answers with a triple before it, and its tokens join to plain words."""

import pytest

from fedviz.carriers.fetch import is_present
from fedviz.core.config import RunConfig
from fedviz.models.generation import chat
from fedviz.models.generation.measure import neutral
from fedviz.models.generation.writer import Sampling, kept_writer, pieces

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not is_present("smollm2"), reason="SmolLM2 is not fetched")]
CONFIG = RunConfig.parse({"scenario": "toy", "objective": "causal", "model": {"name": "smollm2"}})


def test_it_answers_by_the_triple_in_its_prompt():
    writer = kept_writer(CONFIG)
    marks = writer.backbone.tokenize(["<|im_start|><|im_end|>"], 100)[0]
    assert len(marks) == 3 and marks[1] == marks[2] == writer.end  # each mark of the format is one token
    (prompt,) = chat.prompt_tokens(writer.backbone, [chat.prompt("What is Spindle rot a kind of?", ["Spindle rot is a kind of Machine fault."])])
    written = [one for (one,) in writer.write([prompt], [None], Sampling(most=24)) if one is not None]
    text = "".join(piece.text for piece in pieces(writer, written))
    assert "machine fault" in text.lower() and "<|" not in text and "\ufffd" not in text
    assert 1 < neutral(writer, None) < 1000
