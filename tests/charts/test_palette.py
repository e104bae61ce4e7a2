"""The colours keep what the palette promises: apart for every kind of colour vision, readable on both backgrounds."""

from itertools import combinations

import numpy as np
import pytest

from fedviz.charts import palette

# Machado, Oliveira and Fernandes (2009), severity 1.0, for linear RGB.
VISION = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
# Ottosson's OKLab: linear RGB to cone responses, and their cube roots to lightness and two opponent axes.
CONES = np.array([[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566], [0.0883024619, 0.2817188376, 0.6299787005]])
OPPONENT = np.array([[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099], [0.0259040371, 0.7827717662, -0.8086757660]])


def linear(color: str) -> np.ndarray:
    value = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def seen(color: str, vision: str) -> np.ndarray:
    light = np.clip(np.asarray(VISION[vision]) @ linear(color), 0, 1)
    return OPPONENT @ np.cbrt(CONES @ light)


def contrast(one: str, other: str) -> float:
    low, high = sorted(float(linear(color) @ [0.2126, 0.7152, 0.0722]) for color in (one, other))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("vision", VISION)
def test_the_first_eight_clients_are_told_apart(vision: str, dark: bool) -> None:
    colors = [palette.client_color(i, dark) for i in range(8)]
    nearest = min((float(np.linalg.norm(seen(a, vision) - seen(b, vision))), a, b) for a, b in combinations(colors, 2))
    assert nearest[0] >= 0.08, nearest


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("vision", VISION)
def test_influence_for_and_against_are_told_apart(vision: str, dark: bool) -> None:
    against, for_it = palette.influence_colors(dark)
    assert np.linalg.norm(seen(against, vision) - seen(for_it, vision)) >= 0.15


@pytest.mark.parametrize("dark", [False, True])
def test_colours_are_readable_on_the_page(dark: bool) -> None:
    background = palette.DARK if dark else palette.LIGHT
    for index in range(8):
        assert contrast(palette.client_color(index, dark), background) >= 3
    named = palette.tokens(dark)
    for name in ("text", "muted", "accent", "failed"):
        assert contrast(named[name], background) >= 4.5, name
    for name in ("positive", "negative", "pooled", "alone"):
        assert contrast(named[name], background) >= 3, name


def test_a_hundred_clients_all_look_different() -> None:
    looks = {(palette.client_color(i), palette.client_dash(i), palette.client_symbol(i)) for i in range(100)}
    assert len(looks) == 100


def test_both_pages_know_the_same_tokens() -> None:
    assert palette.tokens(False).keys() == palette.tokens(True).keys()
    assert palette.client_token(11) == "@client3" and palette.tokens()["client3"] == palette.client_color(11)
