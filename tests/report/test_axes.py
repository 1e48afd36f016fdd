"""Labels and scale bars of maps against plain arithmetic."""

from __future__ import annotations

import math

import pytest
from matplotlib.figure import Figure

from pylandbc.report.axes import bar_length, geographic, latitude_text, longitude_text


@pytest.mark.parametrize(
    ("degrees", "text"),
    [(-3.5, "3.5°W"), (0.0, "0°"), (12.0, "12°E"), (180.0, "180°"), (185.0, "175°W"), (-180.0, "180°")],
)
def test_longitudes(degrees: float, text: str) -> None:
    assert longitude_text(degrees) == text


@pytest.mark.parametrize(("degrees", "text"), [(51.5, "51.5°N"), (-20.0, "20°S"), (0.0, "0°")])
def test_latitudes(degrees: float, text: str) -> None:
    assert latitude_text(degrees) == text


@pytest.mark.parametrize(("width", "length"), [(1150, 200), (100, 20), (70, 10), (20000, 5000), (9, 2)])
def test_bar_is_a_round_number_within_a_quarter_of_the_map(width: float, length: float) -> None:
    assert bar_length(width) == length


def test_bar_is_as_long_as_it_says() -> None:
    axes = Figure().add_subplot()
    geographic(axes, -10.0, 2.0, 50.0, 60.0)
    (line,) = axes.lines
    (west, east), (south, north) = line.get_data()
    assert south == north
    km = 6371.229 * math.radians(east - west) * math.cos(math.radians(south))
    assert f"{km:.6g} km" == axes.texts[0].get_text()


def test_proportions_are_true_at_the_middle() -> None:
    axes = Figure().add_subplot()
    geographic(axes, -10.0, 2.0, 55.0, 65.0)
    assert axes.get_aspect() == pytest.approx(2.0)
