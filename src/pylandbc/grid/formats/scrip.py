"""SCRIP grid files (Jones 1999, SCRIP users guide, section 2.2): corners listed cell by cell.

Units are ``degrees`` or ``radians``; cells with fewer corners than ``grid_corners`` repeat one;
``grid_imask`` 0 marks a cell that takes no part. ``grid_dims`` must agree with the number of cells.
"""

from __future__ import annotations

import netCDF4
import numpy as np

from pylandbc.errors import InputError
from pylandbc.grid.formats.bounds import trailing_corners
from pylandbc.grid.formats.cells import Cells
from pylandbc.grid.formats.reading import angles, cell_ids, mask, numbers
from pylandbc.grid.mesh import Mesh

LAYOUT = "SCRIP grid"


def recognise(dataset: netCDF4.Dataset) -> bool:
    """Whether the file has SCRIP's variables."""
    return "grid_corner_lon" in dataset.variables or "grid_center_lon" in dataset.variables


def read(dataset: netCDF4.Dataset, source: str, mask_variable: str | None = None) -> Cells:
    """The cells of a SCRIP grid; ids count from 1, as in SCRIP's weight files."""
    title = f"{source} (read as {LAYOUT})"
    if not {"grid_corner_lon", "grid_corner_lat"} <= dataset.variables.keys():
        raise InputError(
            f"{title} has cell centres but no grid_corner_lon, grid_corner_lat; conservative "
            "regridding needs corners"
        )
    lon = angles(dataset, "grid_corner_lon", source, "grid_center_lon")
    lat = angles(dataset, "grid_corner_lat", source, "grid_center_lat")
    if lon.ndim != 2 or lon.shape != lat.shape:
        raise InputError(
            f"{title}: grid_corner_lon {lon.shape} and grid_corner_lat {lat.shape} should be (cells, corners)"
        )
    size = len(lon)
    kind = {"kind": "scrip", "file": source}
    if "grid_dims" in dataset.variables:
        shape = [int(n) for n in numbers(dataset, "grid_dims")]
        if np.prod(shape) != size:
            raise InputError(
                f"{title}: grid_dims {shape} do not multiply to the {size} cells; is the file complete?"
            )
    centres = {"grid_center_lon", "grid_center_lat"} <= dataset.variables.keys()
    masked = mask(dataset, size, mask_variable, ("grid_imask",), source)
    return Cells(
        source,
        LAYOUT,
        kind,
        lon,
        lat,
        trailing_corners(lon, lat, masked, title),
        cell_ids(dataset, size, 1),
        angles(dataset, "grid_center_lon", source, "grid_corner_lon") if centres else None,
        angles(dataset, "grid_center_lat", source, "grid_corner_lat") if centres else None,
        masked,
        padded=True,
    )


def write(mesh: Mesh, dataset: netCDF4.Dataset) -> None:
    """Fill an empty netCDF file with the mesh: degrees, short cells repeat their last corner, ids "
    "in ``cell_id``."""
    dataset.createDimension("grid_size", len(mesh))
    dataset.createDimension("grid_corners", mesh.lon_vertices.shape[1])
    dataset.createDimension("grid_rank", 1)
    dataset.createVariable("grid_dims", "i4", ("grid_rank",))[:] = len(mesh)
    for name, values in (("grid_center_lat", mesh.lat), ("grid_center_lon", mesh.lon)):
        centre = dataset.createVariable(name, "f8", ("grid_size",))
        centre.units = "degrees"
        centre[:] = values
    included = dataset.createVariable("grid_imask", "i4", ("grid_size",))
    included.units = "unitless"
    included[:] = 1
    for name, values in (("grid_corner_lat", mesh.lat_vertices), ("grid_corner_lon", mesh.lon_vertices)):
        corner = dataset.createVariable(name, "f8", ("grid_size", "grid_corners"))
        corner.units = "degrees"
        corner[:] = values
    identity = dataset.createVariable("cell_id", "i8", ("grid_size",))
    identity.long_name = "global cell id"
    identity[:] = mesh.cell_id
    dataset.title = f"{mesh.name}"
    dataset.Conventions = "SCRIP"
