"""Opening product files so that a damaged or wrong one is named in a sentence.

NetCDF files are opened undecoded where the product's metadata cannot be trusted (LUH2's time, LUH2's fill
attribute, ERA5's units), decoded otherwise. GeoTIFFs must be in geographic coordinates, north up, unless
the caller asks for a warp. HDF4 (MODIS as distributed) is recognised and refused with the way round.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import rasterio
import rasterio.errors
import rasterio.windows
import xarray as xr
from rasterio.transform import from_origin
from rasterio.vrt import WarpedVRT
from rasterio.warp import Resampling
from scipy.io import netcdf_file

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.sources.regular_grid import RegularGrid, cut


def _existing(path: Path) -> Path:
    path = Path(path)
    if not path.is_file():
        raise InputError(
            f"{path} does not exist; is the path right? Configured files lie below --data (or PYLANDBC_DATA)"
        )
    return path


def _check_classic(path: Path) -> None:
    """Refuse a classic netCDF file that ends before its header says: the netCDF library would read zeros."""
    with path.open("rb") as stream:
        if stream.read(4) not in (b"CDF\x01", b"CDF\x02"):
            return
    with warnings.catch_warnings():
        # the mapping is checked when variables are laid over it; none of them is kept
        warnings.filterwarnings("ignore", category=RuntimeWarning)
        try:
            netcdf_file(str(path), "r", mmap=True).close()
        except (TypeError, ValueError) as error:
            raise InputError(
                f"{path} is shorter than its header says; it is cut short, fetch it again"
            ) from error


def _check_kind(path: Path) -> None:
    """Refuse what is not netCDF at all, by its first bytes, and say what it is."""
    with path.open("rb") as stream:
        start = stream.read(512)
    if start[:4] == b"\x0e\x03\x13\x01":
        raise InputError(
            f"{path} is HDF4, which the netCDF library here does not read; "
            "export it as netCDF-4 or GeoTIFF in geographic coordinates (AppEEARS does)"
        )
    if start[:2] == b"PK" or start[:2] == b"\x1f\x8b":
        raise InputError(f"{path} is an archive, not netCDF; unpack it first (the CDS packs several files)")
    if start[:4] == b"GRIB":
        raise InputError(f"{path} is GRIB; fetch it as netCDF or convert it (cdo -f nc4 copy, cfgrib)")
    if start.lstrip()[:1] == b"<":
        raise InputError(f"{path} is a web page, not data; the download needs a login or has moved")


@contextmanager
def open_netcdf(path: Path, *, decode: bool = True) -> Iterator[xr.Dataset]:
    """The netCDF file as a dataset, read lazily; ``InputError`` if it is absent, cut short, or not netCDF.

    With ``decode=False`` neither times nor fill values nor packing are interpreted.
    """
    path = _existing(path)
    _check_kind(path)
    _check_classic(path)
    try:
        dataset = xr.open_dataset(path, engine="netcdf4", decode_times=decode, mask_and_scale=decode)
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(
            f"{path} cannot be read as netCDF ({error}); is it complete? Compare its size with the original"
        ) from error
    try:
        yield dataset
    except (OSError, RuntimeError) as error:
        raise InputError(f"{path}: reading failed ({error}); is it complete?") from error
    finally:
        dataset.close()


def coordinate(dataset: xr.Dataset, names: tuple[str, ...], path: Path) -> str:
    """The first of ``names`` that is a coordinate or variable of the dataset; ``InputError`` if there is
    none."""
    for name in names:
        if name in dataset.variables:
            return name
    found = ", ".join(map(str, dataset.variables))
    raise InputError(f"{path} has no coordinate {' or '.join(names)} (found: {found})")


def read_geotiff(
    path: Path, window: Window, margin: float = 2.0, band: int = 1, warp: float | None = None
) -> tuple[RegularGrid, float | None]:
    """One band around ``window``, and its no-data value.

    Parameters
    ----------
    margin
        Cells to keep around the window.
    band
        1 is the first.
    warp
        Where the raster is projected (SoilGrids: Homolosine), warp it by averaging to geographic cells of
        this many degrees; by default it is refused.

    Raises
    ------
    InputError
        The file is absent, cut short, not a GeoTIFF, rotated, or not in geographic coordinates.
    """
    path = _existing(path)
    try:
        with rasterio.open(path) as raster:
            if band > raster.count:
                raise InputError(f"{path} has {raster.count} band(s), band {band} is wanted")
            projected = raster.crs is not None and not raster.crs.is_geographic
            if projected and warp is not None:
                return _warped(raster, window, margin, band, warp), raster.nodata
            t = raster.transform
            if t.b or t.d or t.a <= 0 or t.e >= 0 or projected:
                raise InputError(
                    f"{path} is not a north-up raster in degrees "
                    f"(transform {tuple(t)[:6]}, crs {raster.crs}); "
                    "warp it to EPSG:4326 first"
                )
            latitude = t.f + (np.arange(raster.height) + 0.5) * t.e
            longitude = t.c + (np.arange(raster.width) + 0.5) * t.a

            def read(rows: slice, cols: slice) -> np.ndarray:
                return raster.read(band, window=rasterio.windows.Window.from_slices(rows, cols))

            return cut(read, latitude, longitude, window, path, margin), raster.nodata
    except rasterio.errors.RasterioError as error:
        raise InputError(f"{path} cannot be read as GeoTIFF ({error}); is it complete?") from error


def _warped(
    raster: rasterio.DatasetReader, window: Window, margin: float, band: int, step: float
) -> RegularGrid:
    """A projected raster on geographic cells of ``step`` degrees around the window."""
    north = min(window.north + margin * step, 90.0)
    west = window.west - margin * step
    rows = int(np.ceil((north - max(window.south - margin * step, -90.0)) / step - 1e-9))
    cols = int(np.ceil((window.east + margin * step - west) / step - 1e-9))
    with WarpedVRT(
        raster,
        crs="EPSG:4326",
        transform=from_origin(west, north, step, step),
        width=cols,
        height=rows,
        resampling=Resampling.average,
    ) as warped:
        values = warped.read(band)
    return RegularGrid(values, north - (np.arange(rows) + 0.5) * step, west + (np.arange(cols) + 0.5) * step)
