"""Fairness: what is drawn is what was measured, and the index keeps its bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedviz.charts import fairness
from fedviz.charts.theme import figure
from fedviz.runs.run_view import RunView
from fedviz.runs.view import apply_all
from tests.runs.fake import fake_events


@given(st.lists(st.floats(0.001, 1), min_size=1, max_size=60))
def test_the_index_lies_between_one_for_all_and_all_alike(values: list[float]) -> None:
    mean, worst, index = fairness.evenness(values)
    assert index is not None and 1 / len(values) - 1e-9 <= index <= 1 + 1e-9
    assert min(values) - 1e-9 <= worst <= mean + 1e-9
    assert fairness.evenness([values[0]] * len(values))[2] == pytest.approx(1)


def test_the_known_values() -> None:
    assert fairness.evenness([1.0, 0.0, 0.0, 0.0]) == (0.25, 0.0, 0.25)
    assert fairness.evenness([0.0, 0.0]) == (0.0, 0.0, None)
    mean, worst, index = fairness.evenness([number / 20 for number in range(1, 21)])
    assert (mean, worst) == (pytest.approx(0.525), pytest.approx(0.075)) and index == pytest.approx(210**2 / (20 * 2870))


def test_every_client_has_its_line_and_the_rounds_are_whole() -> None:
    view = apply_all(RunView.empty(), fake_events())
    record = fairness.fairness_record(view)
    assert [client.index for client in record.clients] == [client.info.index for client in view.clients if client.info.test_examples]
    for number, mean, worst, _index in record.even:
        told = [dict(client.accuracy)[number] for client in record.clients]
        assert mean == pytest.approx(sum(told) / len(told)) and worst == min(told)
    assert len(figure(fairness.served_spec(record), False).data) == len(record.clients)
    assert [trace.name for trace in figure(fairness.even_spec(record), False).data] == ["mean over clients", "worst tenth", "Jain's index"]
