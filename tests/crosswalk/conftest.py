"""A small cube with a plausible climate, for what starts from maps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import zarr
from small_cube import write_cube


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
