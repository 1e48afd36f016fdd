"""Reader of ESMF unstructured mesh files (ESMF reference manual, "ESMF Unstructured Mesh File Format").

Variables ``nodeCoords``, ``elementConn`` (index base in ``start_index``, 1 unless given, padded with -1 or
the fill value), ``numElementConn``, optionally ``centerCoords``. Cell ids are the file's element numbers
from 1, as in ESMF weight files. Clockwise cells are refused with the number of the first.
"""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np

from pylandbc.errors import InputError
from pylandbc.grid.mesh import Mesh, unwrap
from pylandbc.grid.sphere import lon_lat, unit_vectors


def read_esmf_mesh(path: Path) -> Mesh:
    """Read an ESMF mesh.

    Parameters
    ----------
    path
        netCDF file.

    Returns
    -------
    Mesh
        All cells of the file, ids 1 ... n.

    Raises
    ------
    InputError
        If variables are missing, indices point outside the nodes, units are unknown, or ``Mesh`` refuses a
        cell.
    """
    try:
        file = netCDF4.Dataset(path)
    except OSError as error:
        raise InputError(f"{path} cannot be read as netCDF: {error}") from error
    with file:
        needed = ("nodeCoords", "elementConn", "numElementConn")
        missing = [name for name in needed if name not in file.variables]
        if missing:
            raise InputError(
                f"{path}: variable(s) {', '.join(missing)} missing (found: {', '.join(file.variables)}); "
                "is this an ESMF unstructured mesh?"
            )
        lon, lat = _degrees(file["nodeCoords"], path)
        count = np.ma.filled(file["numElementConn"][:], 0).astype(np.int32)
        start = int(getattr(file["elementConn"], "start_index", 1))
        node = np.ma.filled(file["elementConn"][:], -1).astype(np.int64) - start
        centre = _degrees(file["centerCoords"], path) if "centerCoords" in file.variables else None
    real = np.arange(node.shape[1]) < count[:, None]
    if count.min() < 3 or count.max() > node.shape[1] or node[real].min() < 0 or node[real].max() >= len(lon):
        raise InputError(
            f"{path}: elementConn points outside the {len(lon)} nodes or cells have too few corners; "
            f"start_index is taken as {start}, is that right?"
        )
    last = np.take_along_axis(node, count[:, None].astype(np.int64) - 1, axis=1)
    node = np.where(real, node, last)
    lon_v, lat_v = lon[node], lat[node]
    if centre is None:
        vectors = unit_vectors(lon_v, lat_v) * real[..., None]
        centre = lon_lat(vectors.sum(axis=1))
    lon_c, lat_c = centre
    ids = np.arange(1, len(count) + 1, dtype=np.int64)
    kind = {"kind": "esmf", "file": path.name, "global_cells": len(count)}
    return Mesh(ids, unwrap(lon_v, lon_c), lat_v, count, lon_c, lat_c, kind)


def _degrees(variable: netCDF4.Variable, path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Longitude and latitude in degrees of a (points, 2) variable."""
    values = np.ma.filled(variable[:].astype(np.float64), np.nan)
    units = str(getattr(variable, "units", "degrees")).lower()
    if units.startswith("rad"):
        values = np.rad2deg(values)
    elif not units.startswith("deg"):
        raise InputError(
            f"{path}: {variable.name} has units {units!r}; ESMF meshes come in degrees or radians"
        )
    return values[:, 0], values[:, 1]
