"""The vegetation variables that a cube may hold, how they are packed, and the products that have them.

A further variable is one more entry, a further product one more reader that returns ``(time, y, x)`` values
with NaN where there are none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from pylandbc.grid.window import Window
from pylandbc.sources import modis_lai, modis_vegetation
from pylandbc.sources.cgls_lai import FLAGS, dekad_of, read_cgls_lai
from pylandbc.sources.modis_lai import read_modis_lai
from pylandbc.sources.modis_vegetation import read_modis_vegetation

MISSING, FILLED, OBSERVED = 0, 1, 2
"""Quality of a value: there is none, it was filled by the producer, it was observed."""
FILLING = FLAGS["climatology_filled"] | FLAGS["interpolated"]


Days = tuple[np.datetime64, np.datetime64]


@dataclass(frozen=True)
class Reading:
    """What a product gives for some dates: values float32 and quality uint8, both (time, y, x), and
    provenance attributes."""

    values: np.ndarray
    quality: np.ndarray
    attributes: dict[str, str]


@dataclass(frozen=True)
class VegetationProduct:
    """A reader.

    Parameters
    ----------
    read
        Files, window, and first and last day wanted, to values.
    dates
        Days (datetime64[D]) of a file's maps: the last of a dekad, the first of a composite.
    steps
        Time steps that it can give, the natural one first.
    length
        Days from the date of a map to the end of its period.
    """

    read: Callable[[list[Path], Window, Days], Reading]
    dates: Callable[[Path], np.ndarray]
    steps: tuple[str, ...]
    length: int = 0


@dataclass(frozen=True)
class VegetationVariable:
    """Units, CF standard name (empty where CF has none), packing as unsigned 16-bit integers (value = scale *
    number + offset; 65535 is missing), and products by name."""

    units: str
    standard_name: str
    scale: float
    offset: float
    products: dict[str, VegetationProduct]

    def pack(self, values: np.ndarray) -> np.ndarray:
        """uint16 of values with NaN."""
        known = np.isfinite(values)
        numbers = np.round((np.where(known, values, self.offset) - self.offset) / self.scale)
        return np.where(known, np.clip(numbers, 0, NO_VALUE - 1), NO_VALUE).astype(np.uint16)


NO_VALUE = 65535
"""Packed value of what is missing."""


def _read_cgls(paths: list[Path], window: Window, days: Days) -> Reading:
    dataset = read_cgls_lai(paths, window)
    values = dataset["leaf_area_index"].values
    flags = (
        dataset["quality_flags"].values if "quality_flags" in dataset else np.zeros(values.shape, np.uint16)
    )
    quality = np.where(flags & FILLING > 0, FILLED, OBSERVED)
    return Reading(values, np.where(np.isfinite(values), quality, MISSING).astype(np.uint8), dataset.attrs)


def _read_modis_lai(paths: list[Path], window: Window, days: Days) -> Reading:
    return _observed(read_modis_lai(paths, window, between=days), "leaf_area_index")


def _observed(dataset: xr.Dataset, name: str) -> Reading:
    values = dataset[name].values
    quality = np.where(np.isfinite(values), OBSERVED, MISSING).astype(np.uint8)
    return Reading(values, quality, dataset.attrs)


def _index(name: str, standard_name: str, lowest: float) -> VegetationVariable:
    """A vegetation index in steps of MODIS's own ten-thousandths."""

    def read(paths: list[Path], window: Window, days: Days) -> Reading:
        return _observed(read_modis_vegetation(paths, window, name, between=days), name)

    product = VegetationProduct(
        read, lambda path: modis_vegetation.dates_of(path, name), ("month",), length=15
    )
    return VegetationVariable("1", standard_name, 1e-4, lowest, {"modis_vegetation": product})


VEGETATION = {
    "leaf_area_index": VegetationVariable(
        "m2 m-2",
        "leaf_area_index",
        0.001,
        0.0,
        {
            "cgls_lai": VegetationProduct(
                _read_cgls, lambda path: np.array([dekad_of(path)]), ("dekad", "month")
            ),
            "modis_lai": VegetationProduct(_read_modis_lai, modis_lai.dates_of, ("month",), length=7),
        },
    ),
    "ndvi": _index("ndvi", "normalized_difference_vegetation_index", -0.2),
    "evi": _index("evi", "", -0.2),
    "savi": _index("savi", "", -0.3),
}
"""Vegetation variables by name."""
