"""What an entity carries, as it is drawn."""

import numpy as np

from fedviz.charts.entity_features import pixels, series_figure, series_record, vector_record
from fedviz.kg.features import EntityFeatures


def test_pixels_use_the_whole_range_and_bear_unknown_and_equal_values() -> None:
    shown = pixels(np.array([[0.0, 2.0], [np.nan, 1.0]], np.float32))
    assert shown.shape == (160, 160) and (shown[0, 0], shown[0, 159], shown[159, 0]) == (0, 255, 0)
    assert not pixels(np.full((2, 2), 7.0, np.float32)).any() and not pixels(np.full((1, 1), np.nan, np.float32)).any()


def test_a_series_ends_with_its_last_value_and_is_thinned() -> None:
    assert series_record(np.array([1, np.nan, 3, np.nan], np.float32)).values == (1.0, None, 3.0)
    long = series_record(np.arange(5000, dtype=np.float32))
    assert len(long.places) <= 600 and long.count == 5000 and all(value == place for place, value in zip(long.places, long.values, strict=True))
    assert series_figure(series_record(np.full(3, np.nan, np.float32))).data[0].y in ((), None)


def test_a_vectors_rows_name_what_is_not_known() -> None:
    carried = EntityFeatures("vector", ("a", "b"), np.array([[1, np.nan], [3, 4]], np.float32), columns=("<b>heat</b>", "speed"))
    assert [(row.name, row.value, row.standardised) for row in vector_record(carried, "a")] == [("<b>heat</b>", 1.0, -1.0), ("speed", None, 0.0)]
