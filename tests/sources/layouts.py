"""Small files exactly in the official layouts: dimension names, types, attributes, packing."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import rasterio
from affine import Affine


def centres(first: float, step: float, count: int) -> np.ndarray:
    return first + step * np.arange(count)


def axis(file: netCDF4.Dataset, name: str, values: np.ndarray, units: str = "", kind: str = "f8") -> None:
    file.createDimension(name, len(values))
    variable = file.createVariable(name, kind, (name,))
    if units:
        variable.units = units
    variable[:] = values


def raster(
    path: Path,
    values: np.ndarray,
    west: float,
    north: float,
    step: float,
    nodata: float | None = None,
    crs: str = "EPSG:4326",
) -> Path:
    bands = values if values.ndim == 3 else values[None]
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=bands.shape[1],
        width=bands.shape[2],
        count=bands.shape[0],
        dtype=bands.dtype,
        crs=crs,
        transform=Affine(step, 0.0, west, 0.0, -step, north),
        nodata=nodata,
        compress="deflate",
    ) as file:
        file.write(bands)
    return path


def land_cover(
    path: Path, codes: np.ndarray, west: float, north: float, year: int = 2015, kind: str = "u1"
) -> Path:
    """ESA CCI / C3S: ``lccs_class(time, lat, lon)``, 1/360 degree, latitude descending, days since 1970."""
    step = 1 / 360
    with netCDF4.Dataset(path, "w") as file:
        file.title = "Land Cover Map of ESA CCI brokered by CDS"
        file.product_version = "2.0.7cds"
        file.time_coverage_start = f"{year}0101"
        days = np.datetime64(f"{year}-01-01") - np.datetime64("1970-01-01")
        axis(file, "time", np.array([days.astype(int)]), "days since 1970-01-01 00:00:00")
        axis(file, "lat", centres(north - step / 2, -step, codes.shape[0]), "degrees_north")
        axis(file, "lon", centres(west + step / 2, step, codes.shape[1]), "degrees_east")
        variable = file.createVariable("lccs_class", kind, ("time", "lat", "lon"), zlib=True)
        variable.standard_name = "land_cover_lccs"
        if kind == "i1":
            variable.setncattr("_Unsigned", "true")
        variable.set_auto_maskandscale(False)
        variable[:] = codes.astype(np.uint8).view(np.int8)[None] if kind == "i1" else codes[None]
    return path


def cgls_lai(
    folder: Path,
    numbers: np.ndarray,
    lat: np.ndarray,
    lon: np.ndarray,
    date: str = "20190131",
    name: str = "c_gls_LAI-RT6_{date}0000_GLOBE_PROBAV_V2.0.1.nc",
    flags: np.ndarray | None = None,
    counts: np.ndarray | None = None,
    scale: float = 1 / 30,
) -> Path:
    """Copernicus Global Land LAI: bytes with scale, offset, fill, valid range; pixel-centre coordinates."""
    path = folder / name.format(date=date)
    with netCDF4.Dataset(path, "w") as file:
        file.title, file.product_version = "10-daily Leaf Area Index 1KM: GLOBE", "V2.0.1"
        file.platform, file.sensor = "Proba-V", "VEGETATION"
        days = np.datetime64(f"{date[:4]}-{date[4:6]}-{date[6:]}") - np.datetime64("1970-01-01")
        axis(file, "time", np.array([days.astype(int)]), "days since 1970-01-01 00:00:00")
        axis(file, "lat", lat, "degrees_north")
        axis(file, "lon", lon, "degrees_east")
        for layer, values in (("LAI", numbers), ("RMSE", numbers // 10), ("NOBS", counts)):
            if values is None:
                continue
            variable = file.createVariable(layer, "u1", ("time", "lat", "lon"), fill_value=255)
            variable.set_auto_maskandscale(False)
            variable.valid_range = np.array([0, 210 if layer != "NOBS" else 120], dtype=np.uint8)
            if layer != "NOBS":
                variable.scale_factor, variable.add_offset = np.float64(scale), np.float64(0)
            variable[:] = values.astype(np.uint8)[None]
        if flags is not None:
            variable = file.createVariable("QFLAG", "u2", ("time", "lat", "lon"))
            variable[:] = flags.astype(np.uint16)[None]
    return path


def era5_land(
    path: Path,
    fields: dict[str, np.ndarray],
    times: np.ndarray,
    lat: np.ndarray,
    lon: np.ndarray,
    units: dict[str, str],
    step_type: str = "",
) -> Path:
    """ERA5-Land as the CDS of 2024 and later delivers it: ``valid_time`` since 1970, NaN over sea."""
    with netCDF4.Dataset(path, "w") as file:
        seconds = (times.astype("datetime64[s]") - np.datetime64("1970-01-01T00:00:00", "s")).astype(np.int64)
        axis(file, "valid_time", seconds, "seconds since 1970-01-01", "i8")
        file["valid_time"].calendar = "proleptic_gregorian"
        axis(file, "latitude", lat, "degrees_north")
        axis(file, "longitude", lon, "degrees_east")
        file.createVariable("number", "i8", ())[...] = 0
        for name, values in fields.items():
            variable = file.createVariable(
                name, "f4", ("valid_time", "latitude", "longitude"), fill_value=np.float32(np.nan)
            )
            variable.units = units[name]
            if step_type:
                variable.GRIB_stepType = step_type
            variable[:] = values
    return path
