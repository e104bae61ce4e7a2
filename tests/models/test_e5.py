"""The converted E5 puts a sentence and its translation together, in Chinese as in other languages."""

import numpy as np
import pytest

from fedviz.carriers.store import is_present

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not is_present("e5-small"), reason="the carrier e5-small is not in the data folder; run `python -m fedviz fetch e5-small`"),
]
PAIRS = (
    ("The patient has had a fever for three days.", "患者发烧已经三天了。"),
    ("The pump is leaking oil.", "泵正在漏油。"),
    ("The bank raised its interest rates.", "银行提高了利率。"),
    ("Her knee hurts when she climbs stairs.", "她爬楼梯时膝盖疼。"),
    ("The excavator's bucket is cracked.", "挖掘机的铲斗裂了。"),
    ("Revenue grew by ten percent last year.", "去年收入增长了百分之十。"),
    ("Heart attack", "心肌梗死"),
    ("The child has a rash on both arms.", "Das Kind hat einen Ausschlag an beiden Armen."),
    ("The engine does not start in the cold.", "Der Motor springt bei Kälte nicht an."),
    ("The company pays no dividend this year.", "Das Unternehmen zahlt in diesem Jahr keine Dividende."),
    ("He coughs at night and sleeps badly.", "Il tousse la nuit et dort mal."),
    ("The hydraulic hose must be replaced.", "Hay que cambiar la manguera hidráulica."),
    ("Taxes on profits are due in March.", "Налоги на прибыль уплачиваются в марте."),
    ("The tire lost its air during the night.", "タイヤの空気が夜の間に抜けた。"),
)  # fmt: skip


def test_translations_lie_together_and_other_sentences_do_not() -> None:
    from fedviz.models.e5 import E5Options, load
    from fedviz.models.vectors import unit_vectors

    backbone = load(E5Options())
    assert backbone.parameters == 117_505_920
    texts = [text for pair in PAIRS for text in pair]
    vectors = unit_vectors(backbone, texts)
    cosines = vectors[::2] @ vectors[1::2].T
    translated, unrelated = np.diag(cosines), cosines[~np.eye(len(PAIRS), dtype=bool)]
    assert (cosines.argmax(1) == np.arange(len(PAIRS))).all() and (cosines.argmax(0) == np.arange(len(PAIRS))).all()
    assert translated.mean() > unrelated.mean() + 0.08 and translated.min() > np.quantile(unrelated, 0.9), (translated, unrelated.max())


def test_a_text_is_read_behind_the_prefix_and_keeps_its_end() -> None:
    from fedviz.models.e5 import E5Options, load

    tokenize = load(E5Options()).tokenize
    (whole,), (cut,) = tokenize(["患者发烧已经三天了，而且咳嗽得很厉害。"], 64), tokenize(["患者发烧已经三天了，而且咳嗽得很厉害。"], 8)
    assert whole[0] == cut[0] == 0 and whole[-1] == cut[-1] == 2 and len(cut) == 8
    assert whole[1:3] == (41, 1294) and 3 not in whole, "▁query and the colon, as XLM-RoBERTa counts them, and no unknown piece"


def test_vectors_are_centred_alike_in_training_in_explanations_and_in_exports() -> None:
    """E5's own cosines are all near 1; what a head reads is without what all texts share, and whoever computes it again gets the same."""
    import torch

    from fedviz.models.e5 import E5Options, load
    from fedviz.models.exchange import Whole, about
    from fedviz.models.vectors import unit_vectors
    from tests.models.small import config, predictor

    random = np.random.default_rng(0)
    arrays = {"head.weight": random.normal(0, 0.3, (4, 384)).astype(np.float32), "head.bias": np.zeros(4, np.float32)}
    model = predictor(config(knowledge="none").updated({"model.name": "e5-small", "model.tuning": "head"}), arrays)
    backbone, texts = load(E5Options()), [pair[1] for pair in PAIRS[:6]]
    read = np.stack([model.read(text).vector for text in texts])
    assert np.linalg.norm(read, axis=1) == pytest.approx(np.full(6, 384**0.5), rel=1e-4)
    near = ~np.eye(6, dtype=bool)
    assert (read @ read.T / 384)[near].mean() < 0.4 < 0.7 < (unit_vectors(backbone, texts) @ unit_vectors(backbone, texts).T)[near].mean()
    assert len(about(model.model, ("a", "b", "c", "d"), 128)["centre"]) == 384
    whole = Whole(model.model)
    for text in texts[:2]:
        source, expected = model.text_score(text), model.read(text).text_logits
        with torch.no_grad():
            assert source.logits(source.embedded)[0].numpy() == pytest.approx(expected, abs=1e-3)
            ids = torch.tensor([source.tokens.tokens])
            assert whole(ids, torch.ones_like(ids))[0].numpy() == pytest.approx(expected, abs=1e-3)
