"""The bench of compression: every method of the registry, against none."""

import pytest

from fedviz.bench import compression
from fedviz.core.registry import COMPRESSION


def test_every_method_is_measured() -> None:
    assert {method.partition(",")[0] for method in compression.METHODS} == set(COMPRESSION.names())


@pytest.mark.slow
def test_bytes_and_accuracy_are_those_of_the_runs(monkeypatch) -> None:
    monkeypatch.setattr(compression, "CODING", {"name": "toy", "train_texts": 64, "test_texts": 32})
    monkeypatch.setattr(compression, "MODEL", {"name": "toy", "width": 32, "layers": 1, "tuning": "full"})
    found = compression._runs(0, tuple(compression.METHODS), 2)
    sent = {method: bytes_up for method, (_accuracy, bytes_up) in found.items()}
    assert sent["signsgd"] < sent["qsgd"] < sent["int8"] < sent["float16"] < sent["none"]
    assert found["none"][0] == found["float16"][0] and all(0 <= accuracy <= 1 for accuracy, _ in found.values())
