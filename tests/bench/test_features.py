"""The ablation of features: nobody is tested on what it was trained with, and features of wrong entities that help are a failure."""

import numpy as np

from fedviz.bench import features
from fedviz.kg.graph import KnowledgeGraph


def test_tested_entities_are_not_in_training() -> None:
    labels = np.array([0, 1, 2] * 9)
    task = features.Task("some", KnowledgeGraph("", "", {}, ()), tuple(map(str, range(27))), labels, ("a", "b", "c"))
    train, test = task.dealt(4, 0)
    assert sorted(train + test) == list(range(27)) and [int((labels[train] == label).sum()) for label in range(3)] == [4, 4, 4]
    assert task.dealt(4, 1)[0] != train and set(task.dealt(2, 0)[0]) != set(train)


def test_a_gain_of_wrong_features_fails() -> None:
    def rows(wrong: float) -> list[dict]:
        return [
            features.row("digits", 5, way, values, [10.0, 12.0])
            for way, values in (("text alone", [10.0, 12.0]), ("with features", [80.0, 90.0]), ("features of wrong entities", [10.0 + wrong, 12.0 + wrong]))
        ]

    assert rows(0)[1]["gain"] == 74 and rows(0)[1]["wins"] == "2/2"
    assert [check.passed for check in features.judged(rows(0))] == [True, True]
    assert [check.passed for check in features.judged(rows(5))] == [True, False]
