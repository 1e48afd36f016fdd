"""The host's history file, read: what is wrong with it is said."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest
from typer.testing import CliRunner

from pylandbc.cli import history as command
from pylandbc.errors import InputError
from pylandbc.legend import LAND_USE
from pylandbc.report.history import read_land_use


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Two years on two cells, in the layout of esm_time_loop."""
    path = tmp_path / "history.nc"
    with netCDF4.Dataset(path, "w") as file:
        for name, size in (
            ("cell", 2),
            ("corner", 4),
            ("land_use_class", 8),
            ("n", 32),
            ("bnds", 2),
            ("t", 2),
        ):
            file.createDimension(name, size)
        for name in ("lon", "cell_area"):
            file.createVariable(name, "f8", ("cell",))[:] = [1.0, 2.0]
        for name in ("lon_bnds", "lat_bnds"):
            file.createVariable(name, "f8", ("cell", "corner"))[:] = 0.0
        names = np.array(LAND_USE.names, dtype="S32")
        file.createVariable("land_use_class_name", "S1", ("land_use_class", "n"))[:] = netCDF4.stringtochar(
            names
        )
        time = file.createVariable("land_use_time", "f8", ("t",))
        time.units, time.calendar = "days since 2009-01-01", "360_day"
        time[:] = [180.0, 540.0]
        file.createVariable("land_use_time_bnds", "f8", ("t", "bnds"))[:] = [[0, 360], [360, 720]]
        fraction = file.createVariable("land_use_fraction", "f8", ("t", "land_use_class", "cell"))
        fraction[:] = np.arange(32.0).reshape(2, 8, 2) / 100
        file.createVariable("coverage", "f8", ("t", "cell"))[:] = [[1.0, 0.0], [1.0, 0.5]]
    return path


def test_years_classes_and_fractions(path: Path) -> None:
    history = read_land_use(path)
    assert list(history.years) == [2009, 2010]
    assert history.class_names == LAND_USE.names
    np.testing.assert_array_equal(history.of("forest", 2009), [0.08, np.nan])
    np.testing.assert_array_equal(history.of("forest", 2010), [0.24, 0.25])


def test_unknown_class_and_year(path: Path) -> None:
    history = read_land_use(path)
    with pytest.raises(InputError, match="known: ocean, urban"):
        history.of("swamp", 2009)
    with pytest.raises(InputError, match="2009 to 2010"):
        history.of("forest", 2011)


def test_absent_file_and_other_file(path: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no history file"):
        read_land_use(tmp_path / "absent.nc")
    with netCDF4.Dataset(path, "r+") as file:
        file.renameVariable("coverage", "cover")
    with pytest.raises(InputError, match="'coverage'"):
        read_land_use(path)


@pytest.mark.parametrize("options", [(), ("--class", "forest"), ("--class", "forest", "--year", "2009")])
def test_figures_of_a_history(path: Path, tmp_path: Path, options: tuple[str, ...]) -> None:
    pytest.importorskip("matplotlib")
    with netCDF4.Dataset(path, "a") as file:  # two squares at the equator
        for name, corners in (("lon", [-0.5, 0.5, 0.5, -0.5]), ("lat", [-0.5, -0.5, 0.5, 0.5])):
            centre = file["lon"][:] if name == "lon" else np.zeros(2)
            file[f"{name}_bnds"][:] = np.add.outer(centre, corners)
    figure = tmp_path / "figure.png"
    done = CliRunner().invoke(command.app, ["plot", str(path), "--output", str(figure), *options])
    assert done.exit_code == 0, f"{done.output} {done.exception}"
    assert figure.read_bytes().startswith(b"\x89PNG") and figure.stat().st_size > 10_000


@pytest.mark.parametrize(
    ("options", "message"),
    [(("--year", "2009"), "name it with --class"), (("--class", "forest", "--year", "1990"), "2009 to 2010")],
)
def test_figures_that_a_history_cannot_give(
    path: Path, tmp_path: Path, options: tuple[str, ...], message: str
) -> None:
    pytest.importorskip("matplotlib")
    done = CliRunner().invoke(command.app, ["plot", str(path), "--output", str(tmp_path / "f.png"), *options])
    assert isinstance(done.exception, InputError) and message in str(done.exception)
