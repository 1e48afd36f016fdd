"""Writing overlaps as an ESMF weight file (ESMF Reference Manual, "Regrid Interpolation Weight File Format").

Addresses count from 1: cells in the order of the mesh's file, pixels from the **south-west corner, longitude
fastest**, as ESMF's own grids do (this project's arrays begin in the north-west). Areas are in steradians.
The file appears under its name when it is complete.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import netCDF4
import numpy as np

from pylandbc import __version__
from pylandbc.errors import InputError
from pylandbc.grid.elements import Elements
from pylandbc.grid.formats.parallels import has_parallels, true_areas
from pylandbc.grid.mesh import Mesh
from pylandbc.grid.overlap import OverlapSet
from pylandbc.grid.window import EARTH_RADIUS, Rectangle
from pylandbc.whole_file import whole_file


def write_weights(
    path: Path,
    overlap: OverlapSet,
    mesh: Mesh,
    elements: Elements,
    window: Rectangle,
    *,
    reverse: bool = False,
    title: str = "",
    overwrite: bool = False,
) -> Path:
    """Write first-order conservative weights.

    Parameters
    ----------
    path
        File to write.
    overlap
        Overlaps of ``mesh`` with ``window``.
    mesh
        The cells near the window.
    elements
        All elements of the mesh's file.
    window
        Rectangle of the 1 km grid.
    reverse
        False: mesh to window, normalised by destination area. True: window to mesh, by fraction area.
    title
        Attribute ``title``.
    overwrite
        Replace an existing file.

    Raises
    ------
    InputError
        The folder is absent, or the file exists already. Nothing is then written.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise InputError(f"{path.parent} is not a folder; create it first")
    if path.exists() and not overwrite:
        raise InputError(f"{path} exists; choose another name, or --overwrite")
    element = elements.positions(mesh)
    cells, pixels = _mesh_side(mesh, elements, element, overlap), _pixel_side(window, overlap)
    row, col = np.divmod(overlap.pixel.astype(np.int64), window.cols)
    pixel_number = (window.rows - 1 - row) * window.cols + col
    cell_number = element[overlap.cell]
    if reverse:
        source, target, to, at = pixels, cells, cell_number, pixel_number
        weight = overlap.area / overlap.cell_area[overlap.cell]
    else:
        source, target, to, at = cells, pixels, pixel_number, cell_number
        weight = overlap.area / window.pixel_area[row]
    order = np.lexsort((at, to))
    with whole_file(path) as temporary, netCDF4.Dataset(temporary, "w", clobber=True) as file:
        _attributes(file, overlap, window, reverse, title)
        file.createDimension("n_s", len(weight))
        for values, letter in ((source, "a"), (target, "b")):
            _write_side(file, letter, "src" if letter == "a" else "dst", values)
        _variable(file, "S", weight[order], ("n_s",))
        _variable(file, "col", (at[order] + 1).astype(np.int32), ("n_s",))
        _variable(file, "row", (to[order] + 1).astype(np.int32), ("n_s",))
    return path


def _mesh_side(
    mesh: Mesh, elements: Elements, element: np.ndarray, overlap: OverlapSet
) -> dict[str, np.ndarray]:
    area, frac = elements.area.copy(), np.zeros(len(elements))
    own = true_areas(mesh)
    if has_parallels(mesh):
        area[element] = own / EARTH_RADIUS**2
    frac[element] = overlap.cell_area / own
    return {
        "grid_dims": np.array([len(elements)]),
        "yc": elements.lat,
        "xc": elements.lon,
        "yv": elements.lat_vertices,
        "xv": elements.lon_vertices,
        "mask": elements.used.astype(np.int32),
        "area": area,
        "frac": frac,
    }


def _pixel_side(window: Rectangle, overlap: OverlapSet) -> dict[str, np.ndarray]:
    """Pixels from the south-west corner, longitude fastest."""
    lat, lon = window.latitude[::-1], window.longitude
    south = 90.0 - (window.row + window.rows - np.arange(window.rows)) / 100
    west = (window.col + np.arange(window.cols)) / 100 - 180.0
    north, east = south + 0.01, west + 0.01
    area = np.repeat(window.pixel_area[::-1], window.cols)
    covered = overlap.pixel_area.reshape(window.shape)[::-1].ravel()
    return {
        "grid_dims": np.array([window.cols, window.rows]),
        "yc": np.repeat(lat, window.cols),
        "xc": np.tile(lon, window.rows),
        "yv": np.repeat(np.stack([south, south, north, north], axis=1), window.cols, axis=0),
        "xv": np.tile(np.stack([west, east, east, west], axis=1), (window.rows, 1)),
        "mask": np.ones(len(area), dtype=np.int32),
        "area": area / EARTH_RADIUS**2,
        "frac": covered / area,
    }


def _write_side(file: netCDF4.Dataset, letter: str, word: str, side: dict[str, np.ndarray]) -> None:
    size, corner, rank = f"n_{letter}", f"nv_{letter}", f"{word}_grid_rank"
    file.createDimension(size, len(side["area"]))
    file.createDimension(corner, side["yv"].shape[1])
    file.createDimension(rank, len(side["grid_dims"]))
    _variable(file, f"{word}_grid_dims", side["grid_dims"].astype(np.int32), (rank,))
    for name in ("yc", "xc"):
        _variable(file, f"{name}_{letter}", side[name], (size,), "degrees")
    for name in ("yv", "xv"):
        _variable(file, f"{name}_{letter}", side[name], (size, corner), "degrees")
    _variable(file, f"mask_{letter}", side["mask"], (size,), "unitless")
    _variable(file, f"area_{letter}", side["area"], (size,), "square radians")
    _variable(file, f"frac_{letter}", side["frac"], (size,), "unitless")


def _variable(
    file: netCDF4.Dataset, name: str, values: np.ndarray, dimensions: tuple[str, ...], units: str = ""
) -> None:
    variable = file.createVariable(name, values.dtype, dimensions, zlib=True, complevel=1)
    if units:
        variable.units = units
    variable[:] = values


def _attributes(
    file: netCDF4.Dataset, overlap: OverlapSet, window: Rectangle, reverse: bool, title: str
) -> None:
    file.title = title or "Overlap weights of a native mesh and a window of the 1 km grid"
    file.normalization = "fracarea" if reverse else "destarea"
    file.map_method = "Conservative remapping"
    file.ESMF_regrid_method = "First-order Conservative"
    file.conventions = "NCAR-CSM"
    if overlap.engine.startswith("esmf "):
        file.ESMF_version = overlap.engine.removeprefix("esmf ")
    file.weights_engine = overlap.engine
    file.window = (
        f"lon0={window.west:.2f} lat0={window.south:.2f} nx={window.cols} ny={window.rows} step=0.01 degree; "
        "cell (i,j) has one-based index 1+i+nx*j"
    )
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    file.history = f"{now} written by pylandbc {__version__}"
