"""One entry for every mesh: a name, or a file whose format its content tells.

Formats are tried from the most to the least specific; a file's extension means nothing. The format found is
named in every message about the file and in ``Mesh.kind``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import netCDF4

from pylandbc.errors import InputError
from pylandbc.grid.formats import (
    bounds,
    esmf_mesh,
    gaussian,
    icon,
    named,
    reduced_points,
    regular,
    scrip,
    ugrid,
)
from pylandbc.grid.formats.assembly import assemble
from pylandbc.grid.formats.cells import Cells
from pylandbc.grid.formats.reading import open_file
from pylandbc.grid.mesh import Mesh
from pylandbc.grid.window import Rectangle


class Reader(Protocol):
    """What a format's module offers."""

    LAYOUT: str

    def recognise(self, dataset: netCDF4.Dataset) -> bool:
        """Whether the file has this format."""

    def read(self, dataset: netCDF4.Dataset, source: str, mask_variable: str | None = None) -> Cells:
        """The polygons as they stand in the file."""


READERS: tuple[Reader, ...] = (esmf_mesh, scrip, ugrid, icon, reduced_points, regular, bounds)


def open_mesh(name: str | Path, window: Rectangle | None = None, mask: str | None = None) -> Mesh:
    """A mesh by name or from a file.

    Parameters
    ----------
    name
        ``healpix:NSIDE:nested|ring``, ``icosahedral:LEVEL``, ``O32`` and the like (see `gaussian`), or the
        path of an ESMF mesh, SCRIP grid, UGRID, ICON grid, or CF file with a regular, curvilinear,
        unstructured or reduced Gaussian grid.
    window
        Window of the 1 km grid: only cells that may overlap it are returned.
    mask
        A variable of the file whose zeros (or missing values) leave cells out, instead of the format's own
        mask.

    Returns
    -------
    Mesh
        Checked; what was repaired is warned of and listed in ``kind["repairs"]``.

    Raises
    ------
    InputError
        The name is unknown, the file is damaged or of no known format, or its cells are at fault.
    """
    text = str(name)
    if mask is not None and (named.is_name(text) or gaussian.is_name(text)):
        raise InputError(f"mesh {text} is a name and has no variable {mask}; a mask needs a mesh file")
    if named.is_name(text):
        return named.named_mesh(text, window)
    if gaussian.is_name(text):
        return assemble(gaussian.gaussian_cells(text, window), window)
    path = Path(name)
    with open_file(path) as dataset:
        cells = recognise(dataset, path).read(dataset, path.name, mask)
    return assemble(cells, window)


def recognise(dataset: netCDF4.Dataset, path: Path) -> Reader:
    """The format of a file; ``InputError`` that lists what was looked for and what was found."""
    for reader in READERS:
        if reader.recognise(dataset):
            return reader
    found = ", ".join(dataset.variables) or "no variables"
    raise InputError(
        f"{path} is no mesh that is known here (found: {found}). Known: ESMF mesh (nodeCoords, "
        "elementConn), SCRIP "
        "(grid_corner_lon), UGRID (cf_role mesh_topology), ICON (clon_vertices or vertex_of_cell), "
        "CF longitude and latitude with bounds"
    )
