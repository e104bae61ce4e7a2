"""The matrix of a study: what each cell says, and what a point stands for."""

from fedviz.charts.matrix import MatrixCell, MatrixRecord, matrix_spec, points_spec

WAITS, HALF, DONE, REFUSED = MatrixCell(None, None, 0.0, True), MatrixCell(None, None, 0.5, True), MatrixCell(0.617, 0.0123, 1.0, False), MatrixCell(None, None, 0.0, False, "It may <b>not</b>.")


def record(metric="accuracy"):
    return MatrixRecord(("a", "b"), ("c", "d"), ((WAITS, HALF), (DONE, REFUSED)), metric, "Accuracy")


def test_a_cell_says_how_far_it_is_its_value_with_spread_or_a_dash_with_the_reason():
    spec = matrix_spec(record())
    assert [word["text"] for word in spec["layout"]["annotations"]] == ["0 % …", "50 % …", "61.7 ± 1.2", "–"]
    assert spec["data"][0]["z"] == [[None, None], [0.617, None]]
    assert "&lt;b&gt;" in spec["data"][0]["customdata"][1][1] and "<b>" not in spec["data"][0]["customdata"][1][1]


def test_points_are_the_finished_cells_alone_with_their_spread():
    data = points_spec(record("megabytes"), record())["data"]
    assert [len(trace["x"]) for trace in data] == [0, 1]
    assert data[1]["x"] == [0.617] and data[1]["y"] == [61.7] and data[1]["error_y"]["array"] == [1.23]
