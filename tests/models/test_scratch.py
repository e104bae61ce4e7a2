"""Models that begin with nothing: the tokenizer that the clients make together is the one that all their texts would make, and rare words stay at home."""

import numpy as np
import pytest

from fedviz.core.config import RunConfig
from fedviz.core.errors import ConfigError
from fedviz.federation.language import counts_sent
from fedviz.models.loading import backbone_of
from fedviz.models.pieces import SPECIAL, counted, learned, learned_centrally, merged
from fedviz.models.scratch import tokenizer_of
from fedviz.scenarios import load as scenarios

FAMILIES = tuple(SPECIAL)
SMALL = {"name": "scratch", "width": 16, "layers": 1, "heads": 2, "vocabulary": 400, "least_count": 1, "most_per_text": 0}


def config(**model):
    family = model.get("family", "bert")
    return RunConfig.parse({
        "scenario": {"name": "toy", "train_texts": 40, "test_texts": 12}, "model": {**SMALL, **model}, "objective": "causal" if family in ("gpt2", "llama") else "masked", "federation": {"clients": 4},
    })  # fmt: skip


def shared(some):
    data = scenarios.load(some)
    return data.train.texts, [[data.train.texts[row] for row in rows] for rows in scenarios.shards(some, data).train]


@pytest.mark.parametrize("family", FAMILIES)
def test_counts_of_all_words_give_the_tokenizer_of_all_texts(family):
    texts, parts = shared(config(family=family))
    together = learned(family, merged(counted(family, part) for part in parts), 400)
    central = learned_centrally(family, list(texts), 400)
    assert together.backend_tokenizer.to_str() == central.backend_tokenizer.to_str()
    assert together(list(texts[:5]))["input_ids"] == central(list(texts[:5]))["input_ids"]
    assert [together.convert_ids_to_tokens(i) for i in range(len(SPECIAL[family]))] == list(SPECIAL[family])


def test_rare_words_stay_at_home_and_a_text_lifts_no_word_alone():
    texts = ["Smith has pain pain pain", "pain and fever", "fever fever"]
    assert counted("bert", texts) == {"and": 1, "fever": 3, "has": 1, "pain": 4, "smith": 1}
    assert counted("bert", texts, least=2) == {"fever": 3, "pain": 4}
    assert counted("bert", texts, least=2, most=1) == {"fever": 2, "pain": 2}
    assert merged([{"pain": 2}, {"fever": 1, "pain": 3}]) == {"fever": 1, "pain": 5}


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_configuration_gives_the_same_model(family):
    one, other = (backbone_of(config(family=family)) for _ in range(2))
    assert one.key == other.key and not one.pretrained
    for mine, same in zip(one.embeddings.parameters(), other.embeddings.parameters(), strict=True):
        np.testing.assert_array_equal(mine.numpy(), same.numpy())
    assert one.tokenize(["pendulum"], 16) == other.tokenize(["pendulum"], 16)
    assert backbone_of(config(family=family).updated({"seed": 1})).key != one.key


def test_the_ledger_tells_how_many_counts_each_client_sent():
    some = config(family="roberta", least_count=2)
    _texts, parts = shared(some)
    event = counts_sent(some)
    by_client = {row.client: row for row in event.rows}
    for client, part in enumerate(parts):
        words = counted("roberta", part, 2)
        (entry,) = next(content.entries for content in event.contents if content.id == by_client[client].content)
        assert entry.shape == (len(words),) and entry.bytes == by_client[client].bytes == sum(len(word.encode()) + 8 for word in words)
    assert counts_sent(some.updated({"model.name": "toy"})) is None
    assert tokenizer_of(some).sent[0] == (len(counted("roberta", parts[0], 2)), by_client[0].bytes)


def test_what_cannot_be_is_refused():
    with pytest.raises(ConfigError, match="heads"):
        config(heads=3)
    with pytest.raises(ConfigError, match="privacy"):
        config().updated({"privacy.name": "central", "federation.weighting": "even"})
    with pytest.raises(ConfigError, match="least_count"):
        tokenizer_of(config(least_count=1000))
