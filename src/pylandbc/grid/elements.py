"""The elements of a mesh file in the file's own order, which weight files count by.

A `Mesh` is sorted by id and holds only the unmasked cells near a window; a weight file's addresses count all
elements of the file from 1, as they stand there. Meshes by name count in the order of their ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pylandbc.errors import InputError
from pylandbc.grid.formats import gaussian, named, open_mesh
from pylandbc.grid.formats.opening import recognise
from pylandbc.grid.formats.reading import open_file
from pylandbc.grid.formats.repair import pad
from pylandbc.grid.mesh import Mesh
from pylandbc.grid.sphere import lon_lat, polygon_areas, unit_vectors
from pylandbc.grid.window import EARTH_RADIUS

MOST_NAMED = 4_000_000
"""A weight file between a named mesh and a window lists all of the mesh's cells: no more than these."""
_CHUNK = 500_000


@dataclass(frozen=True, eq=False)
class Elements:
    """All elements of a mesh, in the file's order.

    Parameters
    ----------
    cell_id
        Global ids (elements,).
    used
        False for masked elements (elements,).
    lon_vertices, lat_vertices
        Corners, degrees (elements, corners); short cells repeat their last corner.
    lon, lat
        Centres, degrees (elements,).
    area
        Areas between great circles, steradians (elements,).
    """

    cell_id: np.ndarray
    used: np.ndarray
    lon_vertices: np.ndarray
    lat_vertices: np.ndarray
    lon: np.ndarray
    lat: np.ndarray
    area: np.ndarray

    def __len__(self) -> int:
        return len(self.cell_id)

    def positions(self, mesh: Mesh) -> np.ndarray:
        """0-based element of each cell of a mesh that was opened from the same file (cells,)."""
        usable = np.flatnonzero(self.used)
        order = usable[np.argsort(self.cell_id[usable], kind="stable")]
        place = np.searchsorted(self.cell_id[order], mesh.cell_id)
        found = order[np.minimum(place, len(order) - 1)]
        if np.any(self.cell_id[found] != mesh.cell_id):
            missing = mesh.cell_id[np.argmax(self.cell_id[found] != mesh.cell_id)]
            raise InputError(
                f"the mesh has a cell with id {missing}, but its file has not; are they the same?"
            )
        return found


def read_elements(name: str | Path, mask: str | None = None) -> Elements:
    """The elements of a mesh by name or file.

    Parameters
    ----------
    name, mask
        As `open_mesh` takes them.

    Raises
    ------
    InputError
        If the mesh cannot be read, or a named mesh has more cells than a weight file should list.
    """
    text = str(name)
    if named.is_name(text):
        return _of_name(text)
    if gaussian.is_name(text):
        cells = gaussian.gaussian_cells(text)
    else:
        path = Path(name)
        with open_file(path) as dataset:
            cells = recognise(dataset, path).read(dataset, path.name, mask)
    used = np.ones(len(cells), dtype=bool) if cells.masked is None else ~cells.masked
    pad(cells)
    lon_mean, lat_mean, area = _measures(cells.lon, cells.lat, cells.count)
    lon = lon_mean if cells.centre_lon is None else cells.centre_lon
    lat = lat_mean if cells.centre_lat is None else cells.centre_lat
    return Elements(cells.cell_id, used, cells.lon, cells.lat, lon, lat, area)


def _of_name(text: str) -> Elements:
    family, size = (*text.lower().split(":"), "")[:2]
    total = (12 * int(size) ** 2 if family == "healpix" else 20 * 4 ** int(size)) if size.isdigit() else 0
    if total > MOST_NAMED:
        raise InputError(
            f"a weight file lists all cells of the mesh, and {text} has {total}; write the cells near the "
            f"window to a file first: pylandbc mesh convert {text} MESH.nc --window WEST,SOUTH,EAST,NORTH"
        )
    mesh = open_mesh(text)
    return Elements(
        mesh.cell_id,
        np.ones(len(mesh), dtype=bool),
        mesh.lon_vertices,
        mesh.lat_vertices,
        mesh.lon,
        mesh.lat,
        mesh.area / EARTH_RADIUS**2,
    )


def _measures(
    lon: np.ndarray, lat: np.ndarray, count: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Means of the corners (longitude, latitude) and unsigned areas, a chunk at a time."""
    lon_mean, lat_mean, area = (np.empty(len(lon)) for _ in range(3))
    for first in range(0, len(lon), _CHUNK):
        part = slice(first, first + _CHUNK)
        corners = unit_vectors(lon[part], lat[part])
        own = np.arange(lon.shape[1]) < count[part, None]
        lon_mean[part], lat_mean[part] = lon_lat((corners * own[..., None]).sum(axis=1))
        area[part] = np.abs(polygon_areas(corners))
    return lon_mean, lat_mean, area
