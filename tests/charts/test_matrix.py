"""The matrix of a study: what each cell says, and what a point stands for."""

from fedviz.charts.matrix import MatrixCell, MatrixRecord, markers, matrix_spec, points_spec, told_apart

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


def test_a_metric_in_which_all_cells_are_the_same_is_no_axis():
    same = MatrixRecord(("a",), ("c", "d"), ((MatrixCell(7.3, None, 1.0, False), MatrixCell(7.3001, None, 1.0, False)),), "megabytes", "MB")
    apart = MatrixRecord(("a",), ("c", "d"), ((MatrixCell(7.3, None, 1.0, False), MatrixCell(1.8, None, 1.0, False)),), "megabytes", "MB")
    assert not told_apart(same) and told_apart(apart) and told_apart(MatrixRecord(("a",), ("c",), ((WAITS,),), "megabytes", "MB"))


def test_each_column_has_the_marker_that_its_sign_tells():
    rows = tuple(MatrixCell(0.1 * place, None, 1.0, False) for place in range(1, 4))
    one = MatrixRecord(("a",), ("c", "d", "e"), (rows,), "accuracy", "Accuracy")
    assert points_spec(one, one)["data"][0]["marker"]["symbol"] == ["circle", "square", "diamond"]
    assert markers(one) == (("●", "c"), ("■", "d"), ("◆", "e"))


def test_a_cell_says_how_many_of_its_runs_reached_the_target():
    some, none, first = MatrixCell(12345.6, 900.0, 1.0, False, count=2, missed=1), MatrixCell(None, None, 1.0, False, count=0, missed=3), MatrixCell(None, None, 0.5, True, count=0, missed=1)
    spec = matrix_spec(MatrixRecord(("a",), ("c", "d", "e"), ((some, none, first),), "target_s", "Seconds"))
    assert [word["text"] for word in spec["layout"]["annotations"]] == ["12,346 ± 900 (2/3)", "not reached", "50 % …"]
    told = spec["data"][0]["customdata"][0]
    assert "1 of 3 finished runs did not get there" in told[0] and "3 of 3" in told[1]
