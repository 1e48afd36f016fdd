"""LUH2's traps, in a file made here exactly as the product makes them."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest
import xarray as xr

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.sources.luh2 import VARIABLES, read_luh2

WINDOW = Window.from_degrees(-2, 50, 1, 52)


def write(
    path: Path, base: int = 850, ascending: bool = False, leave_out: str = "", scale: float = 1.0
) -> dict[str, np.ndarray]:
    """Three years from 2000 on (2015 on in scenarios); gives the values, north first, NaN missing."""
    rng = np.random.default_rng(3)
    lat = WINDOW.coarse_latitude[::-1] if ascending else WINDOW.coarse_latitude
    truth = {}
    with netCDF4.Dataset(path, "w") as file:
        first = 2000 if base == 850 else 2015
        for name, values in (
            ("time", first - base + np.arange(3.0)),
            ("lat", lat),
            ("lon", WINDOW.coarse_longitude),
        ):
            file.createDimension(name, len(values))
            file.createVariable(name, "f8", (name,))[:] = values
        file["time"].units, file["time"].calendar = f"years since {base}-01-01 0:0:0", "noleap"
        for name in VARIABLES:
            if name == leave_out:
                continue
            values = rng.random((3, *WINDOW.coarse_shape)).astype(np.float32) * np.float32(scale)
            values[:, 2, 3] = np.nan
            truth[name] = values
            variable = file.createVariable(name, "f4", ("time", "lat", "lon"))
            variable.setncattr("_Fillvalue", np.float32(1e20))
            variable.missing_value = np.float32(1e20)
            stored = np.nan_to_num(values, nan=1e20)
            variable[:] = stored[:, ::-1] if ascending else stored
    return truth


def test_the_file_is_a_trap(tmp_path: Path) -> None:
    write(tmp_path / "states.nc")
    with pytest.raises(ValueError, match=r"unable to decode time|Failed to decode"):
        xr.open_dataset(tmp_path / "states.nc")


@pytest.mark.parametrize(("base", "first"), [(850, 2000), (2015, 2015)])
@pytest.mark.parametrize("ascending", [False, True])
def test_years_missing_values_and_orientation(tmp_path: Path, base: int, first: int, ascending: bool) -> None:
    truth = write(tmp_path / "states.nc", base, ascending)
    dataset = read_luh2(tmp_path / "states.nc", WINDOW)
    assert dataset["year"].values.tolist() == [first, first + 1, first + 2]
    assert list(dataset.data_vars) == list(VARIABLES)
    for name, values in truth.items():
        np.testing.assert_array_equal(dataset[name].values, values)
    one = read_luh2(tmp_path / "states.nc", WINDOW, [first + 1])
    np.testing.assert_array_equal(one["primf"].values, truth["primf"][1:2])


def test_missing_variable_names_file_and_findings(tmp_path: Path) -> None:
    write(tmp_path / "states.nc", leave_out="primf")
    with pytest.raises(InputError, match=r"'primf' missing in .*states\.nc \(found: primn, .*transitions"):
        read_luh2(tmp_path / "states.nc", WINDOW)


def test_other_bad_input(tmp_path: Path) -> None:
    write(tmp_path / "percent.nc", scale=100.0)
    with pytest.raises(InputError, match="states are fractions between 0 and 1"):
        read_luh2(tmp_path / "percent.nc", WINDOW)
    write(tmp_path / "states.nc")
    with pytest.raises(InputError, match=r"no data for \[1999\] \(it covers 2000 \.\.\. 2002\)"):
        read_luh2(tmp_path / "states.nc", WINDOW, [1999, 2000])
    whole = (tmp_path / "states.nc").read_bytes()
    (tmp_path / "cut.nc").write_bytes(whole[:3000])
    with pytest.raises(InputError, match=r"cut\.nc"):
        read_luh2(tmp_path / "cut.nc", WINDOW)
