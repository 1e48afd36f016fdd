"""Opens a cube and checks that it is one.

Arrays are read with zarr alone, without xarray or dask: on the way to a training sample every millisecond
counts. The result is picklable, so that data-loader workers may carry it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from pylandbc.cube.completeness import check_complete
from pylandbc.cube.layers import Layers, read_layers
from pylandbc.cube.layout import FORMAT, FORMAT_VERSION
from pylandbc.cube.place import state_of
from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.legend import UNKNOWN

DIMENSIONS = {
    "land_use": ("year", "y", "x"),
    "static": ("static_variable", "y", "x"),
    "scenario": ("scenario_year", "scenario_variable", "lat", "lon"),
    "climate": ("climate_year", "climate_variable", "lat", "lon"),
    "climatology": ("month", "climate_variable", "lat", "lon"),
}
"""Data arrays and their dimensions."""


@dataclass(frozen=True)
class Cube:
    """An open cube; see docs/contracts.md for the content of the arrays.

    Parameters
    ----------
    land_use, static, scenario, climate, climatology
        zarr arrays (or numpy arrays after :meth:`loaded`), indexed as in the file.
    years, scenario_years, climate_years
        Calendar years, int (n,).
    statistics
        ``{name: {"mean": ..., "std": ...}}``.
    units
        ``{name: unit}`` of the variables.
    fingerprint
        Hash of configuration and inputs; empty for cubes of before it was kept.
    layers
        What the cube holds besides.
    """

    path: Path
    window: Window
    land_use: Any
    static: Any
    scenario: Any
    climate: Any
    climatology: Any
    years: np.ndarray
    scenario_years: np.ndarray
    climate_years: np.ndarray
    training_years: tuple[int, ...]
    static_variables: tuple[str, ...]
    scenario_variables: tuple[str, ...]
    climate_variables: tuple[str, ...]
    scenario_source: str
    statistics: dict[str, dict[str, float]]
    provenance: list[dict[str, str]]
    units: dict[str, str]
    fingerprint: str = ""
    layers: Layers = field(default_factory=Layers)

    def arrays(self) -> dict[str, Any]:
        """All data arrays, the optional ones included, by name."""
        return {name: getattr(self, name) for name in DIMENSIONS} | self.layers.arrays()

    def nbytes_of(self, names: Iterable[str]) -> int:
        """Bytes of some data arrays, uncompressed."""
        arrays = self.arrays()
        return sum(int(np.prod(arrays[n].shape)) * arrays[n].dtype.itemsize for n in names)

    @property
    def nbytes(self) -> int:
        """Bytes of the data arrays that every cube has, uncompressed."""
        return self.nbytes_of(DIMENSIONS)

    def loaded(self, layers: Iterable[str] = (), limit: int | None = None) -> Cube:
        """The same cube with arrays in memory: those that every cube has, and some optional ones.

        Parameters
        ----------
        layers
            Names of optional arrays.
        limit
            Most bytes; the smallest arrays are taken first, the rest stays on disk.
        """
        chosen, total = [], 0
        for name in sorted((*DIMENSIONS, *layers), key=lambda name: self.nbytes_of([name])):
            total += self.nbytes_of([name])
            if limit is None or total <= limit:
                chosen.append(name)
        changes: dict[str, Any] = {
            name: np.asarray(getattr(self, name)[...]) for name in chosen if name in DIMENSIONS
        }
        rest = [name for name in chosen if name not in DIMENSIONS]
        return replace(self, **changes, layers=self.layers.loaded(rest))

    def year_index(self, year: int) -> int:
        """Position of ``year`` among the land-use maps; ``InputError`` names those there are."""
        return _position(self.years, year, f"{self.path}: no land-use map")

    def scenario_index(self, year: int) -> int:
        """Position of ``year`` among the scenario years; ``InputError`` names their range."""
        return _position(self.scenario_years, year, f"{self.path}: no scenario fields")

    def climate_index(self, year: int) -> int:
        """Position of the climate year nearest to ``year`` (a climatology serves every year)."""
        return int(np.argmin(np.abs(self.climate_years - year)))

    def land_cover_index(self, year: int) -> int:
        """Position of ``year`` among the land-cover maps; ``InputError`` names those there are."""
        return _position(self.layers.land_cover_years, year, f"{self.path}: no land-cover map")

    def land_use_map(self, year: int) -> np.ndarray:
        """Class codes of ``year``, uint8 (rows, cols)."""
        return np.asarray(self.land_use[self.year_index(year)])

    def class_years(self, quantity: str) -> list[int]:
        """Years of the maps of ``land_use`` or ``land_cover``; ``InputError`` where there are none."""
        years = self.years if quantity == "land_use" else self.layers.land_cover_years
        if not len(years):
            raise InputError(f"{self.path} has no land cover; build it with land_cover in the configuration")
        return [int(year) for year in years]

    def class_training_years(self, quantity: str) -> list[int]:
        """The years of these maps that training may see: for land cover those within the span of the
        training years."""
        if quantity == "land_use":
            return list(self.training_years)
        first, last = min(self.training_years), max(self.training_years)
        return [year for year in self.class_years(quantity) if first <= year <= last]

    def class_index(self, quantity: str, year: int) -> int:
        """Position of ``year`` among these maps; ``InputError`` names those there are."""
        return self.year_index(year) if quantity == "land_use" else self.land_cover_index(year)

    def class_map(self, quantity: str, year: int) -> np.ndarray:
        """Class codes of ``year``, uint8 (rows, cols)."""
        position = self.class_index(quantity, year)
        return np.asarray((self.land_use if quantity == "land_use" else self.layers.land_cover)[position])

    def static_field(self, name: str) -> np.ndarray:
        """One static field, float32 (rows, cols)."""
        if name not in self.static_variables:
            raise InputError(
                f"{self.path} has no static field {name!r} (found: {', '.join(self.static_variables)})"
            )
        return np.asarray(self.static[self.static_variables.index(name)])

    def active(self, year: int, quantity: str = "land_use") -> np.ndarray:
        """Pixels that are land and known in ``year``, bool (rows, cols)."""
        return (self.class_map(quantity, year) != UNKNOWN) & (self.static_field("land_mask") == 1)


def _position(years: np.ndarray, year: int, what: str) -> int:
    found = np.flatnonzero(years == year)
    if not found.size:
        raise InputError(f"{what} of {year} (there are {', '.join(map(str, years))})")
    return int(found[0])


def open_cube(path: Path) -> Cube:
    """Open a cube.

    Raises
    ------
    InputError
        Nothing there, not a cube, another format version, or arrays that are missing or do not fit the
        window.
    """
    path = Path(path)
    group = open_group(path)
    attributes: dict[str, Any] = dict(group.attrs)
    window = _window(attributes.get("window"), path)
    names = {axis for dimensions in DIMENSIONS.values() for axis in dimensions}
    for name in (*DIMENSIONS, *sorted(names)):
        if name not in group:
            raise InputError(f"{path}: array {name!r} missing; the cube is incomplete, build it again")
    coordinates = {name: np.asarray(group[name][...]) for name in names}  # type: ignore[index]
    for name, dimensions in DIMENSIONS.items():
        expected = tuple(len(coordinates[axis]) for axis in dimensions)
        shape = tuple(group[name].shape)  # type: ignore[union-attr]
        if shape != expected:
            raise InputError(f"{path}: {name} has shape {shape}, its coordinates say {expected}")
        check_complete(path, name, group[name])  # type: ignore[arg-type]
    if (len(coordinates["y"]), len(coordinates["x"])) != window.shape:
        raise InputError(f"{path}: the arrays do not fit the window {window}")
    years = coordinates["year"].astype(int)
    return Cube(
        path=path,
        window=window,
        **{name: group[name] for name in DIMENSIONS},
        years=years,
        scenario_years=coordinates["scenario_year"].astype(int),
        climate_years=coordinates["climate_year"].astype(int),
        training_years=tuple(int(y) for y in attributes.get("training_years", years)),
        static_variables=_text(coordinates["static_variable"]),
        scenario_variables=_text(coordinates["scenario_variable"]),
        climate_variables=_text(coordinates["climate_variable"]),
        scenario_source=str(attributes["scenario_source"]),
        statistics=attributes["statistics"],
        provenance=attributes["provenance"],
        units=dict(attributes.get("units", {})),
        fingerprint=str(attributes.get("fingerprint", "")),
        layers=read_layers(path, group, {axis: len(values) for axis, values in coordinates.items()}),
    )


def open_group(path: Path) -> zarr.Group:
    """The Zarr group of a finished cube of this format; ``InputError`` if it is none."""
    path = Path(path)
    if not path.is_dir():
        remedy = state_of(path) or "build one with `pylandbc cube build CONFIG.yaml`"
        raise InputError(f"no cube at {path}; {remedy}")
    try:
        group = zarr.open_group(str(path), mode="r", use_consolidated=False)
    except (FileNotFoundError, ValueError, KeyError) as error:
        raise InputError(f"{path} is not a Zarr group ({error}); is it a cube?") from error
    attributes = dict(group.attrs)
    if attributes.get("format") != FORMAT:
        raise InputError(f"{path} is not a cube: format is {attributes.get('format')!r}, expected {FORMAT!r}")
    if attributes.get("format_version") != FORMAT_VERSION:
        raise InputError(
            f"{path} is a cube of format version {attributes.get('format_version')!r}; this pylandbc reads "
            f"{FORMAT_VERSION}. Build it again, or use what wrote it ({attributes.get('created_by')})"
        )
    if attributes.get("state", "complete") != "complete":
        raise InputError(
            f"{path} is unfinished: its build was interrupted or is still running; "
            "run the same `pylandbc cube build` again to continue"
        )
    return group


def _window(numbers: Any, path: Path) -> Window:
    try:
        row, col, rows, cols = (int(n) for n in numbers)
    except (TypeError, ValueError) as error:
        raise InputError(f"{path}: attribute 'window' is missing or not four numbers") from error
    return Window(row, col, rows, cols)


def _text(values: np.ndarray) -> tuple[str, ...]:
    return tuple(str(value) for value in values)
