"""``dataset.landbc``: regridding between the 1 km grid and native meshes, with xarray in and out.

``import pylandbc.grid.accessor`` registers it. Weights are cached by a hash of mesh, window, engine and
version; variables without the spatial dimensions pass through unchanged, attributes are kept, and the
result's attribute ``weights_engine`` names what made the weights.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from pylandbc.errors import InputError
from pylandbc.grid.bilinear import bilinear
from pylandbc.grid.dominant import dominant_on_grid, dominant_on_mesh
from pylandbc.grid.elements import read_elements
from pylandbc.grid.formats import open_mesh
from pylandbc.grid.lattice import place
from pylandbc.grid.masked import masked_to_grid, masked_to_mesh
from pylandbc.grid.mesh import Mesh
from pylandbc.grid.nearest import bounding_radius, nearest_cell, nearest_pixel
from pylandbc.grid.overlap import OverlapSet, compute_overlap
from pylandbc.grid.projection import project_to_mesh
from pylandbc.grid.window import Rectangle
from pylandbc.progress import TellShare

TO_MESH = ("conservative", "projection", "dominant", "nearest")
TO_GRID = ("conservative", "bilinear", "dominant", "nearest")

Apply = Callable[[np.ndarray], np.ndarray]
"""Source values (source, fields) to target values (target, fields)."""


@xr.register_dataset_accessor("landbc")
class LandbcAccessor:
    """Regridding of a dataset; see `to_mesh` and `to_grid`."""

    def __init__(self, dataset: xr.Dataset) -> None:
        self._dataset = dataset

    @property
    def window(self) -> Rectangle:
        """The rectangle of the 1 km grid that the dataset lies on."""
        return place(self._dataset).window

    def to_mesh(
        self,
        mesh: str | Path | Mesh,
        *,
        method: str = "conservative",
        engine: str | None = None,
        land: str | xr.DataArray | None = None,
        missing: int = 255,
        cache: bool = True,
        progress: bool = True,
    ) -> xr.Dataset:
        """From the 1 km grid to a mesh.

        Parameters
        ----------
        mesh
            A name or file that `open_mesh` takes, or a mesh.
        method
            ``conservative`` (means over the part of a cell inside the window), ``projection`` (undoes
            ``to_grid``), ``dominant`` (category by area) or ``nearest`` (the pixel at the cell's centre).
        engine
            Weight engine; the best at hand by default.
        land
            Part of each pixel that is land (a variable's name or an array): means are over land. Without it
            missing values do not count. For ``conservative`` only.
        missing
            Code of the missing category, for whole numbers by ``dominant`` or ``nearest``; it does not count.
        cache
            Use and fill the cache of weights.
        progress
            Draw a bar on a terminal.

        Returns
        -------
        xarray.Dataset
            Dimension ``cell``: the cells that overlap the window, with ``cell_id``, ``lon``, ``lat`` and
            ``cell_area`` (m2, inside the window).

        Raises
        ------
        InputError
            The dataset is not on the 1 km grid, or the arguments do not fit.
        """
        _check_method(method, TO_MESH, land)
        where = place(self._dataset)
        native = mesh if isinstance(mesh, Mesh) else _open(mesh, where.window)
        with _bar(progress) as tell:
            overlap = compute_overlap(native, where.window, engine, partial=True, cache=cache, progress=tell)
        used, overlap = overlap.without_empty_cells()
        if not len(used):
            raise InputError(f"no cell of mesh {native.name} overlaps the dataset's window {where.window}")
        native = native.subset(used)
        shore = None if land is None else where.pixels(_array(self._dataset, land))
        apply = _mesh_method(method, native, where.window, overlap, shore, missing)
        coordinates = {
            "cell_id": ("cell", native.cell_id),
            "lon": ("cell", native.lon, {"units": "degrees_east"}),
            "lat": ("cell", native.lat, {"units": "degrees_north"}),
            "cell_area": ("cell", overlap.cell_area, {"units": "m2"}),
        }
        return _map(
            self._dataset, (where.lat, where.lon), where.pixels, apply, {"cell": len(native)}, coordinates
        ).assign_attrs(weights_engine=overlap.engine, regridding=method)

    def to_grid(
        self,
        window: Rectangle,
        mesh: str | Path | Mesh,
        *,
        method: str = "conservative",
        dim: str = "cell",
        engine: str | None = None,
        land: str | xr.DataArray | None = None,
        missing: int = 255,
        cache: bool = True,
        progress: bool = True,
    ) -> xr.Dataset:
        """From a mesh to the 1 km grid.

        Parameters
        ----------
        window
            A `Window`, or any `Rectangle` of pixels.
        mesh
            The mesh that the dataset lies on: a name, a file, or a mesh. Cells are matched by the dataset's
            coordinate ``cell_id``, else by their order.
        method
            ``conservative``, ``bilinear`` (smooth fields; does not conserve), ``dominant`` or ``nearest``.
        dim
            The dataset's dimension of cells.
        engine, land, missing, cache, progress
            As in `to_mesh`; ``land`` is the part of each cell that is land.

        Returns
        -------
        xarray.Dataset
            Dimensions ``lat`` (north first) and ``lon``, pixel centres; missing where no cell is.
        """
        _check_method(method, TO_GRID, land)
        if dim not in self._dataset.dims:
            found = ", ".join(map(str, self._dataset.dims))
            raise InputError(
                f"the dataset has no dimension {dim} of cells (found: {found}); name it with dim="
            )
        native = mesh if isinstance(mesh, Mesh) else _open(mesh, window)
        if method in ("conservative", "dominant"):
            native = _needed(self._dataset, dim, native, window, engine, cache)
        order = _order(self._dataset, dim, mesh, native)
        if method in ("bilinear", "nearest") and not isinstance(mesh, Mesh):
            native, order = _with_neighbours(self._dataset, dim, mesh, native, window)

        def cells(array: xr.DataArray) -> np.ndarray:
            return array.transpose(dim, ...).to_numpy().reshape(array.sizes[dim], -1)[order]

        shore = None if land is None else cells(_array(self._dataset, land))
        with _bar(progress) as tell:
            apply, engine_name = _grid_method(
                method, native, window, shore, missing, {"engine": engine, "cache": cache, "progress": tell}
            )
        coordinates = {
            "lat": ("lat", window.latitude, {"units": "degrees_north", "standard_name": "latitude"}),
            "lon": ("lon", window.longitude, {"units": "degrees_east", "standard_name": "longitude"}),
        }
        sizes = {"lat": window.rows, "lon": window.cols}
        return _map(self._dataset, (dim,), cells, apply, sizes, coordinates).assign_attrs(
            weights_engine=engine_name, regridding=method
        )


def _mesh_method(
    method: str, mesh: Mesh, window: Rectangle, overlap: OverlapSet, land: np.ndarray | None, missing: int
) -> Apply:
    if method == "dominant":
        return lambda values: _by_column(
            values, lambda codes: dominant_on_mesh(overlap, codes, missing, (missing,))
        )
    if method == "nearest":
        pixel = nearest_pixel(mesh, window)
        return lambda values: _taken(values, pixel, missing)
    if method == "projection":
        return lambda values: project_to_mesh(overlap, values)
    return lambda values: masked_to_mesh(overlap, values, _weight(values, land))[0]


def _grid_method(
    method: str, mesh: Mesh, window: Rectangle, land: np.ndarray | None, missing: int, options: dict[str, Any]
) -> tuple[Apply, str]:
    if method == "bilinear":
        points = bilinear(mesh, window, options["progress"])
        return points.to_grid, "none (interpolation between cell centres)"
    if method == "nearest":
        cell = nearest_cell(mesh, window)
        return lambda values: _taken(values, cell, missing), "none (nearest cell centre)"
    overlap = compute_overlap(mesh, window, partial=True, **options)
    if method == "dominant":
        return lambda values: _by_column(
            values, lambda codes: dominant_on_grid(overlap, codes, missing, (missing,))
        ), overlap.engine
    return lambda values: masked_to_grid(overlap, values, _weight(values, land))[0], overlap.engine


def _weight(values: np.ndarray, land: np.ndarray | None) -> np.ndarray:
    """Land where it is given, else one where there is a value."""
    known = np.isfinite(values.astype(np.float64))
    return known.astype(np.float64) if land is None else np.where(known, land, 0.0)


def _taken(values: np.ndarray, index: np.ndarray, missing: int) -> np.ndarray:
    fill: float = missing if np.issubdtype(values.dtype, np.integer) else np.nan
    return np.where((index >= 0)[:, None], values[index], np.asarray(fill, dtype=values.dtype))


def _by_column(values: np.ndarray, apply: Apply) -> np.ndarray:
    return np.stack([apply(column) for column in values.T], axis=1)


def _map(
    dataset: xr.Dataset,
    spatial: tuple[str, ...],
    flatten: Callable[[xr.DataArray], np.ndarray],
    apply: Apply,
    sizes: dict[str, int],
    coordinates: dict[str, Any],
) -> xr.Dataset:
    """Apply a method to every variable with the spatial dimensions; the others pass through.

    Bounds of the coordinates that are left behind stay behind, too.
    """
    result: dict[str, Any] = {}
    left = [c for c in dataset.coords.values() if set(spatial) & set(c.dims)]
    bounds = {c.attrs.get("bounds", c.encoding.get("bounds")) for c in left}
    for name, array in dataset.data_vars.items():
        if name in bounds:
            continue
        if not set(spatial) & set(array.dims):
            result[str(name)] = array
            continue
        if not set(spatial) <= set(array.dims):
            raise InputError(
                f"variable {name} has only some of the dimensions {', '.join(spatial)}; leave it out"
            )
        if not (np.issubdtype(array.dtype, np.number) or array.dtype == bool):
            raise InputError(
                f"variable {name} is of type {array.dtype}, which cannot be regridded; leave it out"
            )
        others = [d for d in array.dims if d not in spatial]
        values = apply(flatten(array))
        shape = (*sizes.values(), *(array.sizes[d] for d in others))
        regridded = xr.DataArray(values.reshape(shape), dims=(*sizes, *others), attrs=array.attrs)
        result[str(name)] = regridded.transpose(*others, *sizes)
    kept = {n: c for n, c in dataset.coords.items() if not set(spatial) & set(c.dims)}
    return xr.Dataset(result, coords={**kept, **coordinates}, attrs=dataset.attrs)


def _order(dataset: xr.Dataset, dim: str, mesh: str | Path | Mesh, native: Mesh) -> np.ndarray:
    """Position in the dataset of each cell of the mesh near the window."""
    size = dataset.sizes[dim]
    if "cell_id" in dataset.coords and dataset["cell_id"].dims == (dim,):
        ids = dataset["cell_id"].to_numpy()
        order = np.argsort(ids, kind="stable")
        found = order[np.minimum(np.searchsorted(ids[order], native.cell_id), size - 1)]
        lacking = native.cell_id[ids[found] != native.cell_id]
        if lacking.size:
            raise InputError(
                f"the dataset lacks {lacking.size} of the {len(native)} cells of mesh {native.name} near the "
                f"window, first cell id {lacking[0]}; is it on another mesh, or cut to a smaller region?"
            )
        return found
    if isinstance(mesh, Mesh):
        if size != len(mesh):
            raise InputError(
                f"the dataset has {size} cells and mesh {mesh.name} {len(mesh)}; is it another mesh?"
            )
        return np.arange(size)
    elements = read_elements(mesh)
    if size != len(elements):
        raise InputError(
            f"the dataset has {size} cells and mesh {mesh} {len(elements)}; is it another mesh? Data on "
            "a part of one need the coordinate cell_id"
        )
    return elements.positions(native)


def _needed(
    dataset: xr.Dataset, dim: str, native: Mesh, window: Rectangle, engine: str | None, cache: bool
) -> Mesh:
    """The cells near a window; where the dataset lacks some (after `to_mesh`) those that overlap it."""
    ids = dataset.coords.get("cell_id")
    if ids is None or ids.dims != (dim,) or np.isin(native.cell_id, ids).all():
        return native
    used, _ = compute_overlap(native, window, engine, partial=True, cache=cache).without_empty_cells()
    return native.subset(used)


def _with_neighbours(
    dataset: xr.Dataset, dim: str, mesh: str | Path, native: Mesh, window: Rectangle
) -> tuple[Mesh, np.ndarray]:
    """The cells near a window and a ring around them, as far as the dataset has it, and their order in it.

    Pixels at the window's rim lie between centres of which some belong to cells beyond the window.
    """
    wide = _open(mesh, window.with_border(2 * float(np.rad2deg(bounding_radius(native).max()))))
    if "cell_id" in dataset.coords:
        wide = wide.subset(np.isin(wide.cell_id, dataset["cell_id"].to_numpy()))
    return wide, _order(dataset, dim, mesh, wide)


def _open(mesh: str | Path, window: Rectangle) -> Mesh:
    with warnings.catch_warnings():
        # told when the mesh was made; a regridding in a loop should not repeat it
        warnings.simplefilter("ignore")
        return open_mesh(mesh, window)


def _array(dataset: xr.Dataset, land: str | xr.DataArray) -> xr.DataArray:
    if isinstance(land, xr.DataArray):
        return land
    if land not in dataset.variables:
        found = ", ".join(map(str, dataset.data_vars))
        raise InputError(f"the dataset has no variable {land} to take land from (found: {found})")
    return dataset[land]


def _check_method(method: str, known: tuple[str, ...], land: object) -> None:
    if method not in known:
        raise InputError(f"method {method!r} is not known (choose one of: {', '.join(known)})")
    if land is not None and method != "conservative":
        raise InputError(f"land is for the method conservative, not {method}")


@contextmanager
def _bar(shown: bool) -> Iterator[TellShare | None]:
    """A progress bar on standard error, where that is a terminal."""
    if not shown or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("overlap weights", total=1.0)
        yield lambda done: progress.update(task, completed=done)
