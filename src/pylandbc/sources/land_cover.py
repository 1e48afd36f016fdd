"""ESA CCI and C3S land cover (300 m, yearly): netCDF ``lccs_class`` or GeoTIFF to 1 km fractions and classes.

A 1 km pixel holds 3.6 x 3.6 cells of the product, hence exact area fractions are formed first and the class
is that of the largest one; the fractions are kept. Some files store the codes as signed bytes (-126 is 130,
grassland); latitude descends. Layouts: ESA CCI-LC Product User Guide v2.0 and the C3S guide of v2.1; the
codes are those of :data:`pylandbc.legend.LAND_COVER`.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import xarray as xr

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.legend import LAND_COVER, LAND_COVER_GLOBAL, UNKNOWN
from pylandbc.sources.opening import coordinate, open_netcdf, read_geotiff
from pylandbc.sources.provenance import describe
from pylandbc.sources.regular_grid import RegularGrid, cut
from pylandbc.sources.resample import area_fraction, class_fractions
from pylandbc.sources.time_axis import years_of

VARIABLE = "lccs_class"
NO_DATA = 0


def unsigned(codes: np.ndarray) -> np.ndarray:
    """Codes as uint8, whatever the file made of them: -126 (a signed byte, also widened) is 130.

    Raises
    ------
    ValueError
        A value that no byte can hold.
    """
    codes = np.asarray(codes)
    if codes.dtype.itemsize == 1 and codes.dtype.kind in "iu":
        return codes.view(np.uint8)
    whole = np.where(np.isfinite(codes), codes, NO_DATA) if codes.dtype.kind == "f" else codes
    if whole.size and (whole.min() < -128 or whole.max() > 255 or np.any(whole != np.floor(whole))):
        raise ValueError(f"values from {whole.min()} to {whole.max()}")
    return (whole.astype(np.int64) & 0xFF).astype(np.uint8)


def global_code(codes: np.ndarray) -> np.ndarray:
    """First-level (global) class of regional codes: 61 is 60, 153 is 150; unknown stays unknown."""
    codes = np.asarray(codes, dtype=np.uint8)
    return np.where(codes == UNKNOWN, codes, codes // 10 * 10).astype(np.uint8)


def read_land_cover(
    path: Path, window: Window, year: int | None = None, level: str = "regional", fractions: bool = True
) -> xr.Dataset:
    """Land cover of one year on the window's pixels.

    Parameters
    ----------
    path
        netCDF with ``lccs_class([time,] lat, lon)`` or a GeoTIFF (one band, or one per year from 1992 on).
    year
        The year wanted; by default the file's only one.
    level
        ``"regional"``: all 37 classes; ``"global"``: the 22 first-level ones.
    fractions
        Keep the fractions; without them only classes and known share are returned.

    Returns
    -------
    xarray.Dataset
        ``land_cover`` uint8 (year, y, x), ESA's codes, 255 where nothing is known (ties: the lowest code);
        ``land_cover_fraction`` float32 (year, land_cover_class, y, x), shares of the known area, NaN where
        there is none; ``known_fraction`` float32 (year, y, x).

    Raises
    ------
    InputError
        No ``lccs_class``, unknown codes, the year is not in the file, or no overlap.
    """
    path = Path(path)
    if level not in {"regional", "global"}:
        raise InputError(f"land-cover level {level!r} is unknown (known: regional, global)")
    is_raster = path.suffix.lower() in {".tif", ".tiff"}
    grid, found, stated = (_from_geotiff if is_raster else _from_netcdf)(path, window, year)
    codes = _checked(grid.values, path)
    legend = LAND_COVER.codes[1:]
    if level == "global":
        codes, legend = global_code(codes), LAND_COVER_GLOBAL.codes
    fine = RegularGrid(codes, grid.latitude, grid.longitude)
    share = class_fractions(fine, legend, window.latitude, window.longitude)
    valid = RegularGrid(
        np.where(codes == NO_DATA, np.float32(np.nan), np.float32(1)), grid.latitude, grid.longitude
    )
    known = area_fraction(valid, window.latitude, window.longitude).astype(np.float32)
    has = np.isfinite(share[0])
    table = np.array(legend, dtype=np.uint8)
    classes = np.where(has, table[share.argmax(axis=0)], UNKNOWN).astype(np.uint8)
    fields: dict = {
        "land_cover": (("year", "y", "x"), classes[None]),
        "known_fraction": (("year", "y", "x"), np.where(has, known, 0.0).astype(np.float32)[None]),
    }
    coords: dict = {"year": [found], "y": window.latitude, "x": window.longitude}
    if fractions:
        fields["land_cover_fraction"] = (("year", "land_cover_class", "y", "x"), share[None])
        coords["land_cover_class"] = legend
    version = re.search(r"v\d[\d.]*\d(cds)?", path.name)
    return describe(
        xr.Dataset(fields, coords=coords),
        path,
        product=stated.get("product", stated.get("title", "ESA CCI / C3S land cover")),
        version=stated.get("product_version", version.group(0) if version else "not stated"),
        licence=stated.get("license", "ESA CCI land cover / Copernicus C3S licence (free use, cite)"),
        note="area fractions of 300 m cells; class of the largest",
    )


def _checked(values: np.ndarray, path: Path) -> np.ndarray:
    try:
        codes = unsigned(values)
    except ValueError as error:
        raise InputError(f"{path}: {error} are not land-cover codes; is it the lccs_class layer?") from error
    unknown = sorted(set(np.unique(codes).tolist()) - set(LAND_COVER.codes))
    if unknown:
        raise InputError(
            f"{path} holds codes {unknown[:8]} that ESA's legend does not define; "
            "is it the lccs_class layer, not a quality flag or change count?"
        )
    return codes


def year_in_name(path: Path) -> int | None:
    """The year of ``...P1Y-2018-v2.1.1...``."""
    match = re.search(r"P1Y-(\d{4})-", Path(path).name)
    return int(match.group(1)) if match else None


def _from_geotiff(path: Path, window: Window, year: int | None) -> tuple[RegularGrid, int, dict[str, str]]:
    series = re.search(r"P1Y-(\d{4})_(\d{4})", path.name)
    band = 1
    if series:
        first, last = int(series.group(1)), int(series.group(2))
        if year is None or not first <= year <= last:
            raise InputError(f"{path} holds the years {first} ... {last}; {year} is wanted")
        band = year - first + 1
    found = year_in_name(path) if not series else year
    if found is None and year is None:
        raise InputError(f"{path}: the file's name does not say its year (P1Y-2018-); name the year wanted")
    if found is not None and year is not None and found != year:
        raise InputError(f"{path} has no data for {year} (it is the map of {found})")
    grid, no_data = read_geotiff(path, window, band=band)
    values = grid.values
    if no_data is not None and np.isfinite(no_data):
        values = np.where(values == no_data, NO_DATA, values)
    kept = found if found is not None else year
    assert kept is not None
    return RegularGrid(values, grid.latitude, grid.longitude), kept, {}


def _from_netcdf(path: Path, window: Window, year: int | None) -> tuple[RegularGrid, int, dict[str, str]]:
    with open_netcdf(path, decode=False) as dataset:
        if VARIABLE not in dataset:
            raise InputError(
                f"land-cover variable {VARIABLE!r} missing in {path} "
                f"(found: {', '.join(map(str, dataset.data_vars))})"
            )
        variable = dataset[VARIABLE]
        lat = coordinate(dataset, ("lat", "latitude"), path)
        lon = coordinate(dataset, ("lon", "longitude"), path)
        if variable.dims[-2:] != (lat, lon) or variable.ndim > 3:
            raise InputError(
                f"{path}: {VARIABLE} has dimensions {variable.dims}, expected ([time,] {lat}, {lon})"
            )
        position = 0
        if "time" in variable.dims:
            available = years_of(dataset["time"], path)
            if year is None and available.size > 1:
                raise InputError(f"{path} holds the years {available.tolist()}; name the one wanted")
            found = int(available[0]) if year is None else year
            if found not in available:
                raise InputError(f"{path} has no data for {year} (it covers {available.tolist()})")
            position = int(np.flatnonzero(available == found)[0])
        else:
            stated = re.match(r"\d{4}", str(dataset.attrs.get("time_coverage_start", "")))
            known = int(stated.group(0)) if stated else year_in_name(path)
            if known is None and year is None:
                raise InputError(f"{path} does not say its year (time_coverage_start); name the year wanted")
            if known is not None and year is not None and known != year:
                raise InputError(f"{path} has no data for {year} (it is the map of {known})")
            kept = known if known is not None else year
            assert kept is not None
            found = kept

        def read(rows: slice, cols: slice) -> np.ndarray:
            part = variable[..., rows, cols]
            return (part[position] if part.ndim == 3 else part).values

        grid = cut(read, dataset[lat].values, dataset[lon].values, window, path)
        return grid, found, {name: str(text) for name, text in dataset.attrs.items()}
