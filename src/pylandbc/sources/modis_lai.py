"""MODIS leaf area index (MCD15A2H, MOD15A2H, MYD15A2H, MCD15A3H; 500 m), as exported by NASA's AppEEARS.

The archive's own HDF4 tiles in sinusoidal projection are not read: HDF4 is missing from most netCDF
libraries. AppEEARS (https://appeears.earthdatacloud.nasa.gov) delivers the same layers as netCDF or GeoTIFF
in geographic coordinates. Bytes times 0.1; 249 ... 255 say why there is no value (255 fill, 254 water, 253
barren, 252 snow, 251 wetland, 250 urban, 249 unclassified). Quality bits: MODIS LAI/FPAR User's Guide,
Collection 6. Layout as AppEEARS documents it; no genuine file was at hand.
"""

from __future__ import annotations

import re
from pathlib import Path

import cftime
import numpy as np
import xarray as xr

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.sources.opening import coordinate, open_netcdf, read_geotiff
from pylandbc.sources.provenance import describe
from pylandbc.sources.regular_grid import RegularGrid, cut
from pylandbc.sources.resample import area_fraction, area_mean

SCALE = 0.1
LARGEST = 100
"""Largest digital number that is a leaf area index (10 m2 m-2)."""
QUALITIES = ("best", "main", "all")
LAYERS = ("Lai_500m", "Lai")
QC_LAYER = "FparLai_QC"
FILE_NAME = re.compile(
    r"(?P<product>M[COY]D15A[23]H)\.(?P<version>\d{3})_(?P<layer>Lai_500m|Lai|FparLai_QC)_doy(?P<date>\d{7})"
)


def usable(qc: np.ndarray, quality: str) -> np.ndarray:
    """Where ``FparLai_QC`` allows a value.

    ``"best"``: main algorithm, no clouds, detectors fine; ``"main"``: main algorithm, saturated or not;
    ``"all"``: also the empirical back-up. Bits 0 MODLAND, 1 sensor, 2 dead detector, 3-4 clouds, 5-7 method.
    """
    qc = np.asarray(qc).astype(np.int64)
    method, clouds, dead = (qc >> 5) & 7, (qc >> 3) & 3, (qc >> 2) & 1
    if quality == "best":
        return (method <= 1) & (clouds == 0) & (dead == 0) & (qc != 255)
    if quality == "main":
        return (method <= 1) & (qc != 255)
    return (method <= 3) & (qc != 255)


Between = tuple[np.datetime64, np.datetime64]
"""First and last day wanted."""


def read_modis_lai(
    paths: Path | list[Path], window: Window, quality: str = "main", between: Between | None = None
) -> xr.Dataset:
    """Leaf area index of 8-day (4-day) composites on the window's pixels.

    Parameters
    ----------
    paths
        One AppEEARS netCDF file, or GeoTIFFs ``..._Lai_500m_doyYYYYDDD_...tif``, each with its
        ``..._FparLai_QC_doyYYYYDDD_...tif`` beside it.
    quality
        ``"best"``, ``"main"`` or ``"all"``, see :func:`usable`.
    between
        Read only composites that begin on these days or between them.

    Returns
    -------
    xarray.Dataset
        float32 (time, y, x), ``time`` the composite's first day: ``leaf_area_index`` (m2 m-2, area mean of
        the usable source pixels) and ``valid_fraction``. Water, bare, built-up and ice have no value.

    Raises
    ------
    InputError
        HDF4, no LAI or quality layer, or no overlap.
    """
    files = [Path(p) for p in ([paths] if isinstance(paths, (str, Path)) else paths)]
    if quality not in QUALITIES:
        raise InputError(f"MODIS quality {quality!r} is unknown (known: {', '.join(QUALITIES)})")
    maps: dict[np.datetime64, tuple[np.ndarray, np.ndarray]] = {}
    for path in files:
        if path.suffix.lower() in {".tif", ".tiff"}:
            match = FILE_NAME.search(path.name)
            if match and match.group("layer") == QC_LAYER:
                continue
            if between is None or all(between[0] <= day <= between[1] for day in dates_of(path)):
                maps.update(_from_geotiff(path, window, quality))
        else:
            maps.update(_from_netcdf(path, window, quality, between))
    if not maps:
        when = "only quality layers" if between is None else f"nothing of {between[0]} ... {between[1]}"
        raise InputError(f"no leaf area index among {', '.join(map(str, files))}, {when}")
    dates = sorted(maps)
    dataset = xr.Dataset(
        {
            "leaf_area_index": (("time", "y", "x"), np.stack([maps[d][0] for d in dates])),
            "valid_fraction": (("time", "y", "x"), np.stack([maps[d][1] for d in dates])),
        },
        coords={
            "time": np.array(dates, dtype="datetime64[D]").astype("datetime64[ns]"),
            "y": window.latitude,
            "x": window.longitude,
        },
    )
    dataset["leaf_area_index"].attrs = {"units": "m2 m-2", "standard_name": "leaf_area_index"}
    named = re.search(r"(M[COY]D15A[23]H)\.(\d{3})", files[0].name)
    return describe(
        dataset,
        files[0],
        product=f"MODIS LAI {named.group(1)}" if named else "MODIS LAI",
        version=named.group(2) if named else "not stated",
        licence="NASA EOSDIS (no restriction; cite)",
        note=f"AppEEARS export, quality {quality}, area mean of usable source pixels",
    )


def dates_of(path: Path) -> np.ndarray:
    """First day of each composite in a file, datetime64[D]; none in a GeoTIFF of the quality layer."""
    path = Path(path)
    if path.suffix.lower() in {".tif", ".tiff"}:
        match = _named(path)
        date = _day_of_year(match.group("date"))
        return np.array([date] if match.group("layer") != QC_LAYER else [], dtype="datetime64[D]")
    with open_netcdf(path, decode=False) as dataset:
        return _days(dataset, path)


def _named(path: Path) -> re.Match[str]:
    match = FILE_NAME.search(path.name)
    if not match:
        raise InputError(f"{path} is not named as AppEEARS does (..._Lai_500m_doyYYYYDDD_...tif)")
    return match


def _day_of_year(text: str) -> np.datetime64:
    return np.datetime64(f"{text[:4]}-01-01", "D") + (int(text[4:]) - 1)


def _days(dataset: xr.Dataset, path: Path) -> np.ndarray:
    """AppEEARS counts in the Julian calendar from a date of it; year, month and day are meant as they are."""
    time = dataset[coordinate(dataset, ("time",), path)]
    when = cftime.num2date(
        np.ravel(time.values), time.attrs["units"], str(time.attrs.get("calendar", "standard"))
    )
    return np.array([f"{d.year:04d}-{d.month:02d}-{d.day:02d}" for d in when], dtype="datetime64[D]")


def _on_pixels(
    numbers: np.ndarray, qc: np.ndarray, grid: RegularGrid, window: Window, quality: str
) -> tuple[np.ndarray, np.ndarray]:
    valid = (numbers <= LARGEST) & usable(qc, quality)
    lai = RegularGrid(np.where(valid, numbers * SCALE, np.nan), grid.latitude, grid.longitude)
    target = window.latitude, window.longitude
    return area_mean(lai, *target).astype(np.float32), area_fraction(lai, *target).astype(np.float32)


def _from_geotiff(path: Path, window: Window, quality: str) -> dict:
    match = _named(path)
    beside = path.with_name(path.name.replace(match.group("layer"), QC_LAYER))
    if not beside.is_file():
        raise InputError(f"{path} lacks its quality layer; fetch {beside.name} too")
    grid, _ = read_geotiff(path, window)
    flags, _ = read_geotiff(beside, window)
    if flags.values.shape != grid.values.shape:
        raise InputError(f"{beside} and {path} lie on different grids")
    date = _day_of_year(match.group("date"))
    return {date: _on_pixels(grid.values.astype(np.int64), flags.values, grid, window, quality)}


def _from_netcdf(path: Path, window: Window, quality: str, between: Between | None) -> dict:
    out = {}
    with open_netcdf(path, decode=False) as dataset:
        name = next((n for n in LAYERS if n in dataset), None)
        found = ", ".join(map(str, dataset.data_vars))
        if name is None:
            raise InputError(f"MODIS layer 'Lai_500m' missing in {path} (found: {found})")
        if QC_LAYER not in dataset:
            raise InputError(f"MODIS layer {QC_LAYER!r} missing in {path} (found: {found}); order it too")
        lat = coordinate(dataset, ("lat", "latitude"), path)
        lon = coordinate(dataset, ("lon", "longitude"), path)
        for i, date in enumerate(_days(dataset, path)):
            if between is not None and not between[0] <= date <= between[1]:
                continue
            layers = []
            for layer in (name, QC_LAYER):
                variable = dataset[layer]
                if variable.dims[1:] != (lat, lon):
                    raise InputError(
                        f"{path}: {layer} has dimensions {variable.dims}, expected (time, lat, lon)"
                    )

                def read(
                    rows: slice, cols: slice, variable: xr.DataArray = variable, i: int = i
                ) -> np.ndarray:
                    return variable[i, rows, cols].values.astype(np.int64) & 0xFF

                layers.append(cut(read, dataset[lat].values, dataset[lon].values, window, path))
            out[date] = _on_pixels(layers[0].values, layers[1].values, layers[0], window, quality)
    return out
