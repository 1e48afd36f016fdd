"""``pylandbc plot`` as a user types it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import typer
import xarray as xr
from typer.testing import CliRunner

from pylandbc.cli import plot
from pylandbc.errors import InputError


@pytest.fixture
def cube(tmp_path: Path) -> Path:
    """What the command reads of a cube: two years of land use and the window."""
    path = tmp_path / "cube.zarr"
    land_use = np.random.default_rng(1).integers(0, 8, (2, 50, 75)).astype(np.uint8)
    data = xr.Dataset(
        {"land_use": (("year", "y", "x"), land_use)},
        coords={"year": [2009, 2012]},
        attrs={"window": [3950, 17950, 50, 75]},
    )
    data.to_zarr(path, zarr_format=3, consolidated=False)
    return path


def command(*arguments: object) -> str:
    app = typer.Typer()
    app.add_typer(plot.app, name="plot")
    result = CliRunner().invoke(app, ["plot", *map(str, arguments)])
    if isinstance(result.exception, InputError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("options", [(), ("--since", 2009)])
def test_map_of_a_cube(cube: Path, tmp_path: Path, options: tuple[object, ...]) -> None:
    figure = tmp_path / "figures" / "map.png"
    assert str(figure) in command("cube", cube, "--year", 2012, "--output", figure, *options).replace(
        "\n", ""
    )
    assert figure.read_bytes().startswith(b"\x89PNG")


def test_year_that_the_cube_lacks(cube: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="2009, 2012"):
        command("cube", cube, "--year", 2010, "--output", tmp_path / "map.png")


def test_no_cube(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no cube at"):
        command("cube", tmp_path / "absent.zarr", "--year", 2010, "--output", tmp_path / "map.png")
