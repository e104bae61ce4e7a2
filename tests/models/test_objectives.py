"""Language-model objectives: what is asked, and that the loss is the one that transformers computes of the same model and tokens."""

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoModelForMaskedLM

from fedviz.core.config import RunConfig
from fedviz.core.errors import ConfigError
from fedviz.federation import task
from fedviz.federation.task import FitSettings
from fedviz.models.folders import from_folder
from fedviz.models.masking import hidden, units
from fedviz.models.objectives.causal import NextToken
from fedviz.models.objectives.masked import Hiding, MaskedOptions
from fedviz.models.token_learner import described, learner
from tests.models.small_folders import FAMILIES, WORDS, small_folder

TEXTS = ("the patient has pain in the knee since days", "a strong fever and cough", "the pump leaks", "the bucket of the pump is broken and leaks", "no pain", "fever since days with strong cough")
CAUSAL = ("gpt2", "llama")


@pytest.fixture(scope="module", params=FAMILIES)
def folder(request, tmp_path_factory):
    return request.param, small_folder(request.param, tmp_path_factory.mktemp("models") / request.param)


def config(family, **changes):
    plain = {"scenario": {"name": "toy"}, "model": {"name": "toy", "tuning": "lora"}, "objective": "causal" if family in CAUSAL else "masked"}
    return RunConfig.parse(plain).updated(changes)


def built(family, folder, **changes):
    """A learner of a family's small model over the texts, all of them in both splits."""
    some, backbone = config(family, **changes), from_folder(folder, f"small-{family}")
    vocabulary = described(backbone, some, causal=family in CAUSAL)
    texts = vocabulary.mark(TEXTS, 32)
    asked = NextToken({split: [text.tokens for text in texts] for split in ("train", "test")}) if family in CAUSAL else Hiding({"train": texts, "test": texts}, vocabulary, some.objective, (), 7)
    return learner(some, backbone, ("a", "b"), asked, lambda done, of: None)


def theirs(family, folder, questions):
    """The mean loss of the questions' answers by the family's own class with its own head."""
    model = (AutoModelForCausalLM if family in CAUSAL else AutoModelForMaskedLM).from_pretrained(folder).eval()
    total, n = 0.0, 0
    with torch.no_grad():
        for question in questions:
            labels = torch.full((1, len(question.tokens)), -100)
            shift = int(family in CAUSAL)
            labels[0, [place + shift for place in question.places]] = torch.tensor(question.targets)
            total += model(input_ids=torch.tensor([question.tokens]), labels=labels).loss.item() * len(question.targets)
            n += len(question.targets)
    return total / n


@pytest.mark.parametrize("bucket", [True, False])
def test_the_loss_is_that_of_transformers(folder, bucket):
    family, path = folder
    one = built(family, path, **{"model.bucket": bucket})
    expected = theirs(family, path, [one.questions.ask("test", row, None) for row in range(len(TEXTS))])
    (batch,) = one.batches("test", range(len(TEXTS)), 16)
    assert one.objective(batch)[0].item() == pytest.approx(expected, rel=1e-4)
    measured = task.evaluate(one, range(len(TEXTS)))
    assert measured.metrics()["loss"] == pytest.approx(expected, rel=1e-4)
    assert measured.metrics()["perplexity"] == pytest.approx(np.exp(expected), rel=1e-3)
    assert measured.examples == measured.confusion.sum() == sum(len(one.questions.ask("test", row, None).targets) for row in range(len(TEXTS)))


@pytest.mark.parametrize("tuning", ["lora", "full"])
def test_gradients_are_those_of_plain_cross_entropy(folder, tuning):
    family, path = folder
    one = built(family, path, **{"model.tuning": tuning})
    (batch,) = one.batches("test", range(len(TEXTS)), 16)
    ours = torch.autograd.grad(one.objective(batch)[1], one.parameters(), allow_unused=True)
    plain = torch.autograd.grad(torch.nn.functional.cross_entropy(one.model.language(one.model(batch)), batch.targets), one.parameters(), allow_unused=True)
    for mine, other in zip(ours, plain, strict=True):
        assert (mine is None) == (other is None)
        if mine is not None:
            torch.testing.assert_close(mine, other, rtol=1e-3, atol=1e-6)


def test_cached_training_is_uncached_training(folder):
    family, path = folder
    fixed = {} if family in CAUSAL else {"objective.masks": 2}
    settings, reached = FitSettings(epochs=3, batch_size=2), []
    for cache in (True, False):
        one = built(family, path, **{"model.cache": cache, **fixed})
        result = task.fit(one, range(len(TEXTS)), settings, 3)
        reached.append((result.losses, one.arrays()))
    np.testing.assert_allclose(reached[0][0], reached[1][0], rtol=1e-4)
    for name, values in reached[0][1].items():
        np.testing.assert_allclose(values, reached[1][1][name], atol=2e-3)


def test_training_lowers_the_perplexity_and_leaves_its_twin_alone(folder):
    family, path = folder
    one = built(family, path, **{"model.tuning": "full"})
    other = one.twin()
    before = task.evaluate(one, range(len(TEXTS))).metrics()["perplexity"]
    task.fit(one, range(len(TEXTS)), FitSettings(epochs=30, batch_size=3, learning_rate=3e-3), 1)
    assert task.evaluate(one, range(len(TEXTS))).metrics()["perplexity"] < 0.5 * before
    assert task.evaluate(other, range(len(TEXTS))).metrics()["perplexity"] == before


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory):
    return from_folder(small_folder("bert", tmp_path_factory.mktemp("models") / "bert"), "small-bert").vocabulary


def test_a_share_of_the_tokens_is_hidden_in_the_known_proportions(vocabulary):
    (text,) = vocabulary.mark([" ".join(WORDS[5:25])], 64)
    named, others = units(text, False)
    assert named == [] and len(others) == 20
    chance = np.random.default_rng(0)
    asked = [hidden(text, vocabulary, 0.15, named, others, chance) for _ in range(2000)]
    assert np.mean([len(one.places) for one in asked]) == pytest.approx(3.0, abs=0.05)
    now = np.array([one.tokens[place] for one in asked for place in one.places])
    before = np.array([token for one in asked for token in one.targets])
    assert np.mean(now == vocabulary.mask) == pytest.approx(0.8, abs=0.02)
    assert np.mean(now == before) == pytest.approx(0.1, abs=0.02)
    assert not set(now[now != vocabulary.mask].tolist()) & vocabulary.special
    for one in asked[:50]:
        untouched = [i for i in range(len(text.tokens)) if i not in one.places]
        assert [one.tokens[i] for i in untouched] == [text.tokens[i] for i in untouched]
        assert [text.tokens[i] for i in one.places] == list(one.targets)


def test_whole_words_and_entities_are_hidden_as_units(vocabulary):
    from fedviz.models.vocabulary import Marked

    text = Marked((2, 10, 11, 12, 13, 14, 3), (-1, 0, 0, 1, 2, 2, -1), ((0, 0), (0, 3), (3, 5), (6, 9), (10, 12), (12, 15), (0, 0)))
    assert units(text, True) == ([], [[1, 2], [3], [4, 5]])
    assert units(text, False) == ([], [[1], [2], [3], [4], [5]])
    assert units(text, False, [(6, 15)]) == ([[3, 4, 5]], [[1], [2]])
    chance = np.random.default_rng(1)
    for _ in range(50):
        assert hidden(text, vocabulary, 0.2, *units(text, False, [(6, 15)]), chance).places == (3, 4, 5)
        places = hidden(text, vocabulary, 0.4, *units(text, True), chance).places
        assert places and {1, 2} & set(places) in (set(), {1, 2}) and {4, 5} & set(places) in (set(), {4, 5})


def test_masks_are_drawn_anew_or_are_few_and_held_out_texts_are_always_hidden_alike(vocabulary):
    texts = vocabulary.mark(TEXTS, 32)
    chance = np.random.default_rng(2)
    for masks, least, most in ((0, 9, 100), (3, 2, 3)):
        asked = Hiding({"train": texts, "test": texts}, vocabulary, MaskedOptions(masks=masks), (), 1)
        assert least <= len({asked.ask("train", 3, chance) for _ in range(60)}) <= most
        assert len({asked.ask("test", 3, chance) for _ in range(20)}) == 1
        assert len(list(asked.kept())) == len(TEXTS) * (1 + masks)


@pytest.mark.parametrize(
    ("changes", "named"),
    [({"knowledge.name": "evidence"}, "knowledge"), ({"guidance.rules.weight": 1.0}, "guidance"), ({"augmentation.name": "graph"}, "augmentation"), ({"model.tuning": "head"}, "tuning"),
     ({"adversary.name": "label-flipping", "adversary.clients": [0]}, "adversary"), ({"federation.aggregation.name": "graph-filter"}, "aggregation")],
)  # fmt: skip
def test_what_reads_labels_is_refused(changes, named):
    with pytest.raises(ConfigError, match=named):
        config("bert", **changes)


def test_a_model_that_reads_the_other_way_is_refused(folder):
    family, path = folder
    other = config("bert" if family in CAUSAL else "gpt2")
    with pytest.raises(ConfigError, match="objective"):
        described(from_folder(path, f"small-{family}"), other, causal=family not in CAUSAL)


def test_the_graph_stays_out_by_default_and_the_configuration_comes_back():
    some = config("bert")
    assert some.knowledge.name == "none"
    assert RunConfig.from_toml(some.to_toml()) == some
    assert RunConfig.parse({"scenario": {"name": "toy"}}).objective.name == "classify"
