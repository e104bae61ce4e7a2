"""Who holds what: the counts stay the counts, whatever their order on the page, and names are data."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedviz.charts.holdings import class_color, holdings_bars_figure, holdings_heatmap_figure, holdings_record
from fedviz.scenarios.load import Preview


def preview(counts, names=None, classes=None):
    counts = np.asarray(counts)
    clients, columns = counts.shape
    return Preview(
        tuple(names or (f"Client {i}" for i in range(clients))), tuple(classes or (f"Class {i}" for i in range(columns))), counts, counts // 2,
        (0,) * clients, (0.0,) * clients,
    )


@given(st.lists(st.lists(st.integers(0, 50), min_size=5, max_size=5), min_size=1, max_size=9))
def test_no_text_is_lost_and_empty_classes_are_left_out(rows):
    record = holdings_record(preview(rows))
    counts = np.array(rows)
    assert list(record.totals) == counts.sum(axis=1).tolist()
    by_name = {name: counts[:, int(name.split()[1])].tolist() for name in record.classes}
    assert by_name == {name: [row[i] for row in record.counts] for i, name in enumerate(record.classes)}
    assert all(sum(column) for column in by_name.values())


def test_specialists_form_a_diagonal():
    record = holdings_record(preview([[0, 9, 0], [0, 0, 9], [9, 0, 0]]))
    assert record.counts == ((9, 0, 0), (0, 9, 0), (0, 0, 9))


def test_bars_stack_up_to_the_totals():
    figure = holdings_bars_figure(holdings_record(preview([[3, 4], [5, 0]])))
    assert figure.layout.barmode == "stack"
    assert np.sum([bar.x for bar in figure.data], axis=0).tolist() == [7, 5]


@pytest.mark.parametrize("dark", [False, True])
def test_heatmap_shows_shares_of_each_class(dark):
    figure = holdings_heatmap_figure(holdings_record(preview([[3, 0], [1, 4]])), dark)
    assert np.sum(figure.data[0].z, axis=0).tolist() == [1.0, 1.0]
    assert "@" not in figure.to_json()


def test_names_are_data():
    record = holdings_record(preview([[1]], names=["<b>x</b>\n\u202e"], classes=["<a href='x'>"]))
    assert "<" not in "".join((*record.clients, *record.classes)).replace("&lt;", "")


def test_neighbouring_classes_differ():
    colors = [class_color(i) for i in range(24)]
    assert len(set(colors)) == 24
    assert all(len(color) == 7 and color.startswith("#") for color in colors)
