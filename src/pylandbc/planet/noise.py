"""Noise that belongs to places, not to arrays.

Value noise on a three-dimensional lattice, evaluated on the unit sphere: no seam at the dateline, no pinch
at the poles, and the same value at a place whatever window it is asked for in. Lattice values come from an
integer hash of position and seed (the finaliser of MurmurHash3), hence no random state is carried.
"""

from __future__ import annotations

import numpy as np

_BAND = 1 << 16
"""Points handled at once, so that the intermediate arrays stay in cache."""

_TURN = np.array(
    [[2 / 3, -1 / 3, 2 / 3], [2 / 3, 2 / 3, -1 / 3], [-1 / 3, 2 / 3, 2 / 3]],
)
"""A rotation that brings the lattice's planes out of line with parallels and meridians."""


def sphere_points(latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    """Unit vectors of a latitude-longitude grid.

    Parameters
    ----------
    latitude, longitude
        Degrees, one-dimensional. Longitudes are brought to one branch first, so that 180.005 and -179.995
        are the same.

    Returns
    -------
    numpy.ndarray
        float64 (3, lat, lon).
    """
    lat = np.deg2rad(np.asarray(latitude, dtype=np.float64))[:, None]
    lon = np.deg2rad(np.round((np.asarray(longitude, dtype=np.float64) + 180.0) % 360.0, 7) % 360.0)[None, :]
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat) + 0.0 * lon])


def _mix(value: np.ndarray) -> np.ndarray:
    """MurmurHash3's 32-bit finaliser, in place on uint32."""
    value ^= value >> np.uint32(16)
    value *= np.uint32(0x85EBCA6B)
    value ^= value >> np.uint32(13)
    value *= np.uint32(0xC2B2AE35)
    value ^= value >> np.uint32(16)
    return value


def white(index: np.ndarray, *keys: int) -> np.ndarray:
    """Independent uniform numbers in [0, 1), one per index (any non-negative integers), float32.

    ``keys`` (seed, purpose, year ...) give independent fields over the same indices.
    """
    state = np.uint32(0x9747B28C)
    for key in keys:
        state = _mix(np.array([(int(state) * 31 + int(key) + 0x9E3779B9) & 0xFFFFFFFF], dtype=np.uint32))[0]
    index = np.asarray(index, dtype=np.int64)
    low = (index & 0xFFFFFFFF).astype(np.uint32)
    high = (index >> 32).astype(np.uint32)
    value = _mix(_mix(low ^ state) + high * np.uint32(0x27D4EB2F) + state)
    return (value >> np.uint32(8)).astype(np.float32) * np.float32(2.0**-24)


def value_noise(points: np.ndarray, frequency: float, seed: int) -> np.ndarray:
    """Smooth noise in -1 ... 1 with lattice spacing ``1 / frequency`` radians.

    Parameters
    ----------
    points
        Unit vectors (3, ...).

    Returns
    -------
    numpy.ndarray
        float32 of shape ``points.shape[1:]``.
    """
    flat = points.reshape(3, -1)
    out = np.empty(flat.shape[1], dtype=np.float32)
    key = _mix(np.array([seed & 0xFFFFFFFF], dtype=np.uint32))[0]
    primes = (np.uint32(0x9E3779B1), np.uint32(0x85EBCA77), np.uint32(0xC2B2AE3D))
    for start in range(0, flat.shape[1], _BAND):
        part = (_TURN * frequency) @ flat[:, start : start + _BAND]
        floor = np.floor(part)
        t = (part - floor).astype(np.float32)
        fade = t * t * t * (t * (t * 6 - 15) + 10)
        corner = floor.astype(np.int64).astype(np.uint32)
        terms = [(c * p, (c + np.uint32(1)) * p) for c, p in zip(corner, primes, strict=True)]
        layers = []
        for z in (0, 1):
            rows = []
            for y in (0, 1):
                rest = terms[1][y] ^ terms[2][z] ^ key
                ends = [
                    (_mix(terms[0][x] ^ rest) >> np.uint32(8)).astype(np.float32) * np.float32(2.0**-23) - 1
                    for x in (0, 1)
                ]
                rows.append(ends[0] + fade[0] * (ends[1] - ends[0]))
            layers.append(rows[0] + fade[1] * (rows[1] - rows[0]))
        out[start : start + _BAND] = layers[0] + fade[2] * (layers[1] - layers[0])
    return out.reshape(points.shape[1:])


def fractal(points: np.ndarray, frequency: float, octaves: int, seed: int, gain: float = 0.5) -> np.ndarray:
    """Sum of ``octaves`` value noises, each of twice the frequency and ``gain`` times the amplitude, in
    about -1 ... 1."""
    total = np.zeros(points.shape[1:], dtype=np.float32)
    amplitude, norm = 1.0, 0.0
    for octave in range(octaves):
        total += np.float32(amplitude) * value_noise(points, frequency * 2.0**octave, seed * 1009 + octave)
        norm += amplitude**2
        amplitude *= gain
    return total / np.float32(np.sqrt(norm))
