"""Opening product files so that a damaged or wrong one is named in a sentence.

NetCDF files are opened undecoded where the product's metadata cannot be trusted (LUH2's time, LUH2's fill
attribute, ERA5's units), decoded otherwise. GeoTIFFs must be in geographic coordinates, north up.
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
from scipy.io import netcdf_file

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.sources.regular_grid import RegularGrid, cut


def _existing(path: Path) -> Path:
    path = Path(path)
    if not path.is_file():
        raise InputError(
            f"{path} does not exist; set --data (or PYLANDBC_DATA) to the folder that holds the data"
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


@contextmanager
def open_netcdf(path: Path, *, decode: bool = True) -> Iterator[xr.Dataset]:
    """The netCDF file as a dataset, read lazily; ``InputError`` if it is absent, cut short, or not netCDF.

    With ``decode=False`` neither times nor fill values nor packing are interpreted.
    """
    path = _existing(path)
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
    """The first of ``names`` that is a coordinate or variable of the dataset."""
    for name in names:
        if name in dataset.variables:
            return name
    found = ", ".join(map(str, dataset.variables))
    raise InputError(f"{path} has no coordinate {' or '.join(names)} (found: {found})")


def read_geotiff(path: Path, window: Window, margin: float = 2.0) -> tuple[RegularGrid, float | None]:
    """The first band around ``window``, and its no-data value.

    Raises
    ------
    InputError
        The file is absent, cut short, not a GeoTIFF, rotated, or not in geographic coordinates.
    """
    path = _existing(path)
    try:
        with rasterio.open(path) as raster:
            t = raster.transform
            if (
                t.b
                or t.d
                or t.a <= 0
                or t.e >= 0
                or (raster.crs is not None and not raster.crs.is_geographic)
            ):
                raise InputError(
                    f"{path} is not a north-up raster in degrees "
                    f"(transform {tuple(t)[:6]}, crs {raster.crs}); "
                    "warp it to EPSG:4326 first"
                )
            latitude = t.f + (np.arange(raster.height) + 0.5) * t.e
            longitude = t.c + (np.arange(raster.width) + 0.5) * t.a

            def read(rows: slice, cols: slice) -> np.ndarray:
                return raster.read(1, window=rasterio.windows.Window.from_slices(rows, cols))

            return cut(read, latitude, longitude, window, path, margin), raster.nodata
    except rasterio.errors.RasterioError as error:
        raise InputError(f"{path} cannot be read as GeoTIFF ({error}); is it complete?") from error
