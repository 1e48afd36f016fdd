"""A small cube and emulator for the tests of bundles: written with zarr and torch alone, by the contract."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import zarr

from pylandbc.grid.window import Window
from pylandbc.learn.export import save
from pylandbc.models.inputs import InputSpec, hilda_inputs
from pylandbc.models.land_use import LandUseEmulator

WINDOW = Window.from_degrees(-1, 51, 1, 52)
STATIC = ("elevation", "bathymetry", "land_mask")
CLIMATE = ("air_temperature", "precipitation_flux")
FRACTIONS = tuple(
    f"{name}_fraction"
    for name in ("urban", "cropland", "pasture", "forest", "grass_shrub", "other_land", "water")
)
UNITS = {"elevation": "m", "bathymetry": "m", "air_temperature": "K", "precipitation_flux": "kg m-2 s-1"}


def write_cube(path: Path, held: Window = WINDOW, scenario_years=(2009, 2010, 2012), **attributes) -> Path:
    """A cube with random content; years 2009 and 2012."""
    rng = np.random.default_rng(5)
    shape, coarse = held.shape, held.coarse_shape
    group = zarr.create_group(path, zarr_format=3)
    arrays = {
        "land_use": (rng.integers(0, 8, (2, *shape)).astype(np.uint8), ("year", "y", "x")),
        "static": (rng.random((3, *shape)).astype(np.float32), ("static_variable", "y", "x")),
        "scenario": (
            rng.random((len(scenario_years), 7, *coarse)).astype(np.float32),
            ("scenario_year", "scenario_variable", "lat", "lon"),
        ),
        "climate": (
            rng.random((1, 2, *coarse)).astype(np.float32),
            ("climate_year", "climate_variable", "lat", "lon"),
        ),
        "climatology": (
            rng.random((12, 2, *coarse)).astype(np.float32),
            ("month", "climate_variable", "lat", "lon"),
        ),
        "year": (np.array([2009, 2012], dtype=np.int32), ("year",)),
        "scenario_year": (np.array(scenario_years, dtype=np.int32), ("scenario_year",)),
        "climate_year": (np.array([2012], dtype=np.int32), ("climate_year",)),
        "month": (np.arange(1, 13, dtype=np.int32), ("month",)),
        "y": (held.latitude, ("y",)),
        "x": (held.longitude, ("x",)),
        "lat": (held.coarse_latitude, ("lat",)),
        "lon": (held.coarse_longitude, ("lon",)),
    }
    arrays["static"][0][2] = arrays["static"][0][2] > 0.3
    for name, (values, dimensions) in arrays.items():
        group.create_array(name, data=values, dimension_names=dimensions)
    for name, names in (("static", STATIC), ("scenario", FRACTIONS), ("climate", CLIMATE)):
        group.create_array(f"{name}_variable", data=np.array(names, dtype=np.dtypes.StringDType()))
    numbers = [held.row, held.col, held.rows, held.cols]
    given = {"format": "landbc-cube", "format_version": 1, "window": numbers, "units": UNITS}
    given |= {"scenario_source": "hilda_fractions", "statistics": {}, "provenance": []}
    group.attrs.update({**given, **attributes})
    return path


def write_emulator(path: Path, spec: InputSpec | None = None) -> Path:
    """An emulator of four base channels with random weights."""
    torch.manual_seed(0)
    spec = spec or hilda_inputs()
    save(LandUseEmulator(spec, base=4), spec, path, name="tiny", version="0", licence="CC0-1.0")
    return path
