"""A small cube with a plausible climate, for what starts from maps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import zarr
from small_cube import WINDOW, write_cube

from pylandbc.cube.vegetation import OBSERVED, VEGETATION


@pytest.fixture(scope="session")
def cube(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random maps of 2009 and 2012; oceanic in the west of the window, boreal in the east."""
    path = write_cube(tmp_path_factory.mktemp("cube") / "cube.zarr")
    group = zarr.open_group(str(path), mode="r+")
    month = np.arange(12)[:, None, None]
    east = np.arange(group["climatology"].shape[3])[None, None, :] >= 4
    temperature = (
        283.15
        - 7 * np.cos(2 * np.pi * month / 12)
        - np.where(east, 12 + 8 * np.cos(2 * np.pi * month / 12), 0)
    )
    values = np.broadcast_to(temperature, (12, *group["climatology"].shape[2:]))
    group["climatology"][:, 0] = values.astype(np.float32)
    group["climatology"][:, 1] = np.float32(2.5e-5)
    return path


@pytest.fixture(scope="session")
def leafy_cube(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Leaf area index of January 2009 ... January 2010, of closed form; the last month in the east alone.

    January 2009 has 0.5, each month a twentieth more, January 2010 has 1.5: no type reaches its bound.
    """
    path = write_cube(tmp_path_factory.mktemp("leafy") / "cube.zarr")
    group = zarr.open_group(str(path), mode="r+")
    values = np.empty((13, *WINDOW.shape), np.float32)
    values[:12] = 0.5 + 0.05 * np.arange(12)[:, None, None]
    values[12] = np.where(np.arange(WINDOW.cols) < WINDOW.cols // 2, np.nan, 1.5)
    entry = VEGETATION["leaf_area_index"]
    axis = ("leaf_area_index_time", "y", "x")
    packed = group.create_array("leaf_area_index", data=entry.pack(values), dimension_names=axis)
    packed.attrs.update(
        {"step": "month", "scale_factor": entry.scale, "add_offset": entry.offset, "missing_value": 65535}
    )
    seen = np.isfinite(values)
    quality = (OBSERVED * seen).astype(np.uint8)
    group.create_array("leaf_area_index_quality", data=quality, dimension_names=axis)
    months = np.arange("2009-02", "2010-03", dtype="datetime64[M]").astype("datetime64[D]") - 1
    group.create_array("leaf_area_index_time", data=months.astype(np.int32), dimension_names=axis[:1])
    share = seen.mean((1, 2)).astype(np.float32)
    group.create_array("leaf_area_index_coverage", data=share, dimension_names=axis[:1])
    return path
