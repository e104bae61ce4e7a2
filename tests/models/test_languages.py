"""A model that does not read the texts is told of in one sentence, and nobody gets such a model unasked."""

import pytest

from fedviz.core.config import RunConfig
from fedviz.core.registry import MODELS, SCENARIOS
from fedviz.models.languages import NAMES, reads, unread


@pytest.mark.parametrize("name", SCENARIOS.names())
def test_the_model_that_a_scenario_suggests_reads_its_texts(name):
    entry, config = SCENARIOS.get(name), RunConfig.parse({"scenario": name})
    assert config.model.name == entry.model and reads(config) and unread(config) == ""
    assert not entry.language or entry.language in MODELS.get(entry.model).reads


def test_chinese_texts_and_an_english_model_are_one_sentence():
    said = unread(RunConfig.parse({"scenario": "medicine-vignettes-zh", "model": "minilm"}))
    assert said.startswith("These texts are in Chinese, on which MiniLM was not trained") and said.endswith("Multilingual E5 reads Chinese.")
    assert said.count(".") == 1


def test_nobody_is_warned_where_nobody_knows():
    for scenario, model in (("own", "minilm"), ("medicine-vignettes-zh", "scratch"), ("medicine-vignettes-zh", "toy"), ("medicine-vignettes", "e5-small")):
        assert unread(RunConfig.parse({"scenario": scenario, "model": model})) == ""


def test_the_sentence_takes_the_viewers_language():
    config = RunConfig.parse({"scenario": "medicine-vignettes-zh", "model": "smollm2"})
    assert unread(config, lambda message: message.upper().replace("{LANGUAGE}", "{language}").replace("{MODEL}", "{model}").replace("{FITTING}", "{fitting}")).startswith("THESE TEXTS ARE IN CHINESE")
    assert {entry.language for entry in SCENARIOS} <= {"", *NAMES}
