"""ESMF unstructured mesh files (ESMF Reference Manual, "ESMF Unstructured Grid File Format").

``elementConn`` counts nodes from 1 unless ``start_index`` says otherwise. It is a table padded with -1, or,
since ESMF 8.1, one long list cut up by ``numElementConn``. ``elementMask`` 0 marks an element that takes no
part.
"""

from __future__ import annotations

import netCDF4
import numpy as np

from pylandbc.errors import InputError
from pylandbc.grid.formats.cells import Cells
from pylandbc.grid.formats.connectivity import padded_count, resolve
from pylandbc.grid.formats.nodes import shared_nodes
from pylandbc.grid.formats.reading import angles, cell_ids, mask
from pylandbc.grid.mesh import Mesh

LAYOUT = "ESMF unstructured mesh"
_POLYBREAK = -8


def recognise(dataset: netCDF4.Dataset) -> bool:
    """Whether the file has the node and element tables of an ESMF mesh."""
    return {"nodeCoords", "elementConn"} <= dataset.variables.keys()


def read(dataset: netCDF4.Dataset, source: str, mask_variable: str | None = None) -> Cells:
    """The elements of an ESMF mesh; ids count from 1, as in ESMF's weight files."""
    title = f"{source} (read as {LAYOUT})"
    node = angles(dataset, "nodeCoords", source)
    if node.ndim != 2 or node.shape[1] != 2:
        raise InputError(
            f"{title}: nodeCoords has shape {node.shape}; longitude and latitude are wanted (nodes, 2)"
        )
    connection = dataset["elementConn"]
    raw = np.ma.getdata(connection[...]).astype(np.int64)
    missing = np.ma.getmaskarray(connection[...]) | (raw == -1)
    count = None
    if "numElementConn" in dataset.variables:
        # stored as a byte, which some tools declare signed and fill with more than 127
        count = np.ma.getdata(dataset["numElementConn"][...]).astype(np.int64)
        count = np.where(count < 0, count + 256, count)
    if raw.ndim == 1:
        raw, missing = _table(raw, count, title)
    breaks = raw == int(getattr(connection, "polybreak_value", _POLYBREAK))
    padding = missing | breaks
    found = padded_count_of_parts(raw, padding, breaks, title)
    if count is not None and raw.ndim == 2:
        short = np.flatnonzero(found < np.minimum(count, raw.shape[1]) - breaks.sum(axis=1))
        if short.size or np.any(count > raw.shape[1]):
            cell = int(short[0]) if short.size else int(np.argmax(count))
            raise InputError(
                f"{title}: element {cell + 1} should have numElementConn = {count[cell]} corners, "
                "but elementConn "
                f"holds {found[cell]}; is the file complete?"
            )
        found = np.minimum(found, count)
    declared = hasattr(connection, "start_index")
    start = int(getattr(connection, "start_index", 1))
    index = resolve(raw, found, len(node), start, declared, "elementConn", title)
    centre = (
        angles(dataset, "centerCoords", source, "nodeCoords") if "centerCoords" in dataset.variables else None
    )
    return Cells(
        source,
        LAYOUT,
        {"kind": "esmf_mesh", "file": source},
        node[index, 0],
        node[index, 1],
        found,
        cell_ids(dataset, len(index), 1),
        None if centre is None else centre[:, 0],
        None if centre is None else centre[:, 1],
        mask(dataset, len(index), mask_variable, ("elementMask",), source),
    )


def padded_count_of_parts(raw: np.ndarray, padding: np.ndarray, breaks: np.ndarray, title: str) -> np.ndarray:
    """Corners of each element, int (element,), of a table (element, corner) and where it has padding and
    breaks between polygons; a break at the end is padding.

    Raises
    ------
    InputError
        An element is made of several polygons.
    """
    last = raw.shape[1] - np.argmax(~padding[:, ::-1], axis=1)
    inner = breaks & (np.arange(raw.shape[1]) < last[:, None])
    if inner.any():
        cell = int(np.argmax(inner.any(axis=1)))
        raise InputError(
            f"{title}: element {cell + 1} is made of {int(inner[cell].sum()) + 1} polygons "
            "(polybreak in elementConn); "
            "a cell must be one polygon: give each its own element"
        )
    return padded_count(raw, padding, "elementConn", title)


def _table(raw: np.ndarray, count: np.ndarray | None, title: str) -> tuple[np.ndarray, np.ndarray]:
    """A padded table from the one long list of node numbers."""
    if count is None or count.sum() != raw.size:
        total = "none" if count is None else int(count.sum())
        raise InputError(
            f"{title}: elementConn is a list of {raw.size} node numbers, but numElementConn adds up "
            f"to {total}; "
            "is the file complete?"
        )
    used = np.arange(count.max()) < count[:, None]
    table = np.full(used.shape, -1, dtype=np.int64)
    table[used] = raw
    return table, ~used | (table == -1)


def write(mesh: Mesh, dataset: netCDF4.Dataset) -> None:
    """Fill an empty netCDF file with the mesh: degrees, numbers from 1, ids in ``cell_id``."""
    lon, lat, index = shared_nodes(mesh)
    used = np.arange(index.shape[1]) < mesh.corner_count[:, None]
    dataset.createDimension("nodeCount", len(lon))
    dataset.createDimension("elementCount", len(mesh))
    dataset.createDimension("maxNodePElement", index.shape[1])
    dataset.createDimension("coordDim", 2)
    node = dataset.createVariable("nodeCoords", "f8", ("nodeCount", "coordDim"))
    node.units = "degrees"
    node[:] = np.stack([lon, lat], axis=1)
    connection = dataset.createVariable(
        "elementConn", "i4", ("elementCount", "maxNodePElement"), fill_value=np.int32(-1)
    )
    connection.long_name = "Node indices that define the element connectivity"
    connection.start_index = np.int32(1)
    connection[:] = np.where(used, index + 1, -1)
    count = dataset.createVariable(
        "numElementConn", "i4" if index.shape[1] > 127 else "i1", ("elementCount",)
    )
    count.long_name = "Number of nodes per element"
    count[:] = mesh.corner_count
    centre = dataset.createVariable("centerCoords", "f8", ("elementCount", "coordDim"))
    centre.units = "degrees"
    centre[:] = np.stack([mesh.lon, mesh.lat], axis=1)
    identity = dataset.createVariable("cell_id", "i8", ("elementCount",))
    identity.long_name = "global cell id"
    identity[:] = mesh.cell_id
    dataset.gridType = "unstructured"
    dataset.version = "0.9"
