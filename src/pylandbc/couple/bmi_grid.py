"""The native cells of a bundle as an unstructured grid of BMI: faces, edges and nodes.

Corners that cells share within a hundred-millionth of a degree (a millimetre) are one node. Numbers are
0-based, and the nodes of a face run counter-clockwise, as the Basic Model Interface 2.0 asks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pylandbc.grid.mesh import Mesh

ROUNDING = 8
"""Decimals of degrees to which corners agree."""


@dataclass(frozen=True)
class UnstructuredGrid:
    """Topology of a mesh; faces are in the order of its cells.

    Attributes
    ----------
    x, y
        Longitude and latitude of the nodes, degrees (nodes,), longitude in -180 ... 180.
    nodes_per_face
        Number of nodes of each face (faces,).
    face_nodes
        Nodes of all faces, one face after another (sum of ``nodes_per_face``,).
    face_edges
        Edges in the same layout: the edge of a node leads to the face's next one.
    edge_nodes
        Tail and head of each edge (2 x edges,).
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    nodes_per_face: NDArray[np.int32]
    face_nodes: NDArray[np.int32]
    face_edges: NDArray[np.int32]
    edge_nodes: NDArray[np.int32]


def unstructured_grid(mesh: Mesh) -> UnstructuredGrid:
    """Topology of a mesh."""
    held = np.arange(mesh.lon_vertices.shape[1]) < mesh.corner_count[:, None]
    lat = np.round(mesh.lat_vertices[held], ROUNDING)
    lon = np.round((mesh.lon_vertices[held] + 180) % 360 - 180, ROUNDING)
    lon[lon == 180] = -180
    # a pole has one node, whatever its longitude
    lon[np.abs(lat) == 90] = 0
    places, numbers = np.unique(np.stack([lon, lat], axis=1), axis=0, return_inverse=True)
    face_nodes: NDArray[np.int32] = numbers.reshape(-1).astype(np.int32)

    face = np.repeat(np.arange(len(mesh)), mesh.corner_count)
    first = np.concatenate([[0], np.cumsum(mesh.corner_count)[:-1]])
    following = np.arange(face_nodes.size) + 1
    last = np.append(face[1:] != face[:-1], True)
    following[last] = first
    ends = np.stack([face_nodes, face_nodes[following]], axis=1)
    edges, face_edges = np.unique(np.sort(ends, axis=1), axis=0, return_inverse=True)
    return UnstructuredGrid(
        x=places[:, 0].copy(),
        y=places[:, 1].copy(),
        nodes_per_face=mesh.corner_count.astype(np.int32),
        face_nodes=face_nodes,
        face_edges=face_edges.reshape(-1).astype(np.int32),
        edge_nodes=edges.reshape(-1).astype(np.int32),
    )
