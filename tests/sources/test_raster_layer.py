"""Any GeoTIFF as a layer: means and interpolation of a linear field, class codes, no data, refusals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pylandbc.errors import InputError, NoOverlapError
from pylandbc.grid.window import Window
from pylandbc.sources.raster_layer import read_classes, read_field
from sources import layouts

WINDOW = Window.from_degrees(10, 50, 10.5, 50.5)


def test_fields(tmp_path: Path) -> None:
    coarse_lon = 9.9 + (np.arange(14) + 0.5) * 0.05
    values = np.tile(coarse_lon.astype(np.float32), (14, 1))
    values[:4] = -3000
    path = layouts.raster(tmp_path / "ndvi.tif", values, 9.9, 50.6, 0.05, nodata=-3000)
    field = read_field(path, WINDOW)["field"].values
    # a linear field is met exactly; 50.5 ... 50.4 N has no value
    np.testing.assert_allclose(field[15:], np.tile(WINDOW.longitude, (35, 1)), atol=1e-5)
    assert np.isnan(field[:5]).all()
    fine = np.tile(np.arange(240, dtype=np.float32), (240, 1))
    path = layouts.raster(tmp_path / "fine.tif", fine, 9.95, 50.55, 0.0025)
    mean = read_field(path, WINDOW, "area_mean")["field"].values
    # four source columns a pixel: 20 ... 23 are the first
    np.testing.assert_allclose(mean[0], 21.5 + 4 * np.arange(50), atol=1e-4)
    assert read_field(path, WINDOW).attrs["product"] == "fine"


def test_classes(tmp_path: Path) -> None:
    codes = np.repeat(np.arange(1, 15, dtype=np.uint8)[None], 14, axis=0)
    codes[:4] = 255
    path = layouts.raster(tmp_path / "biomes.tif", codes, 9.9, 50.6, 0.05, nodata=255)
    classes = read_classes(path, WINDOW, tuple(range(1, 15)))["classes"].values
    assert classes.dtype == np.uint8
    np.testing.assert_array_equal(classes[20], np.repeat(np.arange(3, 13), 5))
    assert not classes[:10].any(), "no data is none"
    with pytest.raises(InputError, match=r"biomes.tif holds codes \[11, 12, 13, 14\] that the configuration"):
        read_classes(path, WINDOW, tuple(range(1, 11)))
    with pytest.raises(NoOverlapError, match=r"biomes.tif does not overlap the window"):
        read_classes(path, Window.from_degrees(-70, 0, -69, 1), (1,))
