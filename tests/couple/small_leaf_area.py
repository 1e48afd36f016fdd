"""A leaf-area emulator and a land-cover emulator of a few exact lines, for the small bundle.

Both listen to every input. Each value is a sum of few elementwise terms, and what they see of their
neighbourhood is single pixels and single cells of the hidden state, so that bits depend neither on the tile
nor on the number of threads.
"""

from __future__ import annotations

import json
from pathlib import Path

import netCDF4
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from pylandbc.grid.window import Window
from pylandbc.legend import UNKNOWN

LAGS = (1, 2, 12)
CLIMATE_STEPS = 3
CHANNELS, CELL = 2, 4
RADIUS = 11
LEVELS = (0.25, 0.5, 0.75)
PER_YEAR = {"month": 12, "dekad": 36}
CARBON_DIOXIDE = "mole_fraction_of_carbon_dioxide_in_air"
COVERS = ("ocean", "trees", "herbs", "water")
GRID = {"pixel_degrees": 0.01, "coarse_degrees": 0.25}


class SmallLeafArea(nn.Module):
    """Leaf area index; arguments as in docs/leaf-area.md."""

    def forward(
        self,
        static: Tensor,
        climate: Tensor,
        climate_row: Tensor,
        climate_col: Tensor,
        past: Tensor,
        known: Tensor,
        normal: Tensor,
        latitude: Tensor,
        time: Tensor,
        state: Tensor,
    ) -> tuple[Tensor, Tensor]:
        elevation, land_mask, land_use = static[:, 0], static[:, 1], static[:, 2]
        kept = known.float() * (past - normal[:, :-1])
        warmer = 0.05 * (climate[:, :, 0] - climate[:, :, 2])
        wetter = 2.0e4 * (climate[:, :, 1] - climate[:, :, 3])
        change = warmer[:, 0] + 0.5 * warmer[:, 1] + 0.25 * wetter[:, 2] + 0.125 * wetter[:, 0]
        weather = change.index_select(1, climate_row).index_select(2, climate_col)
        around = functional.interpolate(state, scale_factor=4.0)
        value = normal[:, -1] + 0.5 * kept[:, 0] + 0.125 * kept[:, 1] + 0.25 * kept[:, 2]
        value = value + weather + 0.0625 * around[:, 0] - 0.0625 * around[:, 1]
        value = value + 0.25 * (land_use == 4.0).float() - 2.0e-4 * elevation
        value = value + 1.0e-3 * (time[:, 1:2, None] - 380.0) + 1.0e-4 * time[:, 0:1, None]
        value = value + 1.0e-3 * latitude[:, :, None]
        bare = (land_mask < 0.5) | (land_use == 0.0) | (land_use == 7.0)
        value = torch.where(bare, torch.zeros_like(value), value.clamp(0.0, 10.0))
        quantiles = torch.stack([(value - 0.5).clamp(min=0.0), value, (value + 0.5).clamp(max=10.0)], 1)
        # every fourth pixel, and the neighbouring cell to the south-east
        east = functional.pad(state, (0, 1, 0, 1))[:, :, 1:, 1:]
        first = 0.5 * state[:, 0] + 0.25 * value[:, ::4, ::4]
        second = 0.5 * state[:, 1] + 0.25 * east[:, 0]
        return quantiles, torch.stack([first, second], 1)


def leaf_area_card(step: str = "month", **changes: object) -> dict:
    """The card of :class:`SmallLeafArea`; ``changes`` replace top-level entries (to spoil it)."""
    name = "leaf_area_index"
    climate = {"source": "climate", "statistic": "mean", "step": step, "steps": CLIMATE_STEPS}
    entries = {
        "format": "landbc-emulator",
        "interface_version": 1,
        "name": "small-leaf-area",
        "version": "0.0.1",
        "quantity": name,
        "step": step,
        "inputs": [
            {"name": "elevation", "unit": "m", "source": "static"},
            {"name": "land_mask", "unit": "1", "source": "static"},
            {
                "name": "land_use",
                "unit": "1",
                "source": "static",
                "kind": "class",
                "codes": 8,
                "at": "target",
            },
            {"name": "air_temperature", "unit": "K", **climate},
            {"name": "precipitation_flux", "unit": "kg m-2 s-1", **climate},
            *({"name": name, "unit": "m2 m-2", "source": "state", "lag": lag} for lag in LAGS),
            *({"name": name, "unit": "m2 m-2", "source": "climatology", "lag": lag} for lag in (*LAGS, 0)),
            {"name": "latitude", "unit": "degrees_north", "source": "place"},
            {"name": "day_of_year", "unit": "day", "source": "time"},
            {"name": "co2", "unit": "ppm", "source": "time"},
        ],
        "output": {
            "name": name,
            "kind": "quantiles",
            "levels": list(LEVELS),
            "unit": "m2 m-2",
            "lower": 0.0,
            "upper": 10.0,
            "bare": 0.0,
        },
        "state": {"channels": CHANNELS, "pixels": CELL},
        "grid": GRID,
        "receptive_field_radius": RADIUS,
        "halo": 16,
        "multiple": CELL,
        "training": {},
        "metrics": {},
        "licence": "Apache-2.0",
        "weights_sha256": "0" * 64,
    }
    return entries | changes


class SmallLandCover(nn.Module):
    """Land cover from the new land use, its own past and the climate; arguments as of land use."""

    def forward(
        self,
        static: Tensor,
        climate: Tensor,
        scenario: Tensor,
        scenario_row: Tensor,
        scenario_col: Tensor,
        prior: Tensor,
        visible: Tensor,
        time: Tensor,
    ) -> Tensor:
        land_mask, land_use = static[:, 0], static[:, 1]
        prior_trees = ((prior == 1) & (visible == 1)).float()
        trees = 2.0 * (land_use == 4.0).float() + 0.5 * prior_trees
        herbs = 1.0 + 0.01 * (climate[:, 0] - 285.0) * time[:, 0].reshape(-1, 1, 1)
        water = 5.0 * (land_use == 7.0).float()
        ocean = torch.where(land_mask > 0.5, -1.0e4, 1.0e4)
        return torch.stack([ocean, trees, herbs, water], 1)


def land_cover_card(**changes: object) -> dict:
    """The card of :class:`SmallLandCover`."""
    entries = {
        "format": "landbc-emulator",
        "interface_version": 1,
        "name": "small-land-cover",
        "version": "0.0.1",
        "quantity": "land_cover",
        "step": "year",
        "classes": [{"code": k, "name": name, "colour": "#000000"} for k, name in enumerate(COVERS)],
        "ocean_class": 0,
        "unknown_class": UNKNOWN,
        "inputs": [
            {"name": "land_mask", "unit": "1", "source": "static"},
            {
                "name": "land_use",
                "unit": "1",
                "source": "static",
                "kind": "class",
                "codes": 8,
                "at": "target",
            },
            {"name": "air_temperature", "unit": "K", "source": "climate", "statistic": "mean"},
            {"name": "direction", "unit": "1", "source": "time"},
            {"name": "elapsed_years", "unit": "year", "source": "time"},
            {"name": "land_cover", "unit": "1", "source": "state"},
        ],
        "output": {"name": "land_cover", "kind": "class_logits", "classes": len(COVERS)},
        "grid": GRID,
        "receptive_field_radius": 0,
        "halo": 112,
        "multiple": 16,
        "training": {},
        "metrics": {},
        "licence": "Apache-2.0",
        "weights_sha256": "0" * 64,
    }
    return entries | changes


def first_land_cover(window: Window) -> np.ndarray:
    """Trees and herbs in stripes, a strip that is unknown."""
    y, x = np.mgrid[0 : window.rows, 0 : window.cols]
    codes = (1 + (x // 13 + y // 17) % 2).astype(np.uint8)
    codes[:, 230:236] = UNKNOWN
    return codes


def normals(window: Window, step: str) -> np.ndarray:
    """Climatology of leaf area index by step of the year, float32 (step, row, col)."""
    y, x = np.mgrid[0 : window.rows, 0 : window.cols]
    season = np.cos(2 * np.pi * (np.arange(PER_YEAR[step]) + 0.5) / PER_YEAR[step])
    place = 2.0 + 0.5 * np.sin(x / 19.0) + 0.25 * np.cos(y / 13.0)
    return (place[None] - 1.1 * season[:, None, None]).astype(np.float32)


def climate_normals(window: Window, step: str) -> dict[str, np.ndarray]:
    """Climatologies of the climate by step of the year, float32 (step, lat, lon)."""
    rows, cols = window.coarse_shape
    y, x = np.mgrid[0:rows, 0:cols]
    season = np.cos(2 * np.pi * np.arange(PER_YEAR[step]) / PER_YEAR[step])[:, None, None]
    return {
        "air_temperature": (284.0 - 8.0 * season + 0.1 * y).astype(np.float32),
        "precipitation_flux": (2.0e-5 + 5.0e-6 * season + 1.0e-7 * x).astype(np.float32),
    }


def first_maps(window: Window, step: str, year: int) -> dict[int, np.ndarray]:
    """The last two maps before a year by number of the step, with a gap, float32."""
    per_year = PER_YEAR[step]
    maps = {}
    for lag in (2, 1):
        values = normals(window, step)[-lag] + np.float32(0.25 * lag)
        values[100:140, 60:200] = np.nan
        maps[per_year * year - lag] = values
    return maps


def write_normals(path: Path, window: Window, step: str, year: int) -> None:
    """The file of normals and first maps of a bundle."""
    with netCDF4.Dataset(path, "w") as file:
        rows, cols = window.coarse_shape
        first = first_maps(window, step, year)
        for name, size in (
            ("step_of_year", PER_YEAR[step]),
            ("y", window.rows),
            ("x", window.cols),
            ("lat", rows),
            ("lon", cols),
            ("first_step", len(first)),
        ):
            file.createDimension(name, size)
        sides = (min(100, window.rows), min(100, window.cols))
        file.createVariable("normal", "f4", ("step_of_year", "y", "x"), chunksizes=(1, *sides))[:] = normals(
            window, step
        )
        for name, values in climate_normals(window, step).items():
            file.createVariable(f"climate_{name}", "f4", ("step_of_year", "lat", "lon"))[:] = values
        file.createVariable("first_step", "i8", ("first_step",))[:] = list(first)
        variable = file.createVariable("first", "f4", ("first_step", "y", "x"), fill_value=False)
        variable[:] = np.stack(list(first.values()))


def write_emulator(path: Path, quantity: str, step: str = "month", **changes: object) -> None:
    """Writes one of the two emulators as TorchScript with its card inside (``changes`` spoil the card)."""
    of_cover = quantity == "land_cover"
    model = torch.jit.script((SmallLandCover() if of_cover else SmallLeafArea()).eval())
    card = land_cover_card(**changes) if of_cover else leaf_area_card(step, **changes)
    torch.jit.save(model, str(path), {"card.json": json.dumps(card)})
