"""ICON grid files (as on icon-downloads.mpimet.mpg.de): triangles in radians.

Corners stand in ``clon_vertices``, ``clat_vertices`` (cell, nv); where these are absent they come from
``vertex_of_cell`` (nv, cell), which counts from 1, and ``vlon``, ``vlat``. Ids count from 1 as ICON's
``global_cell_index`` does, and are read from it where the file is a part of a grid.
"""

from __future__ import annotations

import netCDF4
import numpy as np

from pylandbc.errors import InputError
from pylandbc.grid.formats.bounds import trailing_corners
from pylandbc.grid.formats.cells import Cells
from pylandbc.grid.formats.connectivity import padded_count, resolve
from pylandbc.grid.formats.reading import angles, cell_ids, mask

LAYOUT = "ICON grid"


def recognise(dataset: netCDF4.Dataset) -> bool:
    """Whether the file has ICON's corner table or its cell-to-vertex table."""
    names = dataset.variables.keys()
    return {"clon_vertices", "clat_vertices"} <= names or "vertex_of_cell" in names


def read(dataset: netCDF4.Dataset, source: str, mask_variable: str | None = None) -> Cells:
    """The cells of an ICON grid."""
    title = f"{source} (read as {LAYOUT})"
    names = dataset.variables.keys()
    centres = {"clon", "clat"} <= names
    if {"clon_vertices", "clat_vertices"} <= names:
        lon = angles(dataset, "clon_vertices", source, "clon")
        lat = angles(dataset, "clat_vertices", source, "clat")
        if lon.ndim != 2 or lon.shape != lat.shape:
            raise InputError(
                f"{title}: clon_vertices {lon.shape} and clat_vertices {lat.shape} should be (cell, nv)"
            )
        if centres and dataset["clon"].size != len(lon):
            raise InputError(
                f"{title}: {dataset['clon'].size} centres in clon, but {len(lon)} cells in clon_vertices"
            )
    else:
        missing = sorted({"vlon", "vlat"} - names)
        if missing:
            raise InputError(
                f"{title}: vertex_of_cell needs the vertices' positions, but {', '.join(missing)} is absent"
            )
        node_lon, node_lat = angles(dataset, "vlon", source), angles(dataset, "vlat", source)
        values = np.ma.asarray(dataset["vertex_of_cell"][...]).T
        table = np.ma.filled(values.astype(np.int64), -1)
        count = padded_count(table, np.ma.getmaskarray(values) | (table == -1), "vertex_of_cell", title)
        index = resolve(table, count, len(node_lon), 1, False, "vertex_of_cell", title)
        lon, lat = node_lon[index], node_lat[index]
        lon[np.arange(lon.shape[1]) >= count[:, None]] = np.nan
        lat[np.isnan(lon)] = np.nan
    size = len(lon)
    masked = mask(dataset, size, mask_variable, (), source)
    return Cells(
        source,
        LAYOUT,
        {"kind": "icon", "file": source},
        lon,
        lat,
        trailing_corners(lon, lat, masked, title),
        cell_ids(dataset, size, 1, ("global_cell_index",)),
        angles(dataset, "clon", source, "clon_vertices") if centres else None,
        angles(dataset, "clat", source, "clat_vertices") if centres else None,
        masked,
        padded=True,
    )
