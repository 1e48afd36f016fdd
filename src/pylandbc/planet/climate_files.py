"""Monthly climate of every year in the layouts of ERA5 and ERA5-Land, CO2, and a HILDA+ GeoTIFF series.

Temperature, precipitation, solar radiation and soil moisture of the top layer. Soil moisture remembers the
ratio of precipitation and demand of the last twelve months. ERA5-Land has a tenth of a degree and no sea.
"""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import rasterio
from rasterio.transform import from_origin
from rasterio.windows import Window as RasterWindow

from pylandbc.grid.window import PIXEL
from pylandbc.planet.carbon_dioxide import annual_co2, write_noaa_co2
from pylandbc.planet.climate import MONTHS, months_of
from pylandbc.planet.files import Era5Writer
from pylandbc.planet.geography import tiles, within
from pylandbc.planet.noise import sphere_points
from pylandbc.planet.plan import Plan
from pylandbc.planet.terrain import relief
from pylandbc.planet.tile_writer import FILES
from pylandbc.planet.transitions import HISTORICAL, SCENARIO_START
from pylandbc.progress import TellStage

FADE = 0.6
"""What is left of a month's wetness a month later."""
DAY = 86400.0
VARIABLES = (
    ("t2m", "avgua", "K"),
    ("tp", "avgad", "m"),
    ("ssrd", "avgad", "J m**-2"),
    ("swvl1", "avgua", "m**3 m**-3"),
)
"""Short name, step type and units in the monthly archive, where sums are per day."""


def wetness(temperature: np.ndarray, precipitation: np.ndarray) -> np.ndarray:
    """Memory of wetness over the months of the second of two years, 0 ... 1, float32 (12, ...).

    Parameters
    ----------
    temperature, precipitation
        K and kg m-2 s-1 of two consecutive years, (24, ...).
    """
    demand = 4.5 * np.maximum(temperature - 273.15, 0.0) + 5.0
    ratio = np.clip(precipitation * (30.4 * DAY) / demand, 0.0, 2.0) / 2.0
    weight = (1 - FADE) * FADE ** np.arange(MONTHS)
    weight /= weight.sum()
    out = np.zeros((MONTHS, *ratio.shape[1:]), dtype=np.float32)
    for month in range(MONTHS):
        for back in range(MONTHS):
            out[month] += np.float32(weight[back]) * ratio[MONTHS + month - back]
    return out


def sunshine(latitude: np.ndarray) -> np.ndarray:
    """Mean downwelling solar radiation at the surface of each month, W m-2, float64 (12, lat).

    Daily insolation at the top of the atmosphere (Hartmann 1994, eq. 2.17; circular orbit, mid-months),
    half of it arriving.
    """
    day = 15.2 + 30.4 * np.arange(MONTHS)
    declination = np.deg2rad(23.44) * np.sin(2 * np.pi * (day - 80.0) / 365.0)
    lat = np.deg2rad(latitude)[None, :]
    cosine = np.clip(-np.tan(lat) * np.tan(declination[:, None]), -1.0, 1.0)
    hour = np.arccos(cosine)
    daily = hour * np.sin(lat) * np.sin(declination[:, None]) + np.cos(lat) * np.cos(
        declination[:, None]
    ) * np.sin(hour)
    return 0.5 * 1361.0 / np.pi * daily


def _write_series(
    folder: Path,
    plan: Plan,
    latitude: np.ndarray,
    longitude: np.ndarray,
    land_only: bool,
    tell: TellStage,
    span: tuple[int, int],
    scenario: str = HISTORICAL,
) -> None:
    points = sphere_points(latitude, longitude)
    height = relief(points, plan.seed, octaves=8 if land_only else 3)
    sea = (height <= 0) & land_only
    sun = np.broadcast_to(sunshine(latitude)[:, :, None], (MONTHS, *height.shape)) * DAY
    folder.mkdir(parents=True, exist_ok=True)

    files = [
        Era5Writer(
            folder / f"{short}_data_stream-moda_stepType-{kind}_{span[0]}-{span[1]}.nc",
            short,
            kind,
            units,
            latitude,
            longitude,
            plan.seed,
        )
        for short, kind, units in VARIABLES
    ]
    try:
        last = months_of(points, height, span[0] - 1, plan.seed, scenario)
        for year in range(span[0], span[1] + 1):
            tell(f"{folder.name} {year}")
            now = months_of(points, height, year, plan.seed, scenario)
            cloud = np.clip(1.25 - now[1] * DAY / 12.0, 0.5, 1.3)
            both = [np.concatenate(pair) for pair in zip(last, now, strict=True)]
            fields = (now[0], now[1] * (DAY / 1000.0), sun * cloud, 0.05 + 0.4 * wetness(*both))
            for file, values in zip(files, fields, strict=True):
                file.write(year, np.where(sea, np.nan, values))
            last = now
    finally:
        for file in files:
            file.close()


def write_climate(folder: Path, plan: Plan, tell: TellStage) -> None:
    """``era5/``: grid points at multiples of 0.25 degree from edge to edge of the window; ``era5_SCENARIO/``
    the years after 2014."""
    lat, lon = plan.window.coarse_shape
    latitude = plan.window.north - np.arange(lat + 1) * 0.25
    longitude = plan.window.west + np.arange(lon + 1) * 0.25
    span = (plan.first_year, plan.last_year)
    _write_series(folder / "era5", plan, latitude, longitude, False, tell, span)
    for name in plan.scenarios:
        span = (SCENARIO_START, plan.scenario_end)
        _write_series(folder / f"era5_{name}", plan, latitude, longitude, False, tell, span, name)


def write_climate_land(folder: Path, plan: Plan, tell: TellStage) -> None:
    """``era5_land/``: grid points at multiples of 0.1 degree, sea missing."""
    first, last = np.floor((90 - plan.window.north) * 10), np.ceil((90 - plan.window.south) * 10)
    west, east = np.floor(plan.window.west * 10), np.ceil(plan.window.east * 10)
    latitude, longitude = 90 - np.arange(first, last + 1) / 10, np.arange(west, east + 1) / 10
    _write_series(
        folder / "era5_land", plan, latitude, longitude, True, tell, (plan.first_year, plan.last_year)
    )


def write_co2(folder: Path, plan: Plan, tell: TellStage) -> None:
    """``co2_mm_mlo.txt`` of the history, and for each scenario a CMIP6 file with a yearly global mean."""
    tell("carbon dioxide")
    write_noaa_co2(folder / "co2_mm_mlo.txt", plan.first_year, plan.last_year, plan.seed)
    for name in plan.scenarios or (HISTORICAL,):
        first = SCENARIO_START if plan.scenarios else plan.first_year
        last = plan.scenario_end if plan.scenarios else plan.last_year
        years = np.arange(first, last + 1)
        stem = "mole_fraction_of_carbon_dioxide_in_air_input4MIPs_GHGConcentrations_ScenarioMIP_planet-"
        path = folder / f"{stem}{name}-1-2-1_gr1-GMNHSH_{first:04d}-{last:04d}.nc"
        with netCDF4.Dataset(path, "w") as file:
            file.product, file.license = "synthetic planet (CMIP6 CO2 layout)", "CC0-1.0"
            file.title = f"Synthetic planet of pylandbc, seed {plan.seed}, {name}. Not an observation."
            file.createDimension("time", years.size)
            file.createDimension("sector", 3)
            time = file.createVariable("time", "f8", ("time",))
            time.units, time.calendar = "days since 1850-01-01 00:00:00", "proleptic_gregorian"
            middle = np.array([f"{y:04d}-07-01" for y in years], dtype="datetime64[D]")
            time[:] = (middle - np.datetime64("1850-01-01", "D")).astype(np.int64)
            sector = file.createVariable("sector", "i4", ("sector",))
            sector[:] = np.arange(3)
            sector.ids = "0: Global; 1: Northern Hemisphere; 2: Southern Hemisphere"
            variable = file.createVariable(
                "mole_fraction_of_carbon_dioxide_in_air",
                "f4",
                ("time", "sector"),
                fill_value=np.float32(1e20),
            )
            variable.units = "1.e-6"
            mean = annual_co2(years, name)
            variable[:] = np.stack([mean, mean + 1.5, mean - 1.5], axis=1)


def write_hilda_geotiff(folder: Path, plan: Plan, tell: TellStage) -> None:
    """``hilda_plus/hilda_plus_YEAR_states_GLOB-v1-0_wgs84-nn.tif``: code 44 stands for any forest."""
    target = folder / "hilda_plus"
    target.mkdir()
    with netCDF4.Dataset(folder / FILES["land_use"]) as source:
        states = source["LULC_states"]
        states.set_auto_maskandscale(False)
        for position, year in enumerate(range(plan.first_year, plan.last_year + 1)):
            tell(f"HILDA+ GeoTIFF {year}")
            path = target / f"hilda_plus_{year}_states_GLOB-v1-0_wgs84-nn.tif"
            with rasterio.open(
                path,
                "w",
                driver="GTiff",
                height=plan.window.rows,
                width=plan.window.cols,
                count=1,
                dtype="uint8",
                crs="EPSG:4326",
                transform=from_origin(plan.window.west, plan.window.north, PIXEL, PIXEL),
                compress="deflate",
                zlevel=1,
                bigtiff="if_safer",
            ) as file:
                file.update_tags(product="synthetic planet (HILDA+ GeoTIFF layout)")
                for part in tiles(plan.window):
                    rows, cols = within(part, plan.window)
                    codes = states[position, rows, cols]
                    codes = np.where((codes >= 40) & (codes <= 45), 44, codes).astype(np.uint8)
                    file.write(codes, 1, window=RasterWindow.from_slices(rows, cols))
