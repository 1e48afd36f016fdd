"""Copernicus Global Land leaf area index: 1 km version 2 (1999-2020) and 300 m version 1 (2014 on), every
dekad.

Grids of 1/112 and 1/336 degree whose coordinates are pixel **centres** (the first one lies on 180 W, 80 N).
Values are bytes with scale, offset, fill and valid range in the file; codes beyond the valid range are
missing too. Files are dated by their dekad's last day. SPOT/VGT gives way to PROBA-V in 2014 and that to
Sentinel-3 OLCI in 2020. Layout: Product User Manuals CGLOPS1_PUM_LAI1km-V2 and CGLOPS1_PUM_LAI300m-V1; no
genuine file was at hand.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import cftime
import numpy as np
import xarray as xr

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.sources.dekad import is_dekad_end
from pylandbc.sources.opening import coordinate, open_netcdf
from pylandbc.sources.provenance import describe
from pylandbc.sources.regular_grid import RegularGrid, cut
from pylandbc.sources.resample import area_fraction, area_mean, nearest

STEPS = {"1 km": 1 / 112, "300 m": 1 / 336}
FLAGS = {
    "sea": 1 << 0,
    "filled": 1 << 2,
    "lai_invalid": 1 << 5,
    "fapar_invalid": 1 << 6,
    "fcover_invalid": 1 << 7,
    "high_latitude": 1 << 10,
    "evergreen_broadleaf_forest": 1 << 11,
    "bare_soil": 1 << 12,
    "climatology_filled": 1 << 13,
    "interpolated": 1 << 14,
}
"""Bits of QFLAG (the manual counts them from 1). The service's page of technical characteristics confirms bit
1 (sea), bit 2 (not used) and bit 3 (filled); the rest of its table could not be fetched and is recalled."""
SENSORS = {"VGT": "SPOT/VGT", "PROBAV": "PROBA-V", "OLCI": "Sentinel-3/OLCI"}
FILE_NAME = re.compile(
    r"c_gls_LAI(?P<fine>300)?(-RT(?P<rt>\d))?_(?P<date>\d{8})\d{4}_\w+?_(?P<sensor>[A-Z]+)_"
)


@dataclass(frozen=True)
class Packing:
    """How a variable's digital numbers become values; all from the file."""

    scale: float
    offset: float
    fill: float | None
    valid: tuple[float, float] | None

    @classmethod
    def of(cls, variable: xr.DataArray) -> Packing:
        """Packing of a variable that was opened undecoded."""
        a = variable.attrs
        valid = a.get("valid_range")
        if valid is None and "valid_min" in a and "valid_max" in a:
            valid = (a["valid_min"], a["valid_max"])
        fill = a.get("_FillValue", a.get("missing_value"))
        limits = None if valid is None else (float(valid[0]), float(valid[1]))
        return cls(
            float(a.get("scale_factor", 1.0)),
            float(a.get("add_offset", 0.0)),
            None if fill is None else float(fill),
            limits,
        )

    def unpack(self, numbers: np.ndarray) -> np.ndarray:
        """Values, float64, NaN where filled or out of the valid range (which counts in digital numbers)."""
        missing = np.zeros(numbers.shape, dtype=bool)
        if self.fill is not None:
            missing |= numbers == self.fill
        if self.valid is not None:
            missing |= (numbers < self.valid[0]) | (numbers > self.valid[1])
        return np.where(missing, np.nan, numbers * self.scale + self.offset)


def read_cgls_lai(
    paths: Path | list[Path], window: Window, reject: tuple[str, ...] = ("lai_invalid",)
) -> xr.Dataset:
    """Leaf area index of one or more dekads on the window's pixels.

    Parameters
    ----------
    paths
        One netCDF file per dekad; of several versions of a dekad (RT0 ... RT6) the latest counts.
    reject
        Names of :data:`FLAGS`: source pixels with any of these bits are left out. ``("climatology_filled",
        "interpolated")`` besides leaves observed values only.

    Returns
    -------
    xarray.Dataset
        (time, y, x), ``time`` the dekad's last day: ``leaf_area_index`` (m2 m-2, area mean of the valid
        source pixels), ``leaf_area_index_rmse``, ``valid_fraction`` (share of the pixel that they cover),
        float32; ``observations`` (float32, nearest) and ``quality_flags`` (uint16, nearest). Coordinate
        ``sensor(time)``.

    Raises
    ------
    InputError
        No ``LAI``, a grid that is neither product's, a date that ends no dekad, unknown flags, no overlap.
    """
    files = [Path(p) for p in ([paths] if isinstance(paths, (str, Path)) else paths)]
    unknown = [name for name in reject if name not in FLAGS]
    if unknown:
        raise InputError(f"unknown quality flags {unknown} (known: {', '.join(FLAGS)})")
    latest: dict[np.datetime64, tuple[int, xr.Dataset]] = {}
    for path in files:
        match = FILE_NAME.search(path.name)
        rank = int(match.group("rt") or 9) if match else 9
        dekad = _read_dekad(path, window, reject)
        date = dekad["time"].values[0]
        if date not in latest or rank > latest[date][0]:
            latest[date] = (rank, dekad)
    result = xr.concat([latest[date][1] for date in sorted(latest)], "time", combine_attrs="override")
    return result.assign_attrs(file=str(files[0]))


def _read_dekad(path: Path, window: Window, reject: tuple[str, ...]) -> xr.Dataset:
    with open_netcdf(path, decode=False) as dataset:
        if "LAI" not in dataset:
            raise InputError(
                f"leaf area index 'LAI' missing in {path} (found: {', '.join(map(str, dataset.data_vars))})"
            )
        lat = coordinate(dataset, ("lat", "latitude"), path)
        lon = coordinate(dataset, ("lon", "longitude"), path)
        date = dekad_date(dataset, path)
        stated = {name: str(text) for name, text in dataset.attrs.items()}
        grids: dict[str, RegularGrid] = {}
        for name in ("LAI", "RMSE", "QFLAG", "NOBS"):
            if name not in dataset:
                continue
            variable = dataset[name]
            variable = variable.isel(time=0) if "time" in variable.dims else variable
            if variable.dims != (lat, lon):
                raise InputError(f"{path}: {name} has dimensions {variable.dims}, expected ({lat}, {lon})")

            def read(rows: slice, cols: slice, variable: xr.DataArray = variable) -> np.ndarray:
                return variable[rows, cols].values

            grid = cut(read, dataset[lat].values, dataset[lon].values, window, path)
            packing = Packing.of(variable)
            if name == "QFLAG":
                values = grid.values.astype(np.int64) & 0xFFFF
            elif variable.dtype == np.int8:
                values = packing.unpack(grid.values.view(np.uint8).astype(np.float64))
            else:
                values = packing.unpack(grid.values.astype(np.float64))
            grids[name] = RegularGrid(values, grid.latitude, grid.longitude)
    lai = grids["LAI"]
    resolution = next((n for n, s in STEPS.items() if np.allclose(lai.step, s, rtol=1e-3)), None)
    if resolution is None:
        raise InputError(f"{path}: grid spacing {lai.step} degrees; the product has 1/112 or 1/336")
    if "QFLAG" in grids:
        mask = sum(FLAGS[name] for name in reject)
        lai = RegularGrid(
            np.where(grids["QFLAG"].values & mask, np.nan, lai.values), lai.latitude, lai.longitude
        )
    if np.nanmax(lai.values, initial=0.0) > 12 or np.nanmin(lai.values, initial=0.0) < 0:
        raise InputError(
            f"{path}: leaf area index reaches {np.nanmax(lai.values)}; scale_factor is missing or wrong"
        )
    target = window.latitude, window.longitude
    fields = {
        "leaf_area_index": area_mean(lai, *target).astype(np.float32),
        "valid_fraction": area_fraction(lai, *target).astype(np.float32),
    }
    if "RMSE" in grids:
        fields["leaf_area_index_rmse"] = area_mean(grids["RMSE"], *target).astype(np.float32)
    if "NOBS" in grids:
        fields["observations"] = nearest(grids["NOBS"], *target, np.nan).astype(np.float32)
    if "QFLAG" in grids:
        # beyond the grid (80 N ... 60 S) everything counts as sea
        fields["quality_flags"] = nearest(grids["QFLAG"], *target, FLAGS["sea"]).astype(np.uint16)
    result = xr.Dataset(
        {name: (("time", "y", "x"), values[None]) for name, values in fields.items()},
        coords={
            "time": [date.astype("datetime64[ns]")],
            "y": window.latitude,
            "x": window.longitude,
            "sensor": ("time", [_sensor(path, stated)]),
        },
    )
    result["leaf_area_index"].attrs = {"units": "m2 m-2", "standard_name": "leaf_area_index"}
    return describe(
        result,
        path,
        product=stated.get("product", f"Copernicus Global Land LAI {resolution}"),
        version=stated.get("product_version", stated.get("title", "not stated")),
        licence=stated.get("license", "Copernicus (free, full and open; cite)"),
        note="area mean of valid source pixels; pixel-centre coordinates"
        + (f"; left out: {', '.join(reject)}" if reject else ""),
    )


def dekad_date(dataset: xr.Dataset, path: Path) -> np.datetime64:
    """The file's date: of its ``time``, else of its name; it must be the last day of a dekad; ``InputError``
    if there is neither, or it is not."""
    match = FILE_NAME.search(path.name)
    if match:
        text = match.group("date")
        date = np.datetime64(f"{text[:4]}-{text[4:6]}-{text[6:]}", "D")
    elif "time" in dataset.variables and "since" in str(dataset["time"].attrs.get("units", "")):
        time = dataset["time"]
        when = cftime.num2date(np.ravel(time.values)[0], time.attrs["units"], "standard")
        date = np.datetime64(f"{when.year:04d}-{when.month:02d}-{when.day:02d}", "D")
    else:
        raise InputError(f"{path} has no date: neither a time variable nor the product's file name")
    if not is_dekad_end(np.array([date]))[0]:
        raise InputError(
            f"{path} is dated {date}, which ends no dekad (10, 20 or the month's last day); "
            "version 1 of the 1 km product is dated otherwise: fetch version 2"
        )
    return date


def dekad_of(path: Path) -> np.datetime64:
    """The date of a file, the last day of its dekad; the file is opened only where its name does not say."""
    path = Path(path)
    if FILE_NAME.search(path.name):
        return dekad_date(xr.Dataset(), path)
    with open_netcdf(path, decode=False) as dataset:
        return dekad_date(dataset, path)


def _sensor(path: Path, stated: dict[str, str]) -> str:
    match = FILE_NAME.search(path.name)
    if match:
        return SENSORS.get(match.group("sensor"), match.group("sensor"))
    return stated.get("platform", stated.get("sensor", "not stated"))
