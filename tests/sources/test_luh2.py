"""LUH2's traps, in a file made here exactly as the product makes them."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest
import xarray as xr

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.sources.luh2 import (
    VARIABLES,
    read_luh2,
    read_luh2_management,
    read_luh2_static,
    read_luh2_transitions,
)

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


def write_kind(
    path: Path, names: dict[str, str], units: str = "years since 850-01-01 0:0:0", step: float = 1.0
) -> dict[str, np.ndarray]:
    """Management, transitions or LUH3 variables with their units: two years from 2000 on."""
    rng = np.random.default_rng(11)
    truth = {}
    with netCDF4.Dataset(path, "w") as file:
        for name, values in (
            ("time", (1150 + np.arange(2.0)) * step),
            ("lat", WINDOW.coarse_latitude),
            ("lon", WINDOW.coarse_longitude),
        ):
            file.createDimension(name, len(values))
            file.createVariable(name, "f8", (name,))[:] = values
        file["time"].units, file["time"].calendar = units, "noleap"
        for name, unit in names.items():
            truth[name] = rng.random((2, *WINDOW.coarse_shape)).astype(np.float32)
            variable = file.createVariable(name, "f4", ("time", "lat", "lon"))
            variable.units, variable.missing_value = unit, np.float32(1e20)
            variable[:] = truth[name]
    return truth


def test_management_and_transitions(tmp_path: Path) -> None:
    names = {
        "fertl_c3ann": "kg ha-1 yr-1",
        "irrig_c3per": "1",
        "flood": "1",
        "rndwd": "1",
        "lat_bounds_x": "1",
    }
    truth = write_kind(tmp_path / "management.nc", names)
    dataset = read_luh2_management(tmp_path / "management.nc", WINDOW)
    assert set(dataset.data_vars) == {"fertl_c3ann", "irrig_c3per", "flood", "rndwd"}
    np.testing.assert_array_equal(dataset["fertl_c3ann"], truth["fertl_c3ann"])
    assert dataset["fertl_c3ann"].attrs["units"] == "kg ha-1 yr-1"
    names = {"primf_to_c3ann": "1", "secdf_to_urban": "1", "primf_harv": "1", "secyf_bioh": "kg yr-1"}
    truth = write_kind(tmp_path / "transitions.nc", names)
    dataset = read_luh2_transitions(tmp_path / "transitions.nc", WINDOW, [2001], ["primf_to_c3ann"])
    assert list(dataset.data_vars) == ["primf_to_c3ann"]
    assert dataset["year"].values.tolist() == [2001]
    np.testing.assert_array_equal(dataset["primf_to_c3ann"], truth["primf_to_c3ann"][1:])
    assert len(read_luh2_transitions(tmp_path / "transitions.nc", WINDOW).data_vars) == 4
    with pytest.raises(InputError, match=r"management variables missing in .*transitions\.nc"):
        read_luh2_management(tmp_path / "transitions.nc", WINDOW)
    with pytest.raises(InputError, match="transitions range_to_urban missing"):
        read_luh2_transitions(tmp_path / "transitions.nc", WINDOW, variables=["range_to_urban"])


def test_luh3_counts_days_and_may_have_plantations(tmp_path: Path) -> None:
    names = dict.fromkeys(VARIABLES, "1") | {"pltns": "1"}
    truth = write_kind(tmp_path / "luh3.nc", names, "days since 850-01-01 00:00:00", 365.0)
    dataset = read_luh2(tmp_path / "luh3.nc", WINDOW)
    assert dataset["year"].values.tolist() == [2000, 2001]
    np.testing.assert_array_equal(dataset["pltns"], truth["pltns"])
    assert "plantations" in dataset.attrs["note"]


def write_static(path: Path, ice: np.ndarray) -> None:
    with netCDF4.Dataset(path, "w") as file:
        for name, values in (("lat", WINDOW.coarse_latitude), ("lon", WINDOW.coarse_longitude)):
            file.createDimension(name, len(values))
            file.createVariable(name, "f8", (name,))[:] = values
        for name, values, units in (("icwtr", ice, "1"), ("carea", np.full_like(ice, 500.0), "km2")):
            variable = file.createVariable(name, "f4", ("lat", "lon"))
            variable.units, variable.missing_value = units, np.float32(1e20)
            variable[:] = values


def test_static_data(tmp_path: Path) -> None:
    write(tmp_path / "states.nc")
    ice = np.full(WINDOW.coarse_shape, 0.25, dtype=np.float32)
    write_static(tmp_path / "staticData_quarterdeg.nc", ice)
    static = read_luh2_static(tmp_path / "staticData_quarterdeg.nc", WINDOW)
    np.testing.assert_array_equal(static["icwtr"], ice)
    np.testing.assert_allclose(static["carea"], 5e8, rtol=1e-6)
    with pytest.raises(InputError, match=r"'icwtr' missing in .*states\.nc"):
        read_luh2_static(tmp_path / "states.nc", WINDOW)
