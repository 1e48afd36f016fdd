"""Class fractions of native cells, year by year: from a cube's maps, a prediction, or the recording of a run.

What a land model's files are made of. Fractions are by area of the known pixels of each cell; zones are those
of a cube (its Koeppen-Geiger map, else its climatology), or of the recording's bundle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import netCDF4
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from pylandbc.couple.adapter_file import adapter_file
from pylandbc.couple.bundle import Bundle, read_bundle
from pylandbc.couple.cube_fields import CubeFields
from pylandbc.couple.recording import FORMAT as RECORDING
from pylandbc.couple.recording import Recording
from pylandbc.crosswalk.cell_fractions import cell_fractions, zones_of_cube
from pylandbc.crosswalk.tables import LEGENDS
from pylandbc.crosswalk.zones import zones_of_climate
from pylandbc.errors import InputError
from pylandbc.grid.formats import open_mesh
from pylandbc.grid.lattice import place
from pylandbc.grid.mesh import Mesh
from pylandbc.grid.overlap import OverlapSet, compute_overlap
from pylandbc.grid.window import Window
from pylandbc.legend import LAND_USE
from pylandbc.progress import Tell


@dataclass(frozen=True)
class ClassSeries:
    """Land-use fractions of native cells over years.

    Attributes
    ----------
    source
        What it was made of, for the history of a file.
    mesh
        The cells.
    years
        Ascending (years,).
    fractions
        (years, cell, class); a row sums to 1, or is 0 where nothing is known.
    zones
        Climate zone shares (cell, zone).
    overlap, window
        Overlaps of the cells with the window of the maps; None for a recording.
    """

    source: str
    mesh: Mesh
    years: NDArray[np.int32]
    fractions: NDArray[np.float64]
    zones: NDArray[np.float64]
    overlap: OverlapSet | None = None
    window: Window | None = None


def read_series(
    maps: Path,
    mesh: str | None = None,
    cube: Path | None = None,
    years: tuple[int, int] | None = None,
    engine: str | None = None,
    tell: Tell | None = None,
) -> ClassSeries:
    """Class fractions over years, of whatever holds them.

    Parameters
    ----------
    maps
        A cube or a prediction (Zarr), a prediction (netCDF), or a recording (netCDF).
    mesh
        Name or file of the native mesh (`open_mesh`); a recording brings its own.
    cube
        Cube that climate zones come from, where `maps` is a prediction.
    years
        First and last year wanted; by default all that there are.
    engine
        Engine of the overlap weights.
    tell
        Told what is being done.

    Raises
    ------
    InputError
        If the file is none of these, or lacks what is asked for.
    """
    say = tell or (lambda stage, done: None)
    if _is_recording(maps):
        if mesh is not None:
            raise InputError(
                f"{maps} is a recording, whose cells are those of its bundle; leave out the mesh"
            )
        return _of_recording(maps, years)
    if mesh is None:
        raise InputError(
            f"{maps} holds 1 km maps; say onto which mesh with --mesh, e.g. healpix:64:nested or a mesh file"
        )
    with _maps(maps) as (window, available, read):
        zones_from = cube or (maps if _is_cube(maps) else None)
        if zones_from is None:
            raise InputError(f"{maps} has no climate; name a cube for its climate zones")
        chosen = _chosen(available, years, maps)
        native = open_mesh(mesh, window)
        overlap = compute_overlap(
            native, window, engine, partial=True, progress=lambda done: say("overlap weights", done)
        )
        used, overlap = overlap.without_empty_cells()
        if not len(used):
            raise InputError(f"no cell of mesh {mesh} overlaps the window of {maps}")
        native = native.subset(used)
        zones = zones_of_cube(CubeFields(zones_from), window, overlap, int(chosen[0]))
        made = []
        for n, year in enumerate(chosen):
            made.append(cell_fractions(read(int(year)).ravel(), overlap, len(LAND_USE)))
            say("class fractions", (n + 1) / len(chosen))
    return ClassSeries(str(maps), native, chosen, np.stack(made), zones, overlap, window)


def _chosen(available: NDArray[np.int32], years: tuple[int, int] | None, path: Path) -> NDArray[np.int32]:
    first, last = years or (int(available.min()), int(available.max()))
    chosen = np.unique(available[(available >= first) & (available <= last)]).astype(np.int32)
    if not len(chosen):
        raise InputError(
            f"{path} has no year from {first} to {last}; it has {available.min()} to {available.max()}"
        )
    return chosen


def _is_recording(path: Path) -> bool:
    if not path.is_file():
        return False
    try:
        with netCDF4.Dataset(path) as file:
            return bool(getattr(file, "format", "") == RECORDING)
    except OSError as error:
        raise InputError(f"{path} cannot be read as netCDF ({error})") from error


def _is_cube(path: Path) -> bool:
    if not path.is_dir():
        return False
    try:
        CubeFields(path)
    except InputError:
        return False
    return True


_Reader = Callable[[int], NDArray[np.uint8]]


@contextmanager
def _maps(path: Path) -> Iterator[tuple[Window, NDArray[np.int32], _Reader]]:
    """Window, years and a reader of the 1 km class map of a year."""
    if _is_cube(path):
        fields = CubeFields(path)
        window = fields.window
        yield window, np.array(fields.years, dtype=np.int32), lambda year: fields.land_use(year, window)
        return
    if not path.exists():
        raise InputError(f"there is no {path}; name a cube, a prediction or a recording")
    try:
        dataset = xr.open_zarr(path) if path.is_dir() else xr.open_dataset(path)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{path} is no cube, prediction or recording ({error})") from error
    with dataset:
        if "land_use" not in dataset or "time" not in dataset["land_use"].dims:
            raise InputError(f"{path} has no land_use(time, lat, lon); is it a prediction?")
        where = place(dataset)
        rectangle = where.window
        window = Window(rectangle.row, rectangle.col, rectangle.rows, rectangle.cols)
        held = np.array([int(str(t)[:4]) for t in dataset["time"].dt.strftime("%Y").values], dtype=np.int32)

        def read(year: int) -> NDArray[np.uint8]:
            array = dataset["land_use"].isel(time=int(np.flatnonzero(held == year)[0]))
            codes = where.pixels(array)[:, 0]
            return np.where(np.isfinite(codes), codes, 255).astype(np.uint8)

        yield window, held, read


def _of_recording(path: Path, years: tuple[int, int] | None) -> ClassSeries:
    with Recording(path) as recording:
        if recording.settings.direction != 1:
            raise InputError(f"{path} ran backwards in time; record a run that goes forwards")
        if tuple(recording.class_names) != LEGENDS["land_use"]:
            raise InputError(
                f"{path}: its classes are {', '.join(recording.class_names)}, not those of land use"
            )
        first: dict[int, NDArray[np.float64]] = {}
        for step in recording.steps():
            # Outputs are what holds at the beginning; land use changes on 1 January.
            first.setdefault(step.date[0], step.land_use_fraction)
        order = np.argsort(recording.cell_id)
        ids = recording.cell_id[order]
        bundle = read_bundle(Path(recording.settings.bundle))
    mesh, _ = bundle.mesh_and_overlap()
    positions = np.searchsorted(mesh.cell_id, ids)
    if not np.array_equal(mesh.cell_id[np.minimum(positions, len(mesh) - 1)], ids):
        raise InputError(f"{path}: its cells are not those of its bundle {bundle.path}")
    chosen = _chosen(np.array(sorted(first), dtype=np.int32), years, path)
    zones = _zones_of_bundle(bundle)[positions]
    fractions = np.stack([first[int(year)][order] for year in chosen])
    return ClassSeries(str(path), mesh.subset(positions), chosen, fractions, zones)


def _zones_of_bundle(bundle: Bundle) -> NDArray[np.float64]:
    """Climate zone shares (cell, zone): those of an adapter in the bundle, else of its climatology."""
    for name in bundle.document.get("adapters", []):
        with netCDF4.Dataset(bundle.path / adapter_file(name)) as file:
            file.set_auto_mask(False)
            return np.asarray(file["zone_share"][:], dtype=float)
    wanted = {"air_temperature": "K", "precipitation_flux": "kg m-2 s-1"}
    with netCDF4.Dataset(bundle.path / "series.nc") as file:
        file.set_auto_mask(False)
        for name, unit in wanted.items():
            held = file.variables.get(name)
            if held is None or held.dimensions[0] != "month" or held.units != unit:
                raise InputError(
                    f"{bundle.path} has no adapter and no monthly climatology of {name} in {unit}, which "
                    "climate zones come from; compile it with --adapter"
                )
        return zones_of_climate(*(file[name][:] for name in wanted))
