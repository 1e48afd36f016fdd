"""Geometry on the unit sphere: directions, areas of polygons, distances to a latitude-longitude box.

Edges of polygons are great circles. Areas are spherical excesses, summed over a fan of triangles with the
formula of van Oosterom and Strackee (1983), IEEE Trans. Biomed. Eng. 30, 125; the triple product is taken of
differences of the corners, so that small polygons lose no digits.
"""

from __future__ import annotations

import numpy as np


def unit_vectors(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """Unit vectors of points.

    Parameters
    ----------
    lon, lat
        Degrees, any shape.

    Returns
    -------
    numpy.ndarray
        The shape of ``lon`` with a last axis of 3 (x to 0 E, y to 90 E, z to the north pole).
    """
    lon_r, lat_r = np.deg2rad(lon), np.deg2rad(lat)
    c = np.cos(lat_r)
    return np.stack([c * np.cos(lon_r), c * np.sin(lon_r), np.sin(lat_r)], axis=-1)


def lon_lat(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Longitude (-180 ... 180) and latitude in degrees of vectors (..., 3) of any length."""
    x, y, z = np.moveaxis(np.asarray(vectors), -1, 0)
    return np.rad2deg(np.arctan2(y, x)), np.rad2deg(np.arctan2(z, np.hypot(x, y)))


def polygon_areas(corners: np.ndarray) -> np.ndarray:
    """Signed areas of polygons on the unit sphere, positive where the corners run counter-clockwise.

    Parameters
    ----------
    corners
        Unit vectors (polygons, corners, 3), seen from outside. Repeated corners add nothing.

    Returns
    -------
    numpy.ndarray
        Areas in steradians (polygons,). Exact for any simple polygon smaller than a hemisphere.
    """
    a = corners[:, :1]
    b, c = corners[:, 1:-1], corners[:, 2:]
    triple = np.einsum("...i,...i", a, np.cross(b - a, c - a))
    # 1 + ab + bc + ca; never near zero for triangles smaller than a hemisphere
    below = 1 + np.einsum("...i,...i", a, b) + np.einsum("...i,...i", b, c) + np.einsum("...i,...i", c, a)
    return 2 * np.arctan2(triple, below).sum(axis=1)


def distance_to_box(points: np.ndarray, west: float, south: float, east: float, north: float) -> np.ndarray:
    """Great-circle distance from points to a latitude-longitude box, zero inside it.

    Parameters
    ----------
    points
        Unit vectors (n, 3).
    west, south, east, north
        Degrees, ``west < east <= west + 360``.

    Returns
    -------
    numpy.ndarray
        Radians (n,). Outside the box's longitudes its nearest point lies on one of its two meridian edges.
    """
    lon, lat = lon_lat(points)
    between = ((lon - west) % 360.0) <= (east - west)
    to_parallel = np.deg2rad(np.maximum(np.maximum(south - lat, lat - north), 0.0))
    south_r, north_r = np.deg2rad(south), np.deg2rad(north)
    nearest = np.full(lon.shape, -1.0)
    for meridian in np.deg2rad([west, east]):
        along = points[:, 0] * np.cos(meridian) + points[:, 1] * np.sin(meridian)
        foot = np.clip(np.arctan2(points[:, 2], along), south_r, north_r)
        # clipping picks the nearer end except beyond 90 degrees of longitude: look at both ends too
        for latitude in (foot, south_r, north_r):
            cosine = along * np.cos(latitude) + points[:, 2] * np.sin(latitude)
            nearest = np.maximum(nearest, cosine)
    to_meridian = np.arccos(np.clip(nearest, -1.0, 1.0))
    return np.where(between, to_parallel, to_meridian)
