"""Which product a file belongs to, by what is in it: variables, grid spacing, codes; its name comes last.

Files are renamed, cut and merged by those who fetch them, hence the content decides. What cannot be opened
at all raises ``InputError`` with the reason; what opens and is none of the products is ``None``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import rasterio
import rasterio.errors
import xarray as xr

from pylandbc.errors import InputError
from pylandbc.legend import LAND_COVER, LUH2_STATES
from pylandbc.sources import (
    appeears,
    cgls_lai,
    co2,
    hwsd,
    koeppen,
    modis_lai,
    modis_vegetation,
    population,
    soilgrids,
)
from pylandbc.sources.era5_fields import TIME_NAMES
from pylandbc.sources.era5_variables import SHORT_NAMES
from pylandbc.sources.hilda import CONSOLIDATION, VARIABLE
from pylandbc.sources.land_cover import year_in_name
from pylandbc.sources.luh2 import (
    PLANTATIONS,
    VARIABLES,
    management_variables,
    transition_variables,
)
from pylandbc.sources.opening import open_netcdf
from pylandbc.sources.time_axis import years_of

NETCDF = {".nc", ".nc4", ".cdf", ".netcdf", ".h5", ".hdf5", ".hdf", ".grib", ".grb"}
RASTER = {".tif", ".tiff", ".bil", ".vrt"}
TEXT = {".txt", ".csv", ".sqlite", ".db"}


@dataclass(frozen=True)
class Recognised:
    """A file and the product that it belongs to.

    Parameters
    ----------
    key
        Key in :data:`pylandbc.sources.catalogue.CATALOGUE`.
    extent
        West, south, east, north in degrees, for gridded files.
    years
        Calendar years in it, ascending.
    dates
        Dekad dates (``YYYY-MM-DD``) in it, for dekadal products.
    variables
        Variables that the project would read.
    """

    key: str
    extent: tuple[float, float, float, float] | None = None
    years: tuple[int, ...] = ()
    dates: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    grid: tuple[float, float] = field(default=(0.0, 0.0))


def recognise(path: Path) -> Recognised | None:
    """The product of a file, or ``None``.

    Raises
    ------
    InputError
        The file is empty, cut short, or not what its extension says.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in NETCDF | RASTER | TEXT:
        return None
    if path.stat().st_size == 0:
        raise InputError(f"{path} is empty; fetch it again")
    if suffix in NETCDF:
        return _netcdf(path)
    return _raster(path) if suffix in RASTER else _text(path)


def _axis(dataset: xr.Dataset, names: tuple[str, ...]) -> np.ndarray | None:
    for name in names:
        if name in dataset.variables and dataset[name].ndim == 1 and dataset[name].size > 1:
            return dataset[name].values.astype(np.float64)
    return None


def _netcdf(path: Path) -> Recognised | None:
    with open_netcdf(path, decode=False) as dataset:
        names = [str(name) for name in dataset.data_vars]
        lat, lon = _axis(dataset, ("lat", "latitude", "y")), _axis(dataset, ("lon", "longitude", "x"))
        extent, grid = None, (0.0, 0.0)
        if lat is not None and lon is not None:
            grid = (abs(lat[-1] - lat[0]) / (lat.size - 1), abs(lon[-1] - lon[0]) / (lon.size - 1))
            extent = (float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max()))
        key, used = _by_variables(dataset, names, grid, path)
        if key is None:
            return None
        years: tuple[int, ...] = ()
        dates: tuple[str, ...] = ()
        time = next((t for t in TIME_NAMES[1:] if t in dataset.variables), None)
        if key.startswith("cgls"):
            date = cgls_lai.dekad_date(dataset, path)
            dates, years = (str(date),), (int(str(date)[:4]),)
        elif key == "land_cover" and "time" not in dataset[used[0]].dims:
            stated = re.match(r"\d{4}", str(dataset.attrs.get("time_coverage_start", "")))
            year = int(stated.group(0)) if stated else year_in_name(path)
            years = () if year is None else (year,)
        elif key == "cmip_co2":
            years = _co2_years(path)
        elif time is not None and dataset[time].size:
            years = tuple(np.unique(years_of(dataset[time], path)).tolist())
        return Recognised(key, extent, years, dates, used, grid)


def _by_variables(
    dataset: xr.Dataset, names: list[str], grid: tuple[float, float], path: Path
) -> tuple[str | None, tuple[str, ...]]:
    states = [name for name in VARIABLES if name in names]
    if len([s for s in states if s in LUH2_STATES]) >= 4:
        return _luh_generation(dataset, names, path), tuple(states)
    if transition_variables(names) and not states:
        return "luh2_transitions", tuple(transition_variables(names))
    if management_variables(names):
        return "luh2_management", tuple(management_variables(names))
    if "icwtr" in names:
        return "luh2_static", ("icwtr",)
    single = {
        VARIABLE: "hilda",
        "lccs_class": "land_cover",
        **dict.fromkeys(modis_lai.LAYERS, "modis_lai"),
        **dict.fromkeys(modis_vegetation.LAYERS, "modis_vegetation"),
        **dict.fromkeys(koeppen.VARIABLES[:3], "koeppen"),
        **dict.fromkeys(population.VARIABLES, "population"),
        **dict.fromkeys(co2.CMIP_VARIABLES, "cmip_co2"),
    }
    for name, key in single.items():
        if name in names:
            return key, (name,)
    if "LAI" in names and (grid[0] == 0 or grid[0] < 0.0095):
        return ("cgls_lai_300m" if 0 < grid[0] < 0.005 else "cgls_lai_1km"), ("LAI",)
    if "elevation" in names and dataset["elevation"].ndim == 2:
        fine = 0 < grid[0] < 0.02
        return ("gebco" if fine else "etopo"), ("elevation",)
    climate = tuple(name for name in names if name in SHORT_NAMES)
    if climate and grid[0] > 0:
        return ("era5_land" if grid[0] < 0.15 else "era5"), climate
    return None, ()


def _luh_generation(dataset: xr.Dataset, names: list[str], path: Path) -> str:
    units = str(dataset["time"].attrs.get("units", "")) if "time" in dataset.variables else ""
    source = " ".join(str(dataset.attrs.get(a, "")) for a in ("source_id", "source", "title")) + path.name
    if PLANTATIONS in names or units.startswith("days") or "landState-3" in source:
        return "luh3_states"
    return "luh2_v2f_states" if re.search(r"since\s+20\d\d", units) else "luh2_v2h_states"


def _raster(path: Path) -> Recognised | None:
    soil = soilgrids.FILE_NAME.search(path.name)
    modis = appeears.FILE_NAME.search(path.name)
    try:
        with rasterio.open(path) as raster:
            t, bounds = raster.transform, raster.bounds
            step = (abs(t.e), abs(t.a))
            geographic = raster.crs is None or raster.crs.is_geographic
            extent = (bounds.left, bounds.bottom, bounds.right, bounds.top) if geographic else None
            if soil:
                return Recognised("soilgrids", extent, variables=(soil.group("part"),), grid=step)
            if modis:
                product = "modis_vegetation" if modis["product"][3:5] == "13" else "modis_lai"
                year = int(modis["date"][:4])
                return Recognised(product, extent, (year,), variables=(modis["layer"],), grid=step)
            if not geographic:
                return None
            codes = _sample(raster)
            kind = np.dtype(raster.dtypes[0])
    except rasterio.errors.RasterioError as error:
        raise InputError(f"{path} cannot be read as GeoTIFF ({error}); is it complete?") from error
    key, years = _by_codes(codes, kind, step[0], path)
    return None if key is None else Recognised(key, extent, years, grid=step)


def _by_codes(codes: set, dtype: np.dtype, step: float, path: Path) -> tuple[str | None, tuple[int, ...]]:
    """The product of a raster with these values and this spacing."""
    about, kind = np.isclose, dtype.kind
    if about(step, 1 / 360, rtol=1e-3) and {c & 0xFF for c in codes if c == int(c)} <= set(LAND_COVER.codes):
        year = year_in_name(path)
        series = re.search(r"P1Y-(\d{4})_(\d{4})", path.name)
        if series:
            return "land_cover", tuple(range(int(series.group(1)), int(series.group(2)) + 1))
        return "land_cover", () if year is None else (year,)
    if 0.0095 < step < 0.0105 and codes and codes <= set(CONSOLIDATION):
        found = re.findall(r"(?<!\d)(1[89]\d{2}|20\d{2})(?!\d)", path.stem)
        return "hilda", (int(found[-1]),) if found else ()
    units = dtype == np.uint16 and about(step, 1 / 120, rtol=1e-3) and max(codes, default=0) > 255
    if units or path.name.upper().startswith("HWSD2"):
        return "hwsd", ()
    if kind in "ui" and re.search(r"(?i)kop+en|beck_kg", path.name) and "conf" not in path.name:
        return "koeppen", ()
    if about(step, 1 / 120, rtol=1e-3) and kind in "ui" and codes and codes <= {0, 1}:
        return "landmask", ()
    if kind in "fi" and re.search(r"(?i)eurodem", path.name):
        return "eurodem", ()
    return None, ()


def _sample(raster: rasterio.DatasetReader) -> set:
    """Values of a few blocks, missing ones left out."""
    found: set = set()
    rows = np.unique(np.linspace(0, max(raster.height - 64, 0), 3).astype(int))
    cols = np.unique(np.linspace(0, max(raster.width - 64, 0), 3).astype(int))
    for row in rows:
        for col in cols:
            window = rasterio.windows.Window(
                int(col), int(row), min(64, raster.width), min(64, raster.height)
            )
            values = np.unique(raster.read(1, window=window))
            values = values[np.isfinite(values)] if values.dtype.kind == "f" else values
            found |= {v for v in values.tolist() if v != raster.nodata}
            if len(found) > 300:
                return found
    return found


def _text(path: Path) -> Recognised | None:
    if path.suffix.lower() in {".sqlite", ".db"}:
        return Recognised("hwsd") if "hwsd" in path.name.lower() else None
    with path.open(encoding="utf-8", errors="replace") as text:
        head = [line for line, _ in zip(text, range(80), strict=False)]
    first = next((line for line in head if line.strip() and not line.startswith("#")), "").lower()
    if all(name.lower() in first for name in hwsd.COLUMNS):
        return Recognised("hwsd", variables=hwsd.COLUMNS)
    about = "".join(head).lower()
    named = "co2" in path.name.lower() or "mole_fraction_of_carbon" in path.name
    if not (named or "co2" in first or "data_mean_global" in first or "mauna loa" in about):
        return None
    key = "cmip_co2" if "data_mean_global" in first else "noaa_co2"
    return Recognised(key, years=_co2_years(path), variables=("co2",))


def _co2_years(path: Path) -> tuple[int, ...]:
    series = co2.read_co2(path)
    years = series["year"].values if "year" in series.dims else series["time"].dt.year.values
    return tuple(np.unique(years).tolist())
