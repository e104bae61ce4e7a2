"""The bench of adapters: every way of the registry, on the toy in place of the notes."""

import pytest

from fedviz.bench import adapters
from fedviz.core.registry import ADAPTERS


@pytest.mark.slow
def test_bytes_and_errors_are_those_of_the_runs(monkeypatch) -> None:
    monkeypatch.setattr(adapters, "SCENARIO", {"name": "toy", "train_texts": 48, "test_texts": 24})
    monkeypatch.setattr(adapters, "MODEL", {"name": "toy", "width": 16, "tuning": "lora"})
    found = adapters._runs(0, 2, 0)
    assert set(found) == set(ADAPTERS.names()) and all(0 <= one.accuracy <= 1 for one in found.values())
    assert all(found[name].error < adapters.ROUNDING for name in adapters.EXACT) and found["fedit"].error > adapters.GAP and found["hetlora"].error > adapters.GAP
    assert found["ffa-lora"].up == found["rolora"].up < found["hetlora"].up < found["fedit"].up == found["flora"].up == found["fedex-lora"].up
    assert found["ffa-lora"].down < found["hetlora"].down < found["fedit"].down < found["rolora"].down < found["fedex-lora"].down


def test_a_way_that_breaks_its_promise_fails() -> None:
    rows = [{"adapters": name, "relative error": 0.1, "bytes up a round": 10} for name in ADAPTERS.names()]
    assert [check.passed for check in adapters.judged(rows)] == [False] * 4 + [True] + [False] * 2
