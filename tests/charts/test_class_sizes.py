"""The sizes of classes: the counts stay the counts, the largest first, and names are data."""

from hypothesis import given
from hypothesis import strategies as st

from fedviz.charts.class_sizes import class_sizes_figure, class_sizes_record
from tests.scenarios.conftest import data_of


@given(st.lists(st.integers(0, 3), min_size=1, max_size=60))
def test_every_training_text_is_counted_in_its_class(labels):
    record = class_sizes_record(data_of(labels, [0] * len(labels), []))
    assert dict(zip(record.names, record.counts, strict=True)) == {f"class {label}": labels.count(label) for label in set(labels)}
    assert list(record.counts) == sorted(record.counts, reverse=True) and record.empty == 4 - len(set(labels))
    assert record.ratio == max(record.counts) / min(record.counts)


def test_names_are_data_and_few_of_them_stand_below_their_bars():
    data = data_of([0, 0, 1], [0, 0, 0], [], classes=2)
    shown = class_sizes_figure(class_sizes_record(data, ("<b>x</b>", "y")))
    assert list(shown.layout.xaxis.ticktext) == list(shown.data[0].customdata) == ["&lt;b&gt;x&lt;/b&gt;", "y"] and list(shown.data[0].y) == [2, 1] and "@" not in shown.to_json()
    many = class_sizes_figure(class_sizes_record(data_of(list(range(9)), [0] * 9, [], classes=9)))
    assert many.layout.xaxis.showticklabels is False and many.data[0].customdata[8] == "class 8"
