"""What a prediction writes: a CF group with time, latitude and longitude, as Zarr v3 or as netCDF-4.

It grows as Zarr, year by year and whole files at a time, so that a kill can spoil nothing that is not written
again; netCDF is made of the finished group, band by band. The year 850 and the year 2100 are ordinary days of
the proleptic Gregorian calendar. Probabilities and confidence are packed into bytes of 0.4 %.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cftime
import netCDF4
import numpy as np
import zarr

from pylandbc.cube.layout import CHUNK
from pylandbc.cube.storage import SHARD
from pylandbc.grid.window import PIXEL, Window
from pylandbc.legend import UNKNOWN
from pylandbc.progress import TellShare

UNITS, CALENDAR = "days since 0850-01-01 00:00:00", "proleptic_gregorian"
PACKED = 250
"""The byte that stands for probability 1; 255 stands for none."""
_PACKING = {"units": "1", "scale_factor": 1.0 / PACKED, "_FillValue": np.uint8(UNKNOWN)}
_MAP = ("lat", "lon")


@dataclass(frozen=True)
class Layer:
    """One data variable: name, type, dimensions before (lat, lon), attributes."""

    name: str
    dtype: str
    before: tuple[str, ...]
    attributes: dict[str, Any]


def layers(
    classes: list[str],
    quantity: str = "land_use",
    *,
    probabilities: bool,
    confidence: bool,
    change_year: bool,
) -> list[Layer]:
    """The data variables of a prediction, the class map first, which is called as the quantity."""
    flags = {
        "flag_values": np.array([*range(len(classes)), UNKNOWN], dtype=np.uint8),
        "flag_meanings": " ".join([*classes, "unknown"]),
    }
    found = [
        Layer(
            quantity,
            "u1",
            ("time",),
            {
                "long_name": f"{quantity.replace('_', '-')} class that holds from 1 January of the year",
                "cell_methods": "time: point",
                **flags,
            },
        )
    ]
    if probabilities:
        long_name = "probability that the emulator gives to each class, before conservation"
        found.append(
            Layer("probability", "u1", ("time", f"{quantity}_class"), {"long_name": long_name, **_PACKING})
        )
    if confidence:
        long_name = f"probability that the emulator gives to the class in {quantity}"
        found.append(Layer("confidence", "u1", ("time",), {"long_name": long_name, **_PACKING}))
    if change_year:
        long_name = "year whose map was the last, in the order of the prediction, to change the class; 0 none"
        found.append(Layer("change_year", "i2", (), {"long_name": long_name, "units": "year"}))
    return found


def coordinates(
    window: Window, years: tuple[int, ...], classes: list[str], quantity: str = "land_use"
) -> dict[str, tuple[Any, ...]]:
    """Name to (dimensions, values, attributes) of everything that is not a data variable."""

    def days(year: int) -> float:
        first = cftime.datetime(year, 1, 1, calendar=CALENDAR)
        return float(cftime.date2num(first, UNITS, calendar=CALENDAR))

    def edges(centres: np.ndarray, direction: int) -> np.ndarray:
        half = direction * PIXEL / 2
        return np.round(np.stack([centres - half, centres + half], axis=1), 10)

    ordered = sorted(years)
    return {
        "time": (
            ("time",),
            np.array([days(year) for year in ordered]),
            {
                "standard_name": "time",
                "units": UNITS,
                "calendar": CALENDAR,
                "axis": "T",
                "bounds": "time_bnds",
            },
        ),
        "time_bnds": (("time", "bnds"), np.array([[days(y), days(y + 1)] for y in ordered]), {}),
        "lat": (
            ("lat",),
            window.latitude,
            {"standard_name": "latitude", "units": "degrees_north", "axis": "Y", "bounds": "lat_bnds"},
        ),
        "lat_bnds": (("lat", "bnds"), edges(window.latitude, -1), {}),
        "lon": (
            ("lon",),
            window.longitude,
            {"standard_name": "longitude", "units": "degrees_east", "axis": "X", "bounds": "lon_bnds"},
        ),
        "lon_bnds": (("lon", "bnds"), edges(window.longitude, 1), {}),
        f"{quantity}_class": (
            (f"{quantity}_class",),
            np.arange(len(classes), dtype=np.uint8),
            {
                "long_name": "class code",
                "flag_values": np.arange(len(classes), dtype=np.uint8),
                "flag_meanings": " ".join(classes),
            },
        ),
        "crs": (
            (),
            np.int32(0),
            {
                "grid_mapping_name": "latitude_longitude",
                "semi_major_axis": 6378137.0,
                "inverse_flattening": 298.257223563,
            },
        ),
    }


class Product:
    """A prediction's Zarr group.

    Parameters
    ----------
    path
        Folder of the group.
    window, years, classes
        The window, the years predicted and the names of the classes.
    variables
        As of ``layers``.
    """

    def __init__(
        self,
        path: Path,
        window: Window,
        years: tuple[int, ...],
        classes: list[str],
        variables: list[Layer],
    ) -> None:
        self.path, self.variables = path, variables
        self._window, self._ordered = window, sorted(years)
        quantity = variables[0].name
        self._sizes = {"time": len(years), f"{quantity}_class": len(classes)}
        self._coordinates = coordinates(window, years, classes, quantity)

    def create(self, attributes: dict[str, Any]) -> None:
        """Make the group with its coordinates and empty arrays, in place of one that is there."""
        group = zarr.open_group(str(self.path), mode="w", zarr_format=3)
        for name, (dimensions, values, words) in self._coordinates.items():
            array = np.asarray(values)
            made = group.create_array(
                name, shape=array.shape, dtype=array.dtype, dimension_names=dimensions or None
            )
            made[...] = array
            made.attrs.update(_plain(words))
        for layer in self.variables:
            shape = (*(self._sizes[d] for d in layer.before), *self._window.shape)
            lead = (1,) * len(layer.before)
            chunks = (*lead, *(min(CHUNK, n) for n in self._window.shape))
            shards = (*lead, *(_shard(n) for n in self._window.shape))
            made = group.create_array(
                layer.name,
                shape=shape,
                dtype=layer.dtype,
                chunks=chunks,
                shards=shards if shards != chunks else None,
                dimension_names=(*layer.before, *_MAP),
                fill_value=UNKNOWN if layer.dtype == "u1" else 0,
            )
            made.attrs.update({**_plain(layer.attributes), "grid_mapping": "crs"})
        group.attrs.update(_plain(attributes))

    def put(self, name: str, year: int, read: Callable[[slice], np.ndarray]) -> None:
        """Write one year of a layer, whole files at a time; ``read`` gives its rows (..., rows, cols)."""
        array = zarr.open_array(str(self.path / name), mode="r+")
        index = () if name == "change_year" else (self._ordered.index(year),)
        step = _shard(self._window.rows)
        for first in range(0, self._window.rows, step):
            part = slice(first, min(first + step, self._window.rows))
            array[(*index, ..., part, slice(None))] = read(part)

    def to_netcdf(self, path: Path, tell: TellShare) -> None:
        """Write the group as one netCDF-4 file, one shard's rows at a time."""
        group = zarr.open_group(str(self.path), mode="r")
        with netCDF4.Dataset(path, "w") as file:
            file.setncatts(dict(group.attrs))
            sizes = {**self._sizes, "lat": self._window.rows, "lon": self._window.cols, "bnds": 2}
            for name, size in sizes.items():
                file.createDimension(name, size)
            for name, (dimensions, values, words) in self._coordinates.items():
                variable = file.createVariable(name, np.asarray(values).dtype, dimensions, fill_value=False)
                variable.setncatts(words)
                variable[...] = values
            step = _shard(self._window.rows)
            for position, layer in enumerate(self.variables):

                def copied(done: float, position: int = position) -> None:
                    tell((position + done) / len(self.variables))

                self._copy(file, layer, group, step, copied)

    def _copy(
        self, file: netCDF4.Dataset, layer: Layer, group: zarr.Group, step: int, tell: TellShare
    ) -> None:
        words = {**layer.attributes, "grid_mapping": "crs"}
        fill = words.pop("_FillValue", False)
        chunks = (*(1 for _ in layer.before), *(min(CHUNK, n) for n in self._window.shape))
        variable = file.createVariable(
            layer.name,
            layer.dtype,
            (*layer.before, *_MAP),
            zlib=True,
            complevel=2,
            shuffle=True,
            chunksizes=chunks,
            fill_value=fill,
        )
        variable.set_auto_maskandscale(False)
        variable.setncatts(words)
        source: Any = group[layer.name]
        starts = range(0, self._window.rows, step)
        slots = list(np.ndindex(*(self._sizes[d] for d in layer.before)))
        for n, slot in enumerate(slots):
            for first in starts:
                part = (*slot, slice(first, min(first + step, self._window.rows)))
                variable[part] = source[part]
            tell((n + 1) / len(slots))


def _shard(extent: int) -> int:
    return extent if extent <= CHUNK else min(SHARD, -(-extent // CHUNK) * CHUNK)


def _plain(words: dict[str, Any]) -> dict[str, Any]:
    """Attributes as JSON takes them."""
    return {k: v.tolist() if isinstance(v, np.ndarray | np.generic) else v for k, v in words.items()}
