"""Small meshes written by hand in each layout, with netCDF4 only, as other tools write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

# two squares and a triangle that share nodes, across the dateline: the last corner of the triangle is 5 N
NODES_LON = np.array([178.0, 180.0, -178.0, 178.0, 180.0, -178.0, 179.0])
NODES_LAT = np.array([0.0, 0.0, 0.0, 2.0, 2.0, 2.0, 5.0])
FACES = [[0, 1, 4, 3], [1, 2, 5, 4], [3, 4, 6]]


def table(start: int, fill: int, faces: list[list[int]] = FACES) -> np.ndarray:
    """Faces as a table of node numbers from ``start``, padded with ``fill``."""
    width = max(len(face) for face in faces)
    return np.array([[n + start for n in face] + [fill] * (width - len(face)) for face in faces])


def corners(faces: list[list[int]] = FACES) -> tuple[np.ndarray, np.ndarray]:
    """Corner longitudes and latitudes (cell, corner); short cells repeat their last corner."""
    width = max(len(face) for face in faces)
    padded = np.array([face + [face[-1]] * (width - len(face)) for face in faces])
    return NODES_LON[padded], NODES_LAT[padded]


def put(
    dataset: netCDF4.Dataset, name: str, values: Any, dimensions: tuple[str, ...], **attributes: Any
) -> None:
    """A variable, its dimensions made where they are new."""
    values = np.asarray(values)
    for dimension, size in zip(dimensions, values.shape, strict=True):
        if dimension not in dataset.dimensions:
            dataset.createDimension(dimension, size)
    fill = attributes.pop("_FillValue", None)
    variable = dataset.createVariable(name, values.dtype, dimensions, fill_value=fill)
    variable.setncatts(attributes)
    variable[...] = values


def esmf(path: Path, conn: np.ndarray | None = None, units: str | None = "degrees", **more: Any) -> Path:
    """An ESMF mesh; ``more``: start_index, mask, lon, lat, count."""
    with netCDF4.Dataset(path, "w") as d:
        xy = np.stack([more.get("lon", NODES_LON), more.get("lat", NODES_LAT)], axis=1)
        put(d, "nodeCoords", xy, ("nodeCount", "coordDim"), **({"units": units} if units else {}))
        conn = table(1, -1) if conn is None else conn
        start = {"start_index": more["start_index"]} if "start_index" in more else {}
        put(d, "elementConn", conn.astype("i4"), ("elementCount", "maxNodePElement"), _FillValue=-1, **start)
        count = more.get("count", (conn >= 0).sum(axis=1))
        put(d, "numElementConn", np.asarray(count, "i1"), ("elementCount",))
        if "mask" in more:
            put(d, "elementMask", np.asarray(more["mask"], "i4"), ("elementCount",))
    return path


def scrip(path: Path, lon: np.ndarray, lat: np.ndarray, units: str = "degrees", **more: Any) -> Path:
    """A SCRIP grid of corners (cell, corner) in the given units; ``more``: imask, dims."""
    with netCDF4.Dataset(path, "w", format="NETCDF3_CLASSIC") as d:
        put(d, "grid_dims", np.asarray(more.get("dims", [len(lon)]), "i4"), ("grid_rank",))
        put(d, "grid_corner_lon", lon, ("grid_size", "grid_corners"), units=units)
        put(d, "grid_corner_lat", lat, ("grid_size", "grid_corners"), units=units)
        if "imask" in more:
            put(d, "grid_imask", np.asarray(more["imask"], "i4"), ("grid_size",))
    return path


def ugrid(path: Path, conn: np.ndarray, fill: int | None = -999, **more: Any) -> Path:
    """A UGRID mesh; ``more``: start_index, transposed."""
    with netCDF4.Dataset(path, "w") as d:
        topology = d.createVariable("Mesh2", "i4", ())
        topology.setncatts(
            {
                "cf_role": "mesh_topology",
                "topology_dimension": 2,
                "node_coordinates": "Mesh2_node_x Mesh2_node_y",
                "face_node_connectivity": "Mesh2_face_nodes",
                "face_dimension": "nFace",
            }
        )
        put(d, "Mesh2_node_x", NODES_LON, ("nNode",), standard_name="longitude", units="degrees_east")
        put(d, "Mesh2_node_y", NODES_LAT, ("nNode",), standard_name="latitude", units="degrees_north")
        start = {"start_index": more["start_index"]} if "start_index" in more else {}
        turned = more.get("transposed", False)
        put(
            d,
            "Mesh2_face_nodes",
            (conn.T if turned else conn).astype("i4"),
            ("nMax", "nFace") if turned else ("nFace", "nMax"),
            _FillValue=fill,
            **start,
        )
    return path


def cf(path: Path, lon: np.ndarray, lat: np.ndarray, lon_bounds: Any = None, lat_bounds: Any = None) -> Path:
    """A CF grid: 1-D (regular) or 2-D (curvilinear) centres in degrees, with or without bounds."""
    with netCDF4.Dataset(path, "w") as d:
        dims = (("lon",), ("lat",)) if lon.ndim == 1 else (("j", "i"), ("j", "i"))
        for name, values, bounds, dim, units in (
            ("lon", lon, lon_bounds, dims[0], "degrees_east"),
            ("lat", lat, lat_bounds, dims[1], "degrees_north"),
        ):
            has = {"bounds": f"{name}_bnds"} if bounds is not None else {}
            put(d, name, values, dim, units=units, **has)
            if bounds is not None:
                put(d, f"{name}_bnds", bounds, (*dim, "nv" if lon.ndim == 1 else "vertex"))
    return path
