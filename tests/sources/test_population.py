"""Population: years since, people kept when cells are split, density, missing sea."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.sources.population import read_population
from sources import layouts

WINDOW = Window.from_degrees(10, 50, 11, 51)
LAT, LON = layouts.centres(53.75, -0.5, 16), layouts.centres(7.25, 0.5, 16)


def write(path: Path, values: np.ndarray, name: str = "number_of_people", base: int = 1861) -> Path:
    with netCDF4.Dataset(path, "w") as file:
        layouts.axis(file, "lon", LON, "degrees_east")
        layouts.axis(file, "lat", LAT, "degrees_north")
        layouts.axis(file, "time", np.arange(2000, 2002) - base, f"years since {base}-01-01 00:00:00")
        file["time"].calendar = "standard"
        variable = file.createVariable(name, "f4", ("time", "lat", "lon"), fill_value=np.float32(1e20))
        variable.units = "1"
        variable[:] = values
    return path


@pytest.mark.parametrize("name", ["number_of_people", "total-population"])
def test_people_are_kept(tmp_path: Path, name: str) -> None:
    values = np.random.default_rng(0).uniform(0, 1e6, (2, 16, 16)).astype(np.float32)
    dataset = read_population(write(tmp_path / "pop.nc", values, name), WINDOW)
    assert dataset["year"].values.tolist() == [2000, 2001]
    # rows 50.75 and 50.25 N, columns 10.25 and 10.75 E are exactly the window
    inside = values[:, 6:8, 6:8]
    assert (LAT[6], LAT[7], LON[6], LON[7]) == (50.75, 50.25, 10.25, 10.75)
    np.testing.assert_allclose(dataset["population"].sum(("lat", "lon")), inside.sum(axis=(1, 2)), rtol=1e-6)
    # quarters of a cell: east and west halves are equal, the northern ones a little smaller
    quarter = dataset["population"].values[0]
    np.testing.assert_allclose(quarter[0, 0], quarter[0, 1], rtol=1e-6)
    assert quarter[0, 0] < quarter[1, 0] < 1.01 * quarter[0, 0]
    density = dataset["population_density"].values[0]
    np.testing.assert_allclose(density[:2, :2], density[0, 0], rtol=1e-6)
    area = 6371.229**2 * np.deg2rad(0.5) * (np.sin(np.deg2rad(51)) - np.sin(np.deg2rad(50.5)))
    assert density[0, 0] == pytest.approx(values[0, 6, 6] / area, rel=1e-6)


def test_sea_and_years(tmp_path: Path) -> None:
    values = np.full((2, 16, 16), 1000.0, dtype=np.float32)
    values[:, :, LON > 10.5] = 1e20
    dataset = read_population(write(tmp_path / "pop.nc", values, base=1860), WINDOW, [2001])
    people = dataset["population"].values[0]
    assert np.isnan(people[:, 2:]).all()
    np.testing.assert_allclose(people[:, :2].sum(), 2000.0, rtol=1e-6)
    with pytest.raises(InputError, match=r"no data for \[1999\] \(it covers 2000 \.\.\. 2001\)"):
        read_population(tmp_path / "pop.nc", WINDOW, [1999])
    with pytest.raises(InputError, match=r"missing in .*other"):
        read_population(write(tmp_path / "other.nc", values, "gdp"), WINDOW)
    negative = np.full((2, 16, 16), -5.0)
    with pytest.raises(InputError, match="expected counts of people"):
        read_population(write(tmp_path / "negative.nc", negative), WINDOW)


def test_a_window_of_one_cell_is_part_of_a_larger_one(tmp_path: Path) -> None:
    values = np.random.default_rng(1).uniform(0, 1e6, (2, 16, 16)).astype(np.float32)
    path = write(tmp_path / "pop.nc", values)
    one = read_population(path, Window(WINDOW.row + 25, WINDOW.col + 50, 25, 25))["population"].values
    np.testing.assert_allclose(
        one[:, 0, 0], read_population(path, WINDOW)["population"].values[:, 1, 2], rtol=1e-6
    )
