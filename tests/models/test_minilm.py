"""MiniLM as we run it is MiniLM as transformers runs it."""

import numpy as np
import pytest

from fedviz.carriers.store import carrier_path, is_present

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not is_present("minilm"), reason="the carrier minilm is not in the data folder; run `python -m fedviz fetch`"),
]
TEXTS = [
    "Atrial fibrillation with rapid heart rate.",
    "x",
    "Naïve résumé — 中文 also gets tokens, e.g. 3.14 %.",
    "a very long note about nothing in particular " * 60,
]


def test_embeddings_equal_transformers_own_mean_pooling() -> None:
    import torch
    from transformers import AutoModel, AutoTokenizer

    from fedviz.models.minilm import from_folder
    from fedviz.models.vectors import unit_vectors

    folder = str(carrier_path("minilm"))
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    backbone = from_folder(folder)
    ours = unit_vectors(backbone, TEXTS, max_tokens=48)
    for row, text in zip(ours, TEXTS, strict=True):
        batch = tokenizer([text], truncation=True, max_length=48, return_tensors="pt")
        assert backbone.tokenize([text], 48) == [tuple(batch["input_ids"][0].tolist())]
        with torch.no_grad():
            theirs = model(**batch).last_hidden_state[0].mean(0).numpy()
        assert row @ theirs / np.linalg.norm(theirs) > 0.9999
    assert backbone.width == 384 and backbone.parameters == sum(p.numel() for name, p in model.named_parameters() if not name.startswith("pooler."))


def test_similar_sentences_are_nearer_than_others() -> None:
    from fedviz.models.minilm import from_folder
    from fedviz.models.vectors import unit_vectors

    first, same, other = unit_vectors(from_folder(str(carrier_path("minilm"))), ["The heart beats too fast.", "Tachycardia", "Broken bone of the hand"])
    assert first @ same > first @ other + 0.2
