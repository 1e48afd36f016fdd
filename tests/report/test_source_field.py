"""Any variable of a source file as a figure: what is drawn is what its reader gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from typer.testing import CliRunner

from pylandbc.cli import sources
from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.legend import KOEPPEN_GEIGER, LAND_USE
from pylandbc.planet.build import build_planet
from pylandbc.report.field_map import field_map, limits, time_curve
from pylandbc.report.maps import class_map, readable
from pylandbc.report.source_field import LEGENDS, read_field
from pylandbc.sources.hilda import read_hilda
from pylandbc.sources.luh2 import read_luh2
from pylandbc.sources.soil_texture import TEXTURES

WINDOW = Window(3250, 17400, 100, 125)
PRODUCTS = ("co2", "koeppen", "soil", "population", "climate", "hilda_geotiff")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_planet(
        tmp_path_factory.mktemp("plots") / "planet",
        window=WINDOW,
        first_year=2013,
        years=4,
        products=PRODUCTS,
        scenarios=("ssp126",),
        scenario_end=2018,
    )


def test_class_maps_of_a_folder(folder: Path) -> None:
    field = read_field(folder, "land_use")
    assert (field.when, field.window, field.legend) == ("2016", WINDOW, LAND_USE)
    expected = read_hilda(folder / "hilda_states.nc", WINDOW, [2016])["land_use"].values[0]
    np.testing.assert_array_equal(field.values, expected)
    earlier = read_field(folder, "land_use", "2014")
    assert earlier.when == "2014" and (earlier.values != field.values).any()
    climate = read_field(folder, "koeppen_geiger")
    assert climate.legend is KOEPPEN_GEIGER and climate.values.dtype == np.uint8
    image = class_map(climate.values, WINDOW, "x", KOEPPEN_GEIGER).axes[0].images[0].get_array()
    row, col = np.argwhere(climate.values != 255)[0]
    colour = KOEPPEN_GEIGER.colours[KOEPPEN_GEIGER.codes.index(int(climate.values[row, col]))]
    np.testing.assert_array_equal(image[row, col], np.round(255 * np.array(to_rgb(colour))))
    soil = read_field(folder, "soil_texture_class")
    assert set(np.unique(soil.values)) <= {255, *range(1, 14)}
    assert (
        len(LEGENDS["soil_texture_class"]) == len(TEXTURES) == len(set(LEGENDS["soil_texture_class"].colours))
    )


def test_fields_and_series(folder: Path) -> None:
    age = read_field(folder / "states.nc", "secma", "2015")
    expected = read_luh2(folder / "states.nc", WINDOW, [2015])["secma"].values[0]
    np.testing.assert_array_equal(age.values, expected)
    assert age.units == "years"
    warm = read_field(folder, "air_temperature", "2014-07")
    assert warm.when == "2014-07-01" and warm.units == "K" and 270 < np.nanmean(warm.values) < 300
    assert read_field(folder / "gebco.nc").name == "elevation"
    co2 = read_field(folder / "co2_mm_mlo.txt")
    assert co2.window is None and co2.times is not None and co2.values.size == 48
    part = read_field(folder / "hilda_states.nc", box=(-5.75, 57.0, -5.25, 57.25))
    assert part.values.shape == (25, 50)


def test_what_is_not_there_is_named(folder: Path, tmp_path: Path) -> None:
    for path, options, text in (
        (folder, {}, "--variable"),
        (folder, {"variable": "moon"}, "no file below .*moon"),
        (folder / "states.nc", {"variable": "moon"}, "no variable 'moon'.*primf"),
        (folder / "states.nc", {"when": "1850"}, "no 1850.*2013 .* 2016"),
        (folder / "co2_mm_mlo.txt", {"variable": "land_use"}, "it has: co2"),
        (folder / "none.nc", {}, "does not exist"),
        (folder / "planet.json", {}, "none of the products"),
    ):
        with pytest.raises(InputError, match=text):
            read_field(path, **options)


def test_a_planet_across_the_dateline_is_drawn_whole(tmp_path: Path) -> None:
    window = Window(3300, 35850, 300, 300)
    build_planet(tmp_path / "p", window=window, first_year=2000, years=1, seed=2)
    field = read_field(tmp_path / "p", "land_use")
    assert field.window == window and not (field.values == 255).any()


def test_limits_are_round_and_hold_what_is_usual() -> None:
    values = np.linspace(3.217, 17.82, 500)
    low, high = limits(values, "m")
    assert low <= np.percentile(values, 2) and high >= np.percentile(values, 98)
    assert (low, high) == pytest.approx((round(low, 0), round(high, 0)))
    assert limits(np.array([0.1, 0.4, np.nan]), "1") == (0.0, 1.0)
    assert limits(np.full(3, np.nan), "m") == (0.0, 1.0)
    assert limits(np.full(3, 7.0), "m") == (6.5, 7.5)


def test_field_map_draws_the_field() -> None:
    values = np.arange(20.0).reshape(4, 5)
    values[0, 0] = np.nan
    figure = field_map(values, WINDOW, "Title", "leaf_area_index", "m2 m-2")
    image = figure.axes[0].images[0]
    assert image.get_extent() == [WINDOW.west, WINDOW.east, WINDOW.south, WINDOW.north]
    assert image.get_array().mask[0, 0] and not image.get_array().mask[1:].any()
    assert image.get_cmap().name == "YlGn"
    assert figure.axes[1].get_ylabel() == "Leaf area index (m2 m-2)"
    with pytest.raises(InputError, match="two dimensions"):
        field_map(values[None], WINDOW, "Title", "x", "m")
    line = time_curve(np.arange(3), np.array([1.0, np.nan, 3.0]), "t", "y").axes[0].lines[0]
    np.testing.assert_array_equal(line.get_ydata(), [1.0, np.nan, 3.0])


def test_names_with_capitals_stay() -> None:
    assert readable("BWh") == "BWh" and readable("other_land") == "Other land"
    assert "\n" in readable(
        "Mosaic natural vegetation (tree, shrub, herbaceous cover) (>50%) / cropland (<50%)"
    )


@pytest.mark.parametrize("variable", ["land_use", "koeppen_geiger", "secmb", "population_density", "co2"])
def test_the_command(folder: Path, tmp_path: Path, variable: str) -> None:
    output = tmp_path / "figure.png"
    command = ["plot", str(folder), "--variable", variable, "--output", str(output)]
    result = CliRunner().invoke(sources.app, command)
    assert result.exit_code == 0, result.output
    assert output.read_bytes().startswith(b"\x89PNG") and output.stat().st_size > 10_000
