"""Carbon dioxide in a bundle's series: from a scenario's file, from the cube, with gaps refused."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest
import zarr
from small_cube import write_cube, write_emulator

from pylandbc.couple.bundle import compile_bundle
from pylandbc.couple.bundle_co2 import CO2, carbon_dioxide
from pylandbc.errors import InputError

SCENARIO = "# NOAA's layout of annual means\n" + "".join(
    f"{y} {400 + 2.5 * (y - 2009)} 0.1\n" for y in range(2009, 2014)
)


def test_file_comes_before_the_cube(tmp_path: Path) -> None:
    cube = write_cube(tmp_path / "cube.zarr")
    assert carbon_dioxide(cube, None) == {}
    group = zarr.open_group(cube, mode="a")
    group.create_array("co2", data=np.array([390.0, 392.0], np.float32))
    group.create_array("co2_year", data=np.array([2010, 2011], np.int32))
    years, values = carbon_dioxide(cube, None)[CO2]
    assert years.tolist() == [2010, 2011]
    assert values.tolist() == [390.0, 392.0]
    file = tmp_path / "ssp126.txt"
    file.write_text(SCENARIO)
    years, values = carbon_dioxide(cube, file)[CO2]
    assert years.tolist() == list(range(2009, 2014))
    assert values.tolist() == [400.0, 402.5, 405.0, 407.5, 410.0]


def test_a_gap_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "gap.txt"
    file.write_text("\n".join(line for line in SCENARIO.splitlines() if not line.startswith("2011")))
    with pytest.raises(InputError, match="gap after 2010"):
        carbon_dioxide(tmp_path, file)


def test_series_of_a_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYLANDBC_CACHE", str(tmp_path / "cache"))
    file = tmp_path / "ssp126.txt"
    file.write_text(SCENARIO)
    cube, emulator = write_cube(tmp_path / "cube.zarr"), write_emulator(tmp_path / "tiny.pt")
    bundle = compile_bundle(cube, emulator, "healpix:64", tmp_path / "b", 2009, engine="exact", co2=file)
    with netCDF4.Dataset(bundle.path / "series.nc") as series:
        assert series[CO2].units == "ppm"
        assert series[CO2].dimensions == ("year",)
        assert series["year"][:].tolist() == list(range(2009, 2014))
        assert series[CO2][:].tolist() == [400.0, 402.5, 405.0, 407.5, 410.0]
