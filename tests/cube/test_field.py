"""`cube plot`: every kind of variable, its own resolution, a figure whose pixels have the class colours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import zarr
from click.testing import Result
from cover_cube import write_cover_cube
from typer.testing import CliRunner

from pylandbc.cli import cube as command
from pylandbc.cube.field import read_field
from pylandbc.cube.open import Cube
from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.legend import LAND_COVER_CLASSES, LAND_USE


def test_fields_by_name(planet_cube: Cube) -> None:
    np.testing.assert_array_equal(read_field(planet_cube, "land_use").values, planet_cube.land_use[-1])
    field = read_field(planet_cube, "forest_fraction", 2002)
    np.testing.assert_array_equal(field.values, planet_cube.scenario[2, 3])
    assert field.values.shape == (12, 16) and (field.units, field.when) == ("1", "2002")
    field = read_field(planet_cube, "air_temperature", month=7)
    np.testing.assert_array_equal(field.values, planet_cube.climatology[6, 0])
    assert field.units == "K"
    for arguments, message in (
        (("slope",), "no variable 'slope'.*land_use, elevation"),
        (("land_use", 1990), "no land-use map of 1990"),
        (("elevation", None, 3), "no climatology of 'elevation' in month 3"),
        (("air_temperature", None, 13), "in month 13"),
    ):
        with pytest.raises(InputError, match=message):
            read_field(planet_cube, *arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("variable", ["land_use", "elevation", "forest_fraction", "air_temperature"])
def test_figures(planet_cube: Cube, tmp_path: Path, variable: str) -> None:
    pytest.importorskip("matplotlib")
    from matplotlib.colors import to_rgb
    from matplotlib.image import imread

    output = tmp_path / f"{variable}.png"
    result = CliRunner().invoke(
        command.app, ["plot", str(planet_cube.path), variable, "--output", str(output)]
    )
    assert result.exit_code == 0, result.output
    image = imread(output)
    assert image.shape[1] > 800, "a column of a paper at 300 dots per inch"
    if variable == "land_use":
        pixels = np.round(255 * image[..., :3]).astype(int).reshape(-1, 3)
        for code in np.unique(planet_cube.land_use[-1]):
            colour = np.round(255 * np.array(to_rgb(LAND_USE.colours[code])))
            assert (pixels == colour).all(axis=1).sum() > 10, LAND_USE.names[code]


def test_what_changed_since_a_year(planet_cube: Cube, tmp_path: Path) -> None:
    """Another picture than the map's; an unknown year and a field without classes are refused."""
    pytest.importorskip("matplotlib")

    def plot(*words: object) -> Result:
        return CliRunner().invoke(command.app, ["plot", str(planet_cube.path), *map(str, words)])

    first, *_, last = planet_cube.years
    output = tmp_path / "change.png"
    done = plot("land_use", "--since", first, "--output", output)
    assert done.exit_code == 0, done.output
    whole = tmp_path / "map.png"
    assert plot("land_use", "--year", last, "--output", whole).exit_code == 0
    assert output.read_bytes().startswith(b"\x89PNG") and output.read_bytes() != whole.read_bytes()
    for words, message in (
        (("land_use", "--since", 1990), "no land-use map of 1990"),
        (("elevation", "--since", first), "has no classes"),
    ):
        refused = plot(*words, "--output", output)
        assert isinstance(refused.exception, InputError) and message in str(refused.exception)


def test_change_of_land_cover_has_its_own_colours(tmp_path: Path) -> None:
    """Land use has another colour under the code of each class of land cover."""
    pytest.importorskip("matplotlib")
    from matplotlib.colors import to_rgb
    from matplotlib.image import imread

    path = write_cover_cube(tmp_path / "cube.zarr", Window.from_degrees(-1, 51, 0, 52))
    group = zarr.open_group(path)
    group["land_cover"][0], group["land_cover"][1] = 1, 2
    output = tmp_path / "change.png"
    words = ["plot", str(path), "land_cover", "--since", "2009", "--output", str(output)]
    done = CliRunner().invoke(command.app, words)
    assert done.exit_code == 0, done.output
    pixels = np.round(255 * imread(output)[..., :3]).astype(int).reshape(-1, 3)
    irrigated = np.round(255 * np.array(to_rgb(LAND_COVER_CLASSES.colours[2])))
    assert (pixels == irrigated).all(axis=1).sum() > 1000
