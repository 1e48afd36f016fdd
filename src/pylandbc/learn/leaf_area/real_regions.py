"""Small real sets as regions: twelve months of the Piave basin, thirty-six dekads of the Fraser basin.

Both are climatologies, one year that repeats itself: what can be told with them is a field from its
geography in blocks that were not seen, not the departure of one year from another. They are repeated for two
years so that every step has steps before it.

``piave``: the example of Deltares' hydromt_wflow (GPL-3): MODIS LAI (MCD15A3H, 2003-2017), GlobCover, MERIT,
SoilGrids, ERA5. ``lisflood_fraser``: the JRC's lisflood-usecases (EUPL-1.2).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from pylandbc.cube.layers import Vegetation
from pylandbc.cube.splits import Split
from pylandbc.cube.vegetation import MISSING, NO_VALUE, OBSERVED, VEGETATION
from pylandbc.errors import InputError
from pylandbc.grid.window import EARTH_RADIUS
from pylandbc.learn.leaf_area.calendar import season_steps, steps_of_years
from pylandbc.learn.leaf_area.region import Region
from pylandbc.models.leaf_area.inputs import VegetationInputs

FIRST, YEAR = 2000, 2001
"""The years that the one year stands for; the second is learnt from and scored."""
GLOBCOVER = {
    11: 1, 14: 1, 20: 3, 30: 4, 40: 5, 50: 6, 60: 6, 70: 7, 90: 8, 100: 9, 110: 10, 120: 11, 130: 12,
    140: 13, 150: 15, 160: 16, 170: 17, 180: 18, 190: 19, 200: 20, 210: 21, 220: 22,
}  # fmt: skip
"""GlobCover 2009 classes as the classes of ESA's later maps, in the order of the cube's land cover."""
MONTH_SECONDS = 86400.0 * 365.2425 / 12


def small_blocks(region: Region, seed: int, validation: float, test: float) -> Split:
    """Square blocks, about a third of the region's shorter side across, dealt at random to the roles;
    ``InputError`` if they are too few for that."""
    side = max(1, -(-min(region.shape) // 3))
    rows, cols = np.indices(region.shape) // side
    block = rows * (region.shape[1] // side + 1) + cols
    blocks = np.unique(block[region.land])
    order = np.random.default_rng(seed).permutation(blocks)
    counts = [int(np.ceil(share * blocks.size)) for share in (validation, test)]
    if sum(counts) >= blocks.size:
        raise InputError(f"{region.name} has {blocks.size} blocks, too few for validation and test")
    roles = np.zeros(region.shape, dtype=np.uint8)
    roles[np.isin(block, order[: counts[0]])] = 1
    roles[np.isin(block, order[counts[0] : sum(counts)])] = 2
    return Split(roles, seed)


def piave_region(folder: Path, inputs: VegetationInputs) -> Region:
    """The Piave basin, monthly, 1/60 degree.

    Inputs there are: static ``elevation``, ``slope``, ``land_mask``, ``land_cover``, ``soil_texture_class``;
    climate ``air_temperature`` and ``precipitation_flux`` (ERA5 climatology 2000-2025).
    """
    maps = _open(folder / "staticmaps.nc")
    lai = maps["vegetation_leaf_area_index"].values
    land = np.isfinite(lai).all(axis=0)
    cover = np.zeros(land.shape, dtype=np.float32)
    for code, number in GLOBCOVER.items():
        cover[maps["meta_landuse"].values == code] = number
    fields = {
        "elevation": maps["land_elevation"].values,
        "slope": np.rad2deg(np.arctan(maps["land_slope"].values)),
        "land_mask": land,
        "land_cover": cover,
        "soil_texture_class": maps["meta_soil_texture"].values,
    }
    weather = _open(folder / "era5_monthly_climatology_2000_2025.nc")
    climate = np.stack([weather["t2m"].values + 273.15, weather["tp"].values / MONTH_SECONDS], axis=1)
    latitude, longitude = maps["latitude"].values, maps["longitude"].values
    near = [
        np.abs(weather[axis].values[None, :] - values[:, None]).argmin(axis=1)
        for axis, values in (("latitude", latitude), ("longitude", longitude))
    ]
    provenance = [{"file": "staticmaps.nc", "product": "hydromt_wflow Piave, MCD15A3H", "licence": "GPL-3"}]
    return _region(
        "piave", inputs, "month", lai, land, latitude, longitude, fields,
        ("air_temperature", "precipitation_flux"), climate.astype(np.float32), near, provenance,
    )  # fmt: skip


def lisflood_region(folder: Path, inputs: VegetationInputs) -> Region:
    """The Fraser basin's upper part, dekadal, 0.1 degree.

    Static inputs there are: ``elevation``, ``elevation_deviation``, ``land_mask``, ``land_cover`` (the
    use case's own classes, numbered), ``forest_fraction``, ``water_fraction``. There is no climate.
    """

    def values(name: str) -> np.ndarray:
        return next(iter(_open(folder / f"{name}.nc").data_vars.values())).values

    lai = values("lai")
    land = np.isfinite(lai).all(axis=0)
    codes = np.unique(values("landuse"))
    fields = {
        "elevation": values("dem"),
        "elevation_deviation": values("elvstd"),
        "land_mask": land,
        "land_cover": 1 + np.searchsorted(codes, values("landuse")),
        "forest_fraction": values("fracforest"),
        "water_fraction": values("fracwater"),
    }
    grid = _open(folder / "lai.nc")
    provenance = [{"file": "lai.nc", "product": "lisflood-usecases Fraser", "licence": "EUPL-1.2"}]
    empty = np.zeros((36, 0, 1, 1), dtype=np.float32)
    whole = [np.zeros(n, dtype=np.int64) for n in land.shape]
    return _region(
        "lisflood_fraser", inputs, "dekad", lai, land, grid["lat"].values, grid["lon"].values, fields,
        (), empty, whole, provenance,
    )  # fmt: skip


def _open(path: Path) -> xr.Dataset:
    if not path.is_file():
        raise InputError(f"no file {path}; give the folder of the real set")
    with xr.open_dataset(path, decode_times=False) as dataset:
        return dataset.load()


def _region(
    name: str,
    inputs: VegetationInputs,
    step: str,
    lai: np.ndarray,
    land: np.ndarray,
    latitude: np.ndarray,
    longitude: np.ndarray,
    fields: dict[str, np.ndarray],
    climate_names: tuple[str, ...],
    climate: np.ndarray,
    near: list[np.ndarray],
    provenance: list[dict[str, str]],
) -> Region:
    """A region of one repeated year."""
    for wanted, known in ((inputs.static, tuple(fields)), (inputs.climate, climate_names)):
        lacking = [n for n in wanted if n not in known]
        if lacking:
            raise InputError(f"{name} has no {', '.join(lacking)} (found: {', '.join(known) or 'none'})")
    if inputs.step != step:
        raise InputError(f"{name} is by {step}, the configuration wants {inputs.step}")
    packing = VEGETATION["leaf_area_index"]
    packed = np.concatenate([packing.pack(np.where(land, lai, np.nan))] * 2)
    times = steps_of_years(FIRST, YEAR, step)
    quality = np.where(packed == NO_VALUE, MISSING, OBSERVED).astype(np.uint8)
    there = np.full(len(times), 1.0, dtype=np.float32)
    series = Vegetation(packed, quality, times, there, step, packing.scale, packing.offset, NO_VALUE)
    stack = np.stack([np.nan_to_num(fields[n]).astype(np.float32) for n in inputs.static])
    pixel = np.deg2rad(abs(np.diff(latitude).mean())) * np.deg2rad(abs(np.diff(longitude).mean()))
    days = steps_of_years(FIRST - 1, YEAR, step)
    codes = fields["land_cover"].astype(np.uint8)
    return Region(
        name,
        "leaf_area_index",
        series,
        land,
        latitude,
        EARTH_RADIUS**2 * pixel * np.cos(np.deg2rad(latitude)),
        inputs.static,
        lambda rows, cols, year: stack[:, rows, cols],
        climate_names,
        climate[season_steps(days, step)],
        days,
        near[0],
        near[1],
        climate,
        np.zeros(len(times)),
        {"land_cover": (codes, {int(k): f"land cover {k}" for k in np.unique(codes[land])})},
        (YEAR,),
        {"elevation": "m", "slope": "degree", "air_temperature": "K", "precipitation_flux": "kg m-2 s-1"},
        {n: (float(v[land].mean()), float(v[land].std())) for n, v in fields.items()},
        provenance=provenance,
    )
