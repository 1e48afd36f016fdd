"""The fixed geography of a window of the planet: relief, mean climate, suitability, water, first land use.

Every value is a function of place and seed alone. Slopes and neighbours need pixels beyond the window, hence
everything is computed with a border of two pixels and cut: no value depends on the window. Work proceeds in
tiles of 20 x 20 coarse cells, so that memory does not grow with the window.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pylandbc.grid.window import COARSE, COLS, Window
from pylandbc.planet.climate import annual_precipitation, annual_temperature
from pylandbc.planet.noise import sphere_points
from pylandbc.planet.suitability import suitability
from pylandbc.planet.terrain import inland_water, relief

BORDER = 2
TILE = 20
"""Coarse cells along a tile: 5 degrees, 500 pixels."""
WATER, OCEAN = 7, 0


@dataclass(frozen=True)
class Geography:
    """Fixed fields over a window, (rows, cols) each; ``first`` has a border of one pixel.

    Parameters
    ----------
    height, temperature, precipitation
        m, K, kg m-2 s-1 (annual means).
    scores
        float32 (8, rows, cols), see :func:`pylandbc.planet.suitability.suitability`.
    first
        Most suitable class, uint8 (rows + 2, cols + 2).
    """

    window: Window
    height: np.ndarray
    temperature: np.ndarray
    precipitation: np.ndarray
    scores: np.ndarray
    first: np.ndarray


def bordered_points(window: Window, border: int) -> np.ndarray:
    """Unit vectors of the pixels of a window and so many around it; beyond a pole lies the other side."""
    latitude = 90.0 - (window.row + np.arange(-border, window.rows + border) + 0.5) / 100
    longitude = (window.col + np.arange(-border, window.cols + border) + 0.5) / 100 - 180.0
    return sphere_points(latitude, longitude)


def geography(window: Window, seed: int) -> Geography:
    """The fixed fields of a window."""
    points = bordered_points(window, BORDER)
    height = relief(points, seed)
    water = inland_water(points, height, seed)
    down, right = np.gradient(np.maximum(height, 0))
    near = (slice(1, -1), slice(1, -1))
    points, height, water = points[:, 1:-1, 1:-1], height[near], water[near]
    temperature = annual_temperature(points, height, seed)
    precipitation = annual_precipitation(points, height, seed)
    scores = suitability(points, height, temperature, precipitation, np.hypot(down[near], right[near]), seed)
    first = first_map(height > 0, water, scores)
    return Geography(
        window, height[near], temperature[near], precipitation[near], scores[:, 1:-1, 1:-1], first
    )


def first_map(land: np.ndarray, water: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """The most suitable class of each land pixel, uint8 (rows, cols)."""
    classes = (1 + np.argmax(scores[1:7], axis=0)).astype(np.uint8)
    classes[water] = WATER
    classes[~land] = OCEAN
    return classes


def tiles(window: Window) -> Iterator[Window]:
    """The window in pieces of at most 20 x 20 coarse cells, row by row."""
    side = TILE * COARSE
    for row in range(0, window.rows, side):
        for col in range(0, window.cols, side):
            yield Window(
                window.row + row,
                (window.col + col) % COLS,
                min(side, window.rows - row),
                min(side, window.cols - col),
            )


def within(part: Window, window: Window) -> tuple[slice, slice]:
    """Rows and columns that a tile occupies in its window."""
    row, col = part.row - window.row, (part.col - window.col) % COLS
    return slice(row, row + part.rows), slice(col, col + part.cols)


def coarse_within(part: Window, window: Window) -> tuple[slice, slice]:
    """Rows and columns of coarse cells that a tile occupies in its window."""
    rows, cols = within(part, window)
    return (
        slice(rows.start // COARSE, rows.stop // COARSE),
        slice(cols.start // COARSE, cols.stop // COARSE),
    )


def cell_numbers(window: Window) -> np.ndarray:
    """Global number of each 0.25 degree cell, int64 (cells,), row by row."""
    lat, lon = window.coarse_shape
    rows = window.row // COARSE + np.arange(lat, dtype=np.int64)
    cols = (window.col // COARSE + np.arange(lon, dtype=np.int64)) % (COLS // COARSE)
    return (rows[:, None] * (COLS // COARSE) + cols[None, :]).ravel()


def pixel_numbers(window: Window) -> np.ndarray:
    """Global number of each pixel, int64 (rows, cols)."""
    rows = np.arange(window.row, window.row + window.rows, dtype=np.int64)
    cols = (window.col + np.arange(window.cols, dtype=np.int64)) % COLS
    return rows[:, None] * COLS + cols[None, :]
