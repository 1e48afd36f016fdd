"""MODIS LAI from AppEEARS: quality bits, fill codes, Julian time axis, GeoTIFF pairs; HDF4 refused."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.sources.modis_lai import read_modis_lai, usable
from sources import layouts

WINDOW = Window.from_degrees(10, 50, 10.25, 50.25)
STEP = 1 / 240
LAT, LON = layouts.centres(50.28, -STEP, 75), layouts.centres(9.97, STEP, 75)
WEST, NORTH = LON[0] - STEP / 2, LAT[0] + STEP / 2


def write(path: Path, lai: np.ndarray, qc: np.ndarray, days: list[int]) -> Path:
    """AppEEARS: bytes, fill 255, scale 0.1, days since 2000-01-01 in the Julian calendar."""
    with netCDF4.Dataset(path, "w") as file:
        file.title = "MCD15A2H.061 for aid0001"
        layouts.axis(file, "time", np.array(days), "days since 2000-01-01 00:00:00", "i4")
        file["time"].calendar = "julian"
        layouts.axis(file, "lat", LAT, "degrees_north")
        layouts.axis(file, "lon", LON, "degrees_east")
        file.createVariable("crs", "i1", ())
        for name, values in (("Lai_500m", lai), ("FparLai_QC", qc)):
            variable = file.createVariable(name, "u1", ("time", "lat", "lon"), fill_value=255)
            variable.set_auto_maskandscale(False)
            if name == "Lai_500m":
                variable.scale_factor, variable.add_offset = 0.1, 0.0
                variable.valid_min, variable.valid_max = np.uint8(0), np.uint8(100)
            variable[:] = values
    return path


def test_quality_bits() -> None:
    main, saturated, backup, none = 0 << 5, 1 << 5, 2 << 5, 4 << 5
    cloudy, dead, aqua = 1 << 3, 1 << 2, 1 << 1
    qc = np.array([main, saturated, main | cloudy, main | dead, main | aqua, backup, 3 << 5, none, 255])
    assert usable(qc, "best").tolist() == [True, True, False, False, True, False, False, False, False]
    assert usable(qc, "main").tolist() == [True, True, True, True, True, False, False, False, False]
    assert usable(qc, "all").tolist() == [True, True, True, True, True, True, True, False, False]


def test_netcdf(tmp_path: Path) -> None:
    lai = np.full((2, 75, 75), 25, dtype=np.uint8)
    lai[1] = 40
    lai[:, LAT > 50.2] = 254
    lai[:, LAT < 50.05] = 101
    qc = np.zeros_like(lai)
    qc[:, :, LON > 10.12] = 2 << 5
    path = write(tmp_path / "MCD15A2H.061_500m_aid0001.nc", lai, qc, [6940, 6948])
    dataset = read_modis_lai(path, WINDOW)
    # 6940 days after 2000-01-01 is 2019-01-01
    assert [str(t)[:10] for t in dataset["time"].values] == ["2019-01-01", "2019-01-09"]
    values, valid = dataset["leaf_area_index"].values, dataset["valid_fraction"].values
    np.testing.assert_allclose(values[0, 8:18, :10], 2.5, rtol=1e-6)
    np.testing.assert_allclose(values[1, 8:18, :10], 4.0, rtol=1e-6)
    assert np.isnan(values[:, :4]).all(), "water"
    assert np.isnan(values[:, 21:]).all(), "above the largest number"
    assert np.isnan(values[:, :, 14:]).all(), "back-up algorithm"
    assert valid[0, 10, 20] == 0
    assert np.isfinite(read_modis_lai(path, WINDOW, "all")["leaf_area_index"].values[0, 10, 20])
    assert dataset.attrs["version"] == "061"


def test_geotiff_pairs(tmp_path: Path) -> None:
    lai = np.full((75, 75), 31, dtype=np.uint8)
    name = "MCD15A2H.061_{}_doy2020061_aid0001.tif"
    path = layouts.raster(tmp_path / name.format("Lai_500m"), lai, WEST, NORTH, STEP, nodata=255)
    with pytest.raises(InputError, match="FparLai_QC_doy2020061"):
        read_modis_lai(path, WINDOW)
    qc = layouts.raster(
        tmp_path / name.format("FparLai_QC"), np.zeros_like(lai), WEST, NORTH, STEP, nodata=255
    )
    dataset = read_modis_lai([qc, path], WINDOW)
    # day 61 of the leap year 2020
    assert str(dataset["time"].values[0])[:10] == "2020-03-01"
    np.testing.assert_allclose(dataset["leaf_area_index"], 3.1, rtol=1e-6)
    with pytest.raises(InputError, match="only other layers"):
        read_modis_lai(qc, WINDOW)


def test_hdf4_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "MCD15A2H.A2019001.h18v03.061.hdf"
    path.write_bytes(b"\x0e\x03\x13\x01" + bytes(2000))
    with pytest.raises(InputError, match=r"is HDF4.*AppEEARS"):
        read_modis_lai(path, WINDOW)
    with pytest.raises(InputError, match="quality 'good' is unknown"):
        read_modis_lai(path, WINDOW, "good")
