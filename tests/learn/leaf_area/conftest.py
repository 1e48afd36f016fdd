"""A made-up region of known content."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from pylandbc.cube.layers import Vegetation
from pylandbc.cube.splits import Split
from pylandbc.learn.leaf_area.calendar import season_steps, steps_of_years
from pylandbc.learn.leaf_area.region import Region
from pylandbc.models.leaf_area.inputs import VegetationInputs

INPUTS = VegetationInputs(
    "leaf_area_index", "month", ("elevation", "land_mask", "land_use"), ("air_temperature",), 3, (1, 12)
)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Small arrays gain nothing from threads."""
    torch.set_num_threads(1)


@pytest.fixture
def inputs() -> VegetationInputs:
    return INPUTS


@pytest.fixture
def make() -> Callable[..., Region]:
    """A region of four years; the training years are the first three."""

    def region(rows: int = 48, cols: int = 80) -> Region:
        rng = np.random.default_rng(5)
        times = steps_of_years(2000, 2003, "month")
        season = season_steps(times, "month")
        land = np.ones((rows, cols), dtype=bool)
        land[:4] = False
        cover = rng.integers(1, 5, (rows, cols)).astype(np.uint8)
        curve = 2 - np.cos(2 * np.pi * (season + 0.5) / 12)
        values = curve[:, None, None] * (0.5 + 0.3 * cover) + 0.2 * rng.normal(size=(48, rows, cols))
        packed = np.round(np.maximum(values, 0) * 1000).astype(np.uint16)
        quality = np.full(packed.shape, 2, dtype=np.uint8)
        gaps = rng.random(packed.shape) < 0.1
        packed[gaps], quality[gaps] = 65535, 0
        quality[rng.random(packed.shape) < 0.05] = 1
        quality[gaps] = 0
        series = Vegetation(packed, quality, times, np.ones(48, np.float32), "month", 0.001, 0.0, 65535)
        days = steps_of_years(1999, 2003, "month")
        shape = (-(-rows // 25), -(-cols // 25))
        weather = 280 + rng.normal(size=(60, 1, *shape)).astype(np.float32)
        normal = np.stack([weather[season_steps(days, "month") == k].mean(axis=0) for k in range(12)])
        static = np.stack([rng.random((rows, cols)) * 500, land, cover]).astype(np.float32)
        latitude = 50 - np.arange(rows) / 100
        main = np.where(np.arange(cols) < cols // 2, 3, 4) * np.ones((rows, 1), dtype=int)
        return Region(
            "made up", "leaf_area_index", series, land, latitude, 1e6 * np.cos(np.deg2rad(latitude)),
            INPUTS.static, lambda r, c, year: static[:, r, c], ("air_temperature",), weather, days,
            np.arange(rows) // 25, np.arange(cols) // 25, normal, np.full(48, 370.0),
            {"land_cover": (cover, {k: f"land cover {k}" for k in range(1, 5)}),
             "climate_class": (main.astype(np.uint8), {3: "C temperate", 4: "D cold"})},
            (2000, 2001, 2002), {"elevation": "m"}, {"elevation": (250.0, 150.0)},
        )  # fmt: skip

    return region


@pytest.fixture
def held_out() -> Callable[[Region], Split]:
    """The last thirty columns are test, the ten before validation."""

    def split(region: Region) -> Split:
        roles = np.zeros(region.shape, dtype=np.uint8)
        roles[:, -40:-30] = 1
        roles[:, -30:] = 2
        return Split(roles, 0)

    return split
