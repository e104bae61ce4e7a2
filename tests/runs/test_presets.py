"""Presets: complete, valid, and in the order of the page."""

import pytest

from fedviz.core.errors import UnknownNameError
from fedviz.runs.presets import preset, presets


def test_the_presets_that_are_promised_are_there() -> None:
    names = [one.name for one in presets()]
    assert {"toy", "medicine-coding", "medicine-vignettes"} <= set(names)
    assert names[0] == "medicine-coding" and names[-1] == "toy"


@pytest.mark.parametrize("name", [one.name for one in presets()])
def test_a_preset_is_a_valid_config_with_words(name: str) -> None:
    one = preset(name)
    assert one.config.federation.rounds >= 1
    assert one.title and one.summary.endswith((".", "?")) and not one.title.endswith(".")


def test_an_unknown_preset_names_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="medicine-coding"):
        preset("medicine")
