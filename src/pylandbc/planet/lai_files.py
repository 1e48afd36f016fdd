"""The planet's leaf area index in the layout of Copernicus Global Land: dekads, pixel centres, bytes, flags.

What the product adds to the truth: noise that grows with the value and was larger before 2014, a step of 3 %
where PROBA-V follows SPOT/VGT, clouds in smooth patches (half of them filled by the climatology, half
missing), and steps of 1/30. The best attainable scores follow from the noise-free values, which
``lai_truth`` holds in the same layout without clouds: a forecaster knows no clouds of the step to come, and a
month's mean over its clear dekads is not that over all three.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
from scipy.special import ndtri

from pylandbc.grid.window import Window
from pylandbc.planet.attainable import write_attainable
from pylandbc.planet.climate import LAPSE_RATE, annual_temperature
from pylandbc.planet.files import TITLE
from pylandbc.planet.noise import fractal, sphere_points, value_noise, white
from pylandbc.planet.phenology import at_day, leaf_area, memories
from pylandbc.planet.plan import Plan
from pylandbc.planet.terrain import relief
from pylandbc.planet.tile_writer import FILES
from pylandbc.progress import TellStage
from pylandbc.sources.cgls_lai import FLAGS
from pylandbc.sources.dekad import dekads_between
from pylandbc.sources.hilda import consolidate
from pylandbc.sources.regular_grid import RegularGrid
from pylandbc.sources.resample import bilinear_to

SCALE = 1 / 30
LARGEST_NUMBER = 210
FILL = 255
CHANGE = 2014
"""First year of PROBA-V."""
STEP_CHANGE = 1.03
NOISE = (0.08, 0.06)
"""Standard deviation of the observation: a constant, and a share of the value."""
OLD_SENSOR = 1.3
"""Factor on the noise before the change."""
STRIP_PIXELS = 4_000_000
"""Pixels that are made at once."""
CLOUD_THRESHOLD = 0.18
"""Of the cloud field: about a quarter of the pixels lie above."""


def sigma(lai: np.ndarray, year: int) -> np.ndarray:
    """Standard deviation of an observation, m2 m-2."""
    return (NOISE[0] + NOISE[1] * lai) * (OLD_SENSOR if year < CHANGE else 1.0)


def sensor(lai: np.ndarray, year: int) -> np.ndarray:
    """What the sensor of a year shows of a true value, without noise."""
    return lai * np.float32(STEP_CHANGE if year >= CHANGE else 1.0)


class Skill:
    """Sums for the scores of the noise-free value as a forecast of the observed one.

    Both are also taken as departures from the value that the expected climate gives.
    """

    def __init__(self) -> None:
        self._sums = np.zeros(9)

    def add(self, forecast: np.ndarray, observed: np.ndarray, normal: np.ndarray) -> None:
        """Add pixels."""
        f, o, n = (np.ravel(a).astype(np.float64) for a in (forecast, observed, normal))
        a, b = f - n, o - n
        self._sums += [
            o.size, o.sum(), (o**2).sum(), ((f - o) ** 2).sum(),
            a.sum(), b.sum(), (a * b).sum(), (a**2).sum(), (b**2).sum(),
        ]  # fmt: skip

    def scores(self) -> dict[str, float]:
        """RMSE, R2 (explained share of the variance) and correlation of the departures."""
        n, o, oo, error, a, b, ab, aa, bb = self._sums
        if n < 2:
            return {}
        spread = np.sqrt(max(aa / n - (a / n) ** 2, 0.0) * max(bb / n - (b / n) ** 2, 0.0))
        return {
            "rmse": float(np.sqrt(error / n)),
            "r2": float(1.0 - (error / n) / (oo / n - (o / n) ** 2)),
            "anomaly_correlation": float((ab / n - a * b / n**2) / spread) if spread > 0 else 0.0,
            "observations": float(n),
        }


class _Grid:
    """The product's pixel centres in a window: multiples of 1/112 or 1/336 degree."""

    def __init__(self, window: Window, per_degree: int) -> None:
        self.per_degree = per_degree
        self.rows = np.arange(
            np.ceil((90 - window.north) * per_degree), np.floor((90 - window.south) * per_degree) + 1
        )
        self.cols = np.arange(np.ceil(window.west * per_degree), np.floor(window.east * per_degree) + 1)
        self.latitude, self.longitude = 90 - self.rows / per_degree, self.cols / per_degree

    @property
    def strips(self) -> list[slice]:
        """Rows in strips of a few million pixels."""
        height = int(np.clip(STRIP_PIXELS // self.cols.size, 1, self.rows.size))
        return [slice(k, min(k + height, self.rows.size)) for k in range(0, self.rows.size, height)]


class _Place:
    """What a strip of leaf area needs of its places."""

    def __init__(self, plan: Plan, grid: _Grid, strip: slice) -> None:
        window, seed = plan.window, plan.seed
        self.latitude, self.longitude = grid.latitude[strip], grid.longitude
        turn = 360 * grid.per_degree
        self.numbers = (grid.rows[strip][:, None] * turn + (grid.cols % turn)[None, :]).astype(np.int64)
        self.points = sphere_points(self.latitude, self.longitude)
        self.height = relief(self.points, seed)
        self.temperature = annual_temperature(self.points, self.height, seed)
        self.site = (1 + 0.15 * fractal(self.points, 150.0, 3, seed + 121)).astype(np.float32)
        row = np.clip(np.floor((90 - self.latitude) * 100 - window.row).astype(int), 0, window.rows - 1)
        col = np.clip(np.floor((self.longitude - window.west) * 100).astype(int), 0, window.cols - 1)
        self.rows = slice(int(row[0]), int(row[-1]) + 1)
        """Rows of the window's 1 km maps that the strip looks at."""
        self.pixel = np.ix_(row - row[0], col)
        north, south = np.ceil(self.latitude[0] * 4) + 1, np.floor(self.latitude[-1] * 4) - 1
        self._coarse_latitude = np.arange(min(north, 360), max(south, -360) - 1, -1) / 4
        self._coarse_longitude = window.west - 0.25 + 0.25 * np.arange(window.coarse_shape[1] + 3)
        self._coarse = sphere_points(self._coarse_latitude, self._coarse_longitude)
        self._coarse_height = relief(self._coarse, seed, octaves=3)
        coarse = RegularGrid(self._coarse_height, self._coarse_latitude, self._coarse_longitude)
        self._spread = bilinear_to(coarse, self.latitude, self.longitude)
        self._seed = seed

    def memories(self, year: int, mean: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """Remembered temperature at sea level and wetness on the coarse grid."""
        return memories(self._coarse, self._coarse_height, year, self._seed, mean)

    def leaves(
        self, land_use: np.ndarray, memory: tuple[np.ndarray, np.ndarray], month: float, year: int
    ) -> np.ndarray:
        """True leaf area at a time of the year."""
        warm, wet = (self._spread(at_day(series, month)).astype(np.float32) for series in memory)
        warm -= np.float32(LAPSE_RATE) * np.maximum(self.height, 0)
        return leaf_area(land_use, self.temperature, warm, wet, self.site, year + month / 12)


def _name(product: str, date: np.datetime64) -> str:
    text = str(date).replace("-", "")
    year = int(text[:4])
    if product == "lai_300m":
        return f"c_gls_LAI300_{text}0000_GLOBE_{'PROBAV_V1.0.1' if year < 2021 else 'OLCI_V1.1.1'}.nc"
    if year < CHANGE:
        return f"c_gls_LAI_{text}0000_GLOBE_VGT_V2.0.2.nc"
    return f"c_gls_LAI-RT6_{text}0000_GLOBE_PROBAV_V2.0.1.nc"


def _create(path: Path, plan: Plan, grid: _Grid, date: np.datetime64) -> None:
    """An empty file of a dekad."""
    year = int(str(date)[:4])
    fine = path.name.startswith("c_gls_LAI300")
    chunks = (1, grid.strips[0].stop, grid.cols.size)
    with netCDF4.Dataset(path, "w") as file:
        file.title = TITLE.format(seed=plan.seed, product="Copernicus Global Land LAI")
        file.product, file.license = "synthetic planet (Copernicus Global Land LAI layout)", "CC0-1.0"
        file.product_version = "V1.0.1" if fine else "V2.0.1"
        file.platform, file.sensor = ("SPOT" if year < CHANGE else "Proba-V"), "VEGETATION"
        days = (date - np.datetime64("1970-01-01")).astype(int)
        for name, values, units in (
            ("time", np.array([days]), "days since 1970-01-01 00:00:00"),
            ("lat", grid.latitude, "degrees_north"),
            ("lon", grid.longitude, "degrees_east"),
        ):
            file.createDimension(name, len(values))
            variable = file.createVariable(name, "f8", (name,))
            variable.units, variable[:] = units, values
        shape = ("time", "lat", "lon")
        for name, largest in (("LAI", LARGEST_NUMBER), ("RMSE", LARGEST_NUMBER), ("NOBS", 120)):
            variable = file.createVariable(
                name, "u1", shape, fill_value=FILL, zlib=True, complevel=1, chunksizes=chunks
            )
            variable.valid_range = np.array([0, largest], dtype=np.uint8)
            if name != "NOBS":
                variable.scale_factor, variable.add_offset = np.float64(SCALE), np.float64(0)
        file.createVariable("QFLAG", "u2", shape, zlib=True, complevel=1, chunksizes=chunks)


def _fill(path: Path, strip: slice, layers: dict[str, np.ndarray]) -> None:
    with netCDF4.Dataset(path, "a") as file:
        for name, values in layers.items():
            file[name].set_auto_maskandscale(False)
            file[name][0, strip] = values


def _observe(
    truth: np.ndarray,
    normal: np.ndarray,
    land: np.ndarray,
    place: _Place,
    date: np.datetime64,
    seed: int,
    clear: bool = False,
) -> dict[str, np.ndarray]:
    """The product's layers of a dekad: digital numbers, and flags; ``clear``: without noise and clouds."""
    year, key = int(str(date)[:4]), int(str(date).replace("-", ""))
    seen = sensor(truth, year)
    if not clear:
        uniform = np.clip(white(place.numbers, seed, 122, key), 1e-6, 1 - 1e-6)
        seen = seen + sigma(truth, year) * ndtri(uniform)
    cloud = value_noise(place.points, 300.0, seed * 31 + key)
    cloudy = (cloud > CLOUD_THRESHOLD) & (not clear)
    filled = cloudy & (value_noise(place.points, 200.0, seed * 37 + key) > 0)
    values = np.where(filled, sensor(normal, year), seen)
    numbers = np.clip(np.round(values / SCALE), 0, LARGEST_NUMBER)
    missing = ~land | (cloudy & ~filled)
    flags = np.where(land, 0, FLAGS["sea"]) | np.where(cloudy & ~filled & land, FLAGS["lai_invalid"], 0)
    flags = flags | np.where(filled & land, FLAGS["filled"] | FLAGS["climatology_filled"], 0)
    spread = np.clip(np.round(sigma(truth, year) / SCALE), 0, LARGEST_NUMBER)
    looks = 1 + np.floor(20 * np.clip(CLOUD_THRESHOLD - cloud, 0, 1))
    return {
        "LAI": np.where(missing, FILL, numbers).astype(np.uint8),
        "RMSE": np.where(missing, FILL, spread).astype(np.uint8),
        "NOBS": np.where(land, np.where(cloudy, 0, looks), FILL).astype(np.uint8),
        "QFLAG": flags.astype(np.uint16),
    }


def write_lai(folder: Path, plan: Plan, tell: TellStage, product: str = "lai") -> dict[str, Any]:
    """``lai/c_gls_LAI..._GLOBE_....nc``, one file a dekad of the planned years; gives the best scores."""
    target = folder / product
    target.mkdir()
    fine = product == "lai_300m"
    grid = _Grid(plan.window, 336 if fine else 112)
    skill = Skill()
    years = plan.heavy_years("lai")[-1:] if fine else plan.heavy_years("lai")
    dates = {
        year: dekads_between(np.datetime64(f"{year:04d}-01-01"), np.datetime64(f"{year:04d}-12-31"))
        for year in years
    }
    for date in np.concatenate(list(dates.values())):
        _create(target / _name(product, date), plan, grid, date)
    with netCDF4.Dataset(folder / FILES["land_use"]) as source:
        states = source["LULC_states"]
        states.set_auto_maskandscale(False)
        for strip in grid.strips:
            place = _Place(plan, grid, strip)
            expected = place.memories(0, mean=True)
            for year in years:
                codes = states[year - plan.first_year, place.rows]
                land_use = consolidate(codes, folder / FILES["land_use"])[place.pixel]
                land = (land_use != 0) & (land_use != 7)
                memory = place.memories(year)
                for position, date in enumerate(dates[year]):
                    tell(f"leaf area index {date}")
                    month = (position + 0.5) / 3
                    truth = place.leaves(land_use, memory, month, year)
                    normal = place.leaves(land_use, expected, month, year)
                    layers = _observe(
                        truth, normal, land, place, date, plan.seed, clear=product == "lai_truth"
                    )
                    _fill(target / _name(product, date), strip, layers)
                    clear = land & (layers["NOBS"] > 0) & (layers["LAI"] != FILL)
                    shown = sensor(np.stack([truth[clear], normal[clear]]), year)
                    skill.add(shown[0], layers["LAI"][clear] * SCALE, shown[1])
    return {
        "what": "the noise-free truth as a forecast of clear observations of the product",
        "years": list(years),
        **skill.scores(),
    }


def write_lai_1km(folder: Path, plan: Plan, tell: TellStage) -> None:
    """The 1 km product, and its best attainable scores beside those of land use."""
    import json

    best = write_lai(folder, plan, tell)
    path = folder / "attainable.json"
    land_use = json.loads(path.read_text(encoding="utf-8"))["land_use"]
    write_attainable(path, land_use, best)


def write_lai_300m(folder: Path, plan: Plan, tell: TellStage) -> None:
    """The 300 m product of the last planned year."""
    write_lai(folder, plan, tell, "lai_300m")


def write_lai_truth(folder: Path, plan: Plan, tell: TellStage) -> None:
    """What the 1 km product would show without noise and clouds."""
    write_lai(folder, plan, tell, "lai_truth")
