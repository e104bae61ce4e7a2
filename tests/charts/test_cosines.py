"""The heat map of cosines: symmetric, zero in the middle of the colours, names for everybody, nothing where nothing is seen."""

from dataclasses import replace

import pytest

from fedviz.charts import live, palette, theme
from fedviz.charts.cosines import cosines_about, cosines_figure, cosines_record, cosines_spec
from fedviz.core.types import Cosines
from fedviz.runs.run_view import RunView
from fedviz.runs.view import apply_all
from tests.charts.test_palette import contrast
from tests.runs.fake import fake_events

VIEW = apply_all(RunView.empty(), fake_events(4, 2))


def spec(count: int, arrived: int = 0, value: float | None = -0.25) -> dict:
    values = tuple(1.0 if column == row else value for row in range(count) for column in range(row, count))
    return cosines_spec(cosines_record(replace(VIEW, cosines=(2, Cosines(clients=tuple(range(count)), arrived=arrived or count, values=values)))))


def test_each_cell_has_its_value_and_both_names() -> None:
    found = cosines_record(replace(VIEW, cosines=(2, Cosines(clients=(0, 2, 3), arrived=3, values=(1.0, -0.5, 0.25, 1.0, None, 1.0)))))
    assert found.rows == ((1.0, -0.5, 0.25), (-0.5, 1.0, None), (0.25, None, 1.0)) and found.names == ("North 1", "East 1", "West 1")
    cells = cosines_spec(found)["data"][0]
    assert cells["text"] == [["1.00", "−0.50", "0.25"], ["−0.50", "1.00", "–"], ["0.25", "–", "1.00"]]
    assert cells["customdata"][1][2] == "East 1, West 1" and cosines_about(found) == "round 2"
    assert cosines_about(replace(found, arrived=90)) == "round 2, 3 of 90 clients, evenly spread"


@pytest.mark.parametrize("dark", [False, True])
def test_zero_is_the_middle_of_the_colours_and_every_cell_can_be_read(dark: bool) -> None:
    scale = cosines_spec(cosines_record(VIEW))["layout"]["coloraxis"]
    assert (scale["cmin"], scale["cmax"]) == (-1, 1)
    places, colours = zip(*theme.paint(scale, dark)["colorscale"], strict=True)
    assert places == (0, 0.5, 1)
    for one, other in zip(colours, colours[1:], strict=False):
        for step in range(5):
            mixed = "#" + "".join(f"{round(((4 - step) * int(one[at : at + 2], 16) + step * int(other[at : at + 2], 16)) / 4):02x}" for at in (1, 3, 5))
            assert contrast(palette.tokens(dark)["text"], mixed) >= 4.5


def test_names_on_a_narrow_screen_are_as_many_as_fit() -> None:
    for count in (1, 8, 40):
        meta = spec(count)["layout"]["meta"]
        wide, narrow = dict(meta["wide"]), dict(meta["narrow"])
        assert wide.keys() == narrow.keys()
        assert len(wide["xaxis.ticktext"]) == count and len(narrow["xaxis.ticktext"]) == len(narrow["xaxis.tickvals"]) <= 16


def test_values_are_written_where_they_have_room() -> None:
    assert spec(10)["data"][0]["texttemplate"] and not spec(11)["data"][0]["texttemplate"]
    assert len(cosines_figure(cosines_record(VIEW)).data) == 1


def test_names_from_data_are_harmless() -> None:
    infos = tuple(replace(client, info=client.info.model_copy(update={"name": "<b>N</b>"})) for client in VIEW.clients)
    drawn = cosines_spec(cosines_record(replace(VIEW, clients=infos, cosines=(1, Cosines(clients=(0, 1), arrived=2, values=(1.0, 0.0, 1.0))))))
    assert "<b>" not in str(drawn)


def test_the_map_is_not_there_where_no_update_was_seen() -> None:
    assert "cosines" not in live.document(VIEW).charts
    seen = replace(VIEW, cosines=(1, Cosines(clients=(0, 1), arrived=2, values=(1.0, 0.0, 1.0))))
    keys = list(live.document(seen).charts)
    assert keys.index("path") + 1 == keys.index("cosines") and live.document(seen).charts["cosines"]["about"] == "round 1"
