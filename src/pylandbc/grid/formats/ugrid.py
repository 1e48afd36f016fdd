"""UGRID 1.0 files (ugrid-conventions.github.io): two-dimensional mesh topologies with faces.

The topology variable (``cf_role = "mesh_topology"``) names everything else. ``start_index`` defaults to 0,
short faces are padded with ``_FillValue``, and ``face_dimension`` tells a transposed table.
"""

from __future__ import annotations

import netCDF4
import numpy as np

from pylandbc.errors import InputError
from pylandbc.grid.formats.angles import axis
from pylandbc.grid.formats.cells import Cells
from pylandbc.grid.formats.connectivity import padded_count, resolve
from pylandbc.grid.formats.nodes import shared_nodes
from pylandbc.grid.formats.reading import angles, attribute, cell_ids, mask
from pylandbc.grid.mesh import Mesh

LAYOUT = "UGRID mesh"


def recognise(dataset: netCDF4.Dataset) -> bool:
    """Whether a variable declares a two-dimensional mesh topology."""
    return _topology(dataset) is not None


def _topology(dataset: netCDF4.Dataset) -> netCDF4.Variable | None:
    for variable in dataset.variables.values():
        if attribute(variable, "cf_role") == "mesh_topology" and hasattr(variable, "face_node_connectivity"):
            return variable
    return None


def _pair(dataset: netCDF4.Dataset, names: str, title: str) -> tuple[str, str]:
    """The longitude and the latitude among two names."""
    found: dict[str, str] = {}
    for name in names.split():
        if name not in dataset.variables:
            raise InputError(
                f"{title}: coordinate variable {name} is named but missing; is the file complete?"
            )
        variable = dataset[name]
        which = {"longitude": "lon", "latitude": "lat"}.get(attribute(variable, "standard_name") or "")
        which = which or axis(attribute(variable, "units")) or ("lon" if "lon" in name.lower() else None)
        which = which or ("lat" if "lat" in name.lower() else None)
        if which is None:
            raise InputError(
                f"{title}: {name} is neither longitude nor latitude (standard_name, units); "
                "projected meshes must be converted to longitude and latitude first"
            )
        found[which] = name
    if found.keys() != {"lon", "lat"}:
        raise InputError(f"{title}: coordinates {names!r} should name one longitude and one latitude")
    return found["lon"], found["lat"]


def read(dataset: netCDF4.Dataset, source: str, mask_variable: str | None = None) -> Cells:
    """The faces of a UGRID mesh; ids count from 1 in the file's order unless ``cell_id`` gives them."""
    title = f"{source} (read as {LAYOUT})"
    topology = _topology(dataset)
    assert topology is not None
    coordinates = attribute(topology, "node_coordinates")
    name = str(topology.face_node_connectivity)
    if coordinates is None or name not in dataset.variables:
        raise InputError(
            f"{title}: the topology {topology.name} must name node_coordinates and an existing "
            f"face_node_connectivity (it names {coordinates!r} and {name!r})"
        )
    lon_name, lat_name = _pair(dataset, coordinates, title)
    lon, lat = angles(dataset, lon_name, source), angles(dataset, lat_name, source)
    connection = dataset[name]
    values = np.ma.asarray(connection[...])
    raw, missing = np.ma.filled(values.astype(np.float64), -1), np.ma.getmaskarray(values)
    missing = missing | ~np.isfinite(raw)
    face = attribute(topology, "face_dimension")
    if face is not None and connection.dimensions[0] != face:
        if face not in connection.dimensions:
            raise InputError(
                f"{title}: {name} has dimensions {connection.dimensions}, none is face_dimension {face}"
            )
        raw, missing = raw.T, missing.T
    declared = hasattr(connection, "start_index")
    start = int(getattr(connection, "start_index", 0))
    # some writers pad with -1 and declare no _FillValue; with a base of 0 or 1 that is never a node
    missing |= raw < min(start, 0)
    table = np.where(missing, -1, np.nan_to_num(raw)).astype(np.int64)
    count = padded_count(table, missing, name, title)
    index = resolve(table, count, len(lon), start, declared, name, title)
    centre = attribute(topology, "face_coordinates")
    pair = _pair(dataset, centre, title) if centre else None
    return Cells(
        source,
        LAYOUT,
        {"kind": "ugrid", "file": source},
        lon[index],
        lat[index],
        count,
        cell_ids(dataset, len(index), 1),
        angles(dataset, pair[0], source) if pair else None,
        angles(dataset, pair[1], source) if pair else None,
        mask(dataset, len(index), mask_variable, (), source),
    )


def write(mesh: Mesh, dataset: netCDF4.Dataset) -> None:
    """Fill an empty netCDF file with the mesh: degrees, numbers from 0 (stated), ids in ``cell_id``."""
    lon, lat, index = shared_nodes(mesh)
    used = np.arange(index.shape[1]) < mesh.corner_count[:, None]
    dataset.createDimension("node", len(lon))
    dataset.createDimension("face", len(mesh))
    dataset.createDimension("max_face_nodes", index.shape[1])
    topology = dataset.createVariable("mesh", "i4", ())
    topology.cf_role = "mesh_topology"
    topology.topology_dimension = np.int32(2)
    topology.node_coordinates = "node_lon node_lat"
    topology.face_node_connectivity = "face_nodes"
    topology.face_dimension = "face"
    topology.face_coordinates = "face_lon face_lat"
    for place, pair in (("node", (lon, lat)), ("face", (mesh.lon, mesh.lat))):
        names = (("lon", "longitude", "degrees_east"), ("lat", "latitude", "degrees_north"))
        for (short, standard, units), values in zip(names, pair, strict=True):
            coordinate = dataset.createVariable(f"{place}_{short}", "f8", (place,))
            coordinate.standard_name, coordinate.units = standard, units
            coordinate[:] = values
    connection = dataset.createVariable(
        "face_nodes", "i4", ("face", "max_face_nodes"), fill_value=np.int32(-1)
    )
    connection.cf_role = "face_node_connectivity"
    connection.start_index = np.int32(0)
    connection[:] = np.where(used, index, -1)
    identity = dataset.createVariable("cell_id", "i8", ("face",))
    identity.long_name = "global cell id"
    identity[:] = mesh.cell_id
    dataset.Conventions = "CF-1.11 UGRID-1.0"
