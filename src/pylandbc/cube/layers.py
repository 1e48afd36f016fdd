"""The optional layers of an open cube: class maps, land cover, vegetation, climate in steps, CO2, population.

Each is None (or empty) where the cube was built without it. Arrays are zarr arrays, or numpy arrays after
:meth:`Layers.loaded`, indexed as in the file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from pylandbc.cube.categories import Category
from pylandbc.cube.completeness import check_complete
from pylandbc.cube.vegetation import VEGETATION
from pylandbc.errors import InputError

OPTIONAL = {
    "categories": ("category", "y", "x"),
    "land_cover": ("land_cover_year", "y", "x"),
    "land_cover_fraction": ("land_cover_year", "land_cover_class", "y", "x"),
    "climate_monthly": ("climate_month", "climate_variable", "lat", "lon"),
    "climate_dekadal": ("climate_dekad", "climate_variable", "lat", "lon"),
    "co2": ("co2_year",),
    "co2_monthly": ("co2_month",),
    "population_density": ("population_year", "lat", "lon"),
    **{name: (f"{name}_time", "y", "x") for name in VEGETATION},
    **{f"{name}_quality": (f"{name}_time", "y", "x") for name in VEGETATION},
}
"""Optional arrays and their dimensions."""


@dataclass(frozen=True)
class Vegetation:
    """A packed series.

    Parameters
    ----------
    values, quality
        Packed numbers uint16, and 0 missing, 1 filled, 2 observed, uint8 (time, y, x).
    times
        Last day of each step, datetime64[D]; regular, without gaps.
    coverage
        Share of the known land that has a value, float32 (time,).
    step
        ``dekad`` or ``month``.
    scale, offset, missing
        ``value = scale * number + offset`` unless the number is ``missing``.
    """

    values: Any
    quality: Any
    times: np.ndarray
    coverage: np.ndarray
    step: str
    scale: float
    offset: float
    missing: int

    def unpack(self, numbers: np.ndarray) -> np.ndarray:
        """Values, float32, NaN where missing."""
        values = numbers.astype(np.float32) * np.float32(self.scale) + np.float32(self.offset)
        return np.where(numbers == self.missing, np.float32(np.nan), values)

    def position(self, day: np.datetime64) -> int:
        """Index of the step that ends on ``day``; ``InputError`` names the ends of the axis."""
        found = np.flatnonzero(self.times == day)
        if not found.size:
            raise InputError(f"no {self.step} ends on {day} (there are {self.times[0]} ... {self.times[-1]})")
        return int(found[0])


@dataclass(frozen=True)
class Layers:
    """Optional layers; see docs/contracts.md for the content of the arrays.

    Parameters
    ----------
    kinds
        What each class map is, in the order of ``categories``.
    *_years
        Calendar years, int (n,).
    *_months, *_dekads
        Last day of each step, datetime64[D] (n,).
    class_shares
        ``{name: {code: share of the known land}}`` of class maps and land cover.
    """

    categories: Any = None
    kinds: tuple[Category, ...] = ()
    land_cover: Any = None
    land_cover_fraction: Any = None
    land_cover_years: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=int))
    vegetation: dict[str, Vegetation] = field(default_factory=dict)
    climate_monthly: Any = None
    climate_months: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype="datetime64[D]"))
    climate_dekadal: Any = None
    climate_dekads: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype="datetime64[D]"))
    co2: Any = None
    co2_years: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=int))
    co2_monthly: Any = None
    co2_months: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype="datetime64[D]"))
    population_density: Any = None
    population_years: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=int))
    class_shares: dict[str, dict[str, float]] = field(default_factory=dict)

    def arrays(self) -> dict[str, Any]:
        """All arrays that there are, by name in the file."""
        plain = (f.name for f in fields(self) if f.name in OPTIONAL)
        out = {name: getattr(self, name) for name in plain if getattr(self, name) is not None}
        for name, series in self.vegetation.items():
            out |= {name: series.values, f"{name}_quality": series.quality}
        return out

    def loaded(self, names: Iterable[str] | None = None) -> Layers:
        """The same with these arrays (by default all) in memory."""
        chosen = set(self.arrays()) if names is None else set(names)
        plain = {
            n: np.asarray(a[...])
            for n, a in self.arrays().items()
            if n in chosen and n not in self.vegetation
        }
        series = {}
        for name, one in self.vegetation.items():
            values = np.asarray(one.values[...]) if name in chosen else one.values
            quality = plain.pop(f"{name}_quality", one.quality)
            series[name] = replace(one, values=values, quality=quality)
        changes: dict[str, Any] = {**plain, "vegetation": series}
        return replace(self, **changes)

    def category_index(self, quantity: str, year: int) -> int | None:
        """Position of the class map of a quantity whose period's middle is nearest to ``year``; None where
        there is none."""
        found = [
            (abs(sum(kind.period) / 2 - year) if kind.period else 0.0, number)
            for number, kind in enumerate(self.kinds)
            if quantity in (kind.quantity, kind.name)
        ]
        return min(found)[1] if found else None


def read_layers(path: Path, group: zarr.Group, extents: dict[str, int]) -> Layers:
    """The optional layers of a cube.

    Parameters
    ----------
    extents
        Lengths of the dimensions that every cube has.

    Raises
    ------
    InputError
        An array without its coordinate, of another shape, or incomplete.
    """
    attributes: dict[str, Any] = dict(group.attrs)
    arrays: dict[str, Any] = {}
    axes: dict[str, np.ndarray] = {}
    for name, dimensions in OPTIONAL.items():
        if name not in group:
            continue
        array = group[name]
        assert isinstance(array, zarr.Array)
        for axis in dimensions:
            if axis not in extents:
                if axis not in group:
                    raise InputError(
                        f"{path}: array {axis!r} missing; the cube is incomplete, build it again"
                    )
                axes[axis] = np.asarray(group[axis][...])  # type: ignore[index]
        expected = tuple(extents[a] if a in extents else len(axes[a]) for a in dimensions)
        if tuple(array.shape) != expected:
            raise InputError(f"{path}: {name} has shape {array.shape}, its coordinates say {expected}")
        check_complete(path, name, array)
        arrays[name] = array
    vegetation = {}
    for name in VEGETATION:
        if name in arrays:
            packing: dict[str, Any] = dict(arrays[name].attrs)
            vegetation[name] = Vegetation(
                arrays.pop(name),
                arrays.pop(f"{name}_quality"),
                _days(axes[f"{name}_time"]),
                np.asarray(group[f"{name}_coverage"][...]),  # type: ignore[index]
                str(packing["step"]),
                float(packing["scale_factor"]),
                float(packing["add_offset"]),
                int(packing["missing_value"]),
            )
    years = {
        f"{kind}s": axes[kind].astype(int)
        for kind in ("land_cover_year", "co2_year", "population_year")
        if kind in axes
    }
    steps = {
        f"{kind}s": _days(axes[kind])
        for kind in ("climate_month", "climate_dekad", "co2_month")
        if kind in axes
    }
    return Layers(
        kinds=tuple(Category.from_dict(entry) for entry in attributes.get("categories", [])),
        vegetation=vegetation,
        class_shares=attributes.get("class_shares", {}),
        **arrays,
        **years,
        **steps,
    )


def _days(numbers: np.ndarray) -> np.ndarray:
    return numbers.astype("datetime64[D]")
