"""Regular latitude-longitude grids: a longitude and a latitude coordinate, with CF bounds or centres only.

The northern and southern edges of such cells are true parallels, which ``kind`` says as ``{"edges":
"parallels"}``: their exact areas are strips (`parallels`). As polygons the cells have four corners, three
where they touch a pole. Without bounds, edges lie midway between centres; the outermost are as far beyond as
they are within, but never beyond a pole.
"""

from __future__ import annotations

from typing import Any

import netCDF4
import numpy as np

from pylandbc.errors import InputError
from pylandbc.grid.formats.bounds import coordinates
from pylandbc.grid.formats.cells import Cells
from pylandbc.grid.formats.reading import angles, attribute, cell_ids, mask

LAYOUT = "regular latitude-longitude grid"


def recognise(dataset: netCDF4.Dataset) -> bool:
    """Whether longitude and latitude are one-dimensional over different dimensions."""
    pair = coordinates(dataset)
    if pair is None:
        return False
    lon, lat = dataset[pair[0]], dataset[pair[1]]
    return lon.ndim == 1 and lat.ndim == 1 and lon.dimensions != lat.dimensions


def read(dataset: netCDF4.Dataset, source: str, mask_variable: str | None = None) -> Cells:
    """The cells; ids count from 1 in the file's order, longitude fastest."""
    pair = coordinates(dataset)
    assert pair is not None
    title = f"{source} (read as {LAYOUT})"
    centres = [angles(dataset, name, source) for name in pair]
    edges, from_bounds = [], []
    for name, centre in zip(pair, centres, strict=True):
        found = _file_edges(dataset, name, source, title)
        from_bounds.append(found is not None)
        edges.append(found if found is not None else _midway(centre, name, title))
    lon_edges, lat_edges = edges
    if not from_bounds[1] and np.abs(centres[1]).max() <= 90 + 1e-6:
        # half a step beyond the outermost centre may pass the pole, where the cell ends
        lat_edges = np.clip(lat_edges, -90.0, 90.0)
    if np.abs(lat_edges).max() > 90 + 1e-6:
        raise InputError(
            f"{title}: latitudes of edges reach {np.abs(lat_edges).max():.6g} degrees; the pole is at 90"
        )
    lat_edges = np.clip(lat_edges, -90.0, 90.0)
    kind = {"kind": "regular_latlon", "file": source, "edges": "parallels"}
    cells = boxes(source, LAYOUT, kind, lon_edges, lat_edges)
    cells.centre_lon = np.tile(centres[0], len(lat_edges))
    cells.centre_lat = np.repeat(centres[1], len(lon_edges))
    cells.cell_id = cell_ids(dataset, len(cells), 1)
    cells.masked = mask(dataset, len(cells), mask_variable, (), source)
    if not all(from_bounds):
        cells.kind["bounds"] = "midway between centres"
    return cells


def boxes(
    source: str, layout: str, kind: dict[str, Any], lon_edges: np.ndarray, lat_edges: np.ndarray
) -> Cells:
    """The cells between pairs of meridians (columns, 2) and of parallels (rows, 2), degrees; row "
    "by row, ids from 1."""
    rows, cols = len(lat_edges), len(lon_edges)
    # bounds such as 359.5, 0.5 go through the date line or Greenwich
    width = (lon_edges[:, 1] - lon_edges[:, 0] + 180.0) % 360.0 - 180.0
    if np.any(np.abs(np.diff(lon_edges, axis=1)) % 360.0 == 180.0):
        raise InputError(f"{source} (read as {layout}): cells 180 degrees wide are no polygons; split them")
    west, east = lon_edges[:, 0] + np.minimum(width, 0.0), lon_edges[:, 0] + np.maximum(width, 0.0)
    south, north = lat_edges.min(axis=1), lat_edges.max(axis=1)
    lon = np.broadcast_to(np.stack([west, east, east, west], axis=1), (rows, cols, 4)).reshape(-1, 4)
    lat = np.broadcast_to(np.stack([south, south, north, north], axis=1)[:, None], (rows, cols, 4)).reshape(
        -1, 4
    )
    return Cells(
        source,
        layout,
        kind,
        lon.copy(),
        lat.copy(),
        np.full(rows * cols, 4),
        np.arange(1, rows * cols + 1, dtype=np.int64),
        padded=True,
    )


def _file_edges(dataset: netCDF4.Dataset, name: str, source: str, title: str) -> np.ndarray | None:
    """Edges (n, 2) from the bounds variable, or from n+1 edges named ``NAME_b``; None where the "
    "file has neither."""
    size = dataset[name].size
    bounds = attribute(dataset[name], "bounds")
    if bounds is not None:
        if bounds not in dataset.variables:
            raise InputError(f"{title}: {name} names bounds {bounds}, which the file lacks; is it complete?")
        values = angles(dataset, bounds, source, name)
        if values.shape != (size, 2) or not np.isfinite(values).all():
            raise InputError(
                f"{title}: bounds {bounds} should hold ({size}, 2) numbers, found {values.shape}"
            )
        return values
    line = f"{name}_b"
    if line in dataset.variables and dataset[line].shape == (size + 1,):
        values = angles(dataset, line, source, name)
        return np.stack([values[:-1], values[1:]], axis=1)
    return None


def _midway(centre: np.ndarray, name: str, title: str) -> np.ndarray:
    """Edges (n, 2) midway between centres."""
    step = np.diff(centre)
    if len(centre) < 2 or not np.isfinite(centre).all() or not (np.all(step > 0) or np.all(step < 0)):
        raise InputError(
            f"{title}: {name} has no bounds, and its {len(centre)} centres do not ascend or descend "
            "strictly, "
            "so that no edges can lie between them; add CF bounds"
        )
    middle = 0.5 * (centre[:-1] + centre[1:])
    line = np.concatenate([[centre[0] - step[0] / 2], middle, [centre[-1] + step[-1] / 2]])
    return np.stack([line[:-1], line[1:]], axis=1)
